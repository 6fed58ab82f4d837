/*
 * The comparisons of `aggen check`: the program with merged mixtures with the unmerged one, its gradients with finite
 * differences of its losses, and one thread with two. All run in double precision. There a correct program stays far
 * below the limits and a wrong one lies far above them, so the exact limits do not matter.
 */
#include "family.h"
#include "spec.h"
#include "in_memory.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double MERGED = 1e-10;     /* limit, merged against unmerged; the published spaces have at most 5e-13 */
static const double DIFFERENCES = 1e-6; /* limit, gradients against differences, whose errors reach 1e-7 */
static const double STEP = 1e-5;        /* of the central differences */
static const double ROUNDING = 1e-15;   /* rounding error of a loss of size 1 */

enum { THREADS = 2, TRIES = 4, GROUPS = 64, MEMBERS = 1024, LABEL = 64, POWER_ITERATIONS = 2000, SEEDS = 6 };

/* One of the two programs, and the memory it works on. */
struct side {
    const struct ag_program *program;
    double *block[AG_BLOCKS];
};

/* Tensors of a block that are moved together, as those of one kind of operation in all layers. */
struct tensor_group {
    char label[LABEL];
    const struct ag_tensor *tensor[MEMBERS];
    int count;
};

struct check {
    struct mem *mem;
    const struct family *family;
    struct side merged, unmerged;
    double *value[AG_OUT];     /* value[block]: parameters or inputs, the same for both programs */
    double *direction[AG_OUT]; /* direction[block]: a step of parameters for finite differences */
    double *moved;             /* a copy of one block, with the parameters of a group moved */
    const struct ag_phase *phase;
    double *kept[2]; /* gradients of the merged program: AG_GRAD, AG_GRAD_ALPHA */
    double loss;     /* at value */
    int quiet;
    ag_u64 seed;
    struct tally *tally;
};

static double *doubles(struct check *c, long n)
{
    return mem_alloc(c->mem, sizeof(double) * (size_t)(n + 16));
}

/* ---------------------------------------------------------------- values */

/* Draws a direction for each tensor: normal numbers, scaled to the tensor's root mean square (1 if it is all zero). */
static void random_direction(struct check *c, enum ag_block block, const struct ag_table *table)
{
    float *normal = mem_alloc(c->mem, sizeof *normal * (size_t)(table->size + 16));
    ag_normals(c->seed, AG_RNG_BENCH, 100 + block, 0, table->size, normal);
    c->direction[block] = doubles(c, table->size);
    for (int i = 0; i < table->count; i++) {
        const struct ag_tensor *t = &table->tensor[i];
        const double *value = c->value[block] + t->offset;
        double power = 0;
        for (long e = 0; e < ag_tensor_size(t); e++) power += value[e] * value[e];
        const double size = power > 0 ? sqrt(power / (double)ag_tensor_size(t)) : 1;
        for (long e = 0; e < ag_tensor_size(t); e++)
            c->direction[block][t->offset + e] = size * (double)normal[t->offset + e];
    }
}

/* Draws parameters as programs initialize them, with two changes. Alpha is far from uniform. Parameters that start as a
 * constant get noise, because at zero the gradients of others may vanish. */
static void random_parameters(struct check *c, enum ag_block block, const struct ag_table *table)
{
    float *first[AG_BLOCKS] = {NULL}, *noise = mem_alloc(c->mem, sizeof *noise * (size_t)(table->size + 16));
    first[block] = mem_alloc(c->mem, sizeof **first * (size_t)(table->size + 16));
    ag_init_block(c->merged.program, block, c->seed + 1000 * (block >= AG_BAR_G), first);
    ag_uniforms(c->seed, AG_RNG_BENCH, block, 0, table->size, noise);
    c->value[block] = doubles(c, table->size);
    for (int i = 0; i < table->count; i++) {
        const struct ag_tensor *t = &table->tensor[i];
        const double spread = block % AG_BAR_G == AG_ALPHA ? 1 : t->init == AG_INIT_CONSTANT ? 0.4 : 0;
        for (long e = t->offset; e < t->offset + ag_tensor_size(t); e++)
            c->value[block][e] = (double)first[block][e] + spread * (2 * (double)noise[e] - 1);
    }
    random_direction(c, block, table);
}

/* y = W x, or with `transpose` W^T x, scaled to length 1. W: [rows, columns]. */
static void apply(const double *w, int rows, int columns, int transpose, const double *x, double *y)
{
    const int n = transpose ? columns : rows, m = transpose ? rows : columns;
    double power = 0;
    for (int i = 0; i < n; i++) {
        y[i] = 0;
        for (int k = 0; k < m; k++) y[i] += w[transpose ? k * columns + i : i * columns + k] * x[k];
        power += y[i] * y[i];
    }
    for (int i = 0; i < n; i++) y[i] /= sqrt(power);
}

/* Iterates the u and v of spectral norm until they stay as they are. The gradient takes them for constants, so it
 * agrees with finite differences only there. */
static void converge(struct check *c, enum ag_block d, enum ag_block sn)
{
    const struct ag_table *vectors = ag_block_table(c->merged.program, sn),
                          *weights = ag_block_table(c->merged.program, d);
    for (int i = 0; i + 1 < vectors->count; i += 2) {
        const struct ag_tensor *u = &vectors->tensor[i], *v = &vectors->tensor[i + 1];
        const char *name = mem_printf(c->mem, "%.*s.weight", (int)(strlen(u->name) - strlen(".u")), u->name);
        const struct ag_tensor *w = ag_table_find(weights, name);
        for (int n = 0; w && n < POWER_ITERATIONS; n++) {
            apply(c->value[d] + w->offset, u->shape[0], v->shape[0], 1, c->value[sn] + u->offset,
                  c->value[sn] + v->offset);
            apply(c->value[d] + w->offset, u->shape[0], v->shape[0], 0, c->value[sn] + v->offset,
                  c->value[sn] + u->offset);
        }
    }
}

static void random_inputs(struct check *c, int phase)
{
    const long n = c->phase->in.size;
    float *normal = mem_alloc(c->mem, sizeof *normal * (size_t)(n + 16));
    ag_normals(c->seed, AG_RNG_BENCH, 200 + (ag_u32)phase, 0, n, normal);
    for (long i = 0; i < n; i++) c->value[AG_IN][i] = (double)normal[i];
}

/* ---------------------------------------------------------------- runs */

static long block_size(const struct ag_program *p, int block)
{
    if (block < AG_IN) return ag_block_table(p, (enum ag_block)block)->size;
    const long weights = p->block[AG_G].size > p->block[AG_D].size ? p->block[AG_G].size : p->block[AG_D].size;
    switch (block) {
    case AG_IN:
        return p->in_size;
    case AG_OUT:
        return p->out_size;
    case AG_GRAD:
        return weights;
    case AG_GRAD_ALPHA:
        return p->block[AG_ALPHA].size;
    case AG_ARENA:
        return p->arena_size;
    case AG_SCRATCH:
        return p->scratch_size * THREADS;
    default:
        return p->fixed_size;
    }
}

static long longest_block(const struct ag_program *p)
{
    long longest = 0;
    for (int i = AG_G; i < AG_IN; i++) longest = block_size(p, i) > longest ? block_size(p, i) : longest;
    return longest;
}

/* Runs the phase c->phase of one program on the values. All blocks that are not inputs are filled with NaN first, so a
 * result that is not written is NaN. */
static void run_phase(struct check *c, struct side *s, int threads)
{
    const struct ag_phase *phase = &s->program->phase[c->phase - c->merged.program->phase];
    typedef void doubles_phase(double *const block[AG_BLOCKS]);
    doubles_phase *run = (doubles_phase *)(void (*)(void))phase->run;
    for (int i = 0; i < AG_BLOCKS; i++) {
        const long n = block_size(s->program, i);
        if (i <= AG_IN) memcpy(s->block[i], c->value[i], sizeof(double) * (size_t)n);
        for (long e = 0; i > AG_IN && e < n; e++) s->block[i][e] = NAN;
    }
    ag_set_threads(threads);
    run(s->block);
}

/* ---------------------------------------------------------------- reports */

/* The largest error so far, and the tensor that has it. */
struct worst {
    double size;
    const char *name;
};

static void raise_to(struct worst *w, double size, const char *name)
{
    if (isnan(size)) size = INFINITY;
    if (size <= w->size) return;
    w->size = size;
    w->name = name;
}

static void report(struct check *c, const char *what, struct worst w, double allowed)
{
    const int ok = w.size <= allowed;
    *(ok ? &c->tally->passed : &c->tally->failed) += 1;
    if (c->quiet) return;
    printf("%-8s %-40s %10.1e  %8.0e  %s%s\n", c->phase->name, what, w.size, allowed,
           ok ? "ok" : "FAILED: ", ok ? "" : w.name);
}

/* ---------------------------------------------------------------- two runs */

/* Compares the tensors of a table. A difference is relative to the largest number of its tensor. If that is below 1e-4
 * of the largest number of all tensors, the difference is relative to 1e-4 of the latter: such numbers are rounding
 * errors of terms that cancel. */
static void compare(struct worst *w, const struct ag_table *table, const double *x, const double *y)
{
    double largest = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < table->count; i++) {
            const struct ag_tensor *t = &table->tensor[i];
            double size = 1e-4 * largest, difference = 0;
            for (long e = t->offset; e < t->offset + ag_tensor_size(t); e++) {
                if (fabs(y[e]) > size) size = fabs(y[e]);
                if (!(fabs(x[e] - y[e]) <= difference)) difference = fabs(x[e] - y[e]);
            }
            if (!pass && size > largest) largest = size;
            if (pass && difference != 0) raise_to(w, difference / size, t->name);
        }
    }
}

/* Compares what the phase has computed on both sides: outputs, gradients, and the state that it updates. */
static struct worst compare_sides(struct check *c)
{
    const struct ag_program *p = c->merged.program;
    const struct ag_phase *phase = c->phase;
    double *const *x = c->merged.block, *const *y = c->unmerged.block;
    struct worst w = {0, ""};
    compare(&w, &phase->out, x[AG_OUT], y[AG_OUT]);
    if (phase->updates_weights >= 0) compare(&w, &p->block[phase->updates_weights], x[AG_GRAD], y[AG_GRAD]);
    if (phase->updates_alpha) compare(&w, &p->block[AG_ALPHA], x[AG_GRAD_ALPHA], y[AG_GRAD_ALPHA]);
    for (int i = AG_SN; i < AG_IN; i++)
        if (i % AG_BAR_G >= AG_SN) compare(&w, ag_block_table(p, (enum ag_block)i), x[i], y[i]);
    return w;
}

/* Runs the merged program with two threads, into the unmerged program's blocks, whose results have the same sizes. The
 * results must be equal. */
static void check_threads(struct check *c)
{
    struct side other = c->unmerged;
    other.program = c->merged.program;
    other.block[AG_ARENA] = c->merged.block[AG_ARENA];
    other.block[AG_SCRATCH] = c->merged.block[AG_SCRATCH];
    run_phase(c, &other, THREADS);
    struct worst w = compare_sides(c);
    report(c, "one thread and two", w, 0);
}

/* ---------------------------------------------------------------- finite differences */

/* Returns the loss after the group's parameters have moved by `step` times their direction. */
static double loss_at(struct check *c, enum ag_block block, const struct tensor_group *g, double step)
{
    double *const value = c->value[block];
    memcpy(c->moved, value, sizeof *value * (size_t)block_size(c->merged.program, block));
    for (int i = 0; i < g->count; i++) {
        const long first = g->tensor[i]->offset, last = first + ag_tensor_size(g->tensor[i]);
        for (long e = first; e < last; e++) c->moved[e] += step * c->direction[block][e];
    }
    c->value[block] = c->moved;
    run_phase(c, &c->merged, THREADS);
    c->value[block] = value;
    return c->merged.block[AG_OUT][ag_table_find(&c->phase->out, "out.loss")->offset];
}

/* Returns the error of a group's gradient: the difference between the slope of the loss along the group's direction, by
 * central differences, and the product of gradient and direction. It is relative to the size of that product in a
 * random direction, plus the smallest slope that differences resolve. If a step crosses the kink of a ReLU the slope is
 * wrong; then shorter steps are tried. */
static double slope_error(struct check *c, enum ag_block block, const struct tensor_group *g)
{
    const double *gradient = c->kept[block == AG_ALPHA];
    double slope = 0, power = 0, least = INFINITY, step = STEP;
    for (int i = 0; i < g->count; i++) {
        const long first = g->tensor[i]->offset, last = first + ag_tensor_size(g->tensor[i]);
        for (long e = first; e < last; e++) {
            const double term = gradient[e] * c->direction[block][e];
            slope += term;
            power += term * term;
        }
    }
    for (int i = 0; i < TRIES && !(least <= DIFFERENCES); i++, step /= 8) {
        const double difference = (loss_at(c, block, g, step) - loss_at(c, block, g, -step)) / (2 * step);
        const double resolved = ROUNDING * (1 + fabs(c->loss)) / step / DIFFERENCES;
        const double error = fabs(difference - slope) / (sqrt(power) + resolved);
        if (error < least) least = error;
    }
    return least;
}

/* ---------------------------------------------------------------- groups of parameters */

/* Returns 1 if this component of a name is a candidate operation. */
static int is_operation(const char *name, size_t n)
{
    for (int op = 0; op < CANDIDATE_COUNT; op++)
        if (strlen(candidate_name(op)) == n && strncmp(name, candidate_name(op), n) == 0) return 1;
    return 0;
}

/* Returns the part of a generator's layer that a tensor g.LAYER.PART.weight belongs to: PART if the family lists it,
 * else the last word of the name. */
static const char *layer_part(const char *const *parts, const char *name)
{
    for (; *parts; parts++) {
        const char *at = strstr(name, *parts);
        if (at && at[-1] == '.' && at[strlen(*parts)] == '.') return *parts;
    }
    return strrchr(name, '.') + 1;
}

/* Gives the label of a tensor's group. In the generator this is the candidate operation it belongs to or, in the layers
 * of a family that lists their parts, the part. All other tensors are grouped by the part of the network: "alpha",
 * "d.block1", "g.map". */
static void group_label(const struct family *family, const char *name, char label[LABEL])
{
    const int generator = strncmp(name, "g.", 2) == 0, layer = generator && name[2] == 'b';
    for (const char *part = name; generator && part; part = strchr(part, '.')) {
        part += *part == '.';
        const size_t n = strcspn(part, ".");
        if (is_operation(part, n)) {
            snprintf(label, LABEL, "%.*s", (int)n, part);
            return;
        }
    }
    if (layer && family->layer_parts)
        snprintf(label, LABEL, "%s", layer_part(family->layer_parts, name));
    else if (strncmp(name, "alpha.", 6) == 0)
        snprintf(label, LABEL, "alpha");
    else
        snprintf(label, LABEL, "%.*s", 2 + (int)strcspn(name + 2, "."), name);
}

static int make_groups(const struct family *family, const struct ag_table *table, struct tensor_group *group)
{
    int groups = 0;
    for (int i = 0; i < table->count; i++) {
        char label[LABEL];
        int k = 0;
        group_label(family, table->tensor[i].name, label);
        while (k < groups && strcmp(group[k].label, label) != 0) k++;
        if (k == groups) {
            memcpy(group[k].label, label, LABEL);
            groups++;
        }
        group[k].tensor[group[k].count++] = &table->tensor[i];
    }
    return groups;
}

/* Returns the name of the tensor in a group whose gradient is the worst. */
static const char *worst_tensor(struct check *c, enum ag_block block, const struct tensor_group *g)
{
    struct worst w = {-1, ""};
    for (int i = 0; i < g->count; i++) {
        const struct tensor_group one = {.tensor = {g->tensor[i]}, .count = 1};
        raise_to(&w, slope_error(c, block, &one), g->tensor[i]->name);
    }
    return w.name;
}

static void check_gradients(struct check *c, enum ag_block block)
{
    const struct ag_table *table = ag_block_table(c->merged.program, block);
    struct tensor_group *group = mem_alloc(c->mem, sizeof *group * GROUPS);
    const int groups = make_groups(c->family, table, group);
    for (int i = 0; i < groups; i++) {
        const double error = slope_error(c, block, &group[i]);
        struct worst w = {error, error <= DIFFERENCES ? "" : worst_tensor(c, block, &group[i])};
        report(c, mem_printf(c->mem, "gradient in %s (%d)", group[i].label, group[i].count), w, DIFFERENCES);
    }
}

/* ---------------------------------------------------------------- phases */

static void check_phase(struct check *c)
{
    const struct ag_phase *phase = c->phase;
    const struct ag_tensor *loss = ag_table_find(&phase->out, "out.loss");
    random_inputs(c, (int)(phase - c->merged.program->phase));
    run_phase(c, &c->merged, 1);
    run_phase(c, &c->unmerged, 1);
    struct worst w = compare_sides(c);
    report(c, "merged against unmerged", w, MERGED);
    check_threads(c);
    if (!loss) return;
    c->loss = c->merged.block[AG_OUT][loss->offset];
    for (int i = 0; i < 2; i++) {
        const int block = i ? AG_GRAD_ALPHA : AG_GRAD;
        memcpy(c->kept[i], c->merged.block[block], sizeof(double) * (size_t)block_size(c->merged.program, block));
    }
    if (phase->updates_weights >= 0) check_gradients(c, (enum ag_block)phase->updates_weights);
    if (phase->updates_alpha) check_gradients(c, AG_ALPHA);
}

static void new_side(struct check *c, struct side *s, const struct loaded *loaded)
{
    s->program = loaded->program;
    for (int i = 0; i < AG_BLOCKS; i++) s->block[i] = doubles(c, block_size(s->program, i));
}

static void draw(struct check *c, ag_u64 seed)
{
    c->seed = seed;
    for (int i = AG_G; i < AG_IN; i++)
        random_parameters(c, (enum ag_block)i, ag_block_table(c->merged.program, (enum ag_block)i));
    converge(c, AG_D, AG_SN);
    converge(c, AG_BAR_D, AG_BAR_SN);
}

static int count_zero(const struct ag_table *table, const double *gradient)
{
    int zero = 0;
    for (int i = 0; i < table->count; i++) {
        const long first = table->tensor[i].offset, last = first + ag_tensor_size(&table->tensor[i]);
        long e = first;
        while (e < last && gradient[e] == 0) e++;
        zero += e == last;
    }
    return zero;
}

/* Returns how many tensors have a gradient that is all zero, in all phases together. Such a gradient checks nothing. It
 * is common in networks so small, where a ReLU may let nothing through. */
static int count_untried(struct check *c)
{
    const struct ag_program *p = c->merged.program;
    int untried = 0;
    for (int i = 0; i < p->phases; i++) {
        c->phase = &p->phase[i];
        if (c->phase->updates_weights < 0 && !c->phase->updates_alpha) continue;
        random_inputs(c, i);
        run_phase(c, &c->merged, THREADS);
        double *const *block = c->merged.block;
        if (c->phase->updates_weights >= 0) untried += count_zero(&p->block[c->phase->updates_weights], block[AG_GRAD]);
        if (c->phase->updates_alpha) untried += count_zero(&p->block[AG_ALPHA], block[AG_GRAD_ALPHA]);
    }
    return untried;
}

/* Draws parameters with several seeds, and keeps those with the fewest gradients that are zero. */
static void draw_best(struct check *c)
{
    ag_u64 best = 1;
    int fewest = INT_MAX;
    for (ag_u64 seed = 1; seed <= SEEDS && fewest > 0; seed++) {
        draw(c, seed);
        const int untried = count_untried(c);
        if (untried >= fewest) continue;
        fewest = untried;
        best = seed;
    }
    draw(c, best);
}

void run_check(const struct family *family, const struct loaded *merged, const struct loaded *unmerged, int quiet,
               struct tally *tally)
{
    struct check c = {.mem = mem_new(), .family = family, .quiet = quiet, .tally = tally};
    const struct ag_program *p = merged->program;
    new_side(&c, &c.merged, merged);
    new_side(&c, &c.unmerged, unmerged);
    c.value[AG_IN] = doubles(&c, p->in_size);
    c.moved = doubles(&c, longest_block(p));
    for (int i = 0; i < 2; i++) c.kept[i] = doubles(&c, block_size(p, i ? AG_GRAD_ALPHA : AG_GRAD));
    draw_best(&c);
    if (!quiet) printf("%-8s %-40s %10s  %8s\n", "phase", "what (tensors)", "difference", "allowed");
    for (int i = 0; i < p->phases; i++) {
        c.phase = &p->phase[i];
        check_phase(&c);
    }
    mem_free(c.mem);
}
