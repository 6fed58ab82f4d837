/*
 * Templates: C files that stand on their own, and of which aggen copies what follows the line AG_TEMPLATE, with the
 * identifiers that begin with AG_ replaced.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "mem.h"
#include "text.h"

struct ag_error;

/* The folder with templates/ and runtime/: $AGGEN_HOME, the executable's own, or the one it was installed with. */
const char *template_home(void);
/* Reads a whole file below that folder; NULL with a line in err if that fails. */
char *template_file(struct mem *mem, const char *name, struct ag_error *err);
/* What follows AG_TEMPLATE. */
const char *template_body(const char *file);

struct substitution {
    const char *token, *text;
};
struct substitutions {
    struct substitution *list;
    int count, capacity;
};
void template_set(struct mem *mem, struct substitutions *s, const char *token, const char *format, ...);
/* A number as the shortest decimal that reads back as itself. */
void template_number(struct mem *mem, struct substitutions *s, const char *token, double value);
void template_expand(struct text *out, const char *body, const struct substitutions *s);

#endif
