/* What a kernel is to compute, apart from any graph: what the choice of an implementation depends on. */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "graph.h"

struct problem {
    enum op op; /* of a kernel */
    int k, stride, pad;
    enum conv_form form;
    struct shape x, y; /* of its first input and of its result */
};

/* That of node n's operator. */
struct problem problem_of(const struct graph *g, int n);

#endif
