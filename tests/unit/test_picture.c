/* Tests of resizing, and of decoding PNG and JPEG files. */
#define _GNU_SOURCE /* fopencookie */
#include "../../runtime/data.h"
#include "data_files.h"

#include <errno.h>
#include <sys/resource.h>

/* ---------------------------------------------------------------- resizing */

static void test_resize_constants(void)
{
    static const int sizes[][4] = {{64, 64, 16, 16}, {17, 90, 32, 32},  {3, 5, 48, 7},
                                   {1, 1, 8, 8},     {500, 20, 33, 20}, {2, 2, 1, 1}};
    static ag_u8 in[500 * 90 * 3], out[64 * 64 * 3];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int value = 0; value < 256; value += 51) {
            const int *s = sizes[i];
            struct ag_pixels pixels = {s[0], s[1], 3, s[0] * 3L, in};
            int same = 1;
            fill(in, (long)s[0] * s[1] * 3, value);
            fill(out, sizeof out, 1);
            ag_resize(&pixels, s[2], s[3], out);
            for (int k = 0; k < s[2] * s[3] * 3; k++) same &= out[k] == value;
            check(same, "constant %d, %dx%d to %dx%d", value, s[0], s[1], s[2], s[3]);
        }
    }
}

static void test_resize_checkerboard(void)
{
    static ag_u8 in[96 * 96], out[48 * 48];
    static const int sizes[] = {48, 32, 24, 17, 8};
    for (int i = 0; i < 96 * 96; i++) in[i] = (ag_u8)(((i / 96 + i % 96) & 1) * 255);
    struct ag_pixels pixels = {96, 96, 1, 96, in};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int size = sizes[i], worst = 0;
        ag_resize(&pixels, size, size, out);
        for (int k = 0; k < size * size; k++) {
            int off = abs(out[k] - 127);
            worst = off > worst ? off : worst;
        }
        check(worst <= 6, "checkerboard 96 to %d: %d away from grey", size, worst);
    }
}

static void test_resize_identity_and_order(void)
{
    ag_u8 in[7 * 5 * 3], out[14 * 5 * 3], ramp[16], fine[32];
    for (int i = 0; i < 7 * 5 * 3; i++) in[i] = (ag_u8)(i * 37);
    struct ag_pixels pixels = {5, 5, 3, 21, in + 3}, line = {16, 1, 1, 16, ramp};
    ag_resize(&pixels, 5, 5, out);
    int same = 1;
    for (int y = 0; y < 5; y++) same &= !memcmp(out + y * 15, in + y * 21 + 3, 15);
    check(same, "equal size changes pixels, or the stride is not heeded");

    for (int i = 0; i < 16; i++) ramp[i] = (ag_u8)(i * 16);
    ag_resize(&line, 32, 1, fine);
    int rises = 1;
    for (int i = 1; i < 32; i++) rises &= fine[i] >= fine[i - 1];
    check(rises && abs(fine[16] - 124) <= 1, "enlarging a ramp: the middle is %d", fine[16]);
    ag_resize(&line, 8, 1, fine);
    check(abs(fine[0] - 8) <= 5 && abs(fine[4] - 136) <= 1 && abs(fine[7] - 232) <= 5, "shrinking a ramp: %d %d %d",
          fine[0], fine[4], fine[7]);
}

static void test_fit(void)
{
    static ag_u8 in[8 * 24 * 3], out[8 * 8 * 3];
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 24; x++)
            for (int c = 0; c < 3; c++) in[(y * 24 + x) * 3 + c] = (ag_u8)(x >= 8 && x < 16 ? 200 : 0);
    struct ag_pixels wide = {24, 8, 3, 72, in};
    ag_fit(&wide, 8, 3, 1, out);
    int same = 1;
    for (int i = 0; i < 8 * 8 * 3; i++) same &= out[i] == 200;
    check(same, "the centred square of 24x8");
    ag_fit(&wide, 8, 3, 0, out);
    check(out[0] < 20 && out[12] > 180, "both axes resized: %d %d", out[0], out[12]);
    ag_u8 colour[3] = {255, 0, 0}, grey;
    struct ag_pixels one = {1, 1, 3, 3, colour};
    ag_fit(&one, 1, 1, 0, &grey);
    check(grey == 76, "grey of red is %d", grey);
}

/* ---------------------------------------------------------------- picture files */

/* Reads a picture by its name, as ag_picture_read does, and checks that reading it from its bytes in memory gives the
 * same. */
static int read_picture(const char *path, ag_u8 **rgb, int *width, int *height, char fault[AG_FAULT])
{
    static ag_u8 bytes[1 << 20];
    char fault_memory[AG_FAULT] = "";
    ag_u8 *rgb_memory;
    int size[2];
    FILE *file = fopen(path, "rb");
    if (!file) return perror(path), 1;
    int failed = ag_picture_read(file, rgb, width, height, fault);
    rewind(file);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (!n) return failed;
    file = fmemopen(bytes, n, "r");
    int failed_memory = ag_picture_read(file, &rgb_memory, &size[0], &size[1], fault_memory);
    fclose(file);
    check(failed == failed_memory && !strcmp(fault, fault_memory), "%s in memory: %d, %s", path, failed_memory,
          fault_memory);
    check(failed || (size[0] == *width && size[1] == *height &&
                     !memcmp(*rgb, rgb_memory, (size_t)*width * (size_t)*height * 3)),
          "%s: other pixels from memory", path);
    free(rgb_memory);
    return failed;
}

static void check_picture(const char *path, int width, int height, int r, int g, int b, int tolerance)
{
    ag_u8 *rgb;
    int w, h;
    char fault[AG_FAULT] = "";
    int status = read_picture(path, &rgb, &w, &h, fault);
    check(!status && w == width && h == height, "%s: %s (%dx%d)", path, fault, w, h);
    if (status) return;
    long last = ((long)w * h - 1) * 3;
    for (long i = 0; i <= last; i += last ? last : 1) {
        int off = abs(rgb[i] - r) + abs(rgb[i + 1] - g) + abs(rgb[i + 2] - b);
        check(off <= tolerance, "%s: pixel %ld is %d %d %d, not %d %d %d", path, i / 3, rgb[i], rgb[i + 1], rgb[i + 2],
              r, g, b);
    }
    free(rgb);
}

static void test_png_kinds(void)
{
    static const struct {
        struct png_kind kind;
        int rgb[3];
    } cases[] = {
        {{PNG_COLOR_TYPE_RGB, 8, 0, "\x10\x80\xff", 3}, {16, 128, 255}},
        {{PNG_COLOR_TYPE_RGB, 8, 1, "\x10\x80\xff", 3}, {16, 128, 255}},
        {{PNG_COLOR_TYPE_RGB, 16, 0, "\x10\x90\x80\x00\xff\xff", 6}, {16, 127, 255}},
        {{PNG_COLOR_TYPE_GRAY, 8, 0, "\x42", 1}, {66, 66, 66}},
        {{PNG_COLOR_TYPE_GRAY, 16, 1, "\x42\x00", 2}, {66, 66, 66}},
        {{PNG_COLOR_TYPE_GRAY, 1, 0, "\xff", 1}, {255, 255, 255}},
        {{PNG_COLOR_TYPE_GRAY, 4, 0, "\x77", 1}, {119, 119, 119}},
        {{PNG_COLOR_TYPE_GRAY_ALPHA, 8, 0, "\x00\x33", 2}, {204, 204, 204}},
        {{PNG_COLOR_TYPE_RGB_ALPHA, 8, 0, "\xff\x00\x64\x80", 4}, {255, 127, 177}},
        {{PNG_COLOR_TYPE_RGB_ALPHA, 8, 1, "\x00\x00\x00\x00", 4}, {255, 255, 255}},
        {{PNG_COLOR_TYPE_RGB_ALPHA, 16, 0, "\x00\x00\xff\xff\x00\x00\x80\x00", 8}, {128, 255, 128}},
        {{PNG_COLOR_TYPE_PALETTE, 8, 0, "\x00", 1}, {10, 20, 30}},
        {{PNG_COLOR_TYPE_PALETTE, 8, 0, "\x01", 1}, {244, 224, 214}},
        {{PNG_COLOR_TYPE_PALETTE, 1, 0, "\x00", 1}, {10, 20, 30}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_png_kind(at("kind.png"), &cases[i].kind, 13, 9);
        const int *rgb = cases[i].rgb;
        check_picture(at("kind.png"), 13, 9, rgb[0], rgb[1], rgb[2], 2);
    }
}

static void test_jpeg_kinds(void)
{
    write_jpeg(at("rgb.jpg"), JCS_RGB, 0, "\x40\x80\xb0", 3, 40, 30);
    check_picture(at("rgb.jpg"), 40, 30, 67, 131, 179, 12);
    write_jpeg(at("grey.jpg"), JCS_GRAYSCALE, 0, "\x50", 1, 9, 17);
    check_picture(at("grey.jpg"), 9, 17, 80, 80, 80, 0);
    write_jpeg(at("cmyk.jpg"), JCS_CMYK, 1, "\xff\x80\x00\xff", 4, 16, 16);
    check_picture(at("cmyk.jpg"), 16, 16, 255, 128, 0, 3);
    write_jpeg(at("cmyk.jpg"), JCS_CMYK, 0, "\xff\x80\x00\x00", 4, 16, 16);
    check_picture(at("cmyk.jpg"), 16, 16, 0, 127, 255, 3);
}

/* Gives the colour of pixel i of six; grey: with equal red, green and blue. */
static void six_colour(int i, int grey, ag_u8 rgb[3])
{
    for (int c = 0; c < 3; c++) rgb[c] = (ag_u8)(grey || c == 0 ? 30 + 40 * i : c == 1 ? 255 - 50 * i : 7 * i);
}

/* Writes six pixels in three rows, as a grey JPEG or a PNG in colours, with an orientation in EXIF data. */
static void write_six(const char *path, int is_jpeg, int orientation)
{
    ag_u8 rgb[6][3], grey[6];
    for (int i = 0; i < 6; i++) {
        six_colour(i, is_jpeg, rgb[i]);
        grey[i] = rgb[i][0];
    }
    if (is_jpeg)
        write_jpeg_rows(path, JCS_GRAYSCALE, 0, grey, 2, 1, 2, 3);
    else
        write_png(path, rgb[0], 2, 3);
    add_exif(path, orientation);
}

/* turned[orientation]: the pixels of the turned picture, row by row, if the file has the rows AB, CD, EF. */
static const char *const turned[] = {"",       "ABCDEF", "BADCFE", "FEDCBA", "EFCDAB",
                                     "ACEBDF", "ECAFDB", "FDBECA", "BDFACE"};

static void check_six(const char *path, int is_jpeg, int orientation, const ag_u8 *rgb, int width, int height)
{
    int right = orientation <= 4 ? width == 2 && height == 3 : width == 3 && height == 2;
    for (int i = 0; right && i < 6; i++) {
        ag_u8 wanted[3];
        six_colour(turned[orientation][i] - 'A', is_jpeg, wanted);
        for (int c = 0; c < 3; c++) right &= abs(rgb[3 * i + c] - wanted[c]) <= (is_jpeg ? 4 : 0);
    }
    check(right, "%s of orientation %d: %dx%d, or other pixels", path, orientation, width, height);
}

static void test_orientation(void)
{
    for (int orientation = 1; orientation <= 8; orientation++) {
        for (int is_jpeg = 0; is_jpeg < 2; is_jpeg++) {
            const char *path = at(is_jpeg ? "exif.jpg" : "exif.png");
            ag_u8 *rgb;
            int width, height;
            char fault[AG_FAULT] = "";
            write_six(path, is_jpeg, orientation);
            int status = read_picture(path, &rgb, &width, &height, fault);
            check(!status, "%s of orientation %d: %s", path, orientation, fault);
            if (!status) check_six(path, is_jpeg, orientation, rgb, width, height);
            free(rgb);
        }
    }
}

/* ---------------------------------------------------------------- a disk that fails */

/* A file of which one read call fails, the one with number `failing`. Later ones succeed. */
struct flaky {
    const ag_u8 *bytes;
    size_t n, at;
    int reads, failing;
};

static ssize_t flaky_read(void *cookie, char *out, size_t n)
{
    struct flaky *flaky = cookie;
    if (flaky->reads++ == flaky->failing) {
        errno = EIO;
        return -1;
    }
    if (n > flaky->n - flaky->at) n = flaky->n - flaky->at;
    memcpy(out, flaky->bytes + flaky->at, n);
    flaky->at += n;
    return (ssize_t)n;
}

static int flaky_seek(void *cookie, off64_t *offset, int whence)
{
    struct flaky *flaky = cookie;
    off64_t to = *offset + (whence == SEEK_CUR ? (off64_t)flaky->at : whence == SEEK_END ? (off64_t)flaky->n : 0);
    if (to < 0 || to > (off64_t)flaky->n) return -1;
    flaky->at = (size_t)to;
    *offset = to;
    return 0;
}

static FILE *open_flaky(struct flaky *flaky, const char *path, int failing)
{
    *flaky = (struct flaky){.failing = failing};
    flaky->bytes = file_bytes(path, &flaky->n);
    FILE *file = fopencookie(flaky, "rb", (cookie_io_functions_t){.read = flaky_read, .seek = flaky_seek});
    if (!file || setvbuf(file, NULL, _IONBF, 0)) perror("fopencookie"), exit(1);
    return file;
}

/* Whichever read call fails, decoding fails as an error of the machine, or gives the right picture. No failure may make
 * the picture lose its orientation. */
static void test_failing_disk(void)
{
    for (int is_jpeg = 0; is_jpeg < 2; is_jpeg++) {
        const char *path = at(is_jpeg ? "flaky.jpg" : "flaky.png");
        enum ag_picture_kind kind = is_jpeg ? AG_PICTURE_JPEG : AG_PICTURE_PNG;
        int orientation, width, height, exhausted = 0;
        struct flaky flaky;
        char fault[AG_FAULT] = "";
        write_six(path, is_jpeg, 6);
        FILE *file = open_flaky(&flaky, path, 0);
        int outcome = ag_exif_orientation(file, kind, &orientation, fault);
        check(outcome == AG_EXHAUSTED && !strcmp(fault, strerror(EIO)), "%s: EXIF, %d, %s", path, outcome, fault);
        fclose(file);
        for (int failing = 0; failing == 0 || flaky.reads > flaky.failing; failing++) {
            ag_u8 *rgb;
            file = open_flaky(&flaky, path, failing);
            outcome = ag_picture_read(file, &rgb, &width, &height, fault);
            if (outcome == AG_GOOD)
                check_six(path, is_jpeg, 6, rgb, width, height);
            else
                check(outcome == AG_EXHAUSTED && !strcmp(fault, strerror(EIO)), "%s, %d: %s", path, failing, fault);
            exhausted += outcome == AG_EXHAUSTED;
            fclose(file);
            free(rgb);
        }
        check(exhausted >= 20, "%s: only %d readings failed", path, exhausted);
    }
}

/* ---------------------------------------------------------------- short files */

/* How a JPEG of one colour is written. Such a file has as few bytes per pixel as possible. */
struct flat {
    J_COLOR_SPACE space;
    int components, across, down; /* across, down: sampling factors of the first component */
    int progressive, arithmetic;
};

/* Sets one scan with the means of all components, and one for each component with its other coefficients. */
static void set_scans(struct jpeg_compress_struct *jpeg, jpeg_scan_info scans[5])
{
    scans[0] = (jpeg_scan_info){.comps_in_scan = jpeg->num_components, .component_index = {0, 1, 2, 3}};
    for (int i = 0; i < jpeg->num_components; i++)
        scans[1 + i] = (jpeg_scan_info){.comps_in_scan = 1, .component_index = {i}, .Ss = 1, .Se = 63};
    jpeg->scan_info = scans;
    jpeg->num_scans = 1 + jpeg->num_components;
}

static void write_flat(const char *path, const struct flat *flat, int width, int height)
{
    FILE *file = create(path);
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg_scan_info scans[5];
    JSAMPROW row = malloc((size_t)(width * flat->components));
    fill(row, (long)width * flat->components, 128);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = flat->components;
    jpeg.in_color_space = flat->space;
    jpeg_set_defaults(&jpeg);
    jpeg.optimize_coding = !flat->arithmetic;
    jpeg.arith_code = flat->arithmetic;
    jpeg.write_JFIF_header = FALSE;
    jpeg.comp_info[0].h_samp_factor = flat->across;
    jpeg.comp_info[0].v_samp_factor = flat->down;
    if (flat->progressive) set_scans(&jpeg, scans);
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < height; y++) jpeg_write_scanlines(&jpeg, &row, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    fclose(file);
}

static void check_flat(const struct flat *flat)
{
    static const int sizes[][2] = {{1, 1}, {8, 8}, {9, 7}, {65, 33}, {1, 4000}, {1024, 1024}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        write_flat(at("flat.jpg"), flat, sizes[i][0], sizes[i][1]);
        /* CMYK: the colour's ink takes half of the light, and the black ink half of the rest */
        int value = flat->space == JCS_CMYK ? 64 : 128;
        check_picture(at("flat.jpg"), sizes[i][0], sizes[i][1], value, value, value, 3);
    }
}

/* A picture of one colour has few bytes for its size, and must not be taken for broken. */
static void test_flat_jpegs(void)
{
    for (int progressive = 0; progressive < 2; progressive++) {
        for (int arithmetic = 0; arithmetic < 2; arithmetic++) {
            check_flat(&(struct flat){JCS_GRAYSCALE, 1, 1, 1, progressive, arithmetic});
            check_flat(&(struct flat){JCS_CMYK, 4, 1, 1, progressive, arithmetic});
        }
        for (int across = 1; across <= 4; across++)
            for (int down = 1; down <= 4 && across * down <= 8; down++) /* an MCU has ten blocks at most */
                check_flat(&(struct flat){JCS_RGB, 3, across, down, progressive, 0});
    }
}

/* Writes another size into the frame header of a JPEG. */
static void claim_size(const char *path, int width, int height)
{
    size_t n, at = 2;
    ag_u8 *bytes = file_bytes(path, &n);
    while (bytes[at + 1] < 0xc0 || bytes[at + 1] > 0xcf || bytes[at + 1] == 0xc4 || bytes[at + 1] == 0xcc)
        at += 2 + 256u * bytes[at + 2] + bytes[at + 3];
    put_number(bytes + at + 5, (unsigned long)height << 16 | (unsigned long)width);
    FILE *file = create(path);
    fwrite(bytes, 1, n, file);
    fclose(file);
}

/* Appends the last scan of a JPEG `times` times. The copies change no pixel. */
static void repeat_scan(const char *path, int times)
{
    static ag_u8 scan[1024];
    size_t n, at;
    const ag_u8 *bytes = file_bytes(path, &n);
    for (at = n - 2; bytes[at] != 0xff || bytes[at + 1] != 0xda; at--) continue;
    size_t length = n - 2 - at;
    memcpy(scan, bytes + at, length);
    insert(path, n - 2, scan, length, times);
}

/* A file that claims large chunks or many pixels, but is short, must be refused without taking memory for them. */
static void test_small_pngs_take_little(void)
{
    static const char *const kinds[] = {"tEXt", "zTXt", "iTXt", "iCCP", "eXIf", "sPLT", "juNk"};
    struct rusage before, after;
    char fault[AG_FAULT] = "";
    ag_u8 *rgb;
    int width, height;
    getrusage(RUSAGE_SELF, &before);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        write_png_header(at("claim.png"), 8, 8);
        cut(at("claim.png"), 33);
        FILE *file = fopen(at("claim.png"), "ab");
        fprintf(file, "\x7e%c%c\3%sComment%ctext......", 0, 0, kinds[i], 0);
        fclose(file);
        check(read_picture(at("claim.png"), &rgb, &width, &height, fault) == AG_BROKEN, "%s claims 2 GB", kinds[i]);
    }
    write_png_header(at("claim.png"), 16384, 8192);
    check(read_picture(at("claim.png"), &rgb, &width, &height, fault) == AG_BROKEN, "pixels that aren't there");
    getrusage(RUSAGE_SELF, &after);
    check(after.ru_maxrss - before.ru_maxrss < 64 << 10, "%ld kB more", after.ru_maxrss - before.ru_maxrss);
}

static void check_broken(const char *path, const char *words)
{
    ag_u8 *rgb;
    int width, height;
    char fault[AG_FAULT] = "";
    check(read_picture(path, &rgb, &width, &height, fault) == 1, "%s is not refused", path);
    check(strstr(fault, words) != NULL, "%s: '%s' is not in: %s", path, words, fault);
    check(rgb == NULL, "pixels of a broken picture");
}

static void test_broken_files(void)
{
    const char *png = at("broken.png"), *jpeg = at("broken.jpg");
    write_noise(png, 64);
    long size = file_size(png);
    cut(png, size / 2);
    check_broken(png, "the file ends early");
    write_noise(png, 64);
    damage(png, size / 2);
    check_broken(png, "");
    write_png_header(png, 0, 5);
    check_broken(png, "");
    write_png_header(png, 20000, 10);
    check_broken(png, "20000x10 pixels are too many");
    write_png_header(png, 16384, 16384);
    check_broken(png, "16384x16384 pixels are too many");
    write_text(png, "");
    check_broken(png, "neither a PNG nor a JPEG");
    write_jpeg(jpeg, JCS_RGB, 0, "\x40\x80\xb0", 3, 200, 200);
    size = file_size(jpeg);
    cut(jpeg, size / 2);
    check_broken(jpeg, "remature end");
    cut(jpeg, 10);
    check_broken(jpeg, "");
    write_jpeg(jpeg, JCS_RGB, 0, "\x40\x80\xb0", 3, 17000, 1);
    check_broken(jpeg, "17000x1 pixels are too many");
}

/* Short JPEGs that claim many pixels must be refused likewise. */
static void test_small_jpegs_take_little(void)
{
    const char *path = at("claim.jpg"), *words = "bytes are too few for 16384x8192 pixels";
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 8; i++) {
        const struct flat flat = {i & 4 ? JCS_RGB : JCS_GRAYSCALE, i & 4 ? 3 : 1, 1, 1, i & 1, i >> 1 & 1};
        write_flat(path, &flat, 64, 64);
        claim_size(path, 16384, 8192);
        check_broken(path, words);
        cut(path, file_size(path) - 3);
        check_broken(path, words);
    }
    getrusage(RUSAGE_SELF, &after);
    check(after.ru_maxrss - before.ru_maxrss < 64 << 10, "%ld kB more", after.ru_maxrss - before.ru_maxrss);
}

/* A JPEG with too many scans is refused, because each scan takes a pass over all pixels. */
static void test_many_scans(void)
{
    for (int arithmetic = 0; arithmetic < 2; arithmetic++) {
        const struct flat flat = {JCS_GRAYSCALE, 1, 1, 1, 1, arithmetic};
        write_flat(at("scans.jpg"), &flat, 32, 32); /* has two scans */
        repeat_scan(at("scans.jpg"), 254);
        check_picture(at("scans.jpg"), 32, 32, 128, 128, 128, 0);
        repeat_scan(at("scans.jpg"), 1);
        check_broken(at("scans.jpg"), "more than 256 scans");
    }
}

int main(void)
{
    if (!mkdtemp(folder)) return perror(folder), 1;
    atexit(remove_folder);
    test_resize_constants();
    test_resize_checkerboard();
    test_resize_identity_and_order();
    test_fit();
    test_png_kinds();
    test_jpeg_kinds();
    test_orientation();
    test_failing_disk();
    test_small_pngs_take_little();
    test_small_jpegs_take_little();
    test_many_scans();
    test_flat_jpegs();
    test_broken_files();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
