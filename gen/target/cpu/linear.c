/* Linear layers of few pictures, and their weight gradients. */
#include "emit_cpu.h"
#include "constants.h"
#include "ops.h"

#include <stdlib.h>

static int linear_instance(const struct call_site *s, int n, struct kernel_call *call)
{
    const struct graph *g = s->p->graph;
    const struct node *y = &g->node[n], *x = &g->node[y->in[0]];
    struct substitutions sub = {NULL, 0, 0};
    struct mem *mem = s->c->mem;
    int wgrad = y->op == OP_LINEAR_WGRAD, in = x->shape.d[3], out = wgrad ? y->shape.d[0] : y->shape.d[3];
    const char *template = wgrad ? "linear_wgrad" : "linear";
    set_constant(mem, &sub, "AG_IMAGES", s->p->batch);
    set_constant(mem, &sub, "AG_IN_C", in);
    set_constant(mem, &sub, "AG_OUT_C", out);
    set_constant(mem, &sub, "AG_BIAS", y->ins == 3);
    set_constant(mem, &sub, "AG_TRANSPOSED", y->transposed);
    cpu_epilogue(s, &sub, call);
    double flop = wgrad ? cpu_flop(s, n) * s->p->batch : cpu_flop(s, n);
    int i = code_instance(s->c, template, NULL, mem_printf(mem, "%s_%d_%d", template, in, out), &sub, flop);
    free(sub.list);
    return i;
}

static void emit_linear(const struct call_site *s, const struct kernel *k)
{
    const int n = k->root[0], bias = s->p->graph->node[n].ins == 3;
    struct kernel_call call = {.result = n, .ins = 2 + bias, .no_bias = !bias};
    const int instance = linear_instance(s, n, &call);
    cpu_call(s, n, instance, &call);
}

static void emit_linear_wgrad(const struct call_site *s, const struct kernel *k)
{
    struct kernel_call call = {.result = k->root[0], .ins = 2};
    const int instance = linear_instance(s, k->root[0], &call);
    cpu_call(s, k->root[0], instance, &call);
}

const struct variant cpu_linear = {
    .name = "linear", .op = OP_KERNEL_LINEAR, .split = cpu_split_other, .emit = emit_linear};
const struct variant cpu_linear_wgrad = {.name = "linear_wgrad", .op = OP_LINEAR_WGRAD, .emit = emit_linear_wgrad};
