/*
 * A family of networks: the keys of its search spaces, what a search of them decides, its generator and discriminator,
 * and how they are retrained. Each is a file or two in gen/family/ and a row of the table in gen/family/families.c.
 */
#ifndef FAMILY_H
#define FAMILY_H

#include "spec.h"

struct build;
struct discriminator_state;
struct json;
struct key;
struct ag_error;
struct pass;

/* What a family's own keys have in place of keys that only other families have. */
struct key_hint {
    const char *instead; /* "a residual generator has no mapping network" */
    const char *path[4]; /* of keys or groups of keys; or "latents", "micro": parts of a genotype */
};

/* What an operation is chosen for: an edge of a cell, a layer. */
struct place {
    char name[SPEC_NAME]; /* "cell1.up0", "b8.normal" */
    int up;               /* the pool it is chosen from */
};

/* A constant of a retraining's host program: the token in the template that it replaces. */
struct constant {
    char token[32];
    double value;
    int whole; /* the value is a whole number */
};
struct constants {
    struct constant *list; /* malloc'd */
    int count, capacity;
};
void constant_whole(struct constants *c, const char *token, long value);
void constant_number(struct constants *c, const char *token, double value);
/* PREFIX_LR, PREFIX_BETA1, PREFIX_BETA2, PREFIX_DECAY */
void constant_adam(struct constants *c, const char *prefix, struct adam adam);

struct discriminator {
    const char *name; /* as the value of discriminator.family */
    /* x [N,S,S,channels] -> scores [N,1,1,1] */
    int (*scores)(struct build *b, const struct pass *pass, int x, struct discriminator_state *state);
    /* After its last pass in a phase: leaves the state where the next step finds it. NULL: it has none. */
    void (*done)(struct build *b, const struct pass *pass, const struct discriminator_state *state);
};

struct family {
    const char *name; /* as the value of generator.family */

    /* A search space. */
    const struct key *keys;       /* key_rows.h; ends with a row without path */
    const struct key_hint *hints; /* ends with a row without text; NULL: none */
    /* Checks what no single row of the keys can, and fills in what follows from several: 0, or 2 with one line in err.
     * NULL: there is nothing to check. */
    int (*check)(struct spec *spec, const struct json *document, struct ag_error *err);

    /* What a search decides. */
    const char *place;                                                         /* "edge" or "layer" */
    int (*places)(const struct spec *spec, struct place place[SPEC_GENES]);    /* returns their number */
    int (*choices)(const struct spec *spec, struct choice choice[SPEC_GENES]); /* NULL: a choice for each place */
    /* Each place takes one of the mapping network's latents, and so does one more part, whose name this gives; NULL:
     * genotypes have no latents. */
    void (*last_latent)(const struct spec *spec, char name[SPEC_NAME]);
    int moves; /* places depend on image.size alone, and a genotype with "micro" moves to another size */

    /* Networks. */
    int (*generator)(struct build *b, const struct pass *pass, int z); /* z [N,1,1,latent] -> [N,S,S,channels] */
    const struct discriminator *discriminator;
    int styles;  /* the generator's layers take latents of a mapping network: mixed, truncated, or chosen */
    int noise;   /* its layers take noise */
    int bounded; /* its pictures lie in [-1, 1] */

    /* Retraining. */
    const char *retraining; /* templates/host/RETRAINING.c … */
    /* … and those of its constants that are the family's own: batches, intervals and decay are there already */
    void (*constants)(const struct spec *spec, struct constants *c);

    /* Makes a space small, for `aggen check`: pictures of few pixels, layers of few channels. The latent and the
     * batches are small already. */
    void (*shrink)(struct spec *spec);
    /* Parts of a layer: `aggen check` adds up the tensors of such a part (g.b8.up.affine.weight), whichever layer has
     * it, and other tensors of layers by their last name. The list ends with NULL. NULL: it goes by operations and by
     * parts of the network alone. */
    const char *const *layer_parts;
};

extern const struct family *const families[]; /* ends with NULL */

#endif
