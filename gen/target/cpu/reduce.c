/* Sums over the batch: batch statistics, and the sums of parts. */
#include "emit_cpu.h"
#include "constants.h"
#include "ops.h"

#include <stdlib.h>

static int moments_instance(const struct call_site *s, int n)
{
    const struct node *x = &s->p->graph->node[s->p->graph->node[n].in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    size_constants(mem, &sub, x->shape, s->p->graph->node[n].shape);
    set_constant(mem, &sub, "AG_IN_HALO", cpu_halo_in(s, n, 0));
    const char *name = mem_printf(mem, "moments_%dx%dx%d", x->shape.d[1], x->shape.d[2], x->shape.d[3]);
    int i = code_instance(s->c, "moments", NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

int cpu_combine(const struct call_site *s, int n)
{
    const struct node *y = &s->p->graph->node[n];
    struct mem *mem = s->c->mem;
    struct substitutions sub = {NULL, 0, 0};
    struct shape x = s->p->graph->node[y->in[0]].shape;
    const char *template = y->op == OP_MOMENTS ? "combine_moments" : y->op == OP_SUM ? "combine" : "combine_wgrad";
    set_constant(mem, &sub, "AG_PARTS", s->p->node[n].parts);
    set_constant(mem, &sub, "AG_PART_STRIDE", s->p->node[n].partial_size);
    set_constant(mem, &sub, "AG_SIZE", shape_size(y->shape));
    set_constant(mem, &sub, "AG_IMAGES", s->p->batch);
    set_constant(mem, &sub, "AG_PIXELS", (long)x.d[1] * x.d[2]);
    set_constant(mem, &sub, "AG_C", x.d[3]);
    set_constant(mem, &sub, "AG_IN_C", y->shape.d[1]);
    set_constant(mem, &sub, "AG_OUT_C", y->shape.d[0]);
    set_constant(mem, &sub, "AG_TAPS", (long)y->shape.d[2] * y->shape.d[3]);
    set_constant(mem, &sub, "AG_DEPTHWISE", y->op == OP_DEPTHWISE_DW);
    const char *name = mem_printf(mem, "%s_%ld", template, shape_size(y->shape));
    int i = code_instance(s->c, template, NULL, name, &sub, 0);
    free(sub.list);
    return i;
}

static void emit_moments(const struct call_site *s, const struct kernel *k)
{
    struct kernel_call call = {.result = k->root[0], .ins = 1, .first = 1};
    cpu_call(s, k->root[0], moments_instance(s, k->root[0]), &call);
}

const struct variant cpu_moments = {.name = "moments", .op = OP_MOMENTS, .emit = emit_moments};
