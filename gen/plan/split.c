/*
 * Decides how threads share the kernels of a picture. Most kernels are cut into a fixed number of shares, so that
 * results do not depend on the number of threads. A share is a stretch of rows. If the weights of a convolution are
 * larger than its pictures, a share is a block of output channels (or of output phases, for a transposed convolution)
 * with the weights for it.
 *
 * Threads wait for each other after a kernel, unless the next kernel is chained to it. A kernel is chained if each of
 * its shares reads only those rows which the same share of the kernel before has written. The thread that wrote them
 * goes on with them, and they are still in the cache of its core.
 */
#include "ops.h"
#include "plan.h"
#include "../../runtime/ag.h" /* AG_OUT */

/* A kernel with fewer multiply-adds, and fewer values read and written, is done by one thread: waiting for other
 * threads would take longer. */
enum { WORTH_MACS = 1 << 17, WORTH_VALUES = 1 << 14 };

enum split split_dense(const struct plan *p, int n)
{
    enum { ROW = 9 }; /* in rows of so many pixels or more, no tile spans two rows, whatever the width of vectors */
    const struct node *y = &p->graph->node[n], *x = &p->graph->node[y->in[0]];
    if ((long)x->shape.d[1] * x->shape.d[2] < y->k * y->k * y->shape.d[3]) return SPLIT_WEIGHTS;
    return y->op == OP_KERNEL_CONV && y->k == 1 && y->shape.d[2] >= ROW ? SPLIT_ROWS : SPLIT_TILES;
}

static int is_elementwise(const struct plan *p, const struct kernel *k)
{
    for (int r = 0; r < k->roots; r++)
        if (p->graph->node[k->root[r]].op == OP_SUM) return 0;
    return k->kind == KERNEL_POINTWISE;
}

static int can_share(const struct plan *p, const struct kernel *k)
{
    if (k->kind == KERNEL_POINTWISE) return is_elementwise(p, k) && p->graph->node[k->root[0]].shape.d[1] > 1;
    return plan_split_of(p, k->root[0]) != SPLIT_NOT;
}

/* Returns 1 if the shares of k are stretches of its result's rows. */
static int is_by_rows(const struct plan *p, const struct kernel *k)
{
    return k->kind == KERNEL_POINTWISE || plan_split_of(p, k->root[0]) == SPLIT_ROWS;
}

/* Returns the number of shares of kernel k. A share has at least two rows, so that register tiles and depthwise windows
 * fit well. */
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

/* Returns 1 if kernel k writes the memory in which node n lies. */
static int writes(const struct plan *p, const struct kernel *k, int n)
{
    long delta;
    const int base = plan_base(p, n, &delta);
    for (int r = 0; r < k->roots; r++)
        if (k->root[r] == base) return 1;
    return 0;
}

/* Returns 1 if kernel i can be chained to kernel i - 1 of a chain that starts with kernel `first`. */
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
    return 1; /* an input that it up-samples has fewer rows than the chain's results, so the chain didn't write it */
}

static void chain(const struct plan *p, struct group *g)
{
    int first = 0;
    for (int k = 0; k < g->kernels; k++) {
        g->kernel[k].chained = k > 0 && can_chain(p, g, first, k);
        if (!g->kernel[k].chained) first = k;
    }
}

/* Returns the first kernel of the chain of kernel k; last_of returns the last. */
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

/* Returns 1 if one of kernels from..to reads what one of kernels first..last writes. */
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

/* Moves the first n of n + m kernels behind the other m. */
static void rotate(struct kernel *k, int n, int m)
{
    reverse(k, n);
    reverse(k + n, m);
    reverse(k, n + m);
}

/* Kernel k starts a chain. If an earlier chain writes what this one reads, and no kernel between them reads it, moves
 * the earlier chain right before kernel k. The move is kept only if the two then become one chain, whose values stay in
 * cache. */
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

/* Returns 1 if the phase can draw several pictures at once: it is one group with one input for each picture and one
 * result, which needs no copy at the end. */
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

/* Returns 1 if kernel k can take all pictures at once. The results for all pictures must fit the cache together. A
 * dense convolution must have weights larger than its picture, or nothing is gained. It must not be shared by rows,
 * because all kernels of a chain take the same rows of every picture. */
static int is_coarse(const struct plan *p, const struct kernel *k)
{
    enum { ROOM = 1 << 17 }; /* reals: 512 KB */
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
