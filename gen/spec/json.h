/*
 * JSON (RFC 8259) as a tree. Each value remembers where it was written, so that messages can name the file, the line,
 * the column, and the path of keys that leads to the value.
 */
#ifndef JSON_H
#define JSON_H

#include "mem.h"

#include <stddef.h>

enum {
    JSON_DEPTH = 64,       /* objects and lists inside each other, at most */
    JSON_VALUES = 16384,   /* keys and values in a text, at most */
    JSON_BYTES = 16 << 20, /* size of a text, at most */
    JSON_SHOWN = 72        /* room for json_describe's text */
};

struct ag_error;

/* A text that values are read from. */
struct json_source {
    const char *label; /* for messages: the file's name, or "--set key.path" */
    const char *text;
    size_t size;
    int set;       /* 1: the text is a --set's; messages then name the key and no line */
    size_t hidden; /* --set: leading bytes of a path that its user does not write ("spec.") */
};

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_OBJECT };

struct json {
    enum json_kind kind;
    const char *key;  /* its key, if it is in an object; else NULL */
    const char *text; /* of a string, without escapes or NULs; of a number, as written; else NULL */
    double number;    /* of a number; always finite */
    struct json *parent, *first, *next;
    const struct json_source *source;
    size_t at, key_at; /* where value and key begin in the source, in bytes */
};

/* The tree of a source's text (copied to the pool), or NULL with one line in err: not UTF-8, not RFC 8259, a key twice
 * in an object, a number that a double cannot hold, a NUL in a string, or past the limits above. */
struct json *json_parse(struct mem *pool, const struct json_source *source, struct ag_error *err);

/* The bytes of a regular file or pipe of at most JSON_BYTES, in the pool, or NULL with one line in err. */
char *json_load(struct mem *pool, const char *path, size_t *size, struct ag_error *err);

/* Returns the value under a key of an object, or NULL. */
struct json *json_get(const struct json *object, const char *key);
/* Returns the value at a path of keys ("generator.cell"), or NULL. */
struct json *json_find(const struct json *object, const char *path);
/* Returns how many values a list or object has. */
int json_length(const struct json *list);

/* Puts `value` under a key of an object. It replaces the value with that key, or else becomes the last one. */
void json_put(struct json *object, const char *key, struct json *value);

/* Describes a value for messages: `"abc"`, `2.5`, `null`, `a list`, … May use `shown`. */
const char *json_describe(const struct json *value, char shown[JSON_SHOWN]);

enum json_spot { JSON_AT_VALUE, JSON_AT_KEY };
/* Writes "FILE:LINE:COLUMN: KEY.PATH: …" (or "--set KEY.PATH: …") into err. Returns 2, the exit status of bad input.
 * The path is that of `value`; if `below` is not NULL, it is a key that should be there, and ends the path. */
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

/* Returns the length of the valid UTF-8 sequence that starts at text[at], in bytes, or 0 if there is none. */
size_t utf8_length(const char *text, size_t size, size_t at);

#endif
