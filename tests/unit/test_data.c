/* Tests of the data loader: formats, halves and epochs, broken pictures, batches that are prepared in advance. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "../../runtime/data.h"
#include "data_checks.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>

/* ---------------------------------------------------------------- binary sets */

/* Writes CIFAR-10 files. Record n of file f has label f, a red plane of n % 256, a green one of n / 256 and a blue one
 * of f; its pixel x = 31, y = 0 is white. */
static void write_cifar(const char *path)
{
    static ag_u8 record[3073];
    char name[128];
    for (int f = 0; f < 5; f++) {
        snprintf(name, sizeof name, "%s/data_batch_%d.bin", path, f + 1);
        FILE *file = create(name);
        for (int n = 0; n < 10000; n++) {
            record[0] = (ag_u8)f;
            fill(record + 1, 1024, n % 256);
            fill(record + 1025, 1024, n / 256);
            fill(record + 2049, 1024, f);
            for (int c = 0; c < 3; c++) record[1 + 1024 * c + 31] = 255;
            fwrite(record, 1, sizeof record, file);
        }
        fclose(file);
    }
}

static long cifar_number(const real *picture)
{
    const real *pixel = picture + 32 * 32 * 3 - 3;
    return to_byte(pixel[0]) + 256 * to_byte(pixel[1]) + 10000L * to_byte(pixel[2]);
}

static ag_u8 half_of[50000], seen[50000];
static long order[2][2][25000]; /* [half][epoch][position] */

static void visit_cifar_half(struct ag_data *data, int half)
{
    enum { BATCH = 64, PICTURE = 32 * 32 * 3 };
    static real batch[BATCH * PICTURE];
    struct ag_error err;
    long per_epoch = ag_data_count(data, half) / BATCH;
    for (int epoch = 0; epoch < 2; epoch++) {
        int twice = 0, mixed = 0, broken = 0;
        memset(seen, 0, sizeof seen);
        for (long index = 0; index < per_epoch; index++) {
            if (ag_data_batch(data, half, BATCH, epoch * per_epoch + index, batch, &err)) check(0, "%s", err.text);
            for (int k = 0; k < BATCH; k++) {
                const real *picture = batch + k * PICTURE;
                long number = cifar_number(picture);
                /* only the white pixel has a green of 255 */
                broken |= picture[31 * 3 + 1] != 1 || picture[32 * 3 + 1] == 1;
                twice |= seen[number]++;
                mixed |= half_of[number] == 2 - half;
                half_of[number] = (ag_u8)(1 + half);
                order[half][epoch][index * BATCH + k] = number;
            }
        }
        check(!twice, "half %d, epoch %d: a picture twice", half, epoch);
        check(!mixed, "half %d, epoch %d: a picture of the other half", half, epoch);
        check(!broken, "half %d, epoch %d: a pixel out of its place", half, epoch);
    }
    check(memcmp(order[half][0], order[half][1], sizeof order[half][0]) != 0, "two epochs in the same order");
}

/* Returns the hash of the names of the set's records. */
static ag_u64 hash_of_cifar(void)
{
    ag_u64 hash = 0xcbf29ce484222325ULL;
    for (int i = 0; i < 50000; i++) {
        char name[64];
        int n = snprintf(name, sizeof name, "data_batch_%d.bin, record %d", i / 10000 + 1, i % 10000);
        for (int k = 0; k <= n; k++) hash = (hash ^ (ag_u8)name[k]) * 0x100000001b3ULL;
    }
    return hash;
}

static void test_cifar(void)
{
    make_folder("cifar");
    struct ag_data_options o = options("cifar10", at("cifar"), 32), read, other;
    check_refused(&o, 2, "data_batch_1.bin|No such file|--data");
    const char *inner = make_folder("cifar/cifar-10-batches-bin");
    write_cifar(inner); /* in a folder inside the given folder, where the loader finds them */
    struct ag_data *data = open_data(&o);
    check(ag_data_count(data, 0) == 25000 && ag_data_count(data, 1) == 25000, "halves of CIFAR-10");
    visit_cifar_half(data, 0);
    visit_cifar_half(data, 1);
    ag_u64 count, hash;
    ag_data_identity(data, &count, &hash);
    check(count == 50000 && hash == hash_of_cifar(), "CIFAR-10: %llu, %llx", count, hash);
    check(strstr(ag_data_summary(data), "50000 pictures") && strstr(ag_data_summary(data), "in memory"), "summary: %s",
          ag_data_summary(data));
    ag_data_close(data);
    read = other = o;
    read.cache_bytes = 1;
    other.seed++;
    check_same_batches(&o, &read, 1);
    check_same_batches(&o, &other, 0);
    cut(at("cifar/cifar-10-batches-bin/data_batch_4.bin"), 12345678);
    check_refused(&o, 2, "data_batch_4.bin|12345678|30730000|--data");
}

static void test_stl(void)
{
    make_folder("stl");
    struct ag_data_options o = options("stl10", at("stl"), 96);
    FILE *file = create(at("stl/train_X.bin"));
    /* STL-10 is stored column by column: i / 96 % 96 is x, i % 96 is y */
    for (int i = 0; i < 3 * 96 * 96; i++) fputc(i / 96 % 96 + (i % 96 == 0) * 100 + i / 9216, file);
    fclose(file);
    cut(at("stl/train_X.bin"), 5000L * 27648);
    check_refused(&o, 2, "unlabeled_X.bin|No such file|--data");
    file = create(at("stl/unlabeled_X.bin"));
    fclose(file);
    cut(at("stl/unlabeled_X.bin"), 27648);
    check_refused(&o, 2, "unlabeled_X.bin|27648|2764800000|--data");
    cut(at("stl/unlabeled_X.bin"), 100000L * 27648); /* a sparse file, which takes no disk space */

    struct ag_source source;
    struct ag_error err;
    char fault[AG_FAULT], label[AG_LABEL];
    ag_u8 *out = malloc(96 * 96 * 3);
    int same = 1;
    memset(&source, 0, sizeof source);
    source.options = o;
    check(!ag_source_stl10(&source, &err) && source.count == 105000, "STL-10: %d pictures", source.count);
    check(!source.read(&source, 0, 0, out, fault), "STL-10: record 0");
    for (int i = 0; i < 96 * 96 * 3; i++) same &= out[i] == i / 3 % 96 + (i / 288 == 0) * 100 + i % 3;
    check(same, "STL-10's pixels are not column-major");
    source.options.size = 48;
    check(!source.read(&source, 0, 0, out, fault) && abs(out[48 * 24 * 3 + 24 * 3] - 48) <= 1, "STL-10 at 48: %d",
          out[48 * 24 * 3 + 24 * 3]);
    source.name(&source, 5001, label);
    check(!strcmp(label, "unlabeled_X.bin, record 1"), "%s", label);
    source.close(&source);
    free(out);
    struct ag_data *data = open_data(&o); /* too large for memory, so records are read as needed */
    check(strstr(ag_data_summary(data), "read as needed") != NULL, "%s", ag_data_summary(data));
    ag_data_close(data);
}

/* ---------------------------------------------------------------- folders of pictures */

static void write_numbered(const char *name, int i)
{
    char path[128];
    static const char *const under[] = {"", "deep/er/", "b/", "deep/"};
    snprintf(path, sizeof path, "%s/%sp%d", name, under[i % 4], i);
    write_number(at(path), i, 5 + i % 9, 20 - i % 7);
}

static void make_images(const char *name, int backwards)
{
    static const char *const folders[] = {"", "/deep", "/deep/er", "/b", "/.hidden"};
    char path[128];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s%s", name, folders[i]);
        make_folder(path);
    }
    for (int i = 0; i < PICTURES; i++) write_numbered(name, backwards ? PICTURES - 1 - i : i);
    snprintf(path, sizeof path, "%s/.hidden/x.png", name);
    write_number(at(path), 200, 8, 8);
    snprintf(path, sizeof path, "%s/.secret.png", name);
    write_number(at(path), 201, 8, 8);
    snprintf(path, sizeof path, "%s/notes.txt", name);
    write_text(at(path), "not a picture\n");
    snprintf(path, sizeof path, "%s/deep/up", name);
    if (symlink("..", at(path))) perror(path);
    snprintf(path, sizeof path, "%s/nowhere.png", name);
    if (symlink("nothing", at(path))) perror(path);
}

static void test_images(void)
{
    make_images("images", 0);
    make_images("imageS", 1);
    struct ag_data_options o = options("images", at("images"), SIDE), other = o;
    struct ag_data *data = open_data(&o);
    int times[2][256];
    check(ag_data_count(data, 0) == 30 && ag_data_count(data, 1) == 30, "60 pictures: %s", ag_data_summary(data));
    check(visit_images(data, 0, 10, times[0]) == 30 && visit_images(data, 1, 10, times[1]) == 30, "each picture once");
    for (int i = 0; i < 256; i++)
        check(times[0][i] + times[1][i] == (i < PICTURES), "picture %d: %d and %d times", i, times[0][i], times[1][i]);
    ag_data_close(data);
    other.path = at("imageS");
    check_same_batches(&o, &other, 1);
    other.cache_bytes = 1;
    check_same_batches(&o, &other, 1);
    o.split = 1;
    data = open_data(&o);
    check(visit_images(data, 0, 60, times[0]) == 60 && ag_data_count(data, 1) == 0, "split 1 gives all to half 0");
    ag_data_close(data);
    o.channels = 1;
    o.center_crop = 1;
    data = open_data(&o);
    ag_data_close(data);
}

/* This closedir replaces the C library's. When a folder has been listed, it moves away the folder `doomed`. With
 * `replaced` it puts a file in its place. */
static const char *doomed;
static int replaced;
int closedir(DIR *stream)
{
    int (*true_closedir)(DIR *) = (int (*)(DIR *))(size_t)dlsym(RTLD_NEXT, "closedir");
    if (doomed && rename(doomed, at("vanished"))) perror(doomed);
    if (doomed && replaced) write_text(doomed, "in its place");
    doomed = NULL;
    return true_closedir(stream);
}

/* A folder that is listed and then vanishes before it is read is treated as if it had never been there. */
static void test_vanishing(void)
{
    char root[512], path[520];
    int times[256];
    snprintf(root, sizeof root, "%s", make_folder("leaving"));
    snprintf(path, sizeof path, "%s/a", root);
    struct ag_data_options o = options("images", root, SIDE);
    o.split = 1;
    make_folder("leaving/a");
    make_folder("leaving/b");
    write_number(at("leaving/a/1.png"), 1, 8, 8);
    write_number(at("leaving/b/2.png"), 2, 8, 8);
    for (replaced = 0; replaced < 2; replaced++) {
        doomed = path;
        struct ag_data *data = open_data(&o);
        check(!doomed && ag_data_count(data, 0) == 1 && visit_images(data, 0, 1, times) == 1 && times[2],
              "a folder that vanished, replaced %d: %s", replaced, ag_data_summary(data));
        check(!strstr(ag_data_summary(data), "passed over"), "%s", ag_data_summary(data));
        ag_data_close(data);
        if (replaced) remove(path);
        if (rename(at("vanished"), path)) perror(path);
    }
}

static void test_summary(void)
{
    struct ag_data_options o = options("images", at("images"), SIDE);
    struct ag_data *data = open_data(&o);
    static const char *const words[] = {
        "60 pictures (images, '", "30 for training, 30 for validation, in memory; passed",
        "passed over: 1 neither PNG nor JPEG ('notes.txt'), ", "2 hidden ('.hidden', '.secret.png'), ",
        "1 links that lead nowhere ('nowhere.png')"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        check(strstr(ag_data_summary(data), words[i]) != NULL, "'%s' is not in: %s", words[i], ag_data_summary(data));
    ag_data_close(data);
}

static void test_names(void)
{
    static const char *const hidden[] = {".a", "a/.b", ".a/b", "..a", "a\\.b", "./.a", "a/..b/c"};
    static const char *const seen[] = {"a", "a.b", ".", "..", "../a", "./a", "...", "...a", "a/...b/c", "..\\a", ""};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) check(ag_is_hidden(hidden[i]), "%s is seen", hidden[i]);
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) check(!ag_is_hidden(seen[i]), "%s is hidden", seen[i]);
    static const char *const clean[][2] = {{"abc", "abc"},
                                           {"a\nb\x7f"
                                            "c",
                                            "a?b?c"},
                                           {"12345678901", "12345678901"},
                                           {"123456789012", "...56789012"},
                                           {"\xc2\x9b"
                                            "c",
                                            "?c"},
                                           {"\xc3\xa9", "\xc3\xa9"},
                                           {"123\xc3\xa9"
                                            "2345678",
                                            "...2345678"}};
    for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) {
        char out[12];
        ag_clean_name(clean[i][0], out, sizeof out);
        check(!strcmp(out, clean[i][1]), "%s, not %s", out, clean[i][1]);
    }
}

/* Checks that ag_data_preview gives the first pictures of a half, and that looking changes no batch. */
static void check_look(const struct ag_data_options *o, int n)
{
    size_t reals = (size_t)n * SIDE * SIDE * 3, one = SIDE * SIDE * 3;
    real *looked = malloc(reals * sizeof *looked), *batches = malloc(reals * sizeof *batches);
    struct ag_data *data = open_data(o);
    struct ag_error err;
    for (int i = 0; i < n / 2; i++) check(!ag_data_batch(data, 0, 2, i, batches + 2 * one * i, &err), "%s", err.text);
    check(!ag_data_preview(data, n, looked, &err) && !memcmp(looked, batches, reals * sizeof *looked), "other pictures");
    for (int i = n / 2; i-- > 0;) { /* the batches in another order, with a look before each */
        real again[2 * SIDE * SIDE * 3];
        check(!ag_data_preview(data, i, looked, &err) && !memcmp(looked, batches, one * (size_t)i * sizeof *looked),
              "a look at %d", i);
        check(!ag_data_batch(data, 0, 2, i, again, &err) && !memcmp(again, batches + 2 * one * i, sizeof again),
              "batch %d", i);
    }
    check(ag_data_preview(data, -1, looked, &err) == 2, "a look at -1");
    if (ag_data_count(data, 0) < LONG_MAX)
        check(ag_data_preview(data, (int)ag_data_count(data, 0) + 1, looked, &err) == 2 && strstr(err.text, "look at"),
              "a look at too many");
    ag_data_close(data);
    free(looked);
    free(batches);
}

static void test_look(void)
{
    struct ag_data_options o = options("images", at("images"), SIDE);
    check_look(&o, 30);
    o.cache_bytes = 1;
    check_look(&o, 30);
    o.path = at("broken");
    catch_stderr();
    check_look(&o, 20);
    char text[2000];
    caught_stderr(text, sizeof text);
    o = options("shapes", "shapes", SIDE);
    check_look(&o, 12);
}

static void test_identity(void)
{
    struct ag_data_options o = options("images", at("images/b"), SIDE);
    ag_u64 count, hash, expected = 0xcbf29ce484222325ULL;
    struct ag_data *data = open_data(&o);
    ag_data_identity(data, &count, &hash);
    static const char names[] = "p10\0p14\0p18\0p2\0p22\0p26\0p30\0p34\0p38\0p42\0p46\0p50\0p54\0p58\0p6";
    for (size_t i = 0; i < sizeof names; i++) expected = (expected ^ (ag_u8)names[i]) * 0x100000001b3ULL;
    check(count == 15 && hash == expected, "%llu pictures, %llx, not %llx", count, hash, expected);
    ag_data_close(data);
    o = options("shapes", NULL, SIDE);
    data = open_data(&o);
    ag_data_identity(data, &count, &hash);
    check(count == 0 && hash == 0, "shapes: %llu, %llx", count, hash);
    ag_data_close(data);
}

/* Centre crop takes the largest centred square, of wide and of high pictures. */
static void test_center_crop(void)
{
    static ag_u8 rgb[19 * 30 * 3];
    static const int sizes[][2] = {{19, 8}, {8, 19}, {8, 8}, {30, 16}, {17, 30}};
    make_folder("crop");
    struct ag_data_options o = options("images", at("crop"), SIDE);
    o.split = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int width = sizes[i][0], height = sizes[i][1], side = width < height ? width : height, times[256];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                ag_u8 *pixel = rgb + (y * width + x) * 3;
                int column = x - (width - side) / 2, row = y - (height - side) / 2;
                int inside = column >= 0 && column < side && row >= 0 && row < side;
                pixel[0] = (ag_u8)(inside ? 90 : 250);
                pixel[1] = (ag_u8)(inside ? 165 : 0);
                pixel[2] = (ag_u8)(inside ? 77 : 0);
            }
        write_png(at("crop/one.png"), rgb, width, height);
        o.center_crop = 1;
        struct ag_data *data = open_data(&o);
        check(visit_images(data, 0, 1, times) == 1 && times[90] == 1, "the centred square of %dx%d", width, height);
        ag_data_close(data);
        o.center_crop = 0;
        real out[SIDE * SIDE * 3];
        struct ag_error err;
        data = open_data(&o);
        check(!ag_data_batch(data, 0, 1, 0, out, &err) && (to_byte(out[0]) > 120) == (width != height),
              "%dx%d uncropped: %d", width, height, to_byte(out[0]));
        ag_data_close(data);
    }
}

static void test_images_refused(void)
{
    struct ag_data_options o = options("images", at("nothing/here"), SIDE);
    check_refused(&o, 2, "nothing/here|No such file|--data");
    o.path = make_folder("empty");
    check_refused(&o, 2, "no PNG or JPEG picture in|empty|--data");
    write_text(at("empty/readme"), "still none\n");
    check_refused(&o, 2, "no PNG or JPEG picture in|--data");
    o.path = at("empty/readme");
    check_refused(&o, 2, "is not a zip archive|--data"); /* a path that is a file is read as a zip archive */
    o.path = at("empty");
    write_text(at("empty/b.png"), "broken");
    write_text(at("empty/a.JPEG"), "");
    catch_stderr();
    check_refused(&o, 2, "none of the 2 pictures|a.JPEG|neither a PNG nor a JPEG|--data");
    char text[1000];
    caught_stderr(text, sizeof text);
    check(!*text, "stderr: %s", text);
    o.path = NULL;
    check_refused(&o, 2, "no folder|--data");
    o.path = "x";
    o.format = "tape";
    check_refused(&o, 2, "'tape'|cifar10|--data");
    o.size = 0;
    check_refused(&o, 2, "size of 0");
    o.size = SIDE;
    o.channels = 2;
    check_refused(&o, 2, "1 or 3 channels, not 2");
    o.channels = 3;
    o.split = 1.5;
    check_refused(&o, 2, "split of 1.5");
}

static void test_batches_refused(void)
{
    struct ag_data_options o = options("images", at("images"), SIDE);
    struct ag_error err;
    real out[1];
    o.split = 0.9;
    struct ag_data *data = open_data(&o);
    check(ag_data_batch(data, 1, 64, 0, out, &err) == 2, "a batch larger than its half");
    check(strstr(err.text, "validation half has 6 pictures") && strstr(err.text, "batch of 64") &&
              strstr(err.text, "--data"),
          "%s", err.text);
    check(ag_data_batch(data, 2, 1, 0, out, &err) == 2 && ag_data_batch(data, 0, 0, 0, out, &err) == 2 &&
              ag_data_batch(data, 0, 1, -1, out, &err) == 2,
          "nonsense is not refused");
    ag_data_close(data);
}

/* Seven broken pictures: each is counted, and the first five in the order of their paths are named. */
static void test_broken_images(void)
{
    char text[2000], path[64];
    make_images("broken", 0);
    for (int i = 0; i < 7; i++) {
        snprintf(path, sizeof path, "broken/b/x%d.png", i);
        write_noise(at(path), 32);
        cut(at(path), i < 6 ? 2000 : 0);
    }
    struct ag_data_options o = options("images", at("broken"), SIDE);
    int times[256];
    catch_stderr();
    struct ag_data *data = open_data(&o);
    caught_stderr(text, sizeof text);
    check(ag_data_count(data, 0) == 30, "%ld good ones", ag_data_count(data, 0));
    check(strstr(ag_data_summary(data), "7 broken") != NULL, "%s", ag_data_summary(data));
    check(occurrences(text, "\n") == 6 && strstr(text, "b/x0.png") && strstr(text, "b/x4.png") &&
              !strstr(text, "b/x5.png") && strstr(text, "skipped 7 of 67 pictures"),
          "stderr: %s", text);
    visit_images(data, 0, 10, times);
    ag_data_close(data);
}

static void visit_broken(const struct ag_data_options *o, int times[2][256], char *text, size_t size)
{
    catch_stderr();
    struct ag_data *data = open_data(o);
    for (int half = 0; half < 2; half++) visit_images(data, half, 3, times[half]);
    caught_stderr(text, size);
    ag_data_close(data);
}

/* The same set, too large for memory. Pictures that are broken behind a good header are found when they are read, and
 * replaced. */
static void test_late_broken_images(void)
{
    struct ag_data_options o = options("images", at("broken"), SIDE);
    static char text[2][2000];
    int times[2][2][256], same = 1, mixed = 0, more = 0;
    o.cache_bytes = 1;
    for (int run = 0; run < 3; run++) visit_broken(&o, times[run > 0], text[run > 0], sizeof text[0]);
    same = !memcmp(times[0], times[1], sizeof times[0]) && !strcmp(text[0], text[1]);
    for (int i = 0; i < 256; i++) {
        mixed |= times[0][0][i] && times[0][1][i];
        more += times[0][0][i] > 1 || times[0][1][i] > 1;
    }
    check(same, "two opens replace differently, or say so differently: %s--- %s", text[0], text[1]);
    check(!mixed, "a picture of the other half as replacement");
    check(more > 0, "nothing replaced");
    check(strstr(text[0], "skipped 1 of 67") && occurrences(text[0], "x6.png") == 1 &&
              occurrences(text[0], "skipped '") == 5 && occurrences(text[0], "not named") == 1,
          "stderr: %s", text[0]);
    catch_stderr();
    check_same_batches(&o, &o, 1);
    caught_stderr(text[0], sizeof text[0]);
}

static void test_all_broken_late(void)
{
    char path[64];
    real out[3 * SIDE * SIDE * 3];
    struct ag_error err;
    make_folder("late");
    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "late/%d.png", i);
        write_noise(at(path), 32);
        cut(at(path), 2000);
    }
    struct ag_data_options o = options("images", at("late"), SIDE);
    o.cache_bytes = 1;
    catch_stderr();
    struct ag_data *data = open_data(&o);
    for (long index = 0; index < 3; index++) {
        int status = ag_data_batch(data, 0, 3, index, out, &err);
        check(status == 2 && strstr(err.text, "none of the pictures of the training half") &&
                  strstr(err.text, "--data"),
              "status %d: %s", status, err.text);
    }
    ag_data_close(data);
    char text[2000];
    caught_stderr(text, sizeof text);
}

/* ---------------------------------------------------------------- shapes */

static void test_shapes(void)
{
    enum { S = 16, P = S * S * 3 };
    struct ag_data_options o = options("images", "shapes", S), other;
    static real a[12 * P], b[12 * P];
    struct ag_error err;
    struct ag_data *data = open_data(&o);
    check(ag_data_count(data, 0) == LONG_MAX && ag_data_count(data, 1) == LONG_MAX, "shapes end");
    check(strstr(ag_data_summary(data), "shapes") != NULL, "%s", ag_data_summary(data));
    ag_data_batch(data, 0, 12, 1, a, &err);
    ag_data_batch(data, 0, 4, 5, b, &err);
    check(!memcmp(a + 8 * P, b, sizeof(real) * 4 * P), "a picture depends on its batch");
    ag_data_batch(data, 1, 12, 1, b, &err);
    int same = 0;
    for (int i = 0; i < 12; i++)
        for (int k = 0; k < 12; k++) same |= !memcmp(a + i * P, b + k * P, sizeof(real) * P);
    check(!same, "the halves share a picture");
    int inside = 1;
    for (int i = 0; i < 12 * P; i++) inside &= a[i] >= -1 && a[i] <= 1;
    check(inside, "values beyond [-1, 1]");
    check(!ag_data_batch(data, 0, 12, 1000000000000L, a, &err), "%s", err.text);
    check(!ag_data_batch(data, 0, 12, 1, b, &err) && memcmp(a, b, sizeof a), "far pictures are near ones");
    ag_data_close(data);

    other = o;
    other.format = "shapes";
    other.path = NULL;
    check_same_batches(&o, &other, 1);
    other.seed++;
    check_same_batches(&o, &other, 0);
    other.split = 1;
    other.channels = 1;
    data = open_data(&other);
    check(ag_data_batch(data, 1, 1, 0, a, &err) == 2 && !ag_data_batch(data, 0, 12, 0, a, &err), "shapes with split 1");
    ag_data_close(data);
    o = options("shapes", at("images"), SIDE);
    data = open_data(&o);
    check(ag_data_count(data, 0) == 30, "shapes with a folder reads the folder");
    ag_data_close(data);
}

/* ---------------------------------------------------------------- closing at any moment */

static void test_closing(void)
{
    real *out = malloc(sizeof(real) * 10 * 64 * 64 * 3);
    struct ag_error err;
    for (int i = 0; i < 40; i++) {
        struct ag_data_options o = options("images", i % 2 ? at("images") : "shapes", 64);
        o.cache_bytes = i % 4 > 1;
        struct ag_data *data = open_data(&o);
        for (long index = 0; index < i % 5; index++)
            check(!ag_data_batch(data, (int)index % 2, 10 - i % 3, index * (i % 7), out, &err), "%s", err.text);
        ag_data_close(data);
    }
    ag_data_close(NULL);
    free(out);
}

int main(void)
{
    if (!mkdtemp(folder)) return perror(folder), 1;
    atexit(remove_folder);
    test_images();
    test_vanishing();
    test_summary();
    test_names();
    test_identity();
    test_center_crop();
    test_images_refused();
    test_batches_refused();
    test_broken_images();
    test_late_broken_images();
    test_look();
    test_all_broken_late();
    test_shapes();
    test_closing();
    test_stl();
    test_cifar();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
