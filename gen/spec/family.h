/*
 * A family of networks, as the rest of aggen sees it: the keys of its search spaces, what a search decides, its
 * generator, its discriminator, and how they are retrained. Each family is a file or two in gen/family/ and a row of
 * the table in gen/family/families.c.
 */
#ifndef FAMILY_H
#define FAMILY_H

#include "spec.h"

struct build;
struct discriminator_state;
struct json;
struct key;
struct ag_error;
struct network_pass;

/* Why a family lacks keys that other families have. The text is for messages. */
struct key_hint {
    const char *instead; /* "a residual generator has no mapping network" */
    const char *path[4]; /* paths of keys or of groups of keys; or "latents", "micro": parts of a genotype */
};

/* A place of an architecture, which needs an operation: an edge of a cell, or a layer. */
struct place {
    char name[SPEC_NAME]; /* "cell1.up0", "b8.normal" */
    int up;               /* 1: its pool is `up`; 0: `normal` */
};

/* A constant of a host program: its value replaces the token in the template. */
struct constant {
    char token[32];
    double value;
    int whole; /* 1: the value is a whole number */
};
struct constants {
    struct constant *list; /* allocated by malloc */
    int count, capacity;
};
/* Each adds one constant; constant_adam adds PREFIX_LR, PREFIX_BETA1, PREFIX_BETA2 and PREFIX_DECAY. */
void constant_whole(struct constants *c, const char *token, long value);
void constant_number(struct constants *c, const char *token, double value);
void constant_adam(struct constants *c, const char *prefix, struct adam adam);

struct discriminator {
    const char *name; /* as the value of discriminator.family */
    /* Builds a pass: pictures x [N,S,S,channels]. Returns its scores [N,1,1,1]. */
    int (*scores)(struct build *b, const struct network_pass *pass, int x, struct discriminator_state *state);
    /* Writes the state that the phase's last pass left to its block, where the next step finds it. NULL: it has no
     * state. */
    void (*done)(struct build *b, const struct network_pass *pass, const struct discriminator_state *state);
};

struct family {
    const char *name; /* as the value of generator.family */

    /* Its search spaces. */
    const struct key *keys;       /* its table of keys (key_rows.h); ends with a row without path */
    const struct key_hint *hints; /* ends with a row without text; NULL: none */
    /* Checks what no single row of keys can, and sets what follows from several. Returns 0, or 2 with a line in err.
     * NULL: there is nothing to check. */
    int (*check)(struct spec *spec, const struct json *document, struct ag_error *err);

    /* What a search decides. place: what messages call a place. places and choices return how many there are. */
    const char *place; /* "edge" or "layer" */
    int (*places)(const struct spec *spec, struct place place[SPEC_GENES]);
    int (*choices)(const struct spec *spec, struct choice choice[SPEC_GENES]); /* NULL: a choice for each place */
    /* Sets name to the part that takes a latent W_i after all places have: the last tRGB. NULL: no latents are
     * chosen. */
    void (*last_latent)(const struct spec *spec, char name[SPEC_NAME]);
    int moves; /* 1: places depend on image.size alone. A genotype with "micro" can change it */

    /* Networks. */
    int (*generator)(struct build *b, const struct network_pass *pass,
                     int z); /* z [N,1,1,latent] -> [N,S,S,channels] */
    const struct discriminator *discriminator;
    int styles;  /* 1: its layers take latents W_i of a mapping network */
    int noise;   /* 1: its layers take noise */
    int bounded; /* 1: its pictures lie in [-1, 1] */

    /* Retraining. */
    const char *retraining; /* host program: templates/host/RETRAINING.c … */
    /* … and those of its constants that only this family has */
    void (*constants)(const struct spec *spec, struct constants *c);

    /* Makes a space small for `aggen check`: few pixels, few channels. The caller makes latent and batches small. */
    void (*shrink)(struct spec *spec);
    /* Parts of a layer: `aggen check` adds up the tensors of such a part (g.b8.up.affine.weight), whichever layer has
     * it, and other tensors of layers by their last name. The list ends with NULL. NULL: it goes by operations and by
     * parts of the network alone. */
    const char *const *layer_parts;
};

extern const struct family *const families[]; /* ends with NULL */

#endif
