/* Writes PNG files by libpng. */
#include "ag.h"
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2 }; /* black pixels between the pictures of a grid */

/* libpng reports errors by calling this function, which must not return. */
static void on_error(png_structp png, png_const_charp message)
{
    struct ag_file *file = png_get_error_ptr(png);
    if (!file->status) file->status = ag_fail(file->err, 1, "%s: cannot make the PNG: %s", file->path, message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png, (void)message;
}

static void on_write(png_structp png, png_bytep bytes, png_size_t size)
{
    struct ag_file *file = png_get_io_ptr(png);
    if (ag_file_write(file, bytes, (long)size)) png_error(png, "cannot write");
}

static void on_flush(png_structp png)
{
    (void)png;
}

/* All calls of libpng that may fail. No local variable of this function changes after setjmp, so longjmp is safe. */
static void encode(png_structp png, png_infop info, struct ag_file *file, int w, int h, int channels,
                   const ag_u8 *pixels)
{
    if (setjmp(png_jmpbuf(png))) return;
    png_set_write_fn(png, file, on_write, on_flush);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* by default 1,000,000 */
    png_set_IHDR(png, info, (png_uint_32)w, (png_uint_32)h, 8, channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < h; y++) png_write_row(png, (png_const_bytep)pixels + (size_t)y * (size_t)w * (size_t)channels);
    png_write_end(png, info);
}

void ag_put_png(struct ag_file *file, int w, int h, int channels, const ag_u8 *pixels)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, file, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (info && !file->status)
        encode(png, info, file, w, h, channels, pixels);
    else if (!file->status)
        file->status = ag_fail(file->err, 1, "%s: out of memory", file->path);
    png_destroy_write_struct(&png, &info);
}

int ag_write_png(const char *path, int w, int h, int channels, const ag_u8 *pixels, struct ag_error *err)
{
    struct ag_file file;
    if (w < 1 || h < 1 || (channels != 1 && channels != 3))
        return ag_fail(err, 1, "%s: no PNG has %d x %d pixels of %d channels here", path, w, h, channels);
    ag_file_open(&file, path, err);
    ag_put_png(&file, w, h, channels, pixels);
    return ag_file_commit(&file);
}

static ag_u8 level(real value)
{
    real scaled = (value + 1) * (real)127.5 + (real)0.5;
    if (!(scaled > 0)) return 0;
    return (ag_u8)(scaled < 255 ? scaled : 255);
}

void ag_quantize(const real *value, long n, ag_u8 *levels)
{
    for (long i = 0; i < n; i++) levels[i] = level(value[i]);
}

int ag_canvas_new(struct ag_canvas *canvas, const char *path, long n, long columns, int size, int channels,
                  struct ag_error *err)
{
    memset(canvas, 0, sizeof *canvas);
    if (columns > n) columns = n;
    if (n < 1 || size < 1 || columns < 1 || (channels != 1 && channels != 3))
        return ag_fail(err, 1, "%s: no picture can be made of %ld images of %d x %d x %d", path, n, size, size,
                       channels);
    const long rows = (n - 1) / columns + 1, cell = (long)size + GAP, max_cells = ((long)PNG_UINT_31_MAX + GAP) / cell;
    if (columns > max_cells || rows > max_cells)
        return ag_fail(err, 2,
                       "%s: a grid of %ld x %ld pictures would be larger than a PNG can be, %ld pixels a side; draw "
                       "fewer, or single ones (-o DIR/)",
                       path, columns, rows, (long)PNG_UINT_31_MAX);
    canvas->columns = columns;
    canvas->width = (int)(columns * cell - GAP);
    canvas->height = (int)(rows * cell - GAP);
    canvas->size = size;
    canvas->channels = channels;
    const size_t bytes = (size_t)canvas->width * (size_t)canvas->height * (size_t)channels; /* below 2^64 */
    canvas->pixels = (ag_u8 *)ag_reals((long)(bytes / sizeof(real) + 1), err);
    if (canvas->pixels) return 0;
    return ag_fail(err, 1,
                   "%s: out of memory: a grid of %d x %d pixels takes %.1f MB; single pictures (-o DIR/) take none",
                   path, canvas->width, canvas->height, (double)bytes / 1e6);
}

void ag_canvas_put(struct ag_canvas *canvas, long place, const real *picture)
{
    const long cell = canvas->size + GAP, row = (long)canvas->size * canvas->channels;
    const long top = place / canvas->columns * cell, left = place % canvas->columns * cell;
    for (long y = 0; y < canvas->size; y++)
        ag_quantize(picture + y * row, row, canvas->pixels + ((top + y) * canvas->width + left) * canvas->channels);
}

int ag_canvas_write(const struct ag_canvas *canvas, const char *path, struct ag_error *err)
{
    return ag_write_png(path, canvas->width, canvas->height, canvas->channels, canvas->pixels, err);
}

void ag_canvas_free(struct ag_canvas *canvas)
{
    ag_free(canvas->pixels);
    canvas->pixels = NULL;
}

int ag_write_grid(const char *path, const real *images, int n, int size, int channels, int columns,
                  struct ag_error *err)
{
    struct ag_canvas canvas;
    int status = ag_canvas_new(&canvas, path, n, columns, size, channels, err);
    for (long i = 0; i < n && !status; i++) ag_canvas_put(&canvas, i, images + i * size * size * channels);
    if (!status) status = ag_canvas_write(&canvas, path, err);
    ag_canvas_free(&canvas);
    return status;
}
