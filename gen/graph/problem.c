#include "problem.h"

struct problem problem_of(const struct graph *g, int n)
{
    const struct node *y = &g->node[n];
    struct problem p = {.op = y->op, .k = (int)y->k, .stride = (int)y->stride, .pad = (int)y->pad, .y = y->shape};
    p.form = (enum conv_form)y->form;
    if (y->ins) p.x = g->node[y->in[0]].shape;
    return p;
}
