/* Resampling: kernels that rearrange or filter pictures. */
#include "constants.h"
#include "emit_cuda.h"
#include "launch.h"
#include "ops.h"

static void emit_resample(const struct site *s, const struct kernel *k)
{
    const int n = k->root[0];
    static const char *const template[OP_COUNT] = {
        [OP_UP_NEAREST] = "nearest",       [OP_SUMPOOL] = "sumpool", [OP_UP_BILINEAR] = "bilinear",
        [OP_UP_BILINEAR_T] = "bilinear_t", [OP_FIR] = "fir",         [OP_SHUFFLE] = "shuffle",
        [OP_UNSHUFFLE] = "unshuffle",
    };
    struct device_call c = launch_begin(s, n);
    struct shape small = c.y->shape.d[1] < c.x->shape.d[1] ? c.y->shape : c.x->shape;
    struct shape size = c.y->op == OP_FIR ? c.x->shape : small;
    const char *what = template[c.y->op];
    size_tokens(c.mem, &c.sub, size);
    launch_number(&c, "AG_IMAGES", s->p->batch);
    launch_number(&c, "AG_C", c.y->shape.d[3] < c.x->shape.d[3] ? c.y->shape.d[3] : c.x->shape.d[3]);
    launch_number(&c, "AG_PAD", c.y->fir_pad);
    launch_number(&c, "AG_CLAMP", c.y->beyond == BEYOND_CLAMP);
    launch_run(&c, what, launch_named(&c, what, c.x->shape), shape_size(c.y->shape) / 4);
}

const struct variant cuda_nearest = {.name = "nearest", .op = OP_UP_NEAREST, .emit = emit_resample};
const struct variant cuda_sumpool = {.name = "sumpool", .op = OP_SUMPOOL, .emit = emit_resample};
const struct variant cuda_bilinear = {.name = "bilinear", .op = OP_UP_BILINEAR, .emit = emit_resample};
const struct variant cuda_bilinear_t = {.name = "bilinear_t", .op = OP_UP_BILINEAR_T, .emit = emit_resample};
const struct variant cuda_fir = {.name = "fir", .op = OP_FIR, .emit = emit_resample};
const struct variant cuda_shuffle = {.name = "shuffle", .op = OP_SHUFFLE, .emit = emit_resample};
const struct variant cuda_unshuffle = {.name = "unshuffle", .op = OP_UNSHUFFLE, .emit = emit_resample};
