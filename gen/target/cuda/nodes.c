/* The kernels of single nodes: which template, with which constants, in how many blocks of threads. */
#include "emit_cuda.h"
#include "ops.h"
#include "constants.h"

#include <stdlib.h>

/* A launch under construction. */
struct call {
    const struct site *s;
    struct mem *mem;
    int n;
    const struct node *y, *x, *z; /* the node, its inputs */
    struct substitutions sub;
    struct text arguments;
    int pointers;
    double flop;
};

static struct call begin(const struct site *s, int n)
{
    const struct graph *g = s->p->graph;
    struct call c = {.s = s, .mem = s->c->mem, .n = n, .y = &g->node[n]};
    c.flop = op_table[c.y->op].macs ? 2 * op_table[c.y->op].macs(g, c.y) : 0;
    if (c.y->ins > 0) c.x = &g->node[c.y->in[0]];
    if (c.y->ins > 1) c.z = &g->node[c.y->in[1]];
    return c;
}

static void number(struct call *c, const char *token, long value)
{
    number_token(c->mem, &c->sub, token, value);
}

/* How many pictures the kernel works on, each with values of its own. */
static int images(const struct call *c, const struct node *node)
{
    return node->batched ? c->s->p->batch : 1;
}

static void argument(struct call *c, const char *address)
{
    text_printf(&c->arguments, "%s%s", c->pointers++ ? ", " : "", address);
}

static void inputs(struct call *c, int count)
{
    for (int k = 0; k < count; k++) argument(c, cuda_input(c->s, c->n, k));
}

static void finish(struct call *c, const char *template, const char *name, struct launch launch)
{
    int instance = code_instance(c->s->c, template, NULL, name, &c->sub, c->flop);
    launch.pointers = c->pointers;
    cuda_call(c->s, instance, launch, c->arguments.s);
    free(c->sub.list);
    text_free(&c->arguments);
}

/* Inputs, then the result. */
static void run(struct call *c, const char *template, const char *name, long items)
{
    inputs(c, c->y->ins);
    argument(c, cuda_output(c->s, c->n));
    finish(c, template, name, cuda_launch(items, 0, cuda_bytes(c->s, c->n)));
}

static const char *named(struct call *c, const char *what, struct shape d)
{
    return mem_printf(c->mem, "%s_%dx%dx%dx%d", what, d.d[0], d.d[1], d.d[2], d.d[3]);
}

/* ---------------------------------------------------------------- dense convolutions */

static long ceil_div(long a, long b)
{
    return (a + b - 1) / b;
}

/* A kernel's tile, BM x BN of the result BK deep, TM x TN of it a thread's. */
struct tile {
    int bm, bn, bk, tm, tn;
};

static long tile_blocks(struct tile t, long rows, long columns)
{
    return ceil_div(rows, t.bm) * ceil_div(columns, t.bn);
}

/* By output channels; smaller ones where there would be too few blocks, and for sums of so few terms that they wait for
 * memory. */
static struct tile conv_tile(long rows, long columns, long terms)
{
    static const struct tile narrow[] = {{128, 4, 16, 2, 4},
                                         {128, 8, 16, 4, 4},
                                         {128, 16, 16, 4, 4},
                                         {128, 32, 16, 8, 4}},
                             wide[] = {{128, 64, 8, 8, 8}, {64, 64, 16, 4, 4}, {32, 64, 16, 4, 4}, {16, 64, 16, 2, 4}};
    static const struct tile shallow = {32, 64, 8, 2, 4};
    if (columns <= 32) return narrow[columns <= 4 ? 0 : columns <= 8 ? 1 : columns <= 16 ? 2 : 3];
    if (terms <= shallow.bk) return shallow;
    if (tile_blocks(wide[0], rows, columns) >= DEVICE_BLOCKS) return wide[0];
    return wide[rows <= 16 ? 3 : rows <= 32 ? 2 : 1];
}

static struct tile wgrad_tile(long rows, long columns)
{
    static const struct tile narrow[] = {{128, 4, 8, 4, 4}, {128, 8, 8, 4, 4}, {128, 16, 8, 8, 4}, {64, 32, 16, 4, 4}};
    if (columns <= 32) {
        struct tile small = {32, 32, 16, 4, 4};
        return columns > 16 && rows <= 32 ? small : narrow[columns <= 4 ? 0 : columns <= 8 ? 1 : columns <= 16 ? 2 : 3];
    }
    static const struct tile wide[] = {{128, 64, 8, 8, 8}, {64, 64, 16, 8, 4}, {32, 64, 16, 4, 4}};
    return wide[rows <= 32 ? 2 : rows < 512 ? 1 : 0];
}

/* In how many a convolution's sum is cut, where even small tiles are too few blocks; 8 steps of a tile at the least. */
static int conv_split(struct tile t, long blocks, long terms)
{
    long most = ceil_div(terms, t.bk) / 8, split = ceil_div(DEVICE_BLOCKS, blocks);
    return blocks * 2 > DEVICE_BLOCKS || most < 2 ? 1 : (int)(split < most ? split : most);
}

static void tile_tokens(struct call *c, struct tile t)
{
    number(c, "AG_BM", t.bm);
    number(c, "AG_BN", t.bn);
    number(c, "AG_BK", t.bk);
    number(c, "AG_TM", t.tm);
    number(c, "AG_TN", t.tn);
}

static int tile_threads(struct tile t)
{
    return t.bm / t.tm * (t.bn / t.tn);
}

static void launch_border(const struct site *s, int n);

/* Room behind the phase's scratch for partial results that the next launch adds up. */
static const char *workspace(const struct site *s, long reals)
{
    if (reals > s->c->workspace) s->c->workspace = reals;
    return mem_printf(s->c->mem, "b[AG_SCRATCH] + %ld", (s->p->scratch_size + 15) / 16 * 16);
}

/* The arguments after the inputs: the results, and what an epilogue reads. Returns the bytes of all that. */
static double end(struct call *c, const struct kernel *k)
{
    struct epilogue e = {{NULL, 0, 0}, {NULL, 0, 0}, 0, 0};
    cuda_epilogue(c->s, k, &c->sub, &e);
    argument(c, e.first.s);
    if (e.extra.s) text_add(&c->arguments, e.extra.s);
    c->pointers += e.pointers;
    text_free(&e.first);
    text_free(&e.extra);
    return e.bytes;
}

static void no_epilogue(struct call *c, const char *result)
{
    template_set(c->mem, &c->sub, "AG_EXTRA_PARAMS", "");
    template_set(c->mem, &c->sub, "AG_RESULTS", "y");
    template_set(c->mem, &c->sub, "AG_EPILOGUE", "out[0].at[l] = r");
    argument(c, result);
}

static void add_split(const struct site *s, const struct kernel *k, int split, int bias)
{
    const int n = k->root[0];
    struct call c = begin(s, n);
    c.flop = 0; /* it is the convolution's */
    size_tokens(c.mem, &c.sub, c.y->shape);
    number(&c, "AG_SPLIT", split);
    number(&c, "AG_SIZE", shape_size(c.y->shape));
    number(&c, "AG_CO", c.y->shape.d[3]);
    number(&c, "AG_BIAS", bias);
    argument(&c, workspace(s, split * shape_size(c.y->shape)));
    argument(&c, bias ? cuda_input(s, n, 2) : "(real *)0");
    double bytes = split * (double)shape_size(c.y->shape) * sizeof(float) + end(&c, k);
    finish(&c, "split_sum", named(&c, "split_sum", c.y->shape), cuda_launch(shape_size(c.y->shape) / 4, 0, bytes));
}

/* By output channels, all of them in one block: each column of blocks makes the depthwise part anew. A multiprocessor
 * holds one block of the largest tile, two of the others. */
static struct tile sepconv_tile(long rows, long columns)
{
    static const struct tile narrow[] = {{128, 4, 16, 2, 4},
                                         {128, 8, 16, 4, 4},
                                         {128, 16, 16, 4, 4},
                                         {128, 32, 32, 8, 4}},
                             wide[] = {{128, 64, 32, 8, 8}, {64, 128, 32, 8, 8}, {64, 256, 32, 8, 8}},
                             few[] = {{64, 64, 32, 4, 4}, {32, 128, 32, 4, 8}, {32, 256, 32, 4, 8}};
    if (columns <= 32) return narrow[columns <= 4 ? 0 : columns <= 8 ? 1 : columns <= 16 ? 2 : 3];
    const int k = columns <= 64 ? 0 : columns <= 128 ? 1 : 2;
    return 2 * tile_blocks(wide[k], rows, columns) >= DEVICE_BLOCKS * (k == 2 ? 1 : 2) ? wide[k] : few[k];
}

/* Input 0 of node d's kernel, which may be made of another tensor. */
static void prologue_argument(struct call *c, const struct kernel *k, int d)
{
    const struct site *s = c->s;
    int x = k->prologue ? plan_elementwise(s->p, k->prologue) : plan_source(s->p, d, 0);
    argument(c, code_address(s->c, s->p, s->group, plan_local(s->p, s->group, x, 0), x));
}

/* The arguments that the prologue reads. */
static void prologue_arguments(struct call *c, const struct kernel *k)
{
    struct text arguments = {NULL, 0, 0};
    c->pointers += cuda_prologue(c->s, k, &c->sub, &arguments);
    if (arguments.s) text_add(&c->arguments, arguments.s);
    text_free(&arguments);
}

/* A 1x1 convolution and the depthwise one before it. */
static void run_sepconv(const struct site *s, const struct kernel *k)
{
    const int n = k->root[0], d = k->front;
    struct call c = begin(s, n);
    const struct node *dw = &s->p->graph->node[d];
    const int in = c.x->shape.d[3], out = c.y->shape.d[3], bias = c.y->ins == 3;
    const int kept = s->p->node[d].keep == KEEP_STORED; /* made for this kernel alone otherwise */
    const long rows = (long)s->p->batch * c.y->shape.d[1] * c.y->shape.d[2];
    struct tile tile = sepconv_tile(rows, out);
    c.flop += 2 * op_table[dw->op].macs(s->p->graph, dw);
    size_tokens(c.mem, &c.sub, c.y->shape);
    number(&c, "AG_N", s->p->batch);
    number(&c, "AG_CI", in);
    number(&c, "AG_CO", out);
    number(&c, "AG_K", dw->k);
    number(&c, "AG_BIAS", bias);
    number(&c, "AG_KEEP", kept);
    tile_tokens(&c, tile);
    prologue_argument(&c, k, d);
    argument(&c, cuda_input(s, d, 1));
    argument(&c, cuda_input(s, n, 1));
    argument(&c, bias ? cuda_input(s, n, 2) : "(real *)0");
    argument(&c, kept ? cuda_output(s, d) : "(real *)0");
    struct launch launch = {.grid = {(int)ceil_div(rows, tile.bm), (int)ceil_div(out, tile.bn), 1}};
    launch.threads = tile_threads(tile);
    launch.bytes = cuda_bytes(s, d) + cuda_bytes(s, n) - sizeof(float) * (double)shape_size(c.y->shape);
    launch.bytes -= sizeof(float) * (2.0 - kept) * (double)shape_size(dw->shape);
    launch.bytes += end(&c, k);
    prologue_arguments(&c, k);
    const char *name =
        mem_printf(c.mem, "sepconv%ldx%ld_%dx%dx%d_%d", dw->k, dw->k, c.y->shape.d[1], c.y->shape.d[2], in, out);
    finish(&c, "sepconv", name, launch);
}

static void run_conv(const struct site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct call c = begin(s, n);
    const int deconv = c.y->op == OP_KERNEL_DECONV, each = c.y->form != FORM_SHARED, batch = s->p->batch;
    const int bias = c.y->ins == 3 && c.y->form <= FORM_EACH;
    struct shape size = deconv ? c.x->shape : c.y->shape;
    const int beyond = deconv ? (int)c.y->k - 2 : 0; /* places of a phase beyond x's last */
    const long pixels = (long)(size.d[1] + beyond) * (size.d[2] + beyond), rows = each ? pixels : pixels * batch;
    const long terms = c.y->k * c.y->k * c.x->shape.d[3];
    struct tile tile = conv_tile(rows * (each ? batch : 1) * (deconv ? 4 : 1), c.y->shape.d[3], terms);
    const long blocks = tile_blocks(tile, rows, c.y->shape.d[3]) * (each ? batch : 1);
    const int split = deconv ? 1 : conv_split(tile, blocks, terms);
    size_tokens(c.mem, &c.sub, size);
    number(&c, "AG_N", batch);
    number(&c, "AG_CI", c.x->shape.d[3]);
    number(&c, "AG_CO", c.y->shape.d[3]);
    number(&c, "AG_K", c.y->k);
    number(&c, "AG_S", c.y->stride);
    number(&c, "AG_PAD", c.y->pad);
    number(&c, "AG_BIAS", bias);
    number(&c, "AG_EACH", each);
    number(&c, "AG_WSTRIDE", c.z->shape.d[3]);
    number(&c, "AG_SPLIT", split);
    number(&c, "AG_UP", plan_source(s->p, n, 0) != c.y->in[0]);
    tile_tokens(&c, tile);
    inputs(&c, 2 + bias);
    if (!bias) argument(&c, "(real *)0");
    double bytes = cuda_bytes(s, n) - sizeof(float) * (double)shape_size(c.y->shape);
    if (split > 1) {
        no_epilogue(&c, workspace(s, split * shape_size(c.y->shape)));
        bytes += split * sizeof(float) * (double)shape_size(c.y->shape);
    } else {
        bytes += end(&c, k);
    }
    struct launch launch = {.grid[0] = (int)ceil_div(rows, tile.bm) * (each ? batch : 1)};
    launch.grid[1] = (int)ceil_div(c.y->shape.d[3], tile.bn);
    launch.grid[2] = deconv ? 4 : split;
    launch.threads = tile_threads(tile);
    launch.bytes = bytes;
    const char *name = mem_printf(c.mem, "%s%ldx%ld_%dx%dx%d_%d", deconv ? "deconv" : "conv", c.y->k, c.y->k,
                                  c.y->shape.d[1], c.y->shape.d[2], c.x->shape.d[3], c.y->shape.d[3]);
    finish(&c, deconv ? "deconv" : "conv", name, launch);
    if (split > 1) add_split(s, k, split, bias);
    if (c.y->form >= FORM_BORDER) launch_border(s, n);
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

static void add_parts(const struct site *s, int n, int parts)
{
    const struct kernel sums = {.kind = KERNEL_NODE, .root = {n}, .roots = 1};
    add_split(s, &sums, parts, 0);
}

static void run_wgrad(const struct site *s, int n)
{
    struct call c = begin(s, n);
    const int each = c.y->op == OP_KERNEL_WGRAD, k = (int)c.y->k;
    const int in = c.x->shape.d[3], out = c.z->shape.d[3];
    struct tile tile = wgrad_tile((long)k * k * in, out);
    const long blocks = tile_blocks(tile, (long)k * k * in, out), size = shape_size(c.y->shape);
    const int parts = each ? picture_parts(c.z->shape, blocks) : s->p->node[n].parts;
    size_tokens(c.mem, &c.sub, c.z->shape);
    number(&c, "AG_N", s->p->batch);
    number(&c, "AG_CI", in);
    number(&c, "AG_CO", out);
    number(&c, "AG_K", k);
    number(&c, "AG_S", c.y->stride);
    number(&c, "AG_PAD", c.y->pad);
    number(&c, "AG_EACH", each);
    number(&c, "AG_WSTRIDE", each ? c.y->shape.d[3] : 0);
    number(&c, "AG_UP", plan_source(s->p, n, 0) != c.y->in[0]);
    number(&c, "AG_PARTS", parts);
    number(&c, "AG_PSTRIDE", each ? size : s->p->node[n].partial_size);
    tile_tokens(&c, tile);
    inputs(&c, 2);
    argument(&c, each && parts > 1 ? workspace(s, parts * size) : cuda_output(s, n));
    struct launch launch = {.grid[0] = (int)ceil_div((long)k * k * in, tile.bm)};
    launch.grid[1] = (int)ceil_div(out, tile.bn);
    launch.grid[2] = each ? s->p->batch * parts : parts;
    launch.threads = tile_threads(tile);
    launch.bytes = cuda_bytes(s, n) + (parts - 1) * sizeof(float) * (double)size;
    const char *name =
        mem_printf(c.mem, "conv_wgrad%dx%d_%dx%dx%d_%d", k, k, c.z->shape.d[1], c.z->shape.d[2], in, out);
    finish(&c, "conv_wgrad", name, launch);
    if (each && parts > 1) add_parts(s, n, parts);
}

static void run_pack(const struct site *s, int n)
{
    struct call c = begin(s, n);
    struct weight w = g_weight(s->p->graph, c.y->in[0]);
    const enum pack pack = (enum pack)c.y->pack;
    const char *template = pack <= PACK_CONV_FLIPT ? "pack_conv" : pack == PACK_DECONV ? "pack_deconv" : "pack_dw";
    int swapped = pack == PACK_CONV_FLIPT || pack == PACK_DECONV;
    number(&c, "AG_IMAGES", images(&c, c.y));
    number(&c, "AG_CI", swapped ? w.out : w.in);
    number(&c, "AG_CO", swapped ? w.in : w.out);
    number(&c, "AG_C", w.out);
    number(&c, "AG_K", w.k);
    number(&c, "AG_TRANSPOSED", pack == PACK_CONV_FLIPT);
    number(&c, "AG_FLIP", pack == PACK_DW_FLIP);
    number(&c, "AG_WSTRIDE", c.y->shape.d[3]);
    run(&c, template, mem_printf(c.mem, "%s%dx%d_%d_%d", template, w.k, w.k, w.out, w.in), shape_size(c.x->shape));
}

static void run_unpack(const struct site *s, int n)
{
    struct call c = begin(s, n);
    number(&c, "AG_IMAGES", images(&c, c.y));
    number(&c, "AG_WSTRIDE", c.x->shape.d[3]);
    number(&c, "AG_K", c.y->k);
    number(&c, "AG_CO", c.y->weight_out);
    number(&c, "AG_CI", c.y->weight_in);
    run(&c, "wgrad_unpack", named(&c, "unpack", c.y->shape), shape_size(c.y->shape));
}

/* ---------------------------------------------------------------- depthwise, linear, resampling */

static void run_depthwise(const struct site *s, const struct kernel *k)
{
    const int n = k->root[0];
    struct call c = begin(s, n);
    const int gradient = c.y->op == OP_DW_DW;
    size_tokens(c.mem, &c.sub, c.x->shape);
    number(&c, "AG_IMAGES", s->p->batch);
    number(&c, "AG_C", c.x->shape.d[3]);
    number(&c, "AG_K", c.y->k);
    number(&c, "AG_PARTS", s->p->node[n].parts);
    number(&c, "AG_STRIDE", s->p->node[n].partial_size);
    const char *template = gradient ? "dwconv_wgrad" : "dwconv";
    prologue_argument(&c, k, n);
    argument(&c, cuda_input(s, n, 1));
    argument(&c, cuda_output(s, n));
    prologue_arguments(&c, k);
    finish(&c, template, named(&c, template, c.x->shape), cuda_launch(shape_size(c.x->shape) / 4, 0, cuda_bytes(s, n)));
}

static void run_linear(const struct site *s, int n)
{
    struct call c = begin(s, n);
    const int wgrad = c.y->op == OP_LINEAR_WGRAD, in = c.x->shape.d[3], out = wgrad ? c.y->shape.d[0] : c.y->shape.d[3];
    const char *template = wgrad ? "linear_wgrad" : "linear";
    number(&c, "AG_IMAGES", s->p->batch);
    number(&c, "AG_CI", in);
    number(&c, "AG_CO", out);
    number(&c, "AG_BIAS", c.y->ins == 3);
    number(&c, "AG_TRANSPOSED", c.y->transposed);
    inputs(&c, c.y->ins);
    if (!wgrad && c.y->ins == 2) argument(&c, "(real *)0");
    argument(&c, cuda_output(s, n));
    struct launch launch = cuda_launch(wgrad ? (long)in * out / 4 : out * 32L, 0, cuda_bytes(s, n));
    finish(&c, template, mem_printf(c.mem, "%s_%d_%d", template, in, out), launch);
}

static void run_resample(const struct site *s, int n)
{
    static const char *const template[OP_COUNT] = {
        [OP_UP_NEAREST] = "nearest",       [OP_SUMPOOL] = "sumpool", [OP_UP_BILINEAR] = "bilinear",
        [OP_UP_BILINEAR_T] = "bilinear_t", [OP_FIR] = "fir",         [OP_SHUFFLE] = "shuffle",
        [OP_UNSHUFFLE] = "unshuffle",
    };
    struct call c = begin(s, n);
    struct shape small = c.y->shape.d[1] < c.x->shape.d[1] ? c.y->shape : c.x->shape;
    struct shape size = c.y->op == OP_FIR ? c.x->shape : small;
    const char *what = template[c.y->op];
    size_tokens(c.mem, &c.sub, size);
    number(&c, "AG_IMAGES", s->p->batch);
    number(&c, "AG_C", c.y->shape.d[3] < c.x->shape.d[3] ? c.y->shape.d[3] : c.x->shape.d[3]);
    number(&c, "AG_PAD", c.y->fir_pad);
    number(&c, "AG_CLAMP", c.y->beyond == BEYOND_CLAMP);
    run(&c, what, named(&c, what, c.x->shape), shape_size(c.y->shape) / 4);
}

/* ---------------------------------------------------------------- borders and taps of up-sampling convolutions */

/* Node n's own kernel, or what follows its convolution. */
static void launch_border(const struct site *s, int n)
{
    struct call c = begin(s, n);
    const int conv = c.y->op == OP_KERNEL_CONV, dw = c.y->op == OP_BORDER_DW,
              dx = c.y->op == OP_BORDER_DX || (conv && c.y->form == FORM_BORDER_DX);
    const char *template = dw ? "border_dw" : dx ? "border_dx" : "border";
    struct shape edges = dw ? c.y->shape : s->p->graph->node[c.y->in[conv ? 2 : 1]].shape;
    size_tokens(c.mem, &c.sub, c.x->shape);
    number(&c, "AG_IMAGES", s->p->batch);
    number(&c, "AG_CI", edges.d[2]);
    number(&c, "AG_Q", edges.d[3]);
    number(&c, "AG_ALONE", !conv);
    argument(&c, cuda_input(s, n, 0));
    argument(&c, cuda_input(s, n, conv ? 2 : 1));
    argument(&c, cuda_output(s, n));
    long border = 2L * (c.x->shape.d[1] + c.x->shape.d[2]) * s->p->batch * edges.d[3];
    struct launch launch = cuda_launch(conv ? border : shape_size(c.y->shape), 0, cuda_bytes(s, n));
    if (conv) c.flop = 0; /* it is the convolution's */
    finish(&c, template, named(&c, template, c.x->shape), launch);
}

static void run_taps(const struct site *s, int n)
{
    struct call c = begin(s, n);
    struct shape w = c.y->op == OP_TAPS_T || c.y->op == OP_EDGE_TAPS_T ? c.y->shape : c.x->shape;
    const char *template = op_table[c.y->op].name;
    number(&c, "AG_IMAGES", images(&c, c.y));
    number(&c, "AG_O", w.d[1]);
    number(&c, "AG_I", w.d[2]);
    number(&c, "AG_KIND", c.y->taps);
    run(&c, template, named(&c, template, c.x->shape), shape_size(w));
}

/* ---------------------------------------------------------------- small ones, sums of parts */

static void run_strided(const struct site *s, int n)
{
    struct call c = begin(s, n);
    const char *name;
    strided_tokens(c.mem, &c.sub, s->p->graph, n, &name);
    number(&c, "AG_IMAGES", images(&c, c.y));
    number(&c, "AG_XSTRIDE", shape_size(c.x->shape) / images(&c, c.y));
    number(&c, "AG_YSTRIDE", shape_size(c.y->shape) / images(&c, c.y));
    run(&c, "strided", name, shape_size(c.y->shape));
}

static void run_softmax(const struct site *s, int n)
{
    struct call c = begin(s, n);
    number(&c, "AG_C", c.y->shape.d[3]);
    run(&c, "softmax", named(&c, "softmax", c.y->shape), 1);
}

static void run_moments(const struct site *s, int n)
{
    struct call c = begin(s, n);
    size_tokens(c.mem, &c.sub, c.x->shape);
    number(&c, "AG_IMAGES", s->p->batch);
    number(&c, "AG_PARTS", s->p->node[n].parts);
    number(&c, "AG_STRIDE", s->p->node[n].partial_size);
    number(&c, "AG_C", c.x->shape.d[3]);
    run(&c, "moments", named(&c, "moments", c.x->shape), 256L * s->p->node[n].parts * ceil_div(c.x->shape.d[3], 32));
}

void cuda_combine(const struct site *s, int n)
{
    struct call c = begin(s, n);
    const char *template = c.y->op == OP_MOMENTS ? "combine_moments" : c.y->op == OP_SUM ? "combine" : "combine_wgrad";
    number(&c, "AG_PARTS", s->p->node[n].parts);
    number(&c, "AG_STRIDE", s->p->node[n].partial_size);
    number(&c, "AG_SIZE", shape_size(c.y->shape));
    number(&c, "AG_IMAGES", s->p->batch);
    number(&c, "AG_PIXELS", (long)c.x->shape.d[1] * c.x->shape.d[2]);
    number(&c, "AG_C", c.x->shape.d[3]);
    number(&c, "AG_CI", c.y->shape.d[1]);
    number(&c, "AG_CO", c.y->shape.d[0]);
    number(&c, "AG_TAPS", (long)c.y->shape.d[2] * c.y->shape.d[3]);
    number(&c, "AG_DEPTHWISE", c.y->op == OP_DW_DW);
    struct site outside = {s->c, s->p, -1, NULL};
    c.flop = 0; /* it is the parts' */
    argument(&c, mem_printf(c.mem, "b[AG_ARENA] + %ld", s->p->node[n].partial));
    argument(&c, code_address(s->c, s->p, -1, NULL, n));
    c.s = &outside;
    double bytes = (double)(s->p->node[n].parts + 1) * (double)shape_size(c.y->shape) * sizeof(float);
    finish(&c, template, mem_printf(c.mem, "%s_%ld", template, shape_size(c.y->shape)),
           cuda_launch(shape_size(c.y->shape), 0, bytes));
}

void cuda_node(const struct site *s, const struct kernel *k)
{
    const int n = k->root[0];
    switch (s->p->graph->node[n].op) {
    case OP_KERNEL_CONV:
    case OP_KERNEL_DECONV:
        if (k->front)
            run_sepconv(s, k);
        else
            run_conv(s, k);
        return;
    case OP_CONV_DW:
    case OP_KERNEL_WGRAD:
        run_wgrad(s, n);
        return;
    case OP_PACK:
        run_pack(s, n);
        return;
    case OP_UNPACK:
        run_unpack(s, n);
        return;
    case OP_KERNEL_DW:
    case OP_DW_DW:
        run_depthwise(s, k);
        return;
    case OP_KERNEL_LINEAR:
    case OP_LINEAR_WGRAD:
        run_linear(s, n);
        return;
    case OP_UP_NEAREST:
    case OP_SUMPOOL:
    case OP_UP_BILINEAR:
    case OP_UP_BILINEAR_T:
    case OP_FIR:
    case OP_SHUFFLE:
    case OP_UNSHUFFLE:
        run_resample(s, n);
        return;
    case OP_BORDER:
    case OP_BORDER_DX:
    case OP_BORDER_DW:
        launch_border(s, n);
        return;
    case OP_TAPS:
    case OP_TAPS_T:
    case OP_EDGE_TAPS:
    case OP_EDGE_TAPS_T:
        run_taps(s, n);
        return;
    case OP_MOMENTS:
        run_moments(s, n);
        return;
    case OP_SOFTMAX:
        run_softmax(s, n);
        return;
    case OP_SLICE:
    case OP_PLACE:
    case OP_PAD:
    case OP_CROP:
    case OP_FLIP:
    case OP_FLIPT:
    case OP_PERMUTE:
        run_strided(s, n);
        return;
    default:
        abort(); /* an operator that no kernel has been given to */
    }
}
