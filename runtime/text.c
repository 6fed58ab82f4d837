/* Text that grows as it is written. */
#include "ag.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int reserve(struct ag_text *text, long more)
{
    if (text->failed) return 0;
    if (text->used + more < text->capacity) return 1;
    long capacity = 2 * (text->used + more) + 256;
    char *larger = realloc(text->text, (size_t)capacity);
    if (!larger) return text->failed = 1, 0;
    text->text = larger;
    text->capacity = capacity;
    return 1;
}

void ag_text_add(struct ag_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) text->failed = 1;
    if (!reserve(text, length + 1)) return;
    va_start(arguments, format);
    vsnprintf(text->text + text->used, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->used += length;
}

int ag_is_finite(double value)
{
    return value - value == 0;
}

void ag_text_number(struct ag_text *text, double value)
{
    if (ag_is_finite(value))
        ag_text_add(text, "%.9g", value);
    else
        ag_text_add(text, "null");
}

void ag_text_string(struct ag_text *text, const char *string)
{
    ag_text_add(text, "\"");
    for (;; string++) {
        int plain = 0; /* number of bytes that need no escape */
        while ((ag_u8)string[plain] >= ' ' && string[plain] != '"' && string[plain] != '\\') plain++;
        ag_text_add(text, "%.*s", plain, string);
        string += plain;
        if (!*string) break;
        ag_text_add(text, (ag_u8)*string < ' ' ? "\\u%04x" : "\\%c", *string);
    }
    ag_text_add(text, "\"");
}

void ag_text_shell(struct ag_text *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+,:@%=";
    if (*word && !word[strspn(word, plain)]) {
        ag_text_add(text, "%s", word);
        return;
    }
    ag_text_add(text, "'");
    for (; *word; word++) ag_text_add(text, *word == '\'' ? "'\\''" : "%c", *word);
    ag_text_add(text, "'");
}

void ag_text_make(struct ag_text *text, const char *folder, const char *program)
{
    if (!strcmp(folder, "out") && ag_is_home()) {
        ag_text_add(text, "make out/%s", program);
        return;
    }
    ag_text_add(text, "make -C ");
    ag_text_shell(text, folder);
    ag_text_add(text, " -f %s.mk", program);
}

int ag_digits(const char *text, long length, ag_u64 max, ag_u64 *value)
{
    ag_u64 number = 0;
    for (long i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') return 0;
        const ag_u64 digit = (ag_u64)(text[i] - '0');
        if (number > max / 10 || number * 10 > max - digit) return 0;
        number = 10 * number + digit;
    }
    if (length > 0) *value = number;
    return length > 0;
}

ag_u64 ag_hash(ag_u64 sum, const void *bytes, long size)
{
    for (long i = 0; i < size; i++) sum = (sum ^ ((const ag_u8 *)bytes)[i]) * 0x100000001b3ull;
    return sum;
}

void ag_text_free(struct ag_text *text)
{
    free(text->text);
    memset(text, 0, sizeof *text);
}
