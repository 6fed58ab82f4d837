/* Harnesses of the runtime's readers. Files lie in the folder that the environment's FUZZ_FOLDER names. */
#define _POSIX_C_SOURCE 200809L
#include "fuzz.h"
#include "data.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Every failure has status 1 or 2 and one line. */
static void check_failure(int status, const struct ag_error *err)
{
    HOLDS(status == 0 || status == 1 || status == 2);
    if (status) HOLDS(err->text[0] && !strchr(err->text, '\n'));
}

/* The path of a file of that name with the input in it. */
static const char *on_disk(const char *name, const uint8_t *data, size_t size)
{
    static char path[AG_PATH];
    const char *folder = getenv("FUZZ_FOLDER");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "/tmp", name);
    FILE *file = fopen(path, "wb");
    HOLDS(file && fwrite(data, 1, size, file) == size && !fclose(file));
    return path;
}

/* ---------------------------------------------------------------- tensors */

static const struct ag_tensor weights[] = {
    {"a", 2, {3, 2}, 0, 0, AG_INIT_CONSTANT, 0, 0},
    {"b", 4, {1, 3, 2, 2}, 16, 1, AG_INIT_CONSTANT, 0, 0},
};
static const struct ag_table table = {weights, 2, 32};

/* Every tensor's bytes are there, and its name leads back to it. */
static unsigned visit(const struct ag_st *st)
{
    unsigned sum = 0;
    for (int i = 0; i < st->tensors; i++) {
        const struct ag_st_tensor *tensor = &st->tensor[i];
        HOLDS(ag_st_find(st, tensor->name) == tensor);
        HOLDS(tensor->count == ag_st_count(tensor->rank, tensor->shape));
        for (long k = 0; k < tensor->count * ag_dtype_size(tensor->dtype); k++) sum += ((const ag_u8 *)tensor->data)[k];
    }
    for (int i = 0; i < st->texts; i++) HOLDS(ag_st_meta(st, st->text[i].key) == st->text[i].value);
    return sum;
}

int fuzz_safetensors(const uint8_t *data, size_t size)
{
    struct ag_error err = {""};
    struct ag_st st;
    real block[32];
    int status = ag_st_open_memory(&st, "fuzz", data, (long)size, &err);
    check_failure(status, &err);
    if (!status) {
        visit(&st);
        check_failure(ag_block_load(&st, "", &table, block, AG_LOAD_REQUIRED | AG_LOAD_FINITE, &err), &err);
    }
    ag_st_close(&st);
    return 0;
}

/* ---------------------------------------------------------------- pictures */

int fuzz_picture(const uint8_t *data, size_t size)
{
    enum { SIDE = 8 };
    const struct ag_data_options options = {.size = SIDE, .channels = size % 2 ? 1 : 3, .center_crop = size / 2 % 2};
    ag_u8 out[SIDE * SIDE * 3];
    char fault[AG_FAULT] = "";
    FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
    if (!file) return 0;
    int probed = ag_picture_probe(file, fault);
    HOLDS(!probed || fault[0]);
    fault[0] = 0;
    int failed = ag_picture_read_fitted(file, &options, out, fault);
    HOLDS(!failed || fault[0]);
    HOLDS(failed || !probed);
    fclose(file);
    return 0;
}

int fuzz_zip(const uint8_t *data, size_t size)
{
    enum { SIDE = 4 };
    const struct ag_data_options options = {.format = "zip",
                                            .path = on_disk("fuzz.zip", data, size),
                                            .size = SIDE,
                                            .channels = 3,
                                            .split = 1,
                                            .seed = 1,
                                            .cache_bytes = size % 2};
    struct ag_data *set;
    struct ag_error err = {""};
    real picture[SIDE * SIDE * 3];
    ag_set_threads(1);
    int status = ag_data_open(&set, &options, &err);
    check_failure(status, &err);
    HOLDS(status ? !set : ag_data_count(set, 0) > 0);
    for (long i = 0; !status && i < 3; i++) check_failure(status = ag_data_batch(set, 0, 1, i, picture, &err), &err);
    ag_data_close(set);
    return 0;
}

/* ---------------------------------------------------------------- runs */

static const struct ag_program program = {.kind = "search", .name = "fuzz", .spec = "{}", .block = {{weights, 2, 32}}};

/* A counter that was taken is written again as it was read. */
static void check_counters(const struct ag_st *st, ag_u64 seed, long iteration)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", seed);
    HOLDS(!strcmp(text, ag_st_meta(st, "seed")));
    snprintf(text, sizeof text, "%ld", iteration);
    HOLDS(!strcmp(text, ag_st_meta(st, "iteration")));
}

int fuzz_checkpoint(const uint8_t *data, size_t size)
{
    static struct ag_checkpoint checkpoint;
    const char *path = on_disk("checkpoint.safetensors", data, size);
    struct ag_error err = {""};
    ag_u64 seed = 0;
    long iteration = 0;
    double sum = 0;
    real block[32];
    ag_checkpoint_begin(&checkpoint, &program);
    ag_checkpoint_word(&checkpoint, "seed", &seed);
    ag_checkpoint_count(&checkpoint, "iteration", &iteration);
    ag_checkpoint_sum(&checkpoint, "loss", &sum);
    ag_checkpoint_block(&checkpoint, "g.", &table, block);
    int status = ag_checkpoint_open(&checkpoint, path, &err);
    if (!status) status = ag_checkpoint_read(&checkpoint, &err);
    check_failure(status, &err);
    if (!status) check_counters(&checkpoint.st, seed, iteration);
    ag_checkpoint_close(&checkpoint);
    return 0;
}

/* What is kept of a log are its first lines, whole ones, and the new line is behind them. */
static void check_log(const char *path, const uint8_t *before, size_t size, const char *line)
{
    struct ag_error err;
    char *now;
    long length;
    HOLDS(!ag_read_file(path, LONG_MAX - 1, &now, &length, &err));
    size_t kept = (size_t)length - strlen(line) - 1;
    HOLDS((size_t)length > strlen(line) && kept <= size && !memcmp(now, before, kept));
    HOLDS(!kept || now[kept - 1] == '\n');
    HOLDS(!memcmp(now + kept, line, strlen(line)) && now[length - 1] == '\n');
    ag_free(now);
}

/* The first byte: how many iterations the checkpoint has. */
int fuzz_log(const uint8_t *data, size_t size)
{
    const struct ag_options options = {.run = getenv("FUZZ_FOLDER"), .resume = 1};
    const char *path = on_disk("log.jsonl", data + (size > 0), size - (size > 0)), *line = "{\"iteration\": 300}";
    struct ag_error err = {""};
    struct ag_text text = {0};
    struct ag_run run;
    ag_text_add(&text, "%s", line);
    int status = ag_run_open(&run, &program, &options, &err);
    if (!status) status = ag_run_open_log(&run, size ? data[0] : 0, &err);
    check_failure(status, &err);
    if (!status) check_failure(ag_run_log(&run, &text, &err), &err);
    if (!status) check_log(path, data + (size > 0), size - (size > 0), line);
    if (status) ag_text_free(&text);
    ag_run_close(&run);
    return 0;
}

/* ---------------------------------------------------------------- texts */

int fuzz_words(const uint8_t *data, size_t size, char **text, char *word[FUZZ_WORDS])
{
    static char first[] = "program";
    int words = 0;
    *text = malloc(size + 1);
    HOLDS(*text);
    if (size) memcpy(*text, data, size);
    (*text)[size] = 0;
    word[words++] = first;
    for (char *at = *text; at && words < FUZZ_WORDS - 1;) {
        word[words++] = at;
        at = strchr(at, '\n');
        if (at) *at++ = 0;
    }
    word[words] = NULL;
    return words;
}

/* The first word is the kind of program; a StyleGAN2 generator where it is none. */
int fuzz_options(const uint8_t *data, size_t size)
{
    static const struct ag_tensor psi[] = {{"in.psi", 1, {1}, 0, 0, AG_INIT_CONSTANT, 0, 0}};
    static const struct ag_phase sample[] = {{.name = "sample", .in = {psi, 1, 16}}};
    char *text, *word[FUZZ_WORDS];
    int words = fuzz_words(data, size, &text, word), style = !strcmp(word[1], "style");
    const struct ag_program any = {
        .kind = style ? "generate" : word[1], .name = "fuzz", .phase = sample, .phases = style};
    const int draws = strcmp(any.kind, "search") && strcmp(any.kind, "retrain");
    struct ag_options options = {
        .run = "out/run", .iterations = 1, .count = 1, .psi = 1, .output = draws ? "out.png" : NULL};
    struct ag_error err = {""};
    int status = ag_options_read(&options, &any, words - 1, word + 1, &err);
    if (status == AG_DONE) status = 0;
    check_failure(status, &err);
    HOLDS(status || (options.iterations > 0 && options.iterations <= 100000000));
    HOLDS(status || (options.count > 0 && options.threads >= 0 && options.threads <= 256));
    HOLDS(status || (options.psi >= -10 && options.psi <= 10));
    HOLDS(status || !options.interpolate || options.count * options.interpolate <= 1000000);
    free(text);
    return 0;
}

/* Two texts with a zero between them. */
int fuzz_genotype(const uint8_t *data, size_t size)
{
    char *a = malloc(size + 1);
    HOLDS(a);
    if (size) memcpy(a, data, size);
    a[size] = 0;
    const char *b = a + strlen(a) + (strlen(a) < size);
    HOLDS(ag_same_genotype(a, a) && ag_same_genotype(b, b));
    HOLDS(ag_same_genotype(a, b) == ag_same_genotype(b, a));
    const char *part = ag_genotype_part(a, "\"ops\"");
    HOLDS(!part || (part > a && part < a + size && *part == '{'));
    free(a);
    return 0;
}
