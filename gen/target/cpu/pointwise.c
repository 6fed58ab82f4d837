/*
 * Kernels of pointwise expressions: one loop nest over the index space, in which every root is computed from what lies
 * in memory, each intermediate value once, and stored or summed.
 */
#include "emit_cpu.h"
#include "expression.h"
#include "ops.h"

#include <stdlib.h>
#include <string.h>

enum { OPERANDS = KERNEL_READS + KERNEL_ROOTS, ACCUMULATORS = 1024 };
/* Numbers of what an expression reads: an operand; a kernel's own result; what is up-sampled from an operand. */
enum { OWN = OPERANDS, NEAREST = OWN + 1, BILINEAR = NEAREST + OPERANDS };

/* A tensor in the loop nest: strides of the four loops, 0 where it is broadcast or summed. */
struct loop_operand {
    int node;
    long stride[4], offset;
    const struct scratch_tensor *local; /* in scratch; NULL: elsewhere */
    int is_sum, is_partial;
    int small;  /* half as high and wide as the loops are: up-sampled on the way */
    int linear; /* and between its pixels, so that the row beside is read too */
};

struct loop_nest {
    const struct call_site *site;
    struct code *c;
    const struct plan *p;
    int group;
    const struct kernel *k;
    int outer; /* the first loop that may be joined with others: not that of pictures, nor that of shared rows */
    int batched;
    int dim[4];
    struct loop_operand operand[OPERANDS];
    int reads, operands;
    struct text before, after, picture, picture_end, row, row_end, column;
    struct expression e; /* of the innermost loop */
};

/* ---------------------------------------------------------------- the loop nest */

static struct loop_operand make_operand(const struct loop_nest *s, int node, int root, int copy)
{
    const struct node *n = &s->p->graph->node[node];
    struct loop_operand o = {.node = node};
    o.is_partial = root && plan_is_partial(s->p, node);
    o.is_sum = root && !copy && n->op == OP_SUM;
    o.local = o.is_partial ? NULL : plan_scratch_tensor(s->p, s->group, node, copy);
    long halo = o.local ? o.local->halo : 0;
    const long step = plan_pixel_stride(s->p, o.local, node);
    long stride[4] = {0, (n->shape.d[2] + 2 * halo) * step, step, 1};
    stride[0] = (n->shape.d[1] + 2 * halo) * stride[1];
    for (int d = 0; d < 4; d++) o.stride[d] = n->shape.d[d] > 1 ? stride[d] : 0;
    if (n->batched) o.stride[0] = stride[0];
    o.offset = halo * (stride[1] + stride[2]);
    return o;
}

static int computed_here(const struct kernel *k, int node)
{
    for (int r = 0; r < k->roots; r++)
        if (k->root[r] == node && !k->copy[r]) return 1;
    return 0;
}

/* Marks the operands that a root's expression up-samples. */
static void find_small(struct loop_nest *s, int root)
{
    int up[KERNEL_READS];
    const int ups = plan_root_ups(s->p, root, up, 0);
    for (int k = 0; k < ups; k++)
        for (int i = 0; i < s->reads; i++) {
            if (s->operand[i].node != plan_read_up(s->p, up[k])) continue;
            s->operand[i].small = 1;
            s->operand[i].linear |= s->p->graph->node[up[k]].op == OP_UP_BILINEAR;
        }
}

static void list_operands(struct loop_nest *s)
{
    for (int i = 0; i < s->k->reads; i++)
        if (!computed_here(s->k, s->k->read[i])) s->operand[s->operands++] = make_operand(s, s->k->read[i], 0, 0);
    s->reads = s->operands;
    for (int r = 0; r < s->k->roots; r++) {
        s->operand[s->operands++] = make_operand(s, s->k->root[r], 1, s->k->copy[r]);
        if (!s->k->copy[r]) find_small(s, s->k->root[r]);
    }
}

static int can_collapse(const struct loop_nest *s, int outer, int inner)
{
    for (int i = 0; i < s->operands; i++) {
        const long *t = s->operand[i].stride;
        if (s->dim[outer] > 1 && s->dim[inner] > 1 && t[outer] != t[inner] * s->dim[inner]) return 0;
    }
    return 1;
}

/* Two loops that every tensor walks through as one become one: the inner. */
static void collapse(struct loop_nest *s)
{
    for (int inner = 3; inner > s->outer; inner--)
        for (int outer = inner - 1; outer >= s->outer && can_collapse(s, outer, inner); outer--) {
            for (int i = 0; i < s->operands; i++)
                if (s->dim[inner] == 1) s->operand[i].stride[inner] = s->operand[i].stride[outer];
            s->dim[inner] *= s->dim[outer];
            s->dim[outer] = 1;
            for (int i = 0; i < s->operands; i++) s->operand[i].stride[outer] = 0;
        }
}

/* Loops of length 1 move out, so that the innermost is the longest the collapse left. */
static void compact(struct loop_nest *s)
{
    for (int to = 3; to > s->outer; to--)
        for (int from = to; from >= s->outer; from--) {
            if (s->dim[from] == 1) continue;
            for (int i = 0; i < s->operands && from != to; i++) {
                s->operand[i].stride[to] = s->operand[i].stride[from];
                s->operand[i].stride[from] = 0;
            }
            int dim = s->dim[from];
            s->dim[from] = 1;
            s->dim[to] = dim;
            break;
        }
}

static int sums_over(const struct loop_nest *s, int d)
{
    for (int i = s->reads; i < s->operands; i++)
        if (s->operand[i].is_sum && s->dim[d] > 1 && s->operand[i].stride[d] == 0) return 1;
    return 0;
}

/* A long sum runs in lanes, which compilers vectorise without reordering anything. */
static void split_lanes(struct loop_nest *s)
{
    int lanes = 64;
    if (s->dim[3] <= 256 || s->dim[2] != 1 || !sums_over(s, 3)) return;
    while (lanes > 1 && s->dim[3] % lanes) lanes /= 2;
    for (int i = 0; i < s->operands; i++) s->operand[i].stride[2] = s->operand[i].stride[3] * lanes;
    s->dim[2] = s->dim[3] / lanes;
    s->dim[3] = lanes;
}

/* ---------------------------------------------------------------- expressions */

static void index_text(struct text *t, const struct loop_operand *o, const char *inner, const char *outer)
{
    int any = 0;
    if (o->stride[2]) any = 1, text_printf(t, o->stride[2] == 1 ? "%s" : "%s * %ld", outer, o->stride[2]);
    if (o->stride[3]) {
        text_printf(t, o->stride[3] == 1 ? "%s%s" : "%s%s * %ld", any ? " + " : "", inner, o->stride[3]);
        any = 1;
    }
    if (!any) text_add(t, "0");
}

static int find_read(const void *context, int node)
{
    const struct loop_nest *s = context;
    const int small = plan_read_up(s->p, node);
    for (int i = 0; i < s->reads; i++) {
        if (s->operand[i].node == node) return i;
        if (s->operand[i].node == small) return i + (s->p->graph->node[node].op == OP_UP_NEAREST ? NEAREST : BILINEAR);
    }
    return -1;
}

/* The value between the pixels of a small picture, as of templates/cpu/bilinear.c: of the nearest one (at), those
 * beside it in its row and in its column (below, or above), and the one across. */
static void between_text(int read, struct text *t)
{
    const char *near = "(real)0.75", *far = "(real)0.25";
    text_printf(t, "%s * (%s * at%d[c] + %s * below%d[c]) + ", near, near, read, far, read);
    text_printf(t, "%s * (%s * beside%d[c] + %s * across%d[c])", far, near, read, far, read);
}

/* Where the pixels of small pictures are that the loop over channels reads. */
static void column_pointers(struct loop_nest *s)
{
    for (int i = 0; i < s->reads; i++) {
        const struct loop_operand *o = &s->operand[i];
        const int width = s->p->graph->node[o->node].shape.d[2];
        const long step = o->stride[2];
        const char *const begin = "                const real *const";
        if (o->small) text_printf(&s->column, "%s at%d = p%d + j / 2 * %ld;\n", begin, i, i, step);
        if (!o->linear) continue;
        text_printf(&s->column, "%s beside%d = p%d + BESIDE(j, %d) * %ld;\n", begin, i, i, width, step);
        text_printf(&s->column, "%s below%d = beyond%d + j / 2 * %ld;\n", begin, i, i, step);
        text_printf(&s->column, "%s across%d = beyond%d + BESIDE(j, %d) * %ld;\n", begin, i, i, width, step);
    }
}

/* Where operand number `read` of the nest has the value that this round computes with. */
static void read_text(const void *context, int read, struct text *t)
{
    const struct loop_nest *s = context;
    if (read >= BILINEAR) {
        between_text(read - BILINEAR, t);
        return;
    }
    if (read >= NEAREST) {
        text_printf(t, "at%d[c]", read - NEAREST);
        return;
    }
    text_printf(t, "p%d[", read);
    index_text(t, &s->operand[read], "c", "j");
    text_add(t, "]");
}

/* ---------------------------------------------------------------- roots */

static void store_root(struct loop_nest *s, const struct loop_operand *o, int r)
{
    text_printf(&s->e.body, "                    q%d[", r);
    index_text(&s->e.body, o, "c", "j");
    text_add(&s->e.body, "] = ");
    expression_value(&s->e, &s->e.body, o->node);
    text_add(&s->e.body, ";\n");
}

static void clear_loop(struct text *t, const char *indent, const char *place, long size)
{
    text_printf(t, "%sfor (long k = 0; k < %ld; k++) %s = 0;\n", indent, size, place);
}

/* A sum that keeps rows or columns, or very many channels, is added up where it lies. */
static int in_place(const struct loop_nest *s, const struct loop_operand *o)
{
    return o->stride[1] || o->stride[2] || (o->stride[3] && s->dim[3] > ACCUMULATORS);
}

static void sum_in_place(struct loop_nest *s, const struct loop_operand *o, int r)
{
    text_printf(&s->e.body, "                    q%d[", r);
    index_text(&s->e.body, o, "c", "j");
    text_add(&s->e.body, "] += ");
    expression_value(&s->e, &s->e.body, s->p->graph->node[o->node].in[0]);
    text_add(&s->e.body, ";\n");
    if (o->is_partial) return;
    struct text name = {NULL, 0, 0};
    long size = shape_size(s->p->graph->node[o->node].shape) / (s->batched && o->stride[0] ? s->p->batch : 1);
    text_printf(&name, o->stride[0] && s->batched ? "y%d[n * %ld + k]" : "y%d[k]", r, o->stride[0]);
    clear_loop(s->batched && o->stride[0] ? &s->picture : &s->before, "    ", name.s, size);
    text_free(&name);
}

/* A sum over pixels: rows first, then pictures, in an array over the innermost loop. */
static void sum_in_array(struct loop_nest *s, const struct loop_operand *o, int r)
{
    int per_picture = o->stride[0] != 0, channels = o->stride[3] != 0, size = s->dim[3] <= ACCUMULATORS ? s->dim[3] : 1;
    const char *index = size == 1 ? "0" : "c";
    struct text *begin = per_picture ? &s->picture : &s->before, *end = per_picture ? &s->picture_end : &s->after;
    text_printf(begin, "    real s%d[%d];\n    for (int c = 0; c < %d; c++) s%d[c] = 0;\n", r, size, size, r);
    text_printf(&s->row, "            real r%d[%d];\n            for (int c = 0; c < %d; c++) r%d[c] = 0;\n", r, size,
                size, r);
    text_printf(&s->e.body, "                    r%d[%s] += ", r, index);
    expression_value(&s->e, &s->e.body, s->p->graph->node[o->node].in[0]);
    text_add(&s->e.body, ";\n");
    text_printf(&s->row_end, "            for (int c = 0; c < %d; c++) s%d[c] += r%d[c];\n", size, r, r);
    const char *assign = o->is_partial ? "+=" : "=";
    struct text at = {NULL, 0, 0};
    text_printf(&at, per_picture ? "y%d[n * %ld + " : "y%d[", r, o->stride[0]);
    if (channels) {
        text_printf(end, "    for (int c = 0; c < %d; c++) %sc * %ld] %s s%d[c];\n", size, at.s, o->stride[3], assign,
                    r);
    } else {
        text_printf(end, "    for (int c = 1; c < %d; c++) s%d[0] += s%d[c];\n", size, r, r);
        text_printf(end, "    %s0] %s s%d[0];\n", at.s, assign, r);
    }
    text_free(&at);
}

static void emit_root(struct loop_nest *s, int r)
{
    const struct loop_operand *o = &s->operand[s->reads + r];
    const struct node *n = &s->p->graph->node[o->node];
    if (s->k->copy[r] || !o->is_sum)
        expression_evaluate(&s->e, o->node);
    else
        expression_evaluate(&s->e, n->in[0]);
    if (!o->is_sum)
        store_root(s, o, r);
    else if (in_place(s, o))
        sum_in_place(s, o, r);
    else
        sum_in_array(s, o, r);
}

static void row_pointers(struct loop_nest *s)
{
    for (int i = 0; i < s->operands; i++) {
        const struct loop_operand *o = &s->operand[i];
        int root = i >= s->reads, r = i - s->reads;
        if (root && o->is_sum && !in_place(s, o)) continue;
        text_printf(&s->row, "            %sreal *const %c%d = %c%d", root ? "" : "const ", root ? 'q' : 'p',
                    root ? r : i, root ? 'y' : 'x', root ? r : i);
        if (o->stride[0]) text_printf(&s->row, " + n * %ld", o->stride[0]);
        if (o->stride[1]) text_printf(&s->row, o->small ? " + i / 2 * %ld" : " + i * %ld", o->stride[1]);
        if (o->offset) text_printf(&s->row, " + %ld", o->offset);
        text_add(&s->row, ";\n");
        if (o->linear)
            text_printf(&s->row, "            const real *const beyond%d = p%d + (BESIDE(i, %d) - i / 2) * %ld;\n", i,
                        i, s->p->graph->node[o->node].shape.d[1], o->stride[1]);
    }
}

/* ---------------------------------------------------------------- the function and its call */

/* How many shares the kernel at hand has, and the share's name. */
static void share_constants(const struct call_site *s, struct substitutions *sub)
{
    const int shares = s->k ? s->k->shares : 1;
    template_set(s->c->mem, sub, "AG_SHARES", "%d", shares);
    template_set(s->c->mem, sub, "AG_SHARE", shares > 1 ? "share" : "0");
}

static void loop_constants(struct loop_nest *s, struct substitutions *sub)
{
    struct mem *mem = s->c->mem;
    struct text params = {NULL, 0, 0};
    for (int i = 0; i < s->reads; i++) text_printf(&params, "const real *restrict x%d, ", i);
    for (int r = 0; r < s->k->roots; r++) text_printf(&params, "real *restrict y%d, ", r);
    text_add(&params, s->k->shares > 1 ? "int images, int share" : "int images");
    template_set(mem, sub, "AG_PARAMS", "%s", params.s);
    text_free(&params);
    share_constants(s->site, sub);
    template_set(mem, sub, "AG_H", "%d", s->dim[1]);
    template_set(mem, sub, "AG_W", "%d", s->dim[2]);
    template_set(mem, sub, "AG_C", "%d", s->dim[3]);
    struct {
        const char *name;
        struct text *text;
    } part[] = {{"AG_BEFORE", &s->before},           {"AG_AFTER", &s->after},   {"AG_PICTURE_BEGIN", &s->picture},
                {"AG_PICTURE_END", &s->picture_end}, {"AG_ROW_BEGIN", &s->row}, {"AG_ROW_END", &s->row_end},
                {"AG_COLUMN_BEGIN", &s->column},     {"AG_BODY", &s->e.body}};
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        template_set(mem, sub, part[i].name, "%s", part[i].text->s ? part[i].text->s : "");
        text_free(part[i].text);
    }
}

static const char *kernel_name(struct loop_nest *s)
{
    const struct loop_operand *o = &s->operand[s->reads];
    const char *operator= s->k->copy[0] ? "copy" : o->is_sum ? "sum" : op_table[s->p->graph->node[o->node].op].name;
    struct shape d = plan_domain(s->p, o->node);
    if (s->batched) return mem_printf(s->c->mem, "%s_%dx%dx%d", operator, d.d[1], d.d[2], d.d[3]);
    return mem_printf(s->c->mem, "%s_%dx%dx%dx%d", operator, d.d[0], d.d[1], d.d[2], d.d[3]);
}

static void list_arguments(struct loop_nest *s, struct text *arguments)
{
    for (int i = 0; i < s->operands; i++) {
        const struct loop_operand *o = &s->operand[i];
        const struct node_plan *np = &s->p->node[o->node];
        if (o->is_partial)
            text_printf(arguments, "b[AG_ARENA] + %ld + part * %ldL, ", np->partial, np->partial_size);
        else
            text_printf(arguments, "%s, ", code_address(s->c, s->p, s->group, o->local, o->node));
    }
}

static struct loop_nest *begin_loop_nest(const struct call_site *site, const struct kernel *k)
{
    const struct plan *p = site->p;
    struct loop_nest *s = mem_alloc(site->c->mem, sizeof *s);
    s->site = site;
    s->c = site->c;
    s->p = p;
    s->group = site->group;
    s->k = k;
    s->batched = site->group >= 0;
    s->outer = s->batched + (k->shares > 1);
    s->e = (struct expression){p->graph, "                    ", find_read, read_text, s, {NULL, 0, 0}, NULL, 0};
    s->e.temp = mem_alloc(s->c->mem, (size_t)p->graph->count * sizeof *s->e.temp);
    memcpy(s->dim, plan_domain(p, k->root[0]).d, sizeof s->dim);
    return s;
}

int cpu_pointwise(const struct call_site *site, const struct kernel *k, struct text *arguments, int *images)
{
    struct loop_nest *s = begin_loop_nest(site, k);
    list_operands(s);
    int small = 0;
    for (int i = 0; i < s->reads; i++) small |= s->operand[i].small;
    if (!small) { /* whose rows and columns have to be told apart */
        collapse(s);
        compact(s);
        split_lanes(s);
    }
    row_pointers(s);
    column_pointers(s);
    for (int r = 0; r < k->roots; r++) emit_root(s, r);
    struct substitutions sub = {NULL, 0, 0};
    const char *name = kernel_name(s);
    list_arguments(s, arguments);
    *images = s->dim[0];
    loop_constants(s, &sub);
    int instance = code_instance(s->c, "pointwise", NULL, name, &sub, 0);
    free(sub.list);
    return instance;
}

/* ---------------------------------------------------------------- epilogues */

static int find_own(const void *context, int node)
{
    const struct loop_nest *s = context;
    return node == s->k->root[0] ? OWN : find_read(context, node);
}

/* Where an operand's value of picture n, row i, column j and channel o is. */
static void place_text(const struct loop_operand *o, struct text *t)
{
    static const char *const index[] = {"n", "i", "j", "o"};
    text_printf(t, "%ld", o->offset);
    for (int d = 0; d < 4; d++)
        if (o->stride[d]) text_printf(t, o->stride[d] == 1 ? " + %s" : " + %s * %ldL", index[d], o->stride[d]);
}

static void read_place(const void *context, int read, struct text *t)
{
    const struct loop_nest *s = context;
    if (read == OWN) {
        text_add(t, "r");
        return;
    }
    text_printf(t, "with%d[", read);
    place_text(&s->operand[read], t);
    text_add(t, "]");
}

/* The tensors that an epilogue reads beside its kernel's own result, and those it makes, but for a result that is not
 * kept. */
static void list_epilogue(struct loop_nest *s)
{
    const struct kernel *k = s->k;
    int read[KERNEL_READS], reads = 0;
    for (int r = 1; r < k->roots; r++) reads = plan_root_reads(s->p, k->root[r], 0, read, reads);
    for (int i = 0; i < reads; i++)
        if (!computed_here(k, read[i])) s->operand[s->operands++] = make_operand(s, read[i], 0, 0);
    s->reads = s->operands;
    for (int r = plan_storage(s->p, k->root[0]) == VALUE_FUSED; r < k->roots; r++)
        s->operand[s->operands++] = make_operand(s, k->root[r], 1, 0);
}

void cpu_epilogue(const struct call_site *site, struct substitutions *sub, struct kernel_call *call)
{
    const struct kernel *k = site->k;
    struct mem *mem = site->c->mem;
    struct text params = {NULL, 0, 0}, body = {NULL, 0, 0};
    const int fused = k && k->kind == KERNEL_NODE && k->roots > 1 && !call->relu;
    if (fused) {
        struct loop_nest *s = begin_loop_nest(site, k);
        s->e.find = find_own;
        s->e.read = read_place;
        list_epilogue(s);
        call->result = s->operand[s->reads].node;
        for (int i = 0; i < s->reads; i++) {
            text_printf(&params, ", const real *restrict with%d", i);
            text_printf(&call->more, ", %s",
                        code_address(s->c, s->p, s->group, s->operand[i].local, s->operand[i].node));
        }
        for (int i = s->reads; i < s->operands; i++) {
            const struct loop_operand *o = &s->operand[i];
            const char *name = i == s->reads ? "y" : mem_printf(mem, "also%d", i - s->reads);
            expression_evaluate(&s->e, o->node);
            text_printf(&s->e.body, "%s%s[", s->e.indent, name);
            place_text(o, &s->e.body);
            text_add(&s->e.body, "] = ");
            expression_value(&s->e, &s->e.body, o->node);
            text_add(&s->e.body, ";\n");
            if (i == s->reads) continue;
            text_printf(&params, ", real *restrict %s", name);
            text_printf(&call->more, ", %s", code_address(s->c, s->p, s->group, o->local, o->node));
        }
        body = s->e.body;
    }
    share_constants(site, sub);
    if (k && k->shares > 1) {
        text_add(&params, ", int share");
        text_add(&call->more, ", share");
    }
    if (call->prefetch) {
        text_add(&params, ", const struct prefetch *next");
        text_printf(&call->more, ", %s", call->prefetch);
    }
    template_set(mem, sub, "AG_EXTRA_PARAMS", "%s", params.s ? params.s : "");
    template_set(mem, sub, "AG_HAS_EPILOGUE", "%d", fused);
    template_set(mem, sub, "AG_EPILOGUE", "%s", body.s ? body.s : "");
    text_free(&params);
    text_free(&body);
}
