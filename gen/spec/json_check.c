#include "json_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct scan {
    const struct json_source *source;
    struct ag_error *err;
    size_t at;
    int depth;
};

static int check_value(struct scan *s);

void json_place(const struct json_source *source, size_t at, size_t *line, size_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < at && i < source->size; i++) {
        if (source->text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)source->text[i] & 0xC0) != 0x80) {
            ++*column;
        }
    }
}

int json_syntax_error(struct ag_error *err, const struct json_source *source, size_t at, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    size_t line, column;
    json_place(source, at, &line, &column);
    if (source->set) return json_fail(err, "%s: character %zu of the value: %s", source->label, column, what);
    return json_fail(err, "%s:%zu:%zu: %s", source->label, line, column, what);
}

size_t utf8_length(const char *text, size_t size, size_t at)
{
    const unsigned char *p = (const unsigned char *)text + at;
    size_t left = size - at;
    if (p[0] < 0x80) return 1;
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || n > left) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    /* The second byte tells overlong forms, surrogates and numbers past U+10FFFF from valid text. */
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F)) return 0;
    if ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F)) return 0;
    return n;
}

static int peek(const struct scan *s)
{
    return s->at < s->source->size ? (unsigned char)s->source->text[s->at] : -1;
}

static int is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static void skip_space(struct scan *s)
{
    for (int c = peek(s); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(s)) s->at++;
}

/* Describes what stands at the cursor, for messages. */
static const char *found(const struct scan *s, char shown[16])
{
    int c = peek(s);
    if (c < 0) return "the end of the text";
    if (c == 0) return "a NUL byte";
    if (c < 0x20 || c == 0x7F) {
        snprintf(shown, 16, "byte 0x%02X", (unsigned)c);
        return shown;
    }
    size_t n = utf8_length(s->source->text, s->source->size, s->at);
    snprintf(shown, 16, "'%.*s'", (int)n, s->source->text + s->at);
    return shown;
}

static int expected(struct scan *s, const char *what)
{
    char shown[16];
    return json_syntax_error(s->err, s->source, s->at, "expected %s, found %s", what, found(s, shown));
}

/* Reads four hexadecimal digits at the cursor, behind "\u". Returns -1 if there are others. */
static long hex4(struct scan *s)
{
    long value = 0;
    for (int i = 0; i < 4; i++, s->at++) {
        int c = peek(s);
        int digit = is_digit(c)            ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

static int check_unicode_escape(struct scan *s, size_t start)
{
    long high = hex4(s);
    if (high < 0) return json_syntax_error(s->err, s->source, start, "\\u must be followed by four hexadecimal digits");
    if (high == 0) return json_syntax_error(s->err, s->source, start, "a string may not hold \\u0000");
    if (high < 0xD800 || high > 0xDFFF) return 0;
    long low = -1;
    if (high < 0xDC00 && peek(s) == '\\') {
        s->at++;
        if (peek(s) == 'u') {
            s->at++;
            low = hex4(s);
        }
    }
    if (low < 0xDC00 || low > 0xDFFF)
        return json_syntax_error(s->err, s->source, start, "half a surrogate pair is no character");
    return 0;
}

static int check_string(struct scan *s)
{
    size_t open = s->at++;
    for (;;) {
        int c = peek(s);
        if (c < 0) return json_syntax_error(s->err, s->source, open, "this string has no closing quote");
        if (c == '\n' || c == '\r')
            return json_syntax_error(s->err, s->source, open, "this string has no closing quote on its line");
        if (c < 0x20) {
            char shown[16];
            return json_syntax_error(s->err, s->source, s->at, "%s in a string must be written as an escape",
                                     found(s, shown));
        }
        s->at++;
        if (c == '"') return 0;
        if (c != '\\') continue;
        c = peek(s);
        if (c == 'u') {
            s->at++;
            if (check_unicode_escape(s, s->at - 2)) return 2;
        } else if (c > 0 && strchr("\"\\/bfnrt", c)) {
            s->at++;
        } else {
            return json_syntax_error(s->err, s->source, s->at - 1,
                                     "unknown escape; there are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
        }
    }
}

static int check_number(struct scan *s)
{
    if (peek(s) == '-') s->at++;
    if (!is_digit(peek(s))) return expected(s, "a digit");
    if (peek(s) == '0') {
        s->at++;
        if (is_digit(peek(s))) return json_syntax_error(s->err, s->source, s->at - 1, "a number may not start with 0");
    }
    while (is_digit(peek(s))) s->at++;
    if (peek(s) == '.') {
        s->at++;
        if (!is_digit(peek(s))) return expected(s, "a digit after the decimal point");
        while (is_digit(peek(s))) s->at++;
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-') s->at++;
        if (!is_digit(peek(s))) return expected(s, "a digit of the exponent");
        while (is_digit(peek(s))) s->at++;
    }
    return 0;
}

static int is_word_character(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '+' || c == '-' ||
           c == '.';
}

static int check_word(struct scan *s)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t start = s->at;
    while (is_word_character(peek(s))) s->at++;
    size_t n = s->at - start;
    for (size_t i = 0; i < 3; i++)
        if (n == strlen(words[i]) && !memcmp(s->source->text + start, words[i], n)) return 0;
    s->at = start;
    if (n == 0) return expected(s, "a value");
    return json_syntax_error(s->err, s->source, start, "%.*s%s is not a JSON value (strings need double quotes)",
                             n > 30 ? 30 : (int)n, s->source->text + start, n > 30 ? "…" : "");
}

static int check_member(struct scan *s)
{
    skip_space(s);
    if (peek(s) != '"') return expected(s, "a key in double quotes");
    if (check_string(s)) return 2;
    skip_space(s);
    if (peek(s) != ':') return expected(s, "':' after the key");
    s->at++;
    return check_value(s);
}

/* Checks an object or a list. The cursor stands on its opening bracket. */
static int check_container(struct scan *s)
{
    int object = peek(s) == '{', close = object ? '}' : ']';
    if (++s->depth > JSON_DEPTH)
        return json_syntax_error(s->err, s->source, s->at, "nested more than %d deep", JSON_DEPTH);
    s->at++;
    skip_space(s);
    if (peek(s) != close) {
        for (;;) {
            if (object ? check_member(s) : check_value(s)) return 2;
            skip_space(s);
            if (peek(s) != ',') break;
            s->at++;
            skip_space(s);
            if (peek(s) == close)
                return json_syntax_error(s->err, s->source, s->at, "nothing follows the comma before '%c'; take it out",
                                         close);
        }
        if (peek(s) != close) return expected(s, object ? "',' or '}'" : "',' or ']'");
    }
    s->at++;
    s->depth--;
    return 0;
}

static int check_value(struct scan *s)
{
    skip_space(s);
    int c = peek(s);
    if (c == '{' || c == '[') return check_container(s);
    if (c == '"') return check_string(s);
    size_t start = s->at;
    if (c != '-' && !is_digit(c)) return check_word(s);
    if (check_number(s)) return 2;
    if (!is_word_character(peek(s))) return 0;
    while (is_word_character(peek(s))) s->at++;
    size_t n = s->at - start;
    return json_syntax_error(s->err, s->source, start, "%.*s%s is not a number", n > 30 ? 30 : (int)n,
                             s->source->text + start, n > 30 ? "…" : "");
}

int json_check(const struct json_source *source, struct ag_error *err)
{
    struct scan s = {source, err, 0, 0};
    if (source->size > JSON_BYTES) return json_fail(err, "%s: larger than %d MiB", source->label, JSON_BYTES >> 20);
    if (source->size >= 3 && !memcmp(source->text, "\xEF\xBB\xBF", 3))
        return json_syntax_error(err, source, 0, "starts with a byte order mark; save it as UTF-8 without one");
    for (size_t i = 0, n; i < source->size; i += n)
        if (!(n = utf8_length(source->text, source->size, i)))
            return json_syntax_error(err, source, i, "not UTF-8 text");
    skip_space(&s);
    if (s.at == source->size) return json_syntax_error(err, source, 0, "empty: there is no JSON value in it");
    if (check_value(&s)) return 2;
    skip_space(&s);
    if (s.at < source->size) return expected(&s, "the end of the text after the JSON value");
    return 0;
}
