/* The gradient rules of the operators: rows of op_table name them (struct op_info: grad). */
#ifndef OP_GRADS_H
#define OP_GRADS_H

#include "graph.h"

/* Each is given node n, the gradient gy in it, and adds the gradients in n's inputs to sum[] by grad_add. */
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
GRADIENT(grad_same);
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

#endif
