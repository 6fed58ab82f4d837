/* How stages of the plan add kernels to a group. */
#ifndef GROUP_H
#define GROUP_H

#include "plan.h"

/* Returns 1 if a pointwise kernel computes node n: n is an expression, a sum of one, or a constant. */
int has_pointwise_kernel(const struct plan *p, int n);
/* Returns 1 if a kernel of the group stores node n, or with copy 1 the copy of n in scratch. */
int group_has_root(const struct group *g, int n, int copy);
/* Appends an empty kernel and returns it. The pointer holds until the next one is appended. */
struct kernel *group_append(struct group *g);
/* Adds a pointwise root. It joins the last kernel that has the same index space, reads an input of it or computes one,
 * and has room; without such a kernel it gets its own. */
void group_add_root(const struct plan *p, struct group *g, int root, int copy);
/* Adds the kernel of node n, and before it kernels for those inputs that each group computes itself
 * (VALUE_PER_GROUP). */
void group_add_node(const struct plan *p, struct group *g, int n);

#endif
