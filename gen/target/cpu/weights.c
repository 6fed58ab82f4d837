/* Kernels in weight space: packing, taps, rearrangements, softmax. */
#include "emit_cpu.h"
#include "constants.h"
#include "ops.h"

#include <stdlib.h>

static int pack_instance(const struct call_site *s, int n)
{
    static const char *const kind[] = {"conv", "conv", "deconv", "dwconv", "dwconv"};
    const struct node *y = &s->p->graph->node[n];
    struct weight w = g_weight(s->p->graph, y->in[0]);
    enum pack pack = (enum pack)y->pack;
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int swapped = pack == PACK_CONV_FLIPT || pack == PACK_DECONV;
    set_constant(mem, &sub, "AG_IN_C", swapped ? w.out : w.in);
    set_constant(mem, &sub, "AG_OUT_C", swapped ? w.in : w.out);
    set_constant(mem, &sub, "AG_C", w.out);
    set_constant(mem, &sub, "AG_K", w.k);
    set_constant(mem, &sub, "AG_TRANSPOSED", pack == PACK_CONV_FLIPT);
    set_constant(mem, &sub, "AG_FLIP", pack == PACK_DEPTHWISE_FLIP);
    packing_constants(mem, &sub, swapped ? w.in : w.out, pack == PACK_DECONV ? 1 : w.k);
    const char *name = mem_printf(mem, "pack_%s%dx%d_%d_%d", kind[pack], w.k, w.k, w.out, w.in);
    const char *template = y->packing == PACKING_OUTPUTS ? "conv_narrow" : kind[pack];
    int i = code_instance(s->c, template, "pack", name, &sub, 0);
    free(sub.list);
    return i;
}

static int taps_instance(const struct call_site *s, int n)
{
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int adjoint = y->op == OP_TAPS_T || y->op == OP_EDGE_TAPS_T;
    struct shape w = adjoint ? y->shape : x->shape;
    const char *template = op_table[y->op].name;
    set_constant(mem, &sub, "AG_OUT_C", w.d[1]);
    set_constant(mem, &sub, "AG_IN_C", w.d[2]);
    set_constant(mem, &sub, "AG_TAPS_KIND", y->taps);
    int i =
        code_instance(s->c, template, NULL, mem_printf(mem, "%s%ld_%d_%d", template, y->taps, w.d[1], w.d[2]), &sub, 0);
    free(sub.list);
    return i;
}

static int unpack_instance(const struct call_site *s, int n)
{
    const struct node *y = &s->p->graph->node[n];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    set_constant(mem, &sub, "AG_K", y->k);
    set_constant(mem, &sub, "AG_OUT_C", y->weight_out);
    set_constant(mem, &sub, "AG_IN_C", y->weight_in);
    const char *name = mem_printf(mem, "unpack%ldx%ld_%ld_%ld", y->k, y->k, y->weight_out, y->weight_in);
    int i = code_instance(s->c, "wgrad_unpack", NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

static int strided_instance(const struct call_site *s, int n)
{
    struct substitutions sub = {NULL, 0, 0};
    const char *name;
    strided_constants(s->c->mem, &sub, s->p->graph, n, &name);
    int i = code_instance(s->c, "strided", NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

static int softmax_instance(const struct call_site *s, int n)
{
    struct substitutions sub = {NULL, 0, 0};
    int size = s->p->graph->node[n].shape.d[3];
    set_constant(s->c->mem, &sub, "AG_C", size);
    int i = code_instance(s->c, "softmax", NULL, mem_printf(s->c->mem, "softmax_%d", size), &sub, 0);
    free(sub.list);
    return i;
}

static void emit_pack(const struct call_site *s, const struct kernel *k)
{
    cpu_call_for_weights(s, k->root[0], pack_instance(s, k->root[0]));
}

static void emit_taps(const struct call_site *s, const struct kernel *k)
{
    cpu_call_for_weights(s, k->root[0], taps_instance(s, k->root[0]));
}

static void emit_unpack(const struct call_site *s, const struct kernel *k)
{
    cpu_call_for_weights(s, k->root[0], unpack_instance(s, k->root[0]));
}

static void emit_strided(const struct call_site *s, const struct kernel *k)
{
    cpu_call_for_weights(s, k->root[0], strided_instance(s, k->root[0]));
}

static void emit_softmax(const struct call_site *s, const struct kernel *k)
{
    cpu_call_for_weights(s, k->root[0], softmax_instance(s, k->root[0]));
}

const struct variant cpu_pack = {.name = "pack", .op = OP_PACK, .emit = emit_pack};
const struct variant cpu_taps = {.name = "taps", .op = OP_TAPS, .emit = emit_taps};
const struct variant cpu_taps_t = {.name = "taps_t", .op = OP_TAPS_T, .emit = emit_taps};
const struct variant cpu_edge_taps = {.name = "edge_taps", .op = OP_EDGE_TAPS, .emit = emit_taps};
const struct variant cpu_edge_taps_t = {.name = "edge_taps_t", .op = OP_EDGE_TAPS_T, .emit = emit_taps};
const struct variant cpu_unpack = {.name = "unpack", .op = OP_UNPACK, .emit = emit_unpack};
const struct variant cpu_slice = {.name = "slice", .op = OP_SLICE, .emit = emit_strided};
const struct variant cpu_place = {.name = "place", .op = OP_PLACE, .emit = emit_strided};
const struct variant cpu_pad = {.name = "pad", .op = OP_PAD, .emit = emit_strided};
const struct variant cpu_crop = {.name = "crop", .op = OP_CROP, .emit = emit_strided};
const struct variant cpu_flip = {.name = "flip", .op = OP_FLIP, .emit = emit_strided};
const struct variant cpu_flipt = {.name = "flipt", .op = OP_FLIPT, .emit = emit_strided};
const struct variant cpu_permute = {.name = "permute", .op = OP_PERMUTE, .emit = emit_strided};
const struct variant cpu_softmax = {.name = "softmax", .op = OP_SOFTMAX, .emit = emit_softmax};
