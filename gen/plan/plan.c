/* Questions about a plan, asked by its stages and by the emitters. */
#include "plan.h"
#include "../../runtime/ag.h"
#include "ops.h"

#include <stdlib.h>

int plan_base(const struct plan *p, int n, long *delta)
{
    *delta = 0;
    while (p->node[n].storage == VALUE_ALIAS) {
        *delta += p->node[n].delta;
        n = p->node[n].base;
    }
    return n;
}

enum storage plan_storage(const struct plan *p, int n)
{
    switch (p->node[n].fusion) {
    case FUSION_EPILOGUE:
        return VALUE_STORED;
    case FUSION_INSIDE:
        return VALUE_FUSED;
    default:
        return p->node[n].storage;
    }
}

int plan_group(const struct plan *p, int n)
{
    return p->node[n].fusion == FUSION_EPILOGUE ? p->node[n].fused_in : p->node[n].group;
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

int plan_pixel_stride(const struct plan *p, const struct scratch_tensor *l, int n)
{
    return l ? l->pixel_stride : p->graph->node[n].shape.d[3];
}

int plan_is_partial(const struct plan *p, int n)
{
    const struct node *node = &p->graph->node[n];
    enum op_class class = op_table[node->op].class;
    return (class == CLASS_REDUCE || class == CLASS_WGRAD) && p->graph->node[node->in[0]].batched && !node->batched;
}

struct shape plan_domain(const struct plan *p, int n)
{
    const struct node *node = &p->graph->node[n];
    return node->op == OP_SUM ? p->graph->node[node->in[0]].shape : node->shape;
}

int plan_halo(const struct plan *p, int n, int k)
{
    const struct variant *v = p->node[n].variant;
    return k == 0 && v && v->halo ? v->halo(&p->graph->node[n]) : 0;
}

unsigned plan_can(const struct plan *p, int n)
{
    return p->node[n].variant ? p->node[n].variant->can : 0;
}

enum split plan_split_of(const struct plan *p, int n)
{
    const struct variant *v = p->node[n].variant;
    return v && v->split ? v->split(p, n) : SPLIT_NOT;
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

int plan_parts(const struct plan *p, long blocks, long most)
{
    const long fill = p->policy->blocks / blocks, parts = fill < most ? fill : most;
    return parts < 1 ? 1 : (int)parts;
}

static double kernel_macs(const struct plan *p, const struct kernel *k)
{
    const struct graph *g = p->graph;
    const struct node *n = &g->node[k->root[0]], *depthwise = &g->node[k->fused_depthwise];
    return (op_table[n->op].macs ? op_table[n->op].macs(g, n) : 0) +
           (k->fused_depthwise ? op_table[depthwise->op].macs(g, depthwise) : 0);
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
        if (!p->live[n] || plan_storage(p, n) != VALUE_PER_GROUP) continue;
        for (int i = 0; i < p->groups; i++) groups += plan_scratch_tensor(p, i, n, 0) != NULL;
        count += groups > 1;
        *size += groups > 1 ? shape_size(p->graph->node[n].shape) : 0;
    }
    return count;
}
