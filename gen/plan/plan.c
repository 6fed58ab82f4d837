#include "plan.h"
#include "../../runtime/ag.h"
#include "ops.h"

#include <stdlib.h>

int plan_base(const struct plan *p, int n, long *delta)
{
    *delta = 0;
    while (p->node[n].keep == KEEP_ALIAS) {
        *delta += p->node[n].delta;
        n = p->node[n].base;
    }
    return n;
}

struct kernel *plan_kernels(const struct plan *p, int step, int *count)
{
    struct step *s = &p->step[step];
    *count = s->combine >= 0 ? 0 : s->group < 0 ? 1 : p->group[s->group].kernels;
    return s->group < 0 ? &s->kernel : p->group[s->group].kernel;
}

int plan_source(const struct plan *p, int n, int k)
{
    const int x = p->graph->node[n].in[k], small = plan_read_up(p, x);
    return small < 0 ? x : small;
}

struct plan *plan_new(const struct graph *lowered, int batch, enum sharing sharing, int pictures)
{
    struct mem *mem = mem_new();
    struct plan *p = mem_alloc(mem, sizeof *p);
    p->mem = mem;
    p->graph = lowered;
    p->batch = batch;
    p->sharing = sharing;
    p->pictures = sharing == PLAN_PICTURE ? pictures : 1;
    p->device = sharing == PLAN_DEVICE;
    p->parts = batch < PLAN_PARTS ? batch : PLAN_PARTS;
    p->live = mem_alloc(mem, (size_t)lowered->count + 1);
    p->node = mem_alloc(mem, sizeof *p->node * ((size_t)lowered->count + 1));
    graph_live(lowered, p->live);
    plan_keep(p);
    plan_schedule(p);
    plan_memory(p);
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

int plan_pixel_step(const struct plan *p, const struct local *l, int n)
{
    return l ? l->step : p->graph->node[n].shape.d[3];
}

int plan_room(const struct plan *p, int n)
{
    long delta;
    const int base = plan_base(p, n, &delta);
    if (p->pictures == 1 || !p->graph->node[n].batched) return 1;
    if (p->graph->node[base].op == OP_INPUT || p->node[base].block == AG_OUT) return p->pictures;
    for (int k = 0; k < p->coarse; k++)
        for (int r = 0; r < p->group[0].kernel[k].roots; r++)
            if (p->group[0].kernel[k].root[r] == base) return p->pictures;
    return 1;
}

long plan_summands(const struct plan *p, int n)
{
    struct shape x = p->graph->node[p->graph->node[n].in[0]].shape, y = p->graph->node[n].shape;
    long count = 1;
    for (int d = 0; d < 4; d++)
        if (y.d[d] == 1) count *= x.d[d];
    return count;
}

int plan_sum_threads(const struct plan *p, int n)
{
    long summands = plan_summands(p, n);
    int threads = 1;
    while (threads < 256 && threads * 8 <= summands) threads *= 2;
    return threads;
}

static double kernel_macs(const struct plan *p, const struct kernel *k)
{
    const struct graph *g = p->graph;
    const struct node *n = &g->node[k->root[0]], *front = &g->node[k->front];
    return (op_table[n->op].macs ? op_table[n->op].macs(g, n) : 0) +
           (k->front ? op_table[front->op].macs(g, front) : 0);
}

double plan_flop(const struct plan *p)
{
    double macs = 0;
    for (int i = 0; i < p->steps; i++) {
        int count;
        const struct kernel *k = plan_kernels(p, i, &count);
        for (int e = 0; e < count; e++) macs += kernel_macs(p, &k[e]);
    }
    return 2 * macs;
}

int plan_recomputed(const struct plan *p, long *size)
{
    int count = 0;
    *size = 0;
    for (int n = 0; n < p->graph->count; n++) {
        int groups = 0;
        if (!p->live[n] || p->node[n].keep != KEEP_LOCAL) continue;
        for (int i = 0; i < p->groups; i++) groups += plan_local(p, i, n, 0) != NULL;
        count += groups > 1;
        *size += groups > 1 ? shape_size(p->graph->node[n].shape) : 0;
    }
    return count;
}
