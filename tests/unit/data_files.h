/* What the tests of the data loader share: functions that write picture files of every kind, and checks. */
#ifndef DATA_FILES_H
#define DATA_FILES_H

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <png.h>
#include <jpeglib.h>
#include <zlib.h>

static int passed, failed;

static inline void check(int ok, const char *format, ...)
{
    va_list values;
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("FAILED: ");
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    printf("\n");
}

static inline void fill(ag_u8 *bytes, long n, int value)
{
    for (long i = 0; i < n; i++) bytes[i] = (ag_u8)value;
}

static char folder[] = "/tmp/test_data.XXXXXX";

/* Returns the path of a file in the test's folder. It is valid until the eighth call after this one. */
static inline const char *at(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline const char *make_folder(const char *name)
{
    const char *path = at(name);
    if (mkdir(path, 0755)) perror(path);
    return path;
}

static inline FILE *create(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file) perror(path), exit(1);
    return file;
}

static inline void write_text(const char *path, const char *text)
{
    FILE *file = create(path);
    fputs(text, file);
    fclose(file);
}

static inline long file_size(const char *path)
{
    struct stat info;
    return stat(path, &info) ? -1 : (long)info.st_size;
}

static inline void cut(const char *path, long size)
{
    if (truncate(path, size)) perror(path);
}

/* Changes one byte. */
static inline void damage(const char *path, long offset)
{
    FILE *file = fopen(path, "r+b");
    fseek(file, offset, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, offset, SEEK_SET);
    fputc(byte ^ 0x5a, file);
    fclose(file);
}

static inline int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void remove_folder(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A PNG whose pixels all have the same bytes. */
struct png_kind {
    int type, depth, interlaced;
    const char *pixel; /* the bytes of one pixel; for depths below 8 the byte that holds several pixels */
    int bytes;         /* of pixel */
};

static inline void write_png_kind(const char *path, const struct png_kind *kind, int width, int height)
{
    static png_color palette[2] = {{10, 20, 30}, {200, 100, 50}};
    png_byte clear[2] = {255, 51};
    FILE *file = create(path);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, kind->depth, kind->type,
                 kind->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (kind->type == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, 2);
        png_set_tRNS(png, info, clear, 2, NULL);
    }
    png_write_info(png, info);
    png_byte *row = malloc((size_t)(width * kind->bytes));
    for (int i = 0; i < width * kind->bytes; i++) row[i] = (png_byte)kind->pixel[i % kind->bytes];
    int passes = kind->interlaced ? png_set_interlace_handling(png) : 1;
    for (int y = 0; y < height * passes; y++) png_write_row(png, row);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(row);
    fclose(file);
}

static inline void write_png(const char *path, const ag_u8 *rgb, int width, int height)
{
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    image.format = PNG_FORMAT_RGB;
    if (!png_image_write_to_file(&image, path, 0, rgb, 0, NULL)) perror(path);
}

/* Writes a PNG of one colour, which encodes a number. */
static inline void write_number(const char *path, int number, int width, int height)
{
    char pixel[3] = {(char)number, (char)(255 - number), 77};
    struct png_kind kind = {PNG_COLOR_TYPE_RGB, 8, 0, pixel, 3};
    write_png_kind(path, &kind, width, height);
}

/* Writes a PNG of noise. Noise does not compress, so the file can be cut in the middle of its pixels. */
static inline void write_noise(const char *path, int side)
{
    ag_u8 *rgb = malloc((size_t)side * side * 3);
    unsigned state = 1;
    for (int i = 0; i < side * side * 3; i++) {
        state = state * 1664525u + 1013904223u;
        rgb[i] = (ag_u8)(state >> 24);
    }
    write_png(path, rgb, side, side);
    free(rgb);
}

/* Writes a JPEG with `bytes` bytes per pixel from rows that lie `stride` bytes apart. stride 0: all rows are equal. */
static inline void write_jpeg_rows(const char *path, J_COLOR_SPACE space, int adobe, JSAMPLE *row, int stride,
                                   int bytes, int width, int height)
{
    FILE *file = create(path);
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = bytes;
    jpeg.in_color_space = space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.write_Adobe_marker = adobe;
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < height; y++, row += stride) jpeg_write_scanlines(&jpeg, &row, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
}

/* Writes a JPEG whose pixels all have these bytes; if they are colours, with small variations. */
static inline void write_jpeg(const char *path, J_COLOR_SPACE space, int adobe, const char *pixel, int bytes, int width,
                              int height)
{
    JSAMPLE *row = malloc((size_t)(width * bytes));
    for (int i = 0; i < width * bytes; i++) row[i] = (JSAMPLE)(pixel[i % bytes] + (bytes == 3 ? i / bytes % 7 : 0));
    write_jpeg_rows(path, space, adobe, row, 0, bytes, width, height);
    free(row);
}

/* Returns the bytes of a small file. They are valid until the next call. */
static inline ag_u8 *file_bytes(const char *path, size_t *n)
{
    static ag_u8 bytes[1 << 16];
    FILE *file = fopen(path, "rb");
    if (!file) perror(path), exit(1);
    *n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return bytes;
}

/* Inserts n bytes `times` times into a small file, before its byte `offset`. */
static inline void insert(const char *path, size_t offset, const ag_u8 *from, size_t n, int times)
{
    size_t length;
    const ag_u8 *bytes = file_bytes(path, &length);
    FILE *file = create(path);
    fwrite(bytes, 1, offset, file);
    while (times-- > 0) fwrite(from, 1, n, file);
    fwrite(bytes + offset, 1, length - offset, file);
    fclose(file);
}

static inline void put_number(ag_u8 out[4], unsigned long value)
{
    for (int i = 0; i < 4; i++) out[i] = (ag_u8)(value >> (24 - 8 * i));
}

/* Adds EXIF data with an orientation to a JPEG (as an APP1 segment) or PNG (as an eXIf chunk): a TIFF file of one
 * entry. */
static inline void add_exif(const char *path, int orientation)
{
    const ag_u8 tiff[26] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, (ag_u8)orientation};
    ag_u8 segment[36] = {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f'}, chunk[38] = {0, 0, 0, 26, 'e', 'X', 'I', 'f'};
    size_t n;
    memcpy(segment + 10, tiff, sizeof tiff);
    memcpy(chunk + 8, tiff, sizeof tiff);
    put_number(chunk + 34, crc32(0, chunk + 4, 30));
    if (file_bytes(path, &n)[0] == 0xff)
        insert(path, 2, segment, sizeof segment, 1);
    else
        insert(path, 33, chunk, sizeof chunk, 1);
}

/* Writes a PNG header with this size, and no pixels behind it. */
static inline void write_png_header(const char *path, unsigned width, unsigned height)
{
    ag_u8 bytes[33] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
    put_number(bytes + 16, width);
    put_number(bytes + 20, height);
    bytes[24] = 8;
    bytes[25] = 2;
    put_number(bytes + 29, crc32(0, bytes + 12, 17));
    FILE *file = create(path);
    fwrite(bytes, 1, sizeof bytes, file);
    fwrite("\0\0\0\0IDAT\x35\xaf\x06\x1e", 1, 12, file); /* an empty chunk of pixels, which ends the header */
    fclose(file);
}

#endif
