/*
 * From a model's graphs to the graphs that are planned: a list of passes (passes.c), each from graph to graph. The
 * first ones, up to differentiation, are the same for every target, and run when a model is made; the others run when a
 * program is written.
 */
#ifndef PASSES_H
#define PASSES_H

#include "hoist.h"
#include "lower.h"
#include "model.h"

/* What passes are told: of which phase the graph is, and what its program and its target are like. */
struct passing {
    const struct model *model; /* of early passes */
    const struct phase_graph *phase;
    int draws;  /* weights stay as they are */
    int narrow; /* the target takes convolutions to few channels as products and sums of columns */
    const struct lowering *lowering;
    struct hoisted *hoisted; /* of programs that draw: what they compute once */
};

struct graph_pass {
    const char *name;
    int early;                            /* it runs when a model is made */
    int (*when)(const struct passing *p); /* NULL: always */
    /* A new graph, or g itself, changed. */
    struct graph *(*run)(const struct passing *p, struct graph *g);
};
extern const struct graph_pass graph_passes[]; /* ends with a row without name */

/* Who wants to see graphs and plans on their way: `after` is called after each pass and each stage, with the graph, or
 * the plan with its graph. */
struct plan;
struct watcher {
    void (*after)(void *context, const char *pass, const struct phase_graph *phase, const struct graph *g,
                  const struct plan *plan);
    void *context;
};
extern struct watcher pass_watcher; /* .after NULL: nobody */

/* Builds a model (model_build) and runs the early passes on its phases. */
struct model *model_new(const struct spec *spec, const struct genotype *geno, const struct program_kind *program,
                        int merge, int device);
/* The graph of p->phase after the other passes, which the caller frees. */
struct graph *passes_late(const struct passing *p);

#endif
