/*
 * Puts the kernels in order and makes groups of them.
 *
 * Nodes are ordered by section, then by level (how many times the whole batch has been waited for), then by their
 * number in the graph. A node that is no sum over the batch runs as late as its consumers allow, so that its value is
 * still in cache when they read it. Batched nodes of one level and one resolution that follow one another form a group.
 */
#include "group.h"
#include "ops.h"

#include <stdlib.h>
#include <string.h>

/* Returns 1 if the readers of node n must wait until the whole batch is done. */
static int waits(const struct plan *p, int n)
{
    enum op op = p->graph->node[n].op;
    return plan_is_partial(p, n) || op == OP_UNBATCH || op == OP_LINEAR_WGRAD;
}

/* Sets the section of each node, and the lowest level at which its inputs are there. */
static void earliest(struct plan *p)
{
    const struct graph *g = p->graph;
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->node[i];
        struct node_plan *np = &p->node[i];
        if (!p->live[i] || op_table[n->op].class == CLASS_LEAF) continue;
        np->section = n->section;
        for (int k = 0; k < n->ins; k++) np->section = int_max(np->section, p->node[n->in[k]].section);
        for (int k = 0; k < n->ins; k++) {
            const struct node_plan *x = &p->node[n->in[k]];
            if (x->section == np->section) np->level = int_max(np->level, x->level);
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
            last[p->node[i].section] = int_max(last[p->node[i].section], p->node[i].level - waits(p, i));
    }
    for (int i = g->count - 1; i >= 0; i--) {
        const struct node *n = &g->node[i];
        struct node_plan *np = &p->node[i];
        if (!p->live[i]) continue;
        if (n->batched && op_table[n->op].class != CLASS_LEAF && limit[i] != NEVER)
            np->level = int_max(np->level, limit[i]);
        int when = np->level - waits(p, i);
        for (int k = 0; k < n->ins; k++) {
            const struct node_plan *x = &p->node[n->in[k]];
            int bound = x->section == np->section ? when : last[x->section];
            if (bound < limit[n->in[k]]) limit[n->in[k]] = bound;
        }
    }
}

/* ---------------------------------------------------------------- items, groups, steps */

/* A node to be computed, with what its place in the order depends on. */
struct item {
    int node, section, level, batched;
    int after, small; /* list_items */
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

/* Returns 1 if n has one value for each channel of a picture, or at most 4 for each pixel. */
static int is_small(const struct node *n)
{
    return n->batched && ((n->shape.d[1] == 1 && n->shape.d[2] == 1) || n->shape.d[3] <= 4);
}

/* Lists the nodes that are computed once, in their order. If kernels have epilogues, a small value (is_small) comes as
 * early as it can, so that epilogues can read it: right after number `after`, the last large value that it depends on.
 * All other nodes keep the order of the graph. Returns the number of items. */
static int list_items(const struct plan *p, struct item *item)
{
    const struct graph *g = p->graph;
    int count = 0, *after = mem_alloc(p->mem, sizeof *after * (size_t)(g->count + 1));
    for (int i = 0; i < g->count; i++) {
        const struct node_plan *np = &p->node[i];
        if (!p->live[i]) continue;
        const int stored = plan_storage(p, i) == VALUE_STORED, small = p->policy->epilogues && is_small(&g->node[i]);
        const int partial = plan_is_partial(p, i), batched = partial || g->node[i].batched;
        for (int k = 0; k < g->node[i].ins && batched; k++) after[i] = int_max(after[i], after[g->node[i].in[k]]);
        if (stored && batched && !small) after[i] = i;
        if (stored) item[count++] = (struct item){i, np->section, np->level - partial, batched, after[i], small};
    }
    qsort(item, (size_t)count, sizeof *item, compare_items);
    return count;
}

/* Returns the height in pixels of the largest picture that n reads or writes. */
static int resolution(const struct plan *p, int n)
{
    const struct node *node = &p->graph->node[n];
    int r = node->batched ? node->shape.d[1] : 0, weights = op_table[node->op].class == CLASS_WINDOW && node->ins > 1;
    for (int k = 0; k < (weights ? 1 : node->ins); k++)
        if (p->graph->node[node->in[k]].batched) r = int_max(r, p->graph->node[node->in[k]].shape.d[1]);
    return r;
}

/* Returns 1 if node n may join group g. If threads share a picture, all nodes form one group. Otherwise a convolution
 * runs in a group of its larger picture's resolution. Pooling and interpolation are cheap, and they may also join a
 * group of their result's resolution: if that group ended, its tensors would have to pass through the arena. */
static int fits(const struct plan *p, const struct group *g, int n)
{
    const struct node *node = &p->graph->node[n];
    if (p->policy->shares || resolution(p, n) == g->resolution) return 1;
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

/* Appends the steps that add up the partial sums of a group; they come right after it. */
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
    struct kernel k = {.kind = has_pointwise_kernel(p, n) ? KERNEL_POINTWISE : KERNEL_NODE, .root = {n}, .roots = 1};
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
        if (has_pointwise_kernel(p, n))
            group_add_root(p, &p->group[group], n, 0);
        else
            group_add_node(p, &p->group[group], n);
    }
    close_group(p, group);
}

void plan_order(struct plan *p)
{
    earliest(p);
    latest(p);
    build_steps(p);
}
