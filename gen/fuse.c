/*
 * Epilogues: what a convolution's kernel computes from its sums before it writes anything. On a device; on the CPU the
 * pictures of a group are still in cache when the next kernel reads them.
 *
 * A pointwise value joins the kernel of the convolution it is computed from where all else it reads is there by then.
 * The convolution itself isn't stored if nothing else reads it.
 */
#include "ops.h"
#include "plan.h"

#include <stdlib.h>
#include <string.h>

enum { EPILOGUE_READS = 12 }; /* beside the convolution's own inputs */

/* Where in the order of kernels something happens. */
struct moment {
    int step, kernel;
};

static int is_before(struct moment a, struct moment b)
{
    return a.step != b.step ? a.step < b.step : a.kernel < b.kernel;
}

static struct kernel *kernels_of(const struct plan *p, int step, int *count)
{
    const struct step *s = &p->step[step];
    *count = s->combine >= 0 ? 0 : s->group < 0 ? 1 : p->group[s->group].kernels;
    return s->group < 0 ? (struct kernel *)&s->kernel : p->group[s->group].kernel;
}

/* When each stored node is first in memory. */
static struct moment *find_moments(const struct plan *p)
{
    struct moment *written = mem_alloc(p->mem, sizeof *written * (size_t)(p->graph->count + 1));
    for (int n = 0; n < p->graph->count; n++) written[n] = (struct moment){p->steps, 0};
    for (int s = p->steps - 1; s >= 0; s--) {
        int count;
        const struct kernel *k = kernels_of(p, s, &count);
        if (p->step[s].combine >= 0) written[p->step[s].combine] = (struct moment){s, 0};
        for (int i = count - 1; i >= 0; i--)
            for (int r = 0; r < k[i].roots; r++)
                if (!plan_is_partial(p, k[i].root[r])) written[k[i].root[r]] = (struct moment){s, i};
    }
    for (int n = 0; n < p->graph->count; n++)
        if (p->node[n].keep == KEEP_LEAF) written[n] = (struct moment){-1, 0};
    return written;
}

static int has_epilogue(const struct node *n)
{
    return (n->op == OP_KERNEL_CONV && n->attr[3] <= FORM_EACH) || n->op == OP_KERNEL_DECONV;
}

static int is_root(const struct kernel *k, int n)
{
    for (int r = 0; r < k->roots; r++)
        if (k->root[r] == n) return 1;
    return 0;
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
    for (int r = 0; r < k->roots; r++) {
        if (k->root[r] == n && !k->copy[r]) continue;
        k->copy[kept] = k->copy[r];
        k->root[kept++] = k->root[r];
    }
    k->roots = kept;
}

/* Value n, which groups computed for themselves or one of them stored, is stored by kernel k of this group. */
static void move_root(struct plan *p, struct kernel *k, int group, int n, int from_step)
{
    for (int s = from_step; s < p->steps; s++) {
        int count;
        struct kernel *other = kernels_of(p, s, &count);
        for (int i = 0; i < count; i++)
            if (other[i].kind == KERNEL_POINTWISE) remove_root(&other[i], n);
    }
    k->reads = plan_root_reads(p, n, 0, k->read, k->reads);
    k->copy[k->roots] = 0;
    k->root[k->roots++] = n;
    p->node[n].keep = KEEP_STORED;
    p->node[n].group = group;
}

static void fill_epilogue(struct plan *p, struct kernel *k, struct moment when, struct moment *written)
{
    for (int s = when.step; s < p->steps; s++) {
        int count;
        struct kernel *other = kernels_of(p, s, &count);
        if (p->step[s].group < 0) continue;
        for (int i = s == when.step ? when.kernel + 1 : 0; i < count; i++)
            for (int r = 0; r < other[i].roots && other[i].kind == KERNEL_POINTWISE;) {
                int n = other[i].root[r];
                if (other[i].copy[r] || !joins(p, k, when, written, n)) {
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
        for (int r = own; r < k->roots; r++) k->reads = plan_root_reads(p, k->root[r], k->copy[r], k->read, k->reads);
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

/* What only its own epilogue reads need not be stored. */
static void drop_unread(struct plan *p)
{
    char *read = mem_alloc(p->mem, (size_t)p->graph->count + 1);
    long delta;
    for (int i = 0; i < p->graph->targets; i++) read[plan_base(p, p->graph->target[i].node, &delta)] = 1;
    for (int s = 0; s < p->steps; s++) {
        int count;
        const struct kernel *k = kernels_of(p, s, &count);
        for (int i = 0; i < count; i++)
            for (int r = 0; r < k[i].reads; r++) read[plan_base(p, k[i].read[r], &delta)] = 1;
    }
    for (int i = 0; i < p->groups; i++)
        for (int e = 0; e < p->group[i].kernels; e++) {
            const struct kernel *k = &p->group[i].kernel[e];
            if (k->kind == KERNEL_NODE && k->roots > 1 && !read[k->root[0]]) p->node[k->root[0]].keep = KEEP_FUSED;
        }
}

void plan_fuse(struct plan *p)
{
    struct moment *written = find_moments(p);
    for (int s = 0; s < p->steps; s++) {
        int count;
        struct kernel *k = kernels_of(p, s, &count);
        for (int i = 0; i < count && p->step[s].group >= 0; i++)
            if (k[i].kind == KERNEL_NODE && has_epilogue(&p->graph->node[k[i].root[0]]))
                fill_epilogue(p, &k[i], (struct moment){s, i}, written);
    }
    for (int i = 0; i < p->groups; i++) list_reads(p, &p->group[i]);
    drop_unread(p);
}
