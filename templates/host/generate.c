/* The generator program. Token: AG_WEIGHTS_DEFAULT (string literal). */
#ifndef AG_WEIGHTS_DEFAULT
#define AG_WEIGHTS_DEFAULT "out/run/retrain/ema.safetensors"
#endif
/* AG_TEMPLATE */
/* Draws pictures: a grid, single ones, or a walk. Picture i depends on the weights, the seed and i alone, not on how
 * many are drawn. */
#include "generate.h"

/* ---------------------------------------------------------------- a line of pictures */

/* What is drawn: cells of a grid, or frames, which are written as they come. */
struct grid {
    const struct ag_options *options;
    long cells, columns, rows; /* rows: 0 where the last may be a short one */
    real *block[AG_BLOCKS];
    real *pictures; /* [cells, size, size, channels]; NULL: frames */
    struct ag_frames frames;
    real *station; /* [latent]: for a walk */
    struct ag_painters painters;
    struct ag_progress progress;
    long drawn, total;
    int status; /* of the device, of frames, or of a signal */
    struct ag_error *err;
};

/* Pictures in a line. The latent and the noise of the k-th are those of picture first + k step; layers that mix take
 * the latent of picture k. */
struct line {
    const struct ag_phase *phase;
    long count, first, step;
    long cell, cell_step; /* its place in the grid is cell + k cell_step */
};

static long picture_size(void)
{
    return (long)generate_program.image_size * generate_program.image_size * generate_program.image_channels;
}

/* The inputs of a batch that starts with the line's picture number `done`, at `in`. What this leaves alone is 0 from
 * the start, or set for the whole line. */
static void set_inputs(const struct grid *grid, const struct line *line, long done, real *in)
{
    const struct ag_phase *phase = line->phase;
    const ag_u64 seed = grid->options->seed;
    const long first = line->first + done * line->step;
    real *z = ag_tensor_find(&phase->in, "in.z", in), *other = ag_tensor_find(&phase->in, "in.mix.z", in);
    const long walk = grid->options->interpolate;
    if (walk)
        ag_walk_latents(&generate_program, seed, grid->options->count, walk, first, phase->batch, z, grid->station);
    for (int k = 0; k < phase->batch && !walk; k++)
        ag_sample_latents(&generate_program, seed, first + k * line->step, 1, z + k * generate_program.latent);
    if (other) ag_sample_latents(&generate_program, seed, done, phase->batch, other);
    const int fixed = grid->options->noise == AG_NOISE_FIXED || walk;
    if (grid->options->noise != AG_NOISE_NONE)
        ag_sample_noise(phase, seed, fixed ? 0 : first, fixed ? 0 : line->step, in);
    ag_fill_inputs(phase, "in.psi", (real)grid->options->psi, in);
}

/* Takes n pictures to their cells of the grid, the line's from number `done` on; frames on their way. */
static void keep(struct grid *grid, const struct line *line, long done, const real *fake, long n)
{
    const long size = picture_size();
    if (!grid->pictures) grid->status = ag_frames_write(&grid->frames, fake, n);
    for (long k = 0; k < n && grid->pictures; k++)
        ag_copy(grid->pictures + (line->cell + (done + k) * line->cell_step) * size, fake + k * size, size);
}

/* The next pictures of a line: some for each painter, or one batch. Returns how many. */
static long draw_next(struct grid *grid, const struct line *line, long done)
{
    const struct ag_phase *phase = line->phase;
    const struct ag_painters *painters = &grid->painters;
    const long left = line->count - done, size = picture_size();
    const int n = ag_painters_room(painters, left), batch = (int)(left < phase->batch ? left : phase->batch);
    for (int i = 0, first = 0, next; first < n; i++, first = next) {
        next = ag_painters_first(painters, n, i + 1);
        if (i > 0) ag_copy(painters->block[i][AG_IN], grid->block[AG_IN], phase->in.size);
        for (int k = first; k < next; k++)
            set_inputs(grid, line, done + k, painters->block[i][AG_IN] + (k - first) * generate_program.latent);
    }
    ag_paint(painters, phase, n);
    for (int i = 0, first = 0, next; first < n && !grid->status; i++, first = next) {
        next = ag_painters_first(painters, n, i + 1);
        real *fake = ag_tensor_find(&phase->out, "out.fake", painters->block[i][AG_OUT]);
        grid->status = ag_fetch(fake, (next - first) * batch * size, grid->err);
        if (!grid->status) keep(grid, line, done + first, fake, (next - first) * batch);
    }
    return (long)n * batch;
}

static void draw_line(struct grid *grid, struct line line)
{
    for (long done = 0; done < line.count && !grid->status;) {
        const long n = draw_next(grid, &line, done);
        done += n;
        if (!grid->status) grid->drawn += n;
        if (!grid->status && grid->drawn < grid->total && ag_signals_caught())
            grid->status = ag_fail(grid->err, 128 + ag_signals_caught(), "stopped after %ld of %ld pictures",
                                   grid->drawn, grid->total);
        ag_progress_step(&grid->progress, grid->drawn, "%s", grid->options->output);
    }
}

/* ---------------------------------------------------------------- grids */

/* The columns' pictures 0 … N-1 above, the rows' N … 2N-1 on the left, in the corner none, and their mixtures. */
static void draw_mixtures(struct grid *grid, const struct ag_phase *sample)
{
    const long n = grid->options->mix[0], columns = grid->columns;
    real *in = grid->block[AG_IN];
    const int layers = ag_mix_layers(sample);
    const int from = grid->options->mix[1] ? (int)grid->options->mix[1] - 1 : layers / 2;
    for (long i = 0; i < picture_size(); i++) grid->pictures[i] = -1;
    ag_mix_from(sample, layers, in); /* none */
    draw_line(grid, (struct line){sample, n, 0, 1, 1, 1});
    draw_line(grid, (struct line){sample, n, n, 1, columns, columns});
    ag_mix_from(sample, from, in);
    for (long row = 0; row < n; row++)
        draw_line(grid, (struct line){sample, n, n + row, 0, (row + 1) * columns + 1, 1});
}

/* Row i: what the pictures are if all layers take the mapping network's i-th latent. */
static void draw_latents(struct grid *grid, const struct ag_phase *latents)
{
    real *choice = ag_tensor_find(&latents->in, "in.latent", grid->block[AG_IN]);
    for (long row = 0; row < grid->rows; row++) {
        ag_clear(choice, grid->rows);
        choice[row] = 1;
        draw_line(grid, (struct line){latents, grid->columns, 0, 1, row * grid->columns, 1});
    }
}

static void draw(struct grid *grid)
{
    const struct ag_phase *sample = ag_phase_find(&generate_program, "sample");
    const int raw = !grid->pictures && !grid->frames.folder; /* they are alone on standard output */
    grid->total = grid->cells - (grid->options->mix[0] > 0);
    ag_progress_start_on(&grid->progress, raw ? 2 : 1, "pictures", grid->total, 0);
    if (grid->options->mix[0])
        draw_mixtures(grid, sample);
    else if (grid->options->latents)
        draw_latents(grid, ag_phase_find(&generate_program, "latents"));
    else
        draw_line(grid, (struct line){sample, grid->cells, 0, 1, 0, 1});
    if (!grid->pictures && !grid->status) grid->status = ag_frames_end(&grid->frames);
    if (grid->status)
        ag_progress_clear(&grid->progress);
    else
        ag_progress_end(&grid->progress);
}

static int lay_out(struct grid *grid, struct ag_error *err)
{
    const struct ag_options *options = grid->options;
    if (options->mix[0]) {
        const int layers = ag_mix_layers(ag_phase_find(&generate_program, "sample"));
        if (options->mix[1] > layers)
            return ag_fail(err, 2, "--mix %ld,%ld: M must be a layer from 1 to %d, which is all there are",
                           options->mix[0], options->mix[1], layers);
        grid->columns = grid->rows = options->mix[0] + 1;
    } else if (options->latents) {
        const struct ag_phase *latents = ag_phase_find(&generate_program, "latents");
        grid->columns = options->has_count ? options->count : 8;
        grid->rows = ag_table_find(&latents->in, "in.latent")->shape[0];
    } else {
        for (grid->columns = 1; grid->columns * grid->columns < options->count;) grid->columns++;
    }
    grid->cells = grid->rows ? grid->rows * grid->columns : options->count;
    if (options->interpolate) grid->cells *= options->interpolate;
    return 0;
}

static int load(const struct grid *grid, struct ag_error *err)
{
    const char *file = grid->options->weights ? grid->options->weights : AG_WEIGHTS_DEFAULT;
    if (!ag_generator_carries(&generate_program))
        return ag_generator_load(&generate_program, file, grid->options->psi, grid->block, err);
    ag_generator_unpack(&generate_program, grid->block);
    return 0;
}

/* Can what is drawn be written? Better now than after an hour of drawing. Makes room for it. */
static int open_output(struct grid *grid, struct ag_error *err)
{
    const char *output = grid->options->output;
    grid->station = ag_reals(generate_program.latent, err);
    if (!grid->station) return 1;
    if (ag_frames_wanted(output)) return ag_frames_open(&grid->frames, &generate_program, output, err);
    if (ag_file_check(output, err)) return 2; /* no such place */
    grid->pictures = ag_reals(grid->cells * picture_size(), err);
    return !grid->pictures;
}

static int generate(const struct ag_options *options, struct ag_error *err)
{
    const int side = generate_program.image_size, channels = generate_program.image_channels;
    struct grid grid = {.options = options, .err = err};
    int status = ag_blocks_new(&generate_program, grid.block, err);
    if (!status) status = lay_out(&grid, err);
    if (!status) status = load(&grid, err);
    if (!status) status = open_output(&grid, err);
    if (!status)
        status = ag_painters_open(&grid.painters, &generate_program, ag_phase_find(&generate_program, "sample"),
                                  grid.block, grid.cells, err);
    if (!status) {
        ag_signals_catch(); /* so that no picture is left half-written */
        ag_send_blocks(&generate_program, grid.block);
        ag_prepare(&generate_program, grid.block);
        draw(&grid);
        status = grid.status;
    }
    if (!status && grid.pictures)
        status = ag_write_grid(options->output, grid.pictures, (int)grid.cells, side, channels, (int)grid.columns, err);
    ag_painters_close(&grid.painters);
    ag_frames_close(&grid.frames);
    ag_free(grid.station);
    ag_free(grid.pictures);
    ag_blocks_free(&generate_program, grid.block);
    return status;
}

int main(int argc, char **argv)
{
    struct ag_error err;
    struct ag_options options = {.output = "generate.png", .count = 64, .psi = 1};
    int status = ag_options_read(&options, &generate_program, argc, argv, &err);
    if (!status && options.info) status = ag_info(&generate_program, AG_WEIGHTS_DEFAULT);
    if (!status && options.bench) return ag_exit(&generate_program, ag_bench(&generate_program, &options, &err), &err);
    if (!status) status = generate(&options, &err);
    return ag_exit(&generate_program, status, &err);
}
