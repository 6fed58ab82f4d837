/*
 * Kernels of pointwise expressions: what is stored by one thread a place, what is summed by kernels of their own, which
 * compute their summands again.
 */
#include "emit_cuda.h"
#include "expression.h"
#include "ops.h"

#include <stdlib.h>
#include <string.h>

enum { DIMS = 4 };

/* A tensor over the index space: strides, 0 where it is broadcast. */
struct strided_operand {
    int node, dense; /* dense: place k of the index space is place k of its memory */
    long stride[DIMS];
};

struct index_space {
    const struct call_site *s;
    struct shape domain;
    struct strided_operand read[KERNEL_READS];
    int reads;
    int summing;    /* the index space is split in outputs and summands */
    int own;        /* within another kernel: the node whose value the variable r holds; else -1 */
    char letter;    /* that operands' names begin with */
    int used[DIMS]; /* indices that some operand needs */
    struct expression e;
};

static struct strided_operand make_operand(const struct index_space *space, int node)
{
    const struct node *n = &space->s->p->graph->node[node];
    struct strided_operand o = {.node = node, .dense = shape_same(n->shape, space->domain)};
    long stride = 1;
    for (int d = DIMS - 1; d >= 0; stride *= n->shape.d[d--]) o.stride[d] = n->shape.d[d] > 1 ? stride : 0;
    return o;
}

static int find_read(const void *context, int node)
{
    const struct index_space *space = context;
    if (node == space->own) return KERNEL_READS;
    for (int i = 0; i < space->reads; i++)
        if (space->read[i].node == node) return i;
    return -1;
}

static void read_text(const void *context, int read, struct text *t)
{
    static const char *const own_index[] = {"n", "i", "j", "o"}, *const index[] = {"i0", "i1", "i2", "i3"};
    const struct index_space *space = context;
    const struct strided_operand *o = &space->read[read];
    int any = 0;
    if (read == KERNEL_READS) {
        text_add(t, "r");
        return;
    }
    text_printf(t, "%c%d[", space->letter, read);
    if (o->dense && !space->summing) {
        text_add(t, space->own < 0 ? "k]" : "at]");
        return;
    }
    for (int d = 0; d < DIMS; d++) {
        if (!o->stride[d]) continue;
        text_printf(t, o->stride[d] == 1 ? "%s%s" : "%s%s * %ld", any ? " + " : "",
                    space->own < 0 ? index[d] : own_index[d], o->stride[d]);
        any = 1;
    }
    text_add(t, any ? "]" : "0]");
}

static struct index_space *begin_index_space(const struct call_site *s, const struct kernel *k, int summing)
{
    struct mem *mem = s->c->mem;
    struct index_space *space = mem_alloc(mem, sizeof *space);
    space->s = s;
    space->domain = plan_domain(s->p, k->root[0]);
    space->summing = summing;
    space->own = k->kind == KERNEL_NODE ? k->root[0] : -1;
    space->letter = 'x';
    space->e = (struct expression){s->p->graph, "            ", find_read, read_text, space, {NULL, 0, 0}, NULL, 0};
    space->e.temp = mem_alloc(mem, (size_t)s->p->graph->count * sizeof *space->e.temp);
    return space;
}

/* The tensors in memory that the expression of a root reads. */
static void add_reads(struct index_space *space, const struct kernel *k, int root)
{
    int read[KERNEL_READS], reads = plan_root_reads(space->s->p, root, 0, read, 0);
    for (int i = 0; i < reads && i < KERNEL_READS; i++) {
        int stored_here = 0; /* then it is computed again, or was already */
        for (int r = 0; r < k->roots; r++) stored_here |= k->root[r] == read[i];
        if (read[i] == space->own) continue;
        if (stored_here) {
            add_reads(space, k, read[i]);
            continue;
        }
        if (find_read(space, read[i]) >= 0) continue;
        if (space->reads == KERNEL_READS) abort(); /* materialize.c stores what would read more */
        struct strided_operand *o = &space->read[space->reads++];
        *o = make_operand(space, read[i]);
        for (int d = 0; d < DIMS; d++) space->used[d] |= o->stride[d] && (space->summing || !o->dense);
    }
}

static void parameters(const struct index_space *space, struct substitutions *sub, int results, struct text *arguments)
{
    const struct call_site *s = space->s;
    struct text t = {NULL, 0, 0};
    for (int i = 0; i < space->reads; i++) {
        int x = space->read[i].node;
        text_printf(&t, "const real *__restrict__ x%d, ", i);
        text_printf(arguments, "%s, ",
                    code_address(s->c, s->p, s->group, plan_scratch_tensor(s->p, s->group, x, 0), x));
    }
    for (int i = 0; i < results; i++) text_printf(&t, "%sreal *__restrict__ y%d", i ? ", " : "", i);
    template_set(s->c->mem, sub, "AG_PARAMS", "%s", t.s);
    text_free(&t);
}

static void add_argument(struct text *arguments, const char *address, int first)
{
    text_printf(arguments, "%s%s", first ? "" : ", ", address);
}

/* Declares the used ones of the indices whose dimensions are (or, of them, are not) kept in `shape`, from a number. */
static void index_text(const struct index_space *space, struct text *t, const char *from, struct shape shape, int kept)
{
    long below = 1;
    for (int d = DIMS - 1; d >= 0; d--) {
        long size = space->domain.d[d];
        int here = size > 1 && (shape.d[d] > 1) == kept;
        if (!here) continue;
        long above = 1;
        for (int e = d - 1; e >= 0; e--)
            if (space->domain.d[e] > 1 && (shape.d[e] > 1) == kept) above *= space->domain.d[e];
        if (space->used[d]) {
            text_printf(t, "const unsigned i%d = %s", d, from);
            if (below > 1) text_printf(t, " / %ld", below);
            if (above > 1) text_printf(t, " %% %ld", size);
            text_add(t, "; ");
        }
        below *= size;
    }
}

static void set_text(struct code *c, struct substitutions *sub, const char *name, struct text *t)
{
    template_set(c->mem, sub, name, "%s", t->s ? t->s : "");
    text_free(t);
}

static double bytes(const struct index_space *space, long results)
{
    double reals = (double)results;
    for (int i = 0; i < space->reads; i++)
        reals += (double)shape_size(space->s->p->graph->node[space->read[i].node].shape);
    return reals * sizeof(float);
}

/* ---------------------------------------------------------------- what is stored */

static void store_roots(const struct call_site *s, const struct kernel *k, const int *root, int roots)
{
    struct code *c = s->c;
    struct index_space *space = begin_index_space(s, k, 0);
    struct substitutions sub = {NULL, 0, 0};
    struct text arguments = {NULL, 0, 0}, index = {NULL, 0, 0};
    for (int r = 0; r < roots; r++) add_reads(space, k, root[r]);
    parameters(space, &sub, roots, &arguments);
    for (int r = 0; r < roots; r++) {
        expression_evaluate(&space->e, root[r]);
        text_printf(&space->e.body, "            y%d[k] = ", r);
        expression_value(&space->e, &space->e.body, root[r]);
        text_add(&space->e.body, ";\n");
        add_argument(&arguments, cuda_output(s, root[r]), r == 0);
    }
    long count = shape_size(space->domain);
    index_text(space, &index, "k", space->domain, 1);
    template_set(c->mem, &sub, "AG_SIZE", "%ld", count);
    set_text(c, &sub, "AG_INDEX", &index);
    set_text(c, &sub, "AG_BODY", &space->e.body);
    struct shape d = space->domain;
    const char *name = mem_printf(c->mem, "%s_%dx%dx%dx%d", op_table[s->p->graph->node[root[0]].op].name, d.d[0],
                                  d.d[1], d.d[2], d.d[3]);
    struct launch launch = cuda_launch(count, space->reads + roots, bytes(space, count * roots));
    cuda_call(s, code_instance(c, "pointwise", NULL, name, &sub, 0), launch, arguments.s);
    text_free(&arguments);
    free(sub.list);
}

/* ---------------------------------------------------------------- epilogues */

void cuda_epilogue(const struct call_site *s, const struct kernel *k, struct substitutions *sub,
                   struct epilogue_arguments *e)
{
    struct index_space *space = begin_index_space(s, k, 0);
    struct text params = {NULL, 0, 0}, results = {NULL, 0, 0}, *body = &space->e.body;
    const int first = plan_storage(s->p, k->root[0]) == VALUE_FUSED; /* root that is stored */
    space->e.indent = "                    ";
    for (int r = 1; r < k->roots; r++) add_reads(space, k, k->root[r]);
    for (int i = 0; i < space->reads; i++) {
        int x = space->read[i].node;
        text_printf(&params, ", const float *__restrict__ x%d", i);
        text_printf(&e->extra, ", %s",
                    code_address(s->c, s->p, s->group, plan_scratch_tensor(s->p, s->group, x, 0), x));
    }
    if (k->roots > 1) text_add(body, "{\n");
    for (int r = first; r < k->roots; r++) {
        const int to = r - first;
        if (r) expression_evaluate(&space->e, k->root[r]);
        text_printf(body, "%sout[%d].at[l] = ", k->roots > 1 ? space->e.indent : "", to);
        if (r)
            expression_value(&space->e, body, k->root[r]);
        else
            text_add(body, "r");
        if (k->roots > 1) text_add(body, ";\n");
        text_printf(&results, to ? ", y%d" : "y", to);
        if (to) text_printf(&params, ", float *__restrict__ y%d", to);
        text_printf(to ? &e->extra : &e->first, to ? ", %s" : "%s", cuda_output(s, k->root[r]));
    }
    if (k->roots > 1) text_add(body, "                }");
    e->pointers = space->reads + k->roots - 1 - first;
    e->bytes = bytes(space, shape_size(space->domain) * (k->roots - first));
    set_text(s->c, sub, "AG_EXTRA_PARAMS", &params);
    set_text(s->c, sub, "AG_RESULTS", &results);
    set_text(s->c, sub, "AG_EPILOGUE", body);
}

int cuda_prologue(const struct call_site *s, const struct kernel *k, struct substitutions *sub, struct text *arguments)
{
    struct index_space *space = begin_index_space(s, k, 0);
    struct text params = {NULL, 0, 0}, *body = &space->e.body;
    if (k->prologue) {
        space->own = plan_elementwise(s->p, k->prologue);
        space->letter = 'p';
        space->e.indent = "                    ";
        space->domain = s->p->graph->node[k->prologue].shape;
        add_reads(space, k, k->prologue);
        text_add(body, "{\n");
        expression_evaluate(&space->e, k->prologue);
        text_printf(body, "%sr = ", space->e.indent);
        expression_value(&space->e, body, k->prologue);
        text_add(body, ";\n                }");
    }
    for (int i = 0; i < space->reads; i++) {
        text_printf(&params, ", const float *__restrict__ p%d", i);
        int x = space->read[i].node;
        text_printf(arguments, ", %s",
                    code_address(s->c, s->p, s->group, plan_scratch_tensor(s->p, s->group, x, 0), x));
    }
    template_set(s->c->mem, sub, "AG_HAS_PROLOGUE", "%d", k->prologue != 0);
    set_text(s->c, sub, "AG_PROLOGUE_PARAMS", &params);
    set_text(s->c, sub, "AG_PROLOGUE", body);
    return space->reads;
}

/* ---------------------------------------------------------------- what is summed */

static void sum_constants(const struct index_space *space, struct substitutions *sub, int root, int sums)
{
    const struct plan *p = space->s->p;
    struct mem *mem = space->s->c->mem;
    const struct node *n = &p->graph->node[root];
    int partial = plan_is_partial(p, root), parts = partial ? p->node[root].parts : 1;
    template_set(mem, sub, "AG_SUMS", "%d", sums);
    template_set(mem, sub, "AG_OUTPUTS", "%ld", shape_size(n->shape));
    template_set(mem, sub, "AG_SUMMANDS", "%ld", plan_summands(p, root));
    template_set(mem, sub, "AG_THREADS", "%d", plan_sum_threads(p, root));
    template_set(mem, sub, "AG_PARTS", "%d", parts);
    template_set(mem, sub, "AG_PART_STRIDE", "%ld", partial ? p->node[root].partial_size : 0);
    /* neighbours in memory are neighbours among the outputs where the innermost dimension stays */
    int innermost = DIMS - 1;
    while (innermost > 0 && space->domain.d[innermost] == 1) innermost--;
    template_set(mem, sub, "AG_ALONG", "%d", n->shape.d[innermost] == 1);
}

static void sum_roots(const struct call_site *s, const struct kernel *k, const int *root, int roots)
{
    struct code *c = s->c;
    const struct graph *g = s->p->graph;
    struct index_space *space = begin_index_space(s, k, 1);
    struct substitutions sub = {NULL, 0, 0};
    struct text arguments = {NULL, 0, 0}, outputs = {NULL, 0, 0}, summands = {NULL, 0, 0}, store = {NULL, 0, 0};
    for (int r = 0; r < roots; r++) add_reads(space, k, root[r]);
    parameters(space, &sub, roots, &arguments);
    for (int r = 0; r < roots; r++) {
        int x = g->node[root[r]].in[0];
        expression_evaluate(&space->e, x);
        text_printf(&space->e.body, "            sum[%d] += ", r);
        expression_value(&space->e, &space->e.body, x);
        text_add(&space->e.body, ";\n");
        text_printf(&store, "y%d[at] = sum[%d]; ", r, r);
        add_argument(&arguments, cuda_output(s, root[r]), r == 0);
    }
    struct shape shape = g->node[root[0]].shape, d = space->domain;
    index_text(space, &outputs, "o", shape, 1);
    index_text(space, &summands, "r", shape, 0);
    sum_constants(space, &sub, root[0], roots);
    set_text(c, &sub, "AG_OUTPUT_INDEX", &outputs);
    set_text(c, &sub, "AG_SUMMAND_INDEX", &summands);
    set_text(c, &sub, "AG_BODY", &space->e.body);
    set_text(c, &sub, "AG_STORE", &store);
    const char *name = mem_printf(c->mem, "sum_%dx%dx%dx%d", d.d[0], d.d[1], d.d[2], d.d[3]);
    int parts = plan_is_partial(s->p, root[0]) ? s->p->node[root[0]].parts : 1;
    struct launch launch = cuda_launch(shape_size(shape) * plan_sum_threads(s->p, root[0]) * parts,
                                       space->reads + roots, bytes(space, shape_size(shape) * parts * roots));
    cuda_call(s, code_instance(c, "sum", NULL, name, &sub, 0), launch, arguments.s);
    text_free(&arguments);
    free(sub.list);
}

/* Two sums that one kernel can take: over the same dimensions of the same space. */
static int goes_with(const struct call_site *s, int a, int b)
{
    const struct graph *g = s->p->graph;
    return shape_same(g->node[a].shape, g->node[b].shape) && plan_is_partial(s->p, a) == plan_is_partial(s->p, b);
}

void cuda_pointwise(const struct call_site *s, const struct kernel *k)
{
    enum { SUMS = 4 };
    int stored[KERNEL_ROOTS], done[KERNEL_ROOTS] = {0}, count = 0;
    for (int r = 0; r < k->roots; r++)
        if (s->p->graph->node[k->root[r]].op != OP_SUM) stored[count++] = k->root[r];
    if (count) store_roots(s, k, stored, count);
    for (int r = 0; r < k->roots; r++) {
        int together[SUMS], sums = 0;
        if (s->p->graph->node[k->root[r]].op != OP_SUM || done[r]) continue;
        for (int e = r; e < k->roots && sums < SUMS; e++) {
            if (s->p->graph->node[k->root[e]].op != OP_SUM || done[e] || !goes_with(s, k->root[r], k->root[e]))
                continue;
            together[sums++] = k->root[e];
            done[e] = 1;
        }
        sum_roots(s, k, together, sums);
    }
}
