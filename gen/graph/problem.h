/* The task of one kernel, apart from any graph. Which implementation is chosen depends on this alone (plan/variant.h).
 */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "graph.h"

struct problem {
    enum op op; /* the kernel's operator */
    int k, stride, pad;
    enum conv_form form;
    struct shape x, y; /* shapes of its first input and of its result */
};

/* The task of node n's operator. */
struct problem problem_of(const struct graph *g, int n);

#endif
