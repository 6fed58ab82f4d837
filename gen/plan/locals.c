/* Lists the tensors in the scratch of each group, with their halos, their pixel strides, and the kernels that use
 * them. */
#include "plan.h"

struct scratch_tensor *plan_scratch_tensor(const struct plan *p, int group, int n, int copy)
{
    for (int i = 0; group >= 0 && i < p->group[group].locals; i++)
        if (p->group[group].local[i].node == n && p->group[group].local[i].copy == copy)
            return &p->group[group].local[i];
    return NULL;
}

struct scratch_tensor *plan_input_scratch(const struct plan *p, int group, int n, int k)
{
    int x = plan_source(p, n, k);
    struct scratch_tensor *copy = plan_halo(p, n, k) ? plan_scratch_tensor(p, group, x, 1) : NULL;
    return copy ? copy : plan_scratch_tensor(p, group, x, 0);
}

static void add_local(struct plan *p, int group, int n, int copy, int kernel)
{
    struct group *g = &p->group[group];
    g->local = mem_grow(g->local, g->locals, &g->local_capacity, sizeof *g->local);
    g->local[g->locals++] = (struct scratch_tensor){.node = n, .copy = copy, .first = kernel, .last = kernel};
}

/* Widens the life of l to whole chains, because the kernels of a chain run at the same time. If a single chain writes
 * and reads l, each thread needs only the rows of its own share. */
static void chain_local(const struct plan *p, const struct group *g, struct scratch_tensor *l)
{
    const int shares = g->kernel[l->first].shares, height = p->graph->node[l->node].shape.d[1];
    const int last = l->last;
    while (g->kernel[l->first].chained) l->first--;
    while (l->last + 1 < g->kernels && g->kernel[l->last + 1].chained) l->last++;
    int within = last > l->first;
    for (int i = l->first + 1; i <= last; i++) within &= g->kernel[i].chained;
    within &= l->first >= p->coarse; /* its kernels take one picture at a time */
    if (within && !l->halo && !l->copy && p->batch == 1 && height % shares == 0) l->rows = height / shares;
}

/* Returns 1 if read r of the kernel is an input of its node, which may want a halo; 0 if the epilogue reads it. A
 * kernel with a fused depthwise convolution or a prologue reads other nodes in the place of its first input. */
static int is_own_read(const struct plan *p, const struct kernel *k, int r)
{
    return k->kind == KERNEL_NODE && !k->fused_depthwise && !k->prologue && r < p->graph->node[k->root[0]].ins;
}

/* Returns the scratch tensor in which kernel k finds its read r; NULL: that is not in scratch. */
static struct scratch_tensor *read_local(const struct plan *p, int group, const struct kernel *k, int r)
{
    return is_own_read(p, k, r) ? plan_input_scratch(p, group, k->root[0], r)
                                : plan_scratch_tensor(p, group, k->read[r], 0);
}

/* Returns 1 if kernel k reads or writes scratch tensor l. */
static int uses(const struct plan *p, int group, const struct kernel *k, const struct scratch_tensor *l)
{
    for (int r = 0; r < k->roots; r++)
        if (k->root[r] == l->node && k->copy[r] == l->copy) return 1;
    for (int r = 0; r < k->reads; r++)
        if (read_local(p, group, k, r) == l) return 1;
    return 0;
}

/*
 * Returns the reals from a pixel of l to the next. If that is a multiple of a large power of two, all pixels fall on a
 * few sets of the L1 cache, which have no room for the windows of a depthwise convolution. Then pixels are put a line
 * of cache further apart, if all kernels that read or write l allow it.
 */
static int pixel_stride(const struct plan *p, int group, const struct scratch_tensor *l)
{
    enum { POWER = 128, LINE = 16 }; /* of floats */
    const struct shape shape = p->graph->node[l->node].shape;
    int wide = 0;
    if (shape.d[3] % POWER || shape.d[2] == 1) return shape.d[3];
    for (int i = 0; i < p->group[group].kernels; i++) {
        const struct kernel *k = &p->group[group].kernel[i];
        if (k->kind == KERNEL_POINTWISE || !uses(p, group, k, l)) continue;
        const struct variant *v = p->node[k->root[0]].variant;
        const enum pitch pitch = v->pitch ? v->pitch(&p->graph->node[k->root[0]]) : PITCH_DENSE;
        if (pitch == PITCH_DENSE) return shape.d[3];
        wide |= pitch == PITCH_WIDE;
    }
    return wide ? shape.d[3] + LINE : shape.d[3];
}

static void list_locals(struct plan *p, int group)
{
    struct group *g = &p->group[group];
    for (int i = 0; i < g->kernels; i++) {
        const struct kernel *k = &g->kernel[i];
        for (int r = 0; r < k->roots; r++) {
            const int n = k->root[r];
            if (plan_storage(p, n) == VALUE_PER_GROUP || p->node[n].scratch || k->copy[r])
                add_local(p, group, n, k->copy[r], i);
        }
        if (k->fused_depthwise && p->node[k->fused_depthwise].scratch) add_local(p, group, k->fused_depthwise, 0, i);
    }
    for (int i = 0; i < g->kernels; i++) {
        const struct kernel *k = &g->kernel[i];
        for (int r = 0; r < k->reads; r++) {
            struct scratch_tensor *l = read_local(p, group, k, r);
            if (!l) continue;
            l->last = int_max(l->last, i);
            if (is_own_read(p, k, r)) l->halo = int_max(l->halo, plan_halo(p, k->root[0], r));
        }
    }
    for (int i = 0; i < g->locals; i++) g->local[i].pixel_stride = pixel_stride(p, group, &g->local[i]);
    for (int i = 0; i < g->locals && p->policy->shares; i++) chain_local(p, g, &g->local[i]);
}

void plan_locals(struct plan *p)
{
    for (int i = 0; i < p->groups; i++) list_locals(p, i);
}
