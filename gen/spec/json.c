#include "json.h"
#include "json_check.h"
#include "../../runtime/ag.h"

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes err one line of UTF-8, whatever went into it and wherever it was cut. */
static void tidy(struct ag_error *err)
{
    size_t size = strlen(err->text);
    for (size_t i = 0, n; i < size; i += n) {
        n = utf8_length(err->text, size, i);
        if (n > 1 || (n == 1 && (unsigned char)err->text[i] >= 0x20 && err->text[i] != 0x7F)) continue;
        err->text[i] = '?';
        n = 1;
    }
}

int json_fail(struct ag_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    tidy(err);
    return 2;
}

/* Returns how many bytes of a text to show: at most `most`, and no part of a character. */
static int clip(const char *text, size_t n, size_t most)
{
    if (n <= most) return (int)n;
    while (most && ((unsigned char)text[most] & 0xC0) == 0x80) most--;
    return (int)most;
}

const char *json_describe(const struct json *value, char shown[JSON_SHOWN])
{
    static const char *const names[] = {"null", "false", "true", "", "", "a list", "an object"};
    if (value->kind == JSON_LIST && !value->first) return "an empty list";
    if (value->kind != JSON_NUMBER && value->kind != JSON_STRING) return names[value->kind];
    const char *quote = value->kind == JSON_STRING ? "\"" : "";
    size_t n = strlen(value->text);
    int kept = clip(value->text, n, 60);
    snprintf(shown, JSON_SHOWN, "%s%.*s%s%s", quote, kept, value->text, (size_t)kept < n ? "…" : "", quote);
    return shown;
}

static int index_of(const struct json *value)
{
    int index = 0;
    for (const struct json *v = value->parent->first; v != value; v = v->next) index++;
    return index;
}

/* Appends the path of a value ("generator.normal[2]") to path. */
static void append_path(const struct json *value, char *path, size_t size)
{
    if (!value->parent) return;
    append_path(value->parent, path, size);
    size_t n = strlen(path);
    if (value->key)
        snprintf(path + n, size - n, "%s%.*s", n ? "." : "", clip(value->key, strlen(value->key), 64), value->key);
    else
        snprintf(path + n, size - n, "[%d]", index_of(value));
}

int json_error(struct ag_error *err, const struct json *value, enum json_spot spot, const char *below,
               const char *format, ...)
{
    char path[256] = "", what[512];
    append_path(value, path, sizeof path);
    if (below) {
        size_t n = strlen(path);
        snprintf(path + n, sizeof path - n, "%s%s", n ? "." : "", below);
    }
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const struct json_source *source = value->source;
    const char *colon = *path ? ": " : "";
    if (source->set) {
        size_t hidden = strlen(path) > source->hidden ? source->hidden : 0;
        return json_fail(err, "--set %s: %s", path + hidden, what);
    }
    size_t line, column;
    json_place(source, spot == JSON_AT_KEY && value->key ? value->key_at : value->at, &line, &column);
    return json_fail(err, "%s:%zu:%zu: %s%s%s", source->label, line, column, path, colon, what);
}

struct json *json_get(const struct json *object, const char *key)
{
    if (!object || object->kind != JSON_OBJECT) return NULL;
    for (struct json *v = object->first; v; v = v->next)
        if (!strcmp(v->key, key)) return v;
    return NULL;
}

struct json *json_find(const struct json *object, const char *path)
{
    const char *dot = strchr(path, '.');
    if (!dot) return json_get(object, path);
    char key[64];
    size_t n = (size_t)(dot - path);
    if (n >= sizeof key) return NULL;
    memcpy(key, path, n);
    key[n] = 0;
    return json_find(json_get(object, key), dot + 1);
}

int json_length(const struct json *list)
{
    int n = 0;
    for (const struct json *v = list->first; v; v = v->next) n++;
    return n;
}

void json_put(struct json *object, const char *key, struct json *value)
{
    struct json **link = &object->first;
    while (*link && strcmp((*link)->key, key) != 0) link = &(*link)->next;
    value->next = *link ? (*link)->next : NULL;
    value->key = key;
    value->parent = object;
    *link = value;
}

static size_t put_utf8(char *out, unsigned long c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | c);
    return n;
}

static unsigned long read_hex4(const char *text)
{
    char digits[5] = {text[0], text[1], text[2], text[3], 0};
    return strtoul(digits, NULL, 16);
}

/* Returns a string without its escapes, which are known to be right. It is never longer than the text. */
static char *unescape(struct mem *pool, const char *text, size_t n)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *out = mem_alloc(pool, n + 1);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] != '\\') {
            out[used++] = text[i];
        } else if (text[++i] != 'u') {
            out[used++] = to[strchr(from, text[i]) - from];
        } else {
            unsigned long c = read_hex4(text + i + 1);
            i += 4;
            if (c >= 0xD800 && c <= 0xDBFF) {
                c = 0x10000 + ((c - 0xD800) << 10) + (read_hex4(text + i + 3) - 0xDC00);
                i += 6;
            }
            used += put_utf8(out + used, c);
        }
    }
    return out;
}

/* A tree under construction from jsmn's tokens: one node a token, keys' nodes stay unused. */
struct tree_builder {
    struct mem *pool;
    const struct json_source *source;
    struct ag_error *err;
    const jsmntok_t *token;
    struct json *node;
    struct json **last; /* of each node, its last child so far */
};

static int fill_scalar(struct tree_builder *b, struct json *node, const jsmntok_t *token)
{
    const char *text = b->source->text + token->start;
    size_t n = (size_t)(token->end - token->start);
    if (token->type == JSMN_STRING || *text == '-' || (*text >= '0' && *text <= '9')) {
        node->kind = token->type == JSMN_STRING ? JSON_STRING : JSON_NUMBER;
        node->text = unescape(b->pool, text, n);
    } else {
        node->kind = *text == 't' ? JSON_TRUE : *text == 'f' ? JSON_FALSE : JSON_NULL;
    }
    if (node->kind != JSON_NUMBER) return 0;
    node->number = strtod(node->text, NULL);
    if (isfinite(node->number)) return 0;
    char shown[JSON_SHOWN];
    return json_error(b->err, node, JSON_AT_VALUE, NULL, "%s is too large a number", json_describe(node, shown));
}

static void link_child(struct tree_builder *b, int parent, struct json *node)
{
    node->parent = &b->node[parent];
    *(b->last[parent] ? &b->last[parent]->next : &b->node[parent].first) = node;
    b->last[parent] = node;
}

static int add_member(struct tree_builder *b, struct json *node, int key)
{
    const jsmntok_t *token = &b->token[key];
    struct json *object = &b->node[token->parent];
    node->key = unescape(b->pool, b->source->text + token->start, (size_t)(token->end - token->start));
    node->key_at = (size_t)token->start - 1;
    const struct json *twin = json_get(object, node->key);
    link_child(b, token->parent, node);
    if (!twin) return 0;
    size_t line, column;
    json_place(b->source, twin->key_at, &line, &column);
    return json_error(b->err, node, JSON_AT_KEY, NULL, "this key is there twice, first at line %zu, column %zu", line,
                      column);
}

static int add_token(struct tree_builder *b, int i)
{
    const jsmntok_t *token = &b->token[i];
    struct json *node = &b->node[i];
    int parent = token->parent;
    if (parent >= 0 && b->token[parent].type == JSMN_OBJECT) return 0; /* a key, which is read with its value */
    node->source = b->source;
    node->at = (size_t)token->start - (token->type == JSMN_STRING);
    if (parent >= 0 && b->token[parent].type == JSMN_STRING) {
        if (add_member(b, node, parent)) return 2;
    } else if (parent >= 0) {
        link_child(b, parent, node);
    }
    if (token->type == JSMN_OBJECT || token->type == JSMN_ARRAY) {
        node->kind = token->type == JSMN_OBJECT ? JSON_OBJECT : JSON_LIST;
        return 0;
    }
    return fill_scalar(b, node, token);
}

struct json *json_parse(struct mem *pool, const struct json_source *given, struct ag_error *err)
{
    if (json_check(given, err)) return NULL;
    struct json_source *source = mem_alloc(pool, sizeof *source);
    char *text = mem_alloc(pool, given->size + 1);
    unsigned room =
        given->size < JSON_VALUES ? (unsigned)given->size : JSON_VALUES; /* no token is shorter than a byte */
    jsmntok_t *token = mem_alloc(pool, room * sizeof *token);
    *source = *given;
    memcpy(text, given->text, given->size);
    text[given->size] = '\n'; /* jsmn needs a byte after a number */
    source->text = text;
    jsmn_parser parser;
    jsmn_init(&parser);
    int count = jsmn_parse(&parser, text, given->size + 1, token, room);
    if (count == JSMN_ERROR_NOMEM)
        return json_fail(err, "%s: more than %d keys and values", source->label, JSON_VALUES), NULL;
    if (count < 1) return json_syntax_error(err, source, parser.pos, "not JSON"), NULL;
    struct tree_builder b = {pool,
                             source,
                             err,
                             token,
                             mem_alloc(pool, (size_t)count * sizeof *b.node),
                             mem_alloc(pool, (size_t)count * sizeof *b.last)};
    for (int i = 0; i < count; i++)
        if (add_token(&b, i)) return NULL;
    return b.node;
}

char *json_load(struct mem *pool, const char *path, size_t *size, struct ag_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file) return json_fail(err, "%s: cannot be read: %s", path, strerror(errno)), NULL;
    char *text = NULL;
    size_t used = 0, room = 0;
    for (size_t got = 1; got > 0 && used <= JSON_BYTES; used += got) {
        if (room - used < 65536) {
            char *grown = mem_alloc(pool, room = room ? 2 * room : 65536 * 2);
            if (used) memcpy(grown, text, used);
            text = grown;
        }
        got = fread(text + used, 1, 65536, file);
    }
    int failed = ferror(file), why = errno;
    fclose(file);
    *size = used;
    if (failed) return json_fail(err, "%s: cannot be read: %s", path, strerror(why)), NULL;
    if (used > JSON_BYTES) return json_fail(err, "%s: larger than %d MiB", path, JSON_BYTES >> 20), NULL;
    return text;
}
