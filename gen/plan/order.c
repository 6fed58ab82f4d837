/*
 * The order of kernels.
 *
 * Nodes are ordered by section, then by level (how often the whole batch had to be waited for), then as they stand in
 * the graph. What is not a sum over the batch runs as late as its consumers allow, so that it is still in cache when
 * they read it. Batched nodes of one level that follow one another at one resolution form a group.
 */
#include "ops.h"
#include "plan.h"

#include <stdlib.h>
#include <string.h>

int plan_is_partial(const struct plan *p, int n)
{
    const struct node *node = &p->graph->node[n];
    enum op_class class = op_table[node->op].class;
    return (class == CLASS_REDUCE || class == CLASS_WGRAD) && p->graph->node[node->in[0]].batched && !node->batched;
}

/* Does it have to wait for the whole batch? */
static int waits(const struct plan *p, int n)
{
    enum op op = p->graph->node[n].op;
    return plan_is_partial(p, n) || op == OP_UNBATCH || op == OP_LINEAR_WGRAD;
}

static int max(int a, int b)
{
    return a > b ? a : b;
}

static void earliest(struct plan *p)
{
    const struct graph *g = p->graph;
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->node[i];
        struct node_plan *np = &p->node[i];
        if (!p->live[i] || op_table[n->op].class == CLASS_LEAF) continue;
        np->section = n->section;
        for (int k = 0; k < n->ins; k++) np->section = max(np->section, p->node[n->in[k]].section);
        for (int k = 0; k < n->ins; k++) {
            const struct node_plan *x = &p->node[n->in[k]];
            if (x->section == np->section) np->level = max(np->level, x->level);
        }
        np->level += waits(p, i);
    }
}

/* Moves batched nodes to the latest level at which all their consumers can still run. */
static void latest(struct plan *p)
{
    const struct graph *g = p->graph;
    enum { NEVER = 1 << 30 };
    int *limit = mem_alloc(p->mem, sizeof *limit * (size_t)g->count), last[64] = {0};
    for (int i = 0; i < g->count; i++) {
        limit[i] = NEVER;
        if (p->live[i] && p->node[i].section < 64)
            last[p->node[i].section] = max(last[p->node[i].section], p->node[i].level - waits(p, i));
    }
    for (int i = g->count - 1; i >= 0; i--) {
        const struct node *n = &g->node[i];
        struct node_plan *np = &p->node[i];
        if (!p->live[i]) continue;
        if (n->batched && op_table[n->op].class != CLASS_LEAF && limit[i] != NEVER)
            np->level = max(np->level, limit[i]);
        int when = np->level - waits(p, i);
        for (int k = 0; k < n->ins; k++) {
            const struct node_plan *x = &p->node[n->in[k]];
            int bound = x->section == np->section ? when : last[x->section];
            if (bound < limit[n->in[k]]) limit[n->in[k]] = bound;
        }
    }
}

/* ---------------------------------------------------------------- kernels of a group */

enum { JOINED_READS = 24 }; /* a kernel of several roots reads no more than this */

static int is_inline_kind(const struct plan *p, int n)
{
    const struct node *node = &p->graph->node[n];
    return op_table[node->op].class == CLASS_POINTWISE || node->op == OP_SUM || node->op == OP_CONST;
}

/* The index space of a root: its own, or that of what it sums. */
struct shape plan_domain(const struct plan *p, int n)
{
    const struct node *node = &p->graph->node[n];
    return node->op == OP_SUM ? p->graph->node[node->in[0]].shape : node->shape;
}

static int shares_read(const struct kernel *k, const int *read, int reads)
{
    for (int i = 0; i < k->reads; i++)
        for (int e = 0; e < reads; e++)
            if (k->read[i] == read[e]) return 1;
    return 0;
}

/* 1 if kernel k writes something that is in read[]; 2 if it is a pointwise value that a further root of k could use
 * before it is stored. */
static int writes_any(const struct plan *p, const struct kernel *k, const int *read, int reads)
{
    int result = 0;
    for (int i = 0; i < k->roots; i++)
        for (int e = 0; e < reads; e++) {
            if (k->root[i] != read[e]) continue;
            int pointwise = op_table[p->graph->node[read[e]].op].class == CLASS_POINTWISE;
            if (!pointwise || k->copy[i]) return 1;
            result = 2;
        }
    return result;
}

static int join(const struct plan *p, struct kernel *k, int root, int copy, const int *read, int reads)
{
    if (k->kind != KERNEL_POINTWISE || k->roots == KERNEL_ROOTS) return 0;
    if (!shape_same(plan_domain(p, k->root[0]), plan_domain(p, root))) return 0;
    int writes = writes_any(p, k, read, reads);
    if (writes == 1 || (!writes && !shares_read(k, read, reads))) return 0;
    int all[KERNEL_READS], count = k->reads;
    memcpy(all, k->read, sizeof all);
    count = plan_root_reads(p, root, copy, all, count);
    if (count > JOINED_READS) return 0;
    memcpy(k->read, all, sizeof all);
    k->reads = count;
    k->copy[k->roots] = copy;
    k->root[k->roots++] = root;
    return 1;
}

static struct kernel *append(struct group *grp)
{
    grp->kernel = mem_grow(grp->kernel, grp->kernels, &grp->capacity, sizeof *grp->kernel);
    struct kernel *k = &grp->kernel[grp->kernels++];
    memset(k, 0, sizeof *k);
    return k;
}

/* Adds a root to the latest pointwise kernel over the same index space and inputs that can take it, or on its own. */
static void add_root(const struct plan *p, struct group *grp, int root, int copy)
{
    int read[KERNEL_READS], reads = plan_root_reads(p, root, copy, read, 0);
    for (int i = grp->kernels - 1; i >= 0; i--) {
        if (join(p, &grp->kernel[i], root, copy, read, reads)) return;
        if (writes_any(p, &grp->kernel[i], read, reads)) break;
    }
    struct kernel *k = append(grp);
    k->kind = KERNEL_POINTWISE;
    k->root[k->roots++] = root;
    k->copy[0] = copy;
    k->reads = reads;
    memcpy(k->read, read, sizeof read);
}

static int has_root(const struct group *grp, int n, int copy)
{
    for (int i = 0; i < grp->kernels; i++)
        for (int r = 0; r < grp->kernel[i].roots; r++)
            if (grp->kernel[i].root[r] == n && grp->kernel[i].copy[r] == copy) return 1;
    return 0;
}

/* Adds node n's own kernel, and before it what it reads and only exists where it is read. */
static void add_node_kernel(const struct plan *p, struct group *grp, int n)
{
    const struct node *node = &p->graph->node[n];
    for (int k = 0; k < node->ins; k++) {
        int x = plan_source(p, n, k);
        if (p->node[x].keep != KEEP_LOCAL || has_root(grp, x, 0)) continue;
        if (is_inline_kind(p, x))
            add_root(p, grp, x, 0);
        else
            add_node_kernel(p, grp, x);
    }
    struct kernel *kernel = append(grp);
    kernel->kind = KERNEL_NODE;
    kernel->root[kernel->roots++] = n;
    for (int k = 0; k < node->ins; k++) kernel->read[kernel->reads++] = plan_source(p, n, k);
}

/* Zero pixels that node n's kernel wants around its input k. */
int plan_halo(const struct plan *p, int n, int k)
{
    const struct node *node = &p->graph->node[n];
    if (k != 0 || p->device) return 0;
    if (node->op == OP_KERNEL_CONV || node->op == OP_CONV_DW || node->op == OP_KERNEL_WGRAD) return (int)node->pad;
    if (node->op == OP_KERNEL_DECONV) return (int)node->k - 2; /* the parities' windows reach over the border */
    const int window = node->op == OP_KERNEL_DW || node->op == OP_DW_DW || node->op == OP_COL2IM;
    return window ? (int)node->k / 2 : 0;
}

/* ---------------------------------------------------------------- items, groups, steps */

struct item {
    int node, section, level, batched;
    int after, small; /* see list_items */
};

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->section != y->section) return x->section - y->section;
    if (x->level != y->level) return x->level - y->level;
    if (x->batched != y->batched) return x->batched - y->batched;
    if (x->after != y->after) return x->after - y->after;
    return x->small != y->small ? x->small - y->small : x->node - y->node;
}

/* Numbers for each channel, or a few for each pixel. */
static int is_small(const struct node *n)
{
    return n->batched && ((n->shape.d[1] == 1 && n->shape.d[2] == 1) || n->shape.d[3] <= 4);
}

/* What is computed once. Where epilogues can use them, small values come as early as they can, right after the last
 * large one that they are made of; else everything in the order of the graph. */
static int list_items(const struct plan *p, struct item *item)
{
    const struct graph *g = p->graph;
    int count = 0, *after = mem_alloc(p->mem, sizeof *after * (size_t)(g->count + 1));
    for (int i = 0; i < g->count; i++) {
        const struct node_plan *np = &p->node[i];
        if (!p->live[i]) continue;
        const int stored = np->keep == KEEP_STORED, small = p->sharing != PLAN_BATCH && is_small(&g->node[i]);
        const int partial = plan_is_partial(p, i), batched = partial || g->node[i].batched;
        for (int k = 0; k < g->node[i].ins && batched; k++) after[i] = max(after[i], after[g->node[i].in[k]]);
        if (stored && batched && !small) after[i] = i;
        if (stored) item[count++] = (struct item){i, np->section, np->level - partial, batched, after[i], small};
    }
    qsort(item, (size_t)count, sizeof *item, compare_items);
    return count;
}

/* Height of the largest picture that n reads or writes. */
static int resolution(const struct plan *p, int n)
{
    const struct node *node = &p->graph->node[n];
    int r = node->batched ? node->shape.d[1] : 0, weights = op_table[node->op].class == CLASS_WINDOW && node->ins > 1;
    for (int k = 0; k < (weights ? 1 : node->ins); k++)
        if (p->graph->node[node->in[k]].batched) r = max(r, p->graph->node[node->in[k]].shape.d[1]);
    return r;
}

/* Of a picture alone everything is one group; else pooling and interpolation, which are cheap, run in the group of
 * whichever side comes first, so that the other need not wait in the arena; what convolves runs at its larger side. */
static int fits(const struct plan *p, const struct group *g, int n)
{
    const struct node *node = &p->graph->node[n];
    if (p->sharing == PLAN_PICTURE || resolution(p, n) == g->resolution) return 1;
    return !op_table[node->op].macs && node->batched && node->shape.d[1] == g->resolution;
}

static struct step *add_step(struct plan *p)
{
    p->step = mem_grow(p->step, p->steps, &p->step_capacity, sizeof *p->step);
    struct step *s = &p->step[p->steps++];
    memset(s, 0, sizeof *s);
    s->group = s->combine = -1;
    return s;
}

/* Partial sums are added up right after their group. */
static void close_group(struct plan *p, int group)
{
    for (int i = 0; group >= 0 && i < p->group[group].kernels; i++)
        for (int r = 0; r < p->group[group].kernel[i].roots; r++) {
            int n = p->group[group].kernel[i].root[r];
            if (plan_is_partial(p, n)) add_step(p)->combine = n;
        }
}

static int open_group(struct plan *p, const struct item *item)
{
    p->group = mem_grow(p->group, p->groups, &p->group_capacity, sizeof *p->group);
    struct group *g = &p->group[p->groups];
    *g = (struct group){.section = item->section, .level = item->level, .resolution = resolution(p, item->node)};
    add_step(p)->group = p->groups;
    return p->groups++;
}

static void add_small(struct plan *p, int n)
{
    struct kernel k = {.kind = is_inline_kind(p, n) ? KERNEL_POINTWISE : KERNEL_NODE, .root = {n}, .roots = 1};
    if (k.kind == KERNEL_POINTWISE) {
        k.reads = plan_root_reads(p, n, 0, k.read, 0);
    } else {
        for (int i = 0; i < p->graph->node[n].ins; i++) k.read[k.reads++] = p->graph->node[n].in[i];
    }
    p->node[n].group = -1;
    add_step(p)->kernel = k;
}

static void build_steps(struct plan *p)
{
    struct item *item = mem_alloc(p->mem, sizeof *item * (size_t)p->graph->count);
    int count = list_items(p, item), group = -1;
    for (int i = 0; i < count; i++) {
        int n = item[i].node;
        struct group *g = group < 0 ? NULL : &p->group[group];
        int same = g && item[i].batched && g->section == item[i].section && g->level == item[i].level && fits(p, g, n);
        if (!same) {
            close_group(p, group);
            group = item[i].batched ? open_group(p, &item[i]) : -1;
        }
        if (group < 0) {
            add_small(p, n);
            continue;
        }
        p->node[n].group = group;
        if (is_inline_kind(p, n))
            add_root(p, &p->group[group], n, 0);
        else
            add_node_kernel(p, &p->group[group], n);
    }
    close_group(p, group);
}

/* ---------------------------------------------------------------- scratch or arena */

static void read_outside(struct plan *p, int n, int group)
{
    long delta;
    int base = plan_base(p, n, &delta);
    if (base != n || p->node[base].group != group) p->node[base].scratch = 0;
}

/* A batched value that only its own group reads passes through the group's scratch. */
static void decide_scratch(struct plan *p)
{
    for (int i = 0; i < p->graph->count; i++)
        p->node[i].scratch = p->live[i] && p->node[i].keep == KEEP_STORED && p->graph->node[i].batched;
    for (int i = 0; i < p->graph->targets; i++) read_outside(p, p->graph->target[i].node, -1);
    for (int s = 0; s < p->steps; s++) {
        int count;
        const struct kernel *k = plan_kernels(p, s, &count);
        for (; count > 0; count--, k++)
            for (int r = 0; r < k->reads; r++) read_outside(p, k->read[r], p->step[s].group);
    }
}

/* Kernels that want zeros around a tensor that lies in the arena read a copy with a halo from scratch. */
static void stage_copies(struct plan *p, int group)
{
    struct group old = p->group[group], *g = &p->group[group];
    g->kernel = NULL;
    g->kernels = g->capacity = 0;
    for (int i = 0; i < old.kernels; i++) {
        const struct kernel *k = &old.kernel[i];
        for (int r = 0; r < k->reads && k->kind == KERNEL_NODE; r++) {
            int x = k->read[r];
            int in_scratch = p->node[x].keep == KEEP_LOCAL || p->node[x].scratch;
            if (plan_halo(p, k->root[0], r) && !in_scratch && !has_root(g, x, 1)) add_root(p, g, x, 1);
        }
        *append(g) = *k;
    }
    free(old.kernel);
}

struct local *plan_local(const struct plan *p, int group, int n, int copy)
{
    for (int i = 0; group >= 0 && i < p->group[group].locals; i++)
        if (p->group[group].local[i].node == n && p->group[group].local[i].copy == copy)
            return &p->group[group].local[i];
    return NULL;
}

struct local *plan_input_local(const struct plan *p, int group, int n, int k)
{
    int x = plan_source(p, n, k);
    struct local *copy = plan_halo(p, n, k) ? plan_local(p, group, x, 1) : NULL;
    return copy ? copy : plan_local(p, group, x, 0);
}

static void add_local(struct plan *p, int group, int n, int copy, int kernel)
{
    struct group *g = &p->group[group];
    g->local = mem_grow(g->local, g->locals, &g->local_capacity, sizeof *g->local);
    g->local[g->locals++] = (struct local){.node = n, .copy = copy, .first = kernel, .last = kernel};
}

/* The kernels of a chain run at the same time. */
static void chain_local(const struct plan *p, const struct group *g, struct local *l)
{
    const int shares = g->kernel[l->first].shares, height = p->graph->node[l->node].shape.d[1];
    const int last = l->last;
    while (g->kernel[l->first].chained) l->first--;
    while (l->last + 1 < g->kernels && g->kernel[l->last + 1].chained) l->last++;
    int within = last > l->first;
    for (int i = l->first + 1; i <= last; i++) within &= g->kernel[i].chained;
    within &= l->first >= p->coarse; /* of a picture alone */
    if (within && !l->halo && !l->copy && p->batch == 1 && height % shares == 0) l->rows = height / shares;
}

/* Is the kernel's read r an input of its own node, which may want a halo, and not one of its epilogue? */
static int is_own_read(const struct plan *p, const struct kernel *k, int r)
{
    return k->kind == KERNEL_NODE && !p->device /* which has no halos */ && r < p->graph->node[k->root[0]].ins;
}

/* The scratch tensor that kernel k finds what it reads in, or NULL. */
static struct local *read_local(const struct plan *p, int group, const struct kernel *k, int r)
{
    return is_own_read(p, k, r) ? plan_input_local(p, group, k->root[0], r) : plan_local(p, group, k->read[r], 0);
}

/* Does kernel k read or write scratch tensor l? */
static int uses(const struct plan *p, int group, const struct kernel *k, const struct local *l)
{
    for (int r = 0; r < k->roots; r++)
        if (k->root[r] == l->node && k->copy[r] == l->copy) return 1;
    for (int r = 0; r < k->reads; r++)
        if (read_local(p, group, k, r) == l) return 1;
    return 0;
}

/*
 * Reals from a pixel of l to the next. Pixels a multiple of a large power of two apart fall on few sets of L1, where
 * what windows of depthwise convolutions read has no room: there pixels lie a line of cache further apart, if all
 * kernels that read or write them can do with it.
 */
static int pixel_step(const struct plan *p, int group, const struct local *l)
{
    enum { POWER = 128, LINE = 16 }; /* of floats */
    const struct shape shape = p->graph->node[l->node].shape;
    int windows = 0;
    if (p->device || shape.d[3] % POWER || shape.d[2] == 1) return shape.d[3];
    for (int i = 0; i < p->group[group].kernels; i++) {
        const struct kernel *k = &p->group[group].kernel[i];
        const struct node *n = &p->graph->node[k->root[0]];
        if (k->kind == KERNEL_POINTWISE || !uses(p, group, k, l)) continue;
        /* one tap, for runs of several go on from a pixel to the next; so do those of templates/cpu/conv_few.c */
        const int tap = (n->op == OP_KERNEL_CONV && n->form <= FORM_EACH && n->k == 1 && n->shape.d[3] > 4) ||
                        (n->op == OP_KERNEL_DECONV && n->k == 2);
        if (!tap && n->op != OP_KERNEL_DW) return shape.d[3];
        windows |= n->op == OP_KERNEL_DW;
    }
    return windows ? shape.d[3] + LINE : shape.d[3];
}

/* The scratch tensors of a group, their halos and when they are used. */
static void list_locals(struct plan *p, int group)
{
    struct group *g = &p->group[group];
    for (int i = 0; i < g->kernels; i++) {
        const struct kernel *k = &g->kernel[i];
        for (int r = 0; r < k->roots; r++) {
            const struct node_plan *np = &p->node[k->root[r]];
            if (np->keep == KEEP_LOCAL || np->scratch || k->copy[r]) add_local(p, group, k->root[r], k->copy[r], i);
        }
        if (k->front && p->node[k->front].scratch) add_local(p, group, k->front, 0, i);
    }
    for (int i = 0; i < g->kernels; i++) {
        const struct kernel *k = &g->kernel[i];
        for (int r = 0; r < k->reads; r++) {
            struct local *l = read_local(p, group, k, r);
            if (!l) continue;
            l->last = max(l->last, i);
            if (is_own_read(p, k, r)) l->halo = max(l->halo, plan_halo(p, k->root[0], r));
        }
    }
    for (int i = 0; i < g->locals; i++) g->local[i].step = pixel_step(p, group, &g->local[i]);
    for (int i = 0; i < g->locals && p->sharing == PLAN_PICTURE; i++) chain_local(p, g, &g->local[i]);
}

void plan_schedule(struct plan *p)
{
    earliest(p);
    latest(p);
    build_steps(p);
    if (p->sharing != PLAN_BATCH) plan_fuse(p);
    decide_scratch(p);
    for (int i = 0; i < p->groups; i++) stage_copies(p, i);
    if (p->sharing == PLAN_PICTURE) plan_share(p);
    for (int i = 0; i < p->groups; i++) list_locals(p, i);
}
