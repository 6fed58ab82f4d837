/*
 * JSON (RFC 8259) as a tree whose values remember where they were written, so that every complaint about one can name
 * the file, the line, the column and the path of keys that leads to it.
 */
#ifndef JSON_H
#define JSON_H

#include "mem.h"

#include <stddef.h>

enum {
    JSON_DEPTH = 64,       /* objects and lists inside each other */
    JSON_VALUES = 16384,   /* keys and values in a text */
    JSON_BYTES = 16 << 20, /* size of a text */
    JSON_SHOWN = 72        /* bytes that json_describe fills at most */
};

struct ag_error;

/* The text that a value was read from. */
struct json_source {
    const char *label; /* the file's name, or "--set key.path" */
    const char *text;
    size_t size;
    int set;       /* 1: from the command line, where errors name the key and no line */
    size_t hidden; /* leading bytes of a path that the user of --set does not write ("spec.") */
};

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_OBJECT };

struct json {
    enum json_kind kind;
    const char *key;  /* in an object; else NULL */
    const char *text; /* a string without its escapes (never holding a NUL), a number as written; else NULL */
    double number;    /* finite */
    struct json *parent, *first, *next;
    const struct json_source *source;
    size_t at, key_at; /* byte offsets in the source */
};

/* The tree of a source's text (copied to the pool), or NULL with one line in err: not UTF-8, not RFC 8259, a key twice
 * in an object, a number that a double cannot hold, a NUL in a string, or past the limits above. */
struct json *json_parse(struct mem *pool, const struct json_source *source, struct ag_error *err);

/* The bytes of a regular file or pipe of at most JSON_BYTES, in the pool, or NULL with one line in err. */
char *json_load(struct mem *pool, const char *path, size_t *size, struct ag_error *err);

/* The value under a key of an object, or NULL. */
struct json *json_get(const struct json *object, const char *key);
/* The value at a path of keys ("generator.cell"), or NULL. */
struct json *json_find(const struct json *object, const char *path);
int json_length(const struct json *list);

/* Makes `value` the last member, or the replacement, of a key of an object. */
void json_put(struct json *object, const char *key, struct json *value);

/* What a value is, for an error line: `"abc"`, `2.5`, `null`, `a list`, … */
const char *json_describe(const struct json *value, char shown[JSON_SHOWN]);

enum json_spot { JSON_AT_VALUE, JSON_AT_KEY };
/* Writes "FILE:LINE:COLUMN: KEY.PATH: …" (or "--set KEY.PATH: …") into err and returns 2, the exit status of bad input.
 * `below`, when not NULL, is appended to the value's path: a key that should be there. */
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
int json_error(struct ag_error *err, const struct json *value, enum json_spot spot, const char *below,
               const char *format, ...);

/* Writes a line without a position into err and returns 2. The line is UTF-8: "?" stands for each byte of it that is a
 * control character or part of no character. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
int json_fail(struct ag_error *err, const char *format, ...);

/* Length of the valid UTF-8 sequence that starts at text[at], or 0. */
size_t utf8_length(const char *text, size_t size, size_t at);

#endif
