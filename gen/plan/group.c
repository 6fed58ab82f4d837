#include "group.h"
#include "ops.h"

#include <string.h>

enum { JOINED_READS = 24 }; /* the most nodes that a kernel of several roots reads */

int has_pointwise_kernel(const struct plan *p, int n)
{
    const struct node *node = &p->graph->node[n];
    return op_table[node->op].class == CLASS_POINTWISE || node->op == OP_SUM || node->op == OP_CONST;
}

static int shares_read(const struct kernel *k, const int *read, int reads)
{
    for (int i = 0; i < k->reads; i++)
        for (int e = 0; e < reads; e++)
            if (k->read[i] == read[e]) return 1;
    return 0;
}

/* Returns 0 if kernel k writes nothing of read[]; 2 if what it writes of read[] is pointwise values, which a further
 * root of k could use as well; 1 if there is anything else. */
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

struct kernel *group_append(struct group *grp)
{
    grp->kernel = mem_grow(grp->kernel, grp->kernels, &grp->capacity, sizeof *grp->kernel);
    struct kernel *k = &grp->kernel[grp->kernels++];
    memset(k, 0, sizeof *k);
    return k;
}

void group_add_root(const struct plan *p, struct group *grp, int root, int copy)
{
    int read[KERNEL_READS], reads = plan_root_reads(p, root, copy, read, 0);
    for (int i = grp->kernels - 1; i >= 0; i--) {
        if (join(p, &grp->kernel[i], root, copy, read, reads)) return;
        if (writes_any(p, &grp->kernel[i], read, reads)) break;
    }
    struct kernel *k = group_append(grp);
    k->kind = KERNEL_POINTWISE;
    k->root[k->roots++] = root;
    k->copy[0] = copy;
    k->reads = reads;
    memcpy(k->read, read, sizeof read);
}

int group_has_root(const struct group *grp, int n, int copy)
{
    for (int i = 0; i < grp->kernels; i++)
        for (int r = 0; r < grp->kernel[i].roots; r++)
            if (grp->kernel[i].root[r] == n && grp->kernel[i].copy[r] == copy) return 1;
    return 0;
}

void group_add_node(const struct plan *p, struct group *grp, int n)
{
    const struct node *node = &p->graph->node[n];
    for (int k = 0; k < node->ins; k++) {
        int x = plan_source(p, n, k);
        if (plan_storage(p, x) != VALUE_PER_GROUP || group_has_root(grp, x, 0)) continue;
        if (has_pointwise_kernel(p, x))
            group_add_root(p, grp, x, 0);
        else
            group_add_node(p, grp, x);
    }
    struct kernel *kernel = group_append(grp);
    kernel->kind = KERNEL_NODE;
    kernel->root[kernel->roots++] = n;
    for (int k = 0; k < node->ins; k++) kernel->read[kernel->reads++] = plan_source(p, n, k);
}
