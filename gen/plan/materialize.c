/*
 * Which values exist in memory: bytes weighed against operations.
 *
 * Pointwise nodes are computed where they are read: in the kernels of their consumers. A consumer that needs its input
 * in memory (a convolution) gets it from scratch, computed again in each group that needs it, as long as that costs
 * one read of memory. What would take more is computed once and stored. So are convolutions, but for those so small
 * that computing them again is cheaper than writing their result to memory and reading it back.
 */
#include "ops.h"
#include "plan.h"

#include <string.h>

enum {
    LEAVES = 32,                  /* tensors that a pointwise node is computed from, at the most */
    LEAVES_KEPT = 12,             /* with more than this it is stored */
    READS_KEPT = KERNEL_READS / 2 /* with more reads of any kind too: two such make a kernel's expression at the most */
};

/* Distinct large tensors in memory that a pointwise node is computed from. */
struct leaves {
    int node[LEAVES], count;
};

static int is_pointwise_operator(const struct plan *p, int n)
{
    return op_table[p->graph->node[n].op].class == CLASS_POINTWISE;
}

static void leaves_add(struct leaves *l, int node)
{
    for (int i = 0; i < l->count; i++)
        if (l->node[i] == node) return;
    if (l->count < LEAVES) l->node[l->count++] = node;
}

/* The consumers of every node. */
struct uses {
    int pointwise; /* consumers that can compute it themselves: pointwise, or sums */
    int window;    /* consumers that need it in memory */
    int stored;    /* consumers that need all of it at once: views of its memory, and sums of the whole batch */
    int larger;    /* consumers with more elements, for which it would be computed again and again */
};

static int may_be_view(const struct node *n)
{
    return n->op == OP_RESHAPE || n->op == OP_SLICE || n->op == OP_UNBATCH || n->op == OP_REBATCH;
}

static struct uses *count_uses(const struct plan *p)
{
    const struct graph *g = p->graph;
    struct uses *uses = mem_alloc(p->mem, sizeof *uses * (size_t)g->count);
    for (int i = 0; i < g->count; i++) {
        if (!p->live[i]) continue;
        const struct node *n = &g->node[i];
        int reads_inline = op_table[n->op].class == CLASS_POINTWISE || n->op == OP_SUM;
        for (int k = 0; k < n->ins; k++) {
            struct uses *u = &uses[n->in[k]];
            const struct node *x = &g->node[n->in[k]];
            u->stored += may_be_view(n) || n->op == OP_LINEAR_WGRAD;
            if (reads_inline)
                u->pointwise++;
            else
                u->window++;
            int larger = n->op != OP_SUM && shape_size(n->shape) > shape_size(x->shape);
            u->larger += larger || (n->batched && !x->batched);
        }
    }
    for (int i = 0; i < g->targets; i++) uses[g->target[i].node].window += 2;
    return uses;
}

/* Slices of the outer dimensions of what is not batched, and reshapes, are other views of the same memory. */
static int alias(struct plan *p, int i)
{
    const struct node *n = &p->graph->node[i];
    if (!may_be_view(n)) return 0;
    const struct node *x = &p->graph->node[n->in[0]];
    struct node_plan *np = &p->node[i];
    if (n->op == OP_SLICE) {
        if (n->batched) return 0;
        long inner = 1, outer = 1;
        for (int d = 0; d < 4; d++) *(d < n->dim ? &outer : &inner) *= d == n->dim ? 1 : x->shape.d[d];
        if (outer != 1) return 0;
        np->delta = n->first * inner;
    }
    np->storage = VALUE_ALIAS;
    np->base = n->in[0];
    return 1;
}

/* Operations an element, about what memory moves in the time of writing and reading it: 4 + 4 bytes at a quarter byte
 * an operation. */
enum { CHEAP_MACS = 16 };

static int is_cheap(const struct plan *p, int i)
{
    const struct node *n = &p->graph->node[i];
    return (plan_can(p, i) & CAN_REPEAT) &&
           op_table[n->op].macs(p->graph, n) <= (double)CHEAP_MACS * (double)shape_size(n->shape);
}

/* A number for each pixel or channel costs nothing beside the values it is broadcast over. */
static int is_small_beside(const struct graph *g, int leaf, int n)
{
    return shape_size(g->node[leaf].shape) * 4 <= shape_size(g->node[n].shape);
}

static int is_target(const struct graph *g, int n)
{
    for (int i = 0; i < g->targets; i++)
        if (g->target[i].node == n) return 1;
    return 0;
}

/* Batched: by the number of tensors it is made of. In weight space: unless it is used once, by its like. */
static enum storage storage_pointwise(const struct plan *p, int i, const struct uses *u, int leaves, int reads)
{
    const struct node *n = &p->graph->node[i];
    if (is_target(p->graph, i) || u->stored || reads > READS_KEPT) return VALUE_STORED;
    if (n->op == OP_EXPAND && !u->window) return VALUE_INLINE;
    if (!n->batched) return u->window || u->larger || u->pointwise > 1 ? VALUE_STORED : VALUE_INLINE;
    if (u->larger || n->op == OP_TANH) return VALUE_STORED;
    if (leaves > LEAVES_KEPT || (leaves > 1 && (u->window || u->pointwise > 1))) return VALUE_STORED;
    return u->window ? VALUE_PER_GROUP : VALUE_INLINE;
}

/* Up-sampled to its nearest neighbours, for kernels alone that do that on the way. */
static int is_read_up(const struct plan *p, int n)
{
    const struct graph *g = p->graph;
    if (g->node[n].op != OP_UP_NEAREST || is_target(g, n)) return 0;
    for (int i = 0; i < g->count; i++)
        for (int k = 0; p->live[i] && k < g->node[i].ins; k++) {
            const struct node *y = &g->node[i];
            if (y->in[k] == n && (k > 0 || y->stride != 1 || !(plan_can(p, i) & CAN_READ_UP))) return 0;
        }
    return 1;
}

/* Up-sampled for pointwise kernels alone, where threads share a picture: they read the small one, which is in memory,
 * and do it on the way. */
static int is_read_between(const struct plan *p, int n, const struct uses *u)
{
    const struct node *up = &p->graph->node[n];
    const int nearest = up->op == OP_UP_NEAREST, clamped = up->op == OP_UP_BILINEAR && up->beyond == BEYOND_CLAMP;
    if (!p->policy->shares || !(nearest || clamped) || !up->batched || u->window || u->larger) return 0;
    const enum storage small = p->node[up->in[0]].storage;
    return small != VALUE_INLINE && small != VALUE_PER_GROUP;
}

void plan_materialize(struct plan *p)
{
    const struct graph *g = p->graph;
    struct uses *uses = count_uses(p);
    struct leaves *leaves = mem_alloc(p->mem, sizeof *leaves * (size_t)g->count);
    int *reads = mem_alloc(p->mem, sizeof *reads * (size_t)g->count); /* in its expression, at the most */
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->node[i];
        struct node_plan *np = &p->node[i];
        if (!p->live[i]) continue;
        if (op_table[n->op].class == CLASS_LEAF) {
            np->storage = n->op == OP_CONST && uses[i].window ? VALUE_STORED : VALUE_LEAF;
        } else if (is_pointwise_operator(p, i)) {
            for (int k = 0; k < n->ins; k++) reads[i] += reads[n->in[k]];
            for (int k = 0; k < n->ins; k++)
                for (int e = 0; e < leaves[n->in[k]].count; e++)
                    if (!is_small_beside(g, leaves[n->in[k]].node[e], i))
                        leaves_add(&leaves[i], leaves[n->in[k]].node[e]);
            np->storage = storage_pointwise(p, i, &uses[i], leaves[i].count, reads[i]);
        } else if (is_read_up(p, i)) {
            np->storage = VALUE_INLINE;
        } else if (is_read_between(p, i, &uses[i])) {
            np->storage = VALUE_INLINE;
            reads[i] = 1;
            leaves_add(&leaves[i], i); /* for it takes as long to read as if it were one */
        } else if (!alias(p, i)) {
            int again = is_cheap(p, i) && !uses[i].pointwise && !uses[i].stored && !is_target(g, i);
            np->storage = again ? VALUE_PER_GROUP : VALUE_STORED;
        }
        if (np->storage == VALUE_STORED || np->storage == VALUE_PER_GROUP) variant_require(p, i);
        int in_memory = np->storage == VALUE_STORED || (np->storage == VALUE_LEAF && n->op != OP_CONST) ||
                        np->storage == VALUE_ALIAS;
        if (in_memory) {
            reads[i] = 1;
            leaves[i].count = 0;
            if (n->batched) leaves_add(&leaves[i], i);
        }
    }
}

int plan_read_up(const struct plan *p, int n)
{
    const struct node *up = &p->graph->node[n];
    const int is_up = up->op == OP_UP_NEAREST || up->op == OP_UP_BILINEAR;
    return is_up && plan_storage(p, n) == VALUE_INLINE ? up->in[0] : -1;
}

static int add_read(int n, int *set, int count)
{
    for (int i = 0; i < count; i++)
        if (set[i] == n) return count;
    if (count < KERNEL_READS) set[count] = n;
    return count + 1;
}

int plan_root_ups(const struct plan *p, int root, int *set, int count)
{
    const struct node *node = &p->graph->node[root];
    for (int k = 0; k < node->ins; k++) {
        const int x = node->in[k];
        const enum storage storage = plan_storage(p, x);
        if (plan_read_up(p, x) >= 0)
            count = add_read(x, set, count);
        else if (storage == VALUE_INLINE || storage == VALUE_PER_GROUP)
            count = plan_root_ups(p, x, set, count);
    }
    return count;
}

static int expression_reads(const struct plan *p, int n, int *set, int count)
{
    const struct node *node = &p->graph->node[n];
    const enum storage storage = plan_storage(p, n);
    if (node->op == OP_CONST) return count;
    if (storage != VALUE_INLINE && storage != VALUE_PER_GROUP) return add_read(n, set, count);
    for (int k = 0; k < node->ins; k++) count = expression_reads(p, node->in[k], set, count);
    return count;
}

int plan_root_reads(const struct plan *p, int root, int copy, int *set, int count)
{
    const struct node *node = &p->graph->node[root];
    if (copy) return add_read(root, set, count);
    for (int k = 0; k < node->ins; k++) count = expression_reads(p, node->in[k], set, count);
    return count;
}
