/*
 * What families build their networks with. A family answers what a generator and a discriminator compute; it builds
 * them node by node in the graph of a phase. This header has the phase under construction, parameters, inputs and
 * outputs, batch norm, and the mixtures of Eq. 8.
 */
#ifndef BUILD_H
#define BUILD_H

#include "graph.h"
#include "spec.h"
#include "../../runtime/ag.h"

/* The named tensors of a block, one after the other. size: reals in the block. */
struct table {
    struct ag_tensor *tensor;
    int count, capacity;
    long size;
};

/* A phase under construction. Everything a network asks for goes into it. */
struct build {
    struct mem *mem;
    const struct spec *spec;
    const struct genotype *geno; /* genes is 0 for a supernet */
    int search;                  /* 1: a search, with first values of its own and no running statistics */
    struct table *block;         /* tables of the parameters of all phases, by enum ag_block */
    struct table *in, *out;      /* inputs and outputs of the phase */
    struct graph *g;
    int batch;
};

/* How batch norm gets its mean and variance. */
enum norm_mode {
    NORM_BATCH,  /* of the batch */
    NORM_TRACK,  /* of the batch; running ones follow them */
    NORM_RUNNING /* the running ones */
};
/* A pass of a network: which parameters and inputs it uses. Fields are 0 or 1 but for norm. */
struct network_pass {
    int bar;    /* it has the weights of Ḡ or D̄ (Algorithm 2) */
    int gumbel; /* the weights of mixtures are Gumbel softmaxes, with the inputs in.gumbel.NAME and in.sharpness */
    enum norm_mode norm;
    int second; /* it is the second pass of a generator in this phase: its noise is in.noise2, not in.noise */
    /* in families with styles: */
    int mixing;   /* a layer whose input in.mix.LAYER is 1 takes its latent from in.mix.z */
    int truncate; /* latents w become mean + in.psi (w - mean), with the running mean */
    int choose;   /* every layer takes the sum of latents that the weights in.latent give */
};

/* What a pass of a discriminator leaves for the next one in the same phase. */
struct discriminator_state {
    int u[32], v[32]; /* nodes: a layer's vectors of spectral norm; 0: no pass yet */
};

/* ---------------------------------------------------------------- parameters, inputs, outputs */

/* First values of a parameter: kind, and its numbers a and b (runtime/ag.h). */
struct init {
    enum ag_init kind;
    double a, b;
};
extern const struct init init_zero, init_one;
struct init init_uniform(double bound);
struct init init_normal(double mean, double deviation);
/* First values of a convolution's weight [out, in, k, k]. Search: PyTorch's default, uniform within 1 / sqrt(in k^2).
 * Retraining: Xavier, uniform within sqrt(6 / ((in + out) k^2)). */
struct init build_conv_init(const struct build *b, int out, int in, int k);

/* A parameter: its block, its shape in the graph (view), and rank and shape in files. */
struct param {
    enum ag_block block;
    struct shape view;
    int rank, shape[4];
    struct init init;
};
/* Returns the node of the parameter with this name. The first call for a name adds it to the table of its block. If
 * pass->bar is 1, the node reads it from the block of Ḡ or D̄. */
int build_param(struct build *b, const struct network_pass *pass, struct param p, const char *format, ...);
/* Returns the node of the phase's input `name`. The first call for a name adds it to the inputs. rank: in files.
 * batched: 1 if it has a value for each picture. */
int build_input(struct build *b, const char *name, int rank, struct shape shape, int batched);
/* Makes the value of `node` the phase's output `name`. rank: in files. */
void build_output(struct build *b, int node, const char *name, int rank);

/* ---------------------------------------------------------------- layers */

/* Batch norm: x [N,H,W,C] -> [N,H,W,C], with learned scale and shift if affine is 1. Parameters are called NAME.weight
 * etc. */
int build_batch_norm(struct build *b, const struct network_pass *pass, int x, int affine, const char *name);

/* Returns the weights [1,1,1,n] of a mixture of n candidates (Eq. 8): softmax(alpha.NAME). If pass->gumbel is 1,
 * softmax((alpha + gumbel) / tau), where in.sharpness is 1 / tau - 1, so that zero inputs give the plain softmax. */
int build_mixture_weights(struct build *b, const struct network_pass *pass, const char *name, int n);

/* A mixture (Eq. 8) at a place of the architecture, an edge or a layer. Its result is the sum of what the candidates of
 * a pool compute, weighted by build_mixture_weights of `choice`. In a derived architecture it is the one candidate that
 * the genotype names. */
struct mixture {
    const char *place, *choice;
    int up;                                          /* pool of its candidates: `up` or `normal` */
    int (*candidate)(void *site, enum candidate op); /* returns the node of candidate op's result */
    /* given to `candidate` */
    void *site;
};
/* Returns the node of the mixture's result. */
int build_mixture(struct build *b, const struct network_pass *pass, const struct mixture *m);

#endif
