/* A 1x1 convolution that makes the depthwise convolution before it on the way. */
#include "constants.h"
#include "emit_cuda.h"
#include "launch.h"
#include "ops.h"

/* By output channels, all of them in one block: each column of blocks makes the depthwise part anew. A multiprocessor
 * holds one block of the largest tile, two of the others. */
static struct gemm_tile sepconv_tile(long rows, long columns)
{
    static const struct gemm_tile narrow[] = {{128, 4, 16, 2, 4},
                                              {128, 8, 16, 4, 4},
                                              {128, 16, 16, 4, 4},
                                              {128, 32, 32, 8, 4}},
                                  wide[] = {{128, 64, 32, 8, 8}, {64, 128, 32, 8, 8}, {64, 256, 32, 8, 8}},
                                  few[] = {{64, 64, 32, 4, 4}, {32, 128, 32, 4, 8}, {32, 256, 32, 4, 8}};
    if (columns <= 32) return narrow[columns <= 4 ? 0 : columns <= 8 ? 1 : columns <= 16 ? 2 : 3];
    const int k = columns <= 64 ? 0 : columns <= 128 ? 1 : 2;
    return 2 * gemm_blocks(wide[k], rows, columns) >= DEVICE_BLOCKS * (k == 2 ? 1 : 2) ? wide[k] : few[k];
}

void cuda_sepconv(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0], d = k->fused_depthwise;
    struct launch_builder c = launch_begin(s, n);
    const struct node *dw = &s->p->graph->node[d];
    const int in = c.x->shape.d[3], out = c.y->shape.d[3], bias = c.y->ins == 3;
    const int kept = plan_storage(s->p, d) == VALUE_STORED; /* made for this kernel alone otherwise */
    const long rows = (long)s->p->batch * c.y->shape.d[1] * c.y->shape.d[2];
    struct gemm_tile tile = sepconv_tile(rows, out);
    c.flop += 2 * op_table[dw->op].macs(s->p->graph, dw);
    size_constants(c.mem, &c.sub, c.x->shape, c.y->shape);
    launch_constant(&c, "AG_IMAGES", s->p->batch);
    launch_constant(&c, "AG_K", dw->k);
    launch_constant(&c, "AG_BIAS", bias);
    launch_constant(&c, "AG_STORE_DEPTHWISE", kept);
    gemm_constants(&c, tile);
    launch_prologue_input(&c, k, d);
    launch_argument(&c, cuda_input(s, d, 1));
    launch_argument(&c, cuda_input(s, n, 1));
    launch_argument(&c, bias ? cuda_input(s, n, 2) : "(real *)0");
    launch_argument(&c, kept ? cuda_output(s, d) : "(real *)0");
    struct launch launch = {.grid = {(int)ceil_div(rows, tile.bm), (int)ceil_div(out, tile.bn), 1}};
    launch.threads = gemm_threads(tile);
    launch.bytes = cuda_bytes(s, d) + cuda_bytes(s, n) - sizeof(float) * (double)shape_size(c.y->shape);
    launch.bytes -= sizeof(float) * (2.0 - kept) * (double)shape_size(dw->shape);
    launch.bytes += launch_results(&c, k);
    launch_prologue_arguments(&c, k);
    const char *name =
        mem_printf(c.mem, "sepconv%ldx%ld_%dx%dx%d_%d", dw->k, dw->k, c.y->shape.d[1], c.y->shape.d[2], in, out);
    launch_finish(&c, "sepconv", name, launch);
}
