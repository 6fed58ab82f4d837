/* The kernels of a group, as stages of the plan add them. */
#ifndef GROUP_H
#define GROUP_H

#include "plan.h"

/* Is it computed by a pointwise kernel: an expression, or a sum of one? */
int group_is_pointwise(const struct plan *p, int n);
/* Has the group a kernel that stores node n, or its copy? */
int group_has_root(const struct group *g, int n, int copy);
/* Adds an empty kernel at the end. */
struct kernel *group_append(struct group *g);
/* Adds a pointwise root to the latest kernel over the same index space and inputs that can take it, or on its own. */
void group_add_root(const struct plan *p, struct group *g, int root, int copy);
/* Adds node n's own kernel, and before it what it reads and only exists where it is read. */
void group_add_node(const struct plan *p, struct group *g, int n);

#endif
