#include "to_col2im.h"
#include "ops.h"

/* A tile's channels are a multiple of a line of cache. With more columns than COLUMNS the channels fill tiles by
 * themselves; of fewer inputs than INPUTS columns are not worth their sums. */
enum { LINE = 16, COLUMNS = 64, INPUTS = 64 };

static int is_narrow(const struct graph *g, int i)
{
    const struct node *n = &g->node[i];
    if (n->op != OP_CONV || !g->node[n->in[0]].batched || g->node[n->in[1]].batched) return 0;
    const int k = (int)n->attr[0], inputs = g->node[n->in[0]].shape.d[3];
    return k > 1 && n->attr[1] == 1 && 2 * n->attr[2] == k - 1 && k * k * n->shape.d[3] <= COLUMNS && inputs >= INPUTS;
}

/* x [N,H,W,I], w [O,I,K,K] -> [N,H,W,O] */
static int make(struct graph *to, int x, int w, int k)
{
    const struct shape s = graph_get(to, w).shape;
    const int columns = s.d[0] * k * k, wide = (columns + LINE - 1) / LINE * LINE;
    w = g_reshape(to, g_permute(to, w, 2, 3, 0, 1), shape4(columns, s.d[1], 1, 1)); /* [K K O, I, 1, 1] */
    if (wide > columns) w = g_place(to, w, 0, 0, wide);
    return graph_node(
        to, (struct node_args){.op = OP_COL2IM, .in = {g_conv(to, x, w, 1, 0)}, .ins = 1, .attr = {k, s.d[0]}});
}

struct graph *columns(const struct graph *g)
{
    struct graph *to = graph_new();
    char *live = mem_alloc(to->mem, (size_t)g->count + 1);
    int *map = mem_alloc(to->mem, sizeof *map * ((size_t)g->count + 1));
    graph_live(g, live);
    for (int i = 0; i < g->count; i++) {
        if (!live[i]) continue;
        const struct node *n = &g->node[i];
        if (!is_narrow(g, i)) {
            map[i] = graph_copy_node(to, g, i, map);
            continue;
        }
        graph_at(to, g, i);
        map[i] = make(to, map[n->in[0]], map[n->in[1]], (int)n->attr[0]);
    }
    for (int i = 0; i < g->targets; i++)
        graph_target(to, map[g->target[i].node], g->target[i].block, g->target[i].offset, g->target[i].name);
    return to;
}
