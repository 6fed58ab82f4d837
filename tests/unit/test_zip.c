/* Tests of the data format zip: archives of every kind, and broken ones. */
#define _XOPEN_SOURCE     700
#define _FILE_OFFSET_BITS 64
#include "../../runtime/data.h"
#include "data_checks.h"
#include "zip_files.h"

/* ---------------------------------------------------------------- whole sets */

static const char *numbered(int i)
{
    static char name[64];
    static const char *const under[] = {"", "deep/er/", "b/", "deep/"};
    snprintf(name, sizeof name, "%sp%d", under[i % 4], i);
    return name;
}

/* Writes the same pictures into a folder and into an archive, where they come in another order and among other
 * entries. */
static void make_set(const char *set, const char *archive, int zip64, const char *comment)
{
    static const struct how hows[] = {{.deflated = 0}, {.deflated = 1}, {.descriptor = 1, .deflated = 1}};
    struct zip zip;
    char path[128];
    zip_begin(&zip, at(archive));
    zip_add(&zip, "dataset.json", "{\"labels\": null}", 16, &hows[1]);
    zip_add(&zip, "deep/", "", 0, NULL);
    for (int i = PICTURES - 1; i >= 0; i--) {
        struct how how = hows[i % 3];
        how.zip64 = zip64 && i % 2;
        snprintf(path, sizeof path, "%s/%s", set, numbered(i));
        write_number(at(path), i, 5 + i % 9, 20 - i % 7);
        zip_add_file(&zip, numbered(i), at(path), &how);
        if (i % 20) continue;
        zip_add_file(&zip, "__MACOSX/._p.png", at(path), NULL);
        zip_add_file(&zip, ".hidden/p.png", at(path), NULL);
    }
    zip_end(&zip, zip64, comment);
}

static void test_sets(void)
{
    make_folder("set");
    make_folder("set/deep");
    make_folder("set/deep/er");
    make_folder("set/b");
    make_set("set", "set.zip", 0, "");
    make_set("set", "set64.zip", 1, "PK\5\6 is how an end begins, and this one ends in .............................");
    struct ag_data_options folder_set = options("images", at("set"), SIDE), o = options("zip", at("set.zip"), SIDE);
    struct ag_data *data = open_data(&o);
    int times[2][256];
    check(strstr(ag_data_summary(data), "60 pictures (zip,") != NULL, "%s", ag_data_summary(data));
    check(visit_images(data, 0, 10, times[0]) == 30 && visit_images(data, 1, 10, times[1]) == 30, "each picture once");
    for (int i = 0; i < 256; i++)
        check(times[0][i] + times[1][i] == (i < PICTURES), "picture %d: %d and %d times", i, times[0][i], times[1][i]);
    ag_data_close(data);
    check_same_batches(&folder_set, &o, 1);
    o.cache_bytes = 1;
    check_same_batches(&folder_set, &o, 1);
    o.path = at("set64.zip");
    check_same_batches(&folder_set, &o, 1);
    o.format = "shapes";
    check_same_batches(&folder_set, &o, 1);
    o.center_crop = folder_set.center_crop = 1;
    o.channels = folder_set.channels = 1;
    check_same_batches(&folder_set, &o, 1);
}

static void open_source(struct ag_source *source, const char *path)
{
    struct ag_error err;
    memset(source, 0, sizeof *source);
    source->options = options("zip", path, SIDE);
    int status = ag_source_zip(source, &err);
    check(!status, "%s: %s", path, status ? err.text : "");
    if (status) exit(1);
}

static void close_source(struct ag_source *source)
{
    for (int i = 0; source->fault && i < source->count; i++) free(source->fault[i]);
    free(source->fault);
    source->close(source);
}

struct readers {
    struct ag_source source;
    ag_u8 expected[PICTURES][SIDE * SIDE * 3];
    int wrong[2000];
};

static void read_one(void *context, int task, int thread)
{
    struct readers *readers = context;
    ag_u8 out[SIDE * SIDE * 3];
    char fault[AG_FAULT];
    int i = task * 7 % PICTURES;
    (void)thread;
    readers->wrong[task] = readers->source.read(&readers->source, 0, (ag_u64)i, out, fault) ||
                           memcmp(out, readers->expected[i], sizeof out);
}

static void test_threads(void)
{
    static struct readers readers;
    char fault[AG_FAULT], label[AG_LABEL];
    int wrong = 0;
    open_source(&readers.source, at("set64.zip"));
    check(readers.source.count == PICTURES, "%d pictures", readers.source.count);
    const char *first = readers.source.name(&readers.source, 0, label);
    const char *last = readers.source.name(&readers.source, PICTURES - 1, label);
    check(!strcmp(first, "b/p10") && !strcmp(last, "p8"), "from %s to %s", first, last);
    for (int i = 0; i < PICTURES; i++)
        check(!readers.source.read(&readers.source, 0, (ag_u64)i, readers.expected[i], fault), "%s", fault);
    ag_set_threads(8);
    ag_parallel(2000, read_one, &readers);
    for (int i = 0; i < 2000; i++) wrong += readers.wrong[i];
    check(!wrong, "%d pictures are read wrongly by several threads", wrong);
    close_source(&readers.source);
}

/* An archive larger than 4 GiB. Most of it is a hole, which takes no disk space. */
static void test_large(void)
{
    struct zip zip;
    struct how how = {.zip64 = 1};
    write_number(at("1.png"), 1, 8, 8);
    write_number(at("2.png"), 2, 8, 8);
    zip_begin(&zip, at("large.zip"));
    zip_add_file(&zip, "00000/img00000001.png", at("1.png"), NULL);
    if (fseeko(zip.file, 5LL << 30, SEEK_SET)) perror("seek");
    zip_add_file(&zip, "00000/img00000002.png", at("2.png"), &how);
    zip_end(&zip, 1, "");
    struct ag_data_options o = options("zip", at("large.zip"), SIDE);
    int times[256];
    o.split = 1;
    struct ag_data *data = open_data(&o);
    check(visit_images(data, 0, 2, times) == 2 && times[1] && times[2], "the pictures of a large archive");
    ag_data_close(data);
    remove(at("large.zip"));
}

/* Writes an archive of 6 pictures at the given offsets. The holes between them take no disk space. */
static void make_holed(const char *path, ag_u64 before, const ag_u64 places[6], int zip64, const char *comment)
{
    static const struct how hows[] = {{.deflated = 0}, {.deflated = 1}, {.descriptor = 1, .deflated = 1}};
    struct zip zip;
    char name[32];
    zip_begin(&zip, path);
    zip.before = before;
    if (fseeko(zip.file, (off_t)before, SEEK_SET)) perror("seek");
    zip_add(&zip, "notes", "no picture", 10, &hows[1]);
    for (int i = 0; i < 6; i++) {
        struct how how = hows[i % 3];
        how.zip64 = zip64;
        snprintf(name, sizeof name, "set/%d.png", i * 5 % 7); /* so that names and offsets differ in order */
        write_number(at("number.png"), i, 8, 8);
        if (fseeko(zip.file, (off_t)(before + places[i]), SEEK_SET)) perror("seek");
        zip_add_file(&zip, name, at("number.png"), &how);
        zip_add(&zip, "set/", "", 0, NULL);
        zip_add_file(&zip, "__MACOSX/set/._x.png", at("number.png"), NULL);
    }
    zip_end(&zip, zip64, comment);
}

static void check_holed(const char *path, int expected)
{
    struct ag_data_options o = options("zip", path, SIDE);
    int times[256];
    o.split = 1;
    struct ag_data *data = open_data(&o);
    check(visit_images(data, 0, expected, times) == expected, "%s: not all pictures", path);
    check(ag_data_count(data, 0) == expected, "%s: %s", path, ag_data_summary(data));
    for (int i = 0; i < expected; i++) check(times[i] == 1, "%s: picture %d: %d times", path, i, times[i]);
    ag_data_close(data);
}

/* Returns 1 if the file system of the test's folder can store a hole of 10 GiB without taking the space. */
static int has_holes(void)
{
    struct stat info;
    const char *path = at("holes");
    FILE *file = create(path);
    int has = !ftruncate(fileno(file), 10LL << 30) && !fstat(fileno(file), &info) && info.st_blocks < 2048;
    fclose(file);
    remove(path);
    return has;
}

/* Archives larger than 4 GiB without zip64, as the Finder of macOS writes them: with offsets modulo 2^32. */
static void test_wrapped(void)
{
    static const ag_u64 G = 1 << 30, befores[] = {0, 4321, (4ULL << 30) + 99};
    const ag_u64 places[][6] = {{1000, 2 * G, 4 * G - 30, 4 * G + 4000, 4 * G + 6000, 4 * G + 100000000},
                                {1000, 3 * G, 5 * G, 7 * G, 9 * G, 9 * G + 5000},
                                {4 * G - 9000, 4 * G - 6000, 4 * G - 3000, 4 * G, 4 * G + 3000, 4 * G + 6000}};
    const ag_u64 unordered[6] = {9000, 6000, 3000, 15000, 12000, 18000};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            make_holed(at("holed.zip"), befores[i], places[k], 0, k % 2 ? "made by hand" : "");
            check_holed(at("holed.zip"), 6);
        }
    make_holed(at("holed.zip"), 4 * G + 99, places[0], 1, "");
    check_holed(at("holed.zip"), 6);
    make_holed(at("holed.zip"), 4 * G + 99, unordered, 1, ""); /* with zip64 the offsets are complete */
    check_holed(at("holed.zip"), 6);
    make_holed(at("holed.zip"), 99, unordered, 0, "");
    check_holed(at("holed.zip"), 6);
    remove(at("holed.zip"));
}

static void test_wrapped_refused(void)
{
    static const ag_u64 G = 1 << 30;
    const ag_u64 places[6] = {1000, 2 * G, 4 * G - 30, 4 * G + 4000, 4 * G + 6000, 4 * G + 100000000};
    const ag_u64 guesses[][6] = {{9000, 1000, 5 * G, 5 * G + 4000, 5 * G + 8000, 5 * G + 12000}, /* out of order */
                                 {3 * G, 2 * G, G, 5000, 4 * G, 4 * G + 8000}, /* guessed larger than the file is */
                                 {1000, 9000, 9 * G, 9 * G + 4000, 9 * G + 8000, 9 * G + 12000}}; /* a hole of 8 GiB */
    static const char words[] = "holed.zip|larger than 4 GiB|without zip64|make it again with zip64|7z|--data";
    char path[512];
    snprintf(path, sizeof path, "%s", at("holed.zip"));
    struct ag_data_options o = options("zip", path, SIDE);
    make_holed(o.path, 0, places, 0, "");
    damage(o.path, (long)(2 * G));
    check_refused(&o, 2, words);
    for (int i = 0; i < 3; i++) {
        make_holed(o.path, 0, guesses[i], 0, "");
        check_refused(&o, 2, words);
    }
    remove(o.path);
}

/* A picture with a header that is longer than the bytes that the loader looks at first. */
static void test_long_header(void)
{
    static ag_u8 picture[20000], *end;
    struct zip zip;
    struct how how = {.deflated = 1};
    char fault[AG_FAULT];
    ag_u8 out[SIDE * SIDE * 3];
    write_number(at("1.png"), 1, 8, 8);
    FILE *file = fopen(at("1.png"), "rb");
    size_t n = fread(picture, 1, 33, file); /* the signature and IHDR; then follows a chunk of an unknown kind */
    memcpy(picture + n, "\0\0\x27\x10juNk", 8);
    for (int i = 0; i < 10000; i++) picture[n + 8 + (size_t)i] = (ag_u8)(i * i >> 3);
    ag_u32 crc = (ag_u32)crc32(0, picture + n + 4, 10004);
    end = picture + n + 10008;
    for (int i = 24; i >= 0; i -= 8) *end++ = (ag_u8)(crc >> i);
    end += fread(end, 1, 1000, file);
    fclose(file);
    zip_begin(&zip, at("long.zip"));
    zip_add(&zip, "a", picture, (size_t)(end - picture), NULL);
    zip_add(&zip, "b", picture, (size_t)(end - picture), &how);
    zip_add(&zip, "c", picture, 9000, &how);
    zip_end(&zip, 0, "");
    struct ag_source source;
    open_source(&source, at("long.zip"));
    check(source.count == 3 && !source.fault[0] && !source.fault[1] && source.fault[2], "%d with a long header",
          source.count);
    for (ag_u64 i = 0; i < 2; i++) check(!source.read(&source, 0, i, out, fault) && out[0] == 1, "a long header");
    close_source(&source);
}

/* ---------------------------------------------------------------- broken archives */

static void test_refused(void)
{
    struct ag_data_options o = options("zip", at("none.zip"), SIDE);
    struct zip zip;
    check_refused(&o, 2, "none.zip|No such file|--data");
    o.path = make_folder("folder");
    check_refused(&o, 2, "no PNG or JPEG picture in|folder|--data");
    o.path = at("fifo.zip");
    check(mkfifo(o.path, 0600) == 0, "mkfifo");
    check_refused(&o, 2, "fifo.zip|is not a file|--data");
    o.path = NULL;
    check_refused(&o, 2, "no folder or archive|--data");
    o.path = at("text.zip");
    write_text(o.path, "");
    check_refused(&o, 2, "is not a zip archive|--data");
    write_text(o.path, "PK\3\4 and nothing of the sort, but long enough for an end record");
    check_refused(&o, 2, "is not a zip archive|--data");
    zip_begin(&zip, o.path);
    zip_end(&zip, 0, "");
    check_refused(&o, 2, "no PNG or JPEG picture in|text.zip|--data");
    zip_begin(&zip, o.path);
    zip_add(&zip, "dataset.json", "{}", 2, NULL);
    zip_add(&zip, "x.png/", "", 0, NULL);
    zip_end(&zip, 1, "");
    check_refused(&o, 2, "no PNG or JPEG picture in|text.zip|--data");
    zip_begin(&zip, o.path);
    zip_add(&zip, "dataset.json", "{}", 2, NULL);
    zip.entries = 2;
    zip_end(&zip, 0, "");
    check_refused(&o, 2, "text.zip|--data");
    zip_begin(&zip, o.path);
    zip_add(&zip, "a", "{}", 2, NULL);
    zip_add(&zip, "b", "{}", 2, NULL);
    zip.entries = 1;
    zip_end(&zip, 1, "");
    check_refused(&o, 2, "directory of another length|--data");
}

/* Writes an archive of two pictures with the numbers 90 and 91. */
static void make_small(const char *path, int zip64)
{
    static const struct how hows[] = {{.deflated = 0}, {.deflated = 1, .zip64 = 1}};
    struct zip zip;
    write_number(at("90.png"), 90, 8, 8);
    write_number(at("91.png"), 91, 8, 8);
    zip_begin(&zip, path);
    zip_add_file(&zip, "90.png", at("90.png"), &hows[0]);
    zip_add_file(&zip, "91.png", at("91.png"), &hows[zip64]);
    zip_end(&zip, zip64, "a comment");
}

static void test_cut_anywhere(void)
{
    struct ag_data *data;
    struct ag_error err;
    for (int zip64 = 0; zip64 < 2; zip64++) {
        struct ag_data_options o = options("zip", at("cut.zip"), SIDE);
        make_small(o.path, zip64);
        for (long size = file_size(o.path) - 1; size >= 0; size--) {
            cut(o.path, size);
            int status = ag_data_open(&data, &o, &err);
            check(status == 2 && strstr(err.text, "cut.zip") && strstr(err.text, "--data"), "cut to %ld: %d, %s", size,
                  status, err.text);
            ag_data_close(data);
        }
    }
}

/* Returns 1 if all pictures of the archive that can be read are right, or if the archive is refused with status 2. */
static int is_sound(const char *path)
{
    struct ag_source source;
    struct ag_error err;
    char fault[AG_FAULT];
    int sound = 1;
    memset(&source, 0, sizeof source);
    source.options = options("zip", path, SIDE);
    int status = ag_source_zip(&source, &err);
    if (status) sound = status == 2 && strstr(err.text, "--data");
    for (int i = 0; !status && i < source.count; i++) {
        ag_u8 out[SIDE * SIDE * 3];
        if (source.read(&source, 0, (ag_u64)i, out, fault)) continue;
        for (int k = 0; k < SIDE * SIDE * 3; k += 3)
            sound &= (out[k] == 90 || out[k] == 91) && out[k + 1] == 255 - out[k] && out[k + 2] == 77;
    }
    close_source(&source);
    return sound;
}

static void test_any_byte_wrong(void)
{
    ag_set_threads(1);
    for (int zip64 = 0; zip64 < 2; zip64++) {
        char path[512];
        snprintf(path, sizeof path, "%s", at("wrong.zip"));
        make_small(path, zip64);
        int fd = open(path, O_RDWR);
        for (long i = file_size(path) - 1; i >= 0; i--) {
            static const ag_u8 change[] = {0x01, 0x80, 0xff, 0x5a};
            ag_u8 byte, other;
            if (pread(fd, &byte, 1, i) != 1) perror(path);
            for (size_t c = 0; c < sizeof change; c++) {
                other = byte ^ change[c];
                if (pwrite(fd, &other, 1, i) != 1) perror(path);
                check(is_sound(path), "byte %ld of %s xor %#x", i, path, change[c]);
            }
            if (pwrite(fd, &byte, 1, i) != 1) perror(path);
        }
        close(fd);
    }
}

/* ---------------------------------------------------------------- broken entries */

static void test_broken_entries(void)
{
    static const struct {
        struct how how;
        const char *words;
    } cases[] = {{{.wrong_crc = 1}, "CRC-32"},
                 {{.wrong_crc = 1, .deflated = 1}, "CRC-32"},
                 {{.flags = 1}, "it is encrypted"},
                 {{.flags = 1 << 6, .deflated = 1}, "it is encrypted"},
                 {{.method = 12}, "method 12"},
                 {{.method = 8}, "compressed bytes are damaged"},
                 {{.more_size = 1}, "two sizes"},
                 {{.deflated = 1, .more_size = 1}, "smaller than the archive says"},
                 {{.deflated = 1, .more_size = -1}, "larger than the archive says"},
                 {{.deflated = 1, .more_stored = 1}, "compressed bytes end before they should"},
                 {{.deflated = 1, .more_stored = -1}, "compressed bytes end early"},
                 {{.zip64 = 1, .more_size = 1L << 30, .deflated = 1}, "too many for a picture"},
                 {{.zip64 = 1, .more_size = 1L << 62, .more_stored = 1L << 62}, "too many for a picture"},
                 {{.more_stored = 1 << 30, .deflated = 1}, "more bytes than there are"},
                 {{.zip64 = 1, .more_stored = -1000000, .deflated = 1}, "more bytes than there are"},
                 {{.more_offset = 1}, "not where the archive says"},
                 {{.more_offset = 100000000}, "a place outside"},
                 {{.zip64 = 1, .more_offset = -1000000}, "a place outside"}};
    write_noise(at("noise.png"), 60); /* longer than the bytes that the loader looks at first */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ag_source source;
        struct zip zip;
        char fault[AG_FAULT] = "";
        ag_u8 out[SIDE * SIDE * 3];
        zip_begin(&zip, at("one.zip"));
        zip_add_file(&zip, "a.png", at("noise.png"), NULL);
        zip_add_file(&zip, "b.png", at("noise.png"), &cases[i].how);
        zip_add_file(&zip, "c.png", at("noise.png"), NULL);
        zip_end(&zip, 0, "");
        open_source(&source, at("one.zip"));
        check(source.count == 3, "case %d: %d pictures", (int)i, source.count);
        check(!source.read(&source, 0, 0, out, fault) && !source.read(&source, 0, 2, out, fault), "its neighbours: %s",
              fault);
        check(source.read(&source, 0, 1, out, fault) == 1 && strstr(fault, cases[i].words), "case %d: %s", (int)i,
              fault);
        close_source(&source);
    }
}

/* Broken pictures are named and counted, when the set is opened or when they are read. */
static void test_broken_said(void)
{
    static const struct how encrypted = {.flags = 1}, bad_crc = {.wrong_crc = 7}, bzip2 = {.method = 12};
    char text[2000], path[512];
    snprintf(path, sizeof path, "%s", at("some.zip"));
    struct ag_data_options o = options("zip", path, SIDE);
    struct zip zip;
    int times[256];
    o.split = 1;
    zip_begin(&zip, o.path);
    for (int i = 0; i < 12; i++) {
        char name[32];
        snprintf(name, sizeof name, "00000/img%08d", i);
        write_number(at("i.png"), i, 8, 8);
        zip_add_file(&zip, name, at("i.png"), NULL);
    }
    zip_add(&zip, "00000/empty.png", "", 0, NULL);
    zip_add(&zip, "00000/text.jpg", "no picture", 10, NULL);
    zip_add_file(&zip, "00000/secret.png", at("noise.png"), &encrypted);
    zip_add_file(&zip, "00000/bzip2.png", at("noise.png"), &bzip2);
    zip_add_file(&zip, "secret", at("noise.png"), &encrypted);
    zip_add_file(&zip, "z.png", at("noise.png"), &bad_crc);
    zip_end(&zip, 0, "");
    for (int late = 0; late < 2; late++) {
        o.cache_bytes = (ag_u64)late;
        catch_stderr();
        struct ag_data *data = open_data(&o);
        for (int visits = 0; visits < 2; visits++) visit_images(data, 0, 1, times);
        caught_stderr(text, sizeof text);
        check(strstr(text, "skipped '00000/empty.png': it is empty\n") &&
                  strstr(text, "skipped '00000/text.jpg': nei") &&
                  strstr(text, "skipped '00000/secret.png': it is encrypted; ") &&
                  strstr(text, "skipped '00000/bzip2.png': it is compressed by method 12, ") &&
                  strstr(text, late ? "skipped 4 of 17" : "skipped 5 of 17") &&
                  occurrences(text, "skipped 'z.png': its bytes are damaged") == 1 && occurrences(text, "\n") == 6,
              "stderr: %s", text);
        for (int i = 0; i < 12; i++) check(times[i] >= 1 && times[i] <= 2, "picture %d: %d times", i, times[i]);
        ag_data_close(data);
    }
    zip_begin(&zip, o.path);
    zip_add_file(&zip, "00000/secret.png", at("noise.png"), &encrypted);
    zip_end(&zip, 0, "");
    check_refused(&o, 2, "none of the 1 pictures|some.zip|00000/secret.png|it is encrypted|--data");
}

int main(void)
{
    if (!mkdtemp(folder)) return perror(folder), 1;
    atexit(remove_folder);
    test_sets();
    test_threads();
    test_large();
    if (has_holes()) {
        test_wrapped();
        test_wrapped_refused();
    } else {
        printf("no holes in files of %s: archives beyond 4 GiB without zip64 are left out\n", folder);
    }
    test_long_header();
    test_refused();
    test_cut_anywhere();
    test_any_byte_wrong();
    test_broken_entries();
    test_broken_said();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
