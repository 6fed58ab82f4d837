/* From the graphs of a model's phases to their code: passes, plans, kernels. */
#include "ops.h"
#include "parts.h"
#include "passes.h"

/* The graph of a phase as it is planned; hoisted NULL: of a program that trains. */
static struct graph *lowered(const struct phase_graph *phase, const struct target *target, const struct policy *policy,
                             struct hoisted *hoisted, const char *forced)
{
    const struct chooser chooser = {policy->variants, forced};
    const struct lowering lowering = {PLAN_PARTS, chooser_packing, &chooser};
    return passes_late(&(struct passing){.phase = phase,
                                         .draws = hoisted != NULL,
                                         .narrow = target && target->narrow,
                                         .lowering = &lowering,
                                         .hoisted = hoisted});
}

struct plan *emit_plan(const struct phase_graph *phase, const struct policy *policy)
{
    return plan_new(lowered(phase, NULL, policy, NULL, ""), phase->batch, policy, 1, "");
}

static long larger(long a, long b)
{
    return a > b ? a : b;
}

/* Plans one phase, whose graph this frees, and makes its code; returns what it executes, in FLOP. */
static double make_phase(struct code *c, struct sizes *s, const char *name, struct graph *g, int batch,
                         const struct policy *policy, int pictures)
{
    struct plan *p = plan_new(g, batch, policy, pictures, c->model->spec->kernels);
    double executed = plan_flop(p);
    c->target->phase(c, name, p);
    if (p->pictures > s->pictures) s->pictures = p->pictures;
    s->arena = larger(s->arena, p->arena_size);
    s->scratch = larger(s->scratch, p->scratch_size + (c->target->device ? c->workspace + 16 : 0));
    plan_free(p);
    graph_free(g);
    return executed;
}

void emit_phases(struct writer *w, struct code *c, struct sizes *s, double *executed)
{
    struct hoisted hoisted = {graph_new(), 0, w->e->carried.ready};
    const int draws = w->m->program->draws;
    const struct policy *policy = draws ? c->target->drawing : c->target->training;
    s->pictures = 1;
    for (int i = 0; i < w->m->phases && !w->err[0]; i++) {
        const struct phase_graph *phase = &w->m->phase[i];
        struct graph *g = lowered(phase, c->target, policy, draws ? &hoisted : NULL, w->m->spec->kernels);
        executed[i] = make_phase(c, s, phase->name, g, phase->batch, policy, w->m->most);
        s->in = larger(s->in, phase->in.size * s->pictures);
        s->out = larger(s->out, phase->out.size * s->pictures);
    }
    s->fixed = hoisted.size;
    if (s->fixed && !carries_ready(w))
        make_phase(c, s, "prepare", hoisted.prepare, 1, c->target->training, 1);
    else
        graph_free(hoisted.prepare);
    if (w->err[0]) w->failed = c->refused ? 2 : 1;
}

void compile_watched(const struct model *m, const struct target *target)
{
    const int draws = m->program->draws;
    const struct policy *policy = draws ? target->drawing : target->training;
    struct hoisted hoisted = {graph_new(), 0, 0};
    for (int i = 0; i < m->phases; i++) {
        struct graph *g = lowered(&m->phase[i], target, policy, draws ? &hoisted : NULL, m->spec->kernels);
        plan_free(plan_new(g, m->phase[i].batch, policy, m->most, m->spec->kernels));
        graph_free(g);
    }
    graph_free(hoisted.prepare);
}
