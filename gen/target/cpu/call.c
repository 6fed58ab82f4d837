/* Where kernels of the CPU are called: addresses, halos, arguments. */
#include "emit_cpu.h"
#include "ops.h"

long cpu_halo(const struct call_site *s, int n)
{
    const struct scratch_tensor *l = plan_scratch_tensor(s->p, s->group, n, 0);
    return l ? l->halo : 0;
}

long cpu_halo_in(const struct call_site *s, int n, int k)
{
    const struct scratch_tensor *l = plan_input_scratch(s->p, s->group, n, k);
    return l ? l->halo : 0;
}

int cpu_pixel_stride_in(const struct call_site *s, int n, int k)
{
    const struct scratch_tensor *l = plan_input_scratch(s->p, s->group, n, k);
    return plan_pixel_stride(s->p, l, plan_source(s->p, n, k));
}

int cpu_pixel_stride_out(const struct call_site *s, int n)
{
    return plan_pixel_stride(s->p, plan_scratch_tensor(s->p, s->group, n, 0), n);
}

double cpu_flop(const struct call_site *s, int n)
{
    const struct node *node = &s->p->graph->node[n];
    return op_table[node->op].macs ? 2 * op_table[node->op].macs(s->p->graph, node) / s->p->batch : 0;
}

const char *cpu_input(const struct call_site *s, int n, int k)
{
    const struct node *node = &s->p->graph->node[n];
    return code_address(s->c, s->p, s->group, plan_input_scratch(s->p, s->group, n, k), node->in[k]);
}

const char *cpu_output(const struct call_site *s, int n)
{
    const struct node_plan *np = &s->p->node[n];
    if (plan_is_partial(s->p, n))
        return mem_printf(s->c->mem, "b[AG_ARENA] + %ld + part * %ldL", np->partial, np->partial_size);
    return code_address(s->c, s->p, s->group, plan_scratch_tensor(s->p, s->group, n, 0), n);
}

void cpu_mark(const struct call_site *s, int instance)
{
    const char *const counts = s->k && s->k->shares > 1 ? "share ? 0 : images" : "images";
    if (!s->c->library) text_printf(&s->c->phases, "        ag_mark(thread, %d, %s);\n", instance, counts);
}

/* A kernel in weight space, for the weights of each picture. */
static void call_each(const struct call_site *s, int n, int instance)
{
    struct text *t = &s->c->phases;
    const struct node *node = &s->p->graph->node[n];
    text_printf(t, "        for (int k = 0; k < images; k++) %s(", s->c->instance[instance].name);
    for (int k = 0; k < node->ins; k++) {
        const struct node *x = &s->p->graph->node[node->in[k]];
        text_printf(t, "%s + k * %ldL, ", cpu_input(s, n, k), shape_size(x->shape) / s->p->batch);
    }
    text_printf(t, "%s + k * %ldL);\n", cpu_output(s, n), shape_size(node->shape) / s->p->batch);
    cpu_mark(s, instance);
}

void cpu_call_for_weights(const struct call_site *s, int n, int instance)
{
    if (s->group >= 0)
        call_each(s, n, instance);
    else
        cpu_call(s, n, instance, &(struct kernel_call){.result = n, .ins = s->p->graph->node[n].ins});
}

void cpu_call(const struct call_site *s, int n, int instance, struct kernel_call *call)
{
    struct text *t = &s->c->phases;
    text_printf(t, "%s%s(", s->group < 0 ? "    " : "        ", s->c->instance[instance].name);
    for (int k = 0; k < call->ins; k++) text_printf(t, "%s, ", cpu_input(s, n, k));
    if (call->no_bias) text_add(t, "0, ");
    text_add(t, cpu_output(s, call->result));
    if (s->group < 0) {
        text_add(t, ");\n");
        if (!s->c->library) text_printf(t, "    ag_mark(thread, %d, 1);\n", instance);
    } else {
        text_printf(t, "%s, images%s);\n", call->first ? ", (int)(n - first)" : "", call->more.s ? call->more.s : "");
        cpu_mark(s, instance);
    }
    text_free(&call->more);
}

int cpu_halo_of_padding(const struct node *n)
{
    return (int)n->pad;
}

int cpu_halo_of_window(const struct node *n)
{
    return (int)n->k / 2;
}

enum split cpu_split_rows(const struct plan *p, int n)
{
    (void)p;
    (void)n;
    return SPLIT_ROWS;
}

enum split cpu_split_other(const struct plan *p, int n)
{
    (void)p;
    (void)n;
    return SPLIT_OTHER;
}
