/*
 * Checks plans for all phases of all shipped spaces, on the CPU and on a GPU. What a kernel reads was written before.
 * No two tensors that live at the same time overlap. Scratch is read in its own group only. Halos are wide enough.
 * Results get to their targets.
 *
 *     test_plan [ROOT]      ROOT: the checkout, for spaces/ (default ".")
 */
#define _POSIX_C_SOURCE 200809L
#include "passes.h"
#include "emit.h"
#include "ops.h"
#include "tally.h"
#include "../../runtime/ag.h"

#include <dirent.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A stretch of memory of a node, in use from moment `first` to moment `last`, both included. */
struct stretch {
    int node, block, first, last;
    long from, to;
};

/* A plan under test, and what the test finds in it. */
struct audit {
    const struct plan *p;
    const char *name;
    int *written; /* written[node]: the step that completes its value; -1: none does */
    int *last;    /* last[node]: the last step that reads it */
    int faults;
};

static void fault(struct audit *a, int n, const char *what)
{
    const struct node *node = &a->p->graph->node[n];
    if (a->faults++ < 5)
        printf("FAILED: %s: node %d (%s, %s) %s\n", a->name, n, op_table[node->op].name, node->path, what);
}

/* As plan_kernels, for a plan that is not changed. */
static const struct kernel *kernels_of(const struct plan *p, int step, int *count)
{
    const struct step *s = &p->step[step];
    *count = s->group >= 0 ? p->group[s->group].kernels : s->combine < 0;
    return s->group >= 0 ? p->group[s->group].kernel : &s->kernel;
}

static int is_root(const struct kernel *k, int n, int copy)
{
    for (int r = 0; r < k->roots; r++)
        if (k->root[r] == n && k->copy[r] == copy) return 1;
    return 0;
}

/* Returns 1 if kernel k leaves node n in memory: n is one of its roots or its front. */
static int leaves(const struct kernel *k, int n)
{
    return is_root(k, n, 0) || (n && n == k->fused_depthwise);
}

static int is_leaf(const struct plan *p, int n)
{
    return op_table[p->graph->node[n].op].class == CLASS_LEAF && plan_storage(p, n) == VALUE_LEAF;
}

static void mark_written(struct audit *a, int n, int step)
{
    if (plan_storage(a->p, n) != VALUE_STORED) fault(a, n, "is computed but not kept");
    if (a->written[n] >= 0) fault(a, n, "is computed twice");
    a->written[n] = step;
}

/* Returns 1 if node n may be read in kernel k alone: it is VALUE_FUSED, and the first root before an epilogue or a
 * front. */
static int is_fused(const struct plan *p, const struct kernel *k, int n)
{
    return plan_storage(p, n) == VALUE_FUSED && k->kind == KERNEL_NODE && (k->roots > 1 || n == k->fused_depthwise);
}

/* Finds the step that completes each value. A group completes its values at its end; partial sums are complete when
 * they have been added up. */
static void find_written(struct audit *a)
{
    const struct plan *p = a->p;
    for (int s = 0; s < p->steps; s++) {
        int count;
        const struct kernel *k = kernels_of(p, s, &count);
        if (p->step[s].combine >= 0) {
            if (a->written[p->step[s].combine] >= 0) fault(a, p->step[s].combine, "is combined twice");
            a->written[p->step[s].combine] = s;
        }
        for (int i = 0; i < count; i++) {
            const int front = k[i].fused_depthwise;
            if (front && plan_storage(p, front) != VALUE_PER_GROUP && !is_fused(p, &k[i], front))
                mark_written(a, front, s);
            for (int r = 0; r < k[i].roots; r++) {
                int n = k[i].root[r];
                if (k[i].copy[r] || plan_storage(p, n) == VALUE_PER_GROUP || plan_is_partial(p, n)) continue;
                if (r > 0 || !is_fused(p, &k[i], n)) mark_written(a, n, s);
            }
        }
    }
    for (int n = 0; n < p->graph->count; n++)
        if (p->live[n] && plan_storage(p, n) == VALUE_STORED && a->written[n] < 0) fault(a, n, "is never computed");
}

/* Checks that kernel i of step s may read node n outside scratch: the value is complete, or an earlier kernel of the
 * same group has written the pictures in question. */
static void read_memory(struct audit *a, int s, int i, int n)
{
    const struct plan *p = a->p;
    long delta;
    int base = plan_base(p, n, &delta), count;
    if (is_leaf(p, base)) return;
    if (plan_storage(p, base) != VALUE_STORED) {
        fault(a, n, "is read but not kept");
        return;
    }
    if (p->node[base].scratch) fault(a, n, "is read outside its group's scratch");
    if (s > a->last[base]) a->last[base] = s;
    if (a->written[base] < s) return;
    const struct kernel *k = kernels_of(p, s, &count);
    int before = 0;
    for (int e = 0; e < i && p->graph->node[base].batched; e++) before |= leaves(&k[e], base);
    if (a->written[base] > s || !before) fault(a, n, "is read before it is written");
}

static void read_scratch(struct audit *a, const struct group *g, const struct scratch_tensor *l, int i)
{
    int written = 0;
    for (int k = l->first; k < i; k++)
        written |= l->copy ? is_root(&g->kernel[k], l->node, 1) : leaves(&g->kernel[k], l->node);
    if (!written) fault(a, l->node, "is read from scratch before it is written");
    if (l->last < i) fault(a, l->node, "is read from scratch after its end");
}

static int listed(const struct kernel *k, int n)
{
    for (int r = 0; r < k->reads; r++)
        if (k->read[r] == n) return 1;
    return 0;
}

static void read_input(struct audit *a, int s, int i, const struct kernel *k, int n, const struct scratch_tensor *l)
{
    if (!listed(k, n)) fault(a, n, "is read by a kernel that doesn't list it");
    if (l)
        read_scratch(a, &a->p->group[a->p->step[s].group], l, i);
    else
        read_memory(a, s, i, n);
}

/* Checks input n of the expression of a pointwise root. An input without memory is part of the expression, so its own
 * inputs are checked. */
static void read_expression(struct audit *a, int s, int i, const struct kernel *k, int n)
{
    const struct plan *p = a->p;
    const struct node *node = &p->graph->node[n];
    enum storage storage = plan_storage(p, n);
    if (node->op == OP_CONST && storage == VALUE_LEAF) return;
    if (storage == VALUE_INLINE || storage == VALUE_PER_GROUP) {
        const int up = plan_read_up(p, n) >= 0;
        if (op_table[node->op].class != CLASS_POINTWISE && !up) fault(a, n, "is no expression, and not kept");
        if (up && (k->kind != KERNEL_POINTWISE || !p->policy->shares)) fault(a, n, "is up-sampled on the way");
        for (int e = 0; e < node->ins; e++) read_expression(a, s, i, k, node->in[e]);
        return;
    }
    if (node->op == OP_CONST) return;
    if (is_root(k, n, 0)) {
        const int own = k->kind == KERNEL_NODE && n == k->root[0];
        if (!own && op_table[node->op].class != CLASS_POINTWISE) fault(a, n, "is a sum that its own kernel reads");
        return;
    }
    read_input(a, s, i, k, n, plan_scratch_tensor(p, p->step[s].group, n, 0));
}

static void audit_pointwise(struct audit *a, int s, int i, const struct kernel *k)
{
    const struct plan *p = a->p;
    for (int r = 0; r < k->roots; r++) {
        const struct node *node = &p->graph->node[k->root[r]];
        if (!shape_same(plan_domain(p, k->root[r]), plan_domain(p, k->root[0])))
            fault(a, k->root[r], "goes over another index space than its kernel");
        if (k->copy[r] && !is_root(k, k->root[r], 0)) read_memory(a, s, i, k->root[r]);
        for (int e = 0; e < node->ins && !k->copy[r]; e++) read_expression(a, s, i, k, node->in[e]);
    }
}

/* Checks the inputs of node n, which kernel k computes. The kernel may compute the first input itself, as its front or
 * prologue. */
static void audit_inputs(struct audit *a, int s, int i, const struct kernel *k, int n)
{
    const struct plan *p = a->p;
    const struct node *node = &p->graph->node[n];
    int group = p->step[s].group;
    for (int e = 0; e < node->ins; e++) {
        if (node->in[e] == k->fused_depthwise && k->fused_depthwise) {
            audit_inputs(a, s, i, k, k->fused_depthwise);
        } else if (node->in[e] == k->prologue && k->prologue) {
            if (plan_elementwise(p, k->prologue) < 0) fault(a, n, "reads what no prologue can make");
            read_expression(a, s, i, k, k->prologue);
        } else {
            const struct scratch_tensor *l = plan_input_scratch(p, group, n, e);
            read_input(a, s, i, k, plan_source(p, n, e), l);
            if (plan_halo(p, n, e) > (l ? l->halo : 0)) fault(a, node->in[e], "lacks zeros around it");
        }
    }
}

static void audit_node_kernel(struct audit *a, int s, int i, const struct kernel *k)
{
    const struct plan *p = a->p;
    audit_inputs(a, s, i, k, k->root[0]);
    for (int r = 1; r < k->roots; r++) {
        const struct node *node = &p->graph->node[k->root[r]];
        if (!shape_same(node->shape, p->graph->node[k->root[0]].shape) || op_table[node->op].class != CLASS_POINTWISE)
            fault(a, k->root[r], "can't be computed in an epilogue");
        for (int e = 0; e < node->ins; e++) read_expression(a, s, i, k, node->in[e]);
    }
}

static void audit_reads(struct audit *a)
{
    for (int s = 0; s < a->p->steps; s++) {
        int count;
        const struct kernel *k = kernels_of(a->p, s, &count);
        if (a->p->step[s].combine >= 0 && a->last[a->p->step[s].combine] < s) a->last[a->p->step[s].combine] = s;
        for (int i = 0; i < count; i++) {
            if (k[i].reads > KERNEL_READS || k[i].roots > KERNEL_ROOTS)
                fault(a, k[i].root[0], "has too large a kernel");
            if (k[i].kind == KERNEL_POINTWISE)
                audit_pointwise(a, s, i, &k[i]);
            else
                audit_node_kernel(a, s, i, &k[i]);
        }
    }
}

/* Checks that no two stretches overlap that are in use at the same moment. */
static void audit_stretches(struct audit *a, const struct stretch *s, int count, long size)
{
    for (int i = 0; i < count; i++) {
        if (s[i].from < 0 || (s[i].block == AG_ARENA && s[i].to > size)) fault(a, s[i].node, "lies outside its block");
        for (int k = 0; k < i; k++) {
            int together = s[k].first <= s[i].last && s[i].first <= s[k].last && s[k].block == s[i].block;
            if (together && s[k].from < s[i].to && s[i].from < s[k].to)
                fault(a, s[i].node, "lies where another one lives");
        }
    }
}

static int writes_local(const struct kernel *k, const struct scratch_tensor *l)
{
    return l->copy ? is_root(k, l->node, 1) : leaves(k, l->node);
}

/* Checks the pixel stride of l. A stride larger than the channels is allowed only for pointwise kernels, convolutions
 * of one tap, and depthwise convolutions, which find each pixel of a window by itself. */
static void audit_step(struct audit *a, const struct group *g, const struct scratch_tensor *l)
{
    const struct plan *p = a->p;
    const int channels = p->graph->node[l->node].shape.d[3];
    if (l->pixel_stride < channels) fault(a, l->node, "has pixels that overlap");
    for (int i = 0; i < g->kernels && l->pixel_stride != channels; i++) {
        const struct kernel *k = &g->kernel[i];
        const struct node *n = &p->graph->node[k->root[0]];
        if (k->kind == KERNEL_POINTWISE || (!listed(k, l->node) && !leaves(k, l->node)) || n->op == OP_KERNEL_DEPTHWISE)
            continue;
        /* up to 4 output channels a convolution may be that of conv_narrow.c, which takes no other stride */
        const int conv = n->op == OP_KERNEL_CONV && n->attr[3] <= FORM_PER_PICTURE && n->shape.d[3] > 4;
        if (!(conv && n->attr[0] == 1) && !(n->op == OP_KERNEL_DECONV && n->attr[0] == 2))
            fault(a, l->node, "lies apart for a kernel that takes it for dense");
    }
}

/* Checks the scratch of a group. A tensor lives from the kernel that writes it to the last one that reads it. */
static void audit_scratch(struct audit *a, const struct group *g)
{
    const struct plan *p = a->p;
    struct stretch *s = mem_alloc(p->mem, sizeof *s * (size_t)(g->locals + 1));
    for (int i = 0; i < g->locals; i++) {
        const struct scratch_tensor *l = &g->local[i];
        struct shape d = p->graph->node[l->node].shape;
        long size = (d.d[1] + 2L * l->halo) * (d.d[2] + 2L * l->halo) * l->pixel_stride;
        if (l->rows) size = (long)l->rows * d.d[2] * l->pixel_stride;
        audit_step(a, g, l);
        int writer = l->first; /* the first kernel, or one that is chained to it */
        while (!writes_local(&g->kernel[writer], l) && writer + 1 < g->kernels && g->kernel[writer + 1].chained)
            writer++;
        if (!writes_local(&g->kernel[writer], l)) fault(a, l->node, "isn't written by its first kernel");
        if (!p->graph->node[l->node].batched) fault(a, l->node, "is in scratch but not of pictures");
        s[i] = (struct stretch){l->node, l->rows ? AG_SCRATCH : AG_ARENA, l->first,
                                l->last, l->offset * g->images,           (l->offset + size) * g->images};
        if (!l->rows) continue;
        for (int k = l->first + 1; k <= l->last; k++)
            if (!g->kernel[k].chained) fault(a, l->node, "is read outside its chain");
        if (s[i].to > p->scratch_size || l->halo) fault(a, l->node, "lies outside a thread's scratch");
    }
    audit_stretches(a, s, g->locals, p->policy->shares ? p->shared_size : p->scratch_size);
}

/* Checks the arena, and results that lie in the place of their target. Partial sums live from their group to the step
 * that adds them up. */
static void audit_arena(struct audit *a)
{
    const struct plan *p = a->p;
    struct stretch *s = mem_alloc(p->mem, sizeof *s * (size_t)(2 * p->graph->count + 1));
    int count = 0;
    for (int n = 0; n < p->graph->count; n++) {
        const struct node_plan *np = &p->node[n];
        const struct node *node = &p->graph->node[n];
        if (!p->live[n] || plan_storage(p, n) != VALUE_STORED) continue;
        if (!np->scratch)
            s[count++] = (struct stretch){n,
                                          np->block,
                                          a->written[n],
                                          a->last[n] > a->written[n] ? a->last[n] : a->written[n],
                                          np->offset,
                                          np->offset + shape_size(node->shape)};
        if (!plan_is_partial(p, n)) continue;
        int group = 0;
        while (group < p->steps && p->step[group].group != plan_group(p, n)) group++;
        long rows = node->op == OP_CONV_DW ? (node->shape.d[0] + 15) / 16 * 16 : node->shape.d[0];
        if (np->partial_size < shape_size(node->shape) / node->shape.d[0] * rows)
            fault(a, n, "has too little room for its parts");
        s[count++] = (struct stretch){
            n, AG_ARENA, group, a->written[n], np->partial, np->partial + np->partial_size * np->parts};
    }
    audit_stretches(a, s, count, p->arena_size);
}

/* Checks that every target lies in its place, or is copied there at the end. */
static void audit_targets(struct audit *a)
{
    const struct plan *p = a->p;
    for (int i = 0; i < p->graph->targets; i++) {
        const struct graph_target *t = &p->graph->target[i];
        long delta;
        int base = plan_base(p, t->node, &delta), copied = 0;
        for (int k = 0; k < p->copies; k++) copied |= p->copy[k] == i;
        int placed = plan_storage(p, t->node) == VALUE_STORED && p->node[t->node].block == t->block &&
                     p->node[t->node].offset == t->offset;
        if (!copied && !placed) fault(a, t->node, "doesn't get to its target");
        if (placed && t->block != AG_OUT && t->block != AG_GRAD && t->block != AG_GRAD_ALPHA)
            fault(a, t->node, "overwrites what the phase may still read");
        if (copied && !is_leaf(p, base)) a->last[base] = p->steps;
        if (p->node[base].scratch) fault(a, t->node, "is a target in scratch");
    }
}

/* Checks chains: a share of a chained kernel reads no other rows of what the chain writes than its own. */
static void audit_chains(struct audit *a, const struct group *g)
{
    const struct plan *p = a->p;
    for (int i = 0, first = 0; i < g->kernels; i++) {
        const struct kernel *k = &g->kernel[i];
        const struct node *n = &p->graph->node[k->root[0]];
        if (!k->chained) first = i;
        if (k->shares < 1 || k->shares > PLAN_PARTS) fault(a, k->root[0], "has an odd number of shares");
        if (k->chained && (k->shares == 1 || g->kernel[i - 1].shares == 1)) fault(a, k->root[0], "is chained alone");
        for (int e = first; e < i; e++)
            for (int r = 0; r < k->reads; r++) {
                const struct shape *x = &p->graph->node[k->read[r]].shape;
                if (!leaves(&g->kernel[e], k->read[r])) continue;
                if (x->d[1] != n->shape.d[1]) fault(a, k->read[r], "is read by other rows of its chain");
                if (k->kind == KERNEL_NODE &&
                    (n->op != OP_KERNEL_CONV || n->attr[0] != 1 || plan_split_of(p, k->root[0]) == SPLIT_WEIGHTS))
                    fault(a, k->read[r], "is read by more than its rows in its chain");
            }
    }
}

static void audit_plan(const struct plan *p, const char *name)
{
    size_t size = sizeof(int) * (size_t)(p->graph->count + 1);
    struct audit a = {.p = p, .name = name, .written = mem_alloc(p->mem, size), .last = mem_alloc(p->mem, size)};
    for (int n = 0; n < p->graph->count; n++) a.written[n] = a.last[n] = -1;
    find_written(&a);
    audit_reads(&a);
    audit_targets(&a);
    for (int i = 0; i < p->groups; i++) audit_scratch(&a, &p->group[i]);
    for (int i = 0; i < p->groups && p->policy->shares; i++) audit_chains(&a, &p->group[i]);
    audit_arena(&a);
    if (a.faults)
        failed++;
    else
        passed++;
}

/* ---------------------------------------------------------------- the shipped spaces */

static void audit_model(const struct spec *spec, const struct genotype *geno, const struct program_kind *program,
                        int merge, const struct policy *policy, const char *file)
{
    const char *where = policy->device ? ", on a device" : policy->shares ? ", a picture alone" : "";
    struct model *m = model_new(spec, geno, program, merge, policy->device);
    for (int i = 0; i < m->phases; i++) {
        char name[512];
        snprintf(name, sizeof name, "%s, %s%s%s", file, m->phase[i].name, merge ? "" : ", not merged", where);
        struct plan *p = training_plan(&m->phase[i], policy);
        audit_plan(p, name);
        graph_free((struct graph *)p->graph);
        plan_free(p);
    }
    model_free(m);
}

static void audit_file(const char *file, const char *batch)
{
    static struct spec spec;
    static struct genotype geno;
    struct ag_error err;
    char set[2][64], *sets[] = {set[0], set[1]};
    snprintf(set[0], sizeof set[0], "search.batch=%s", batch);
    snprintf(set[1], sizeof set[1], "retrain.batch_g=%s", batch);
    if (!check(!spec_read(file, sets, *batch ? 2 : 0, &spec, &geno, &err), "%s", err.text)) return;
    for (int device = 0; device < 2; device++)
        for (int merge = 0; merge < 2; merge++)
            audit_model(&spec, &geno, program_of(geno.genes > 0, 0), merge,
                        device ? target_cuda.training : target_cpu.training, file);
    if (!geno.genes) return;
    audit_model(&spec, &geno, program_of(1, 1), 1, target_cuda.drawing, file);
    audit_model(&spec, &geno, program_of(1, 1), 1, target_cpu.drawing, file);
}

static void audit_folder(const char *root, const char *folder)
{
    char path[512], file[1024];
    int files = 0;
    snprintf(path, sizeof path, "%s/%s", root, folder);
    DIR *dir = opendir(path);
    for (struct dirent *d; dir && (d = readdir(dir));) {
        const char *dot = strrchr(d->d_name, '.');
        if (!dot || strcmp(dot, ".json") != 0) continue;
        snprintf(file, sizeof file, "%s/%s", path, d->d_name);
        audit_file(file, "");
        audit_file(file, "1"); /* one picture, so one part */
        audit_file(file, "3");
        files++;
    }
    if (dir) closedir(dir);
    check(files > 0, "%s: no spaces there", path);
}

/* What a child that plans `file`'s first phase without any variant writes to stderr; returns its exit status. */
static int plan_without_variants(const char *file, char *message, size_t size)
{
    static struct spec spec;
    static struct genotype geno;
    static const struct variant *const none[] = {NULL};
    struct policy policy = *target_cpu.training;
    struct ag_error err;
    int ends[2], status = -1;
    if (!check(!spec_read(file, NULL, 0, &spec, &geno, &err), "%s", err.text) || pipe(ends)) return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        struct model *m = model_new(&spec, &geno, program_of(0, 0), 1, 0);
        policy.variants = none;
        training_plan(&m->phase[0], &policy);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(ends[0], message + length, size - 1 - length)) > 0;) length += (size_t)n;
    message[length] = 0;
    close(ends[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_missing_variant(const char *root)
{
    char path[512], message[512];
    snprintf(path, sizeof path, "%s/spaces/shapes_tiny.json", root);
    int status = plan_without_variants(path, message, sizeof message);
    const int named =
        strstr(message, "no kernel of this target computes node ") && strstr(message, "no variant has its operator");
    check(status == 1 && named, "planned without variants: exit status %d, '%s'", status, message);
}

int main(int argc, char **argv)
{
    const char *root = argc > 1 ? argv[1] : ".";
    audit_folder(root, "spaces");
    audit_folder(root, "spaces/genotypes");
    test_missing_variant(root);
    return finish();
}
