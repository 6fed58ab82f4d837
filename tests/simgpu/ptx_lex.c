#include "ptx_lex.h"

#include <ctype.h>
#include <string.h>
#include <stdlib.h>

static void skip(lexer *l)
{
    while (l->at < l->end) {
        if (*l->at == '\n') {
            l->line++;
            l->at++;
        } else if (isspace((unsigned char)*l->at) || !*l->at) {
            l->at++;
        } else if (l->end - l->at > 1 && l->at[0] == '/' && l->at[1] == '/') {
            while (l->at < l->end && *l->at != '\n') l->at++;
        } else if (l->end - l->at > 1 && l->at[0] == '/' && l->at[1] == '*') {
            for (l->at += 2; l->end - l->at > 1 && !(l->at[0] == '*' && l->at[1] == '/'); l->at++)
                l->line += *l->at == '\n';
            l->at += 2;
        } else {
            return;
        }
    }
}

static int is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '%' || c == '.';
}

static void number(lexer *l, token *t)
{
    char digits[80], *stop;
    size_t n = 0;
    const char *from = l->at;
    while (from + n < l->end && n < sizeof digits - 1 && (isalnum((unsigned char)from[n]) || from[n] == '.')) n++;
    memcpy(digits, from, n);
    digits[n] = 0;
    t->kind = TOKEN_NUMBER;
    if (digits[0] == '0' && n > 1 && strchr("fFdD", digits[1]) && digits[1]) {
        t->value = (int64_t)strtoull(digits + 2, &stop, 16);
    } else if (strchr(digits, '.')) {
        const double real = strtod(digits, &stop);
        memcpy(&t->value, &real, sizeof real);
    } else if (digits[0] == '0' && n > 1 && (digits[1] == 'b' || digits[1] == 'B')) {
        t->value = (int64_t)strtoull(digits + 2, &stop, 2);
    } else {
        t->value = (int64_t)strtoull(digits, &stop, 0);
    }
    while (*stop == 'U') stop++;
    t->size = (size_t)(stop - digits);
    if (!t->size) t->size = 1;
    l->at += t->size;
}

token lex(lexer *l)
{
    skip(l);
    token t = {.kind = TOKEN_END, .text = l->at, .line = l->line};
    if (l->at >= l->end) return t;
    const char c = *l->at;
    if (isdigit((unsigned char)c)) {
        number(l, &t);
    } else if (is_word(c)) {
        t.kind = TOKEN_WORD;
        while (l->at < l->end) {
            if (l->end - l->at > 2 && l->at[0] == ':' && l->at[1] == ':' && is_word(l->at[2]))
                l->at += 2;
            else if (!is_word(*l->at))
                break;
            l->at++;
        }
        t.size = (size_t)(l->at - t.text);
    } else if (c == '"') {
        t.kind = TOKEN_STRING;
        t.text++;
        for (l->at++; l->at < l->end && *l->at != '"' && *l->at != '\n'; l->at++) t.size++;
        l->at++;
    } else {
        t.kind = TOKEN_SIGN;
        t.size = 1;
        l->at++;
    }
    return t;
}

int token_is(const token *t, const char *text)
{
    return t->kind != TOKEN_STRING && t->size == strlen(text) && !memcmp(t->text, text, t->size);
}
