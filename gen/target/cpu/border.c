/* What the border of a bilinear up-sampling convolution needs beside its main part. */
#include "emit_cpu.h"
#include "constants.h"
#include "ops.h"

#include <stdlib.h>

/* Node n's own kernel, or what follows its convolution. */
static int border_instance(const struct call_site *s, int n)
{
    const struct graph *g = s->p->graph;
    const struct node *y = &g->node[n], *x = &g->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int dx = y->op == OP_BORDER_DX || (y->op == OP_KERNEL_CONV && y->form == FORM_BORDER_DX),
        dw = y->op == OP_BORDER_DW;
    const char *template = dw ? "border_dw" : dx ? "border_dx" : "border";
    struct shape edges = dw ? y->shape : g->node[y->in[y->op == OP_KERNEL_CONV ? 2 : 1]].shape;
    struct shape in = x->shape, out = x->shape;
    in.d[3] = edges.d[2];
    out.d[3] = edges.d[3];
    size_constants(mem, &sub, in, out);
    set_constant(mem, &sub, dx ? "AG_OUT_HALO" : "AG_IN_HALO", cpu_halo_in(s, n, 0));
    set_constant(mem, &sub, dx ? "AG_IN_HALO" : "AG_OUT_HALO", dw ? cpu_halo_in(s, n, 1) : cpu_halo(s, n));
    const char *name =
        mem_printf(mem, "%s_%dx%dx%d_%d", template, x->shape.d[1], x->shape.d[2], edges.d[2], edges.d[3]);
    int i = code_instance(s->c, template, NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

/* The border adds to what is there: the convolution's result, or zeros. */
void cpu_border(const struct call_site *s, int n)
{
    struct text *t = &s->c->phases;
    const struct node *node = &s->p->graph->node[n];
    const struct scratch_tensor *local = plan_scratch_tensor(s->p, s->group, n, 0);
    const long size = local ? local->size : shape_size(node->shape) / s->p->batch;
    const int instance = border_instance(s, n), follows = node->op == OP_KERNEL_CONV;
    if (!follows) text_printf(t, "        ag_clear(%s, images * %ldL);\n", cpu_output(s, n), size);
    text_printf(t, "        %s(%s, %s, %s, images);\n", s->c->instance[instance].name, cpu_input(s, n, 0),
                cpu_input(s, n, follows ? 2 : 1), cpu_output(s, n));
    cpu_mark(s, instance);
}

static void emit_border(const struct call_site *s, const struct kernel *k)
{
    cpu_border(s, k->root[0]);
}

static void emit_border_dw(const struct call_site *s, const struct kernel *k)
{
    struct kernel_call call = {.result = k->root[0], .ins = 2};
    cpu_call(s, k->root[0], border_instance(s, k->root[0]), &call);
}

const struct variant cpu_border_add = {.name = "border", .op = OP_BORDER, .emit = emit_border};
const struct variant cpu_border_dx = {.name = "border_dx", .op = OP_BORDER_DX, .emit = emit_border};
const struct variant cpu_border_dw = {.name = "border_dw", .op = OP_BORDER_DW, .emit = emit_border_dw};
