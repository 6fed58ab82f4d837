/* Launches under construction. */
#include "launch.h"
#include "emit_cuda.h"
#include "constants.h"
#include "ops.h"

#include <stdlib.h>

struct launch_builder launch_begin(const struct call_site *s, int n)
{
    const struct graph *g = s->p->graph;
    struct launch_builder c = {.s = s, .mem = s->c->mem, .n = n, .y = &g->node[n]};
    c.flop = op_table[c.y->op].macs ? 2 * op_table[c.y->op].macs(g, c.y) : 0;
    if (c.y->ins > 0) c.x = &g->node[c.y->in[0]];
    if (c.y->ins > 1) c.z = &g->node[c.y->in[1]];
    return c;
}

void launch_constant(struct launch_builder *c, const char *name, long value)
{
    set_constant(c->mem, &c->sub, name, value);
}

int launch_images(const struct launch_builder *c, const struct node *node)
{
    return node->batched ? c->s->p->batch : 1;
}

void launch_argument(struct launch_builder *c, const char *address)
{
    text_printf(&c->arguments, "%s%s", c->pointers++ ? ", " : "", address);
}

void launch_inputs(struct launch_builder *c, int count)
{
    for (int k = 0; k < count; k++) launch_argument(c, cuda_input(c->s, c->n, k));
}

void launch_finish(struct launch_builder *c, const char *template, const char *name, struct launch launch)
{
    int instance = code_instance(c->s->c, template, NULL, name, &c->sub, c->flop);
    launch.pointers = c->pointers;
    cuda_call(c->s, instance, launch, c->arguments.s);
    free(c->sub.list);
    text_free(&c->arguments);
}

void launch_over_items(struct launch_builder *c, const char *template, const char *name, long items)
{
    launch_inputs(c, c->y->ins);
    launch_argument(c, cuda_output(c->s, c->n));
    launch_finish(c, template, name, cuda_launch(items, 0, cuda_bytes(c->s, c->n)));
}

const char *launch_name(struct launch_builder *c, const char *operator, struct shape d)
{
    return mem_printf(c->mem, "%s_%dx%dx%dx%d", operator, d.d[0], d.d[1], d.d[2], d.d[3]);
}

long gemm_blocks(struct gemm_tile t, long rows, long columns)
{
    return ceil_div(rows, t.bm) * ceil_div(columns, t.bn);
}

void gemm_constants(struct launch_builder *c, struct gemm_tile t)
{
    launch_constant(c, "AG_BM", t.bm);
    launch_constant(c, "AG_BN", t.bn);
    launch_constant(c, "AG_BK", t.bk);
    launch_constant(c, "AG_TM", t.tm);
    launch_constant(c, "AG_TN", t.tn);
}

int gemm_threads(struct gemm_tile t)
{
    return t.bm / t.tm * (t.bn / t.tn);
}

const char *launch_workspace(const struct call_site *s, long reals)
{
    if (reals > s->c->workspace) s->c->workspace = reals;
    return mem_printf(s->c->mem, "b[AG_SCRATCH] + %ld", (s->p->scratch_size + 15) / 16 * 16);
}

double launch_results(struct launch_builder *c, const struct kernel *k)
{
    struct epilogue_arguments e = {{NULL, 0, 0}, {NULL, 0, 0}, 0, 0};
    cuda_epilogue(c->s, k, &c->sub, &e);
    launch_argument(c, e.first.s);
    if (e.extra.s) text_add(&c->arguments, e.extra.s);
    c->pointers += e.pointers;
    text_free(&e.first);
    text_free(&e.extra);
    return e.bytes;
}

void launch_no_epilogue(struct launch_builder *c, const char *result)
{
    template_set(c->mem, &c->sub, "AG_EXTRA_PARAMS", "");
    template_set(c->mem, &c->sub, "AG_RESULTS", "y");
    template_set(c->mem, &c->sub, "AG_EPILOGUE", "out[0].at[l] = r");
    launch_argument(c, result);
}

void launch_split_sum(const struct call_site *s, const struct kernel *k, int split, int bias)
{
    const int n = k->root[0];
    struct launch_builder c = launch_begin(s, n);
    c.flop = 0; /* it is the convolution's */
    size_constants(c.mem, &c.sub, c.x->shape, c.y->shape);
    launch_constant(&c, "AG_PARTS", split);
    launch_constant(&c, "AG_SIZE", shape_size(c.y->shape));
    launch_constant(&c, "AG_BIAS", bias);
    launch_argument(&c, launch_workspace(s, split * shape_size(c.y->shape)));
    launch_argument(&c, bias ? cuda_input(s, n, 2) : "(real *)0");
    double bytes = split * (double)shape_size(c.y->shape) * sizeof(float) + launch_results(&c, k);
    launch_finish(&c, "split_sum", launch_name(&c, "split_sum", c.y->shape),
                  cuda_launch(shape_size(c.y->shape) / 4, 0, bytes));
}

void launch_prologue_input(struct launch_builder *c, const struct kernel *k, int d)
{
    const struct call_site *s = c->s;
    int x = k->prologue ? plan_elementwise(s->p, k->prologue) : plan_source(s->p, d, 0);
    launch_argument(c, code_address(s->c, s->p, s->group, plan_scratch_tensor(s->p, s->group, x, 0), x));
}

void launch_prologue_arguments(struct launch_builder *c, const struct kernel *k)
{
    struct text arguments = {NULL, 0, 0};
    c->pointers += cuda_prologue(c->s, k, &c->sub, &arguments);
    if (arguments.s) text_add(&c->arguments, arguments.s);
    text_free(&arguments);
}
