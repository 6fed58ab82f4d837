/* The kernels of GPUs by CUDA, and how they run phases. */
#include "cuda.h"
#include "emit_cuda.h"

/* In the order in which equally cheap ones are taken. */
static const struct variant *const variants[] = {
    &cuda_conv,      &cuda_conv_border,  &cuda_deconv,     &cuda_depthwise,  &cuda_depthwise_wgrad,
    &cuda_linear,    &cuda_linear_wgrad, &cuda_wgrad,      &cuda_wgrad_each, &cuda_nearest,
    &cuda_sumpool,   &cuda_bilinear,     &cuda_bilinear_t, &cuda_fir,        &cuda_shuffle,
    &cuda_unshuffle, &cuda_border_add,   &cuda_border_dx,  &cuda_border_dw,  &cuda_moments,
    &cuda_pack,      &cuda_taps,         &cuda_taps_t,     &cuda_edge_taps,  &cuda_edge_taps_t,
    &cuda_unpack,    &cuda_slice,        &cuda_place,      &cuda_pad,        &cuda_crop,
    &cuda_flip,      &cuda_flipt,        &cuda_permute,    &cuda_softmax,    NULL,
};

const struct policy cuda_policy = {
    .at_once = 1, .epilogues = 1, .device = 1, .blocks = DEVICE_BLOCKS, .variants = variants};
