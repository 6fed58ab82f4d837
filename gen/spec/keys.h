/*
 * The keys of a search space as rows of a table, one table a family: what reads them, fills in their defaults, checks
 * their ranges and writes them all follows from the rows. That a key belongs to another family follows from that
 * family's rows.
 */
#ifndef KEYS_H
#define KEYS_H

#include "family.h"
#include "json.h"

/* A kind of value, and the type of the field that holds it. */
enum key_kind {
    KEY_INT,           /* int: a whole number lo, lo + step, … hi */
    KEY_NUMBER,        /* double: from lo to hi */
    KEY_NAME,          /* char[SPEC_NAME]: [A-Za-z0-9_-]+ */
    KEY_PATH,          /* char[1024] */
    KEY_WORD,          /* char[SPEC_NAME]: one of `words` */
    KEY_GENERATOR,     /* no field: the family's name */
    KEY_DISCRIMINATOR, /* no field: the name of the family's discriminator */
    KEY_CHOICE,        /* int or enum: index of one of `words` */
    KEY_BOOL,          /* int: 1 for true, 0 for false */
    KEY_POOL,          /* struct pool: operations `lo` to `hi` of enum candidate, which genotypes may name too */
    KEY_EDGES,         /* the edges of a struct cell */
    KEY_TUPLE          /* a list with an item for each row of `items` */
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

/* Reads one value into its field: 0, or 2 with one line in err. */
int key_read(const struct key *key, const struct json *value, struct spec *spec, struct ag_error *err);
/* Reads a document by the rows of spec->family, other keys being errors, and fills in the defaults of the keys that are
 * not there: 0, or 2 with one line in err. */
int keys_read(const struct json *document, struct spec *spec, struct ag_error *err);
/* What a row of kind KEY_GENERATOR or KEY_DISCRIMINATOR must have for its value. */
const char *key_family(const struct key *key, const struct spec *spec);
/* The row of that path in a family's table, or NULL. */
const struct key *key_find(const struct family *family, const char *path);
/* A family's row of the pool `up` or `normal`. Every family has both. */
const struct key *key_of_pool(const struct family *family, int up);
/* The place to complain about when two keys don't fit together: the one that --set gave, or the first of the two that
 * is there. */
const struct json *key_place(const struct json *document, const char *path, const char *other);

/* 1 if a family has a key, or a group of keys, at this path. */
int family_has_key(const struct family *family, const char *path);
/* Complains about a key or part of a genotype, at `path`, that family `own` lacks and other families have. `has` says
 * whether a family has it. Returns 0 if no other family has it, else 2 with one line in err. */
int family_foreign(const struct family *own, const struct json *value, const char *path,
                   int (*has)(const struct family *family, const char *path), struct ag_error *err);

/* Reads the edges of a cell ([name, from, to, "up" or "normal"], …), each checked by itself. */
int cell_read(const struct json *list, struct cell *cell, struct ag_error *err);
/* Checks that the edges make a cell: no cycle, no node without a way from the input or to the output. */
int cell_check(const struct cell *cell, const struct json *document, struct ag_error *err);

/* Reads a document as a search space: 0, or 2 with one line in err. */
int space_read(struct mem *pool, const struct json *document, struct spec *spec, struct ag_error *err);
/* Reads a document as a genotype, its spec first, then one operation of the right kind for each edge or layer of the
 * spec, then the latents of layers. */
int genotype_read(struct mem *pool, const struct json *root, struct spec *spec, struct genotype *geno,
                  struct ag_error *err);

/* Applies "key.path=value" to a document (to its spec or, below "ops." and "latents.", to those when that is a
 * genotype): the value is JSON, or a bare word taken as a string. 0, or 2 with one line in err that begins with "--set
 * key.path". */
int set_apply(struct mem *pool, struct json *root, int genotype, const char *set, struct ag_error *err);

/* The operation of that name, or -1. */
int candidate_find(const char *name);
/* 1 if the text is not empty and holds only characters of [A-Za-z0-9_-] (lower: of [a-z0-9_]). */
int is_name(const char *text, int lower);
/* Lists words, which end with NULL: `"a", "b" or "c"`. */
void list_words(const char *const *words, char *list, size_t size);
/* Puts `, did you mean "X"?` into hint if one of the words is nearly `text`, else "": 1 or 0. */
int nearest_word(const char *text, const char *const *words, int count, char *hint, size_t size);

#endif
