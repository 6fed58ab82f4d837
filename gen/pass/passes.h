/*
 * The passes: each makes a graph of a graph. They lead from the graph that a family builds to the graph that is
 * planned. passes.c has their list. Early passes (merging, differentiation) are the same for every target and run when
 * a model is made. Late ones run when a program is written.
 */
#ifndef PASSES_H
#define PASSES_H

#include "hoist.h"
#include "lower.h"
#include "model.h"

/* What a pass is told of its graph, its program and its target. */
struct pass_context {
    const struct model *model; /* only early passes have it, else NULL */
    const struct phase_graph *phase;
    int draws;  /* the program draws with weights that stay as they are */
    int narrow; /* to_col2im.h is worth while on this target */
    const struct lowering *lowering;
    struct hoisted *hoisted; /* if the program draws: what it computes once */
};

/* A row of the list. early: it runs when a model is made. */
struct graph_pass {
    const char *name;
    int early;
    int (*when)(const struct pass_context *p); /* NULL: always */
    /* Returns a new graph, or g itself after changing it. */
    struct graph *(*run)(const struct pass_context *p, struct graph *g);
};
extern const struct graph_pass graph_passes[]; /* ends with a row without name */

/* Sees graphs and plans as they are made (aggen info --dump). `after` is called after each pass with the graph, and
 * after each stage of a plan with the plan. */
struct plan;
struct watcher {
    void (*after)(void *context, const char *pass, const struct phase_graph *phase, const struct graph *g,
                  const struct plan *plan);
    void *context;
};
extern struct watcher pass_watcher; /* .after NULL: nobody */

/* Builds a model (model_build) and runs the early passes on all its phases. merge: 1 to merge the mixtures. device: 1
 * for a GPU. Free it with model_free. */
struct model *model_new(const struct spec *spec, const struct genotype *geno, const struct program_kind *program,
                        int merge, int device);
/* Runs the late passes on the graph of p->phase. Returns a new graph; free it with graph_free. */
struct graph *run_late_passes(const struct pass_context *p);

#endif
