/*
 * How threads share the kernels of a picture. Most kernels are cut into a fixed number of shares, so that results do
 * not depend on the number of threads: stretches of rows, or, where the weights of a convolution are larger than its
 * pictures, blocks of output channels (of a transposed convolution, phases of them), each with its own weights.
 *
 * Threads wait for each other after a kernel, unless the next one's share needs no more of what was just made than the
 * same rows: then it is chained, and finds them in its own core's cache.
 */
#include "ops.h"
#include "plan.h"
#include "../../runtime/ag.h" /* AG_OUT */

/* Less than this isn't worth waiting for other threads: multiply-adds, or values read and written. */
enum { WORTH_MACS = 1 << 17, WORTH_VALUES = 1 << 14 };

enum split split_dense(const struct plan *p, int n)
{
    enum { ROW = 9 }; /* of so many pixels, tiles of every width of vectors are in one row each */
    const struct node *y = &p->graph->node[n], *x = &p->graph->node[y->in[0]];
    if ((long)x->shape.d[1] * x->shape.d[2] < y->k * y->k * y->shape.d[3]) return SPLIT_WEIGHTS;
    return y->op == OP_KERNEL_CONV && y->k == 1 && y->shape.d[2] >= ROW ? SPLIT_ROWS : SPLIT_TILES;
}

static int is_pointwise(const struct plan *p, const struct kernel *k)
{
    for (int r = 0; r < k->roots; r++)
        if (p->graph->node[k->root[r]].op == OP_SUM) return 0;
    return k->kind == KERNEL_POINTWISE;
}

static int can_share(const struct plan *p, const struct kernel *k)
{
    if (k->kind == KERNEL_POINTWISE) return is_pointwise(p, k) && p->graph->node[k->root[0]].shape.d[1] > 1;
    return plan_split_of(p, k->root[0]) != SPLIT_NOT;
}

/* Are its shares stretches of the rows of what it makes? */
static int is_by_rows(const struct plan *p, const struct kernel *k)
{
    return k->kind == KERNEL_POINTWISE || plan_split_of(p, k->root[0]) == SPLIT_ROWS;
}

/* Rows go two by two, so that tiles and depthwise windows fit well. */
static int count_shares(const struct plan *p, const struct kernel *k)
{
    const struct node *n = &p->graph->node[k->root[0]];
    const double macs = op_table[n->op].macs && k->kind == KERNEL_NODE ? op_table[n->op].macs(p->graph, n) : 0;
    const long values =
        shape_size(n->shape) + (k->kind == KERNEL_NODE ? shape_size(p->graph->node[n->in[0]].shape) : 0);
    const int worth = macs >= WORTH_MACS || values >= WORTH_VALUES;
    int shares = PLAN_PARTS;
    if (!worth || !can_share(p, k)) return 1;
    while (is_by_rows(p, k) && shares > n->shape.d[1] / 2 && shares > 1) shares /= 2;
    return shares;
}

/* Does it write the memory that node n lies in? */
static int writes(const struct plan *p, const struct kernel *k, int n)
{
    long delta;
    const int base = plan_base(p, n, &delta);
    for (int r = 0; r < k->roots; r++)
        if (k->root[r] == base) return 1;
    return 0;
}

/* Can kernel i of a group follow on the kernels from number `first` on? */
static int can_chain(const struct plan *p, const struct group *g, int first, int i)
{
    const struct kernel *k = &g->kernel[i], *before = &g->kernel[i - 1];
    const struct node *n = &p->graph->node[k->root[0]], *m = &p->graph->node[before->root[0]];
    if (k->shares == 1 || k->shares != before->shares || n->shape.d[1] != m->shape.d[1]) return 0;
    if (!is_by_rows(p, k) || !is_by_rows(p, before)) return 0;
    const int rows_alone = k->kind == KERNEL_POINTWISE || node_is_of_pixels(n);
    for (int e = first; e < i && !rows_alone; e++)
        for (int r = 0; r < k->reads; r++)
            if (writes(p, &g->kernel[e], k->read[r])) return 0;
    return 1; /* what it up-samples has other rows than all of the chain: none of that wrote it */
}

static void chain(const struct plan *p, struct group *g)
{
    int first = 0;
    for (int k = 0; k < g->kernels; k++) {
        g->kernel[k].chained = k > 0 && can_chain(p, g, first, k);
        if (!g->kernel[k].chained) first = k;
    }
}

static int first_of(const struct group *g, int k)
{
    while (g->kernel[k].chained) k--;
    return k;
}

static int last_of(const struct group *g, int k)
{
    while (k + 1 < g->kernels && g->kernel[k + 1].chained) k++;
    return k;
}

/* Do kernels from..to read anything that kernels first..last write? */
static int reads_of(const struct plan *p, const struct group *g, int from, int to, int first, int last)
{
    for (int k = from; k <= to; k++)
        for (int r = 0; r < g->kernel[k].reads; r++)
            for (int e = first; e <= last; e++)
                if (writes(p, &g->kernel[e], g->kernel[k].read[r])) return 1;
    return 0;
}

static void reverse(struct kernel *k, int n)
{
    for (int i = 0; i < n / 2; i++) {
        const struct kernel swapped = k[i];
        k[i] = k[n - 1 - i];
        k[n - 1 - i] = swapped;
    }
}

/* The first n of n + m kernels come after the others. */
static void rotate(struct kernel *k, int n, int m)
{
    reverse(k, n);
    reverse(k + n, m);
    reverse(k, n + m);
}

/* A chain that no other reads between it and the one that starts with kernel k, which reads it, comes right before that
 * one, if they then are a single chain: what passes between them stays in cache. */
static void move_chain(const struct plan *p, struct group *g, int k)
{
    for (int last = k - 2; last >= 0; last = first_of(g, last) - 1) {
        const int first = first_of(g, last), n = last + 1 - first, m = k - 1 - last;
        if (last_of(g, last) != last || !reads_of(p, g, k, last_of(g, k), first, last)) continue;
        if (reads_of(p, g, last + 1, k - 1, first, last)) continue;
        rotate(&g->kernel[first], n, m);
        chain(p, g);
        if (g->kernel[k].chained) return;
        rotate(&g->kernel[first], m, n);
        chain(p, g);
    }
}

/* Is there but one group, and what it takes and makes of a picture in a single place each, and not copied there? */
static int may_group(const struct plan *p)
{
    int inputs = 0;
    for (int i = 0; i < p->graph->count; i++) {
        if (!p->live[i] || p->graph->node[i].op != OP_INPUT) continue;
        inputs += p->graph->node[i].batched ? 1 : 2;
    }
    return p->batch == 1 && p->steps == 1 && p->groups == 1 && inputs == 1 && p->graph->targets == 1 &&
           p->graph->target[0].block == AG_OUT && plan_storage(p, p->graph->target[0].node) == VALUE_STORED;
}

/* Can kernel k take all pictures of a round at once? Its results must fit the cache together. And a convolution must
 * have more weights than pixels, or nothing is gained; it is then not shared by rows, so that all kernels of a chain
 * take the same rows of every picture. */
static int is_coarse(const struct plan *p, const struct kernel *k)
{
    enum { ROOM = 1 << 17 }; /* 512 KB */
    const enum split split = plan_split_of(p, k->root[0]);
    if ((plan_can(p, k->root[0]) & IS_DENSE) && (split == SPLIT_ROWS || split == SPLIT_TILES)) return 0;
    for (int r = 0; r < k->roots; r++) {
        const struct node *n = &p->graph->node[k->root[r]];
        if (!n->batched || shape_size(n->shape) * p->pictures > ROOM) return 0;
    }
    return 1;
}

static void count_coarse(struct plan *p)
{
    const struct group *g = p->group;
    if (p->pictures > 1 && may_group(p)) {
        while (p->coarse < g->kernels && is_coarse(p, &g->kernel[p->coarse])) p->coarse++;
        while (p->coarse < g->kernels && g->kernel[p->coarse].chained) p->coarse--;
    }
    if (!p->coarse) p->pictures = 1;
}

void plan_split(struct plan *p)
{
    for (int i = 0; i < p->groups; i++) {
        struct group *g = &p->group[i];
        for (int k = 0; k < g->kernels; k++) g->kernel[k].shares = count_shares(p, &g->kernel[k]);
        chain(p, g);
        for (int k = g->kernels - 1; k > 1; k--)
            if (!g->kernel[k].chained) move_chain(p, g, k);
    }
    count_coarse(p);
}
