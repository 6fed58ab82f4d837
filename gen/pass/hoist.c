#include "hoist.h"
#include "ops.h"

/* When a value is computed. */
enum computed {
    COMPUTED_EACH_BATCH, /* for each batch: it depends on an input, or is batched */
    COMPUTED_NEVER,      /* never: it is a parameter or a constant, or a part of one */
    COMPUTED_ONCE        /* once: it is computed or copied from parameters and constants alone */
};

static enum computed when_computed(const struct graph *g, int i, const char *fixed, const enum computed *of, int all)
{
    const struct node *n = &g->node[i];
    if (!fixed[i]) return COMPUTED_EACH_BATCH;
    if (n->op == OP_PARAM && all) return COMPUTED_ONCE;
    if (op_table[n->op].class == CLASS_LEAF) return COMPUTED_NEVER;
    return (n->op == OP_RESHAPE || n->op == OP_SLICE) && of[n->in[0]] == COMPUTED_NEVER ? COMPUTED_NEVER
                                                                                        : COMPUTED_ONCE;
}

static void need(const struct graph *g, int i, char *needed)
{
    for (int k = 0; k < g->node[i].ins; k++) needed[g->node[i].in[k]] = 1;
}

/* Returns where the value of prepare's node i lies in AG_FIXED, in reals. Another phase may have placed it before. */
static long place(struct hoisted *h, int i)
{
    struct graph *g = h->prepare;
    for (int t = 0; t < g->targets; t++)
        if (g->target[t].node == i) return g->target[t].offset;
    long offset = h->size;
    graph_target(g, i, AG_FIXED, offset, g->node[i].path);
    h->size += (shape_size(g->node[i].shape) + 15) / 16 * 16;
    return offset;
}

struct graph *hoist(const struct graph *g, struct hoisted *h)
{
    struct graph *to = graph_new();
    size_t n = (size_t)g->count + 1;
    enum computed *of = mem_alloc(to->mem, sizeof *of * n);
    int *here = mem_alloc(to->mem, sizeof *here * n), *there = mem_alloc(to->mem, sizeof *there * n);
    char *needed = mem_alloc(to->mem, n), *ahead = mem_alloc(to->mem, n), *fixed = mem_alloc(to->mem, n);
    graph_fixed(g, fixed);
    for (int i = 0; i < g->count; i++) of[i] = when_computed(g, i, fixed, of, h->all);
    for (int t = 0; t < g->targets; t++) needed[g->target[t].node] = 1;
    for (int i = g->count - 1; i >= 0; i--)
        if (needed[i] && of[i] != COMPUTED_ONCE) need(g, i, needed);
    for (int i = g->count - 1; i >= 0; i--)
        if ((needed[i] && of[i] == COMPUTED_ONCE) || ahead[i]) need(g, i, ahead);
    for (int i = 0; i < g->count; i++) {
        int kept = needed[i] && of[i] == COMPUTED_ONCE;
        if (ahead[i] || kept) there[i] = graph_copy_node(h->prepare, g, i, there);
        if (kept)
            here[i] = g_param(to, AG_FIXED, place(h, there[i]), g->node[i].shape);
        else if (needed[i])
            here[i] = graph_copy_node(to, g, i, here);
    }
    for (int t = 0; t < g->targets; t++)
        graph_target(to, here[g->target[t].node], g->target[t].block, g->target[t].offset, g->target[t].name);
    return to;
}
