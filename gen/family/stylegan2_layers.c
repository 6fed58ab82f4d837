/* What StyleGAN2's generator and discriminator share. */
#include "stylegan2.h"
#include "ops.h"

#include <math.h>

int style_channels(int resolution, int base, int most, int divisor)
{
    int most_here = base / resolution < most ? base / resolution : most, c = most_here / divisor;
    return c > 1 ? c : 1;
}

int style_parameter(struct build *b, const struct network_pass *pass, enum ag_block block, int rank, struct shape shape,
                    struct init init, const char *name)
{
    struct param p = {block, shape, rank, {shape.d[0], shape.d[1], shape.d[2], shape.d[3]}, init};
    return build_param(b, pass, p, "%s", name);
}

int style_vector(struct build *b, const struct network_pass *pass, enum ag_block block, int size, struct init init,
                 const char *name)
{
    struct param p = {block, shape4(1, 1, 1, size), 1, {size}, init};
    return build_param(b, pass, p, "%s", name);
}

int style_activate(struct graph *g, int x)
{
    return g_scale(g, g_unary(g, OP_LRELU, x), sqrt(2));
}

int style_linear(struct build *b, const struct network_pass *pass, enum ag_block block, int x, int out, double rate,
                 double first_bias, const char *name)
{
    struct mem *mem = b->mem;
    int in = graph_get(b->g, x).shape.d[3];
    int w = style_parameter(b, pass, block, 2, shape4(out, in, 1, 1), init_normal(0, 1 / rate),
                            mem_printf(mem, "%s.weight", name));
    struct init init = {AG_INIT_CONSTANT, first_bias, 0};
    int bias = style_vector(b, pass, block, out, init, mem_printf(mem, "%s.bias", name));
    int y = g_conv(b->g, g_scale(b->g, x, rate / sqrt(in)), w, 1, 0);
    return g_add(b->g, y, g_scale(b->g, bias, rate));
}
