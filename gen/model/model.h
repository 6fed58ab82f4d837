/*
 * A model: the graphs of all phases of a program, and the tables of the parameters that they share. It is built from a
 * search space or a genotype, whose family makes the networks. This folder answers what a program computes: its phases
 * and its losses.
 */
#ifndef MODEL_H
#define MODEL_H

#include "build.h"
#include "graph.h"
#include "program_kind.h"
#include "spec.h"

enum { MODEL_BLOCKS = AG_STAT + 1 };

/* One phase. in, out: its inputs and outputs. flop: of its graph after the early passes, for a batch. */
struct phase_graph {
    const char *name;
    struct graph *graph;
    int batch;
    struct table in, out;
    int weights, alpha;                 /* parameter blocks in which gradients are wanted; -1: none */
    int updates_weights, updates_alpha; /* as in struct ag_phase of runtime/ag.h */
    double flop;
};

enum { MODEL_PHASES = 8 };

struct model {
    struct mem *mem;
    const struct spec *spec;
    const struct genotype *geno; /* genes is 0 for a supernet */
    const struct program_kind *program;
    int merge; /* 1: mixtures are merged (merge.c) */
    int alone; /* 1: pictures are drawn one at a time, and all threads share each */
    int most;  /* how many pictures a phase may take at once where that is faster; 1 unless alone */
    struct table block[MODEL_BLOCKS]; /* by enum ag_block */
    struct phase_graph phase[MODEL_PHASES];
    int phases;
    const char **origin; /* of a single layer: layer_input_origin of its inputs */
    int origins;
};

/* Builds the graphs of all phases of a program, before any pass. model_new (pass/passes.h) calls it. geno->genes is 0
 * for a search space. merge: 1 to merge the mixtures. device: 1 for a GPU. Free it with model_free. */
struct model *model_build(const struct spec *spec, const struct genotype *geno, const struct program_kind *program,
                          int merge, int device);
void model_free(struct model *m);

/* Multiply-adds of the model's first phase for one picture: a generator's, since that phase draws pictures. thop: 1 to
 * count as the paper does, by which a transposed convolution of stride 2 has four times its multiply-adds. */
double model_generator_macs(const struct model *m, int thop);
/* The number of parameters in a block, without what rounds up their places. */
long model_parameters(const struct model *m, int block);

#endif
