/*
 * From a spec to the graphs of a program's phases: what each computes, and the parameters they share.
 */
#ifndef MODEL_H
#define MODEL_H

#include "build.h"
#include "graph.h"
#include "program_kind.h"
#include "spec.h"

enum { MODEL_BLOCKS = AG_STAT + 1 };

struct phase_graph {
    const char *name;
    struct graph *graph;
    int batch;
    struct table in, out;
    int weights, alpha;                 /* blocks in which the loss's gradients are wanted; -1: none */
    int updates_weights, updates_alpha; /* as in struct ag_phase */
    double flop;
};

enum { MODEL_PHASES = 8 };

struct model {
    struct mem *mem;
    const struct spec *spec;
    const struct genotype *geno; /* genes == 0: the supernet */
    const struct program_kind *program;
    int merge; /* linear mixtures are merged */
    int alone; /* pictures are drawn one after the other: all threads share each of them */
    int most;  /* pictures that a phase may take at once where that helps; 1 unless they are drawn alone */
    struct table block[MODEL_BLOCKS];
    struct phase_graph phase[MODEL_PHASES];
    int phases;
    const char **origin; /* extract_layer.c: of the inputs of a layer that was cut out */
    int origins;
};

/* Builds the graphs of all phases of a program, as they are before any pass (model_new of passes.h runs those that every
 * program takes); geno->genes is 0 for one of a search space. device: for a GPU. */
struct model *model_build(const struct spec *spec, const struct genotype *geno, const struct program_kind *program,
                          int merge, int device);
void model_free(struct model *m);

/* Multiply-adds a picture of the generator alone; `thop`: a transposed convolution counted at its output pixels times
 * the area of its window, as the paper counts. */
double model_generator_macs(const struct model *m, int thop);
/* Numbers in the parameters of a block. */
long model_parameters(const struct model *m, int block);

#endif
