/*
 * A phase as C: one function for each group, which runs a part of the batch through the group's kernels a few pictures
 * at a time, and the phase function, which runs groups and small kernels in order. Where threads share a picture
 (policy->shares), one function for each kernel that is shared out and those chained to it.
 */
#include "cpu.h"
#include "emit_cpu.h"
#include "index_range.h"
#include "ops.h"

static void shape_text(struct text *t, struct shape s)
{
    text_printf(t, "%dx%dx%dx%d", s.d[0], s.d[1], s.d[2], s.d[3]);
}

/* What a call computes, as a comment: the node's path, the operator and its shapes. */
static void comment(const struct call_site *s, const struct kernel *k, const char *indent, struct text *t)
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

static void clear_halo(const struct call_site *s, int n, int copy, struct text *t)
{
    const struct scratch_tensor *l = plan_scratch_tensor(s->p, s->group, n, copy);
    if (!l || !l->halo) return;
    struct shape d = s->p->graph->node[n].shape;
    const int shares = s->k ? s->k->shares : 1;
    text_printf(t, "        ag_clear_halo(s + %ld, images, %d, %d, %d, %d, %s, %d);\n",
                l->offset * s->p->group[s->group].images, d.d[1], d.d[2], l->pixel_stride, l->halo,
                shares > 1 ? "share" : "0", shares);
}

/* From here on, a thread's time is that of the kernel that is marked next. A library's kernels are not timed. */
static void mark_begin(struct code *c, const char *indent, const char *thread)
{
    if (!c->library) text_printf(&c->phases, "%sag_mark_begin(%s);\n", indent, thread);
}

static void group_kernel(const struct call_site *s, const struct kernel *k)
{
    struct text *t = &s->c->phases, arguments = {NULL, 0, 0};
    comment(s, k, "        ", t);
    for (int r = 0; r < k->roots; r++)
        if (!plan_is_partial(s->p, k->root[r])) clear_halo(s, k->root[r], k->copy[r], t);
    if (k->kind == KERNEL_NODE) {
        s->p->node[k->root[0]].variant->emit(s, k);
        return;
    }
    int unused, instance = cpu_pointwise(s, k, &arguments, &unused);
    text_printf(t, "        %s(%simages%s);\n", s->c->instance[instance].name, arguments.s,
                k->shares > 1 ? ", share" : "");
    cpu_mark(s, instance);
    text_free(&arguments);
}

static void clear_partials(const struct call_site *s, const struct group *g)
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

static void emit_group(struct code *c, const char *phase, const struct plan *p, int group)
{
    const struct group *g = &p->group[group];
    struct call_site s = {c, p, group, NULL};
    struct text *t = &c->phases;
    const char *path = p->graph->node[g->kernel[0].root[0]].path;
    const char *end = p->graph->node[g->kernel[g->kernels - 1].root[0]].path;
    text_printf(t, "/* From %s to %s: %d kernels, %d pictures at a time. */\n", path, end, g->kernels, g->images);
    text_printf(t, "static void %s_group%d(void *context, int part, int thread)\n{\n", phase, group);
    text_printf(t, "    real *const *b = context;\n    real *const s = b[AG_SCRATCH] + thread * (long)SCRATCH;\n");
    text_printf(t, "    const long first = part * %dL / %d, end = (part + 1) * %dL / %d;\n", p->batch, p->parts,
                p->batch, p->parts);
    text_add(t, "    (void)s;\n");
    mark_begin(c, "    ", "thread");
    clear_partials(&s, g);
    text_printf(t, "    for (long n = first; n < end; n += %d) {\n", g->images);
    text_printf(t, "        const int images = (int)(end - n < %d ? end - n : %d);\n", g->images, g->images);
    for (int i = 0; i < g->kernels; i++) group_kernel(&s, &g->kernel[i]);
    text_add(t, "    }\n}\n\n");
}

/* How many pictures kernel i works on, and which is the first. */
static void take_pictures(const struct plan *p, int i, struct text *t)
{
    if (i < p->coarse)
        text_add(t, "    const int images = these->count;\n    const long picture = 0;\n");
    else
        text_printf(t, "    const int images = %d;\n    const long picture = these->first;\n", p->batch);
    text_add(t, "    (void)picture;\n");
}

/* The functions of a group's shared kernels. */
static void emit_shares(struct code *c, const char *phase, const struct plan *p, int group)
{
    const struct group *g = &p->group[group];
    struct text *t = &c->phases;
    for (int i = 0; i < g->kernels; i++) {
        struct call_site s = {c, p, group, &g->kernel[i]};
        if (s.k->shares == 1) continue;
        if (!s.k->chained) {
            text_printf(t, "static void %s_kernel%d_%d(void *context, int share, int thread)\n{\n", phase, group, i);
            text_add(t, "    const struct ag_pictures *const these = context;\n    real *const *b = these->block;\n");
            text_printf(t, "    real *const s = b[AG_ARENA] + %ldL;\n", p->shared);
            text_add(t, "    real *const own = b[AG_SCRATCH] + thread * (long)SCRATCH; /* of a share's rows */\n");
            take_pictures(p, i, t);
            text_add(t, "    (void)s;\n    (void)own;\n");
            mark_begin(c, "    ", "thread");
            text_add(t, "    {\n");
        }
        group_kernel(&s, s.k);
        if (i + 1 == g->kernels || !g->kernel[i + 1].chained) text_add(t, "    }\n}\n\n");
    }
}

/* Kernels from..end of a group, shared out one by one but for small ones, on so many pictures from this one on. */
static void call_kernels(const struct call_site *group, const char *phase, int from, int end, const char *images,
                         const char *first)
{
    const struct group *g = &group->p->group[group->group];
    struct text *t = &group->c->phases;
    text_printf(t, "        const int images = %s;\n        const long picture = %s;\n", images, first);
    text_add(t, "        (void)images;\n        (void)picture;\n");
    for (int i = from; i < end; i++) {
        struct call_site s = *group;
        s.k = &g->kernel[i];
        if (s.k->shares == 1) {
            if (i > 0 && g->kernel[i - 1].shares > 1) mark_begin(s.c, "        ", "0");
            group_kernel(&s, s.k);
        } else if (!s.k->chained) {
            s.c->forwards = 1;
            text_printf(t, "        ag_parallel_forward(%d, %s_kernel%d_%d, &these);\n", s.k->shares, phase, s.group,
                        i);
        }
    }
}

/* A group of which all pictures go through the coarse kernels together, then through the others one by one. */
static void call_group(struct code *c, const char *phase, const struct plan *p, int group)
{
    const struct call_site s = {c, p, group, NULL};
    struct text *t = &c->phases;
    text_printf(t, "    {\n    real *const s = b[AG_ARENA] + %ldL;\n    (void)s;\n", p->shared);
    if (p->coarse) {
        text_add(t, "    {\n");
        call_kernels(&s, phase, 0, p->coarse, "pictures", "0");
        text_add(t, "    }\n");
    }
    text_add(t, "    for (these.first = 0; these.first < pictures; these.first++) {\n");
    call_kernels(&s, phase, p->coarse, p->group[group].kernels, mem_printf(c->mem, "%d", p->batch), "these.first");
    text_add(t, "    }\n    }\n");
}

static void emit_step(struct code *c, const struct plan *p, const struct step *step)
{
    struct call_site s = {c, p, -1, NULL};
    struct text *t = &c->phases, arguments = {NULL, 0, 0};
    const struct kernel *k = &step->kernel;
    int images = 0, instance;
    if (step->combine >= 0) {
        const int n = step->combine;
        c->path = mem_printf(c->mem, "%s", p->graph->node[n].path);
        instance = cpu_combine(&s, n);
        text_printf(t, "    %s(b[AG_ARENA] + %ld, %s);\n", c->instance[instance].name, p->node[n].partial,
                    code_address(c, p, -1, NULL, n));
    } else {
        comment(&s, k, "    ", t);
        if (k->kind == KERNEL_NODE) {
            p->node[k->root[0]].variant->emit(&s, k);
            return;
        }
        instance = cpu_pointwise(&s, k, &arguments, &images);
        text_printf(t, "    %s(%s%d);\n", c->instance[instance].name, arguments.s, images);
    }
    if (!c->library) text_printf(t, "    ag_mark(thread, %d, 1);\n", instance);
    text_free(&arguments);
}

void cpu_phase(struct code *c, const char *phase, const struct plan *p)
{
    struct text *t = &c->phases;
    if (!bounds_hold(c, phase, p)) return;
    const int shares = p->policy->shares;
    for (int i = 0; i < p->groups; i++) (shares ? emit_shares : emit_group)(c, phase, p, i);
    if (shares) {
        text_printf(t, "static void %s_many(real *const block[AG_BLOCKS], int pictures)\n{\n", phase);
        text_add(t, "    struct ag_pictures these = {block, pictures, 0, ag_loop_threads()};\n    (void)these;\n");
    } else {
        text_printf(t, "static void %s_run(real *const block[AG_BLOCKS])\n{\n", phase);
    }
    text_printf(t, "    real *const *b = block;\n    const int thread = 0;\n    (void)b;\n    (void)thread;\n");
    mark_begin(c, "    ", "0");
    for (int i = 0; i < p->steps; i++) {
        if (p->step[i].group < 0) {
            emit_step(c, p, &p->step[i]);
            continue;
        }
        if (shares)
            call_group(c, phase, p, p->step[i].group);
        else
            text_printf(t, "    ag_parallel(%d, %s_group%d, (void *)block);\n", p->parts, phase, p->step[i].group);
        mark_begin(c, "    ", "0");
    }
    for (int i = 0; i < p->copies; i++) {
        const struct graph_target *target = &p->graph->target[p->copy[i]];
        text_printf(t, "    ag_copy(%s, %s, %ld); /* %s */\n", code_target_address(c, target),
                    code_address(c, p, -1, NULL, target->node), shape_size(p->graph->node[target->node].shape),
                    target->name);
    }
    text_add(t, "}\n\n");
    if (shares)
        text_printf(t, "static void %s_run(real *const block[AG_BLOCKS])\n{\n    %s_many(block, 1);\n}\n\n", phase,
                    phase);
}
