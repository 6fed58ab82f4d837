/*
 * A phase as C: one function for each group, which runs a part of the batch through the group's kernels a few pictures
 * at a time, and the phase function, which runs groups and small kernels in order.
 */
#include "emit_cpu.h"
#include "ops.h"

#include <stdlib.h>
#include <string.h>

/* A call: which function, and what it is given but for the number of pictures. */
struct call {
    int instance;
    struct text arguments;
};

struct site {
    struct cpu *c;
    const struct plan *p;
    int group; /* -1: a step of its own */
};

/* The halo of what a node's kernel writes, and of its input k. */
static long halo_of(const struct site *s, int n)
{
    const struct local *l = plan_local(s->p, s->group, n, 0);
    return l ? l->halo : 0;
}

static long halo_in(const struct site *s, int n, int k)
{
    const struct local *l = plan_input_local(s->p, s->group, n, k);
    return l ? l->halo : 0;
}

static void size_tokens(struct mem *mem, struct substitutions *sub, struct shape s)
{
    template_set(mem, sub, "AG_H", "%d", s.d[1]);
    template_set(mem, sub, "AG_W", "%d", s.d[2]);
}

static void number(struct mem *mem, struct substitutions *sub, const char *token, long value)
{
    template_set(mem, sub, token, "%ld", value);
}

static double picture_flop(const struct site *s, int n)
{
    const struct node *node = &s->p->graph->node[n];
    return op_table[node->op].macs ? 2 * op_table[node->op].macs(s->p->graph, node) / s->p->batch : 0;
}

/* ---------------------------------------------------------------- kernels on pictures */

static int conv_instance(const struct site *s, int n)
{
    const struct graph *g = s->p->graph;
    const struct node *y = &g->node[n], *x = &g->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int deconv = y->op == OP_KERNEL_DECONV;
    size_tokens(mem, &sub, deconv ? x->shape : y->shape);
    number(mem, &sub, "AG_CI", x->shape.d[3]);
    number(mem, &sub, "AG_CO", y->shape.d[3]);
    number(mem, &sub, "AG_K", y->attr[0]);
    number(mem, &sub, "AG_S", y->attr[1]);
    number(mem, &sub, "AG_PAD", y->attr[2]);
    number(mem, &sub, "AG_XH", halo_in(s, n, 0));
    number(mem, &sub, "AG_YH", halo_of(s, n));
    number(mem, &sub, "AG_BIAS", y->ins == 3);
    number(mem, &sub, "AG_ACCUMULATE", 0);
    template_set(mem, &sub, "AG_EXTRA_PARAMS", "");
    template_set(mem, &sub, "AG_EPILOGUE", "");
    const char *name = mem_printf(mem, "%s%ldx%ld_%dx%dx%d_%d", deconv ? "deconv" : "conv", y->attr[0], y->attr[0],
                                  y->shape.d[1], y->shape.d[2], x->shape.d[3], y->shape.d[3]);
    int i = cpu_instance(s->c, deconv ? "deconv" : "conv", NULL, name, &sub, picture_flop(s, n));
    free(sub.list);
    return i;
}

static int dw_instance(const struct site *s, int n)
{
    const struct node *y = &s->p->graph->node[n];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    size_tokens(mem, &sub, y->shape);
    number(mem, &sub, "AG_C", y->shape.d[3]);
    number(mem, &sub, "AG_K", y->attr[0]);
    number(mem, &sub, "AG_XH", halo_in(s, n, 0));
    number(mem, &sub, "AG_YH", halo_of(s, n));
    const char *name =
        mem_printf(mem, "dwconv%ldx%ld_%dx%dx%d", y->attr[0], y->attr[0], y->shape.d[1], y->shape.d[2], y->shape.d[3]);
    int i = cpu_instance(s->c, "dwconv", NULL, name, &sub, picture_flop(s, n));
    free(sub.list);
    return i;
}

static int wgrad_instance(const struct site *s, int n)
{
    const struct graph *g = s->p->graph;
    const struct node *w = &g->node[n], *gy = &g->node[w->in[1]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int depthwise = w->op == OP_DW_DW, k = w->shape.d[2];
    size_tokens(mem, &sub, gy->shape);
    number(mem, &sub, depthwise ? "AG_C" : "AG_CO", w->shape.d[0]);
    number(mem, &sub, "AG_CI", w->shape.d[1]);
    number(mem, &sub, "AG_K", k);
    number(mem, &sub, "AG_S", depthwise ? 1 : w->attr[1]);
    number(mem, &sub, "AG_PAD", depthwise ? k / 2 : w->attr[2]);
    number(mem, &sub, "AG_XH", halo_in(s, n, 0));
    number(mem, &sub, "AG_GH", halo_in(s, n, 1));
    const char *name = mem_printf(mem, "%s_wgrad%dx%d_%dx%dx%d_%d", depthwise ? "dwconv" : "conv", k, k, gy->shape.d[1],
                                  gy->shape.d[2], w->shape.d[1], w->shape.d[0]);
    int i = cpu_instance(s->c, depthwise ? "dwconv_wgrad" : "conv_wgrad", NULL, name, &sub, picture_flop(s, n));
    free(sub.list);
    return i;
}

static int resample_instance(const struct site *s, int n)
{
    static const char *const template[] = {"nearest", "sumpool", "bilinear", "bilinear_t"};
    const struct node *y = &s->p->graph->node[n], *x = &s->p->graph->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    const char *what = template[y->op - OP_UP_NEAREST];
    struct shape small = y->shape.d[1] < x->shape.d[1] ? y->shape : x->shape;
    size_tokens(mem, &sub, small);
    number(mem, &sub, "AG_C", small.d[3]);
    number(mem, &sub, "AG_XH", halo_in(s, n, 0));
    number(mem, &sub, "AG_YH", halo_of(s, n));
    int i = cpu_instance(s->c, what, NULL, mem_printf(mem, "%s_%dx%dx%d", what, small.d[1], small.d[2], small.d[3]),
                         &sub, 0);
    free(sub.list);
    return i;
}

static int moments_instance(const struct site *s, int n)
{
    const struct node *x = &s->p->graph->node[s->p->graph->node[n].in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    size_tokens(mem, &sub, x->shape);
    number(mem, &sub, "AG_C", x->shape.d[3]);
    number(mem, &sub, "AG_XH", halo_in(s, n, 0));
    const char *name = mem_printf(mem, "moments_%dx%dx%d", x->shape.d[1], x->shape.d[2], x->shape.d[3]);
    int i = cpu_instance(s->c, "moments", NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

/* ---------------------------------------------------------------- kernels in weight space */

static int pack_instance(const struct site *s, int n)
{
    static const char *const template[] = {"conv", "conv", "deconv", "dwconv", "dwconv"};
    const struct node *y = &s->p->graph->node[n];
    struct shape w = s->p->graph->node[y->in[0]].shape;
    enum pack pack = (enum pack)y->attr[0];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int swapped = pack == PACK_CONV_FLIPT || pack == PACK_DECONV;
    number(mem, &sub, "AG_CI", w.d[!swapped]);
    number(mem, &sub, "AG_CO", w.d[swapped]);
    number(mem, &sub, "AG_C", w.d[0]);
    number(mem, &sub, "AG_K", w.d[2]);
    number(mem, &sub, "AG_PACK_TRANSPOSED", pack == PACK_CONV_FLIPT);
    number(mem, &sub, "AG_PACK_FLIP", pack == PACK_DW_FLIP);
    const char *name = mem_printf(mem, "pack_%s%dx%d_%d_%d", template[pack], w.d[2], w.d[3], w.d[0], w.d[1]);
    int i = cpu_instance(s->c, template[pack], "pack", name, &sub, 0);
    free(sub.list);
    return i;
}

/* Every rearrangement is a loop nest over the smaller of x and y with a stride for each of both. */
static int strided_instance(const struct site *s, int n)
{
    const struct graph *g = s->p->graph;
    const struct node *y = &g->node[n], *x = &g->node[y->in[0]];
    struct mem *mem = s->c->mem;
    struct substitutions sub = {NULL, 0, 0};
    long xs[4] = {0, 0, 0, 1}, ys[4] = {0, 0, 0, 1}, xat = 0, yat = 0, clear = 0;
    for (int d = 2; d >= 0; d--) {
        xs[d] = xs[d + 1] * x->shape.d[d + 1];
        ys[d] = ys[d + 1] * y->shape.d[d + 1];
    }
    struct shape dim = shape_size(x->shape) < shape_size(y->shape) ? x->shape : y->shape;
    int grows = y->op == OP_PAD || y->op == OP_PLACE, margin = (y->shape.d[2] - x->shape.d[2]) / 2;
    if (grows) clear = shape_size(y->shape);
    if (y->op == OP_PAD) yat = margin * (ys[2] + ys[3]);
    if (y->op == OP_CROP) xat = -margin * (xs[2] + xs[3]);
    if (y->op == OP_PLACE) yat = y->attr[1] * ys[y->attr[0]];
    if (y->op == OP_SLICE) xat = y->attr[1] * xs[y->attr[0]];
    if (y->op == OP_PERMUTE) {
        long old[4];
        memcpy(old, xs, sizeof old);
        for (int d = 0; d < 4; d++) xs[d] = old[y->attr[d]];
    }
    if (y->op == OP_FLIP || y->op == OP_FLIPT) {
        xat = (x->shape.d[2] - 1) * xs[2] + (x->shape.d[3] - 1) * xs[3];
        xs[2] = -xs[2];
        xs[3] = -xs[3];
    }
    if (y->op == OP_FLIPT) {
        long t = xs[0];
        xs[0] = xs[1];
        xs[1] = t;
    }
    for (int d = 0; d < 4; d++) {
        number(mem, &sub, mem_printf(mem, "AG_D%d", d), dim.d[d]);
        number(mem, &sub, mem_printf(mem, "AG_X%d", d), xs[d]);
        number(mem, &sub, mem_printf(mem, "AG_Y%d", d), ys[d]);
    }
    number(mem, &sub, "AG_X", xat);
    number(mem, &sub, "AG_Y", yat);
    number(mem, &sub, "AG_CLEAR", clear);
    const char *name = mem_printf(mem, "%s_%dx%dx%dx%d", op_table[y->op].name, dim.d[0], dim.d[1], dim.d[2], dim.d[3]);
    int i = cpu_instance(s->c, "strided", NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

static int softmax_instance(const struct site *s, int n)
{
    struct substitutions sub = {NULL, 0, 0};
    int size = s->p->graph->node[n].shape.d[3];
    number(s->c->mem, &sub, "AG_C", size);
    int i = cpu_instance(s->c, "softmax", NULL, mem_printf(s->c->mem, "softmax_%d", size), &sub, 0);
    free(sub.list);
    return i;
}

static int combine_instance(const struct site *s, int n)
{
    const struct node *y = &s->p->graph->node[n];
    struct mem *mem = s->c->mem;
    struct substitutions sub = {NULL, 0, 0};
    struct shape x = s->p->graph->node[y->in[0]].shape;
    const char *template = y->op == OP_MOMENTS ? "combine_moments" : y->op == OP_SUM ? "combine" : "combine_wgrad";
    number(mem, &sub, "AG_PARTS", s->p->parts);
    number(mem, &sub, "AG_STRIDE", s->p->node[n].partial_size);
    number(mem, &sub, "AG_SIZE", shape_size(y->shape));
    number(mem, &sub, "AG_BATCH", s->p->batch);
    number(mem, &sub, "AG_PIXELS", (long)x.d[1] * x.d[2]);
    number(mem, &sub, "AG_C", x.d[3]);
    number(mem, &sub, "AG_CI", y->shape.d[1]);
    number(mem, &sub, "AG_CO", y->shape.d[0]);
    number(mem, &sub, "AG_TAPS", (long)y->shape.d[2] * y->shape.d[3]);
    number(mem, &sub, "AG_DEPTHWISE", y->op == OP_DW_DW);
    const char *name = mem_printf(mem, "%s_%ld", template, shape_size(y->shape));
    int i = cpu_instance(s->c, template, NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

/* ---------------------------------------------------------------- calls */

static int node_instance(const struct site *s, int n)
{
    switch (s->p->graph->node[n].op) {
    case OP_KERNEL_CONV:
    case OP_KERNEL_DECONV:
        return conv_instance(s, n);
    case OP_KERNEL_DW:
        return dw_instance(s, n);
    case OP_CONV_DW:
    case OP_DW_DW:
        return wgrad_instance(s, n);
    case OP_UP_NEAREST:
    case OP_SUMPOOL:
    case OP_UP_BILINEAR:
    case OP_UP_BILINEAR_T:
        return resample_instance(s, n);
    case OP_MOMENTS:
        return moments_instance(s, n);
    case OP_PACK:
        return pack_instance(s, n);
    case OP_SOFTMAX:
        return softmax_instance(s, n);
    default:
        return strided_instance(s, n);
    }
}

static void node_arguments(const struct site *s, int n, struct text *t)
{
    const struct node *node = &s->p->graph->node[n];
    const struct node_plan *np = &s->p->node[n];
    for (int k = 0; k < node->ins; k++)
        text_printf(t, "%s, ", cpu_address(s->c, s->p, s->group, plan_input_local(s->p, s->group, n, k), node->in[k]));
    int conv = node->op == OP_KERNEL_CONV || node->op == OP_KERNEL_DECONV;
    if (conv && node->ins == 2) text_add(t, "0, ");
    if (plan_is_partial(s->p, n))
        text_printf(t, "b[AG_ARENA] + %ld + part * %ldL", np->partial, np->partial_size);
    else
        text_add(t, cpu_address(s->c, s->p, s->group, plan_local(s->p, s->group, n, 0), n));
    if (node->op == OP_MOMENTS) text_add(t, ", n - first");
}

static void shape_text(struct text *t, struct shape s)
{
    text_printf(t, "%dx%dx%dx%d", s.d[0], s.d[1], s.d[2], s.d[3]);
}

/* What a call computes, as a comment: the node's path, the operator and its shapes. */
static void comment(const struct site *s, const struct kernel *k, const char *indent, struct text *t)
{
    const struct node *n = &s->p->graph->node[k->root[0]];
    s->c->path = mem_printf(s->c->mem, "%s", n->path);
    text_printf(t, "%s/* %s: %s", indent, n->path, k->copy[0] ? "copy" : op_table[n->op].name);
    if (n->ins) {
        text_add(t, " ");
        shape_text(t, s->p->graph->node[n->in[0]].shape);
    }
    text_add(t, " -> ");
    shape_text(t, n->shape);
    if (k->roots > 1) text_printf(t, ", and %d more", k->roots - 1);
    text_add(t, " */\n");
}

static void clear_halo(const struct site *s, int n, int copy, struct text *t)
{
    const struct local *l = plan_local(s->p, s->group, n, copy);
    if (!l || !l->halo) return;
    struct shape d = s->p->graph->node[n].shape;
    text_printf(t, "        ag_clear_halo(s + %ld, images, %d, %d, %d, %d);\n",
                l->offset * s->p->group[s->group].images, d.d[1], d.d[2], d.d[3], l->halo);
}

static void group_kernel(const struct site *s, const struct kernel *k)
{
    struct text *t = &s->c->phases, arguments = {NULL, 0, 0};
    int unused, instance;
    comment(s, k, "        ", t);
    for (int r = 0; r < k->roots; r++)
        if (!plan_is_partial(s->p, k->root[r])) clear_halo(s, k->root[r], k->copy[r], t);
    if (k->kind == KERNEL_POINTWISE) {
        instance = cpu_pointwise(s->c, s->p, s->group, k, &arguments, &unused);
    } else {
        instance = node_instance(s, k->root[0]);
        node_arguments(s, k->root[0], &arguments);
        text_add(&arguments, ", ");
    }
    text_printf(t, "        %s(%simages);\n        MARK(%d, images);\n", s->c->instance[instance].name, arguments.s,
                instance);
    text_free(&arguments);
}

static void clear_partials(const struct site *s, const struct group *g)
{
    for (int i = 0; i < g->kernels; i++)
        for (int r = 0; r < g->kernel[i].roots; r++) {
            int n = g->kernel[i].root[r];
            const struct node_plan *np = &s->p->node[n];
            if (!plan_is_partial(s->p, n)) continue;
            text_printf(&s->c->phases, "    ag_clear(b[AG_ARENA] + %ld + part * %ldL, %ld);\n", np->partial,
                        np->partial_size, np->partial_size);
        }
}

static void emit_group(struct cpu *c, const char *phase, const struct plan *p, int group)
{
    const struct group *g = &p->group[group];
    struct site s = {c, p, group};
    struct text *t = &c->phases;
    const char *path = p->graph->node[g->kernel[0].root[0]].path;
    const char *end = p->graph->node[g->kernel[g->kernels - 1].root[0]].path;
    text_printf(t, "/* From %s to %s: %d kernels, %d pictures at a time. */\n", path, end, g->kernels, g->images);
    text_printf(t, "static void %s_group%d(void *context, int part, int thread)\n{\n", phase, group);
    text_printf(t, "    real *const *b = context;\n    real *const s = b[AG_SCRATCH] + thread * (long)SCRATCH;\n");
    text_printf(t, "    const long first = part * %dL / %d, end = (part + 1) * %dL / %d;\n", p->batch, p->parts,
                p->batch, p->parts);
    text_printf(t, "    (void)s;\n    if (ag_profiling) ag_mark_begin(thread);\n");
    clear_partials(&s, g);
    text_printf(t, "    for (long n = first; n < end; n += %d) {\n", g->images);
    text_printf(t, "        const int images = (int)(end - n < %d ? end - n : %d);\n", g->images, g->images);
    for (int i = 0; i < g->kernels; i++) group_kernel(&s, &g->kernel[i]);
    text_add(t, "    }\n}\n\n");
}

static void emit_small(struct cpu *c, const struct plan *p, const struct step *step)
{
    struct site s = {c, p, -1};
    struct text *t = &c->phases, arguments = {NULL, 0, 0};
    const struct kernel *k = &step->kernel;
    int images = 0, instance;
    if (step->combine >= 0) {
        int n = step->combine;
        c->path = mem_printf(c->mem, "%s", p->graph->node[n].path);
        instance = combine_instance(&s, n);
        text_printf(t, "    %s(b[AG_ARENA] + %ld, %s);\n", c->instance[instance].name, p->node[n].partial,
                    cpu_address(c, p, -1, NULL, n));
    } else if (k->kind == KERNEL_POINTWISE) {
        comment(&s, k, "    ", t);
        instance = cpu_pointwise(c, p, -1, k, &arguments, &images);
        text_printf(t, "    %s(%s%d);\n", c->instance[instance].name, arguments.s, images);
    } else {
        comment(&s, k, "    ", t);
        instance = node_instance(&s, k->root[0]);
        node_arguments(&s, k->root[0], &arguments);
        text_printf(t, "    %s(%s);\n", c->instance[instance].name, arguments.s);
    }
    text_printf(t, "    MARK(%d, 1);\n", instance);
    text_free(&arguments);
}

void cpu_phase(struct cpu *c, const struct phase_graph *phase, const struct plan *p)
{
    struct text *t = &c->phases;
    for (int i = 0; i < p->groups; i++) emit_group(c, phase->name, p, i);
    text_printf(t, "static void %s_run(real *const block[AG_BLOCKS])\n{\n", phase->name);
    text_printf(t, "    real *const *b = block;\n    const int thread = 0;\n    (void)thread;\n");
    text_printf(t, "    if (ag_profiling) ag_mark_begin(0);\n");
    for (int i = 0; i < p->steps; i++) {
        if (p->step[i].group < 0) {
            emit_small(c, p, &p->step[i]);
            continue;
        }
        text_printf(t, "    ag_parallel(%d, %s_group%d, (void *)block);\n", p->parts, phase->name, p->step[i].group);
        text_printf(t, "    if (ag_profiling) ag_mark_begin(0);\n");
    }
    for (int i = 0; i < p->copies; i++) {
        const struct target *target = &p->graph->target[p->copy[i]];
        text_printf(t, "    ag_copy(%s, %s, %ld); /* %s */\n", cpu_target_address(c, target),
                    cpu_address(c, p, -1, NULL, target->node), shape_size(p->graph->node[target->node].shape),
                    target->name);
    }
    text_add(t, "}\n\n");
}
