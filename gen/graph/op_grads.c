/* The gradient rules of the operators. Each is made of operators again, so that gradients can be differentiated. */
#include "ops.h"

#include <string.h>

static int in(const struct graph *g, int n, int k)
{
    return graph_get(g, n).in[k];
}

static int wanted(const struct graph *g, int n, int k, const int *sum)
{
    return sum[in(g, n, k)] != GRAD_UNWANTED;
}

void grad_both(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), gy, sum);
    grad_add(g, in(g, n, 1), gy, sum);
}

void grad_sub(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), gy, sum);
    if (wanted(g, n, 1, sum)) grad_add(g, in(g, n, 1), g_scale(g, gy, -1), sum);
}

void grad_mul(struct graph *g, int n, int gy, int *sum)
{
    int a = in(g, n, 0), b = in(g, n, 1);
    if (wanted(g, n, 0, sum)) grad_add(g, a, g_mul(g, gy, b), sum);
    if (wanted(g, n, 1, sum)) grad_add(g, b, g_mul(g, gy, a), sum);
}

/* The slope depends on the sign of the result, which is that of x. So x need not stay in memory. */
void grad_relu(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_mul(g, gy, g_unary(g, OP_STEP, n)), sum);
}

void grad_lrelu(struct graph *g, int n, int gy, int *sum)
{
    int slope = g_shift(g, g_scale(g, g_unary(g, OP_STEP, n), 0.8), 0.2);
    grad_add(g, in(g, n, 0), g_mul(g, gy, slope), sum);
}

void grad_tanh(struct graph *g, int n, int gy, int *sum)
{
    int slope = g_shift(g, g_scale(g, g_mul(g, n, n), -1), 1);
    grad_add(g, in(g, n, 0), g_mul(g, gy, slope), sum);
}

void grad_softplus(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_mul(g, gy, g_unary(g, OP_SIGMOID, in(g, n, 0))), sum);
}

void grad_sigmoid(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_mul(g, gy, g_sub(g, n, g_mul(g, n, n))), sum);
}

void grad_rsqrt(struct graph *g, int n, int gy, int *sum)
{
    int cube = g_mul(g, n, g_mul(g, n, n));
    grad_add(g, in(g, n, 0), g_mul(g, gy, g_scale(g, cube, -0.5)), sum);
}

void grad_pass(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), gy, sum);
}

/*
 * mean = sum x / M and r = (sum (x - mean)^2 / M + eps)^(-1/2) give
 *
 *     dmean/dx = 1 / M,   dr/dx = -r^3 (x - mean) / M
 *
 * The part of dr/dx that comes through the mean is zero.
 */
void grad_moments(struct graph *g, int n, int gy, int *sum)
{
    int x = in(g, n, 0);
    struct shape s = graph_get(g, x).shape;
    double inverse = 1.0 / ((double)s.d[0] * s.d[1] * s.d[2]);
    int mean = g_slice(g, n, 2, 0), r = g_slice(g, n, 2, 1);
    int gmean = g_slice(g, gy, 2, 0), gr = g_slice(g, gy, 2, 1);
    int factor = g_mul(g, gr, g_scale(g, g_mul(g, r, g_mul(g, r, r)), -inverse));
    int through_r = g_mul(g, g_sub(g, x, mean), factor);
    grad_add(g, x, g_add(g, through_r, g_scale(g, gmean, inverse)), sum);
}

void grad_softmax(struct graph *g, int n, int gy, int *sum)
{
    struct shape s = graph_get(g, n).shape;
    s.d[3] = 1;
    int inner = g_sum(g, g_mul(g, gy, n), s, graph_get(g, n).batched);
    grad_add(g, in(g, n, 0), g_mul(g, n, g_sub(g, gy, inner)), sum);
}

void grad_unbatch(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_unary(g, OP_REBATCH, gy), sum);
}

void grad_rebatch(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_unary(g, OP_UNBATCH, gy), sum);
}

void grad_slice(struct graph *g, int n, int gy, int *sum)
{
    struct node p = graph_get(g, n);
    int dim = (int)p.dim;
    grad_add(g, p.in[0], g_place(g, gy, dim, (int)p.first, graph_get(g, p.in[0]).shape.d[dim]), sum);
}

void grad_place(struct graph *g, int n, int gy, int *sum)
{
    int dim = (int)graph_get(g, n).dim, count = graph_get(g, in(g, n, 0)).shape.d[dim];
    grad_add(g, in(g, n, 0), g_range(g, gy, dim, (int)graph_get(g, n).first, count), sum);
}

void grad_pad(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_crop(g, gy, graph_get(g, in(g, n, 0)).shape.d[2]), sum);
}

void grad_crop(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_pad(g, gy, graph_get(g, in(g, n, 0)).shape.d[2]), sum);
}

/* Of a linear operator with one input: gy goes through the adjoint operator, which has the same attributes. */
static void grad_adjoint(struct graph *g, int n, int gy, int *sum, enum op adjoint)
{
    const struct node node = graph_get(g, n);
    struct node_args a = {.op = adjoint, .in = {gy}, .ins = 1};
    memcpy(a.attr, node.attr, sizeof a.attr);
    grad_add(g, node.in[0], graph_node(g, a), sum);
}

/* Of a linear operator that is its own adjoint. */
void grad_self_adjoint(struct graph *g, int n, int gy, int *sum)
{
    grad_adjoint(g, n, gy, sum, graph_get(g, n).op);
}

void grad_permute(struct graph *g, int n, int gy, int *sum)
{
    int inverse[4];
    for (int i = 0; i < 4; i++) inverse[graph_get(g, n).axis[i]] = i;
    grad_add(g, in(g, n, 0), g_permute(g, gy, inverse[0], inverse[1], inverse[2], inverse[3]), sum);
}

void grad_reshape(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_reshape(g, gy, graph_get(g, in(g, n, 0)).shape), sum);
}

/* All three convolutions follow from the form F = sum(gy * conv(x, w)), which is linear in each of gy, x and w: conv is
 * dF/dgy, conv_dx is dF/dx, conv_dw is dF/dw. So the gradients of each one are the other two. */
static void grad_trilinear(struct graph *g, int x, int w, int gy, struct node n, int *sum)
{
    int k = (int)n.k, s = (int)n.stride, p = (int)n.pad;
    struct shape xs = graph_get(g, x).shape;
    if (n.op != OP_CONV && sum[gy] != GRAD_UNWANTED) grad_add(g, gy, g_conv(g, x, w, s, p), sum);
    if (n.op != OP_CONV_DX && sum[x] != GRAD_UNWANTED) grad_add(g, x, g_conv_dx(g, gy, w, s, p, xs.d[1], xs.d[2]), sum);
    if (n.op != OP_CONV_DW && sum[w] != GRAD_UNWANTED)
        grad_add(g, w, g_conv_dw(g, x, gy, k, s, p, graph_get(g, w).batched), sum);
}

void grad_conv(struct graph *g, int n, int gy, int *sum)
{
    grad_trilinear(g, in(g, n, 0), in(g, n, 1), gy, graph_get(g, n), sum);
}

void grad_conv_dx(struct graph *g, int n, int gy, int *sum)
{
    grad_trilinear(g, gy, in(g, n, 1), in(g, n, 0), graph_get(g, n), sum);
}

void grad_conv_dw(struct graph *g, int n, int gy, int *sum)
{
    grad_trilinear(g, in(g, n, 0), gy, in(g, n, 1), graph_get(g, n), sum);
}

void grad_dw(struct graph *g, int n, int gy, int *sum)
{
    int x = in(g, n, 0), w = in(g, n, 1);
    if (wanted(g, n, 0, sum)) grad_add(g, x, g_depthwise(g, gy, g_unary(g, OP_FLIP, w)), sum);
    if (wanted(g, n, 1, sum)) grad_add(g, w, g_depthwise_dw(g, x, gy, (int)graph_get(g, n).k), sum);
}

void grad_dw_dw(struct graph *g, int n, int gw, int *sum)
{
    int x = in(g, n, 0), gy = in(g, n, 1);
    if (wanted(g, n, 0, sum)) grad_add(g, x, g_depthwise(g, gy, g_unary(g, OP_FLIP, gw)), sum);
    if (wanted(g, n, 1, sum)) grad_add(g, gy, g_depthwise(g, x, gw), sum);
}

void grad_nearest(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_unary(g, OP_SUMPOOL, gy), sum);
}

void grad_sumpool(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_unary(g, OP_UP_NEAREST, gy), sum);
}

void grad_bilinear(struct graph *g, int n, int gy, int *sum)
{
    grad_adjoint(g, n, gy, sum, OP_UP_BILINEAR_T);
}

void grad_bilinear_t(struct graph *g, int n, int gy, int *sum)
{
    grad_adjoint(g, n, gy, sum, OP_UP_BILINEAR);
}

void grad_fir(struct graph *g, int n, int gy, int *sum)
{
    grad_add(g, in(g, n, 0), g_fir(g, gy, 3 - (int)graph_get(g, n).fir_pad), sum);
}

void grad_shuffle(struct graph *g, int n, int gy, int *sum)
{
    grad_adjoint(g, n, gy, sum, OP_UNSHUFFLE);
}

void grad_unshuffle(struct graph *g, int n, int gy, int *sum)
{
    grad_adjoint(g, n, gy, sum, OP_SHUFFLE);
}

void grad_taps(struct graph *g, int n, int gy, int *sum)
{
    grad_adjoint(g, n, gy, sum, OP_TAPS_T);
}

void grad_taps_t(struct graph *g, int n, int gy, int *sum)
{
    grad_adjoint(g, n, gy, sum, OP_TAPS);
}

void grad_edge_taps(struct graph *g, int n, int gy, int *sum)
{
    grad_adjoint(g, n, gy, sum, OP_EDGE_TAPS_T);
}

void grad_edge_taps_t(struct graph *g, int n, int gy, int *sum)
{
    grad_adjoint(g, n, gy, sum, OP_EDGE_TAPS);
}

/* As in grad_trilinear: the three border operators are the derivatives of one trilinear form. */
static void grad_border_form(struct graph *g, int x, int v, int gy, enum op op, int *sum)
{
    if (op != OP_BORDER && sum[gy] != GRAD_UNWANTED) grad_add(g, gy, g_border(g, x, v), sum);
    struct node_args dx = {.op = OP_BORDER_DX, .in = {gy, v}, .ins = 2},
                     dw = {.op = OP_BORDER_DW, .in = {x, gy}, .ins = 2};
    if (op != OP_BORDER_DX && sum[x] != GRAD_UNWANTED) grad_add(g, x, graph_node(g, dx), sum);
    if (op != OP_BORDER_DW && sum[v] != GRAD_UNWANTED) grad_add(g, v, graph_node(g, dw), sum);
}

void grad_border(struct graph *g, int n, int gy, int *sum)
{
    grad_border_form(g, in(g, n, 0), in(g, n, 1), gy, OP_BORDER, sum);
}

void grad_border_dx(struct graph *g, int n, int gy, int *sum)
{
    grad_border_form(g, gy, in(g, n, 1), in(g, n, 0), OP_BORDER_DX, sum);
}

void grad_border_dw(struct graph *g, int n, int gy, int *sum)
{
    grad_border_form(g, in(g, n, 0), gy, in(g, n, 1), OP_BORDER_DW, sum);
}
