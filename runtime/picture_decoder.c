/* Decodes a PNG or JPEG to RGB pixels. */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64
#include "data.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>
#include <jpeglib.h>
#include <jerror.h>

/* Limits of a picture's size. Larger pictures are probably damaged or an attack: networks learn from at most 1024
 * pixels a side. */
#define MAX_SIDE   16384
#define MAX_PIXELS (1L << 27)

/* Highest number of scans of a JPEG. A scan has only a few bytes, but costs a pass over the whole picture, which an
 * attacker could exploit. Usual programs write about ten scans. The limit allows one for each of the 64 coefficients of
 * four components. */
#define MAX_SCANS 256

/* With arithmetic coding, flat areas take almost no bytes, so a very short file may be a complete picture. Such files
 * are decoded up to this number of pixels, which take about 10 MB of memory. Larger pictures must have at least as many
 * bits as Huffman codes would need. */
#define MAX_FLAT (1L << 20)

static int check_dimensions(unsigned long width, unsigned long height, char fault[AG_FAULT])
{
    if (width == 0 || height == 0) return ag_fault(fault, "it has no pixels");
    if (width <= MAX_SIDE && height <= MAX_SIDE && width * height <= MAX_PIXELS) return 0;
    return ag_fault(fault, "%lux%lu pixels are too many (up to %d a side, %ld in all)", width, height, MAX_SIDE,
                    MAX_PIXELS);
}

int ag_picture_kind(FILE *file, enum ag_picture_kind *kind, char fault[AG_FAULT])
{
    static const ag_u8 png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, jpeg[3] = {0xff, 0xd8, 0xff};
    ag_u8 start[8];
    *kind = AG_PICTURE_NONE;
    rewind(file);
    size_t count = fread(start, 1, sizeof start, file);
    if (count < sizeof start && ferror(file)) return ag_fault_errno(fault, errno);
    if (count == 8 && memcmp(start, png, 8) == 0) *kind = AG_PICTURE_PNG;
    if (count >= 3 && memcmp(start, jpeg, 3) == 0) *kind = AG_PICTURE_JPEG;
    return AG_GOOD;
}

int ag_is_picture_name(const char *name)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]), same = 0;
        while (n < length && same < n && tolower((unsigned char)name[length - n + same]) == endings[i][same]) same++;
        if (same == n) return 1;
    }
    return 0;
}

/* The state of a decoder. It is not kept in local variables of the functions that call setjmp, since longjmp may undo
 * changes to them. */
struct decoder {
    FILE *file;
    ag_u8 *rgb; /* [height, width, 3] after decoding */
    ag_u8 *row; /* JPEG: a row in another colour space */
    png_bytep *rows;
    long width, height;
    int orientation;
    char *fault;
    int exhausted; /* 1: memory has run out, even if the library's message gives another reason */
    jmp_buf escape;
    png_structp png;
    png_infop info;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr jpeg_errors;
    struct jpeg_progress_mgr jpeg_progress;
};

/* The length of the file in bytes. Keeps the file's position. */
static int file_length(struct decoder *d, ag_u64 *length)
{
    off_t here = ftello(d->file);
    if (here < 0 || fseeko(d->file, 0, SEEK_END)) return ag_fault_errno(d->fault, errno);
    off_t end = ftello(d->file);
    if (end < 0 || fseeko(d->file, here, SEEK_SET)) return ag_fault_errno(d->fault, errno);
    *length = (ag_u64)end;
    return AG_GOOD;
}

/* ---------------------------------------------------------------- PNG */

static void png_failed(png_structp png, png_const_charp message)
{
    struct decoder *d = png_get_error_ptr(png);
    ag_fault(d->fault, "%s", feof(d->file) ? "the file ends early" : message);
    longjmp(d->escape, 1);
}

static void png_ignored(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static png_voidp png_allocate(png_structp png, png_alloc_size_t n)
{
    struct decoder *d = png_get_mem_ptr(png);
    void *memory = malloc(n);
    if (!memory) d->exhausted = 1;
    return memory;
}

static int open_png(struct decoder *d)
{
    d->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, d, png_failed, png_ignored, d, png_allocate, NULL);
    if (d->png) d->info = png_create_info_struct(d->png);
    if (!d->info) return ag_fault_memory(d->fault);
    if (setjmp(d->escape)) return AG_BROKEN;
    /* Skips chunks that don't affect the pixels. For a text chunk, libpng would allocate as much as its length claims.
     */
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_user_limits(d->png, 0x7fffffff, 0x7fffffff); /* check_dimensions has a clearer message */
    png_init_io(d->png, d->file);
    png_read_info(d->png, d->info);
    d->width = (long)png_get_image_width(d->png, d->info);
    d->height = (long)png_get_image_height(d->png, d->info);
    return check_dimensions((unsigned long)d->width, (unsigned long)d->height, d->fault);
}

/* Blends RGBA with white, in place; the result is RGB. Resizing afterwards gives the same as resizing premultiplied
 * RGBA and then blending it with white, so no later code needs alpha. */
static void over_white(ag_u8 *rgba, long pixels)
{
    ag_u8 *rgb = rgba;
    for (long i = 0; i < pixels; i++, rgba += 4) {
        int alpha = rgba[3];
        for (int c = 0; c < 3; c++) *rgb++ = (ag_u8)((rgba[c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

/* Refuses a file that is too short for its pixels before they are allocated. Deflate's highest ratio is 1032. */
static int check_png_length(struct decoder *d)
{
    ag_u64 bits = (ag_u64)png_get_bit_depth(d->png, d->info) * png_get_channels(d->png, d->info), length;
    int outcome = file_length(d, &length);
    if (outcome || bits * (ag_u64)(d->width * d->height) / 8 <= length * 1032) return outcome;
    return ag_fault(d->fault, "the file ends early");
}

static int read_png(struct decoder *d)
{
    size_t stride = (size_t)d->width * 4;
    int outcome = check_png_length(d);
    if (outcome) return outcome;
    d->rgb = malloc(stride * (size_t)d->height); /* RGBA until over_white */
    d->rows = malloc(sizeof *d->rows * (size_t)d->height);
    if (!d->rgb || !d->rows) return ag_fault_memory(d->fault);
    for (long y = 0; y < d->height; y++) d->rows[y] = d->rgb + (size_t)y * stride;
    if (setjmp(d->escape)) return AG_BROKEN;
    png_set_scale_16(d->png);
    png_set_expand(d->png);
    png_set_gray_to_rgb(d->png);
    png_set_add_alpha(d->png, 255, PNG_FILLER_AFTER);
    png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    png_read_image(d->png, d->rows);
    png_read_end(d->png, NULL);
    over_white(d->rgb, d->width * d->height);
    return 0;
}

/* ---------------------------------------------------------------- JPEG */

static void jpeg_failed(j_common_ptr jpeg)
{
    struct decoder *d = jpeg->client_data;
    char message[JMSG_LENGTH_MAX];
    d->exhausted |= jpeg->err->msg_code == JERR_OUT_OF_MEMORY || jpeg->err->msg_code == JERR_NO_BACKING_STORE;
    jpeg->err->format_message(jpeg, message);
    ag_fault(d->fault, "%s", message);
    longjmp(d->escape, 1);
}

/* libjpeg warns of damage and continues with grey pixels. Here damage is an error; only harmless warnings are ignored.
 */
static void jpeg_message(j_common_ptr jpeg, int level)
{
    if (level >= 0) return;
    switch (jpeg->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
        return;
    default:
        jpeg_failed(jpeg);
    }
}

static void jpeg_progressed(j_common_ptr jpeg)
{
    struct decoder *d = jpeg->client_data;
    if (d->jpeg.input_scan_number <= MAX_SCANS) return;
    ag_fault(d->fault, "it has more than %d scans", MAX_SCANS);
    longjmp(d->escape, 1);
}

static int open_jpeg(struct decoder *d)
{
    d->jpeg.err = jpeg_std_error(&d->jpeg_errors);
    d->jpeg_errors.error_exit = jpeg_failed;
    d->jpeg_errors.emit_message = jpeg_message;
    d->jpeg.client_data = d;
    if (setjmp(d->escape)) return AG_BROKEN;
    jpeg_create_decompress(&d->jpeg);
    d->jpeg_progress.progress_monitor = jpeg_progressed;
    d->jpeg.progress = &d->jpeg_progress;
    jpeg_stdio_src(&d->jpeg, d->file);
    jpeg_read_header(&d->jpeg, TRUE);
    d->width = (long)d->jpeg.image_width;
    d->height = (long)d->jpeg.image_height;
    return check_dimensions(d->jpeg.image_width, d->jpeg.image_height, d->fault);
}

/* Converts CMYK to RGB. inverted: 1 for files of Adobe's programs, which store 255 - ink. */
static void cmyk_to_rgb(const ag_u8 *cmyk, long pixels, int inverted, ag_u8 *rgb)
{
    for (long i = 0; i < pixels; i++, cmyk += 4) {
        int key = inverted ? cmyk[3] : 255 - cmyk[3];
        for (int c = 0; c < 3; c++) {
            int ink = inverted ? cmyk[c] : 255 - cmyk[c];
            *rgb++ = (ag_u8)((ink * key + 127) / 255);
        }
    }
}

static void grey_to_rgb(const ag_u8 *grey, long pixels, ag_u8 *rgb)
{
    for (long i = 0; i < pixels; i++)
        for (int c = 0; c < 3; c++) *rgb++ = grey[i];
}

/* Refuses a file that is too short for its pixels before they are allocated. Each block of 8x8 samples has a Huffman
 * code of its own for its mean, the DC coefficient, and a code has at least one bit. Therefore a file has at least one
 * bit for each block. */
static int check_jpeg_length(struct decoder *d)
{
    ag_u64 blocks = 0, length;
    int outcome = file_length(d, &length);
    for (int i = 0; i < d->jpeg.num_components; i++)
        blocks += (ag_u64)d->jpeg.comp_info[i].width_in_blocks * d->jpeg.comp_info[i].height_in_blocks;
    if (outcome || blocks <= length * 8) return outcome;
    if (d->jpeg.arith_code && d->width * d->height <= MAX_FLAT) return AG_GOOD;
    return ag_fault(d->fault, "its %llu bytes are too few for %ldx%ld pixels", length, d->width, d->height);
}

static int read_jpeg(struct decoder *d)
{
    size_t stride = (size_t)d->width * 3;
    int outcome = check_jpeg_length(d);
    if (outcome) return outcome;
    d->row = malloc((size_t)d->width * 4);
    d->rgb = malloc(stride * (size_t)d->height);
    if (!d->row || !d->rgb) return ag_fault_memory(d->fault);
    if (setjmp(d->escape)) return AG_BROKEN;
    int from = d->jpeg.jpeg_color_space;
    d->jpeg.out_color_space = from == JCS_GRAYSCALE                  ? JCS_GRAYSCALE
                              : from == JCS_CMYK || from == JCS_YCCK ? JCS_CMYK
                                                                     : JCS_RGB;
    jpeg_start_decompress(&d->jpeg);
    while (d->jpeg.output_scanline < d->jpeg.output_height) {
        ag_u8 *rgb = d->rgb + d->jpeg.output_scanline * stride;
        JSAMPROW row = d->jpeg.out_color_space == JCS_RGB ? rgb : d->row;
        jpeg_read_scanlines(&d->jpeg, &row, 1);
        if (d->jpeg.out_color_space == JCS_GRAYSCALE) grey_to_rgb(row, d->width, rgb);
        if (d->jpeg.out_color_space == JCS_CMYK) cmyk_to_rgb(row, d->width, d->jpeg.saw_Adobe_marker, rgb);
    }
    jpeg_finish_decompress(&d->jpeg);
    return 0;
}

/* ---------------------------------------------------------------- PNG or JPEG */

static int decode_kind(struct decoder *d, enum ag_picture_kind kind, int header_only)
{
    int png = kind == AG_PICTURE_PNG, outcome;
    rewind(d->file);
    outcome = png ? open_png(d) : open_jpeg(d);
    if (outcome || header_only) return outcome;
    return png ? read_png(d) : read_jpeg(d);
}

static int decode(struct decoder *d, int header_only)
{
    enum ag_picture_kind kind;
    int outcome = ag_picture_kind(d->file, &kind, d->fault);
    if (outcome) return outcome;
    if (kind == AG_PICTURE_NONE) return ag_fault(d->fault, "neither a PNG nor a JPEG inside");
    if (!header_only) outcome = ag_exif_orientation(d->file, kind, &d->orientation, d->fault);
    if (!outcome) outcome = decode_kind(d, kind, header_only);
    if (d->exhausted) return ag_fault_memory(d->fault);
    return outcome && ferror(d->file) ? ag_fault_errno(d->fault, EIO) : outcome;
}

static void close_decoder(struct decoder *d)
{
    if (d->png) png_destroy_read_struct(&d->png, &d->info, NULL);
    if (d->jpeg.err) jpeg_destroy_decompress(&d->jpeg);
    free(d->row);
    free(d->rows);
}

/* The decoder is closed then; d keeps its size, its orientation and, unless header_only, its pixels. */
static int decode_file(struct decoder *d, FILE *file, int header_only, char fault[AG_FAULT])
{
    memset(d, 0, sizeof *d);
    d->file = file;
    d->fault = fault;
    int outcome = decode(d, header_only);
    close_decoder(d);
    return outcome;
}

int ag_picture_probe(FILE *file, char fault[AG_FAULT])
{
    struct decoder d;
    return decode_file(&d, file, 1, fault);
}

int ag_picture_read(FILE *file, ag_u8 **rgb, int *width, int *height, char fault[AG_FAULT])
{
    struct decoder d;
    int outcome = decode_file(&d, file, 0, fault);
    *rgb = d.rgb;
    *width = (int)d.width;
    *height = (int)d.height;
    if (!outcome && ag_exif_turn(rgb, width, height, d.orientation)) outcome = ag_fault_memory(fault);
    if (!outcome) return AG_GOOD;
    free(*rgb);
    *rgb = NULL;
    return outcome;
}

int ag_picture_read_fitted(FILE *file, const struct ag_data_options *options, ag_u8 *out, char fault[AG_FAULT])
{
    ag_u8 *rgb;
    int width, height, outcome = ag_picture_read(file, &rgb, &width, &height, fault);
    if (outcome) return outcome;
    struct ag_pixels pixels = {width, height, 3, 3L * width, rgb};
    if (ag_fit(&pixels, options->size, options->channels, options->center_crop, out)) outcome = ag_fault_memory(fault);
    free(rgb);
    return outcome;
}
