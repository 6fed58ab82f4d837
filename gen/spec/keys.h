/*
 * The keys of a search space as rows of a table, one table for each family. How keys are read, their defaults, their
 * ranges and the canonical text all follow from the rows. So do the messages about a key that only other families have.
 * Functions that take err return 0, or 2 with one line in err, unless they say otherwise.
 */
#ifndef KEYS_H
#define KEYS_H

#include "family.h"
#include "json.h"

/* The kind of a key's value, and the type of the field that holds it. */
enum key_kind {
    KEY_INT,           /* int: a whole number lo, lo + step, … up to hi */
    KEY_NUMBER,        /* double: from lo to hi */
    KEY_NAME,          /* char[SPEC_NAME]: at least one of A-Z a-z 0-9 _ - */
    KEY_PATH,          /* char[1024] */
    KEY_WORD,          /* char[SPEC_NAME]: one of `words` */
    KEY_GENERATOR,     /* no field: the value is the family's name */
    KEY_DISCRIMINATOR, /* no field: the value is the name of the family's discriminator */
    KEY_CHOICE,        /* int or enum: the index of one of `words` */
    KEY_BOOL,          /* int: 1 for true, 0 for false */
    KEY_POOL,          /* struct pool: operations lo to hi of enum candidate; genotypes may name these too */
    KEY_EDGES,         /* struct cell: its edges */
    KEY_TUPLE          /* a list that has an item for each row of `items` */
};

/* Flags. ABOVE: lo itself is excluded. BELOW: hi is. NULL: null is allowed and stored as zeros. POWER: an int must be a
 * power of two. OFF: the canonical text leaves the key out while it is 0 or "", as texts from before the key existed
 * do. */
enum { KEY_ABOVE = 1, KEY_BELOW = 2, KEY_NULL = 4, KEY_POWER = 8, KEY_OFF = 16 };

struct key {
    const char *path;
    enum key_kind kind;
    size_t offset; /* of its field in struct spec */
    double lo, hi;
    int step; /* KEY_INT: at least 1 */
    unsigned flags;
    const char *const *words; /* ends with NULL */
    const struct key *items;  /* ends with a row without path */
    const char *fallback;     /* its default as JSON; NULL: the key is required */
};

/* Reads one value into its field: 0, or 2 with one line in err. */
int key_read(const struct key *key, const struct json *value, struct spec *spec, struct ag_error *err);
/* Reads a document by the rows of spec->family, other keys being errors, and fills in the defaults of the keys that are
 * not there: 0, or 2 with one line in err. */
int keys_read(const struct json *document, struct spec *spec, struct ag_error *err);
/* What a row of kind KEY_GENERATOR or KEY_DISCRIMINATOR must have for its value. */
const char *key_family(const struct key *key, const struct spec *spec);
/* Returns the row of that path in a family's table, or NULL. */
const struct key *key_find(const struct family *family, const char *path);
/* Returns a family's row of the pool `up` (1) or `normal` (0). Every family has both. */
const struct key *key_of_pool(const struct family *family, int up);
/* Where to complain when the values of two keys don't go together: at the one that --set gave, else at the first that
 * the document has. */
const struct json *key_place(const struct json *document, const char *path, const char *other);

/* 1 if a family has a key, or a group of keys, at this path. */
int family_has_key(const struct family *family, const char *path);
/* Complains about a key or part of a genotype, at `path`, that other families have and family `own` has not.
 * has(family, path) is 1 if a family has it. Returns 0 if none has, else 2 with one line in err. */
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

/* Applies "key.path=value" to a document. In a genotype the path is one of its spec, unless it begins with "ops." or
 * "latents.". The value is JSON, or a bare word, which is a string. Returns 0, or 2 with a line in err that has "--set
 * key.path". */
int set_apply(struct mem *pool, struct json *root, int genotype, const char *set, struct ag_error *err);

/* Returns the operation of that name, or -1. */
int candidate_find(const char *name);
/* 1 if the text is not empty and has no other characters than A-Z a-z 0-9 _ - (lower 1: a-z 0-9 _). */
int is_name(const char *text, int lower);
/* Writes a list of the words, which end with NULL: `"a", "b" or "c"`. */
void list_words(const char *const *words, char *list, size_t size);
/* If one of the words is nearly `text`, writes `, did you mean "X"?` to hint and returns 1. Else hint is "", and 0 is
 * returned. */
int nearest_word(const char *text, const char *const *words, int count, char *hint, size_t size);

#endif
