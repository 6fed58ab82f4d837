/* Resampling: kernels that rearrange or filter pictures, and sums of columns. */
#include "emit_cpu.h"
#include "constants.h"
#include "ops.h"

#include <stdlib.h>

/* The template, and the size that it is written for. */
static int resample_instance(const struct call_site *s, int n, struct kernel_call *call)
{
    static const char *const template[OP_COUNT] = {
        [OP_UP_NEAREST] = "nearest",       [OP_SUMPOOL] = "sumpool", [OP_UP_BILINEAR] = "bilinear",
        [OP_UP_BILINEAR_T] = "bilinear_t", [OP_FIR] = "fir",         [OP_SHUFFLE] = "shuffle",
        [OP_UNSHUFFLE] = "unshuffle",
    };
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    const char *kind = template[y->op];
    struct shape small = y->shape.d[1] < x->shape.d[1] ? y->shape : x->shape, size = y->op == OP_FIR ? x->shape : small;
    int channels = y->shape.d[3] < x->shape.d[3] ? y->shape.d[3] : x->shape.d[3];
    size_constants(mem, &sub, x->shape, y->shape);
    set_constant(mem, &sub, "AG_IN_HALO", cpu_halo_in(s, n, 0));
    set_constant(mem, &sub, "AG_OUT_HALO", cpu_halo(s, n));
    set_constant(mem, &sub, "AG_PAD", y->fir_pad);
    set_constant(mem, &sub, "AG_CLAMP", y->beyond == BEYOND_CLAMP);
    cpu_epilogue(s, &sub, call);
    int i =
        code_instance(s->c, kind, NULL, mem_printf(mem, "%s_%dx%dx%d", kind, size.d[1], size.d[2], channels), &sub, 0);
    free(sub.list);
    return i;
}

static int col2im_instance(const struct call_site *s, int n, struct kernel_call *call)
{
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    size_constants(mem, &sub, x->shape, y->shape);
    set_constant(mem, &sub, "AG_K", y->k);
    set_constant(mem, &sub, "AG_IN_HALO", cpu_halo_in(s, n, 0));
    cpu_epilogue(s, &sub, call);
    set_constant(mem, &sub, "AG_OUT_HALO", cpu_halo(s, call->result));
    const char *name =
        mem_printf(mem, "col2im%ldx%ld_%dx%dx%d", y->k, y->k, y->shape.d[1], y->shape.d[2], y->shape.d[3]);
    int i = code_instance(s->c, "col2im", NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

static void emit_resample(const struct call_site *s, const struct kernel *k)
{
    struct kernel_call call = {.result = k->root[0], .ins = 1};
    const int instance = resample_instance(s, k->root[0], &call);
    cpu_call(s, k->root[0], instance, &call);
}

static void emit_col2im(const struct call_site *s, const struct kernel *k)
{
    struct kernel_call call = {.result = k->root[0], .ins = 1};
    const int instance = col2im_instance(s, k->root[0], &call);
    cpu_call(s, k->root[0], instance, &call);
}

const struct variant cpu_nearest = {
    .name = "nearest", .op = OP_UP_NEAREST, .split = cpu_split_rows, .emit = emit_resample};
const struct variant cpu_sumpool = {.name = "sumpool", .op = OP_SUMPOOL, .emit = emit_resample};
const struct variant cpu_bilinear = {
    .name = "bilinear", .op = OP_UP_BILINEAR, .split = cpu_split_rows, .emit = emit_resample};
const struct variant cpu_bilinear_t = {.name = "bilinear_t", .op = OP_UP_BILINEAR_T, .emit = emit_resample};
const struct variant cpu_fir = {.name = "fir", .op = OP_FIR, .split = cpu_split_other, .emit = emit_resample};
const struct variant cpu_shuffle = {.name = "shuffle", .op = OP_SHUFFLE, .emit = emit_resample};
const struct variant cpu_unshuffle = {.name = "unshuffle", .op = OP_UNSHUFFLE, .emit = emit_resample};
const struct variant cpu_col2im = {.name = "col2im",
                                   .op = OP_COL2IM,
                                   .can = CAN_EPILOGUE,
                                   .halo = cpu_halo_of_window,
                                   .split = cpu_split_rows,
                                   .emit = emit_col2im};
