#include "constants.h"
#include "ops.h"

#include <string.h>

void set_constant(struct mem *mem, struct substitutions *sub, const char *name, long value)
{
    template_set(mem, sub, name, "%ld", value);
}

void size_constants(struct mem *mem, struct substitutions *sub, struct shape in, struct shape out)
{
    static const char *const name[3][3] = {
        {"AG_H", "AG_W", "AG_C"}, {"AG_IN_H", "AG_IN_W", "AG_IN_C"}, {"AG_OUT_H", "AG_OUT_W", "AG_OUT_C"}};
    for (int d = 0; d < 3; d++) {
        set_constant(mem, sub, name[0][d], in.d[d + 1]);
        set_constant(mem, sub, name[1][d], in.d[d + 1]);
        set_constant(mem, sub, name[2][d], out.d[d + 1]);
    }
}

/* The loops run over the smaller of x and y. */
void strided_constants(struct mem *mem, struct substitutions *sub, const struct graph *g, int n, const char **name)
{
    const struct node *y = &g->node[n], *x = &g->node[y->in[0]];
    long xs[4] = {0, 0, 0, 1}, ys[4] = {0, 0, 0, 1}, xat = 0, yat = 0, clear = 0;
    struct shape xd = x->shape, yd = y->shape;
    if (y->batched) { /* one picture; the window of a weight [N,O,I,K*K] is its last dimension */
        int flips = y->op == OP_FLIPT;
        xd = flips ? shape4(xd.d[1], xd.d[2], 1, xd.d[3]) : shape4(1, xd.d[1], xd.d[2], xd.d[3]);
        yd = flips ? shape4(yd.d[1], yd.d[2], 1, yd.d[3]) : shape4(1, yd.d[1], yd.d[2], yd.d[3]);
    }
    for (int d = 2; d >= 0; d--) {
        xs[d] = xs[d + 1] * xd.d[d + 1];
        ys[d] = ys[d + 1] * yd.d[d + 1];
    }
    struct shape dim = shape_size(xd) < shape_size(yd) ? xd : yd;
    int grows = y->op == OP_PAD || y->op == OP_PLACE, margin = (yd.d[2] - xd.d[2]) / 2;
    if (grows) clear = shape_size(yd);
    if (y->op == OP_PAD) yat = margin * (ys[2] + ys[3]);
    if (y->op == OP_CROP) xat = -margin * (xs[2] + xs[3]);
    if (y->op == OP_PLACE) yat = y->first * ys[y->dim];
    if (y->op == OP_SLICE) xat = y->first * xs[y->dim];
    if (y->op == OP_PERMUTE) {
        long old[4];
        memcpy(old, xs, sizeof old);
        for (int d = 0; d < 4; d++) xs[d] = old[y->axis[d]];
    }
    if (y->op == OP_FLIP || y->op == OP_FLIPT) {
        xat = (xd.d[2] - 1) * xs[2] + (xd.d[3] - 1) * xs[3];
        xs[2] = -xs[2];
        xs[3] = -xs[3];
    }
    if (y->op == OP_FLIPT) {
        long t = xs[0];
        xs[0] = xs[1];
        xs[1] = t;
        dim = yd;
    }
    for (int d = 0; d < 4; d++) {
        set_constant(mem, sub, mem_printf(mem, "AG_LENGTH%d", d), dim.d[d]);
        set_constant(mem, sub, mem_printf(mem, "AG_IN_STRIDE%d", d), xs[d]);
        set_constant(mem, sub, mem_printf(mem, "AG_OUT_STRIDE%d", d), ys[d]);
    }
    set_constant(mem, sub, "AG_IN_START", xat);
    set_constant(mem, sub, "AG_OUT_START", yat);
    set_constant(mem, sub, "AG_CLEAR", clear);
    *name = mem_printf(mem, "%s_%dx%dx%dx%d", op_table[y->op].name, dim.d[0], dim.d[1], dim.d[2], dim.d[3]);
}
