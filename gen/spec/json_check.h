/* The grammar of RFC 8259, which the tokeniser (jsmn) takes loosely. */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include "json.h"

/* 0 if the source is UTF-8 and one JSON value nested at most JSON_DEPTH deep; else 2 with one line in err. */
int json_check(const struct json_source *source, struct ag_error *err);

/* Writes the place of byte `at` of a source into err as "LABEL:LINE:COLUMN: " (columns count characters), then the
 * formatted text, and returns 2. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
int json_syntax_error(struct ag_error *err, const struct json_source *source, size_t at, const char *format, ...);

/* Line and column, both from 1, of byte `at` of a source. */
void json_place(const struct json_source *source, size_t at, size_t *line, size_t *column);

#endif
