/* From the graphs of a model's phases to their code: passes, plans, kernels. */
#include "emit_cpu.h"
#include "emit_cuda.h"
#include "fold_norm.h"
#include "hoist.h"
#include "ops.h"
#include "parts.h"
#include "to_col2im.h"

struct plan *emit_plan(const struct phase_graph *phase, enum sharing sharing)
{
    return plan_new(lower(phase->graph), phase->batch, sharing, 1);
}

static long larger(long a, long b)
{
    return a > b ? a : b;
}

/* Plans one phase, whose graph this frees, and makes its code; returns what it executes, in FLOP. */
static double make_phase(struct code *c, struct sizes *s, const char *name, struct graph *lowered, int batch,
                         enum sharing sharing, int pictures)
{
    struct plan *p = plan_new(lowered, batch, sharing, pictures);
    double executed = plan_flop(p);
    if (c->device)
        cuda_phase(c, name, p);
    else
        cpu_phase(c, name, p);
    if (p->pictures > s->pictures) s->pictures = p->pictures;
    s->arena = larger(s->arena, p->arena_size);
    s->scratch = larger(s->scratch, p->scratch_size + (c->device ? c->workspace + 16 : 0));
    plan_free(p);
    graph_free(lowered);
    return executed;
}

/* With all that weights which stay as they are allow. */
static struct graph *lower_fixed(const struct graph *g, struct hoisted *h, int device)
{
    struct graph *folded = fold(g);
    if (!device) {
        struct graph *wide = columns(folded);
        graph_free(folded);
        folded = wide;
    }
    struct graph *whole = lower(folded), *lowered = hoist(whole, h);
    graph_free(folded);
    graph_free(whole);
    return lowered;
}

void emit_phases(struct writer *w, struct code *c, struct sizes *s, double *executed)
{
    struct hoisted hoisted = {graph_new(), 0, w->e->carried.ready};
    const int draws = w->m->program->draws;
    const enum sharing sharing = c->device ? PLAN_DEVICE : w->m->alone ? PLAN_PICTURE : PLAN_BATCH;
    s->pictures = 1;
    for (int i = 0; i < w->m->phases && !w->err[0]; i++) {
        const struct phase_graph *phase = &w->m->phase[i];
        struct graph *lowered = draws ? lower_fixed(phase->graph, &hoisted, c->device) : lower(phase->graph);
        executed[i] = make_phase(c, s, phase->name, lowered, phase->batch, sharing, w->m->most);
        s->in = larger(s->in, phase->in.size * s->pictures);
        s->out = larger(s->out, phase->out.size * s->pictures);
    }
    s->fixed = hoisted.size;
    if (s->fixed && !carries_ready(w))
        make_phase(c, s, "prepare", hoisted.prepare, 1, c->device ? PLAN_DEVICE : PLAN_BATCH, 1);
    else
        graph_free(hoisted.prepare);
    if (w->err[0]) w->failed = c->refused ? 2 : 1;
}
