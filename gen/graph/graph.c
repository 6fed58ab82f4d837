#include "graph.h"
#include "ops.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shape shape4(int a, int b, int c, int d)
{
    return (struct shape){{a, b, c, d}};
}

long shape_size(struct shape s)
{
    return (long)s.d[0] * s.d[1] * s.d[2] * s.d[3];
}

int shape_same(struct shape a, struct shape b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

struct graph *graph_new(void)
{
    struct mem *mem = mem_new();
    struct graph *g = mem_alloc(mem, sizeof *g);
    g->mem = mem;
    g->path = "";
    return g;
}

void graph_free(struct graph *g)
{
    free(g->node);
    free(g->hash);
    free(g->target);
    mem_free(g->mem);
}

void graph_path(struct graph *g, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g->path = mem_vprintf(g->mem, format, args);
    va_end(args);
}

void graph_target(struct graph *g, int node, int block, long offset, const char *name)
{
    g->target = mem_grow(g->target, g->targets, &g->target_capacity, sizeof *g->target);
    g->target[g->targets++] = (struct graph_target){node, block, offset, mem_printf(g->mem, "%s", name)};
}

/* ---------------------------------------------------------------- hash-consing */

static unsigned hash_node(const struct node *n)
{
    unsigned h = 2166136261u;
    h = (h ^ (unsigned)n->op) * 16777619u;
    for (int i = 0; i < n->ins; i++) h = (h ^ (unsigned)n->in[i]) * 16777619u;
    for (int i = 0; i < 4; i++) h = (h ^ (unsigned)n->shape.d[i]) * 16777619u;
    for (int i = 0; i < NODE_ATTRS; i++) h = (h ^ (unsigned)n->attr[i]) * 16777619u;
    return h ^ h >> 15;
}

static int node_same(const struct node *a, const struct node *b)
{
    if (a->op != b->op || a->ins != b->ins || a->batched != b->batched || a->value != b->value) return 0;
    if (!shape_same(a->shape, b->shape) || memcmp(a->attr, b->attr, sizeof a->attr) != 0) return 0;
    for (int i = 0; i < a->ins; i++)
        if (a->in[i] != b->in[i]) return 0;
    return 1;
}

static void hash_insert(struct graph *g, int i)
{
    unsigned mask = (unsigned)g->hash_size - 1, h = hash_node(&g->node[i]) & mask;
    while (g->hash[h] >= 0) h = (h + 1) & mask;
    g->hash[h] = i;
}

static void hash_rebuild(struct graph *g)
{
    g->hash_size = g->hash_size ? g->hash_size * 2 : 1024;
    free(g->hash);
    g->hash = mem_checked(malloc(sizeof *g->hash * (size_t)g->hash_size));
    for (int i = 0; i < g->hash_size; i++) g->hash[i] = -1;
    for (int i = 0; i < g->count; i++) hash_insert(g, i);
}

static int hash_find(const struct graph *g, const struct node *n)
{
    unsigned mask = (unsigned)g->hash_size - 1, h = hash_node(n) & mask;
    for (; g->hash[h] >= 0; h = (h + 1) & mask)
        if (node_same(&g->node[g->hash[h]], n)) return g->hash[h];
    return -1;
}

struct node_args node_args_of(const struct node *n)
{
    struct node_args a = {.op = n->op, .ins = n->ins, .shape = n->shape, .batched = n->batched, .value = n->value};
    memcpy(a.in, n->in, sizeof a.in);
    memcpy(a.attr, n->attr, sizeof a.attr);
    return a;
}

int node_batched(const struct graph *g, const struct node_args *a)
{
    const enum op_class class = op_table[a->op].class;
    int batched = a->batched;
    if (class == CLASS_POINTWISE || class == CLASS_WINDOW || class == CLASS_SMALL)
        for (int i = 0; i < a->ins; i++) batched |= g->node[a->in[i]].batched;
    if (a->op == OP_UNBATCH || a->op == OP_LINEAR_WGRAD) batched = 0;
    if (a->op == OP_REBATCH || (a->op == OP_CONV_DW && a->form)) batched = 1;
    return batched;
}

/* A new operator of enum op that has no row yet ends aggen here, since all that follows reads the row. */
static void require_row(enum op op)
{
    if (op_table[op].shape) return;
    fprintf(stderr, "aggen: operator number %d of enum op has no row in gen/graph/ops.c\n", (int)op);
    exit(1);
}

int graph_node(struct graph *g, struct node_args a)
{
    require_row(a.op);
    int same = simplify_node(g, &a);
    if (same >= 0) return same;
    struct node n = {.op = a.op, .ins = a.ins, .batched = a.batched, .value = a.value};
    n.path = g->path;
    n.section = g->section;
    memcpy(n.in, a.in, sizeof n.in);
    memcpy(n.attr, a.attr, sizeof n.attr);
    n.shape = op_table[a.op].shape(g, &a);
    n.batched = node_batched(g, &a);
    if (g->count * 2 >= g->hash_size) hash_rebuild(g);
    int found = hash_find(g, &n);
    if (found >= 0) return found;
    g->node = mem_grow(g->node, g->count, &g->capacity, sizeof *g->node);
    g->node[g->count] = n;
    hash_insert(g, g->count);
    return g->count++;
}

/* ---------------------------------------------------------------- constructors */

int g_param(struct graph *g, int block, long offset, struct shape s)
{
    return graph_node(g, (struct node_args){.op = OP_PARAM, .shape = s, .block = block, .offset = offset});
}

int g_input(struct graph *g, long offset, struct shape s, int batched)
{
    return graph_node(g, (struct node_args){.op = OP_INPUT, .shape = s, .input_offset = offset, .batched = batched});
}

int g_const(struct graph *g, double value, struct shape s)
{
    return graph_node(g, (struct node_args){.op = OP_CONST, .shape = s, .value = value});
}

int g_unary(struct graph *g, enum op op, int x)
{
    return graph_node(g, (struct node_args){.op = op, .in = {x}, .ins = 1});
}

static int binary(struct graph *g, enum op op, int a, int b)
{
    return graph_node(g, (struct node_args){.op = op, .in = {a, b}, .ins = 2});
}

int g_add(struct graph *g, int a, int b)
{
    return binary(g, OP_ADD, a, b);
}

int g_plus(struct graph *g, int sum, int summand)
{
    return sum < 0 ? summand : g_add(g, sum, summand);
}

int g_sub(struct graph *g, int a, int b)
{
    return binary(g, OP_SUB, a, b);
}

int g_mul(struct graph *g, int a, int b)
{
    return binary(g, OP_MUL, a, b);
}

int g_scale(struct graph *g, int x, double factor)
{
    return g_mul(g, x, g_const(g, factor, shape4(1, 1, 1, 1)));
}

int g_shift(struct graph *g, int x, double summand)
{
    return g_add(g, x, g_const(g, summand, shape4(1, 1, 1, 1)));
}

int g_expand(struct graph *g, int x, struct shape s, int batched)
{
    return graph_node(g, (struct node_args){.op = OP_EXPAND, .in = {x}, .ins = 1, .shape = s, .batched = batched});
}

int g_sum(struct graph *g, int x, struct shape s, int batched)
{
    return graph_node(g, (struct node_args){.op = OP_SUM, .in = {x}, .ins = 1, .shape = s, .batched = batched});
}

int g_range(struct graph *g, int x, int dim, int first, int count)
{
    return graph_node(
        g, (struct node_args){.op = OP_SLICE, .in = {x}, .ins = 1, .dim = dim, .first = first, .count = count});
}

int g_slice(struct graph *g, int x, int dim, int index)
{
    return g_range(g, x, dim, index, 1);
}

int g_place(struct graph *g, int x, int dim, int index, int size)
{
    return graph_node(
        g, (struct node_args){.op = OP_PLACE, .in = {x}, .ins = 1, .dim = dim, .first = index, .count = size});
}

int g_pad(struct graph *g, int w, int k)
{
    return graph_node(g, (struct node_args){.op = OP_PAD, .in = {w}, .ins = 1, .k = k});
}

int g_crop(struct graph *g, int w, int k)
{
    return graph_node(g, (struct node_args){.op = OP_CROP, .in = {w}, .ins = 1, .k = k});
}

int g_permute(struct graph *g, int x, int a, int b, int c, int d)
{
    return graph_node(g, (struct node_args){.op = OP_PERMUTE, .in = {x}, .ins = 1, .axis = {a, b, c, d}});
}

int g_reshape(struct graph *g, int x, struct shape s)
{
    return graph_node(g, (struct node_args){.op = OP_RESHAPE, .in = {x}, .ins = 1, .shape = s});
}

struct weight g_weight(const struct graph *g, int w)
{
    struct shape s = g->node[w].shape;
    if (!g->node[w].batched) return (struct weight){s.d[0], s.d[1], s.d[2], 0};
    struct weight each = {s.d[1], s.d[2], 1, 1};
    while (each.k * each.k < s.d[3]) each.k++;
    return each;
}

int g_conv(struct graph *g, int x, int w, int stride, int pad)
{
    int k = g_weight(g, w).k;
    return graph_node(g,
                      (struct node_args){.op = OP_CONV, .in = {x, w}, .ins = 2, .k = k, .stride = stride, .pad = pad});
}

int g_conv_dx(struct graph *g, int gy, int w, int stride, int pad, int h, int width)
{
    int k = g_weight(g, w).k;
    if (stride == 1) return g_conv(g, gy, g_unary(g, OP_FLIPT, w), 1, k - 1 - pad);
    struct shape s = shape4(graph_get(g, gy).shape.d[0], h, width, g_weight(g, w).in);
    return graph_node(g,
                      (struct node_args){
                          .op = OP_CONV_DX, .in = {gy, w}, .ins = 2, .shape = s, .k = k, .stride = stride, .pad = pad});
}

int g_conv_dw(struct graph *g, int x, int gy, int k, int stride, int pad, int each)
{
    return graph_node(
        g, (struct node_args){
               .op = OP_CONV_DW, .in = {x, gy}, .ins = 2, .k = k, .stride = stride, .pad = pad, .form = each});
}

int g_up_bilinear(struct graph *g, int x, enum beyond beyond)
{
    return graph_node(g, (struct node_args){.op = OP_UP_BILINEAR, .in = {x}, .ins = 1, .beyond = beyond});
}

int g_fir(struct graph *g, int x, int pad)
{
    return graph_node(g, (struct node_args){.op = OP_FIR, .in = {x}, .ins = 1, .fir_pad = pad});
}

int g_taps(struct graph *g, int w, enum taps kind)
{
    return graph_node(g, (struct node_args){.op = OP_TAPS, .in = {w}, .ins = 1, .taps = kind});
}

int g_border(struct graph *g, int x, int edge_taps)
{
    return binary(g, OP_BORDER, x, edge_taps);
}

int g_depthwise(struct graph *g, int x, int w)
{
    return graph_node(g,
                      (struct node_args){.op = OP_DEPTHWISE, .in = {x, w}, .ins = 2, .k = graph_get(g, w).shape.d[2]});
}

int g_depthwise_dw(struct graph *g, int x, int gy, int k)
{
    return graph_node(g, (struct node_args){.op = OP_DEPTHWISE_DW, .in = {x, gy}, .ins = 2, .k = k});
}

/* ---------------------------------------------------------------- whole graphs */

void graph_at(struct graph *to, const struct graph *from, int i)
{
    to->path = mem_printf(to->mem, "%s", from->node[i].path);
    to->section = from->node[i].section;
}

int graph_copy_node(struct graph *to, const struct graph *from, int i, const int *map)
{
    struct node_args a = node_args_of(&from->node[i]);
    for (int k = 0; k < a.ins; k++) a.in[k] = map[a.in[k]];
    graph_at(to, from, i);
    return graph_node(to, a);
}

void graph_live(const struct graph *g, char *live)
{
    memset(live, 0, (size_t)g->count);
    for (int i = 0; i < g->targets; i++) live[g->target[i].node] = 1;
    for (int i = g->count - 1; i >= 0; i--)
        for (int k = 0; live[i] && k < g->node[i].ins; k++) live[g->node[i].in[k]] = 1;
}

void graph_fixed(const struct graph *g, char *fixed)
{
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->node[i];
        fixed[i] = n->op != OP_INPUT && !n->batched;
        for (int k = 0; k < n->ins; k++) fixed[i] &= fixed[n->in[k]];
    }
}

void graph_uses(const struct graph *g, const char *live, int *uses)
{
    memset(uses, 0, sizeof *uses * (size_t)g->count);
    for (int i = 0; i < g->count; i++)
        for (int k = 0; live[i] && k < g->node[i].ins; k++) uses[g->node[i].in[k]]++;
    for (int i = 0; i < g->targets; i++) uses[g->target[i].node] += 2;
}

double graph_flop(const struct graph *g)
{
    char *live = mem_checked(malloc((size_t)g->count + 1));
    graph_live(g, live);
    double macs = 0;
    for (int i = 0; i < g->count; i++)
        if (live[i] && op_table[g->node[i].op].macs) macs += op_table[g->node[i].op].macs(g, &g->node[i]);
    free(live);
    return 2 * macs;
}

void graph_print(const struct graph *g)
{
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->node[i];
        printf("%5d %-10s", i, op_table[n->op].name);
        for (int k = 0; k < n->ins; k++) printf(" %d", n->in[k]);
        printf(" -> [%d,%d,%d,%d]%s", n->shape.d[0], n->shape.d[1], n->shape.d[2], n->shape.d[3],
               n->batched ? "b" : "");
        printf(" (%ld %ld %ld) %g  %s §%d\n", n->attr[0], n->attr[1], n->attr[2], n->value, n->path, n->section);
    }
    for (int i = 0; i < g->targets; i++) printf("target %s = %d\n", g->target[i].name, g->target[i].node);
}
