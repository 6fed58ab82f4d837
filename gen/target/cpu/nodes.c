/* The kernel functions of single nodes: which template, with which constants. */
#include "emit_cpu.h"
#include "ops.h"
#include "constants.h"

#include <stdlib.h>
#include <string.h>

long cpu_halo(const struct site *s, int n)
{
    const struct local *l = plan_local(s->p, s->group, n, 0);
    return l ? l->halo : 0;
}

long cpu_halo_in(const struct site *s, int n, int k)
{
    const struct local *l = plan_input_local(s->p, s->group, n, k);
    return l ? l->halo : 0;
}

int cpu_step_in(const struct site *s, int n, int k)
{
    const struct local *l = plan_input_local(s->p, s->group, n, k);
    return plan_pixel_step(s->p, l, plan_source(s->p, n, k));
}

static int step_out(const struct site *s, int n)
{
    return plan_pixel_step(s->p, plan_local(s->p, s->group, n, 0), n);
}

static double picture_flop(const struct site *s, int n)
{
    const struct node *node = &s->p->graph->node[n];
    return op_table[node->op].macs ? 2 * op_table[node->op].macs(s->p->graph, node) / s->p->batch : 0;
}

/* ---------------------------------------------------------------- kernels on pictures */

/* The template of a convolution, whose weight it packs too. */
static const char *conv_template(long in, long out)
{
    return out <= 4 && in % 16 == 0 ? "conv_few" : "conv";
}

/* What templates/cpu/conv.c and deconv.c take their tiles from (templates/cpu/vector.h has the macros): how pictures of
 * h x w places look to them, in numbers where those are the same for every width of vectors. */
struct view {
    const char *abreast, *stretches, *rows, *pixels;
    int flat;
};

static struct view view_tiles(const struct site *s, int n, struct shape places, int more)
{
    const struct node *y = &s->p->graph->node[n];
    const int deconv = y->op == OP_KERNEL_DECONV, out = y->shape.d[3], shares = s->k ? s->k->shares : 1;
    const int h = places.d[1], w = places.d[2], by_rows = shares == 1 || plan_by_rows(s->p, n);
    struct mem *mem = s->c->mem;
    struct view v = {"1", mem_printf(mem, "%d", shares), mem_printf(mem, "%d", h), mem_printf(mem, "%d", w + more), 0};
    if (!by_rows) v.stretches = mem_printf(mem, "STRETCHES(%d, %d, %d)", out, deconv ? 4 : 1, shares);
    v.flat = y->k == (deconv ? 2 : 1) && (deconv || y->stride == 1) && !cpu_halo_in(s, n, 0);
    if (v.flat && by_rows) {
        const int rows = h % shares ? h : shares;
        v.rows = mem_printf(mem, "%d", rows);
        v.pixels = mem_printf(mem, "%d", h / rows * w);
    } else if (v.flat) {
        v.rows = mem_printf(mem, "FLAT_ROWS(%d, %s)", h, v.stretches);
        v.pixels = mem_printf(mem, "FLAT_PIXELS(%d, %d, %s)", h, w, v.stretches);
    } else if (!deconv && out <= 8 && y->k > 1 && y->stride == 1) {
        v.abreast = mem_printf(mem, "ABREAST_OF(%d, %d, %ld, 1)", w, out, y->k);
        v.pixels = mem_printf(mem, "(%d / %s)", w, v.abreast);
    }
    return v;
}

/* Is a pixel of it a picture? */
static int is_linear(const struct node *y)
{
    return y->op == OP_KERNEL_CONV && y->shape.d[1] * y->shape.d[2] == 1 && y->form == FORM_SHARED;
}

/* Do its tiles fetch what comes next? Threads that share a picture's kernels come to the next one soon. */
static int fetches(const struct site *s, const struct node *y)
{
    return s->p->sharing == PLAN_PICTURE && !is_linear(y);
}

/* The tile of a convolution, or that of a pixel less. */
static const char *tile_instance(const struct site *s, int n, const struct view *v, struct shape places, int fewer)
{
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    const int deconv = y->op == OP_KERNEL_DECONV, out = y->shape.d[3], linear = is_linear(y);
    const long k = y->k, stride = deconv ? 1 : y->stride, halo = cpu_halo_in(s, n, 0);
    const long more = 2 * halo + (deconv ? 0 : k - stride - 2 * y->pad); /* columns of x beside those of strides */
    const int pixel = cpu_step_in(s, n, 0);
    const long step = linear ? (stride + more) * (stride + more) * pixel : stride * pixel;
    const int abreast = strcmp(v->abreast, "1") != 0;
    struct mem *mem = s->c->mem;
    struct substitutions sub = {NULL, 0, 0};
    template_set(mem, &sub, "AG_PIXELS", "%s", v->pixels);
    template_set(mem, &sub, "AG_ROWS", "%s", v->rows);
    template_set(mem, &sub, "AG_CHANNELS", abreast ? "%d * %s" : "%d", out, v->abreast);
    if (out > 8) /* as of PACKED_BLOCK */
        number_token(mem, &sub, "AG_TOGETHER", 16);
    else
        template_set(mem, &sub, "AG_TOGETHER", "PACKED_BLOCK(%d * %s)", out,
                     deconv ? "1" : mem_printf(mem, "PACKED_ABREAST(%d, %ld)", out, k));
    template_set(mem, &sub, "AG_STEP", abreast ? "%ld * %s" : "%ld", step, v->abreast);
    if (v->flat)
        template_set(mem, &sub, "AG_ROW", "%s * %d", v->pixels, pixel);
    else
        number_token(mem, &sub, "AG_ROW", (stride * places.d[2] + more) * stride * pixel);
    number_token(mem, &sub, "AG_FEWER", fewer && !linear); /* a linear layer has no use for it */
    number_token(mem, &sub, "AG_LINEAR", linear);
    number_token(mem, &sub, "AG_AT_ONCE", x->shape.d[3] % 2 ? 1 : 2);
    number_token(mem, &sub, "AG_FETCHES", fetches(s, y));
    const char *name = mem_printf(mem, "%s_%dx%dx%d", fewer ? "narrow" : "tile", places.d[1], places.d[2], out);
    int i = code_instance(s->c, "tile", NULL, name, &sub, 0);
    free(sub.list);
    return s->c->instance[i].name;
}

static void tile_tokens(const struct site *s, int n, struct substitutions *sub)
{
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    const int deconv = y->op == OP_KERNEL_DECONV;
    const struct shape places = deconv ? x->shape : y->shape;
    const struct view v = view_tiles(s, n, places, deconv ? (int)y->k - 2 : 0);
    struct mem *mem = s->c->mem;
    template_set(mem, sub, "AG_TILE", "%s", tile_instance(s, n, &v, places, 0));
    template_set(mem, sub, "AG_NARROW", "%s", tile_instance(s, n, &v, places, 1));
    number_token(mem, sub, "AG_FETCHES", fetches(s, y));
    template_set(mem, sub, "AG_ABREAST", "%s", v.abreast);
    template_set(mem, sub, "AG_STRETCHES", "%s", v.stretches);
    template_set(mem, sub, "AG_PIXELS", "%s", v.pixels);
    template_set(mem, sub, "AG_ROWS", "%s", v.rows);
}

/* Is all that's made of the result of a kernel that has register tiles a relu? They do that themselves. */
static int is_relu(const struct site *s)
{
    const struct kernel *k = s->k;
    if (!k || k->kind != KERNEL_NODE || k->roots != 2 || s->p->node[k->root[0]].keep != KEEP_FUSED) return 0;
    const struct node *n = &s->p->graph->node[k->root[1]];
    return n->op == OP_RELU && n->in[0] == k->root[0];
}

static int conv_instance(const struct site *s, int n, struct call *call)
{
    const struct graph *g = s->p->graph;
    const struct node *y = &g->node[n], *x = &g->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    const int deconv = y->op == OP_KERNEL_DECONV;
    const char *template = deconv ? "deconv" : conv_template(x->shape.d[3], y->shape.d[3]);
    const int tiled = strcmp(template, "conv_few") != 0;
    size_tokens(mem, &sub, deconv ? x->shape : y->shape);
    number_token(mem, &sub, "AG_CI", x->shape.d[3]);
    number_token(mem, &sub, "AG_CO", y->shape.d[3]);
    number_token(mem, &sub, "AG_K", y->k);
    number_token(mem, &sub, "AG_S", y->stride);
    number_token(mem, &sub, "AG_PAD", y->pad);
    number_token(mem, &sub, "AG_XH", cpu_halo_in(s, n, 0));
    number_token(mem, &sub, "AG_BIAS", y->ins == 3 && y->form <= FORM_EACH);
    number_token(mem, &sub, "AG_EACH", y->form != FORM_SHARED);
    number_token(mem, &sub, "AG_WSTRIDE", g->node[y->in[1]].shape.d[3]);
    call->relu = tiled && is_relu(s);
    if (call->relu) call->result = s->k->root[1];
    number_token(mem, &sub, "AG_RELU", call->relu);
    call->ahead = tiled && fetches(s, y) ? cpu_ahead(s) : NULL;
    template_set(mem, &sub, "AG_NEXT", call->ahead ? "next" : "0");
    cpu_epilogue(s, &sub, call);
    number_token(mem, &sub, "AG_YH", cpu_halo(s, call->result));
    number_token(mem, &sub, "AG_XSTEP", cpu_step_in(s, n, 0));
    number_token(mem, &sub, "AG_YSTEP", step_out(s, call->result));
    const char *name = mem_printf(mem, "%s%ldx%ld_%dx%dx%d_%d", deconv ? "deconv" : "conv", y->k, y->k, y->shape.d[1],
                                  y->shape.d[2], x->shape.d[3], y->shape.d[3]);
    if (tiled) tile_tokens(s, n, &sub);
    int i = code_instance(s->c, template, NULL, name, &sub, picture_flop(s, n));
    free(sub.list);
    return i;
}

static int dw_instance(const struct site *s, int n, struct call *call)
{
    const struct node *y = &s->p->graph->node[n];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    size_tokens(mem, &sub, y->shape);
    number_token(mem, &sub, "AG_C", y->shape.d[3]);
    number_token(mem, &sub, "AG_K", y->k);
    number_token(mem, &sub, "AG_XH", cpu_halo_in(s, n, 0));
    number_token(mem, &sub, "AG_YH", cpu_halo(s, n));
    number_token(mem, &sub, "AG_XSTEP", cpu_step_in(s, n, 0));
    number_token(mem, &sub, "AG_YSTEP", step_out(s, n));
    cpu_epilogue(s, &sub, call);
    const char *name =
        mem_printf(mem, "dwconv%ldx%ld_%dx%dx%d", y->k, y->k, y->shape.d[1], y->shape.d[2], y->shape.d[3]);
    int i = code_instance(s->c, "dwconv", NULL, name, &sub, picture_flop(s, n));
    free(sub.list);
    return i;
}

static int linear_instance(const struct site *s, int n, struct call *call)
{
    const struct graph *g = s->p->graph;
    const struct node *y = &g->node[n], *x = &g->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int wgrad = y->op == OP_LINEAR_WGRAD, in = x->shape.d[3], out = wgrad ? y->shape.d[0] : y->shape.d[3];
    const char *template = wgrad ? "linear_wgrad" : "linear";
    number_token(mem, &sub, "AG_BATCH", s->p->batch);
    number_token(mem, &sub, "AG_CI", in);
    number_token(mem, &sub, "AG_CO", out);
    number_token(mem, &sub, "AG_BIAS", y->ins == 3);
    number_token(mem, &sub, "AG_TRANSPOSED", y->transposed);
    cpu_epilogue(s, &sub, call);
    double flop = wgrad ? picture_flop(s, n) * s->p->batch : picture_flop(s, n);
    int i = code_instance(s->c, template, NULL, mem_printf(mem, "%s_%d_%d", template, in, out), &sub, flop);
    free(sub.list);
    return i;
}

static int wgrad_instance(const struct site *s, int n)
{
    const struct graph *g = s->p->graph;
    const struct node *w = &g->node[n], *x = &g->node[w->in[0]], *gy = &g->node[w->in[1]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int depthwise = w->op == OP_DW_DW, k = (int)w->k, in = x->shape.d[3], out = gy->shape.d[3];
    size_tokens(mem, &sub, gy->shape);
    number_token(mem, &sub, depthwise ? "AG_C" : "AG_CO", out);
    number_token(mem, &sub, "AG_CI", in);
    number_token(mem, &sub, "AG_K", k);
    number_token(mem, &sub, "AG_EACH", w->op == OP_KERNEL_WGRAD);
    number_token(mem, &sub, "AG_WSTRIDE", w->op == OP_KERNEL_WGRAD ? w->shape.d[3] : 0);
    number_token(mem, &sub, "AG_S", depthwise ? 1 : w->stride);
    number_token(mem, &sub, "AG_PAD", depthwise ? k / 2 : w->pad);
    number_token(mem, &sub, "AG_XH", cpu_halo_in(s, n, 0));
    number_token(mem, &sub, "AG_GH", cpu_halo_in(s, n, 1));
    const char *name = mem_printf(mem, "%s_wgrad%dx%d_%dx%dx%d_%d", depthwise ? "dwconv" : "conv", k, k, gy->shape.d[1],
                                  gy->shape.d[2], depthwise ? 1 : in, out);
    int i = code_instance(s->c, depthwise ? "dwconv_wgrad" : "conv_wgrad", NULL, name, &sub, picture_flop(s, n));
    free(sub.list);
    return i;
}

/* Kernels that rearrange or filter pictures: the template, and the size that it is written for. */
static int resample_instance(const struct site *s, int n, struct call *call)
{
    static const char *const template[OP_COUNT] = {
        [OP_UP_NEAREST] = "nearest",       [OP_SUMPOOL] = "sumpool", [OP_UP_BILINEAR] = "bilinear",
        [OP_UP_BILINEAR_T] = "bilinear_t", [OP_FIR] = "fir",         [OP_SHUFFLE] = "shuffle",
        [OP_UNSHUFFLE] = "unshuffle",
    };
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    const char *what = template[y->op];
    struct shape small = y->shape.d[1] < x->shape.d[1] ? y->shape : x->shape, size = y->op == OP_FIR ? x->shape : small;
    int channels = y->shape.d[3] < x->shape.d[3] ? y->shape.d[3] : x->shape.d[3];
    size_tokens(mem, &sub, size);
    number_token(mem, &sub, "AG_C", channels);
    number_token(mem, &sub, "AG_XH", cpu_halo_in(s, n, 0));
    number_token(mem, &sub, "AG_YH", cpu_halo(s, n));
    number_token(mem, &sub, "AG_PAD", y->fir_pad);
    number_token(mem, &sub, "AG_CLAMP", y->beyond == BEYOND_CLAMP);
    cpu_epilogue(s, &sub, call);
    int i =
        code_instance(s->c, what, NULL, mem_printf(mem, "%s_%dx%dx%d", what, size.d[1], size.d[2], channels), &sub, 0);
    free(sub.list);
    return i;
}

static int col2im_instance(const struct site *s, int n, struct call *call)
{
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    size_tokens(mem, &sub, y->shape);
    number_token(mem, &sub, "AG_CI", x->shape.d[3]);
    number_token(mem, &sub, "AG_CO", y->shape.d[3]);
    number_token(mem, &sub, "AG_K", y->k);
    number_token(mem, &sub, "AG_XH", cpu_halo_in(s, n, 0));
    cpu_epilogue(s, &sub, call);
    number_token(mem, &sub, "AG_YH", cpu_halo(s, call->result));
    const char *name =
        mem_printf(mem, "col2im%ldx%ld_%dx%dx%d", y->k, y->k, y->shape.d[1], y->shape.d[2], y->shape.d[3]);
    int i = code_instance(s->c, "col2im", NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

/* What a bilinear up-sampling convolution's border needs beside its main part: node n's own kernel, or what follows
 * its convolution. */
int cpu_border(const struct site *s, int n)
{
    const struct graph *g = s->p->graph;
    const struct node *y = &g->node[n], *x = &g->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int dx = y->op == OP_BORDER_DX || (y->op == OP_KERNEL_CONV && y->form == FORM_BORDER_DX),
        dw = y->op == OP_BORDER_DW;
    const char *template = dw ? "border_dw" : dx ? "border_dx" : "border";
    struct shape edges = dw ? y->shape : g->node[y->in[y->op == OP_KERNEL_CONV ? 2 : 1]].shape;
    size_tokens(mem, &sub, x->shape);
    number_token(mem, &sub, "AG_CI", edges.d[2]);
    number_token(mem, &sub, "AG_Q", edges.d[3]);
    number_token(mem, &sub, dx ? "AG_YH" : "AG_XH", cpu_halo_in(s, n, 0));
    number_token(mem, &sub, dx ? "AG_XH" : "AG_YH", dw ? cpu_halo_in(s, n, 1) : cpu_halo(s, n));
    const char *name =
        mem_printf(mem, "%s_%dx%dx%d_%d", template, x->shape.d[1], x->shape.d[2], edges.d[2], edges.d[3]);
    int i = code_instance(s->c, template, NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

static int moments_instance(const struct site *s, int n)
{
    const struct node *x = &s->p->graph->node[s->p->graph->node[n].in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    size_tokens(mem, &sub, x->shape);
    number_token(mem, &sub, "AG_C", x->shape.d[3]);
    number_token(mem, &sub, "AG_XH", cpu_halo_in(s, n, 0));
    const char *name = mem_printf(mem, "moments_%dx%dx%d", x->shape.d[1], x->shape.d[2], x->shape.d[3]);
    int i = code_instance(s->c, "moments", NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

/* ---------------------------------------------------------------- kernels in weight space */

static int pack_instance(const struct site *s, int n)
{
    static const char *const kind[] = {"conv", "conv", "deconv", "dwconv", "dwconv"};
    const struct node *y = &s->p->graph->node[n];
    struct weight w = g_weight(s->p->graph, y->in[0]);
    enum pack pack = (enum pack)y->pack;
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int swapped = pack == PACK_CONV_FLIPT || pack == PACK_DECONV;
    number_token(mem, &sub, "AG_CI", swapped ? w.out : w.in);
    number_token(mem, &sub, "AG_CO", swapped ? w.in : w.out);
    number_token(mem, &sub, "AG_C", w.out);
    number_token(mem, &sub, "AG_K", w.k);
    number_token(mem, &sub, "AG_PACK_TRANSPOSED", pack == PACK_CONV_FLIPT);
    number_token(mem, &sub, "AG_PACK_FLIP", pack == PACK_DW_FLIP);
    const char *name = mem_printf(mem, "pack_%s%dx%d_%d_%d", kind[pack], w.k, w.k, w.out, w.in);
    const char *conv = conv_template(swapped ? w.out : w.in, swapped ? w.in : w.out);
    int i = code_instance(s->c, pack <= PACK_CONV_FLIPT ? conv : kind[pack], "pack", name, &sub, 0);
    free(sub.list);
    return i;
}

static int taps_instance(const struct site *s, int n)
{
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int adjoint = y->op == OP_TAPS_T || y->op == OP_EDGE_TAPS_T;
    struct shape w = adjoint ? y->shape : x->shape;
    const char *template = op_table[y->op].name;
    number_token(mem, &sub, "AG_O", w.d[1]);
    number_token(mem, &sub, "AG_I", w.d[2]);
    number_token(mem, &sub, "AG_KIND", y->taps);
    int i =
        code_instance(s->c, template, NULL, mem_printf(mem, "%s%ld_%d_%d", template, y->taps, w.d[1], w.d[2]), &sub, 0);
    free(sub.list);
    return i;
}

static int unpack_instance(const struct site *s, int n)
{
    const struct node *y = &s->p->graph->node[n];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    number_token(mem, &sub, "AG_K", y->k);
    number_token(mem, &sub, "AG_CO", y->weight_out);
    number_token(mem, &sub, "AG_CI", y->weight_in);
    const char *name = mem_printf(mem, "unpack%ldx%ld_%ld_%ld", y->k, y->k, y->weight_out, y->weight_in);
    int i = code_instance(s->c, "wgrad_unpack", NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

static int strided_instance(const struct site *s, int n)
{
    struct substitutions sub = {NULL, 0, 0};
    const char *name;
    strided_tokens(s->c->mem, &sub, s->p->graph, n, &name);
    int i = code_instance(s->c, "strided", NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

static int softmax_instance(const struct site *s, int n)
{
    struct substitutions sub = {NULL, 0, 0};
    int size = s->p->graph->node[n].shape.d[3];
    number_token(s->c->mem, &sub, "AG_C", size);
    int i = code_instance(s->c, "softmax", NULL, mem_printf(s->c->mem, "softmax_%d", size), &sub, 0);
    free(sub.list);
    return i;
}

int cpu_combine(const struct site *s, int n)
{
    const struct node *y = &s->p->graph->node[n];
    struct mem *mem = s->c->mem;
    struct substitutions sub = {NULL, 0, 0};
    struct shape x = s->p->graph->node[y->in[0]].shape;
    const char *template = y->op == OP_MOMENTS ? "combine_moments" : y->op == OP_SUM ? "combine" : "combine_wgrad";
    number_token(mem, &sub, "AG_PARTS", s->p->node[n].parts);
    number_token(mem, &sub, "AG_STRIDE", s->p->node[n].partial_size);
    number_token(mem, &sub, "AG_SIZE", shape_size(y->shape));
    number_token(mem, &sub, "AG_BATCH", s->p->batch);
    number_token(mem, &sub, "AG_PIXELS", (long)x.d[1] * x.d[2]);
    number_token(mem, &sub, "AG_C", x.d[3]);
    number_token(mem, &sub, "AG_CI", y->shape.d[1]);
    number_token(mem, &sub, "AG_CO", y->shape.d[0]);
    number_token(mem, &sub, "AG_TAPS", (long)y->shape.d[2] * y->shape.d[3]);
    number_token(mem, &sub, "AG_DEPTHWISE", y->op == OP_DW_DW);
    const char *name = mem_printf(mem, "%s_%ld", template, shape_size(y->shape));
    int i = code_instance(s->c, template, NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

/* ---------------------------------------------------------------- any node */

int cpu_node(const struct site *s, int n, struct call *call)
{
    switch (s->p->graph->node[n].op) {
    case OP_KERNEL_CONV:
    case OP_KERNEL_DECONV:
        return conv_instance(s, n, call);
    case OP_KERNEL_DW:
        return dw_instance(s, n, call);
    case OP_KERNEL_LINEAR:
    case OP_LINEAR_WGRAD:
        return linear_instance(s, n, call);
    case OP_CONV_DW:
    case OP_KERNEL_WGRAD:
    case OP_DW_DW:
        return wgrad_instance(s, n);
    case OP_UP_NEAREST:
    case OP_SUMPOOL:
    case OP_UP_BILINEAR:
    case OP_UP_BILINEAR_T:
    case OP_FIR:
    case OP_SHUFFLE:
    case OP_UNSHUFFLE:
        return resample_instance(s, n, call);
    case OP_COL2IM:
        return col2im_instance(s, n, call);
    case OP_BORDER:
    case OP_BORDER_DX:
    case OP_BORDER_DW:
        return cpu_border(s, n);
    case OP_TAPS:
    case OP_TAPS_T:
    case OP_EDGE_TAPS:
    case OP_EDGE_TAPS_T:
        return taps_instance(s, n);
    case OP_UNPACK:
        return unpack_instance(s, n);
    case OP_MOMENTS:
        return moments_instance(s, n);
    case OP_PACK:
        return pack_instance(s, n);
    case OP_SOFTMAX:
        return softmax_instance(s, n);
    case OP_SLICE:
    case OP_PLACE:
    case OP_PAD:
    case OP_CROP:
    case OP_FLIP:
    case OP_FLIPT:
    case OP_PERMUTE:
        return strided_instance(s, n);
    default:
        abort(); /* an operator that no kernel has been given to */
    }
}
