/*
 * Gives every tensor its place: in the scratch of a group, or in the one arena of the phase. Two tensors may share
 * memory if their lives do not overlap. The largest tensors are placed first, each at the lowest offset that is free
 * during its whole life.
 */
#include "ops.h"
#include "plan.h"
#include "../../runtime/ag.h"

#include <stdlib.h>

enum { SCRATCH_REALS = 98304 }; /* the most scratch for the pictures that a group takes at a time: 384 KB, within L2 */

/* Something to be placed. size: reals. first, last: its life, in kernels of the group or in steps. order: which of
 * equal size is placed first. */
struct object {
    long size, *offset;
    int first, last, order;
};

struct objects {
    struct object *object;
    int count, capacity;
};

static void add_object(struct objects *o, long size, int first, int last, long *offset)
{
    o->object = mem_grow(o->object, o->count, &o->capacity, sizeof *o->object);
    o->object[o->count] = (struct object){(size + 15) / 16 * 16, offset, first, last, o->count};
    o->count++;
}

static int compare_objects(const void *a, const void *b)
{
    const struct object *x = a, *y = b;
    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return x->order - y->order;
}

/* Returns the lowest offset at which object i does not overlap an object that was placed before it and lives at the
 * same time. */
static long lowest_fit(const struct object *o, int i)
{
    long at = 0;
    for (int moved = 1; moved;) {
        moved = 0;
        for (int k = 0; k < i; k++) {
            int together = o[k].first <= o[i].last && o[i].first <= o[k].last;
            if (!together || *o[k].offset >= at + o[i].size || at >= *o[k].offset + o[k].size) continue;
            at = *o[k].offset + o[k].size;
            moved = 1;
        }
    }
    return at;
}

/* Places all objects, frees the list, and returns the size of the memory that they need. */
static long place(struct objects *o)
{
    long size = 0;
    if (o->count) qsort(o->object, (size_t)o->count, sizeof *o->object, compare_objects);
    for (int i = 0; i < o->count; i++) {
        *o->object[i].offset = lowest_fit(o->object, i);
        if (*o->object[i].offset + o->object[i].size > size) size = *o->object[i].offset + o->object[i].size;
    }
    free(o->object);
    return size;
}

static void place_scratch(struct plan *p, struct group *g)
{
    struct objects o = {NULL, 0, 0}, own = {NULL, 0, 0}; /* own: rows of a share, in the scratch of its thread */
    for (int i = 0; i < g->locals; i++) {
        struct scratch_tensor *l = &g->local[i];
        const struct node *n = &p->graph->node[l->node];
        l->size = (n->shape.d[1] + 2L * l->halo) * (n->shape.d[2] + 2L * l->halo) * l->pixel_stride;
        if (l->rows) {
            l->size = (long)l->rows * n->shape.d[2] * l->pixel_stride;
            add_object(&own, l->size, l->first, l->last, &l->offset);
        } else {
            l->pictures = l->first < p->coarse ? p->pictures : 1;
            /* The coarse kernels write it for all pictures, and the later kernels read it picture by picture: it lives
             * until the last picture is done. */
            const int stays = l->first < p->coarse && l->last >= p->coarse;
            add_object(&o, (l->size + 15) / 16 * 16 * l->pictures, l->first, stays ? g->kernels - 1 : l->last,
                       &l->offset);
        }
    }
    g->scratch = place(&o);
    const long share = place(&own);
    int most = (p->batch + p->parts - 1) / p->parts;
    long images = g->scratch ? SCRATCH_REALS / g->scratch : most;
    if (p->policy->at_once) images = most = p->batch;
    g->images = images < 1 ? 1 : images > most ? most : (int)images;
    long *size = p->policy->shares ? &p->shared_size : &p->scratch_size;
    if (g->scratch * g->images > *size) *size = g->scratch * g->images;
    if (share > p->scratch_size) p->scratch_size = share;
}

/* ---------------------------------------------------------------- arena */

static void touch(struct plan *p, int n, int step)
{
    long delta;
    struct node_plan *np = &p->node[plan_base(p, n, &delta)];
    if (np->first_step < 0) np->first_step = step;
    np->last_step = step;
}

static void find_lives(struct plan *p)
{
    for (int i = 0; i < p->graph->count; i++) p->node[i].first_step = -1;
    for (int s = 0; s < p->steps; s++) {
        int count;
        const struct kernel *k = plan_kernels(p, s, &count);
        if (p->step[s].combine >= 0) touch(p, p->step[s].combine, s);
        for (; count > 0; count--, k++) {
            for (int r = 0; r < k->reads; r++) touch(p, k->read[r], s);
            for (int r = 0; r < k->roots; r++) touch(p, k->root[r], s);
            if (k->fused_depthwise) touch(p, k->fused_depthwise, s);
        }
    }
}

static long partial_size(const struct plan *p, int i)
{
    const struct node *n = &p->graph->node[i];
    const struct variant *v = p->node[i].variant;
    return v && v->partial ? v->partial(n) : shape_size(n->shape);
}

/* Returns the number of parts of a sum that a pointwise kernel of a GPU computes. */
static int count_sum_parts(const struct plan *p, int i)
{
    enum { THREADS = 256, ROUNDS = 8 };
    const int threads = plan_sum_threads(p, i);
    const long blocks = (shape_size(p->graph->node[i].shape) * threads + THREADS - 1) / THREADS;
    return plan_parts(p, blocks, plan_summands(p, i) / (threads * ROUNDS));
}

static int count_parts(const struct plan *p, int i)
{
    const struct variant *v = p->node[i].variant;
    if (v) return v->parts ? v->parts(p, i) : p->parts;
    return p->policy->blocks ? count_sum_parts(p, i) : p->parts;
}

/* Puts the value of a target straight into the target's block where possible. It is copied there at the end of the
 * phase if the phase reads that block, if the value is another target too, or if the value lies in another node's
 * memory. */
static void place_targets(struct plan *p)
{
    const struct graph *g = p->graph;
    p->copy = mem_alloc(p->mem, sizeof *p->copy * (size_t)(g->targets + 1));
    for (int i = 0; i < g->targets; i++) {
        const struct graph_target *t = &g->target[i];
        struct node_plan *np = &p->node[t->node];
        int own = t->block == AG_OUT || t->block == AG_GRAD || t->block == AG_GRAD_ALPHA || t->block == AG_FIXED;
        if (own && plan_storage(p, t->node) == VALUE_STORED && np->block == AG_ARENA) {
            np->block = t->block;
            np->offset = t->offset;
        } else {
            touch(p, t->node, p->steps);
            p->copy[p->copies++] = i;
        }
    }
}

static void place_arena(struct plan *p)
{
    struct objects o = {NULL, 0, 0};
    for (int i = 0; i < p->graph->count; i++) {
        struct node_plan *np = &p->node[i];
        if (!p->live[i] || plan_storage(p, i) != VALUE_STORED) continue;
        if (np->block == AG_ARENA && !np->scratch)
            add_object(&o, shape_size(p->graph->node[i].shape) * plan_room(p, i), np->first_step, np->last_step,
                       &np->offset);
        if (!plan_is_partial(p, i)) continue;
        np->parts = count_parts(p, i);
        np->partial_size = (partial_size(p, i) + 15) / 16 * 16;
        int producing = 0;
        while (p->step[producing].group != plan_group(p, i)) producing++;
        add_object(&o, np->partial_size * np->parts, producing,
                   np->first_step > producing ? np->first_step : np->last_step, &np->partial);
    }
    p->arena_size = place(&o);
    p->shared = p->arena_size;
    p->arena_size += p->shared_size;
}

void plan_memory(struct plan *p)
{
    for (int i = 0; i < p->groups; i++) place_scratch(p, &p->group[i]);
    for (int i = 0; i < p->graph->count; i++) p->node[i].block = AG_ARENA;
    find_lives(p);
    place_targets(p);
    place_arena(p);
}
