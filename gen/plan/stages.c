/* The list of the stages that make a plan, and what runs them. */
#include "plan.h"
#include "passes.h"

#include <stdlib.h>

static int has_epilogues(const struct plan *p)
{
    return p->policy->epilogues;
}

static int has_shares(const struct plan *p)
{
    return p->policy->shares;
}

/* Each stage decides one thing and writes it into fields of its own. */
const struct plan_stage plan_stages[] = {
    {"select", plan_select, NULL},      {"materialize", plan_materialize, NULL}, {"order", plan_order, NULL},
    {"fuse", plan_fuse, has_epilogues}, {"scratch", plan_scratch, NULL},         {"split", plan_split, has_shares},
    {"locals", plan_locals, NULL},      {"memory", plan_memory, NULL},           {NULL, NULL, NULL},
};

const char *pass_name(int i)
{
    for (const struct graph_pass *pass = graph_passes; pass->name; pass++, i--)
        if (!i) return pass->name;
    for (const struct plan_stage *s = plan_stages; s->name; s++, i--)
        if (!i) return s->name;
    return NULL;
}

struct plan *plan_new(const struct graph *lowered, int batch, const struct policy *policy, int pictures,
                      const char *forced)
{
    struct mem *mem = mem_new();
    struct plan *p = mem_alloc(mem, sizeof *p);
    p->mem = mem;
    p->graph = lowered;
    p->batch = batch;
    p->policy = policy;
    p->forced = forced;
    p->pictures = policy->shares ? pictures : 1;
    p->parts = batch < PLAN_PARTS ? batch : PLAN_PARTS;
    p->live = mem_alloc(mem, (size_t)lowered->count + 1);
    p->node = mem_alloc(mem, sizeof *p->node * ((size_t)lowered->count + 1));
    graph_live(lowered, p->live);
    for (const struct plan_stage *s = plan_stages; s->name; s++)
        if (!s->when || s->when(p)) {
            s->run(p);
            if (pass_watcher.after) pass_watcher.after(pass_watcher.context, s->name, NULL, lowered, p);
        }
    return p;
}

void plan_free(struct plan *p)
{
    for (int i = 0; i < p->groups; i++) {
        free(p->group[i].kernel);
        free(p->group[i].local);
    }
    free(p->group);
    free(p->step);
    mem_free(p->mem);
}
