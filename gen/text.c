#include "text.h"
#include "../runtime/ag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *room(struct text *t, size_t n)
{
    if (t->length + n + 1 > t->capacity) {
        t->capacity = (t->length + n + 1) * 2;
        t->s = mem_checked(realloc(t->s, t->capacity));
    }
    return t->s + t->length;
}

void text_addn(struct text *t, const char *s, size_t n)
{
    char *to = room(t, n);
    memcpy(to, s, n);
    to[n] = 0;
    t->length += n;
}

void text_add(struct text *t, const char *s)
{
    text_addn(t, s, strlen(s));
}

void text_printf(struct text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    vsnprintf(room(t, (size_t)n), (size_t)n + 1, format, again);
    t->length += (size_t)n;
    va_end(args);
    va_end(again);
}

void text_free(struct text *t)
{
    free(t->s);
    *t = (struct text){NULL, 0, 0};
}

char *text_shell(struct mem *mem, const char *word)
{
    struct ag_text quoted = {0, 0, 0, 0};
    ag_text_shell(&quoted, word);
    char *text = mem_printf(mem, "%s", (char *)mem_checked(quoted.failed ? NULL : quoted.text));
    ag_text_free(&quoted);
    return text;
}
