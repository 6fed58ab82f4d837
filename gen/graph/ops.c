#include "ops.h"
#include "../../templates/cpu/packing.h"

/* ---------------------------------------------------------------- shapes */

static struct shape input_shape(const struct graph *g, const struct node_args *a, int k)
{
    return g->node[a->in[k]].shape;
}

static struct shape shape_given(const struct graph *g, const struct node_args *a)
{
    (void)g;
    return a->shape;
}

static struct shape shape_first(const struct graph *g, const struct node_args *a)
{
    return input_shape(g, a, 0);
}

static struct shape shape_broadcast(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0), t = input_shape(g, a, 1);
    for (int i = 0; i < 4; i++)
        if (s.d[i] == 1) s.d[i] = t.d[i];
    return s;
}

static struct shape shape_moments(const struct graph *g, const struct node_args *a)
{
    return shape4(1, 1, 2, input_shape(g, a, 0).d[3]);
}

static struct shape shape_range(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    s.d[a->dim] = (int)a->count;
    return s;
}

static struct shape shape_window(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    s.d[2] = s.d[3] = (int)a->k;
    return s;
}

static struct shape shape_flipt(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    return g->node[a->in[0]].batched ? shape4(s.d[0], s.d[2], s.d[1], s.d[3]) : shape4(s.d[1], s.d[0], s.d[2], s.d[3]);
}

static struct shape shape_permute(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    return shape4(s.d[a->axis[0]], s.d[a->axis[1]], s.d[a->axis[2]], s.d[a->axis[3]]);
}

static struct shape shape_conv(const struct graph *g, const struct node_args *a)
{
    struct shape x = input_shape(g, a, 0);
    int k = (int)a->k, s = (int)a->stride, p = (int)a->pad;
    return shape4(x.d[0], (x.d[1] + 2 * p - k) / s + 1, (x.d[2] + 2 * p - k) / s + 1, g_weight(g, a->in[1]).out);
}

static struct shape shape_conv_dw(const struct graph *g, const struct node_args *a)
{
    struct shape x = input_shape(g, a, 0), gy = input_shape(g, a, 1);
    int k = (int)a->k;
    return a->form ? shape4(x.d[0], gy.d[3], x.d[3], k * k) : shape4(gy.d[3], x.d[3], k, k);
}

static struct shape shape_dw_dw(const struct graph *g, const struct node_args *a)
{
    int k = (int)a->k;
    return shape4(input_shape(g, a, 0).d[3], 1, k, k);
}

/* What a packed weight takes in the order of its kernel. That of tiles has more than one channel a lane where channels
 * are few; the other orders take no more than 4 of them then. */
static struct shape shape_pack(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    enum pack pack = (enum pack)a->pack;
    if (pack == PACK_DEPTHWISE || pack == PACK_DEPTHWISE_FLIP) return shape4(1, 1, 1, s.d[0] * s.d[2] * s.d[3]);
    struct weight w = g_weight(g, a->in[0]);
    int flipped = pack != PACK_CONV, out = flipped ? w.in : w.out, in = flipped ? w.out : w.in;
    const int narrow = a->packing != PACKING_TILES && pack != PACK_DECONV && out <= 4 && in % 16 == 0;
    const long reals = narrow                ? 4L * in * w.k * w.k
                       : pack == PACK_DECONV ? PACKED_DECONV_SIZE(out, in, w.k)
                                             : PACKED_SIZE(out, in, w.k);
    return shape4(w.each ? s.d[0] : 1, 1, 1, (int)reals);
}

static struct shape shape_unpack(const struct graph *g, const struct node_args *a)
{
    int k = (int)a->k;
    return shape4(input_shape(g, a, 0).d[0], (int)a->weight_out, (int)a->weight_in, k * k);
}

static struct shape shape_fir(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    int grows = 2 * (int)a->fir_pad - 3;
    return shape4(s.d[0], s.d[1] + grows, s.d[2] + grows, s.d[3]);
}

static struct shape shape_shuffle(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    return shape4(s.d[0], 2 * s.d[1], 2 * s.d[2], s.d[3] / 4);
}

static struct shape shape_unshuffle(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    return shape4(s.d[0], s.d[1] / 2, s.d[2] / 2, 4 * s.d[3]);
}

static struct shape shape_taps(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    return shape4(s.d[0], 4 * s.d[1], s.d[2], s.d[3]);
}

static struct shape shape_taps_t(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    return shape4(s.d[0], s.d[1] / 4, s.d[2], s.d[3]);
}

static struct shape shape_edge_taps(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    return shape4(s.d[0], 16, s.d[2], 4 * s.d[1]);
}

static struct shape shape_edge_taps_t(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    return shape4(s.d[0], s.d[3] / 4, s.d[2], 9);
}

/* x's or gy's shape, with the number of channels that the edge taps have on their other side. */
static struct shape shape_border(const struct graph *g, const struct node_args *a)
{
    struct shape x = input_shape(g, a, 0), v = input_shape(g, a, 1);
    return shape4(x.d[0], x.d[1], x.d[2], v.d[a->op == OP_BORDER ? 3 : 2]);
}

static struct shape shape_border_dw(const struct graph *g, const struct node_args *a)
{
    struct shape x = input_shape(g, a, 0), gy = input_shape(g, a, 1);
    return shape4(x.d[0], 16, x.d[3], gy.d[3]);
}

static struct shape shape_col2im(const struct graph *g, const struct node_args *a)
{
    struct shape x = input_shape(g, a, 0);
    return shape4(x.d[0], x.d[1], x.d[2], (int)a->channels);
}

static struct shape shape_double(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    return shape4(s.d[0], 2 * s.d[1], 2 * s.d[2], s.d[3]);
}

static struct shape shape_halve(const struct graph *g, const struct node_args *a)
{
    struct shape s = input_shape(g, a, 0);
    return shape4(s.d[0], s.d[1] / 2, s.d[2] / 2, s.d[3]);
}

/* ---------------------------------------------------------------- multiply-adds */

static double macs_conv(const struct graph *g, const struct node *n)
{
    struct weight w = g_weight(g, n->in[1]);
    return (double)shape_size(n->shape) * w.in * w.k * w.k;
}

static double macs_conv_dx(const struct graph *g, const struct node *n)
{
    struct weight w = g_weight(g, n->in[1]);
    return (double)shape_size(g->node[n->in[0]].shape) * w.in * w.k * w.k;
}

static double macs_dw(const struct graph *g, const struct node *n)
{
    (void)g;
    return (double)shape_size(n->shape) * (double)n->k * (double)n->k;
}

/* Each value of gy is multiplied with a window of every input channel. */
static double macs_wgrad(const struct graph *g, const struct node *n)
{
    double area = (double)n->k * (double)n->k;
    return (double)shape_size(g->node[n->in[1]].shape) * g->node[n->in[0]].shape.d[3] * area;
}

static double macs_dw_wgrad(const struct graph *g, const struct node *n)
{
    return (double)shape_size(g->node[n->in[1]].shape) * (double)n->k * (double)n->k;
}

static double macs_kernel_conv(const struct graph *g, const struct node *n)
{
    return macs_dw(g, n) * g->node[n->in[0]].shape.d[3];
}

static double macs_linear(const struct graph *g, const struct node *n)
{
    return (double)shape_size(n->shape) * g->node[n->in[0]].shape.d[3];
}

static double macs_kernel_deconv(const struct graph *g, const struct node *n)
{
    return (double)shape_size(g->node[n->in[0]].shape) * (double)(n->k * n->k) * n->shape.d[3];
}

/* ---------------------------------------------------------------- the table */

/* The gradient rules (op_grads.c). n: the node. gy: the gradient in its result. Each adds the gradients in n's inputs
 * to sum[] by grad_add. */
#define GRADIENT(name) void name(struct graph *g, int n, int gy, int *sum)
GRADIENT(grad_both);
GRADIENT(grad_sub);
GRADIENT(grad_mul);
GRADIENT(grad_relu);
GRADIENT(grad_lrelu);
GRADIENT(grad_tanh);
GRADIENT(grad_softplus);
GRADIENT(grad_sigmoid);
GRADIENT(grad_rsqrt);
GRADIENT(grad_pass);
GRADIENT(grad_moments);
GRADIENT(grad_softmax);
GRADIENT(grad_slice);
GRADIENT(grad_place);
GRADIENT(grad_pad);
GRADIENT(grad_crop);
GRADIENT(grad_self_adjoint);
GRADIENT(grad_permute);
GRADIENT(grad_reshape);
GRADIENT(grad_unbatch);
GRADIENT(grad_rebatch);
GRADIENT(grad_conv);
GRADIENT(grad_conv_dx);
GRADIENT(grad_conv_dw);
GRADIENT(grad_dw);
GRADIENT(grad_dw_dw);
GRADIENT(grad_nearest);
GRADIENT(grad_sumpool);
GRADIENT(grad_bilinear);
GRADIENT(grad_bilinear_t);
GRADIENT(grad_fir);
GRADIENT(grad_shuffle);
GRADIENT(grad_unshuffle);
GRADIENT(grad_taps);
GRADIENT(grad_taps_t);
GRADIENT(grad_edge_taps);
GRADIENT(grad_edge_taps_t);
GRADIENT(grad_border);
GRADIENT(grad_border_dx);
GRADIENT(grad_border_dw);
#undef GRADIENT

const struct op_info op_table[OP_COUNT] = {
    [OP_PARAM] = {"param", CLASS_LEAF, shape_given, NULL, NULL, NULL},
    [OP_INPUT] = {"input", CLASS_LEAF, shape_given, NULL, NULL, NULL},
    [OP_CONST] = {"const", CLASS_LEAF, shape_given, NULL, NULL, NULL},
    [OP_ADD] = {"add", CLASS_POINTWISE, shape_broadcast, grad_both, "$0 + $1", NULL},
    [OP_SUB] = {"sub", CLASS_POINTWISE, shape_broadcast, grad_sub, "$0 - $1", NULL},
    [OP_MUL] = {"mul", CLASS_POINTWISE, shape_broadcast, grad_mul, "$0 * $1", NULL},
    [OP_RELU] = {"relu", CLASS_POINTWISE, shape_first, grad_relu, "$0 > 0 ? $0 : 0", NULL},
    [OP_LRELU] = {"lrelu", CLASS_POINTWISE, shape_first, grad_lrelu, "$0 > 0 ? $0 : (real)0.2 * $0", NULL},
    [OP_STEP] = {"step", CLASS_POINTWISE, shape_first, NULL, "$0 > 0 ? (real)1 : (real)0", NULL},
    [OP_TANH] = {"tanh", CLASS_POINTWISE, shape_first, grad_tanh, "ag_tanh($0)", NULL},
    [OP_SOFTPLUS] = {"softplus", CLASS_POINTWISE, shape_first, grad_softplus, "ag_softplus($0)", NULL},
    [OP_SIGMOID] = {"sigmoid", CLASS_POINTWISE, shape_first, grad_sigmoid, "ag_sigmoid($0)", NULL},
    [OP_RSQRT] = {"rsqrt", CLASS_POINTWISE, shape_first, grad_rsqrt, "1 / ag_sqrt($0)", NULL},
    [OP_EXPAND] = {"expand", CLASS_POINTWISE, shape_given, grad_pass, "$0", NULL},
    [OP_DETACH] = {"detach", CLASS_POINTWISE, shape_first, NULL, "$0", NULL},
    [OP_SUM] = {"sum", CLASS_REDUCE, shape_given, grad_pass, NULL, NULL},
    [OP_MOMENTS] = {"moments", CLASS_REDUCE, shape_moments, grad_moments, NULL, NULL},
    [OP_SOFTMAX] = {"softmax", CLASS_SMALL, shape_first, grad_softmax, NULL, NULL},
    [OP_SLICE] = {"slice", CLASS_SMALL, shape_range, grad_slice, NULL, NULL},
    [OP_PLACE] = {"place", CLASS_SMALL, shape_range, grad_place, NULL, NULL},
    [OP_PAD] = {"pad", CLASS_SMALL, shape_window, grad_pad, NULL, NULL},
    [OP_CROP] = {"crop", CLASS_SMALL, shape_window, grad_crop, NULL, NULL},
    [OP_FLIP] = {"flip", CLASS_SMALL, shape_first, grad_self_adjoint, NULL, NULL},
    [OP_FLIPT] = {"flipt", CLASS_SMALL, shape_flipt, grad_self_adjoint, NULL, NULL},
    [OP_PERMUTE] = {"permute", CLASS_SMALL, shape_permute, grad_permute, NULL, NULL},
    [OP_RESHAPE] = {"reshape", CLASS_SMALL, shape_given, grad_reshape, NULL, NULL},
    [OP_UNBATCH] = {"unbatch", CLASS_SMALL, shape_first, grad_unbatch, NULL, NULL},
    [OP_REBATCH] = {"rebatch", CLASS_SMALL, shape_first, grad_rebatch, NULL, NULL},
    [OP_CONV] = {"conv", CLASS_WINDOW, shape_conv, grad_conv, NULL, macs_conv},
    [OP_CONV_DX] = {"conv_dx", CLASS_WINDOW, shape_given, grad_conv_dx, NULL, macs_conv_dx},
    [OP_CONV_DW] = {"conv_dw", CLASS_WGRAD, shape_conv_dw, grad_conv_dw, NULL, macs_wgrad},
    [OP_DEPTHWISE] = {"dwconv", CLASS_WINDOW, shape_first, grad_dw, NULL, macs_dw},
    [OP_DEPTHWISE_DW] = {"dwconv_dw", CLASS_WGRAD, shape_dw_dw, grad_dw_dw, NULL, macs_dw_wgrad},
    [OP_UP_NEAREST] = {"nearest", CLASS_WINDOW, shape_double, grad_nearest, NULL, NULL},
    [OP_SUMPOOL] = {"sumpool", CLASS_WINDOW, shape_halve, grad_sumpool, NULL, NULL},
    [OP_UP_BILINEAR] = {"bilinear", CLASS_WINDOW, shape_double, grad_bilinear, NULL, NULL},
    [OP_UP_BILINEAR_T] = {"bilinear_t", CLASS_WINDOW, shape_halve, grad_bilinear_t, NULL, NULL},
    [OP_FIR] = {"fir", CLASS_WINDOW, shape_fir, grad_fir, NULL, NULL},
    [OP_SHUFFLE] = {"shuffle", CLASS_WINDOW, shape_shuffle, grad_shuffle, NULL, NULL},
    [OP_UNSHUFFLE] = {"unshuffle", CLASS_WINDOW, shape_unshuffle, grad_unshuffle, NULL, NULL},
    [OP_TAPS] = {"taps", CLASS_SMALL, shape_taps, grad_taps, NULL, NULL},
    [OP_TAPS_T] = {"taps_t", CLASS_SMALL, shape_taps_t, grad_taps_t, NULL, NULL},
    [OP_EDGE_TAPS] = {"edge_taps", CLASS_SMALL, shape_edge_taps, grad_edge_taps, NULL, NULL},
    [OP_EDGE_TAPS_T] = {"edge_taps_t", CLASS_SMALL, shape_edge_taps_t, grad_edge_taps_t, NULL, NULL},
    [OP_BORDER] = {"border", CLASS_WINDOW, shape_border, grad_border, NULL, NULL},
    [OP_BORDER_DX] = {"border_dx", CLASS_WINDOW, shape_border, grad_border_dx, NULL, NULL},
    [OP_BORDER_DW] = {"border_dw", CLASS_WINDOW, shape_border_dw, grad_border_dw, NULL, NULL},
    [OP_COL2IM] = {"col2im", CLASS_WINDOW, shape_col2im, NULL, NULL, NULL},
    [OP_PACK] = {"pack", CLASS_SMALL, shape_pack, NULL, NULL, NULL},
    [OP_KERNEL_CONV] = {"conv", CLASS_WINDOW, shape_given, NULL, NULL, macs_kernel_conv},
    [OP_KERNEL_DECONV] = {"deconv", CLASS_WINDOW, shape_given, NULL, NULL, macs_kernel_deconv},
    [OP_KERNEL_DEPTHWISE] = {"dwconv", CLASS_WINDOW, shape_given, NULL, NULL, macs_dw},
    [OP_KERNEL_LINEAR] = {"linear", CLASS_WINDOW, shape_given, NULL, NULL, macs_linear},
    [OP_LINEAR_WGRAD] = {"linear_wgrad", CLASS_SMALL, shape_given, NULL, NULL, macs_wgrad},
    [OP_KERNEL_WGRAD] = {"conv_dw", CLASS_WINDOW, shape_given, NULL, NULL, macs_wgrad},
    [OP_UNPACK] = {"unpack", CLASS_SMALL, shape_unpack, NULL, NULL, NULL},
};
