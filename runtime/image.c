/* Pictures as PNG files, by libpng. */
#include "ag.h"
#include <limits.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2 /* black pixels between the pictures of a grid */

/* libpng reports what is wrong by a call that must not return; the message is kept and the jump taken. */
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

/* Everything that may jump back: no local changes between setjmp and longjmp. */
static void encode(png_structp png, png_infop info, struct ag_file *file, int w, int h, int channels,
                   const ag_u8 *pixels)
{
    if (setjmp(png_jmpbuf(png))) return;
    png_set_write_fn(png, file, on_write, on_flush);
    png_set_IHDR(png, info, (png_uint_32)w, (png_uint_32)h, 8, channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < h; y++) png_write_row(png, (png_const_bytep)pixels + (size_t)y * (size_t)w * (size_t)channels);
    png_write_end(png, info);
}

int ag_write_png(const char *path, int w, int h, int channels, const ag_u8 *pixels, struct ag_error *err)
{
    struct ag_file file;
    if (w < 1 || h < 1 || (channels != 1 && channels != 3))
        return ag_fail(err, 1, "%s: no PNG has %d x %d pixels of %d channels here", path, w, h, channels);
    ag_file_open(&file, path, err);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &file, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (info && !file.status)
        encode(png, info, &file, w, h, channels, pixels);
    else if (!file.status)
        file.status = ag_fail(err, 1, "%s: out of memory", path);
    png_destroy_write_struct(&png, &info);
    return ag_file_commit(&file);
}

/* [-1, 1] to 0..255, rounded; what lies outside is clamped, and NaN becomes 0. */
static ag_u8 level(real value)
{
    real scaled = (value + 1) * (real)127.5 + (real)0.5;
    if (!(scaled > 0)) return 0;
    return (ag_u8)(scaled < 255 ? scaled : 255);
}

void ag_levels(const real *value, long n, ag_u8 *levels)
{
    for (long i = 0; i < n; i++) levels[i] = level(value[i]);
}

int ag_write_grid(const char *path, const real *images, int n, int size, int channels, int columns,
                  struct ag_error *err)
{
    if (columns > n) columns = n;
    if (n < 1 || size < 1 || columns < 1 || (channels != 1 && channels != 3))
        return ag_fail(err, 1, "%s: no picture can be made of %d images of %d x %d x %d", path, n, size, size,
                       channels);
    const long rows = (n + columns - 1) / columns, cell = size + GAP;
    const long w = columns * cell - GAP, h = rows * cell - GAP, row = (long)size * channels;
    if (w > INT_MAX || h > INT_MAX) return ag_fail(err, 1, "%s: the picture would be too large", path);
    ag_u8 *pixels = calloc((size_t)w * (size_t)h, (size_t)channels);
    if (!pixels) return ag_fail(err, 1, "%s: out of memory", path);
    for (long i = 0; i < (long)n * size; i++) {
        long image = i / size, y = image / columns * cell + i % size, x = image % columns * cell;
        ag_levels(images + i * row, row, pixels + (y * w + x) * channels);
    }
    int status = ag_write_png(path, (int)w, (int)h, channels, pixels, err);
    free(pixels);
    return status;
}
