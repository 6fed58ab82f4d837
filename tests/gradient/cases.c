/*
 * cases FOLDER: writes the gradient tests into FOLDER, as kernels0.c…, phases.c and what they include. Every test is
 * two phases: one computes the loss alone, the other the loss and all gradients. Fails if a differentiable operator has
 * no test.
 */
#include "cases.h"
#include "emit.h"
#include "emit_cpu.h"
#include "merge.h"
#include "../../runtime/ag.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The files under construction. */
struct output {
    struct mem *mem;
    const char *folder;
    struct code cpu;
    struct text table, leaves;
    long scratch;
    int tests;
    int covered[OP_COUNT];
    int failed;
};

static void fail(struct output *p, const char *what, const char *name)
{
    printf("cases: %s: %s\n", name, what);
    p->failed = 1;
}

/* ---------------------------------------------------------------- leaves */

struct shape test_shape(const struct test *t, struct shape s)
{
    if (s.d[0] == BATCH) s.d[0] = t->batch;
    return s;
}

static int add_leaf(struct test *t, struct shape s, struct leaf l)
{
    int batched = s.d[0] == BATCH;
    long *end = batched ? &t->in_size : &t->param_size;
    s = test_shape(t, s);
    if (t->leaves == LEAVES) abort();
    l.op = batched ? OP_INPUT : OP_PARAM;
    l.offset = *end;
    l.size = shape_size(s);
    *end += (l.size + 15) / 16 * 16;
    t->leaf[t->leaves++] = l;
    return batched ? g_input(t->g, l.offset, s, 1) : g_param(t->g, AG_G, l.offset, s);
}

int test_leaf(struct test *t, struct shape s, double scale)
{
    return add_leaf(t, s, (struct leaf){.low = 0.1 * scale, .high = scale});
}

int test_leaf_positive(struct test *t, struct shape s)
{
    return add_leaf(t, s, (struct leaf){.low = 0.5, .high = 1.5, .positive = 1});
}

int test_leaf_constant(struct test *t, struct shape s)
{
    return add_leaf(t, s, (struct leaf){.low = 0.1, .high = 1, .constant = 1});
}

int test_weight(struct test *t, int out, int in, int k)
{
    return test_leaf(t, shape4(out, in, k, k), 1.7 / sqrt((double)in * k * k));
}

/* ---------------------------------------------------------------- a test's phases */

static long emit_phase(struct output *p, const struct test *t, const struct graph *g, const char *name)
{
    struct phase_graph phase = {.name = name, .graph = (struct graph *)g, .batch = t->batch};
    struct plan *plan = training_plan(&phase, target_cpu.training);
    long arena = plan->arena_size;
    p->cpu.target->phase(&p->cpu, phase.name, plan);
    if (plan->scratch_size > p->scratch) p->scratch = plan->scratch_size;
    graph_free((struct graph *)plan->graph);
    plan_free(plan);
    return arena;
}

static int count_op(const struct graph *g, enum op op)
{
    char *live = mem_alloc(g->mem, (size_t)g->count);
    int count = 0;
    graph_live(g, live);
    for (int i = 0; i < g->count; i++) count += live[i] && g->node[i].op == op;
    return count;
}

/* Returns the node of a leaf, which merging may have given another number; -1: the graph no longer has it. */
static int find_leaf(const struct graph *g, const struct leaf *l)
{
    for (int i = 0; i < g->count; i++)
        if (g->node[i].op == l->op && g->node[i].attr[l->op == OP_PARAM] == l->offset) return i;
    return -1;
}

/* Differentiates the loss in all leaves with one call, as programs do. Gradients of parameters go to AG_GRAD, those of
 * inputs to AG_OUT from `out` on. A leaf that the loss does not depend on gets zeros, for example a bias in the
 * gradient of a gradient. Returns the size of AG_OUT. */
static long differentiate(const struct test *t, struct graph *g, long out)
{
    int wrt[LEAVES], gradient[LEAVES], count = 0;
    for (int i = 0; i < t->leaves; i++)
        if (!t->leaf[i].constant && find_leaf(g, &t->leaf[i]) >= 0) wrt[count++] = find_leaf(g, &t->leaf[i]);
    g->section = 0;
    grad(g, g->target[0].node, wrt, count, gradient);
    count = 0;
    for (int i = 0; i < t->leaves; i++) {
        const struct leaf *l = &t->leaf[i];
        int input = l->op == OP_INPUT, none = find_leaf(g, l) < 0;
        if (l->constant) continue;
        int node = none ? g_const(g, 0, shape4(1, 1, 1, (int)l->size)) : gradient[count++];
        graph_target(g, node, input ? AG_OUT : AG_GRAD, l->offset + (input ? out : 0), "gradient");
    }
    return out + t->in_size;
}

static void describe(struct text *name, const struct test *t, const struct row *r)
{
    text_printf(name, "%s", r->op == OP_COUNT ? r->name : op_table[r->op].name);
    for (int i = 0; i < 2; i++) {
        struct shape s = test_shape(t, i ? r->b : r->a);
        if (s.d[3] && s.d[2]) text_printf(name, " [%d,%d,%d,%d]", s.d[0], s.d[1], s.d[2], s.d[3]);
    }
    for (int i = 0; i < 4 && r->attr[0] + r->attr[1] > 0; i++) text_printf(name, i ? ",%d" : " (%d", r->attr[i]);
    if (r->attr[0] + r->attr[1] > 0) text_add(name, ")");
}

static void table_row(struct output *p, const struct test *t, const char *name, long out, long end, long arena,
                      int merged)
{
    text_printf(&p->leaves, "static const struct test_leaf leaves%d[] = {\n", p->tests);
    for (int i = 0; i < t->leaves; i++) {
        const struct leaf *l = &t->leaf[i];
        int input = l->op == OP_INPUT;
        text_printf(&p->leaves, "    {%s, %ld, %ld, %.17g, %.17g, %d, %s, %ld},\n", input ? "AG_IN" : "AG_G", l->offset,
                    l->size, l->low, l->high, l->positive,
                    l->constant ? "-1"
                    : input     ? "AG_OUT"
                                : "AG_GRAD",
                    l->offset + (input ? out : 0));
    }
    text_add(&p->leaves, "};\n");
    text_printf(&p->table, "    {\"%s\", loss%d_run, gradient%d_run, %ld, %ld, %ld, %ld, SCRATCH, leaves%d, %d, %d},\n",
                name, p->tests, p->tests, t->in_size, t->param_size, end, arena, p->tests, t->leaves, merged);
}

/* Builds, differentiates and emits a row of the table. Returns 1 if the test depends on the batch. */
static int add_test(struct output *p, const struct row *r, int batch, int merged)
{
    struct test t = {.g = graph_new(), .batch = batch};
    struct graph *g = t.g;
    int y = r->build(&t, r);
    struct shape s = g->node[y].shape;
    if (g->node[y].batched) s.d[0] = BATCH;
    long out = 16;
    int loss = g_sum(g, g_mul(g, y, test_leaf_constant(&t, s)), shape4(1, 1, 1, 1), 0);
    graph_target(g, loss, AG_OUT, 0, "loss");
    if (r->merge) {
        graph_target(g, y, AG_OUT, out, "y");
        out += (shape_size(g->node[y].shape) + 15) / 16 * 16;
    }
    struct text name = {NULL, 0, 0};
    describe(&name, &t, r);
    if (merged) text_add(&name, ", merged");
    if (r->op != OP_COUNT) p->covered[r->op] = 1;
    if (r->op != OP_COUNT && !count_op(g, r->op)) fail(p, "the operator was simplified away", name.s);
    if (merged) {
        struct graph *before = g;
        g = merge_mixtures(before);
        graph_free(before);
    }
    long arena = emit_phase(p, &t, g, mem_printf(p->mem, "loss%d", p->tests));
    long end = differentiate(&t, g, out);
    long arena_gradient = emit_phase(p, &t, g, mem_printf(p->mem, "gradient%d", p->tests));
    table_row(p, &t, name.s, out, end, arena > arena_gradient ? arena : arena_gradient, merged);
    p->tests++;
    text_free(&name);
    graph_free(g);
    return t.in_size > 0;
}

static int add_row(struct output *p, const struct row *r, int batch)
{
    int batched = add_test(p, r, batch, 0);
    if (r->merge) add_test(p, r, batch, 1);
    return batched;
}

/* Adds each row for three batches: of one picture, of fewer pictures than a plan has parts, and of more, a number that
 * the parts do not divide. */
static void add_rows(struct output *p, const struct row *rows, int count)
{
    for (int i = 0; i < count; i++) {
        const int batches[] = {1, i % 2 ? 3 : 5, 20};
        if (rows[i].batch) {
            add_row(p, &rows[i], rows[i].batch);
            continue;
        }
        for (int b = 0; b < 3; b++)
            if (!add_row(p, &rows[i], batches[b])) break;
    }
}

static void check_covered(struct output *p)
{
    for (int op = 0; op < OP_COUNT; op++)
        if (op_table[op].grad && !p->covered[op])
            fail(p, "no row of operators.c tests its gradient", op_table[op].name);
}

/* ---------------------------------------------------------------- files */

static void write_text(struct output *p, const char *name, const struct text *t)
{
    FILE *f = fopen(mem_printf(p->mem, "%s/%s", p->folder, name), "wb");
    if (!f || fwrite(t->s, 1, t->length, f) != t->length) fail(p, "cannot write", name);
    if (f && fclose(f) != 0) fail(p, "cannot write", name);
}

static void write_kernels(struct output *p)
{
    enum { FILES = 8 };
    struct text h = {NULL, 0, 0};
    text_printf(&h, "#include \"vector.h\"\n#include \"ag_math.h\"\n%s", p->cpu.prototypes.s);
    write_text(p, "kernels.h", &h);
    text_free(&h);
    for (int f = 0; f < FILES; f++) {
        struct text t = {NULL, 0, 0};
        text_add(&t, "#include \"kernels.h\"\n");
        for (int i = f; i < p->cpu.instances; i += FILES) text_printf(&t, "\n%s", p->cpu.instance[i].source);
        write_text(p, mem_printf(p->mem, "kernels%d.c", f), &t);
        text_free(&t);
    }
}

static void write_phases(struct output *p)
{
    struct text t = {NULL, 0, 0};
    text_add(&t, "#include \"driver.h\"\n#include \"kernels.h\"\n");
    text_printf(&t, "enum { SCRATCH = %ld };\n\n%s%s", p->scratch, p->cpu.phases.s, p->leaves.s);
    text_printf(&t, "const struct gradient_test gradient_tests[] = {\n%s};\n", p->table.s);
    text_printf(&t, "const int gradient_count = %d;\n", p->tests);
    write_text(p, "phases.c", &t);
    text_free(&t);
}

int main(int argc, char **argv)
{
    struct ag_error err = {""};
    struct output p = {.mem = mem_new(), .folder = argc == 2 ? argv[1] : NULL};
    if (!p.folder) {
        fprintf(stderr, "usage: cases FOLDER\n");
        return 2;
    }
    p.cpu = (struct code){.mem = p.mem, .target = &target_cpu, .err = &err};
    add_rows(&p, operator_rows, operator_count);
    add_rows(&p, network_rows, network_count);
    check_covered(&p);
    if (err.text[0]) fail(&p, err.text, "emission");
    if (!p.failed) write_kernels(&p);
    if (!p.failed) write_phases(&p);
    printf("%d graphs, %d kernels\n", p.tests, p.cpu.instances);
    code_free(&p.cpu);
    text_free(&p.table);
    text_free(&p.leaves);
    mem_free(p.mem);
    return p.failed;
}
