/*
 * From a spec to the graphs of a program's phases: what each computes, and the parameters they share.
 */
#ifndef MODEL_H
#define MODEL_H

#include "build.h"
#include "graph.h"
#include "spec.h"

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
    int merge; /* linear mixtures are merged */
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

#endif
