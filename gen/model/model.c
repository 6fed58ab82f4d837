#include "model.h"
#include "ops.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct init init_zero = {AG_INIT_CONSTANT, 0, 0}, init_one = {AG_INIT_CONSTANT, 1, 0};

struct init init_uniform(double bound)
{
    return (struct init){AG_INIT_UNIFORM, bound, 0};
}

struct init init_normal(double mean, double deviation)
{
    return (struct init){AG_INIT_NORMAL, mean, deviation};
}

const char *program_name(enum program p)
{
    static const char *const names[] = {"search", "retrain", "generate"};
    return names[p];
}

/* ---------------------------------------------------------------- tables */

static struct ag_tensor *table_find(const struct table *t, const char *name)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->tensor[i].name, name) == 0) return &t->tensor[i];
    return NULL;
}

static struct ag_tensor *table_add(struct table *t, struct ag_tensor tensor, long size)
{
    t->tensor = mem_grow(t->tensor, t->count, &t->capacity, sizeof *t->tensor);
    tensor.offset = t->size;
    t->size += (size + 15) / 16 * 16; /* every tensor starts on a vector */
    t->tensor[t->count] = tensor;
    return &t->tensor[t->count++];
}

int build_param(struct build *b, const struct pass *pass, struct param p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *name = mem_vprintf(b->model->mem, format, args);
    va_end(args);
    struct table *t = &b->model->block[p.block];
    struct ag_tensor *tensor = table_find(t, name);
    if (!tensor) {
        struct ag_tensor new = {.rank = p.rank, .init = p.init.kind, .a = p.init.a, .b = p.init.b};
        new.name = name;
        memcpy(new.shape, p.shape, sizeof new.shape);
        tensor = table_add(t, new, shape_size(p.view));
    }
    return g_param(b->g, (int)p.block + (pass->bar ? AG_BAR_G : 0), tensor->offset, p.view);
}

/* An image batch is [N,H,W,C] in memory, [N,C,H,W] in files. */
static struct ag_tensor io_tensor(struct build *b, const char *name, int rank, struct shape s)
{
    struct ag_tensor t = {.name = mem_printf(b->model->mem, "%s", name), .rank = rank, .nhwc = rank == 4};
    int nchw[4] = {s.d[0], s.d[3], s.d[1], s.d[2]}, matrix[4] = {s.d[0], s.d[3]}, vector[4] = {s.d[3]};
    memcpy(t.shape, rank == 4 ? nchw : rank == 2 ? matrix : vector, sizeof t.shape);
    return t;
}

int build_input(struct build *b, const char *name, int rank, struct shape shape, int batched)
{
    struct table *t = &b->phase->in;
    struct ag_tensor *tensor = table_find(t, name);
    if (!tensor) tensor = table_add(t, io_tensor(b, name, rank, shape), shape_size(shape));
    return g_input(b->g, tensor->offset, shape, batched);
}

void build_output(struct build *b, int node, const char *name, int rank)
{
    struct shape s = graph_get(b->g, node).shape;
    struct ag_tensor *t = table_add(&b->phase->out, io_tensor(b, name, rank, s), shape_size(s));
    graph_target(b->g, node, AG_OUT, t->offset, name);
}

int build_batch_norm(struct build *b, const struct pass *pass, int x, int affine, const char *name)
{
    struct graph *g = b->g;
    struct shape s = graph_get(g, x).shape;
    int c = s.d[3], bar = pass->bar ? AG_BAR_G : 0;
    struct param p = {AG_STAT, shape4(1, 1, 1, c), 1, {c}, init_zero};
    int mean = -1, r;
    int track = b->model->program != PROGRAM_SEARCH && pass->norm != NORM_BATCH;
    int old_mean = track ? build_param(b, pass, p, "%s.running_mean", name) : -1;
    p.init = init_one;
    int old_var = track ? build_param(b, pass, p, "%s.running_var", name) : -1;
    if (pass->norm == NORM_RUNNING) {
        mean = old_mean;
        r = g_unary(g, OP_RSQRT, g_shift(g, old_var, 1e-5));
    } else {
        int moments = g_unary(g, OP_MOMENTS, x);
        mean = g_slice(g, moments, 2, 0);
        r = g_slice(g, moments, 2, 1);
    }
    if (pass->norm == NORM_TRACK && track) { /* momentum 0.1, unbiased variance */
        double m = (double)s.d[0] * s.d[1] * s.d[2];
        int square = g_mul(g, r, r);
        int var = g_shift(g, g_unary(g, OP_RSQRT, g_mul(g, square, square)), -1e-5);
        int new_mean = g_scale(g, old_mean, 0.9), new_var = g_scale(g, old_var, 0.9);
        new_mean = g_add(g, new_mean, g_scale(g, mean, 0.1));
        new_var = g_add(g, new_var, g_scale(g, var, 0.1 * m / (m > 1 ? m - 1 : 1)));
        graph_target(g, new_mean, AG_STAT + bar, graph_get(g, old_mean).attr[1], name);
        graph_target(g, new_var, AG_STAT + bar, graph_get(g, old_var).attr[1], name);
    }
    int y = g_mul(g, g_sub(g, x, mean), r);
    if (!affine) return y;
    struct init scale = b->model->program == PROGRAM_SEARCH ? init_one : (struct init){AG_INIT_NORMAL, 1, 0.02};
    struct param pw = {AG_G, shape4(1, 1, 1, c), 1, {c}, scale}, pb = pw;
    pb.init = init_zero;
    y = g_mul(g, y, build_param(b, pass, pw, "%s.weight", name));
    return g_add(g, y, build_param(b, pass, pb, "%s.bias", name));
}

int build_mixture(struct build *b, const struct pass *pass, const char *name, int n)
{
    struct param p = {AG_ALPHA, shape4(1, 1, 1, n), 1, {n}, init_normal(0, 1e-3)};
    int logits = build_param(b, pass, p, "alpha.%s", name);
    if (pass->gumbel) {
        int noise = build_input(b, mem_printf(b->model->mem, "in.gumbel.%s", name), 1, shape4(1, 1, 1, n), 0);
        int sharpness = build_input(b, "in.sharpness", 1, shape4(1, 1, 1, 1), 0);
        logits = g_add(b->g, logits, noise);
        logits = g_mul(b->g, logits, g_shift(b->g, sharpness, 1));
    }
    return g_unary(b->g, OP_SOFTMAX, logits);
}

/* ---------------------------------------------------------------- losses */

static int mean_over_batch(struct build *b, int x)
{
    return g_scale(b->g, g_sum(b->g, x, shape4(1, 1, 1, 1), 0), 1.0 / b->batch);
}

/* D's loss on scores [N,1,1,1] of real and generated pictures: hinge, -log sigmoid, or Wasserstein. */
static int discriminator_loss(struct build *b, enum loss kind, int real, int fake)
{
    struct graph *g = b->g;
    int r = g_scale(g, real, -1), f = fake;
    if (kind == LOSS_HINGE) {
        r = g_unary(g, OP_RELU, g_shift(g, r, 1));
        f = g_unary(g, OP_RELU, g_shift(g, f, 1));
    } else if (kind == LOSS_LOGISTIC) {
        r = g_unary(g, OP_SOFTPLUS, r);
        f = g_unary(g, OP_SOFTPLUS, f);
    }
    r = mean_over_batch(b, r);
    return g_add(g, r, mean_over_batch(b, f));
}

static int generator_loss(struct build *b, enum loss kind, int fake)
{
    int minus = g_scale(b->g, fake, -1);
    return mean_over_batch(b, kind == LOSS_LOGISTIC ? g_unary(b->g, OP_SOFTPLUS, minus) : minus);
}

/* ---------------------------------------------------------------- phases */

static const struct network_family *networks(const struct model *m)
{
    return m->spec->family == FAMILY_STYLEGAN2 ? &network_stylegan2 : &network_residual;
}

static enum loss program_loss(const struct model *m)
{
    return m->program == PROGRAM_SEARCH ? m->spec->search.loss : m->spec->retrain.loss;
}

static int latent(struct build *b, const char *name)
{
    return build_input(b, name, 2, shape4(b->batch, 1, 1, b->model->spec->latent), 1);
}

static int pictures(struct build *b)
{
    const struct spec *s = b->model->spec;
    return build_input(b, "in.x", 4, shape4(b->batch, s->image_size, s->image_size, s->image_channels), 1);
}

static struct build phase_begin(struct model *m, const char *name, int batch)
{
    struct phase_graph *p = &m->phase[m->phases++];
    *p = (struct phase_graph){.name = name, .graph = graph_new(), .batch = batch, .updates_weights = -1};
    return (struct build){.model = m, .phase = p, .g = p->graph, .batch = batch};
}

static int find_param(const struct graph *g, int block, long offset)
{
    for (int i = 0; i < g->count; i++)
        if (g->node[i].op == OP_PARAM && g->node[i].attr[0] == block && g->node[i].attr[1] == offset) return i;
    return -1;
}

static int tensor_size(const struct ag_tensor *tensor)
{
    int size = 1;
    for (int d = 0; d < tensor->rank; d++) size *= tensor->shape[d];
    return size;
}

/* The loss's gradient in every parameter of `block` as targets in grad_block: zero in those that it doesn't depend on,
 * as R1 on D's last bias. */
static void add_gradients(const struct model *m, struct graph *g, int loss, int block, int grad_block)
{
    const struct table *t = &m->block[block % AG_BAR_G];
    int *wrt = mem_alloc(g->mem, sizeof *wrt * (size_t)(t->count + 1)),
        *out = mem_alloc(g->mem, sizeof *out * (size_t)(t->count + 1)), n = 0;
    for (int i = 0; i < t->count; i++)
        if ((wrt[n] = find_param(g, block, t->tensor[i].offset)) >= 0) n++;
    g->section = 0;
    grad(g, loss, wrt, n, out);
    n = 0;
    for (int i = 0; i < t->count; i++) {
        const struct ag_tensor *tensor = &t->tensor[i];
        int used = find_param(g, block, tensor->offset) >= 0;
        int node = used ? out[n++] : g_const(g, 0, shape4(1, 1, 1, tensor_size(tensor)));
        graph_target(g, node, grad_block, tensor->offset, tensor->name);
    }
}

/* Merges, then differentiates: the phase's loss in the parameters of `block` (weights) and of `alpha_block`. */
static void phase_end(struct build *b, int loss, int weights, int alpha)
{
    struct phase_graph *p = b->phase;
    if (loss >= 0) graph_target(b->g, loss, -1, 0, "loss");
    struct graph *g = b->g;
    if (b->model->merge) {
        g = merge_mixtures(b->g);
        graph_free(b->g);
    }
    p->graph = g;
    p->updates_weights = weights < 0 ? -1 : weights % AG_BAR_G;
    p->updates_alpha = alpha >= 0;
    if (loss >= 0) loss = g->target[--g->targets].node;
    if (loss >= 0 && weights >= 0) add_gradients(b->model, g, loss, weights, AG_GRAD);
    if (loss >= 0 && alpha >= 0) add_gradients(b->model, g, loss, alpha, AG_GRAD_ALPHA);
    p->flop = graph_flop(g);
}

static struct pass training_pass(const struct model *m)
{
    int search = m->program == PROGRAM_SEARCH;
    return (struct pass){.gumbel = search && m->spec->search.gumbel_tau > 0,
                         .norm = search ? NORM_BATCH : NORM_TRACK,
                         .mixing = !search && m->spec->retrain.mixing > 0};
}

/* Pictures from latents. */
static void phase_forward(struct model *m, const char *name, int batch, struct pass pass)
{
    struct build b = phase_begin(m, name, batch);
    build_output(&b, networks(m)->generator(&b, &pass, latent(&b, "in.z")), "out.fake", 4);
    phase_end(&b, -1, -1, -1);
}

/* D's loss on (x, G(z)), the real pass before the fake one, in D's weights. */
static void phase_d(struct model *m, int batch)
{
    struct build b = phase_begin(m, "d", batch);
    struct pass pass = training_pass(m);
    struct discriminator_state state = {{0}, {0}};
    int fake = networks(m)->generator(&b, &pass, latent(&b, "in.z"));
    b.g->section = 1;
    int real_score = networks(m)->discriminator(&b, &pass, pictures(&b), &state);
    b.g->section = 2;
    int fake_score = networks(m)->discriminator(&b, &pass, fake, &state);
    networks(m)->discriminator_done(&b, &pass, &state);
    int loss = discriminator_loss(&b, program_loss(m), real_score, fake_score);
    build_output(&b, fake, "out.fake", 4);
    build_output(&b, real_score, "out.score_real", 2);
    build_output(&b, fake_score, "out.score_fake", 2);
    build_output(&b, loss, "out.loss", 1);
    phase_end(&b, loss, AG_D, -1);
}

/* G's loss in G's weights, or in alpha too. */
static void phase_g(struct model *m, const char *name, int batch, int weights, int alpha)
{
    struct build b = phase_begin(m, name, batch);
    struct pass pass = training_pass(m);
    struct discriminator_state state = {{0}, {0}};
    int fake = networks(m)->generator(&b, &pass, latent(&b, "in.z"));
    int score = networks(m)->discriminator(&b, &pass, fake, &state);
    networks(m)->discriminator_done(&b, &pass, &state);
    int loss = generator_loss(&b, program_loss(m), score);
    build_output(&b, fake, "out.fake", 4);
    build_output(&b, score, "out.score_fake", 2);
    build_output(&b, loss, "out.loss", 1);
    phase_end(&b, loss, weights ? AG_G : -1, alpha ? AG_ALPHA : -1);
}

/* The duality gap V = Adv(G, D-bar) - Adv(G-bar, D) (Eq. 3) in alpha, Adv being minus D's loss. The second term has no
 * gradient in alpha. */
static void phase_arch(struct model *m, int batch)
{
    struct build b = phase_begin(m, "arch", batch);
    struct pass plain = {.norm = NORM_BATCH}, own = training_pass(m);
    struct pass bar = {.bar = 1, .norm = NORM_BATCH, .second = 1};
    struct discriminator_state bar_state = {{0}, {0}}, state = {{0}, {0}};
    int x = pictures(&b);
    int real = networks(m)->discriminator(&b, &bar, x, &bar_state);
    b.g->section = 1;
    int fake = networks(m)->generator(&b, &own, latent(&b, "in.z"));
    int score = networks(m)->discriminator(&b, &bar, fake, &bar_state);
    networks(m)->discriminator_done(&b, &bar, &bar_state);
    int minmax = g_scale(b.g, discriminator_loss(&b, program_loss(m), real, score), -1);
    b.g->section = 2;
    int bar_real = networks(m)->discriminator(&b, &plain, x, &state);
    int bar_fake = networks(m)->generator(&b, &bar, latent(&b, "in.z2"));
    int bar_score = networks(m)->discriminator(&b, &plain, bar_fake, &state);
    networks(m)->discriminator_done(&b, &plain, &state);
    int maxmin = g_scale(b.g, discriminator_loss(&b, program_loss(m), bar_real, bar_score), -1);
    int loss = g_sub(b.g, minmax, maxmin);
    build_output(&b, minmax, "out.minmax", 1);
    build_output(&b, maxmin, "out.maxmin", 1);
    build_output(&b, loss, "out.loss", 1);
    phase_end(&b, loss, -1, AG_ALPHA);
}

/* StyleGAN2's penalty on D's gradient at real pictures, (gamma / 2) mean_n |dD/dx_n|^2, in D's weights. */
static void phase_r1(struct model *m, int batch)
{
    struct build b = phase_begin(m, "r1", batch);
    struct pass pass = {.norm = NORM_BATCH};
    struct discriminator_state state = {{0}, {0}};
    int x = pictures(&b), slope;
    int score = networks(m)->discriminator(&b, &pass, x, &state);
    grad(b.g, g_sum(b.g, score, shape4(1, 1, 1, 1), 0), &x, 1, &slope);
    int norm = g_sum(b.g, g_mul(b.g, slope, slope), shape4(1, 1, 1, 1), 0);
    int loss = g_scale(b.g, norm, m->spec->retrain.r1_gamma / 2 / batch);
    build_output(&b, loss, "out.loss", 1);
    phase_end(&b, loss, AG_D, -1);
}

/* Pictures that are computed at a time: as many pixels as 32 of 64 x 64 at the most, since what depends on the weights
 * alone is computed each time; and two at least, for two threads. */
static int sample_batch(const struct spec *spec)
{
    long pixels = (long)spec->image_size * spec->image_size;
    return pixels <= 2 * 64 * 64 ? 16 : pixels >= 256 * 256 ? 2 : (int)(32L * 64 * 64 / pixels);
}

static void search_phases(struct model *m)
{
    int batch = m->spec->search.batch;
    phase_forward(m, "forward", batch, (struct pass){.norm = NORM_BATCH});
    phase_d(m, batch);
    phase_g(m, "g", batch, 1, 0);
    phase_arch(m, batch);
    if (m->spec->search.bar_updates != BAR_WEIGHTS)
        phase_g(m, "bar", batch, m->spec->search.bar_updates == BAR_BOTH, 1);
}

static void retrain_phases(struct model *m)
{
    const struct spec *spec = m->spec;
    phase_forward(m, "forward", spec->retrain.batch_g, (struct pass){.norm = NORM_BATCH});
    phase_d(m, spec->retrain.batch_d);
    phase_g(m, "g", spec->retrain.batch_g, 1, 0);
    if (spec->family == FAMILY_STYLEGAN2 && spec->retrain.r1_interval) phase_r1(m, spec->retrain.batch_d);
}

struct model *model_new(const struct spec *spec, const struct genotype *geno, enum program program, int merge,
                        int pictures)
{
    struct mem *mem = mem_new();
    struct model *m = mem_alloc(mem, sizeof *m);
    *m = (struct model){.mem = mem, .spec = spec, .geno = geno, .program = program, .merge = merge};
    int search = program == PROGRAM_SEARCH;
    m->g_channels = !search && spec->retrain.g_channels ? spec->retrain.g_channels : spec->channels;
    m->d_channels = !search && spec->retrain.d_channels ? spec->retrain.d_channels : spec->d_channels;
    m->g_divisor = search ? spec->channel_divisor : spec->retrain.channel_divisor;
    m->d_divisor = search ? spec->d_channel_divisor : spec->retrain.channel_divisor;
    if (search) {
        search_phases(m);
        return m;
    }
    int style = spec->family == FAMILY_STYLEGAN2, batch = pictures ? pictures : sample_batch(spec);
    if (program == PROGRAM_LIBRARY) {
        m->program = PROGRAM_GENERATE;
        phase_forward(m, "sample", batch, (struct pass){.norm = NORM_RUNNING, .truncate = style});
        return m;
    }
    if (program == PROGRAM_RETRAIN) retrain_phases(m);
    phase_forward(m, "sample", batch, (struct pass){.norm = NORM_RUNNING, .mixing = style, .truncate = style});
    if (style && program == PROGRAM_GENERATE)
        phase_forward(m, "latents", batch, (struct pass){.norm = NORM_RUNNING, .truncate = 1, .choose = 1});
    return m;
}

void model_free(struct model *m)
{
    for (int i = 0; i < m->phases; i++) {
        graph_free(m->phase[i].graph);
        free(m->phase[i].in.tensor);
        free(m->phase[i].out.tensor);
    }
    for (int i = 0; i < MODEL_BLOCKS; i++) free(m->block[i].tensor);
    free(m->origin);
    mem_free(m->mem);
}

long model_parameters(const struct model *m, int block)
{
    const struct table *t = &m->block[block];
    long sum = 0;
    for (int i = 0; i < t->count; i++) {
        long size = 1;
        for (int d = 0; d < t->tensor[i].rank; d++) size *= t->tensor[i].shape[d];
        sum += size;
    }
    return sum;
}

double model_generator_macs(const struct model *m, int thop)
{
    const struct phase_graph *p = &m->phase[0];
    char *live = mem_alloc(m->mem, (size_t)p->graph->count + 1);
    graph_live(p->graph, live);
    double macs = 0;
    for (int i = 0; i < p->graph->count; i++) {
        const struct node *n = &p->graph->node[i];
        if (!live[i] || !op_table[n->op].macs) continue;
        double stride = n->op == OP_CONV_DX && thop ? (double)n->attr[1] : 1;
        macs += op_table[n->op].macs(p->graph, n) * stride * stride;
    }
    return macs / p->batch;
}
