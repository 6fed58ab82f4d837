/*
 * Templates are C files that compile as they stand. aggen copies the text behind the line AG_TEMPLATE, and replaces
 * tokens in it: identifiers that begin with AG_.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "mem.h"
#include "text.h"

struct ag_error;

/* Returns the folder that holds templates/ and runtime/: $AGGEN_HOME if it is set, else the folder of the executable,
 * else the one that aggen was installed to. */
const char *template_home(void);
/* Returns the text of a file below that folder, in the pool. NULL with a line in err: it cannot be read. */
char *template_file(struct mem *mem, const char *name, struct ag_error *err);
/* The line AG_TEMPLATE. */
#define TEMPLATE_MARK "/* AG_TEMPLATE */\n"
/* Returns the text behind that line, or all of it without such a line. */
const char *template_body(const char *file);

/* A token and the text that replaces it. */
struct substitution {
    const char *name, *text;
};
struct substitutions {
    struct substitution *list;
    int count, capacity;
};
/* Adds a substitution. Of two for the same token the first holds. */
void template_set(struct mem *mem, struct substitutions *s, const char *name, const char *format, ...);
/* Adds a substitution by the shortest decimal number that is exactly this double. */
void template_number(struct mem *mem, struct substitutions *s, const char *name, double value);
/* Appends body to out, with tokens replaced. A token without substitution stays as it is. */
void template_expand(struct text *out, const char *body, const struct substitutions *s);
/* Returns the first token that the text has outside of comments, in the pool; NULL: it has none. */
const char *template_token_left(struct mem *mem, const char *text);

#endif
