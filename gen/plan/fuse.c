/*
 * What kernels do beside their own convolution, on a device and where threads share a picture; where they share a batch
 * the pictures of a group are still in cache when the next kernel reads them.
 *
 * Epilogues: a pointwise value joins the kernel of the convolution (or of the sums of its columns) that it is computed
 * from where all else it reads is there by then. The convolution itself isn't stored if nothing else reads it.
 *
 * On a device only. Fronts: the kernel of a 1x1 convolution makes the depthwise one that it reads. Prologues: depthwise
 * kernels make what they read from another tensor, value by value.
 */
#include "ops.h"
#include "plan.h"

#include <string.h>

/* What an epilogue reads: so much beside the convolution's own inputs, of which so many tensors of the convolution's
 * shape; more addresses than that leave the sums too few registers. */
enum { EPILOGUE_READS = 12, EPILOGUE_TENSORS = 4 };

/* Where in the order of kernels something happens. */
struct moment {
    int step, kernel;
};

static int is_before(struct moment a, struct moment b)
{
    return a.step != b.step ? a.step < b.step : a.kernel < b.kernel;
}

/* When each stored node is first in memory. */
static struct moment *find_moments(const struct plan *p)
{
    struct moment *written = mem_alloc(p->mem, sizeof *written * (size_t)(p->graph->count + 1));
    for (int n = 0; n < p->graph->count; n++) written[n] = (struct moment){p->steps, 0};
    for (int s = p->steps - 1; s >= 0; s--) {
        int count;
        const struct kernel *k = plan_kernels(p, s, &count);
        if (p->step[s].combine >= 0) written[p->step[s].combine] = (struct moment){s, 0};
        for (int i = count - 1; i >= 0; i--)
            for (int r = 0; r < k[i].roots; r++)
                if (!plan_is_partial(p, k[i].root[r])) written[k[i].root[r]] = (struct moment){s, i};
    }
    for (int n = 0; n < p->graph->count; n++)
        if (p->node[n].storage == VALUE_LEAF) written[n] = (struct moment){-1, 0};
    return written;
}

static int is_root(const struct kernel *k, int n)
{
    for (int r = 0; r < k->roots; r++)
        if (k->root[r] == n) return 1;
    return 0;
}

/* How many tensors of the convolution's shape kernel k's epilogue reads with value r in it. */
static int count_tensors(const struct plan *p, const struct kernel *k, int r)
{
    const struct node *conv = &p->graph->node[k->root[0]];
    int read[KERNEL_READS], count = 0;
    memcpy(read, k->read, sizeof read);
    const int reads = plan_root_reads(p, r, 0, read, k->reads);
    for (int i = conv->ins; i < reads; i++)
        count += !is_root(k, read[i]) && shape_same(p->graph->node[read[i]].shape, conv->shape);
    return count;
}

/* Can value r be computed in kernel k, at this moment? */
static int joins(const struct plan *p, const struct kernel *k, struct moment when, const struct moment *written, int r)
{
    const struct node *conv = &p->graph->node[k->root[0]], *y = &p->graph->node[r];
    const struct node_plan *from = &p->node[k->root[0]], *to = &p->node[r];
    if (!y->batched || !shape_same(y->shape, conv->shape) || op_table[y->op].class != CLASS_POINTWISE) return 0;
    if (from->section != to->section || from->level != to->level) return 0;
    int read[KERNEL_READS], reads = plan_root_reads(p, r, 0, read, 0), from_conv = 0;
    if (k->roots == KERNEL_ROOTS || reads + k->reads > conv->ins + EPILOGUE_READS) return 0;
    int up[KERNEL_READS]; /* an epilogue, which has a few channels of a pixel, does not up-sample */
    if (count_tensors(p, k, r) > EPILOGUE_TENSORS || plan_root_ups(p, r, up, 0)) return 0;
    for (int i = 0; i < reads; i++) {
        long delta;
        if (is_root(k, read[i]))
            from_conv = 1;
        else if (!is_before(written[plan_base(p, read[i], &delta)], when))
            return 0;
    }
    return from_conv;
}

static void remove_root(struct kernel *k, int n)
{
    int kept = 0;
    for (int r = 0; r < k->roots; r++)
        if (k->root[r] != n) k->root[kept++] = k->root[r];
    k->roots = kept;
}

/* Value n, which groups computed for themselves or one of them stored, is stored by kernel k of this group. */
static void move_root(struct plan *p, struct kernel *k, int group, int n, int from_step)
{
    for (int s = from_step; s < p->steps; s++) {
        int count;
        struct kernel *other = plan_kernels(p, s, &count);
        for (int i = 0; i < count; i++)
            if (other[i].kind == KERNEL_POINTWISE) remove_root(&other[i], n);
    }
    k->reads = plan_root_reads(p, n, 0, k->read, k->reads);
    k->root[k->roots++] = n;
    p->node[n].fusion = FUSION_EPILOGUE;
    p->node[n].fused_in = group;
}

static void fill_epilogue(struct plan *p, struct kernel *k, struct moment when, struct moment *written)
{
    for (int s = when.step; s < p->steps; s++) {
        int count;
        struct kernel *other = plan_kernels(p, s, &count);
        if (p->step[s].group < 0) continue;
        for (int i = s == when.step ? when.kernel + 1 : 0; i < count; i++)
            for (int r = 0; r < other[i].roots && other[i].kind == KERNEL_POINTWISE;) {
                int n = other[i].root[r];
                if (!joins(p, k, when, written, n)) {
                    r++;
                    continue;
                }
                move_root(p, k, p->step[when.step].group, n, s);
                written[n] = when;
            }
    }
}

/* Kernels read what they read now that more is stored, but for what they make themselves; empty ones vanish. */
static void list_reads(struct plan *p, struct group *g)
{
    int kept = 0;
    for (int i = 0; i < g->kernels; i++) {
        struct kernel *k = &g->kernel[i];
        if (!k->roots) continue;
        const int own = k->kind == KERNEL_NODE;
        k->reads = own ? p->graph->node[k->root[0]].ins : 0; /* its inputs come first */
        for (int r = own; r < k->roots; r++) k->reads = plan_root_reads(p, k->root[r], 0, k->read, k->reads);
        if (own) {
            int reads = 0;
            for (int r = 0; r < k->reads; r++)
                if (!is_root(k, k->read[r])) k->read[reads++] = k->read[r];
            k->reads = reads;
        }
        g->kernel[kept++] = *k;
    }
    g->kernels = kept;
}

/* ---------------------------------------------------------------- depthwise convolutions */

/* Not if the epilogue reads the depthwise result, which is stored nowhere then; nor if the depthwise kernel is forced.
 */
static int can_fuse_depthwise(const struct plan *p, const struct kernel *k)
{
    const struct node *y = &p->graph->node[k->root[0]];
    const struct variant *v = p->node[k->root[0]].variant;
    if (k->kind != KERNEL_NODE || !v || !v->fuses_depthwise || plan_is_forced(p, y->in[0])) return 0;
    int read[KERNEL_READS], reads = 0;
    for (int r = 1; r < k->roots; r++) reads = plan_root_reads(p, k->root[r], 0, read, reads);
    for (int i = 0; i < reads; i++)
        if (read[i] == y->in[0]) return 0;
    return v->fuses_depthwise(p, k->root[0], y->in[0]);
}

static int reads_node(const struct kernel *k, int n)
{
    for (int r = 0; r < k->reads; r++)
        if (k->read[r] == n) return 1;
    return 0;
}

/* Replaces kernel i's first input by what it is made from, and takes away the kernel that made it. */
static void fuse_depthwise(struct plan *p, struct group *g, int i, int maker)
{
    struct kernel *k = &g->kernel[i];
    const struct node *d = &p->graph->node[p->graph->node[k->root[0]].in[0]];
    k->fused_depthwise = p->graph->node[k->root[0]].in[0];
    k->read[0] = d->in[0];
    if (!reads_node(k, d->in[1])) k->read[k->reads++] = d->in[1];
    memmove(&g->kernel[maker], &g->kernel[maker + 1], (size_t)(g->kernels - maker - 1) * sizeof *k);
    g->kernels--;
}

/* A kernel's depthwise input is made by it if its own group makes it, and nothing in between reads it; what is made for
 * this group alone, if nothing else in it does. */
static void find_depthwise(struct plan *p, struct group *g)
{
    for (int i = 0; i < g->kernels; i++) {
        if (!can_fuse_depthwise(p, &g->kernel[i])) continue;
        const int d = p->graph->node[g->kernel[i].root[0]].in[0];
        int maker = -1, readers = 0;
        for (int e = 0; e < g->kernels; e++) {
            if (g->kernel[e].kind == KERNEL_NODE && g->kernel[e].root[0] == d) maker = e;
            readers += reads_node(&g->kernel[e], d) && (e < i || plan_storage(p, d) == VALUE_PER_GROUP);
        }
        if (maker < 0 || maker > i || readers > (plan_storage(p, d) == VALUE_PER_GROUP)) continue;
        fuse_depthwise(p, g, i, maker);
        i--;
    }
}

/* ---------------------------------------------------------------- prologues */

int plan_elementwise(const struct plan *p, int n)
{
    const struct graph *g = p->graph;
    int read[KERNEL_READS], reads = plan_root_reads(p, n, 0, read, 0), whole = -1;
    if (reads > EPILOGUE_READS || op_table[g->node[n].op].class != CLASS_POINTWISE) return -1;
    for (int i = 0; i < reads; i++) {
        struct shape s = g->node[read[i]].shape;
        if (shape_size(s) == s.d[3]) continue;
        if (whole >= 0 || !shape_same(s, g->node[n].shape)) return -1;
        whole = read[i];
    }
    return whole;
}

/* The first input of kernel k, or of its fused depthwise convolution, if the kernel can compute it from another tensor;
 * else -1. */
static int prologue_input(const struct plan *p, const struct kernel *k)
{
    const int n = k->fused_depthwise ? k->fused_depthwise : k->root[0];
    if (k->kind != KERNEL_NODE || k->prologue || !(plan_can(p, n) & CAN_PROLOGUE)) return -1;
    return p->graph->node[n].in[0];
}

/* Value x of this group goes to the prologues of the kernels that read it, if all of them can. */
static void move_to_prologues(struct plan *p, struct group *g, int x)
{
    for (int i = 0; i < g->kernels; i++) {
        const struct kernel *k = &g->kernel[i];
        if (!reads_node(k, x)) continue;
        if (prologue_input(p, k) != x) return;
        for (int r = 1; r < k->reads; r++)
            if (k->read[r] == x) return;
    }
    for (int i = 0; i < g->kernels; i++) {
        struct kernel *k = &g->kernel[i];
        if (k->kind == KERNEL_POINTWISE) remove_root(k, x);
        if (!reads_node(k, x)) continue;
        k->prologue = x;
        k->read[0] = plan_elementwise(p, x);
        k->reads = plan_root_reads(p, x, 0, k->read, k->reads);
    }
}

static void find_prologues(struct plan *p, struct group *g)
{
    for (int i = 0; i < g->kernels; i++) {
        const int x = prologue_input(p, &g->kernel[i]);
        if (x >= 0 && plan_storage(p, x) == VALUE_PER_GROUP && plan_elementwise(p, x) >= 0) move_to_prologues(p, g, x);
    }
    int kept = 0;
    for (int i = 0; i < g->kernels; i++)
        if (g->kernel[i].roots) g->kernel[kept++] = g->kernel[i];
    g->kernels = kept;
}

/* What is only read where it is made need not be stored. */
static void drop_unread(struct plan *p)
{
    char *read = mem_alloc(p->mem, (size_t)p->graph->count + 1);
    long delta;
    for (int i = 0; i < p->graph->targets; i++) read[plan_base(p, p->graph->target[i].node, &delta)] = 1;
    for (int s = 0; s < p->steps; s++) {
        int count;
        const struct kernel *k = plan_kernels(p, s, &count);
        for (int i = 0; i < count; i++)
            for (int r = 0; r < k[i].reads; r++) read[plan_base(p, k[i].read[r], &delta)] = 1;
    }
    for (int i = 0; i < p->groups; i++)
        for (int e = 0; e < p->group[i].kernels; e++) {
            const struct kernel *k = &p->group[i].kernel[e];
            if (k->kind == KERNEL_NODE && k->roots > 1 && !read[k->root[0]]) p->node[k->root[0]].fusion = FUSION_INSIDE;
            if (k->fused_depthwise && plan_storage(p, k->fused_depthwise) == VALUE_STORED && !read[k->fused_depthwise])
                p->node[k->fused_depthwise].fusion = FUSION_INSIDE;
        }
}

void plan_fuse(struct plan *p)
{
    struct moment *written = find_moments(p);
    for (int s = 0; s < p->steps; s++) {
        int count;
        struct kernel *k = plan_kernels(p, s, &count);
        for (int i = 0; i < count && p->step[s].group >= 0; i++)
            if (k[i].kind == KERNEL_NODE && (plan_can(p, k[i].root[0]) & CAN_EPILOGUE))
                fill_epilogue(p, &k[i], (struct moment){s, i}, written);
    }
    for (int i = 0; i < p->groups; i++) {
        list_reads(p, &p->group[i]);
        find_depthwise(p, &p->group[i]);
        find_prologues(p, &p->group[i]);
    }
    drop_unread(p);
}
