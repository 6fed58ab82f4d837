/*
 * The search space as its user wrote it, every default filled in and every value checked.
 */
#ifndef SPEC_H
#define SPEC_H

#include <stddef.h>

struct ag_error;

enum {
    SPEC_NAME = 64,  /* longest name, with its NUL */
    SPEC_POOL = 9,   /* operations in a pool */
    SPEC_EDGES = 32, /* edges in a cell */
    SPEC_NODES = 32, /* nodes in a cell */
    SPEC_CELLS = 8,
    SPEC_GENES = SPEC_CELLS * (SPEC_EDGES + SPEC_CELLS),
    SPEC_LARGEST = 1024, /* pixels of a side of the largest picture */
    SPEC_LATENTS = 16,   /* intermediate latents of a mapping network */
    SPEC_FOUND = 1024    /* bytes of what a genotype tells of its search */
};

/* Candidate operations: those of a layer, then those that double its picture. */
enum candidate {
    OP_CONV_1X1,
    OP_CONV_3X3,
    OP_CONV_5X5,
    OP_SEP_CONV_3X3,
    OP_SEP_CONV_5X5,
    OP_SEP_CONV_7X7,
    OP_NEAREST, /* the first that doubles */
    OP_BILINEAR,
    OP_DECONV,
    OP_NEAREST_CONV,
    OP_BILINEAR_CONV,
    OP_CANDIDATES
};
const char *candidate_name(enum candidate op); /* "conv_1x1", … */

struct pool {
    int count;
    enum candidate op[SPEC_POOL];
};

enum loss { LOSS_HINGE, LOSS_LOGISTIC, LOSS_WGAN };
enum bar_updates { BAR_WEIGHTS, BAR_ALPHA, BAR_BOTH };

struct adam {
    double lr, beta1, beta2, weight_decay;
};

/* An edge of the cell: node `from` (0: the cell's input) to node `to`, through a mixture over a pool. */
struct cell_edge {
    char name[SPEC_NAME];
    int from, to;
    int up; /* 1: the pool `up`, 0: the pool `normal` */
};
struct cell {
    int edges;
    struct cell_edge edge[SPEC_EDGES];
    int output;             /* the node that is the cell's output */
    int skip_from, skip_to; /* node of every earlier cell -> node of this one; 0, 0: no skips */
};

struct family;
struct spec {
    char name[SPEC_NAME];
    const struct family *family;
    int image_size, image_channels;
    char data_format[SPEC_NAME]; /* cifar10, stl10, images, zip, shapes */
    char data_path[1024];        /* may be empty */
    int data_center_crop;        /* 0: resize only; 1: the largest centred square first */
    struct pool normal, up;
    char kernels[SPEC_NAME]; /* the variant that is taken for all kernels that it can compute; "": none */
    int latent;
    /* family residual */
    int channels, base, cells;
    struct cell cell;
    int d_channels;
    /* family stylegan2: at resolution R, min(channel_base / R, channel_max) / channel_divisor channels, at least 1 */
    int style, mapping_layers;
    int channel_base, channel_max, channel_divisor;
    int d_channel_base, d_channel_max, d_channel_divisor;
    int macro;           /* 0: one alpha for all layers of a kind (micro); 1: one a layer */
    int dynamic_latents; /* 1: each layer chooses among the mapping network's latents; 0: it takes the last */
    struct {
        int iterations, weight_steps, bar_steps, arch_steps, batch, critic_steps;
        double split;
        enum loss loss;
        struct adam weights, arch;
        enum bar_updates bar_updates;
        int arch_both;       /* the alpha step sums over a training and a validation batch */
        double gumbel_tau;   /* 0: off */
        double warmup;       /* share of the iterations without Algorithm 2 and alpha steps */
        int bar_decay_after; /* after this iteration (0: never) … */
        double bar_decay;    /* … the learning rate of the bar weights is multiplied by this, once */
    } search;
    struct {
        int iterations, batch_g, batch_d, critic_steps, checkpoint_every, sample_every;
        int keep_every; /* G steps from one generator that is kept to the next; 0: none is */
        double ema;
        enum loss loss;
        struct adam weights;
        int linear_decay;
        int g_channels, d_channels; /* 0: the search's own */
        /* family stylegan2 */
        int kimg;        /* length, in thousand pictures */
        int accumulate;  /* passes of batch_g (batch_d) pictures whose gradients are averaged in a step */
        int r1_interval; /* steps from one R1 step to the next; 0: none */
        double r1_gamma, mixing, ema_kimg, w_decay;
        int channel_divisor; /* in place of both networks' */
    } retrain;
};

struct gene {
    char place[SPEC_NAME]; /* an edge, "cell1.up0", or a layer, "b8.up": family.h */
    enum candidate op;
    int latent; /* which of the mapping network's latents it takes, 1..; 0 in families without one */
};
/* A derived architecture; genes == 0 means there is none and the network is the supernet. */
struct genotype {
    int genes;
    struct gene gene[SPEC_GENES];
    int last_latent;        /* of the part that comes after all places: stylegan2's last tRGB */
    char found[SPEC_FOUND]; /* how it came about: members of a JSON object, ""; what is too long isn't kept */
};

/* What the search decides, each by an alpha of its own, `alpha.NAME`, in their order in the program. A choice among
 * operations has the name of its place, or decides all places of its pool that have no choice of their own; one among
 * latents has the name of the layer that takes it and ".w". */
struct choice {
    char name[SPEC_NAME]; /* "cell1.up0"; "normal", "b8.up", "b8.up.w", "b128.rgb.w" */
    int up;               /* the pool it chooses from … */
    int latents;          /* … or, if not 0, the number of intermediate latents it chooses from */
};
int spec_choices(const struct spec *spec, struct choice choice[SPEC_GENES]); /* returns their number */
/* The parts of an architecture, each with the index of the choice that decides it: the operation of every place, then
 * the latents that are chosen. */
struct part {
    char name[SPEC_NAME]; /* a place; of a latent what takes it */
    int choice;
};
int spec_parts(const struct spec *spec, struct part part[2 * SPEC_GENES]); /* returns their number */

/*
 * Reads a search space or a genotype (told apart by the key "ops") from a file, then applies `sets` ("key.path=value",
 * value in JSON or a bare word). Returns 0, or 2 with one line in err: "FILE:LINE:COLUMN: KEY.PATH: what is wrong".
 */
int spec_read(const char *path, char *const *sets, int nsets, struct spec *spec, struct genotype *geno,
              struct ag_error *err);
/* The same for n bytes of text; `label` stands for FILE in errors. */
int spec_parse(const char *text, size_t n, const char *label, char *const *sets, int nsets, struct spec *spec,
               struct genotype *geno, struct ag_error *err);
/* The canonical JSON text of a spec with every default written out (malloc'd), readable by spec_read; the same spec
 * always gives the same bytes. Single line. */
char *spec_text(const struct spec *spec);
/* The same for a genotype: its file with nothing optional but the space's name, what it has of numbers and words under
 * "found", which comes last, and in families with a mapping network the latent of every layer. */
char *genotype_text(const struct spec *spec, const struct genotype *geno);
/* The same without the spec. */
char *genotype_short_text(const struct spec *spec, const struct genotype *geno);

#endif
