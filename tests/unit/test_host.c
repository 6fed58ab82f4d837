/*
 * Tests of runtime/{text,options,blocks,params,adam,architecture,checkpoint,run,replay,bench,profile}.c in one process,
 * with a small search program written by hand (toy/program.c with -DTOY_GUMBEL). test_host.sh tests whole programs.
 */
#define _GNU_SOURCE
#include "check.h"
#include "toy/search.h"
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

static const struct ag_program *program = &search_program;

/* ---------------------------------------------------------------- text */

static void test_text(void)
{
    struct ag_text text = {0};
    for (int i = 0; i < 100; i++) ag_text_add(&text, "%d,", i);
    CHECK(text.used == 290 && !strncmp(text.text, "0,1,2,", 6) && !strcmp(text.text + 287, "99,"));
    ag_text_free(&text);
    ag_text_number(&text, 0.1f);
    ag_text_add(&text, " ");
    ag_text_number(&text, 1 / (0.0 * text.used));
    ag_text_add(&text, " ");
    ag_text_string(&text, "a\"b\\c\n");
    CHECK(!strcmp(text.text, "0.100000001 null \"a\\\"b\\\\c\\u000a\""));
    ag_text_free(&text);
}

/* ---------------------------------------------------------------- options */

static struct ag_options options;

static int parse(const char *line)
{
    static char copy[512];
    char *argv[32] = {"search"};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    struct ag_options defaults = {.data = "data/set", .run = "out/run", .iterations = 100};
    options = defaults;
    err.text[0] = 0;
    return ag_options_read(&options, program, argc, argv, &err);
}

static void test_options(void)
{
    CHECK(!parse("") && options.iterations == 100 && !strcmp(options.run, "out/run") && !options.has_seed);
    CHECK(!parse("--seed=18446744073709551615 --iterations 7 --data shapes --run=x/y --resume --threads 3"));
    CHECK(options.seed == ~0ull && options.has_seed && options.iterations == 7 && options.has_iterations);
    CHECK(!strcmp(options.data, "shapes") && !strcmp(options.run, "x/y") && options.resume && ag_threads() == 3);
    CHECK(!parse("--bench 3 --json") && options.bench == 3 && options.json);
    CHECK(!parse("--replay a --dump b --phase g") && !strcmp(options.phase, "g"));
    CHECK(!parse("--replay a --dump b.SafeTensors --phase g") && !parse("--replay a --dump b.1 --phase g"));
    static const char *const wrong[] = {
        "--sed 3",
        "--seed",
        "--seed -1",
        "--seed 1x",
        "--seed 18446744073709551616",
        "--seed 99999999999999999999",
        "--iterations 0",
        "--iterations 1.5",
        "--threads 0",
        "--threads 1000",
        "--resume=1",
        "extra",
        "-",
        "-x",
        "--",
        "--json",
        "--kernels",
        "--dump x",
        "--phase d",
        "--replay x",
        "--replay x --dump y",
        "--replay x --dump y.pt --phase g",
        "--replay x --dump y.png --phase g",
        "--seed 1-2",
        "--first 1",
        "--run=",
        "--run --resume",
        "-n 3",
        "--weights x",
        "--bench 0",
        "--bench 1 --replay a --dump b --phase d",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int status = parse(wrong[i]);
        if (status != 2 || !err.text[0]) printf("accepted: %s\n", wrong[i]);
        CHECK(status == 2 && err.text[0]);
    }
    ag_set_threads(2);
}

/* ---------------------------------------------------------------- adam */

static void test_adam(void)
{
    enum { N = 50001, STEPS = 5 };
    const struct ag_adam_rates rates = {1e-2, 0.5, 0.99, 1e-3};
    struct ag_adam adam;
    real *w = ag_reals(N, &err), *g = ag_reals(N, &err), *again = ag_reals(N, &err);
    double *rw = calloc(N, sizeof *rw), *rm = calloc(N, sizeof *rm), *rv = calloc(N, sizeof *rv), worst = 0;
    for (int threads = 1; threads < 4; threads++) {
        ag_set_threads(threads);
        CHECK(!ag_adam_new(&adam, rates, N, &err));
        ag_normals(1, 1, 0, 0, N, w);
        for (int i = 0; i < N; i++) rw[i] = (double)w[i], rm[i] = rv[i] = 0;
        for (int t = 1; t <= STEPS; t++) {
            ag_normals(2, 1, (ag_u32)t, 0, N, g);
            for (int i = 0; i < N; i++) {
                double gradient = (double)g[i] + rates.decay * rw[i];
                rm[i] = rates.beta1 * rm[i] + (1 - rates.beta1) * gradient;
                rv[i] = rates.beta2 * rv[i] + (1 - rates.beta2) * gradient * gradient;
                double m = rm[i] / (1 - pow(rates.beta1, t)), v = rv[i] / (1 - pow(rates.beta2, t));
                rw[i] -= 0.5 * rates.lr * m / (sqrt(v) + 1e-8);
            }
            ag_adam_step(&adam, 0.5, w, g);
        }
        for (int i = 0; i < N; i++) worst = fmax(worst, fabs((double)w[i] - rw[i]));
        CHECK(g[0] == 0 && g[N - 1] == 0 && adam.steps == STEPS);
        if (threads == 1) ag_copy(again, w, N);
        CHECK(!memcmp(again, w, N * sizeof *w));
        ag_adam_restart(&adam);
        CHECK(adam.steps == 0 && adam.m[7] == 0 && adam.v[N - 1] == 0);
        ag_adam_free(&adam);
    }
    CHECK(worst < (sizeof(real) == 4 ? 3e-6 : 1e-14));
    ag_average(again, w, N, 0.75);
    CHECK(again[N - 1] == w[N - 1]);
    ag_free(w), ag_free(g), ag_free(again), free(rw), free(rm), free(rv);
    ag_set_threads(2);
}

/* ---------------------------------------------------------------- first values, noise, alpha */

static void test_params(void)
{
    real *a[AG_BLOCKS], *b[AG_BLOCKS];
    CHECK(!ag_blocks_new(program, a, &err) && !ag_blocks_new(program, b, &err));
    for (int i = AG_G; i < AG_BAR_G; i++) {
        ag_init_block(program, (enum ag_block)i, 3, a);
        ag_init_block(program, (enum ag_block)i, 4, b);
    }
    const struct ag_table *g = ag_block_table(program, AG_G), *sn = ag_block_table(program, AG_BAR_SN);
    real *w0 = ag_tensor_find(g, "g.cell1.up0.deconv.weight", a[AG_G]);
    real *w1 = ag_tensor_find(g, "g.cell1.up0.nearest.weight", a[AG_G]), low = 1, high = -1;
    real *v = ag_tensor_find(sn, "d.fc.v", a[AG_SN]), length = 0;
    for (int i = 0; i < 768; i++) low = w0[i] < low ? w0[i] : low, high = w0[i] > high ? w0[i] : high;
    for (int i = 0; i < 192; i++) length += v[i] * v[i];
    CHECK(low >= (real)-0.5 && low < (real)-0.49 && high <= (real)0.5 && high > (real)0.49);
    CHECK(memcmp(w0, w1, 768 * sizeof *w0) && memcmp(a[AG_G], b[AG_G], 768 * sizeof *w0));
    CHECK(w0[0] / (real)0.5 != a[AG_D][0] && fabs((double)length - 1) < 1e-5);
    CHECK(*ag_tensor_find(g, "g.rgb.bias", a[AG_G]) == (real)0.25 && !ag_tensor_find(g, "g.rgb", a[AG_G]));
    ag_copy_to_bar(program, a);
    CHECK(!memcmp(a[AG_G], a[AG_BAR_G], (size_t)g->size * sizeof(real)) && a[AG_ALPHA][1] == a[AG_BAR_ALPHA][1]);
    ag_blocks_free(program, a);
    ag_blocks_free(program, b);
}

static void test_gumbel(void)
{
    const struct ag_phase *d = ag_phase_find(program, "d");
    real *in = ag_reals(program->in_size, &err);
    real *noise = ag_tensor_find(&d->in, "in.gumbel.cell1.up0", in),
         *sharp = ag_tensor_find(&d->in, "in.sharpness", in);
    double sum = 0;
    int finite = 1;
    for (int draw = 0; draw < 20000; draw++) {
        ag_gumbel(program, d, 5, draw, 0.5, in);
        for (int i = 0; i < 3; i++) sum += (double)noise[i], finite &= ag_is_finite((double)noise[i]);
    }
    CHECK(finite && fabs(sum / 60000 - 0.5772) < 0.02 && *sharp == 1);
    ag_gumbel(program, d, 5, 0, 0, in);
    CHECK(noise[0] == 0 && noise[2] == 0 && *sharp == 0);
    ag_free(in);
}

static void test_architecture(void)
{
    struct ag_text text = {0};
    real alpha[16] = {0};
    CHECK(fabs(ag_alpha_entropy(program, alpha) - log(3)) < 1e-12);
    alpha[1] = alpha[2] = 400;
    CHECK(fabs(ag_alpha_entropy(program, alpha) - log(2)) < 1e-12);
    ag_alpha_text(&text, program, alpha);
    CHECK(!strcmp(text.text, "{\"cell1.up0\": [0, 400, 400]}"));
    ag_text_free(&text);
    ag_genotype_text(&text, program, alpha, "{}");
    CHECK(strstr(text.text, "\"cell1.up0\": \"nearest\"") && strstr(text.text, "\"space\": \"toy\""));
    CHECK(ag_same_genotype(text.text, "{\"ops\":{\"cell1.up0\":\"nearest\"}}") && ag_same_genotype(NULL, text.text));
    CHECK(!ag_same_genotype(text.text, "{\"ops\":{\"cell1.up0\":\"deconv\"}}"));
    ag_text_free(&text);
}

/* Returns a program for a StyleGAN2 space. One choice for each kind of layer decides the operations of three layers.
 * With micro, two further choices decide the latents of two layers. */
static struct ag_program style_program(int micro)
{
    static const char *const normal[] = {"conv_1x1", "conv_3x3"}, *const up[] = {"deconv", "nearest_conv"};
    static const char *const latents[] = {"1", "2", "3"};
    static const struct ag_tensor alphas[] = {
        {"alpha.normal", 1, {2}, 0, 0, AG_INIT_CONSTANT, 0, 0},
        {"alpha.up", 1, {2}, 2, 0, AG_INIT_CONSTANT, 0, 0},
        {"alpha.b4.normal.w", 1, {3}, 4, 0, AG_INIT_CONSTANT, 0, 0},
        {"alpha.b8.rgb.w", 1, {3}, 7, 0, AG_INIT_CONSTANT, 0, 0},
    };
    static const struct ag_choice choices[] = {
        {"normal", 2, normal, 0}, {"up", 2, up, 0}, {"b4.normal.w", 3, latents, 1}, {"b8.rgb.w", 3, latents, 1}};
    static const struct ag_gene genes[] = {
        {"b4.normal", 0}, {"b8.up", 1}, {"b8.normal", 0}, {"b4.normal", 2}, {"b8.rgb", 3}};
    struct ag_program style = {.name = "style", .spec = "{\"name\": \"ops\", \"latent\": {}}"};
    style.block[AG_ALPHA] = (struct ag_table){alphas, 4, 10};
    style.choice = choices;
    style.choices = 4;
    style.gene = genes;
    style.genes = micro ? 5 : 3;
    style.micro = micro;
    return style;
}

static void test_latents(void)
{
    struct ag_program style = style_program(1), plain = style_program(0);
    struct ag_text text = {0};
    real alpha[10] = {0, 1, 0, 0, 0, 1, 2, 0, 3, 0};
    double choose2 = log(2), expected = log(1 + exp(1)) - exp(1) / (1 + exp(1)) + choose2;
    ag_genotype_text(&text, &style, alpha, "{}");
    CHECK(strstr(text.text, "\"ops\": {\n    \"b4.normal\": \"conv_3x3\",\n    \"b8.up\": \"deconv\",\n    "
                            "\"b8.normal\": \"conv_3x3\"\n  },\n  \"latents\": {\n    \"b4.normal\": 3,\n    "
                            "\"b8.rgb\": 2\n  },\n  \"micro\": {\"normal\": \"conv_3x3\", \"up\": \"deconv\"},"));
    CHECK(!strcmp(text.text + text.used - 19, "},\n  \"found\": {}\n}\n"));
#define STYLE_OPS "\"ops\": {\"b4.normal\": \"conv_3x3\", \"b8.up\": \"deconv\", \"b8.normal\": \"conv_3x3\"}"
    CHECK(ag_same_genotype(text.text, "{" STYLE_OPS ", \"latents\":{\"b4.normal\": 3, \"b8.rgb\" :2}}"));
    CHECK(!ag_same_genotype(text.text, "{" STYLE_OPS ", \"latents\": {\"b4.normal\": 3, \"b8.rgb\": 1}}"));
    CHECK(!ag_same_genotype(text.text, "{" STYLE_OPS "}") && !ag_same_genotype("{" STYLE_OPS "}", text.text));
    CHECK(ag_same_genotype("{" STYLE_OPS "}", "{\"name\": \"latents\", " STYLE_OPS "}"));
    ag_text_free(&text);
    style.choices = 2;
    CHECK(fabs(ag_alpha_entropy(&style, alpha) - expected / 2) < 1e-6);
    plain.choices = 2;
    ag_genotype_text(&text, &plain, alpha, "{}");
    CHECK(!strstr(text.text, "latents") && !strstr(text.text, "micro") && strstr(text.text, "\"b8.up\": \"deconv\""));
    ag_text_free(&text);
}

/* ---------------------------------------------------------------- checkpoints */

static void test_checkpoint(void)
{
    real *block[AG_BLOCKS];
    const struct ag_table *g = ag_block_table(program, AG_G);
    struct ag_checkpoint c;
    struct ag_program other = *program;
    long count = 12;
    ag_u64 word = ~0ull;
    double sum = 0.1 + 0.2;
    const char *path = in_folder("checkpoint");
    CHECK(!ag_blocks_new(program, block, &err));
    ag_init_block(program, AG_G, 1, block);
    ag_checkpoint_begin(&c, program);
    ag_checkpoint_count(&c, "count", &count);
    ag_checkpoint_word(&c, "word", &word);
    ag_checkpoint_sum(&c, "sum", &sum);
    ag_checkpoint_block(&c, "", g, block[AG_G]);
    CHECK(!ag_checkpoint_save(&c, path, &err));
    block[AG_G][3]++, count = 0, word = 0, sum = 0;
    CHECK(!ag_checkpoint_open(&c, path, &err) && !ag_checkpoint_read(&c, &err));
    ag_checkpoint_close(&c);
    CHECK(count == 12 && word == ~0ull && sum == 0.1 + 0.2);
    c.part[0].prefix = "bar.";
    CHECK(!ag_checkpoint_open(&c, path, &err) && ag_checkpoint_read(&c, &err) == 2 && strstr(err.text, "bar.g.cell1"));
    ag_checkpoint_close(&c);
    c.parts = 0;
    CHECK(!ag_checkpoint_open(&c, path, &err) && ag_checkpoint_read(&c, &err) == 2 && strstr(err.text, "tensors"));
    ag_checkpoint_close(&c);
    other.spec = "{\"name\": \"toy\", \"search\": {\"iterations\": 7}}";
    c.program = &other;
    CHECK(!ag_checkpoint_open(&c, path, &err) && c.other_length);
    CHECK(c.changes.text && !strcmp(c.changes.text, "\"search.iterations\": [6, 7]"));
    ag_checkpoint_close(&c);
    other.spec = "{\"name\": \"toy\", \"search\": {\"iterations\": 6, \"batch\": 2}}";
    CHECK(ag_checkpoint_open(&c, path, &err) == 2 && strstr(err.text, "another spec: search.batch differs"));
    ag_checkpoint_close(&c);
    c.program = program;
    ag_checkpoint_block(&c, "", g, block[AG_G]);
    block[AG_G][5] /= 0 * block[AG_OUT][0];
    CHECK(ag_checkpoint_save(&c, path, &err) == 1 && strstr(err.text, "diverged"));
    CHECK(truncate(path, 2000) == 0 && ag_checkpoint_open(&c, path, &err) == 2);
    ag_checkpoint_close(&c);
    ag_blocks_free(program, block);
}

/* ---------------------------------------------------------------- replay */

static void write_input(const char *path, int batch, int with_bar, const char *without)
{
    static real data[4096];
    struct ag_st_writer writer;
    const struct ag_phase *arch = ag_phase_find(program, "arch");
    ag_st_begin(&writer);
    ag_normals(9, 1, 0, 0, 4096, data);
    for (int i = AG_G; i < AG_BAR_G; i++) {
        const struct ag_table *table = ag_block_table(program, (enum ag_block)i);
        struct ag_table left = {table->tensor, 0, table->size};
        while (left.count < table->count && strcmp(table->tensor[left.count].name, without)) left.count++;
        ag_block_add(&writer, "", &left, data);
        if (with_bar) ag_block_add(&writer, "bar.", table, data + 100);
    }
    for (int i = 0; i < arch->in.count; i++) {
        const struct ag_tensor *tensor = &arch->in.tensor[i];
        long shape[4] = {tensor->rank > 1 ? batch : tensor->shape[0]};
        for (int k = 1; k < tensor->rank; k++) shape[k] = tensor->shape[k];
        if (strcmp(tensor->name, without))
            ag_st_add_reals(&writer, "", tensor->name, tensor->rank, shape, tensor->nhwc, data + 32 * i);
    }
    ag_st_add_reals(&writer, "", "in.nobody.asks", 0, NULL, 0, data);
    CHECK(!ag_st_write(&writer, path, &err));
}

static int replay(const char *phase, const char *in, const char *out)
{
    struct ag_options o = {.replay = in, .dump = out, .phase = phase};
    unlink(out);
    err.text[0] = 0;
    return ag_replay(program, &o, &err);
}

static void test_replay(void)
{
    const char *in = in_folder("in"), *out = in_folder("out");
    struct ag_st st;
    write_input(in, 8, 0, "");
    CHECK(!replay("arch", in, out) && !ag_st_open(&st, out, &err));
    CHECK(ag_st_find(&st, "out.minmax") && ag_st_find(&st, "grad.alpha.cell1.up0")->count == 3);
    CHECK(ag_st_find(&st, "out.fake")->shape[1] == 3 && !ag_st_find(&st, "grad.g.rgb.bias"));
    ag_st_close(&st);
    CHECK(!replay("g", in, out) && !ag_st_open(&st, out, &err));
    CHECK(ag_st_find(&st, "grad.g.rgb.bias")->count == 192 && !ag_st_find(&st, "grad.alpha.cell1.up0"));
    ag_st_close(&st);
    CHECK(!replay("forward", in, out) && !replay("d", in, out));
    CHECK(replay("r1", in, out) == 2 && strstr(err.text, "forward, d, g"));
    write_input(in, 4, 0, "");
    CHECK(replay("d", in, out) == 2 && strstr(err.text, "4 samples") && strstr(err.text, "works on 8"));
    CHECK(!ag_is_file(out));
    write_input(in, 8, 1, "in.z2");
    CHECK(replay("arch", in, out) == 2 && strstr(err.text, "in.z2") && !replay("g", in, out));
    write_input(in, 8, 1, "d.fc.u");
    CHECK(replay("d", in, out) == 2 && strstr(err.text, "d.fc.u, d.fc.v") && !replay("forward", in, out));
    CHECK(replay("d", in_folder("nothing"), out) == 2);
}

/* ---------------------------------------------------------------- bench */

/* Calls a function and gives what it prints. */
static long captured(char *text, long room, void (*print)(void))
{
    const char *path = in_folder("printed");
    fflush(stdout);
    int saved = dup(1), file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(file, 1);
    print();
    fflush(stdout);
    dup2(saved, 1);
    long length = pread(file, text, (size_t)room - 1, 0);
    text[length > 0 ? length : 0] = 0;
    close(saved), close(file);
    return length;
}

static void bench_json(void)
{
    struct ag_options o = {.bench = 3, .json = 1};
    CHECK(!ag_bench(program, &o, &err));
}

static void bench_text(void)
{
    struct ag_options o = {.bench = 2};
    CHECK(!ag_bench(program, &o, &err));
}

static void bench_kernels(void)
{
    struct ag_options o = {.bench = 2, .kernels = 1};
    CHECK(!ag_bench(program, &o, &err));
}

static void test_bench(void)
{
    char text[8192];
    captured(text, sizeof text, bench_json);
    CHECK(!strncmp(text, "{\"peak_gflops\": ", 16) && strstr(text, "\"phases\": {\"d\": {\"ms\": "));
    CHECK(strstr(text, "\"arena_bytes\": ") && strstr(text, "\"arch\": {") &&
          strstr(text, "\"gflop_executed\": 0.0001"));
    captured(text, sizeof text, bench_text);
    CHECK(strstr(text, "GFLOP/s") && strstr(text, "\narch ") && !strchr(text, '{'));
    captured(text, sizeof text, bench_kernels);
    CHECK(strstr(text, "\nphase d, ") && strstr(text, "\nphase arch, ") && strstr(text, "GB/s"));
    CHECK(ag_peak() > 0.1);
}

static void test_profile(void)
{
    CHECK(!ag_profile_begin(2, &err) && ag_profiling);
    ag_mark_begin(0);
    ag_mark_begin(1);
    usleep(2000);
    ag_mark(0, 1, 4);
    ag_mark(1, 1, 0);
    struct ag_kernel_time account = ag_profile_read(1);
    CHECK(account.calls == 1 && account.units == 4 && account.seconds > 3e-3 && ag_profile_read(0).calls == 0);
    ag_profile_add(0, 2);
    ag_profile_add(0, 3);
    account = ag_profile_read(0);
    CHECK(account.calls == 2 && account.units == 2 && account.seconds == 5);
    ag_profile_end();
    ag_mark(0, 1, 4);
    CHECK(!ag_profiling);
}

int main(void)
{
    if (!mkdtemp(folder)) return 1;
    test_text();
    test_options();
    test_adam();
    test_params();
    test_gumbel();
    test_architecture();
    test_latents();
    test_checkpoint();
    test_replay();
    test_bench();
    test_profile();
    return finish();
}
