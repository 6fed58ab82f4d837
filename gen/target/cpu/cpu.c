/* The kernels of the CPU, and how it runs phases. */
#include "cpu.h"

/* clang-format off */
/* The rows, each in the file of its kernel, in the order in which equally cheap ones are taken. */
#define ROWS \
    ROW(conv_narrow) ROW(conv_tiles) ROW(conv_narrow_border) ROW(conv_border) ROW(conv_plain) ROW(deconv) \
    ROW(depthwise) ROW(linear) ROW(linear_wgrad) ROW(wgrad) ROW(wgrad_per_picture) ROW(depthwise_wgrad) ROW(nearest) \
    ROW(sumpool) ROW(bilinear) ROW(bilinear_t) ROW(fir) ROW(shuffle) ROW(unshuffle) ROW(col2im) \
    ROW(border_add) ROW(border_dx) ROW(border_dw) ROW(moments) ROW(pack) ROW(taps) ROW(taps_t) ROW(edge_taps) \
    ROW(edge_taps_t) ROW(unpack) ROW(slice) ROW(place) ROW(pad) ROW(crop) ROW(flip) ROW(flipt) ROW(permute) \
    ROW(softmax)

#define ROW(name) extern const struct variant cpu_##name;
ROWS
#undef ROW
#define ROW(name) &cpu_##name,
static const struct variant *const variants[] = {ROWS NULL};
/* clang-format on */

const struct policy cpu_training = {.variants = variants},
                    cpu_drawing = {.shares = 1, .at_once = 1, .epilogues = 1, .variants = variants};
