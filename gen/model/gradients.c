#include "gradients.h"
#include "ops.h"

static int find_param(const struct graph *g, int block, long offset)
{
    for (int i = 0; i < g->count; i++)
        if (g->node[i].op == OP_PARAM && g->node[i].attr[0] == block && g->node[i].attr[1] == offset) return i;
    return -1;
}

static int tensor_size(const struct ag_tensor *tensor)
{
    int size = 1;
    for (int d = 0; d < tensor->rank; d++) size *= tensor->shape[d];
    return size;
}

void add_gradients(const struct model *m, struct graph *g, int loss, int block, int grad_block)
{
    const struct table *t = &m->block[block % AG_BAR_G];
    int *wrt = mem_alloc(g->mem, sizeof *wrt * (size_t)(t->count + 1)),
        *out = mem_alloc(g->mem, sizeof *out * (size_t)(t->count + 1)), n = 0;
    for (int i = 0; i < t->count; i++)
        if ((wrt[n] = find_param(g, block, t->tensor[i].offset)) >= 0) n++;
    g->section = 0;
    grad(g, loss, wrt, n, out);
    n = 0;
    for (int i = 0; i < t->count; i++) {
        const struct ag_tensor *tensor = &t->tensor[i];
        int used = find_param(g, block, tensor->offset) >= 0;
        int node = used ? out[n++] : g_const(g, 0, shape4(1, 1, 1, tensor_size(tensor)));
        graph_target(g, node, grad_block, tensor->offset, tensor->name);
    }
}
