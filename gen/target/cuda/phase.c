/* A phase as a list of launches, in the order of its plan. */
#include "cuda.h"
#include "emit_cuda.h"
#include "index_range.h"
#include "ops.h"
#include "../../../runtime/ag.h"

/* A kernel has a pointer for each value that it reads or computes, and one for its workspace. */
_Static_assert(KERNEL_READS + KERNEL_ROOTS < AG_KERNEL_POINTERS, "kernels may have more pointers than a launch takes");

struct launch cuda_launch(long items, int pointers, double bytes)
{
    enum { THREADS = 256, MOST = 4 * DEVICE_BLOCKS };
    long blocks = (items + THREADS - 1) / THREADS;
    return (struct launch){{blocks < 1 ? 1 : blocks > MOST ? MOST : (int)blocks, 1, 1}, THREADS, pointers, bytes};
}

const char *cuda_input(const struct call_site *s, int n, int k)
{
    int x = plan_source(s->p, n, k);
    return code_address(s->c, s->p, s->group, plan_scratch_tensor(s->p, s->group, x, 0), x);
}

const char *cuda_output(const struct call_site *s, int n)
{
    if (plan_is_partial(s->p, n)) return mem_printf(s->c->mem, "b[AG_ARENA] + %ld", s->p->node[n].partial);
    return code_address(s->c, s->p, s->group, plan_scratch_tensor(s->p, s->group, n, 0), n);
}

double cuda_bytes(const struct call_site *s, int n)
{
    const struct graph *g = s->p->graph;
    double reals = (double)shape_size(g->node[n].shape);
    for (int k = 0; k < g->node[n].ins; k++) reals += (double)shape_size(g->node[plan_source(s->p, n, k)].shape);
    return reals * sizeof(float);
}

void cuda_call(const struct call_site *s, int instance, struct launch launch, const char *arguments)
{
    struct code *c = s->c;
    c->instance[instance].launch = launch;
    c->launched = mem_grow(c->launched, c->launches, &c->launch_capacity, sizeof *c->launched);
    c->launched[c->launches++] = instance;
    text_printf(&c->phases, "    %s%d, %s); /* %s */\n", c->library ? "launch(run, " : "ag_launch(", instance,
                arguments, c->instance[instance].name);
}

static void comment(const struct call_site *s, const struct kernel *k)
{
    const struct node *n = &s->p->graph->node[k->root[0]];
    s->c->path = mem_printf(s->c->mem, "%s", n->path);
    struct shape from = n->ins ? s->p->graph->node[n->in[0]].shape : n->shape;
    text_printf(&s->c->phases, "    /* %s: %s %dx%dx%dx%d -> %dx%dx%dx%d", n->path, op_table[n->op].name, from.d[0],
                from.d[1], from.d[2], from.d[3], n->shape.d[0], n->shape.d[1], n->shape.d[2], n->shape.d[3]);
    if (k->roots > 1) text_printf(&s->c->phases, ", and %d more", k->roots - 1);
    text_add(&s->c->phases, " */\n");
}

static void launch_kernel(const struct call_site *s, const struct kernel *k)
{
    comment(s, k);
    if (k->kind == KERNEL_POINTWISE)
        cuda_pointwise(s, k);
    else
        s->p->node[k->root[0]].variant->emit(s, k);
}

void cuda_phase(struct code *c, const char *phase, const struct plan *p)
{
    struct text *t = &c->phases;
    if (!bounds_hold(c, phase, p)) return;
    const char *run = c->library ? mem_printf(c->mem, "struct %s_run *run, ", c->library) : "";
    text_printf(t, "static void %s_run(%sreal *const block[AG_BLOCKS])\n{\n", phase, run);
    text_add(t, "    real *const *b = block;\n    (void)b;\n");
    for (int i = 0; i < p->steps; i++) {
        const struct step *step = &p->step[i];
        struct call_site s = {c, p, step->group, NULL};
        if (step->combine >= 0)
            cuda_combine(&s, step->combine);
        else if (step->group < 0)
            launch_kernel(&s, &step->kernel);
        else
            for (int k = 0; k < p->group[step->group].kernels; k++) launch_kernel(&s, &p->group[step->group].kernel[k]);
    }
    for (int i = 0; i < p->copies; i++) {
        const struct graph_target *target = &p->graph->target[p->copy[i]];
        text_printf(t, "    %s%s, %s, %ld); /* %s */\n", c->library ? "launch_copy(run, " : "ag_launch_copy(",
                    code_target_address(c, target), code_address(c, p, -1, NULL, target->node),
                    shape_size(p->graph->node[target->node].shape), target->name);
    }
    text_add(t, "}\n\n");
}
