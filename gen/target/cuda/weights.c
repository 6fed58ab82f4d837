/* Kernels in weight space: packing, taps, rearrangements, softmax. */
#include "constants.h"
#include "emit_cuda.h"
#include "launch.h"
#include "ops.h"

static void emit_pack(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct launch_builder c = launch_begin(s, n);
    struct weight w = g_weight(s->p->graph, c.y->in[0]);
    const enum pack pack = (enum pack)c.y->pack;
    const char *template = pack <= PACK_CONV_FLIPT ? "pack_conv" : pack == PACK_DECONV ? "pack_deconv" : "pack_dw";
    int swapped = pack == PACK_CONV_FLIPT || pack == PACK_DECONV;
    launch_constant(&c, "AG_IMAGES", launch_images(&c, c.y));
    launch_constant(&c, "AG_IN_C", swapped ? w.out : w.in);
    launch_constant(&c, "AG_OUT_C", swapped ? w.in : w.out);
    launch_constant(&c, "AG_C", w.out);
    launch_constant(&c, "AG_K", w.k);
    launch_constant(&c, "AG_TRANSPOSED", pack == PACK_CONV_FLIPT);
    launch_constant(&c, "AG_FLIP", pack == PACK_DEPTHWISE_FLIP);
    launch_constant(&c, "AG_WEIGHT_STRIDE", c.y->shape.d[3]);
    launch_over_items(&c, template, mem_printf(c.mem, "%s%dx%d_%d_%d", template, w.k, w.k, w.out, w.in),
                      shape_size(c.x->shape));
}

static void emit_unpack(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct launch_builder c = launch_begin(s, n);
    launch_constant(&c, "AG_IMAGES", launch_images(&c, c.y));
    launch_constant(&c, "AG_WEIGHT_STRIDE", c.x->shape.d[3]);
    launch_constant(&c, "AG_K", c.y->k);
    launch_constant(&c, "AG_OUT_C", c.y->weight_out);
    launch_constant(&c, "AG_IN_C", c.y->weight_in);
    launch_over_items(&c, "wgrad_unpack", launch_name(&c, "unpack", c.y->shape), shape_size(c.y->shape));
}

static void emit_taps(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct launch_builder c = launch_begin(s, n);
    struct shape w = c.y->op == OP_TAPS_T || c.y->op == OP_EDGE_TAPS_T ? c.y->shape : c.x->shape;
    const char *template = op_table[c.y->op].name;
    launch_constant(&c, "AG_IMAGES", launch_images(&c, c.y));
    launch_constant(&c, "AG_OUT_C", w.d[1]);
    launch_constant(&c, "AG_IN_C", w.d[2]);
    launch_constant(&c, "AG_TAPS_KIND", c.y->taps);
    launch_over_items(&c, template, launch_name(&c, template, c.x->shape), shape_size(w));
}

static void emit_strided(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct launch_builder c = launch_begin(s, n);
    const char *name;
    strided_constants(c.mem, &c.sub, s->p->graph, n, &name);
    launch_constant(&c, "AG_IMAGES", launch_images(&c, c.y));
    launch_constant(&c, "AG_IN_PICTURE_STRIDE", shape_size(c.x->shape) / launch_images(&c, c.y));
    launch_constant(&c, "AG_OUT_PICTURE_STRIDE", shape_size(c.y->shape) / launch_images(&c, c.y));
    launch_over_items(&c, "strided", name, shape_size(c.y->shape));
}

static void emit_softmax(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct launch_builder c = launch_begin(s, n);
    launch_constant(&c, "AG_C", c.y->shape.d[3]);
    launch_over_items(&c, "softmax", launch_name(&c, "softmax", c.y->shape), 1);
}

const struct variant cuda_pack = {.name = "pack", .op = OP_PACK, .emit = emit_pack};
const struct variant cuda_taps = {.name = "taps", .op = OP_TAPS, .emit = emit_taps};
const struct variant cuda_taps_t = {.name = "taps_t", .op = OP_TAPS_T, .emit = emit_taps};
const struct variant cuda_edge_taps = {.name = "edge_taps", .op = OP_EDGE_TAPS, .emit = emit_taps};
const struct variant cuda_edge_taps_t = {.name = "edge_taps_t", .op = OP_EDGE_TAPS_T, .emit = emit_taps};
const struct variant cuda_unpack = {.name = "unpack", .op = OP_UNPACK, .emit = emit_unpack};
const struct variant cuda_slice = {.name = "slice", .op = OP_SLICE, .emit = emit_strided};
const struct variant cuda_place = {.name = "place", .op = OP_PLACE, .emit = emit_strided};
const struct variant cuda_pad = {.name = "pad", .op = OP_PAD, .emit = emit_strided};
const struct variant cuda_crop = {.name = "crop", .op = OP_CROP, .emit = emit_strided};
const struct variant cuda_flip = {.name = "flip", .op = OP_FLIP, .emit = emit_strided};
const struct variant cuda_flipt = {.name = "flipt", .op = OP_FLIPT, .emit = emit_strided};
const struct variant cuda_permute = {.name = "permute", .op = OP_PERMUTE, .emit = emit_strided};
const struct variant cuda_softmax = {.name = "softmax", .op = OP_SOFTMAX, .emit = emit_softmax};
