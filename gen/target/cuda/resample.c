/* Resampling: kernels that rearrange or filter pictures. */
#include "constants.h"
#include "emit_cuda.h"
#include "launch.h"
#include "ops.h"

static void emit_resample(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    static const char *const template[OP_COUNT] = {
        [OP_UP_NEAREST] = "nearest",       [OP_SUMPOOL] = "sumpool", [OP_UP_BILINEAR] = "bilinear",
        [OP_UP_BILINEAR_T] = "bilinear_t", [OP_FIR] = "fir",         [OP_SHUFFLE] = "shuffle",
        [OP_UNSHUFFLE] = "unshuffle",
    };
    struct launch_builder c = launch_begin(s, n);
    const char *name = template[c.y->op];
    size_constants(c.mem, &c.sub, c.x->shape, c.y->shape);
    launch_constant(&c, "AG_IMAGES", s->p->batch);
    launch_constant(&c, "AG_PAD", c.y->fir_pad);
    launch_constant(&c, "AG_CLAMP", c.y->beyond == BEYOND_CLAMP);
    launch_over_items(&c, name, launch_name(&c, name, c.x->shape), shape_size(c.y->shape) / 4);
}

const struct variant cuda_nearest = {.name = "nearest", .op = OP_UP_NEAREST, .emit = emit_resample};
const struct variant cuda_sumpool = {.name = "sumpool", .op = OP_SUMPOOL, .emit = emit_resample};
const struct variant cuda_bilinear = {.name = "bilinear", .op = OP_UP_BILINEAR, .emit = emit_resample};
const struct variant cuda_bilinear_t = {.name = "bilinear_t", .op = OP_UP_BILINEAR_T, .emit = emit_resample};
const struct variant cuda_fir = {.name = "fir", .op = OP_FIR, .emit = emit_resample};
const struct variant cuda_shuffle = {.name = "shuffle", .op = OP_SHUFFLE, .emit = emit_resample};
const struct variant cuda_unshuffle = {.name = "unshuffle", .op = OP_UNSHUFFLE, .emit = emit_resample};
