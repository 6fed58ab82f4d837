/*
 * Decides what lies in the scratch of groups. This is batched values that only their own group reads, and copies of
 * tensors of the arena for kernels that want zeros around them.
 */
#include "group.h"

#include <stdlib.h>

static void read_outside(struct plan *p, int n, int group)
{
    long delta;
    int base = plan_base(p, n, &delta);
    if (base != n || plan_group(p, base) != group) p->node[base].scratch = 0;
}

static void decide_scratch(struct plan *p)
{
    for (int i = 0; i < p->graph->count; i++)
        p->node[i].scratch = p->live[i] && plan_storage(p, i) == VALUE_STORED && p->graph->node[i].batched;
    for (int i = 0; i < p->graph->targets; i++) read_outside(p, p->graph->target[i].node, -1);
    for (int s = 0; s < p->steps; s++) {
        int count;
        const struct kernel *k = plan_kernels(p, s, &count);
        for (; count > 0; count--, k++)
            for (int r = 0; r < k->reads; r++) read_outside(p, k->read[r], p->step[s].group);
    }
}

/* If a kernel wants zeros around a tensor of the arena, adds a kernel before it that copies the tensor into scratch,
 * with a halo. */
static void stage_copies(struct plan *p, int group)
{
    struct group old = p->group[group], *g = &p->group[group];
    g->kernel = NULL;
    g->kernels = g->capacity = 0;
    for (int i = 0; i < old.kernels; i++) {
        const struct kernel *k = &old.kernel[i];
        for (int r = 0; r < k->reads && k->kind == KERNEL_NODE; r++) {
            int x = k->read[r];
            int in_scratch = plan_storage(p, x) == VALUE_PER_GROUP || p->node[x].scratch;
            if (plan_halo(p, k->root[0], r) && !in_scratch && !group_has_root(g, x, 1)) group_add_root(p, g, x, 1);
        }
        *group_append(g) = *k;
    }
    free(old.kernel);
}

void plan_scratch(struct plan *p)
{
    decide_scratch(p);
    for (int i = 0; i < p->groups; i++) stage_copies(p, i);
}
