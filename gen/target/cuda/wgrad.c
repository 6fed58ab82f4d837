/* Weight gradients of convolutions. */
#include "constants.h"
#include "emit_cuda.h"
#include "launch.h"
#include "ops.h"

static struct gemm_tile wgrad_tile(long rows, long columns)
{
    static const struct gemm_tile narrow[] = {
        {128, 4, 8, 4, 4}, {128, 8, 8, 4, 4}, {128, 16, 8, 8, 4}, {64, 32, 16, 4, 4}};
    if (columns <= 32) {
        struct gemm_tile small = {32, 32, 16, 4, 4};
        return columns > 16 && rows <= 32 ? small : narrow[columns <= 4 ? 0 : columns <= 8 ? 1 : columns <= 16 ? 2 : 3];
    }
    static const struct gemm_tile wide[] = {{128, 64, 8, 8, 8}, {64, 64, 16, 8, 4}, {32, 64, 16, 4, 4}};
    return wide[rows <= 32 ? 2 : rows < 512 ? 1 : 0];
}

/* In how many parts a picture's weight gradient is taken, in `blocks` of threads each; none of them with less than some
 * rows of a tile. */
static int picture_parts(struct shape gy, long blocks)
{
    enum { PIXELS = 128 };
    long most = (long)gy.d[1] * gy.d[2] / PIXELS, parts = DEVICE_BLOCKS / (blocks * gy.d[0]);
    if (most > gy.d[1]) most = gy.d[1];
    return (int)(parts < 2 || most < 2 ? 1 : parts < most ? parts : most);
}

static void add_parts(const struct call_site *s, int n, int parts)
{
    const struct kernel sums = {.kind = KERNEL_NODE, .root = {n}, .roots = 1};
    launch_split_sum(s, &sums, parts, 0);
}

static void emit_wgrad(const struct call_site *s, const struct kernel *kernel)
{
    const int n = kernel->root[0];
    struct launch_builder c = launch_begin(s, n);
    const int each = c.y->op == OP_KERNEL_WGRAD, k = (int)c.y->k;
    const int in = c.x->shape.d[3], out = c.z->shape.d[3];
    struct gemm_tile tile = wgrad_tile((long)k * k * in, out);
    const long blocks = gemm_blocks(tile, (long)k * k * in, out), size = shape_size(c.y->shape);
    const int parts = each ? picture_parts(c.z->shape, blocks) : s->p->node[n].parts;
    size_constants(c.mem, &c.sub, c.x->shape, c.z->shape);
    launch_constant(&c, "AG_IMAGES", s->p->batch);
    launch_constant(&c, "AG_K", k);
    launch_constant(&c, "AG_STRIDE", c.y->stride);
    launch_constant(&c, "AG_PAD", c.y->pad);
    launch_constant(&c, "AG_PER_PICTURE", each);
    launch_constant(&c, "AG_WEIGHT_STRIDE", each ? c.y->shape.d[3] : 0);
    launch_constant(&c, "AG_READ_UP", plan_source(s->p, n, 0) != c.y->in[0]);
    launch_constant(&c, "AG_PARTS", parts);
    launch_constant(&c, "AG_PART_STRIDE", each ? size : s->p->node[n].partial_size);
    gemm_constants(&c, tile);
    launch_inputs(&c, 2);
    launch_argument(&c, each && parts > 1 ? launch_workspace(s, parts * size) : cuda_output(s, n));
    struct launch launch = {.grid[0] = (int)ceil_div((long)k * k * in, tile.bm)};
    launch.grid[1] = (int)ceil_div(out, tile.bn);
    launch.grid[2] = each ? s->p->batch * parts : parts;
    launch.threads = gemm_threads(tile);
    launch.bytes = cuda_bytes(s, n) + (parts - 1) * sizeof(float) * (double)size;
    const char *name =
        mem_printf(c.mem, "conv_wgrad%dx%d_%dx%dx%d_%d", k, k, c.z->shape.d[1], c.z->shape.d[2], in, out);
    launch_finish(&c, "conv_wgrad", name, launch);
    if (each && parts > 1) add_parts(s, n, parts);
}

/* Parts of a sum over the batch. */
static int count_parts(const struct plan *p, int n)
{
    enum { TILE = 64, PIXELS = 128 };
    const struct node *node = &p->graph->node[n];
    const struct shape y = node->shape, gy = p->graph->node[node->in[1]].shape;
    const long rows = (long)y.d[1] * y.d[2] * y.d[3];
    const long blocks = ceil_div(rows, TILE) * ceil_div(y.d[0], TILE);
    long most = (long)gy.d[0] * gy.d[1] * gy.d[2] / PIXELS;
    if (most > (long)gy.d[0] * gy.d[1]) most = (long)gy.d[0] * gy.d[1];
    return plan_parts(p, blocks, most);
}

const struct variant cuda_wgrad = {.name = "wgrad_gemm",
                                   .op = OP_CONV_DW,
                                   .can = CAN_READ_UP,
                                   .partial = wgrad_partial,
                                   .parts = count_parts,
                                   .emit = emit_wgrad};
const struct variant cuda_wgrad_per_picture = {
    .name = "wgrad_gemm_per_picture", .op = OP_KERNEL_WGRAD, .can = CAN_READ_UP, .emit = emit_wgrad};
