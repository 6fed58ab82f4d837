/*
 * From a spec to the graphs of its phases: the networks of a family, their parameters, and what each phase computes.
 */
#ifndef MODEL_H
#define MODEL_H

#include "graph.h"
#include "spec.h"
#include "../../runtime/ag.h"

/* Named tensors laid out one after the other in a block. */
struct table {
    struct ag_tensor *tensor;
    int count, capacity;
    long size;
};

enum { MODEL_BLOCKS = AG_STAT + 1 };

struct phase_graph {
    const char *name;
    struct graph *graph;
    int batch;
    struct table in, out;
    int updates_weights, updates_alpha; /* as in struct ag_phase */
    double flop;
};

/* PROGRAM_LIBRARY: a PROGRAM_GENERATE without style mixing. */
enum program { PROGRAM_SEARCH, PROGRAM_RETRAIN, PROGRAM_GENERATE, PROGRAM_LIBRARY };
enum { MODEL_PHASES = 8 };

struct model {
    struct mem *mem;
    const struct spec *spec;
    const struct genotype *geno; /* genes == 0: the supernet */
    enum program program;
    int merge;                  /* linear mixtures are merged */
    int g_channels, d_channels; /* family residual */
    int g_divisor, d_divisor;   /* of channels; family stylegan2 */
    struct table block[MODEL_BLOCKS];
    struct phase_graph phase[MODEL_PHASES];
    int phases;
    const char **origin; /* extract_layer.c: of the inputs of a layer that was cut out */
    int origins;
};

/* Builds all phases of a program. pictures: how many it draws at a time; 0: as many as share their weights well. */
struct model *model_new(const struct spec *spec, const struct genotype *geno, enum program program, int merge,
                        int pictures);
void model_free(struct model *m);
const char *program_name(enum program p);

/* Multiply-adds a picture of the generator alone; `thop`: a transposed convolution counted at its output pixels times
 * the area of its window, as the paper counts. */
double model_generator_macs(const struct model *m, int thop);
/* Numbers in the parameters of a block. */
long model_parameters(const struct model *m, int block);

/* ---------------------------------------------------------------- for the families' build_*.c */

/* A phase under construction. */
struct build {
    struct model *model;
    struct phase_graph *phase;
    struct graph *g;
    int batch;
};

/* Which parameters a pass of a network uses. */
enum norm_mode {
    NORM_BATCH,  /* batch statistics */
    NORM_TRACK,  /* batch statistics, and the running ones follow */
    NORM_RUNNING /* running statistics */
};
struct pass {
    int bar;    /* the test weights' blocks */
    int gumbel; /* architecture logits are perturbed by the inputs in.gumbel and in.sharpness */
    enum norm_mode norm;
    /* family stylegan2 */
    int second;   /* the second pass of G in its phase, with noise of its own: in.noise2 */
    int mixing;   /* layers whose in.mix is 1 take their latent from in.mix.z */
    int truncate; /* latents are in.psi times as far from their running means */
    int choose;   /* every layer takes the mixture of latents that in.latent gives */
};

struct init {
    enum ag_init kind;
    double a, b;
};
extern const struct init init_zero, init_one;
struct init init_uniform(double bound);
struct init init_normal(double mean, double deviation);

/* The node of a parameter of block `block`, seen as `view`; the block's table gets it when it is first asked for. */
struct param {
    enum ag_block block;
    struct shape view;
    int rank, shape[4];
    struct init init;
};
int build_param(struct build *b, const struct pass *pass, struct param p, const char *format, ...);
/* The node of an input of the phase. */
int build_input(struct build *b, const char *name, int rank, struct shape shape, int batched);
/* Leaves a node's value in the phase's output `name`. */
void build_output(struct build *b, int node, const char *name, int rank);

/* x [N,H,W,C] normalised over the batch, with scale and shift where `affine`. */
int build_batch_norm(struct build *b, const struct pass *pass, int x, int affine, const char *name);

/* The weights of a mixture of n candidates: softmax(alpha.NAME), or softmax((alpha + gumbel) (1 + sharpness)) with
 * sharpness = 1/tau - 1. [1,1,1,n] */
int build_mixture(struct build *b, const struct pass *pass, const char *name, int n);

/* A family of generators or discriminators. */
struct discriminator_state {
    int u[32], v[32]; /* spectral norm's vectors as the last pass left them; 0: not yet used */
};
struct network_family {
    const char *name;
    int (*generator)(struct build *b, const struct pass *pass, int z); /* z [N,1,1,latent] -> [N,S,S,channels] */
    /* x [N,S,S,channels] -> scores [N,1,1,1] */
    int (*discriminator)(struct build *b, const struct pass *pass, int x, struct discriminator_state *state);
    void (*discriminator_done)(struct build *b, const struct pass *pass, const struct discriminator_state *state);
};
extern const struct network_family network_residual, network_stylegan2;

#endif
