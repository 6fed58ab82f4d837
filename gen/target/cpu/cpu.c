/* The kernels of the CPU, and how it runs phases. */
#include "cpu.h"
#include "emit_cpu.h"

/* In the order in which equally cheap ones are taken. */
static const struct variant *const variants[] = {
    &cpu_conv_narrow, &cpu_conv_tiles,  &cpu_conv_narrow_border,
    &cpu_conv_border, &cpu_conv_plain,  &cpu_deconv,
    &cpu_depthwise,   &cpu_linear,      &cpu_linear_wgrad,
    &cpu_wgrad,       &cpu_wgrad_each,  &cpu_depthwise_wgrad,
    &cpu_nearest,     &cpu_sumpool,     &cpu_bilinear,
    &cpu_bilinear_t,  &cpu_fir,         &cpu_shuffle,
    &cpu_unshuffle,   &cpu_col2im,      &cpu_border_add,
    &cpu_border_dx,   &cpu_border_dw,   &cpu_moments,
    &cpu_pack,        &cpu_taps,        &cpu_taps_t,
    &cpu_edge_taps,   &cpu_edge_taps_t, &cpu_unpack,
    &cpu_slice,       &cpu_place,       &cpu_pad,
    &cpu_crop,        &cpu_flip,        &cpu_flipt,
    &cpu_permute,     &cpu_softmax,     NULL,
};

const struct policy cpu_training = {.variants = variants},
                    cpu_drawing = {.shares = 1, .at_once = 1, .epilogues = 1, .variants = variants};
