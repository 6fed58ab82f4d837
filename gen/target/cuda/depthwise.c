/* Depthwise convolutions and their weight gradients. */
#include "constants.h"
#include "emit_cuda.h"
#include "launch.h"
#include "ops.h"

static void emit_depthwise(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct launch_builder c = launch_begin(s, n);
    const int gradient = c.y->op == OP_DEPTHWISE_DW;
    size_constants(c.mem, &c.sub, c.x->shape, c.x->shape);
    launch_constant(&c, "AG_IMAGES", s->p->batch);
    launch_constant(&c, "AG_K", c.y->k);
    launch_constant(&c, "AG_PARTS", s->p->node[n].parts);
    launch_constant(&c, "AG_PART_STRIDE", s->p->node[n].partial_size);
    const char *template = gradient ? "dwconv_wgrad" : "dwconv";
    launch_prologue_input(&c, k, n);
    launch_argument(&c, cuda_input(s, n, 1));
    launch_argument(&c, cuda_output(s, n));
    launch_prologue_arguments(&c, k);
    launch_finish(&c, template, launch_name(&c, template, c.x->shape),
                  cuda_launch(shape_size(c.x->shape) / 4, 0, cuda_bytes(s, n)));
}

const struct variant cuda_depthwise = {
    .name = "depthwise", .op = OP_KERNEL_DEPTHWISE, .can = CAN_PROLOGUE | CAN_REPEAT, .emit = emit_depthwise};
const struct variant cuda_depthwise_wgrad = {
    .name = "depthwise_wgrad", .op = OP_DEPTHWISE_DW, .can = CAN_PROLOGUE, .emit = emit_depthwise};
