/* The kernels of GPUs by CUDA, and how they run phases. */
#include "cuda.h"
#include "emit_cuda.h"

/* clang-format off */
/* The rows, each in the file of its kernel, in the order in which equally cheap ones are taken. */
#define ROWS \
    ROW(conv) ROW(conv_border) ROW(deconv) ROW(depthwise) ROW(depthwise_wgrad) ROW(linear) ROW(linear_wgrad) \
    ROW(wgrad) ROW(wgrad_per_picture) ROW(nearest) ROW(sumpool) ROW(bilinear) ROW(bilinear_t) ROW(fir) ROW(shuffle) \
    ROW(unshuffle) ROW(border_add) ROW(border_dx) ROW(border_dw) ROW(moments) ROW(pack) ROW(taps) ROW(taps_t) \
    ROW(edge_taps) ROW(edge_taps_t) ROW(unpack) ROW(slice) ROW(place) ROW(pad) ROW(crop) ROW(flip) ROW(flipt) \
    ROW(permute) ROW(softmax)

#define ROW(name) extern const struct variant cuda_##name;
ROWS
#undef ROW
#define ROW(name) &cuda_##name,
static const struct variant *const variants[] = {ROWS NULL};
/* clang-format on */

const struct policy cuda_policy = {
    .at_once = 1, .epilogues = 1, .device = 1, .blocks = DEVICE_BLOCKS, .variants = variants};
