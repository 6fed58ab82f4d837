/* Convolutions and transposed convolutions: tiles of a product of matrices (templates/cuda/gemm.cuh). */
#include "constants.h"
#include "emit_cuda.h"
#include "launch.h"
#include "ops.h"

/* By output channels; smaller ones where there would be too few blocks, and for sums of so few terms that they wait for
 * memory. */
static struct gemm_tile conv_tile(long rows, long columns, long terms)
{
    static const struct gemm_tile narrow[] = {{128, 4, 16, 2, 4},
                                              {128, 8, 16, 4, 4},
                                              {128, 16, 16, 4, 4},
                                              {128, 32, 16, 8, 4}},
                                  wide[] = {
                                      {128, 64, 8, 8, 8}, {64, 64, 16, 4, 4}, {32, 64, 16, 4, 4}, {16, 64, 16, 2, 4}};
    static const struct gemm_tile shallow = {32, 64, 8, 2, 4};
    if (columns <= 32) return narrow[columns <= 4 ? 0 : columns <= 8 ? 1 : columns <= 16 ? 2 : 3];
    if (terms <= shallow.bk) return shallow;
    if (gemm_blocks(wide[0], rows, columns) >= DEVICE_BLOCKS) return wide[0];
    return wide[rows <= 16 ? 3 : rows <= 32 ? 2 : 1];
}

/* In how many a convolution's sum is cut, where even small tiles are too few blocks; 8 steps of a tile at the least. */
static int conv_split(struct gemm_tile t, long blocks, long terms)
{
    long most = ceil_div(terms, t.bk) / 8, split = ceil_div(DEVICE_BLOCKS, blocks);
    return blocks * 2 > DEVICE_BLOCKS || most < 2 ? 1 : (int)(split < most ? split : most);
}

static void launch_conv(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct launch_builder c = launch_begin(s, n);
    const int deconv = c.y->op == OP_KERNEL_DECONV, each = c.y->form != FORM_SHARED, batch = s->p->batch;
    const int bias = c.y->ins == 3 && c.y->form <= FORM_PER_PICTURE;
    struct shape size = deconv ? c.x->shape : c.y->shape;
    const int beyond = deconv ? (int)c.y->k - 2 : 0; /* places of a phase beyond x's last */
    const long pixels = (long)(size.d[1] + beyond) * (size.d[2] + beyond), rows = each ? pixels : pixels * batch;
    const long terms = c.y->k * c.y->k * c.x->shape.d[3];
    struct gemm_tile tile = conv_tile(rows * (each ? batch : 1) * (deconv ? 4 : 1), c.y->shape.d[3], terms);
    const long blocks = gemm_blocks(tile, rows, c.y->shape.d[3]) * (each ? batch : 1);
    const int split = deconv ? 1 : conv_split(tile, blocks, terms);
    size_constants(c.mem, &c.sub, c.x->shape, c.y->shape);
    launch_constant(&c, "AG_IMAGES", batch);
    launch_constant(&c, "AG_K", c.y->k);
    launch_constant(&c, "AG_STRIDE", c.y->stride);
    launch_constant(&c, "AG_PAD", c.y->pad);
    launch_constant(&c, "AG_BIAS", bias);
    launch_constant(&c, "AG_PER_PICTURE", each);
    launch_constant(&c, "AG_WEIGHT_STRIDE", c.z->shape.d[3]);
    launch_constant(&c, "AG_PARTS", split);
    launch_constant(&c, "AG_READ_UP", plan_source(s->p, n, 0) != c.y->in[0]);
    gemm_constants(&c, tile);
    launch_inputs(&c, 2 + bias);
    if (!bias) launch_argument(&c, "(real *)0");
    double bytes = cuda_bytes(s, n) - sizeof(float) * (double)shape_size(c.y->shape);
    if (split > 1) {
        launch_no_epilogue(&c, launch_workspace(s, split * shape_size(c.y->shape)));
        bytes += split * sizeof(float) * (double)shape_size(c.y->shape);
    } else {
        bytes += launch_results(&c, k);
    }
    struct launch launch = {.grid[0] = (int)ceil_div(rows, tile.bm) * (each ? batch : 1)};
    launch.grid[1] = (int)ceil_div(c.y->shape.d[3], tile.bn);
    launch.grid[2] = deconv ? 4 : split;
    launch.threads = gemm_threads(tile);
    launch.bytes = bytes;
    const char *name = mem_printf(c.mem, "%s%ldx%ld_%dx%dx%d_%d", deconv ? "deconv" : "conv", c.y->k, c.y->k,
                                  c.y->shape.d[1], c.y->shape.d[2], c.x->shape.d[3], c.y->shape.d[3]);
    launch_finish(&c, deconv ? "deconv" : "conv", name, launch);
    if (split > 1) launch_split_sum(s, k, split, bias);
}

/* Does it pay to make depthwise convolution d within 1x1 convolution n? Not where it would be made for several blocks
 * of output channels, nor where its window takes longer than memory does, nor for too few blocks to fill a device. */
static int fusing_depthwise_pays(const struct plan *p, int n, int d)
{
    const struct node *y = &p->graph->node[n], *x = &p->graph->node[d];
    if (y->form != FORM_SHARED || !node_is_of_pixels(y) || x->op != OP_KERNEL_DEPTHWISE) return 0;
    const int in = x->shape.d[3], out = y->shape.d[3], k = (int)x->k;
    const long pixels = (long)p->batch * y->shape.d[1] * y->shape.d[2];
    if (in % 4 || y->shape.d[2] % 2 || out > 256 || (k != 3 && (k != 5 || out <= 32))) return 0;
    return pixels / (out <= 64 ? 128 : 64) >= DEVICE_BLOCKS / 2;
}

static void emit_conv(const struct call_site *s, const struct kernel *k)
{
    if (k->fused_depthwise)
        cuda_sepconv(s, k);
    else
        launch_conv(s, k);
}

static void emit_conv_with_border(const struct call_site *s, const struct kernel *k)
{
    launch_conv(s, k);
    cuda_border(s, k->root[0]);
}

const struct variant cuda_conv = {.name = "conv_gemm",
                                  .op = OP_KERNEL_CONV,
                                  .can = CAN_EPILOGUE | CAN_READ_UP | IS_DENSE,
                                  .packing = PACKING_COLUMNS,
                                  .refuses = refuses_bordered,
                                  .work = work_of_conv,
                                  .fuses_depthwise = fusing_depthwise_pays,
                                  .emit = emit_conv};
const struct variant cuda_conv_border = {.name = "conv_gemm_border",
                                         .op = OP_KERNEL_CONV,
                                         .can = IS_DENSE,
                                         .packing = PACKING_COLUMNS,
                                         .refuses = refuses_plain,
                                         .work = work_of_conv,
                                         .emit = emit_conv_with_border};
const struct variant cuda_deconv = {
    .name = "deconv_gemm", .op = OP_KERNEL_DECONV, .can = CAN_EPILOGUE | IS_DENSE, .emit = launch_conv};
