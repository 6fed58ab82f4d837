#include "passes.h"
#include "differentiate.h"
#include "fold_norm.h"
#include "merge.h"
#include "ops.h"
#include "to_col2im.h"
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>

static int merges(const struct pass_context *p)
{
    return p->model->merge;
}

static int draws(const struct pass_context *p)
{
    return p->draws;
}

static int draws_narrow(const struct pass_context *p)
{
    return p->draws && p->narrow;
}

static struct graph *run_merge(const struct pass_context *p, struct graph *g)
{
    (void)p;
    return merge_mixtures(g);
}

static struct graph *run_differentiate(const struct pass_context *p, struct graph *g)
{
    differentiate(p->model, p->phase, g);
    return g;
}

static struct graph *run_fold_norm(const struct pass_context *p, struct graph *g)
{
    (void)p;
    return fold_norm(g);
}

static struct graph *run_to_col2im(const struct pass_context *p, struct graph *g)
{
    (void)p;
    return to_col2im(g);
}

static struct graph *run_lower(const struct pass_context *p, struct graph *g)
{
    return lower(g, p->lowering);
}

static struct graph *run_hoist(const struct pass_context *p, struct graph *g)
{
    return hoist(g, p->hoisted);
}

const struct graph_pass graph_passes[] = {
    /* for every program and every target */
    {"merge", 1, merges, run_merge},
    {"differentiate", 1, NULL, run_differentiate},
    /* for programs whose weights stay as they are */
    {"fold_norm", 0, draws, run_fold_norm},
    {"to_col2im", 0, draws_narrow, run_to_col2im},
    /* to kernels */
    {"lower", 0, NULL, run_lower},
    {"hoist", 0, draws, run_hoist},
    {NULL, 0, NULL, NULL},
};

struct watcher pass_watcher;

/* A graph that fails the check is a fault of aggen's own, which ends with a message. */
static void verify(const char *pass, const struct phase_graph *phase, const struct graph *g)
{
    struct ag_error err;
    if (!graph_verify(g, &err)) return;
    fprintf(stderr, "aggen: after pass %s, phase %s: %s; this is a fault of aggen's own\n", pass, phase->name,
            err.text);
    exit(1);
}

static struct graph *run(const struct pass_context *p, struct graph *g, int early)
{
    for (const struct graph_pass *pass = graph_passes; pass->name; pass++) {
        if (pass->early != early || (pass->when && !pass->when(p))) continue;
        struct graph *made = pass->run(p, g);
        if (made != g && g != p->phase->graph) graph_free(g);
        g = made;
        verify(pass->name, p->phase, g);
        if (pass_watcher.after) pass_watcher.after(pass_watcher.context, pass->name, p->phase, g, NULL);
    }
    return g;
}

struct model *model_new(const struct spec *spec, const struct genotype *geno, const struct program_kind *program,
                        int merge, int device)
{
    struct model *m = model_build(spec, geno, program, merge, device);
    for (int i = 0; i < m->phases; i++) {
        struct phase_graph *phase = &m->phase[i];
        struct graph *g = run(&(struct pass_context){.model = m, .phase = phase}, phase->graph, 1);
        if (g != phase->graph) graph_free(phase->graph);
        phase->graph = g;
        phase->flop = graph_flop(g);
    }
    return m;
}

struct graph *run_late_passes(const struct pass_context *p)
{
    return run(p, p->phase->graph, 0);
}
