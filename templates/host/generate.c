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
    struct ag_canvas canvas; /* its pixels NULL: frames */
    struct ag_frames frames;
    real *station; /* [latent]: for a walk */
    struct ag_draw_workers workers;
    struct ag_progress progress;
    long drawn, total;
    int status; /* of the device, of frames, or of a signal */
    struct ag_error *err;
};

/* Pictures in a line. The latent and the noise of the k-th are those of picture first + k step, of seed + k where each
 * has a seed of its own; layers that mix take the latent of the k-th picture of the command. */
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
    const struct ag_options *options = grid->options;
    const int seed_step = options->seeds > 0;
    const ag_u64 seed = options->seed + (ag_u64)(done * seed_step);
    const long first = line->first + done * line->step;
    real *z = ag_tensor_find(&phase->in, "in.z", in), *other = ag_tensor_find(&phase->in, "in.mix.z", in);
    const long walk = options->interpolate;
    if (walk)
        ag_interpolate_latents(&generate_program, seed, options->first, options->count, walk, first, phase->batch, z,
                        grid->station);
    for (int k = 0; k < phase->batch && !walk; k++)
        ag_sample_latents(&generate_program, seed + (ag_u64)(k * seed_step), first + k * line->step, 1,
                          z + k * generate_program.latent);
    if (other) ag_sample_latents(&generate_program, seed, options->first + done, phase->batch, other);
    const int fixed = options->noise == AG_NOISE_FIXED || walk;
    if (options->noise != AG_NOISE_NONE)
        ag_sample_noise(phase, seed, seed_step, fixed ? 0 : first, fixed ? 0 : line->step, in);
    ag_fill_inputs(phase, "in.psi", (real)options->psi, in);
}

/* Takes n pictures to their cells of the grid, the line's from number `done` on; frames on their way. */
static void keep(struct grid *grid, const struct line *line, long done, const real *fake, long n)
{
    const long size = picture_size();
    if (!grid->canvas.pixels) grid->status = ag_frames_write(&grid->frames, fake, n);
    for (long k = 0; k < n && grid->canvas.pixels; k++)
        ag_canvas_put(&grid->canvas, line->cell + (done + k) * line->cell_step, fake + k * size);
}

/* The next pictures of a line: some for each worker, or one batch. Returns how many. */
static long draw_next(struct grid *grid, const struct line *line, long done)
{
    const struct ag_phase *phase = line->phase;
    const struct ag_draw_workers *workers = &grid->workers;
    const long left = line->count - done, size = picture_size();
    const int n = ag_draw_workers_round(workers, left), batch = (int)(left < phase->batch ? left : phase->batch);
    for (int i = 0, first = 0, next; first < n; i++, first = next) {
        next = ag_draw_workers_first(workers, n, i + 1);
        if (i > 0) ag_copy(workers->block[i][AG_IN], grid->block[AG_IN], phase->in.size);
        for (int k = first; k < next; k++)
            set_inputs(grid, line, done + k, workers->block[i][AG_IN] + (k - first) * generate_program.latent);
    }
    ag_draw_round(workers, phase, n);
    for (int i = 0, first = 0, next; first < n && !grid->status; i++, first = next) {
        next = ag_draw_workers_first(workers, n, i + 1);
        real *fake = ag_tensor_find(&phase->out, "out.fake", workers->block[i][AG_OUT]);
        grid->status = ag_download(fake, (next - first) * batch * size, grid->err);
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

/* The columns' pictures, the first N, above, the rows', the next N, on the left, in the corner none, and their
 * mixtures. */
static void draw_mixtures(struct grid *grid, const struct ag_phase *sample)
{
    const long n = grid->options->mix[0], columns = grid->columns, first = grid->options->first;
    real *in = grid->block[AG_IN];
    const int layers = ag_mix_layers(sample);
    const int from = grid->options->mix[1] ? (int)grid->options->mix[1] - 1 : layers / 2;
    ag_mix_from(sample, layers, in); /* none */
    draw_line(grid, (struct line){sample, n, first, 1, 1, 1});
    draw_line(grid, (struct line){sample, n, first + n, 1, columns, columns});
    ag_mix_from(sample, from, in);
    for (long row = 0; row < n; row++)
        draw_line(grid, (struct line){sample, n, first + n + row, 0, (row + 1) * columns + 1, 1});
}

/* Row i: what the pictures are if all layers take the mapping network's i-th latent. */
static void draw_latents(struct grid *grid, const struct ag_phase *latents)
{
    real *choice = ag_tensor_find(&latents->in, "in.latent", grid->block[AG_IN]);
    for (long row = 0; row < grid->rows; row++) {
        ag_clear(choice, grid->rows);
        choice[row] = 1;
        draw_line(grid, (struct line){latents, grid->columns, grid->options->first, 1, row * grid->columns, 1});
    }
}

/* What was drawn before a signal came is written, too. Of two failures the first is told. */
static void end_frames(struct grid *grid)
{
    struct ag_error later;
    grid->frames.err = &later;
    const int status = ag_frames_end(&grid->frames), stopped = grid->status > 128;
    if (!status || (grid->status && !stopped)) return;
    grid->status = status;
    *grid->err = later;
}

static void draw(struct grid *grid)
{
    const struct ag_options *options = grid->options;
    const struct ag_phase *sample = ag_phase_find(&generate_program, "sample");
    const int raw = !grid->canvas.pixels && !grid->frames.folder; /* they are alone on standard output */
    grid->total = grid->cells - (options->mix[0] > 0);
    ag_progress_start_on(&grid->progress, raw ? 2 : 1, "pictures", grid->total, 0);
    if (options->mix[0])
        draw_mixtures(grid, sample);
    else if (options->latents)
        draw_latents(grid, ag_phase_find(&generate_program, "latents"));
    else if (options->interpolate)
        draw_line(grid, (struct line){sample, grid->cells, 0, 1, 0, 1}); /* these are frames, not pictures */
    else
        draw_line(grid, (struct line){sample, grid->cells, options->first, options->seeds ? 0 : 1, 0, 1});
    if (!grid->canvas.pixels) end_frames(grid);
    if (grid->status)
        ag_progress_clear(&grid->progress);
    else
        ag_progress_end(&grid->progress);
    if (!grid->status) ag_frames_report_others(&grid->frames);
}

static int lay_out(struct grid *grid, struct ag_error *err)
{
    const struct ag_options *options = grid->options;
    const long pictures = options->seeds ? options->seeds : ag_options_pictures(options);
    if (options->mix[0]) {
        const int layers = ag_mix_layers(ag_phase_find(&generate_program, "sample"));
        if (options->mix[1] > layers)
            return ag_fail(err, 2, "--mix %ld,%ld: M must be a layer from 1 to %d, which is all there are",
                           options->mix[0], options->mix[1], layers);
        grid->columns = grid->rows = options->mix[0] + 1;
    } else if (options->latents) {
        const struct ag_phase *latents = ag_phase_find(&generate_program, "latents");
        grid->columns = pictures;
        grid->rows = ag_table_find(&latents->in, "in.latent")->shape[0];
    } else {
        for (grid->columns = 1; grid->columns * grid->columns < pictures;) grid->columns++;
    }
    grid->cells = grid->rows ? grid->rows * grid->columns : pictures;
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

/* Files are called by the numbers of their pictures, or by their seeds, or by the numbers of a walk's frames. */
static struct ag_frame_names names_of(const struct grid *grid)
{
    const struct ag_options *options = grid->options;
    struct ag_frame_names names = {"", 6, options->interpolate ? 0 : (ag_u64)options->first, grid->cells};
    if (options->seeds) names.prefix = "seed", names.digits = 4, names.first = options->seed;
    return names;
}

/* Can what is drawn be written? Better now than after an hour of drawing. Makes room for it. */
static int open_output(struct grid *grid, struct ag_error *err)
{
    const char *output = grid->options->output;
    grid->station = ag_reals(generate_program.latent, err);
    if (!grid->station) return 1;
    if (ag_frames_wanted(output)) return ag_frames_open(&grid->frames, &generate_program, output, names_of(grid), err);
    if (ag_file_check(output, err)) return 2; /* no such place */
    return ag_canvas_new(&grid->canvas, output, grid->cells, grid->columns, generate_program.image_size,
                         generate_program.image_channels, err);
}

static int generate(const struct ag_options *options, struct ag_error *err)
{
    struct grid grid = {.options = options, .err = err};
    int status = ag_blocks_new(&generate_program, grid.block, err);
    if (!status) status = lay_out(&grid, err);
    if (!status) status = load(&grid, err);
    if (!status) status = open_output(&grid, err);
    if (!status)
        status = ag_draw_workers_open(&grid.workers, &generate_program, ag_phase_find(&generate_program, "sample"),
                                  grid.block, grid.cells, err);
    if (!status) {
        ag_signals_catch(); /* so that no picture is left half-written */
        ag_upload_blocks(&generate_program, grid.block);
        ag_prepare(&generate_program, grid.block);
        draw(&grid);
        status = grid.status;
    }
    if (!status && grid.canvas.pixels) status = ag_canvas_write(&grid.canvas, options->output, err);
    ag_draw_workers_close(&grid.workers);
    ag_frames_close(&grid.frames);
    ag_free(grid.station);
    ag_canvas_free(&grid.canvas);
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
