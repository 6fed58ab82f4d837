#include "to_col2im.h"
#include "ops.h"
#include "rewrite.h"

/* Columns are rounded up to LINE, a line of cache. With more than COLUMNS columns there are output channels enough to
 * fill tiles without this. With fewer than INPUTS input channels the sums cost more than they save. */
enum { LINE = 16, COLUMNS = 64, INPUTS = 64 };

static int is_narrow(const struct graph *g, int i)
{
    const struct node *n = &g->node[i];
    if (n->op != OP_CONV || !g->node[n->in[0]].batched || g->node[n->in[1]].batched) return 0;
    const int k = (int)n->k, inputs = g->node[n->in[0]].shape.d[3];
    return k > 1 && n->stride == 1 && 2 * n->pad == k - 1 && k * k * n->shape.d[3] <= COLUMNS && inputs >= INPUTS;
}

/* x [N,H,W,I], w [O,I,K,K] -> [N,H,W,O] */
static int make(struct graph *to, int x, int w, int k)
{
    const struct shape s = graph_get(to, w).shape;
    const int columns = s.d[0] * k * k, wide = (columns + LINE - 1) / LINE * LINE;
    w = g_reshape(to, g_permute(to, w, 2, 3, 0, 1), shape4(columns, s.d[1], 1, 1)); /* [K K O, I, 1, 1] */
    if (wide > columns) w = g_place(to, w, 0, 0, wide);
    return graph_node(
        to,
        (struct node_args){.op = OP_COL2IM, .in = {g_conv(to, x, w, 1, 0)}, .ins = 1, .window = k, .channels = s.d[0]});
}

static int make_narrow(struct rewrite *r, int i)
{
    const struct node *n = &r->from->node[i];
    if (!is_narrow(r->from, i)) return -1;
    graph_at(r->to, r->from, i);
    return make(r->to, r->map[n->in[0]], r->map[n->in[1]], (int)n->k);
}

struct graph *to_col2im(const struct graph *g)
{
    return graph_rewrite(g, make_narrow, NULL);
}
