/*
 * A spec: a search space as its user wrote it, with every default filled in and every value checked. doc/space.md says
 * what each key means. This folder answers what a user asks for: it reads search spaces and genotypes from JSON, checks
 * them by the tables of keys that families have, and writes them in canonical form.
 */
#ifndef SPEC_H
#define SPEC_H

#include <stddef.h>

struct ag_error;

enum {
    SPEC_NAME = 64,  /* a name, with its NUL */
    SPEC_POOL = 9,   /* operations in a pool */
    SPEC_EDGES = 32, /* edges in a cell */
    SPEC_NODES = 32, /* nodes in a cell */
    SPEC_CELLS = 8,  /* cells in a generator */
    SPEC_GENES = SPEC_CELLS * (SPEC_EDGES + SPEC_CELLS),
    SPEC_LARGEST = 1024, /* pixels of a side of a picture */
    SPEC_LATENTS = 16,   /* layers of a mapping network: W_1 … W_M */
    SPEC_FOUND = 1024    /* bytes of struct genotype's `found` */
};

/* Candidate operations: first those that keep the size of the picture, then those that double it. */
enum candidate {
    CANDIDATE_CONV_1X1,
    CANDIDATE_CONV_3X3,
    CANDIDATE_CONV_5X5,
    CANDIDATE_SEP_CONV_3X3,
    CANDIDATE_SEP_CONV_5X5,
    CANDIDATE_SEP_CONV_7X7,
    CANDIDATE_NEAREST, /* the first one that doubles */
    CANDIDATE_BILINEAR,
    CANDIDATE_DECONV,
    CANDIDATE_NEAREST_CONV,
    CANDIDATE_BILINEAR_CONV,
    CANDIDATE_COUNT
};
const char *candidate_name(enum candidate op); /* "conv_1x1", … */

/* The candidate operations of a mixture. */
struct pool {
    int count;
    enum candidate op[SPEC_POOL];
};

/* The losses of D and G (model/losses.h). */
enum loss { LOSS_HINGE, LOSS_LOGISTIC, LOSS_WGAN };
/* What the steps of Ḡ in Algorithm 2 change: its weights, its copy of alpha, or both. */
enum bar_updates { BAR_WEIGHTS, BAR_ALPHA, BAR_BOTH };

struct adam {
    double lr, beta1, beta2, weight_decay;
};

/* An edge of the cell, from node `from` (0: the cell's input) to node `to`: a mixture (Eq. 8) over a pool. */
struct cell_edge {
    char name[SPEC_NAME];
    int from, to;
    int up; /* 1: over the pool `up`; 0: over the pool `normal` */
};
struct cell {
    int edges;
    struct cell_edge edge[SPEC_EDGES];
    int output;             /* the node that is the cell's output */
    int skip_from, skip_to; /* a skip leads from this node of each earlier cell to this node; 0, 0: no skips */
};

struct family;
struct spec {
    char name[SPEC_NAME];
    const struct family *family;
    int image_size, image_channels;
    char data_format[SPEC_NAME]; /* cifar10, stl10, images, zip, shapes */
    char data_path[1024];        /* may be empty */
    int data_center_crop;        /* 1: cut out the largest centred square before resizing */
    struct pool normal, up;
    char kernels[SPEC_NAME]; /* a variant (plan/variant.h), taken wherever it can be; "": none */
    int latent;              /* numbers in z */
    /* family residual */
    int channels, base, cells;
    struct cell cell;
    int d_channels;
    /* family stylegan2: min(channel_base / R, channel_max) / channel_divisor channels at resolution R, at least 1 */
    int style, mapping_layers; /* numbers in a latent W_i; M */
    int channel_base, channel_max, channel_divisor;
    int d_channel_base, d_channel_max, d_channel_divisor;
    int macro;           /* 0: one alpha for all layers of a kind (micro); 1: one a layer */
    int dynamic_latents; /* 1: each layer chooses one of the latents W_i; 0: all take the last */
    /* Algorithms 1 and 2: iterations is K, weight_steps T, bar_steps R, arch_steps S. */
    struct {
        int iterations, weight_steps, bar_steps, arch_steps, batch, critic_steps;
        double split;
        enum loss loss;
        struct adam weights, arch;
        enum bar_updates bar_updates;
        int arch_both;       /* 1: an alpha step adds the gradients of a training and a validation batch */
        double gumbel_tau;   /* 0: off */
        double warmup;       /* share of the iterations, at the beginning, that only train G and D */
        int bar_decay_after; /* after this iteration … */
        double bar_decay;    /* … Ḡ's and D̄'s learning rate is multiplied by this, once; 0 and 0: never */
    } search;
    struct {
        int iterations, batch_g, batch_d, critic_steps, checkpoint_every, sample_every;
        int keep_every; /* generator steps from one generator that is kept to the next; 0: none is kept */
        double ema;
        enum loss loss;
        struct adam weights;
        int linear_decay;
        int g_channels, d_channels; /* 0: as in the search */
        /* family stylegan2 */
        int kimg;        /* thousands of pictures to train on */
        int accumulate;  /* passes in a step, each of batch_g or batch_d pictures; gradients are averaged */
        int r1_interval; /* D steps from one R1 step to the next; 0: no R1 */
        double r1_gamma, mixing, ema_kimg, w_decay;
        int channel_divisor; /* in place of the divisors of G and D in the search */
    } retrain;
};

struct gene {
    char place[SPEC_NAME]; /* an edge, "cell1.up0", or a layer, "b8.up" (family.h) */
    enum candidate op;
    int latent; /* i of the latent W_i that the layer takes, from 1; 0 in families without a mapping network */
};
/* A derived architecture: an operation for each place. genes is 0 if there is none: the network is a supernet. */
struct genotype {
    int genes;
    struct gene gene[SPEC_GENES];
    int last_latent;        /* i of the W_i that the last tRGB takes */
    char found[SPEC_FOUND]; /* how it was found: members of a JSON object, without braces; "": unknown */
};

/* What a search decides. Each choice has an alpha of its own, the parameter `alpha.NAME`; they come in this order in
 * the program. A choice of an operation has the name of its place; or it is called "normal" or "up" and decides for all
 * places of that pool. A choice of a latent has the name of the layer that takes it, and ".w". */
struct choice {
    char name[SPEC_NAME]; /* "cell1.up0"; "normal", "b8.up", "b8.up.w", "b128.rgb.w" */
    int up;               /* if latents is 0: the pool it chooses from */
    int latents;          /* the number of latents W_i it chooses from; 0: it chooses an operation */
};
int spec_choices(const struct spec *spec, struct choice choice[SPEC_GENES]); /* returns how many */
/* A part of an architecture, and the index of the choice that decides it. Parts are the operations of all places, then
 * the latents that are chosen. */
struct part {
    char name[SPEC_NAME]; /* a place; of a latent: the layer that takes it */
    int choice;
};
int spec_parts(const struct spec *spec, struct part part[2 * SPEC_GENES]); /* returns how many */

/*
 * Reads a search space or a genotype from a file; a genotype has the key "aggen", "spec" or "ops". First applies
 * `sets` to it, each "key.path=value". Sets geno->genes to 0 for a search space. Returns 0, or 2 with one line in err:
 * "FILE:LINE:COLUMN: KEY.PATH: what is wrong".
 */
int spec_read(const char *path, char *const *sets, int nsets, struct spec *spec, struct genotype *geno,
              struct ag_error *err);
/* The same for n bytes of text; `label` stands for FILE in errors. */
int spec_parse(const char *text, size_t n, const char *label, char *const *sets, int nsets, struct spec *spec,
               struct genotype *geno, struct ag_error *err);
/* The canonical JSON text of a spec with every default written out (malloc'd), readable by spec_read; the same spec
 * always gives the same bytes. Single line. */
char *spec_text(const struct spec *spec);
/* The same for a genotype. The text has the space's name, its spec and its operations; in families with a mapping
 * network the latent of every layer; and last "found", if something is known. */
char *genotype_text(const struct spec *spec, const struct genotype *geno);
/* The same without its spec. */
char *genotype_short_text(const struct spec *spec, const struct genotype *geno);

#endif
