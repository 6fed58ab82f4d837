/* Convolutions and transposed convolutions, by register tiles (templates/cpu/vector.h has their macros). */
#include "emit_cpu.h"
#include "constants.h"
#include "ops.h"
#include "../../../templates/cpu/packing.h"

#include <stdlib.h>
#include <string.h>

/* What templates/cpu/conv.c and deconv.c take their tiles from (templates/cpu/vector.h has the macros): how pictures of
 * h x w places look to them, in numbers where those are the same for every width of vectors. */
struct tile_view {
    const char *abreast, *row_ranges, *rows, *pixels;
    int flat;
};

static struct tile_view tile_view_of(const struct call_site *s, int n, struct shape places, int more)
{
    const struct node *y = &s->p->graph->node[n];
    const int deconv = y->op == OP_KERNEL_DECONV, out = y->shape.d[3], shares = s->k ? s->k->shares : 1;
    const int h = places.d[1], w = places.d[2], by_rows = shares == 1 || split_dense(s->p, n) != SPLIT_WEIGHTS;
    struct mem *mem = s->c->mem;
    struct tile_view v = {"1", mem_printf(mem, "%d", shares), mem_printf(mem, "%d", h), mem_printf(mem, "%d", w + more),
                          0};
    if (!by_rows) v.row_ranges = mem_printf(mem, "ROW_RANGES(%d, %d, %d)", out, deconv ? 4 : 1, shares);
    v.flat = y->k == (deconv ? 2 : 1) && (deconv || y->stride == 1) && !cpu_halo_in(s, n, 0);
    if (v.flat && by_rows) {
        const int rows = h % shares ? h : shares;
        v.rows = mem_printf(mem, "%d", rows);
        v.pixels = mem_printf(mem, "%d", h / rows * w);
    } else if (v.flat) {
        v.rows = mem_printf(mem, "FLAT_ROWS(%d, %s)", h, v.row_ranges);
        v.pixels = mem_printf(mem, "FLAT_PIXELS(%d, %d, %s)", h, w, v.row_ranges);
    } else if (!deconv && out <= 8 && y->k > 1 && y->stride == 1) {
        v.abreast = mem_printf(mem, "ABREAST_OF(%d, %d, %ld, 1)", w, out, y->k);
        v.pixels = mem_printf(mem, "(%d / %s)", w, v.abreast);
    }
    return v;
}

/* The order of a packed weight. */
void packing_constants(struct mem *mem, struct substitutions *sub, int out, int k)
{
    const int abreast = PACKED_ABREAST(out, k);
    set_constant(mem, sub, "AG_PACKED_ABREAST", abreast);
    set_constant(mem, sub, "AG_PACKED_BLOCK", PACKED_BLOCK(out * abreast));
}

/* Is a pixel of it a picture? */
static int pixel_is_picture(const struct node *y)
{
    return y->op == OP_KERNEL_CONV && y->shape.d[1] * y->shape.d[2] == 1 && y->form == FORM_SHARED;
}

/* Do its tiles fetch what comes next? Threads that share a picture's kernels come to the next one soon. */
static int prefetches(const struct call_site *s, const struct node *y)
{
    return s->p->policy->shares && !pixel_is_picture(y);
}

/* The tile of a convolution, or that of a pixel less. */
static const char *tile_instance(const struct call_site *s, int n, const struct tile_view *v, struct shape places,
                                 int narrow)
{
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    const int deconv = y->op == OP_KERNEL_DECONV, out = y->shape.d[3], linear = pixel_is_picture(y);
    const long k = y->k, stride = deconv ? 1 : y->stride, halo = cpu_halo_in(s, n, 0);
    const long more = 2 * halo + (deconv ? 0 : k - stride - 2 * y->pad); /* columns of x beside those of strides */
    const int pixel = cpu_pixel_stride_in(s, n, 0);
    const long step = linear ? (stride + more) * (stride + more) * pixel : stride * pixel;
    const int abreast = strcmp(v->abreast, "1") != 0;
    struct mem *mem = s->c->mem;
    struct substitutions sub = {NULL, 0, 0};
    template_set(mem, &sub, "AG_VIEW_W", "%s", v->pixels);
    template_set(mem, &sub, "AG_VIEW_H", "%s", v->rows);
    template_set(mem, &sub, "AG_VIEW_C", abreast ? "%d * %s" : "%d", out, v->abreast);
    packing_constants(mem, &sub, out, deconv ? 1 : (int)k);
    template_set(mem, &sub, "AG_PIXEL_STRIDE", abreast ? "%ld * %s" : "%ld", step, v->abreast);
    if (v->flat)
        template_set(mem, &sub, "AG_ROW_STRIDE", "%s * %d", v->pixels, pixel);
    else
        set_constant(mem, &sub, "AG_ROW_STRIDE", (stride * places.d[2] + more) * stride * pixel);
    set_constant(mem, &sub, "AG_NARROW", narrow && !linear); /* a linear layer has no use for it */
    set_constant(mem, &sub, "AG_LINEAR", linear);
    set_constant(mem, &sub, "AG_UNROLL", x->shape.d[3] % 2 ? 1 : 2);
    set_constant(mem, &sub, "AG_PREFETCHES", prefetches(s, y));
    const char *name = mem_printf(mem, "%s_%dx%dx%d", narrow ? "narrow" : "tile", places.d[1], places.d[2], out);
    int i = code_instance(s->c, "tile", NULL, name, &sub, 0);
    free(sub.list);
    return s->c->instance[i].name;
}

static void tile_constants(const struct call_site *s, int n, struct substitutions *sub)
{
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    const int deconv = y->op == OP_KERNEL_DECONV;
    const struct shape places = deconv ? x->shape : y->shape;
    const struct tile_view v = tile_view_of(s, n, places, deconv ? (int)y->k - 2 : 0);
    struct mem *mem = s->c->mem;
    template_set(mem, sub, "AG_TILE", "%s", tile_instance(s, n, &v, places, 0));
    template_set(mem, sub, "AG_NARROW_TILE", "%s", tile_instance(s, n, &v, places, 1));
    set_constant(mem, sub, "AG_PREFETCHES", prefetches(s, y));
    template_set(mem, sub, "AG_ABREAST", "%s", v.abreast);
    template_set(mem, sub, "AG_ROW_RANGES", "%s", v.row_ranges);
    template_set(mem, sub, "AG_VIEW_W", "%s", v.pixels);
    template_set(mem, sub, "AG_VIEW_H", "%s", v.rows);
}

/* Is all that's made of the result of a kernel that has register tiles a relu? They do that themselves. */
static int epilogue_is_relu(const struct call_site *s)
{
    const struct kernel *k = s->k;
    if (!k || k->kind != KERNEL_NODE || k->roots != 2 || plan_storage(s->p, k->root[0]) != VALUE_FUSED) return 0;
    const struct node *n = &s->p->graph->node[k->root[1]];
    return n->op == OP_RELU && n->in[0] == k->root[0];
}

static int conv_instance(const struct call_site *s, int n, const char *template, struct kernel_call *call)
{
    const struct graph *g = s->p->graph;
    const struct node *y = &g->node[n], *x = &g->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    const int deconv = y->op == OP_KERNEL_DECONV;
    const int tiled = s->p->node[n].variant->packing == PACKING_TILES;
    size_constants(mem, &sub, x->shape, y->shape);
    set_constant(mem, &sub, "AG_K", y->k);
    set_constant(mem, &sub, "AG_STRIDE", y->stride);
    set_constant(mem, &sub, "AG_PAD", y->pad);
    set_constant(mem, &sub, "AG_IN_HALO", cpu_halo_in(s, n, 0));
    set_constant(mem, &sub, "AG_BIAS", y->ins == 3 && y->form <= FORM_PER_PICTURE);
    set_constant(mem, &sub, "AG_PER_PICTURE", y->form != FORM_SHARED);
    set_constant(mem, &sub, "AG_WEIGHT_STRIDE", g->node[y->in[1]].shape.d[3]);
    call->relu = tiled && epilogue_is_relu(s);
    if (call->relu) call->result = s->k->root[1];
    set_constant(mem, &sub, "AG_RELU", call->relu);
    call->prefetch = tiled && prefetches(s, y) ? cpu_prefetch(s) : NULL;
    template_set(mem, &sub, "AG_PREFETCH_NEXT", call->prefetch ? "next" : "0");
    cpu_epilogue(s, &sub, call);
    set_constant(mem, &sub, "AG_OUT_HALO", cpu_halo(s, call->result));
    set_constant(mem, &sub, "AG_IN_PIXEL_STRIDE", cpu_pixel_stride_in(s, n, 0));
    set_constant(mem, &sub, "AG_OUT_PIXEL_STRIDE", cpu_pixel_stride_out(s, call->result));
    const char *name = mem_printf(mem, "%s%ldx%ld_%dx%dx%d_%d", deconv ? "deconv" : "conv", y->k, y->k, y->shape.d[1],
                                  y->shape.d[2], x->shape.d[3], y->shape.d[3]);
    packing_constants(mem, &sub, y->shape.d[3], deconv ? 1 : (int)y->k);
    if (tiled) tile_constants(s, n, &sub);
    int i = code_instance(s->c, template, NULL, name, &sub, cpu_flop(s, n));
    free(sub.list);
    return i;
}

static void call_conv(const struct call_site *s, int n, const char *template)
{
    const struct node *y = &s->p->graph->node[n];
    const int bias = y->ins == 3 && y->form <= FORM_PER_PICTURE;
    struct kernel_call call = {.result = n, .ins = 2 + bias, .no_bias = !bias};
    const int instance = conv_instance(s, n, template, &call);
    cpu_call(s, n, instance, &call);
}

static void emit_tiles(const struct call_site *s, const struct kernel *k)
{
    call_conv(s, k->root[0], "conv");
}

static void emit_tiles_and_border(const struct call_site *s, const struct kernel *k)
{
    call_conv(s, k->root[0], "conv");
    cpu_border(s, k->root[0]);
}

static void emit_narrow(const struct call_site *s, const struct kernel *k)
{
    call_conv(s, k->root[0], "conv_narrow");
}

static void emit_narrow_and_border(const struct call_site *s, const struct kernel *k)
{
    call_conv(s, k->root[0], "conv_narrow");
    cpu_border(s, k->root[0]);
}

static void emit_plain(const struct call_site *s, const struct kernel *k)
{
    call_conv(s, k->root[0], "conv_plain");
}

static void emit_deconv(const struct call_site *s, const struct kernel *k)
{
    call_conv(s, k->root[0], "deconv");
}

/* ---------------------------------------------------------------- variants */

/* The parities' windows reach over the border. */
static int halo_of_parities(const struct node *n)
{
    return (int)n->k - 2;
}

/* One tap, for runs of several go on from a pixel to the next; so do those of templates/cpu/conv_narrow.c. */
static enum pitch pitch_of_conv(const struct node *n)
{
    return n->k == 1 && n->shape.d[3] > 4 ? PITCH_ANY : PITCH_DENSE;
}

static enum pitch pitch_of_deconv(const struct node *n)
{
    return n->k == 2 ? PITCH_ANY : PITCH_DENSE;
}

static const char *not_narrow(const struct problem *p)
{
    if (p->y.d[3] > 4) return "more than 4 output channels";
    return p->x.d[3] % 16 ? "its input channels are no multiple of 16" : NULL;
}

static const char *not_narrow_and_plain(const struct problem *p)
{
    return refuses_bordered(p) ? refuses_bordered(p) : not_narrow(p);
}

static const char *not_narrow_and_bordered(const struct problem *p)
{
    return refuses_plain(p) ? refuses_plain(p) : not_narrow(p);
}

static struct work work_without_vectors(const struct problem *p)
{
    enum { LANES = 16 };
    struct work w = work_of_conv(p);
    w.macs *= LANES;
    return w;
}

/* Few output channels, which leave lanes of a tile empty: vectors go along the input's channels instead. */
const struct variant cpu_conv_narrow = {.name = "conv_narrow",
                                        .op = OP_KERNEL_CONV,
                                        .can = CAN_EPILOGUE | IS_DENSE | READS_ROWS,
                                        .packing = PACKING_OUTPUTS,
                                        .refuses = not_narrow_and_plain,
                                        .work = work_of_conv,
                                        .halo = cpu_halo_of_padding,
                                        .split = split_dense,
                                        .pitch = pitch_of_conv,
                                        .emit = emit_narrow};
const struct variant cpu_conv_tiles = {.name = "conv_tiles",
                                       .op = OP_KERNEL_CONV,
                                       .can = CAN_EPILOGUE | IS_DENSE | READS_ROWS,
                                       .refuses = refuses_bordered,
                                       .work = work_of_conv,
                                       .halo = cpu_halo_of_padding,
                                       .split = split_dense,
                                       .pitch = pitch_of_conv,
                                       .emit = emit_tiles};
const struct variant cpu_conv_narrow_border = {.name = "conv_narrow_border",
                                               .op = OP_KERNEL_CONV,
                                               .can = IS_DENSE | READS_ROWS,
                                               .packing = PACKING_OUTPUTS,
                                               .refuses = not_narrow_and_bordered,
                                               .work = work_of_conv,
                                               .halo = cpu_halo_of_padding,
                                               .emit = emit_narrow_and_border};
const struct variant cpu_conv_border = {.name = "conv_border",
                                        .op = OP_KERNEL_CONV,
                                        .can = IS_DENSE | READS_ROWS,
                                        .refuses = refuses_plain,
                                        .work = work_of_conv,
                                        .halo = cpu_halo_of_padding,
                                        .emit = emit_tiles_and_border};
/* As it is defined, without vectors: what a variant is compared with, by --set kernels=conv_plain. */
const struct variant cpu_conv_plain = {.name = "conv_plain",
                                       .op = OP_KERNEL_CONV,
                                       .can = CAN_EPILOGUE | IS_DENSE,
                                       .packing = PACKING_OUTPUTS,
                                       .refuses = refuses_bordered,
                                       .work = work_without_vectors,
                                       .halo = cpu_halo_of_padding,
                                       .split = split_dense,
                                       .emit = emit_plain};
const struct variant cpu_deconv = {.name = "deconv",
                                   .op = OP_KERNEL_DECONV,
                                   .can = CAN_EPILOGUE | IS_DENSE,
                                   .halo = halo_of_parities,
                                   .split = split_dense,
                                   .pitch = pitch_of_deconv,
                                   .emit = emit_deconv};
