/* Sums over the batch: batch statistics, and the sums of parts. */
#include "constants.h"
#include "emit_cuda.h"
#include "launch.h"
#include "ops.h"

static void emit_moments(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct launch_builder c = launch_begin(s, n);
    size_constants(c.mem, &c.sub, c.x->shape, c.y->shape);
    launch_constant(&c, "AG_IMAGES", s->p->batch);
    launch_constant(&c, "AG_PARTS", s->p->node[n].parts);
    launch_constant(&c, "AG_PART_STRIDE", s->p->node[n].partial_size);
    launch_over_items(&c, "moments", launch_name(&c, "moments", c.x->shape),
                      256L * s->p->node[n].parts * ceil_div(c.x->shape.d[3], 32));
}

void cuda_combine(const struct call_site *s, int n)
{
    struct launch_builder c = launch_begin(s, n);
    const char *template = c.y->op == OP_MOMENTS ? "combine_moments" : c.y->op == OP_SUM ? "combine" : "combine_wgrad";
    launch_constant(&c, "AG_PARTS", s->p->node[n].parts);
    launch_constant(&c, "AG_PART_STRIDE", s->p->node[n].partial_size);
    launch_constant(&c, "AG_SIZE", shape_size(c.y->shape));
    launch_constant(&c, "AG_IMAGES", s->p->batch);
    launch_constant(&c, "AG_PIXELS", (long)c.x->shape.d[1] * c.x->shape.d[2]);
    launch_constant(&c, "AG_C", c.x->shape.d[3]);
    launch_constant(&c, "AG_IN_C", c.y->shape.d[1]);
    launch_constant(&c, "AG_OUT_C", c.y->shape.d[0]);
    launch_constant(&c, "AG_TAPS", (long)c.y->shape.d[2] * c.y->shape.d[3]);
    launch_constant(&c, "AG_DEPTHWISE", c.y->op == OP_DEPTHWISE_DW);
    struct call_site outside = {s->c, s->p, -1, NULL};
    c.flop = 0; /* it is the parts' */
    launch_argument(&c, mem_printf(c.mem, "b[AG_ARENA] + %ld", s->p->node[n].partial));
    launch_argument(&c, code_address(s->c, s->p, -1, NULL, n));
    c.s = &outside;
    double bytes = (double)(s->p->node[n].parts + 1) * (double)shape_size(c.y->shape) * sizeof(float);
    launch_finish(&c, template, mem_printf(c.mem, "%s_%ld", template, shape_size(c.y->shape)),
                  cuda_launch(shape_size(c.y->shape), 0, bytes));
}

const struct variant cuda_moments = {.name = "moments", .op = OP_MOMENTS, .emit = emit_moments};
