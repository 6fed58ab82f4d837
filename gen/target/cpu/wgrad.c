/* Weight gradients of convolutions. */
#include "emit_cpu.h"
#include "constants.h"
#include "ops.h"

#include <stdlib.h>

static int wgrad_instance(const struct call_site *s, int n)
{
    const struct graph *g = s->p->graph;
    const struct node *w = &g->node[n], *x = &g->node[w->in[0]], *gy = &g->node[w->in[1]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int depthwise = w->op == OP_DEPTHWISE_DW, k = (int)w->k, in = x->shape.d[3], out = gy->shape.d[3];
    size_constants(mem, &sub, x->shape, gy->shape);
    set_constant(mem, &sub, "AG_K", k);
    set_constant(mem, &sub, "AG_PER_PICTURE", w->op == OP_KERNEL_WGRAD);
    set_constant(mem, &sub, "AG_WEIGHT_STRIDE", w->op == OP_KERNEL_WGRAD ? w->shape.d[3] : 0);
    set_constant(mem, &sub, "AG_STRIDE", depthwise ? 1 : w->stride);
    set_constant(mem, &sub, "AG_PAD", depthwise ? k / 2 : w->pad);
    set_constant(mem, &sub, "AG_IN_HALO", cpu_halo_in(s, n, 0));
    set_constant(mem, &sub, "AG_OUT_HALO", cpu_halo_in(s, n, 1));
    const char *name = mem_printf(mem, "%s_wgrad%dx%d_%dx%dx%d_%d", depthwise ? "dwconv" : "conv", k, k, gy->shape.d[1],
                                  gy->shape.d[2], depthwise ? 1 : in, out);
    int i = code_instance(s->c, depthwise ? "dwconv_wgrad" : "conv_wgrad", NULL, name, &sub, cpu_flop(s, n));
    free(sub.list);
    return i;
}

static void emit_wgrad(const struct call_site *s, const struct kernel *k)
{
    struct kernel_call call = {.result = k->root[0], .ins = 2};
    cpu_call(s, k->root[0], wgrad_instance(s, k->root[0]), &call);
}

const struct variant cpu_wgrad = {
    .name = "wgrad", .op = OP_CONV_DW, .halo = cpu_halo_of_padding, .partial = wgrad_partial, .emit = emit_wgrad};
const struct variant cpu_wgrad_per_picture = {
    .name = "wgrad_per_picture", .op = OP_KERNEL_WGRAD, .halo = cpu_halo_of_padding, .emit = emit_wgrad};
const struct variant cpu_depthwise_wgrad = {
    .name = "depthwise_wgrad", .op = OP_DEPTHWISE_DW, .halo = cpu_halo_of_window, .emit = emit_wgrad};
