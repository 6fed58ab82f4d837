/* Text that is built piece by piece. */
#ifndef TEXT_H
#define TEXT_H

#include "mem.h"

#include <stddef.h>

struct text {
    char *s; /* ends with a NUL, if anything was added */
    size_t length, capacity;
};
/* Append a text; n bytes; formatted text. */
void text_add(struct text *t, const char *s);
void text_addn(struct text *t, const char *s, size_t n);
void text_printf(struct text *t, const char *format, ...);
void text_free(struct text *t);

/* Returns a word as a shell reads it, in quotes if it needs them. */
char *text_shell(struct mem *mem, const char *word);

#endif
