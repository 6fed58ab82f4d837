/* Reverse-mode differentiation, from graph to graph. */
#include "ops.h"

#include <stdlib.h>
#include <string.h>

void grad_add(struct graph *g, int n, int gradient, int *sum)
{
    if (sum[n] == GRAD_UNWANTED) return;
    struct shape to = graph_get(g, n).shape, from = graph_get(g, gradient).shape;
    int batched = graph_get(g, n).batched, over_batch = graph_get(g, gradient).batched && !batched, larger = over_batch;
    for (int i = 0; i < 4; i++) larger |= to.d[i] < from.d[i];
    if (larger) gradient = g_sum(g, gradient, to, batched);
    gradient = g_expand(g, gradient, to, batched);
    sum[n] = sum[n] < 0 ? gradient : g_add(g, sum[n], gradient);
}

/* Sets needed[i] to 1 for each node up to the loss that depends on some wrt through operators with a gradient. */
static void mark_needed(const struct graph *g, int loss, const int *wrt, int count, char *needed)
{
    memset(needed, 0, (size_t)g->count);
    for (int i = 0; i < count; i++) needed[wrt[i]] = 1;
    for (int i = 0; i <= loss; i++) {
        const struct node *n = &g->node[i];
        for (int k = 0; k < n->ins && op_table[n->op].grad; k++) needed[i] |= needed[n->in[k]];
    }
}

void grad(struct graph *g, int loss, const int *wrt, int count, int *out)
{
    int nodes = g->count;
    const char *path = g->path;
    char *needed = mem_alloc(g->mem, (size_t)nodes);
    int *sum = mem_alloc(g->mem, sizeof *sum * (size_t)nodes);
    mark_needed(g, loss, wrt, count, needed);
    for (int i = 0; i < nodes; i++) sum[i] = needed[i] ? -1 : GRAD_UNWANTED;
    if (needed[loss]) sum[loss] = g_const(g, 1, graph_get(g, loss).shape);
    for (int i = loss; i >= 0; i--) {
        if (sum[i] < 0 || !op_table[graph_get(g, i).op].grad) continue;
        g->path = graph_get(g, i).path;
        op_table[graph_get(g, i).op].grad(g, i, sum[i], sum);
    }
    for (int i = 0; i < count; i++) out[i] = sum[wrt[i]] >= 0 ? sum[wrt[i]] : g_const(g, 0, graph_get(g, wrt[i]).shape);
    g->path = path;
}
