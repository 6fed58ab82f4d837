/* What the border of a bilinear up-sampling convolution needs beside its main part. */
#include "constants.h"
#include "emit_cuda.h"
#include "launch.h"
#include "ops.h"

void cuda_border(const struct call_site *s, int n)
{
    struct launch_builder c = launch_begin(s, n);
    const int conv = c.y->op == OP_KERNEL_CONV, dw = c.y->op == OP_BORDER_DW,
              dx = c.y->op == OP_BORDER_DX || (conv && c.y->form == FORM_BORDER_DX);
    const char *template = dw ? "border_dw" : dx ? "border_dx" : "border";
    struct shape edges = dw ? c.y->shape : s->p->graph->node[c.y->in[conv ? 2 : 1]].shape;
    struct shape in = c.x->shape, out = c.x->shape;
    in.d[3] = edges.d[2];
    out.d[3] = edges.d[3];
    size_constants(c.mem, &c.sub, in, out);
    launch_constant(&c, "AG_IMAGES", s->p->batch);
    launch_constant(&c, "AG_WRITE_ALL", !conv);
    launch_argument(&c, cuda_input(s, n, 0));
    launch_argument(&c, cuda_input(s, n, conv ? 2 : 1));
    launch_argument(&c, cuda_output(s, n));
    long border = 2L * (c.x->shape.d[1] + c.x->shape.d[2]) * s->p->batch * edges.d[3];
    struct launch launch = cuda_launch(conv ? border : shape_size(c.y->shape), 0, cuda_bytes(s, n));
    if (conv) c.flop = 0; /* it is the convolution's */
    launch_finish(&c, template, launch_name(&c, template, c.x->shape), launch);
}

static void emit_border(const struct call_site *s, const struct kernel *k)
{
    cuda_border(s, k->root[0]);
}

const struct variant cuda_border_add = {.name = "border", .op = OP_BORDER, .emit = emit_border};
const struct variant cuda_border_dx = {.name = "border_dx", .op = OP_BORDER_DX, .emit = emit_border};
const struct variant cuda_border_dw = {.name = "border_dw", .op = OP_BORDER_DW, .emit = emit_border};
