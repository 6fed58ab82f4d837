#include "verify.h"
#include "ops.h"
#include "../../runtime/ag.h"

#include <stdio.h>
#include <string.h>

struct verifier {
    const struct graph *g;
    int batch; /* pictures of the first batched node; 0: there was none yet */
    struct ag_error *err;
};

static int refuse(const struct verifier *v, int i, const char *what)
{
    const struct node *n = &v->g->node[i];
    const int known = (unsigned)n->op < OP_COUNT;
    return ag_fail(v->err, 1, "node %d (%s, %s) %s", i, known ? op_table[n->op].name : "no operator",
                   n->path && *n->path ? n->path : "no path", what);
}

static int verify_inputs(const struct verifier *v, int i)
{
    const struct node *n = &v->g->node[i];
    if ((unsigned)n->op >= OP_COUNT) return refuse(v, i, "is of no known operator");
    if (n->ins < 0 || n->ins > NODE_INPUTS) return refuse(v, i, "has an impossible number of inputs");
    if ((op_table[n->op].class == CLASS_LEAF) != (n->ins == 0))
        return refuse(v, i, "has inputs and is a leaf, or the reverse");
    for (int k = 0; k < n->ins; k++)
        if (n->in[k] < 0 || n->in[k] >= i) return refuse(v, i, "has an input that does not stand before it");
    return 0;
}

static int is_permutation(const long axis[4])
{
    int seen = 0;
    for (int d = 0; d < 4; d++) seen |= axis[d] >= 0 && axis[d] < 4 ? 1 << axis[d] : 0;
    return seen == 15;
}

/* Checks the attributes that shape rules take without a check. */
static int verify_attributes(const struct verifier *v, int i)
{
    const struct node *n = &v->g->node[i];
    const int range = n->op == OP_SLICE || n->op == OP_PLACE;
    if (n->op == OP_PERMUTE && !is_permutation(n->axis)) return refuse(v, i, "orders its dimensions by no permutation");
    if (!range) return 0;
    if (n->dim < 0 || n->dim > 3) return refuse(v, i, "is of no dimension");
    const long whole = n->op == OP_SLICE ? v->g->node[n->in[0]].shape.d[n->dim] : n->count;
    const long count = n->op == OP_SLICE ? n->count : v->g->node[n->in[0]].shape.d[n->dim];
    if (n->first < 0 || count < 1 || n->first + count > whole) return refuse(v, i, "goes beyond its dimension");
    return 0;
}

static int verify_shape(struct verifier *v, int i)
{
    const struct node *n = &v->g->node[i];
    const struct node_args a = node_args_of(n);
    for (int d = 0; d < 4; d++)
        if (n->shape.d[d] < 1) return refuse(v, i, "has an empty dimension");
    if (!shape_same(op_table[n->op].shape(v->g, &a), n->shape))
        return refuse(v, i, "has a shape that its inputs don't give");
    if (n->op == OP_RESHAPE && shape_size(n->shape) != shape_size(v->g->node[n->in[0]].shape))
        return refuse(v, i, "has another number of values than what it reshapes");
    if (node_batched(v->g, &a) != n->batched)
        return refuse(v, i, "is batched where its inputs are not, or the reverse");
    if (op_table[n->op].class == CLASS_WINDOW && !n->batched)
        return refuse(v, i, "works on pictures, and none of its inputs is batched");
    if (!n->batched) return 0;
    if (v->batch && n->shape.d[0] != v->batch)
        return refuse(v, i, "has another number of pictures than nodes before it");
    v->batch = n->shape.d[0];
    return 0;
}

int graph_verify(const struct graph *g, struct ag_error *err)
{
    struct verifier v = {g, 0, err};
    for (int i = 0; i < g->count; i++)
        if (verify_inputs(&v, i) || verify_attributes(&v, i) || verify_shape(&v, i)) return 1;
    for (int t = 0; t < g->targets; t++) {
        if (g->target[t].node >= 0 && g->target[t].node < g->count) continue;
        return ag_fail(err, 1, "target %s is no node", g->target[t].name);
    }
    return 0;
}
