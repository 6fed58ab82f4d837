/* Text under construction. */
#ifndef TEXT_H
#define TEXT_H

#include "mem.h"

#include <stddef.h>

struct text {
    char *s; /* always terminated once something was added; free with text_free */
    size_t length, capacity;
};
void text_add(struct text *t, const char *s);
void text_addn(struct text *t, const char *s, size_t n);
void text_printf(struct text *t, const char *format, ...);
void text_free(struct text *t);

/* A word as a shell takes it: in quotes, where it needs them. */
char *text_shell(struct mem *mem, const char *word);

#endif
