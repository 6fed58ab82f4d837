/* What comes after a share of a convolution, to be fetched into its core's cache while it computes: struct prefetch of
 * templates/cpu/vector.h. */
#include "emit_cpu.h"
#include "ops.h"

/* More than this, in reals, has gone from a core's second level of cache again when it is read. */
enum { MOST_WEIGHTS = 1 << 18, MOST_ROWS = 1 << 16 };

static int is_dense(const struct plan *p, const struct kernel *k)
{
    return k->kind == KERNEL_NODE && (plan_can(p, k->root[0]) & IS_DENSE);
}

/* The weights of the next convolution; NULL: none follows, or too many, or one thread alone reads them. */
static const char *next_weights(const struct call_site *s)
{
    const struct plan *p = s->p;
    const struct group *g = &p->group[s->group];
    const struct kernel *k = s->k + 1, *const end = g->kernel + g->kernels;
    while (k < end && !is_dense(p, k)) k++;
    if (k == end || k->shares == 1) return NULL;
    const int n = k->root[0], w = p->graph->node[n].in[1], size = p->graph->node[w].shape.d[3];
    if (size > MOST_WEIGHTS) return NULL;
    return mem_printf(s->c->mem, "%s, %d, %s", cpu_input(s, n, 1), size,
                      plan_split_of(p, n) == SPLIT_WEIGHTS ? "1" : "these->threads");
}

/* What the next share of the chain's first kernel reads beside what this one's has read: as many rows of its input as
 * a share makes; NULL: none, or too many, or an earlier convolution of the chain has fetched them. */
static const char *next_rows(const struct call_site *s)
{
    const struct plan *p = s->p;
    const struct kernel *k = s->k;
    while (k->chained)
        if (is_dense(p, --k)) return NULL;
    const int n = k->root[0];
    const struct node *y = &p->graph->node[n];
    if (k->kind != KERNEL_NODE || !(plan_can(p, n) & READS_ROWS)) return NULL;
    if (plan_split_of(p, n) == SPLIT_WEIGHTS) return NULL;
    const struct shape size = p->graph->node[plan_source(p, n, 0)].shape;
    if (size.d[1] != y->shape.d[1] || size.d[1] % k->shares) return NULL;
    const long halo = cpu_halo_in(s, n, 0), row = (size.d[2] + 2 * halo) * cpu_pixel_stride_in(s, n, 0);
    const long rows = size.d[1] / k->shares;
    if (rows * row > MOST_ROWS) return NULL;
    return mem_printf(s->c->mem, "%s + %ld, %ld", cpu_input(s, n, 0), (plan_halo(p, n, 0) + halo) * row, rows * row);
}

const char *cpu_prefetch(const struct call_site *s)
{
    if (!s->k || s->k->shares == 1) return NULL;
    const char *const weights = next_weights(s), *const rows = next_rows(s);
    if (!weights && !rows) return NULL;
    return mem_printf(s->c->mem, "&(struct prefetch){%s, %s}", weights ? weights : "0, 0, 1", rows ? rows : "0, 0");
}
