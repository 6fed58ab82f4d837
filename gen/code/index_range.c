#include "index_range.h"
#include "ops.h"

#include <limits.h>
#include <stdio.h>

/* Less than INT_MAX, because the last round of a loop may count beyond the end of a tensor. */
static const long MOST = INT_MAX - (1L << 20);

static long counted(const struct plan *p, int n)
{
    const struct node *node = &p->graph->node[n];
    long most = shape_size(node->shape) / (node->batched && !p->policy->device ? p->batch : 1);
    for (int i = 0; i < p->groups && !p->policy->device; i++)
        for (int l = 0; l < p->group[i].locals; l++)
            if (p->group[i].local[l].node == n && p->group[i].local[l].size > most) most = p->group[i].local[l].size;
    return most;
}

/* Returns the keys of a spec that make this tensor smaller, for the message. */
static const char *keys(struct code *c, const struct node *n)
{
    if (!n->batched || !c->target->device || c->model->program->draws) return "image.size or fewer channels";
    return mem_printf(c->mem, "%s or image.size", c->model->program->batches);
}

int bounds_hold(struct code *c, const char *phase, const struct plan *p)
{
    for (int i = 0; i < p->graph->count; i++) {
        const struct node *n = &p->graph->node[i];
        const int *d = n->shape.d;
        if (!p->live[i] || counted(p, i) < MOST) continue;
        c->refused = 1;
        ag_fail(c->err, 2,
                "phase %s, %s: the result of %s, %d x %d x %d x %d, has too many values%s; kernels %scount up to "
                "2^31: --set a smaller %s",
                phase, *n->path ? n->path : "inputs", op_table[n->op].name, d[0], d[1], d[2], d[3],
                n->batched && !p->policy->device ? " a picture" : "", p->policy->device ? "of a GPU " : "", keys(c, n));
        return 0;
    }
    return 1;
}
