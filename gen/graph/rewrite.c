#include "rewrite.h"

struct graph *graph_rewrite(const struct graph *g, int (*node)(struct rewrite *r, int i), void *own)
{
    const size_t n = (size_t)g->count + 1;
    struct rewrite r = {.from = g, .to = graph_new(), .own = own};
    r.map = mem_alloc(r.to->mem, n * sizeof *r.map);
    r.uses = mem_alloc(r.to->mem, n * sizeof *r.uses);
    r.live = mem_alloc(r.to->mem, n);
    r.fixed = mem_alloc(r.to->mem, n);
    graph_live(g, r.live);
    graph_uses(g, r.live, r.uses);
    graph_fixed(g, r.fixed);
    for (int i = 0; i < g->count; i++) {
        if (!r.live[i]) continue;
        const int made = node(&r, i);
        r.map[i] = made < 0 ? graph_copy_node(r.to, g, i, r.map) : made;
    }
    for (int t = 0; t < g->targets; t++) {
        const struct graph_target *target = &g->target[t];
        graph_target(r.to, r.map[target->node], target->block, target->offset, target->name);
    }
    return r.to;
}
