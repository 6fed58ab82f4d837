/* Linear layers of few pictures, and their weight gradients. */
#include "constants.h"
#include "emit_cuda.h"
#include "launch.h"
#include "ops.h"

static void emit_linear(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct launch_builder c = launch_begin(s, n);
    const int wgrad = c.y->op == OP_LINEAR_WGRAD, in = c.x->shape.d[3], out = wgrad ? c.y->shape.d[0] : c.y->shape.d[3];
    const char *template = wgrad ? "linear_wgrad" : "linear";
    launch_constant(&c, "AG_IMAGES", s->p->batch);
    launch_constant(&c, "AG_IN_C", in);
    launch_constant(&c, "AG_OUT_C", out);
    launch_constant(&c, "AG_BIAS", c.y->ins == 3);
    launch_constant(&c, "AG_TRANSPOSED", c.y->transposed);
    launch_inputs(&c, c.y->ins);
    if (!wgrad && c.y->ins == 2) launch_argument(&c, "(real *)0");
    launch_argument(&c, cuda_output(s, n));
    struct launch launch = cuda_launch(wgrad ? (long)in * out / 4 : out * 32L, 0, cuda_bytes(s, n));
    launch_finish(&c, template, mem_printf(c.mem, "%s_%d_%d", template, in, out), launch);
}

const struct variant cuda_linear = {.name = "linear", .op = OP_KERNEL_LINEAR, .emit = emit_linear};
const struct variant cuda_linear_wgrad = {.name = "linear_wgrad", .op = OP_LINEAR_WGRAD, .emit = emit_linear};
