/* Makes the code of a model's phases from their graphs: runs the late passes, plans, and emits kernels. */
#include "ops.h"
#include "parts.h"
#include "passes.h"

#include <stdio.h>

/* Returns the lowered graph of a phase. hoisted NULL: for a program that trains; else what it computes once from its
 * weights goes there. target NULL: without what a target asks for. */
static struct graph *lowered(const struct phase_graph *phase, const struct target *target, const struct policy *policy,
                             struct hoisted *hoisted, const char *forced)
{
    const struct chooser chooser = {policy->variants, forced};
    const struct lowering lowering = {PLAN_PARTS, chooser_packing, &chooser};
    return run_late_passes(&(struct pass_context){.phase = phase,
                                                  .draws = hoisted != NULL,
                                                  .narrow = target && target->narrow,
                                                  .lowering = &lowering,
                                                  .hoisted = hoisted});
}

struct plan *training_plan(const struct phase_graph *phase, const struct policy *policy)
{
    return plan_new(lowered(phase, NULL, policy, NULL, ""), phase->batch, policy, 1, "");
}

static long larger(long a, long b)
{
    return a > b ? a : b;
}

/* Returns the plan of a phase for a target. What a program that draws computes once from its weights goes to
 * hoisted. */
static struct plan *phase_plan(const struct model *m, const struct phase_graph *phase, const struct target *target,
                               struct hoisted *hoisted)
{
    const struct policy *policy = m->program->draws ? target->drawing : target->training;
    const char *forced = m->spec->kernels;
    struct graph *g = lowered(phase, target, policy, m->program->draws ? hoisted : NULL, forced);
    return plan_new(g, phase->batch, policy, m->most, forced);
}

static void free_plan(struct plan *p)
{
    struct graph *g = (struct graph *)p->graph;
    plan_free(p);
    graph_free(g);
}

/* Makes the code of one phase, enlarges *s to what it needs, and frees the plan and its graph. Returns the FLOP that
 * the phase executes. */
static double make_phase(struct code *c, struct sizes *s, const char *name, struct plan *p)
{
    double executed = plan_flop(p);
    c->target->phase(c, name, p);
    if (p->pictures > s->pictures) s->pictures = p->pictures;
    s->arena = larger(s->arena, p->arena_size);
    s->scratch = larger(s->scratch, p->scratch_size + (c->target->device ? c->workspace + 16 : 0));
    free_plan(p);
    return executed;
}

void emit_phases(struct writer *w, struct code *c, struct sizes *s, double *executed)
{
    struct hoisted hoisted = {graph_new(), 0, w->e->carried.ready};
    const char *forced = w->m->spec->kernels;
    int taken = !*forced;
    s->pictures = 1;
    for (int i = 0; i < w->m->phases && !w->err->text[0]; i++) {
        const struct phase_graph *phase = &w->m->phase[i];
        struct plan *p = phase_plan(w->m, phase, c->target, &hoisted);
        taken |= plan_has_forced(p);
        executed[i] = make_phase(c, s, phase->name, p);
        s->in = larger(s->in, phase->in.size * s->pictures);
        s->out = larger(s->out, phase->out.size * s->pictures);
    }
    s->fixed = hoisted.size;
    if (s->fixed && !carries_ready(w)) {
        struct plan *p = plan_new(hoisted.prepare, 1, c->target->training, 1, forced);
        taken |= plan_has_forced(p);
        make_phase(c, s, "prepare", p);
    } else {
        graph_free(hoisted.prepare);
    }
    if (w->err->text[0])
        w->failed = c->refused ? 2 : 1;
    else if (!taken)
        fprintf(stderr, "aggen: kernels: %s computes nothing in %s; aggen info FILE --dump select says why\n", forced,
                w->name);
}

void trace_plans(const struct model *m, const struct target *target)
{
    struct hoisted hoisted = {graph_new(), 0, 0};
    for (int i = 0; i < m->phases; i++) free_plan(phase_plan(m, &m->phase[i], target, &hoisted));
    graph_free(hoisted.prepare);
}
