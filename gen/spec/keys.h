/*
 * The keys of a search space as rows of a table, one table a family: what reads them, fills in their defaults, checks
 * their ranges and writes them all follows from the rows.
 */
#ifndef KEYS_H
#define KEYS_H

#include "json.h"
#include "spec.h"

/* A kind of value, and the type of the field that holds it. */
enum key_kind {
    KEY_INT,    /* int: a whole number lo, lo + step, … hi */
    KEY_NUMBER, /* double: from lo to hi */
    KEY_NAME,   /* char[SPEC_NAME]: [A-Za-z0-9_-]+ */
    KEY_PATH,   /* char[1024] */
    KEY_WORD,   /* char[SPEC_NAME]: one of `words` */
    KEY_FAMILY, /* no field: words[0], what the family that has generator.family words[1] is called there */
    KEY_CHOICE, /* int or enum: index of one of `words` */
    KEY_BOOL,   /* int: 1 for true, 0 for false */
    KEY_POOL,   /* struct pool: operations `lo` to `hi` of enum candidate */
    KEY_EDGES,  /* the edges of a struct cell */
    KEY_TUPLE,  /* a list with an item for each row of `items` */
    KEY_FOREIGN /* no field: a key that belongs to another family, `fallback` says what stands here instead */
};

/* lo excluded; hi excluded; null allowed, stored as zeros; an int that is a power of two; an int that the canonical
 * text leaves out while it is 0, as texts were before there was such a key */
enum { KEY_ABOVE = 1, KEY_BELOW = 2, KEY_NULL = 4, KEY_POWER = 8, KEY_OFF = 16 };

struct key {
    const char *path;
    enum key_kind kind;
    size_t offset; /* in struct spec */
    double lo, hi;
    int step; /* of KEY_INT, at least 1 */
    unsigned flags;
    const char *const *words; /* ends with NULL */
    const struct key *items;  /* ends with a row without path */
    const char *fallback;     /* the default as JSON; NULL: the key is required */
};

/* A family of networks: its name as `generator.family` and the keys that follow from it (ending with a row without
 * path). `check` sees what no single row can: 0, or 2 with one line in err. */
struct family_keys {
    const char *generator;
    const struct key *keys;
    int (*check)(struct spec *spec, const struct json *document, struct message *err);
};

enum { SPEC_KEYS = 96 }; /* rows in a family's table at most */

extern const struct family_keys spec_families[]; /* in the order of enum family, ending with a row without names */

/* Reads one value into its field: 0, or 2 with one line in err. */
int key_read(const struct key *key, const struct json *value, struct spec *spec, struct message *err);
/* Reads a document by the rows of a table, unknown keys being errors, and fills in the defaults of the keys that are
 * not there: 0, or 2 with one line in err. */
int keys_read(const struct key *keys, const struct json *document, struct spec *spec, struct message *err);

/* Reads the edges of a cell ([name, from, to, "up" or "normal"], …), each checked by itself. */
int cell_read(const struct json *list, struct cell *cell, struct message *err);
/* Checks that the edges make a cell: no cycle, no node without a way from the input or to the output. */
int cell_check(const struct cell *cell, const struct json *document, struct message *err);

/* Reads a document as a search space: 0, or 2 with one line in err. */
int space_read(const struct json *document, struct spec *spec, struct message *err);
/* Reads a document as a genotype, its spec first, then one operation of the right kind for each edge or layer of the
 * spec, then the latents of layers. */
int genotype_read(const struct json *root, struct spec *spec, struct genotype *geno, struct message *err);

/* Applies "key.path=value" to a document (to its spec or, below "ops." and "latents.", to those when that is a
 * genotype): the value is JSON, or a bare word taken as a string. 0, or 2 with one line in err that begins with "--set
 * key.path". */
int set_apply(struct mem *pool, struct json *root, int genotype, const char *set, struct message *err);

/* The operation of that name, or -1. */
int candidate_find(const char *name);
/* 1 if the text is not empty and holds only characters of [A-Za-z0-9_-] (lower: of [a-z0-9_]). */
int is_name(const char *text, int lower);
/* Puts `, did you mean "X"?` into hint if one of the words is nearly `text`, else "": 1 or 0. */
int nearest_word(const char *text, const char *const *words, int count, char *hint, size_t size);

#endif
