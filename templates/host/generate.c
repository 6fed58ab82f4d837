/* The generator program. Token: AG_WEIGHTS_DEFAULT (string literal). */
#ifndef AG_WEIGHTS_DEFAULT
#define AG_WEIGHTS_DEFAULT "out/run/retrain/ema.safetensors"
#endif
/* AG_TEMPLATE */
/* Draws pictures. Picture i depends on the weights, the seed and i alone, not on how many are drawn. */
#include "generate.h"

/* The weights, and the running statistics that batch norm uses. */
static int load_weights(const char *path, real *const block[AG_BLOCKS], struct ag_error *err)
{
    struct ag_st st;
    const enum ag_load all_finite = AG_LOAD_FINITE; /* and none missing */
    if (!ag_is_file(path))
        return ag_fail(err, 2, "%s: no such file; retrain first, or name the weights with --weights", path);
    int status = ag_st_open(&st, path, err);
    if (!status && !ag_same_genotype(ag_st_meta(&st, "genotype"), generate_program.genotype))
        status =
            ag_fail(err, 2, "%s: these are the weights of another architecture; give this one's with --weights", path);
    if (!status) status = ag_table_load(&st, "", &generate_program.block[AG_G], block[AG_G], all_finite, err);
    if (!status) status = ag_table_load(&st, "", &generate_program.block[AG_STAT], block[AG_STAT], all_finite, err);
    ag_st_close(&st);
    return status;
}

/* pictures = [count, size, size, channels] */
static void draw(const struct ag_options *options, real *const block[AG_BLOCKS], real *pictures)
{
    const struct ag_phase *sample = ag_phase_find(&generate_program, "sample");
    const int side = generate_program.image_size;
    const long picture = (long)side * side * generate_program.image_channels;
    real *z = ag_tensor_find(&sample->in, "in.z", block[AG_IN]);
    const real *fake = ag_tensor_find(&sample->out, "out.fake", block[AG_OUT]);
    struct ag_progress progress;
    ag_progress_start(&progress, "pictures", options->count, 0);
    for (long first = 0; first < options->count; first += sample->batch) {
        const long left = options->count - first, n = left < sample->batch ? left : sample->batch;
        ag_sample_latents(&generate_program, options->seed, first, sample->batch, z);
        sample->run(block);
        ag_copy(pictures + first * picture, fake, n * picture);
        ag_progress_step(&progress, first + n, "%s", options->output);
    }
    ag_progress_end(&progress);
}

static int generate(const struct ag_options *options, struct ag_error *err)
{
    const int side = generate_program.image_size, channels = generate_program.image_channels;
    real *block[AG_BLOCKS], *pictures = 0;
    int columns = 1, status = ag_blocks_new(&generate_program, block, err);
    while ((long)columns * columns < options->count) columns++;
    if (!status) status = load_weights(options->weights, block, err);
    if (!status) {
        pictures = ag_reals(options->count * side * side * channels, err);
        status = !pictures;
    }
    if (!status) {
        draw(options, block, pictures);
        status = ag_write_grid(options->output, pictures, (int)options->count, side, channels, columns, err);
    }
    ag_free(pictures);
    ag_blocks_free(block);
    return status;
}

int main(int argc, char **argv)
{
    struct ag_error err;
    struct ag_options options = {.weights = AG_WEIGHTS_DEFAULT, .output = "generate.png", .count = 64};
    int status = ag_options_read(&options, &generate_program, argc, argv, &err);
    if (!status) status = generate(&options, &err);
    return ag_exit(&generate_program, status, &err);
}
