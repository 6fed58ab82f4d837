/* Depthwise convolutions. */
#include "emit_cpu.h"
#include "constants.h"
#include "ops.h"

#include <stdlib.h>

static int dw_instance(const struct call_site *s, int n, struct kernel_call *call)
{
    const struct node *y = &s->p->graph->node[n];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    size_constants(mem, &sub, y->shape, y->shape);
    set_constant(mem, &sub, "AG_K", y->k);
    set_constant(mem, &sub, "AG_IN_HALO", cpu_halo_in(s, n, 0));
    set_constant(mem, &sub, "AG_OUT_HALO", cpu_halo(s, n));
    set_constant(mem, &sub, "AG_IN_PIXEL_STRIDE", cpu_pixel_stride_in(s, n, 0));
    set_constant(mem, &sub, "AG_OUT_PIXEL_STRIDE", cpu_pixel_stride_out(s, n));
    cpu_epilogue(s, &sub, call);
    const char *name =
        mem_printf(mem, "dwconv%ldx%ld_%dx%dx%d", y->k, y->k, y->shape.d[1], y->shape.d[2], y->shape.d[3]);
    int i = code_instance(s->c, "dwconv", NULL, name, &sub, cpu_flop(s, n));
    free(sub.list);
    return i;
}

static void emit_depthwise(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct kernel_call call = {.result = n, .ins = 2};
    const int instance = dw_instance(s, n, &call);
    cpu_call(s, n, instance, &call);
}

static enum pitch wide(const struct node *n)
{
    (void)n;
    return PITCH_WIDE;
}

const struct variant cpu_depthwise = {.name = "depthwise",
                                      .op = OP_KERNEL_DEPTHWISE,
                                      .can = CAN_REPEAT | READS_ROWS,
                                      .halo = cpu_halo_of_window,
                                      .split = cpu_split_rows,
                                      .pitch = wide,
                                      .emit = emit_depthwise};
