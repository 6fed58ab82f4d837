/*
 * What families build networks with: a phase under construction, parameters, inputs and outputs, batch norm, and
 * mixtures of candidate operations.
 */
#ifndef BUILD_H
#define BUILD_H

#include "graph.h"
#include "spec.h"
#include "../../runtime/ag.h"

/* Named tensors laid out one after the other in a block. */
struct table {
    struct ag_tensor *tensor;
    int count, capacity;
    long size;
};

/* A phase under construction. */
struct build {
    struct mem *mem;
    const struct spec *spec;
    const struct genotype *geno; /* genes == 0: the supernet */
    int search;                  /* networks of a search have first values of their own, and no running statistics */
    struct table *block;         /* the parameters and statistics of all phases, by enum ag_block */
    struct table *in, *out;      /* of the phase */
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
    int second; /* the second pass of G in its phase, with noise of its own: in.noise2 */
    /* of families with styles */
    int mixing;   /* layers whose in.mix is 1 take their latent from in.mix.z */
    int truncate; /* latents are in.psi times as far from their running means */
    int choose;   /* every layer takes the mixture of latents that in.latent gives */
};

/* What passes of a discriminator in one phase hand on. */
struct discriminator_state {
    int u[32], v[32]; /* spectral norm's vectors as the last pass left them; 0: not yet used */
};

/* ---------------------------------------------------------------- parameters, inputs, outputs */

struct init {
    enum ag_init kind;
    double a, b;
};
extern const struct init init_zero, init_one;
struct init init_uniform(double bound);
struct init init_normal(double mean, double deviation);
/* Of a plain convolution: PyTorch's default in search, Xavier-uniform in retraining. */
struct init build_conv_init(const struct build *b, int out, int in, int k);

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

/* ---------------------------------------------------------------- layers */

/* x [N,H,W,C] normalised over the batch, with scale and shift where `affine`. */
int build_batch_norm(struct build *b, const struct pass *pass, int x, int affine, const char *name);

/* The weights of a mixture of n candidates: softmax(alpha.NAME), or softmax((alpha + gumbel) (1 + sharpness)) with
 * sharpness = 1/tau - 1. [1,1,1,n] */
int build_mixture_weights(struct build *b, const struct pass *pass, const char *name, int n);

/* Eq. 8: what a place computes. The sum of what its pool's candidates compute, by the weights of alpha.CHOICE; in a
 * derived architecture the one candidate that the genotype names. */
struct mixture {
    const char *place, *choice;
    int up;                                          /* the pool */
    int (*candidate)(void *site, enum candidate op); /* returns a node */
    void *site;
};
int build_mixture(struct build *b, const struct pass *pass, const struct mixture *m);

#endif
