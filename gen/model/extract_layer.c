#include "extract_layer.h"
#include "ops.h"
#include "text.h"
#include "../../runtime/ag.h"

#include <stdlib.h>
#include <string.h>

/* A layer being cut out. The arrays have an entry for each node of `from`. */
struct cut {
    struct model *m;
    const struct graph *from;
    struct graph *to;
    char *inside, *fixed, *result, *needed, *input;
    int *map, output;
    const char *layer;
};

static int is_inside(const char *path, const char *layer)
{
    const size_t n = strlen(layer);
    return strncmp(path, layer, n) == 0 && (path[n] == 0 || path[n] == '.');
}

/* The length of a path up to its second dot. What follows there is an operation, not a layer. */
static int layer_length(const char *path)
{
    const char *dot = strchr(path, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
    return second ? (int)(second - path) : (int)strlen(path);
}

static int same_layer(const struct node *a, const struct node *b)
{
    const int n = layer_length(a->path);
    return n == layer_length(b->path) && strncmp(a->path, b->path, (size_t)n) == 0;
}

/* Sets result[i] for the batched nodes that other layers read, and for targets. Of several in one layer it keeps the
 * last. */
static void find_results(struct cut *c, const char *live)
{
    const struct graph *g = c->from;
    for (int i = 0; i < g->count; i++)
        for (int k = 0; k < g->node[i].ins && live[i]; k++) {
            const int x = g->node[i].in[k];
            if (g->node[x].batched && !same_layer(&g->node[x], &g->node[i])) c->result[x] = 1;
        }
    for (int t = 0; t < g->targets; t++) c->result[g->target[t].node] = 1;
    for (int i = 0; i < g->count; i++)
        for (int k = i + 1; k < g->count && c->result[i]; k++)
            if (c->result[k] && same_layer(&g->node[i], &g->node[k])) c->result[i] = 0;
}

/* Marks as needed what the output is computed from, and as input what is taken as given: inputs of the phase, and
 * results of other layers. Other nodes of other layers are computed here too: a node that layers share has the path of
 * the first of them. */
static void mark(struct cut *c)
{
    c->needed[c->output] = 1;
    for (int i = c->output; i >= 0; i--) {
        const struct node *n = &c->from->node[i];
        c->input[i] = n->op == OP_INPUT || (c->result[i] && !c->inside[i] && !c->fixed[i]);
        for (int k = 0; k < n->ins && c->needed[i] && !c->input[i]; k++) c->needed[n->in[k]] = 1;
    }
}

/* The name of an input of this shape. x: a picture of channels; noise: a picture of one; style: a vector; factor: a
 * number. */
static const char *kind_of(struct shape s)
{
    if (s.d[1] * s.d[2] > 1) return s.d[3] > 1 ? "x" : "noise";
    return s.d[3] > 1 ? "style" : "factor";
}

static int has_name(const struct table *t, const char *name)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->tensor[i].name, name) == 0) return 1;
    return 0;
}

static struct ag_tensor *add(struct cut *c, struct table *t, const char *kind, struct shape s)
{
    struct mem *mem = c->m->mem;
    const char *name = mem_printf(mem, "%s", kind);
    for (int i = 2; has_name(t, name); i++) name = mem_printf(mem, "%s%d", kind, i);
    t->tensor = mem_grow(t->tensor, t->count, &t->capacity, sizeof *t->tensor);
    t->tensor[t->count] = (struct ag_tensor){
        .name = name, .rank = 4, .shape = {s.d[0], s.d[3], s.d[1], s.d[2]}, .offset = t->size, .nhwc = 1};
    t->size += (shape_size(s) + 15) / 16 * 16;
    return &t->tensor[t->count++];
}

/* What an input of the layer is: another layer's result, or an input of the generator (a latent, noise, psi). */
static const char *origin_of(const struct cut *c, const struct table *inputs, const struct node *n)
{
    if (n->op != OP_INPUT) return mem_printf(c->m->mem, "as %.*s gives it", layer_length(n->path), n->path);
    const char *name = "";
    for (int i = 0; i < inputs->count; i++)
        if (inputs->tensor[i].offset == n->attr[0]) name = inputs->tensor[i].name;
    return strcmp(name, "in.psi") == 0 ? "psi, of truncation: 1 is none" : "normally distributed";
}

static int make_input(struct cut *c, const struct table *inputs, int i)
{
    const struct node *n = &c->from->node[i];
    struct phase_graph *phase = &c->m->phase[0];
    const struct ag_tensor *t = add(c, &phase->in, kind_of(n->shape), n->shape);
    c->m->origin = mem_grow(c->m->origin, phase->in.count - 1, &c->m->origins, sizeof *c->m->origin);
    c->m->origin[phase->in.count - 1] = origin_of(c, inputs, n);
    return g_input(c->to, t->offset, n->shape, n->batched);
}

static void rebuild(struct cut *c)
{
    struct phase_graph *phase = &c->m->phase[0];
    phase->name = "ag_layer"; /* its function is ag_layer_run: a library named "sample" has sample_run */
    const struct table inputs = phase->in;
    free(phase->out.tensor);
    phase->in = phase->out = (struct table){NULL, 0, 0, 0};
    for (int i = 0; i <= c->output; i++) {
        if (!c->needed[i]) continue;
        graph_at(c->to, c->from, i);
        c->map[i] = c->input[i] ? make_input(c, &inputs, i) : graph_copy_node(c->to, c->from, i, c->map);
    }
    const struct ag_tensor *y = add(c, &phase->out, "y", c->from->node[c->output].shape);
    graph_target(c->to, c->map[c->output], AG_OUT, y->offset, y->name);
    phase->flop = graph_flop(c->to);
    free(inputs.tensor);
}

/* Lists the layers there are, as many as the error has room for. */
static void say_layers(const struct cut *c, struct ag_error *err)
{
    struct text t = {NULL, 0, 0};
    text_printf(&t, "--kernel %s: there is no such layer; there are", c->layer);
    for (int i = 0; i < c->from->count && t.length < sizeof err->text - 80; i++) {
        const char *path = c->from->node[i].path;
        const int n = layer_length(path);
        if (n && c->result[i]) text_printf(&t, " %.*s", n, path);
    }
    ag_fail(err, 2, "%s", t.s);
    text_free(&t);
}

int extract_layer(struct model *m, const char *layer, struct ag_error *err)
{
    struct cut c = {.m = m, .from = m->phase[0].graph, .to = graph_new(), .layer = layer};
    const size_t n = (size_t)c.from->count + 1;
    char *live = mem_alloc(c.to->mem, n);
    c.inside = mem_alloc(c.to->mem, n);
    c.fixed = mem_alloc(c.to->mem, n);
    c.result = mem_alloc(c.to->mem, n);
    c.needed = mem_alloc(c.to->mem, n);
    c.input = mem_alloc(c.to->mem, n);
    c.map = mem_alloc(c.to->mem, n * sizeof *c.map);
    graph_live(c.from, live);
    graph_fixed(c.from, c.fixed);
    find_results(&c, live);
    c.output = -1;
    for (int i = 0; i < c.from->count; i++) {
        c.inside[i] = live[i] && is_inside(c.from->node[i].path, layer);
        if (c.inside[i] && c.result[i] && !c.fixed[i]) c.output = i;
    }
    if (c.output < 0) {
        say_layers(&c, err);
        graph_free(c.to);
        return 2;
    }
    mark(&c);
    rebuild(&c);
    m->phase[0].graph = c.to;
    graph_free((struct graph *)c.from);
    return 0;
}

const char *layer_input_origin(const struct model *m, int i)
{
    return m->origin[i];
}
