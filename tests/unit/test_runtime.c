/*
 * Tests of runtime/{error,random,parallel,file,formats,image,frames,progress}.c and ag_math.h. They are compiled for
 * float and for double (-DAG_REAL), with and without -fopenmp, and linked with -lpng -lm -lpthread.
 */
#define _GNU_SOURCE
#include "check.h"
#include "../../runtime/ag_math.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <png.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---------------------------------------------------------------- errors */

static void test_errors(void)
{
    struct ag_error e;
    char big[3000];
    CHECK(ag_fail(&e, 2, "%s: line\nbreak\t%d", "name", 3) == 2 && !strcmp(e.text, "name: line break 3"));
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = 0;
    CHECK(ag_fail(&e, 1, "%s", big) == 1 && strlen(e.text) == sizeof e.text - 1);
    CHECK(!strcmp(e.text + sizeof e.text - 4, "..."));
}

/* ---------------------------------------------------------------- random numbers */

static int philox_is(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 index, ag_u32 a, ag_u32 b, ag_u32 c, ag_u32 d)
{
    ag_u32 out[4];
    ag_philox(seed, stream, step, index, out);
    return out[0] == a && out[1] == b && out[2] == c && out[3] == d;
}

static void test_philox(void)
{
    ag_u32 word[4];
    real uniform[8];
    CHECK(philox_is(0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
    CHECK(philox_is(~0ull, ~0u, ~0u, ~0ull, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
    CHECK(philox_is(0x299f31d0a4093822, 0x03707344, 0x13198a2e, 0x85a308d3243f6a88, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
                    0x24126ea1));
    ag_philox(7, AG_RNG_Z, 9, 1, word);
    ag_uniforms(7, AG_RNG_Z, 9, 0, 8, uniform);
    for (int i = 0; i < 4; i++) CHECK(uniform[4 + i] == (real)(word[i] >> 8) / 16777216);
}

/* Returns normal number i by its definition, in double with the C library's functions. */
static double normal_by_libm(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 i)
{
    ag_u32 word[4];
    ag_philox(seed, stream, step, i / 4, word);
    double u = (word[i % 4 & ~1u] >> 8) / 16777216.0, v = (word[i % 4 | 1] >> 8) / 16777216.0;
    double r = sqrt(-2 * log1p(-u)), t = 2 * acos(-1) * v;
    return i % 2 ? r * sin(t) : r * cos(t);
}

static void test_normals(void)
{
    enum { N = 1 << 20 };
    const double tolerance = sizeof(real) == 4 ? 2e-6 : 1e-14;
    real *x = malloc(N * sizeof *x), piece[37];
    double sum[5] = {0}, uniform_sum = 0, products = 0, worst = 0;
    ag_normals(42, AG_RNG_Z, 3, 0, N, x);
    for (int i = 0; i < N; i++) {
        for (int k = 1; k < 5; k++) sum[k] += pow(x[i], k) / N;
        if (i) products += (double)x[i] * x[i - 1] / N;
        if (i < 1 << 16) worst = fmax(worst, fabs(x[i] - normal_by_libm(42, AG_RNG_Z, 3, (ag_u64)i)));
    }
    CHECK(fabs(sum[1]) < 0.005 && fabs(sum[2] - 1) < 0.01 && fabs(sum[3]) < 0.015 && fabs(sum[4] - 3) < 0.05);
    CHECK(fabs(products) < 0.005);
    CHECK(worst < tolerance);
    int same = 1;
    for (long first = 0; first < 3000; first += 113)
        for (long n = 0; n <= 37; n += 1 + first % 5) {
            ag_normals(42, AG_RNG_Z, 3, (ag_u64)first, n, piece);
            same = same && !memcmp(piece, x + first, (size_t)n * sizeof *x);
        }
    CHECK(same);
    ag_normals(42, AG_RNG_Z, 3, 5, N - 5, x + 5);
    ag_normals(42, AG_RNG_Z, 3, 1 << 16, 37, piece);
    CHECK(!memcmp(piece, x + (1 << 16), sizeof piece));
    ag_uniforms(42, AG_RNG_Z, 3, 0, N, x);
    int inside = 1;
    for (int i = 0; i < N; i++) inside = inside && x[i] >= 0 && x[i] < 1, uniform_sum += x[i] / N;
    CHECK(inside && fabs(uniform_sum - 0.5) < 0.002);
    ag_normals(1, 1, 1, ~0ull - 2, 3, piece); /* the numbers with the highest indices */
    CHECK(isfinite(piece[0]) && isfinite(piece[2]));
    free(x);
}

static void test_permutation(void)
{
    enum { N = 10007 };
    static int order[N], seen[N];
    int counts[24] = {0}, all = 1;
    ag_permutation(5, AG_RNG_SHUFFLE, 0, N, order);
    for (int i = 0; i < N; i++)
        if (order[i] >= 0 && order[i] < N) seen[order[i]]++;
    for (int i = 0; i < N; i++) all = all && seen[i] == 1;
    CHECK(all);
    for (ag_u32 step = 0; step < 24000; step++) {
        int p[4];
        ag_permutation(5, AG_RNG_SHUFFLE, step, 4, p);
        int rank = p[0] * 6 + (p[1] - (p[1] > p[0])) * 2 + (p[2] > p[3]);
        counts[rank]++;
    }
    double chi2 = 0;
    for (int i = 0; i < 24; i++) chi2 += (counts[i] - 1000) * (counts[i] - 1000) / 1000.0;
    CHECK(chi2 < 50); /* 23 degrees of freedom: a value above 50 has a probability of 0.001 */
    ag_permutation(5, AG_RNG_SHUFFLE, 0, 0, order);
    ag_permutation(5, AG_RNG_SHUFFLE, 0, 1, order);
    CHECK(order[0] == 0);
}

/* ---------------------------------------------------------------- threads */

enum { TASKS = 5000 };
static int times[TASKS], busy[256], clashes, nested_times[TASKS];

/* A thread runs the 16 tasks of a block in their order, its own and those that it takes over from other threads. */
static int last_task[256];
static void in_order(void *wrong, int task, int thread)
{
    *(int *)wrong |= task / 16 == last_task[thread] / 16 && task < last_task[thread];
    last_task[thread] = task;
}

/* Adds to a counter that threads share. Returns the counter's value before. */
static int add(int *counter, int n)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    int before = *counter;
    *counter += n;
    pthread_mutex_unlock(&lock);
    return before;
}

static void inner_task(void *context, int task, int thread)
{
    (void)task;
    if (thread != *(int *)context) add(&clashes, 1);
    add(&nested_times[0], 1);
}

static void task(void *context, int task, int thread)
{
    if (thread < 0 || thread >= ag_threads() || add(&busy[thread], 1) || ag_loop_threads() != 1) add(&clashes, 1);
    add(&times[task], 1);
    if (context && task % 100 == 0) ag_parallel(7, inner_task, &thread);
    add(&busy[thread], -1);
}

static int each_once(int tasks, void *context)
{
    memset(times, 0, sizeof times);
    clashes = nested_times[0] = 0;
    ag_parallel(tasks, task, context);
    int once = 1;
    for (int i = 0; i < TASKS; i++) once = once && times[i] == (i < tasks);
    return once && !clashes && nested_times[0] == (context ? (tasks + 99) / 100 * 7 : 0);
}

static void add_one(void *context, int task, int thread)
{
    (void)task, (void)thread;
    add((int *)context, 1);
}

static void *other_caller(void *count)
{
    for (int i = 0; i < 200; i++) (i % 3 ? ag_parallel : ag_parallel_forward)(20, add_one, count);
    return NULL;
}

static void test_parallel(void)
{
    CHECK(ag_threads() >= 1);
    static const int counts[] = {1, 4, 2, 7, 3, 0};
    for (int i = 0; i < 6; i++) {
        ag_set_threads(counts[i]);
        CHECK(counts[i] ? ag_threads() == counts[i] : ag_threads() >= 1);
        CHECK(ag_loop_threads() == ag_threads());
        int ok = each_once(TASKS, NULL) && each_once(TASKS, &ok) && each_once(1, &ok) && each_once(0, NULL);
        for (int tasks = 0; tasks < 300; tasks++) ok = ok && each_once(tasks % 9, NULL);
        CHECK(ok);
    }
    ag_set_threads(100000);
    CHECK(ag_threads() == 256);
    ag_set_threads(3);
    int total = 0, theirs = 0;
    pthread_t other;
    CHECK(!pthread_create(&other, NULL, other_caller, &theirs));
    for (int i = 0; i < 2000; i++) ag_parallel(3, add_one, &total);
    pthread_join(other, NULL);
    CHECK(total == 6000 && theirs == 4000);
    for (int threads = 1; threads <= 2; threads++) {
        int wrong = 0;
        ag_set_threads(threads);
        for (int i = 0; i < 100; i++) {
            memset(last_task, 0, sizeof last_task);
            ag_parallel_forward(16 * threads, in_order, &wrong);
        }
        CHECK(!wrong);
    }
    ag_set_threads(3);
    int ok = 1; /* loops so short that one ends while threads of it still look for tasks */
    for (int i = 0; i < 50000; i++) ok = ok && each_once(2 + i % 7, NULL);
    CHECK(ok);
    usleep(20000); /* long enough for the threads of the pool to fall asleep */
    CHECK(each_once(10, NULL));
    ag_set_threads(0);
}

/* Returns 1 if all shares of ag_clear_halo together clear the halo, and nothing else. */
static int clears_halo(int h, int halo, int shares)
{
    enum { IMAGES = 2, W = 3, CHANNELS = 2, MOST = 2 * 9 * 7 * 2 };
    const int wide = W + 2 * halo, high = h + 2 * halo;
    real x[MOST];
    for (int i = 0; i < MOST; i++) x[i] = 1;
    for (int share = 0; share < shares; share++) ag_clear_halo(x, IMAGES, h, W, CHANNELS, halo, share, shares);
    int right = 1;
    for (int i = 0; i < MOST; i++) {
        const int pixel = i / CHANNELS, row = pixel / wide % high, column = pixel % wide;
        const int inside = row >= halo && row < halo + h && column >= halo && column < halo + W;
        right = right && x[i] == (inside || pixel >= IMAGES * high * wide);
    }
    return right;
}

static void test_halo(void)
{
    static const int heights[] = {1, 5}, shares[] = {1, 5, 16};
    for (int h = 0; h < 2; h++)
        for (int halo = 1; halo <= 2; halo++)
            for (int s = 0; s < 3; s++) CHECK(clears_halo(heights[h], halo, shares[s]));
}

/* ---------------------------------------------------------------- files */

static void test_files(void)
{
    char *data;
    long size;
    const char *path = in_folder("plain");
    CHECK(!ag_write_file(path, "first", 5, &err) && holds(path, "first"));
    CHECK(!ag_write_file(path, "", 0, &err) && holds(path, ""));
    char *large = malloc(300001);
    memset(large, 'a', 300000);
    large[300000] = 0;
    struct ag_file file;
    CHECK(!ag_file_open(&file, path, &err));
    for (long at = 0, step = 1; at < 300000; at += step, step = step * 3 % 100003 + 1) {
        if (at + step > 300000) step = 300000 - at;
        ag_file_write(&file, large + at, step);
    }
    CHECK(holds(path, "")); /* the file is replaced only when it is complete */
    CHECK(!ag_file_commit(&file) && holds(path, large));
    CHECK(ag_read_file(path, 299999, &data, &size, &err) == 2 && !data && strstr(err.text, path));
    CHECK(!ag_read_file(path, 300000, &data, &size, &err) && size == 300000 && data[size] == 0);
    ag_free(data);
    free(large);
    CHECK(!ag_file_open(&file, path, &err) && !ag_file_write(&file, "x", 1));
    ag_file_cancel(&file);
    CHECK(!ag_write_file(path, "old", 3, &err));
    CHECK(count_files(folder) == 1);
    CHECK(ag_read_file(in_folder("none"), 100, &data, &size, &err) == 2 && strstr(err.text, "No such file"));
    CHECK(ag_read_file(folder, 1 << 20, &data, &size, &err) == 2 && strstr(err.text, "directory"));
    CHECK(!ag_read_file("/proc/self/status", 1 << 20, &data, &size, &err) && size > 100); /* its size by stat is 0 */
    ag_free(data);
}

static void test_failing_writes(void)
{
    const char *path = in_folder("plain"), *temporary = in_folder(".plain.tmp");
    struct rlimit limit, small = {1000, RLIM_INFINITY};
    static char zeros[200000];
    CHECK(ag_write_file("/dev/full", "text", 4, &err) == 1 && strstr(err.text, "/dev/full: cannot write: No space"));
    CHECK(ag_write_file(in_folder("none/file"), "x", 1, &err) == 1 && strstr(err.text, "none/file"));
    CHECK(ag_write_file(folder, "x", 1, &err) == 1);
    CHECK(!ag_write_file("/dev/null", "x", 1, &err) && !ag_is_file("/dev/null"));
    CHECK(!ag_file_check(path, &err) && holds(path, "old") && count_files(folder) == 1);
    CHECK(ag_file_check(in_folder("none/file"), &err) == 1 && strstr(err.text, "none/file"));
    CHECK(ag_file_check(folder, &err) == 1 && !ag_file_check("/dev/null", &err));
    getrlimit(RLIMIT_FSIZE, &limit);
    small.rlim_max = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    int status = ag_write_file(path, zeros, sizeof zeros, &err), buffered = ag_write_file(path, zeros, 2000, &err);
    setrlimit(RLIMIT_FSIZE, &limit);
    CHECK(status == 1 && buffered == 1 && strstr(err.text, "plain: cannot write: File too large"));
    CHECK(holds(path, "old") && count_files(folder) == 1);
    FILE *leftover = fopen(temporary, "w");
    fputs("what a killed process left here", leftover);
    CHECK(!ag_write_file(path, "new", 3, &err) && holds(path, "old") == 0 && holds(path, "new"));
    fclose(leftover);
    CHECK(count_files(folder) == 1);
    struct ag_file first, second;
    CHECK(!ag_file_open(&first, path, &err));
    CHECK(ag_file_open(&second, path, &err) == 1 && strstr(err.text, "another process"));
    CHECK(ag_file_write(&second, "x", 1) == 1 && ag_file_commit(&second) == 1);
    ag_file_write(&first, "won", 3);
    CHECK(!ag_file_commit(&first) && holds(path, "won"));
}

/* Several writers replace one file at the same time. It must always be the complete file of one of them. */
static void test_concurrent_writers(void)
{
    const char *path = in_folder("contended");
    char text[2][5001];
    int torn = 0;
    for (int i = 0; i < 2; i++) memset(text[i], 'a' + i, 5000), text[i][5000] = 0;
    CHECK(!ag_write_file(path, text[0], 5000, &err));
    pid_t child = fork();
    for (int i = 0; i < 300; i++) {
        ag_write_file(path, text[child != 0], 5000, &err);
        torn += !holds(path, text[0]) && !holds(path, text[1]) && !holds(path, text[0]);
    }
    if (!child) _exit(torn != 0);
    int status = 1;
    waitpid(child, &status, 0);
    CHECK(!torn && !status);
    unlink(path);
}

static void test_folders(void)
{
    char path[AG_PATH], link_path[300], longer[AG_PATH + 10];
    CHECK(!ag_make_dirs(in_folder("a/b//c/"), &err) && ag_is_dir(in_folder("a/b/c")));
    CHECK(!ag_make_dirs(in_folder("a/b/c"), &err) && !ag_is_file(in_folder("a")));
    CHECK(ag_make_dirs(in_folder("plain/x"), &err) == 1 && strstr(err.text, "plain"));
    CHECK(!ag_join(path, "a", "b", &err) && !strcmp(path, "a/b"));
    CHECK(!ag_join(path, "a/", "b", &err) && !strcmp(path, "a/b"));
    CHECK(!ag_join(path, "", "b", &err) && !strcmp(path, "b"));
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = 0;
    CHECK(ag_join(path, longer, "b", &err) == 2 && ag_make_dirs(longer, &err) == 1);
    CHECK(ag_write_file(longer, "x", 1, &err) == 1);
    strcpy(link_path, in_folder("link"));
    CHECK(!symlink(in_folder("plain"), link_path) && !ag_write_file(link_path, "behind", 6, &err));
    struct stat is;
    CHECK(holds(in_folder("plain"), "behind") && !lstat(link_path, &is) && S_ISLNK(is.st_mode));
    CHECK(!chdir(folder) && !ag_write_file("bare", "x", 1, &err) && holds(in_folder("bare"), "x"));
}

/* These functions replace the system's fsync and syncfs. They count how often the runtime waits for the disk, and can
 * simulate a disk that fails. */
static int syncs, disk_syncs, disk_failure;

int fsync(int fd)
{
    (void)fd;
    return syncs++, 0;
}

int syncfs(int fd)
{
    disk_syncs++;
    errno = fd < 0 ? EBADF : disk_failure;
    return errno ? -1 : 0;
}

static void test_syncs(void)
{
    const char *path = in_folder("plain");
    struct ag_file file;
    syncs = disk_syncs = 0;
    CHECK(!ag_write_file(path, "once", 4, &err) && syncs == 2 && holds(path, "once")); /* of the file and its folder */
    CHECK(!ag_file_open(&file, path, &err));
    file.synced_later = 1;
    ag_file_write(&file, "many", 4);
    CHECK(holds(path, "once") && !ag_file_commit(&file) && holds(path, "many") && syncs == 2 && !disk_syncs);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY);
    CHECK(!ag_file_sync(fd, folder, &err) && disk_syncs == 1 && !ag_file_sync(-1, folder, &err));
    disk_failure = EIO;
    CHECK(ag_file_sync(fd, folder, &err) == 1 && strstr(err.text, folder) && strstr(err.text, "Input/output error"));
    disk_failure = ENOSYS; /* a kernel without syncfs: then all disks are synced */
    CHECK(!ag_file_sync(fd, folder, &err));
    disk_failure = 0;
    close(fd);
}

static void test_formats(void)
{
    static const char *const png[] = {"a.png", "a.PNG", "b.jpg/a.Png", "a.jpg.png"};
    static const char *const picture[] = {"a.jpg", "a.JPEG", "x/y.z/a.gif", "a.png.webp", "a.bmp", ".tiff", "xpm.xpm"};
    static const char *const none[] = {"png", "a", "a.", "a.jpg/b", "/dev/stdout", "a.p", "a.pngg", "a. ", "", "a.2"};
    for (size_t i = 0; i < sizeof png / sizeof *png; i++) CHECK(ag_format_of(png[i]) == AG_FORMAT_PNG);
    for (size_t i = 0; i < sizeof picture / sizeof *picture; i++) CHECK(ag_format_of(picture[i]) == AG_FORMAT_PICTURE);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) CHECK(ag_format_of(none[i]) == AG_FORMAT_NONE);
    CHECK(ag_format_of("a.mp4") == AG_FORMAT_VIDEO && ag_format_of("a.MOV") == AG_FORMAT_VIDEO);
    CHECK(ag_format_of("a.safetensors") == AG_FORMAT_SAFETENSORS && ag_format_of("a.pt") == AG_FORMAT_OTHER);
}

/* ---------------------------------------------------------------- pictures */

static int png_is(const char *path, int w, int h, int channels, const ag_u8 *pixels)
{
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_file(&image, path)) return 0;
    int same = (int)image.width == w && (int)image.height == h &&
               image.format == (channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY);
    ag_u8 *read = malloc(PNG_IMAGE_SIZE(image));
    same =
        png_image_finish_read(&image, NULL, read, 0, NULL) && same && !memcmp(read, pixels, (size_t)(w * h * channels));
    free(read);
    return same;
}

static void test_png(void)
{
    ag_u8 pixels[3 * 7 * 5];
    const char *path = in_folder("picture.png");
    for (int i = 0; i < 105; i++) pixels[i] = (ag_u8)(i * 37);
    CHECK(!ag_write_png(path, 7, 5, 3, pixels, &err) && png_is(path, 7, 5, 3, pixels));
    CHECK(!ag_write_png(path, 15, 7, 1, pixels, &err) && png_is(path, 15, 7, 1, pixels));
    CHECK(ag_write_png(path, 0, 7, 1, pixels, &err) == 1 && ag_write_png(path, 5, 5, 4, pixels, &err) == 1);
    CHECK(ag_write_png("/dev/full", 7, 5, 3, pixels, &err) == 1 && strstr(err.text, "No space"));
    CHECK(ag_write_png(in_folder("none/x.png"), 7, 5, 3, pixels, &err) == 1 && strstr(err.text, "No such"));
    CHECK(png_is(path, 15, 7, 1, pixels)); /* the failed writes did not change the file */
}

/* Returns 1 if the file is a grid of w x h pixels with gaps of two pixels, in which every third picture of one pixel is
 * white. libpng's usual limit of a million pixels a side is lifted. */
static int is_thirds(const char *path, int w, int h)
{
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_init_io(png, file);
    png_read_info(png, info);
    int wrong = png_get_image_width(png, info) != (png_uint_32)w || png_get_image_height(png, info) != (png_uint_32)h;
    ag_u8 *row = malloc((size_t)w);
    for (int y = 0; y < h && !wrong; y++) {
        png_read_row(png, row, NULL);
        for (int x = 0; x < w; x++) wrong += row[x] != (x % 9 == 0 && y % 9 == 0 ? 255 : 0);
    }
    free(row);
    png_destroy_read_struct(&png, &info, NULL);
    fclose(file);
    return !wrong;
}

/* Grids that are wider and higher than libpng's usual limit, and than the limit of the PNG format. */
static void test_large_grids(void)
{
    enum { N = 400000 };
    struct ag_canvas canvas;
    const char *path = in_folder("large.png");
    real *images = malloc(N * sizeof *images);
    for (int i = 0; i < N; i++) images[i] = i % 3 ? -1 : 1;
    CHECK(!ag_write_grid(path, images, N, 1, 1, N, &err) && is_thirds(path, 3 * N - 2, 1));
    CHECK(!ag_write_grid(path, images, N, 1, 1, 1, &err) && is_thirds(path, 1, 3 * N - 2));
    free(images);
    CHECK(ag_canvas_new(&canvas, "x.png", 1000000000, 1000000000, 1, 1, &err) == 2 && !canvas.pixels);
    CHECK(strstr(err.text, "x.png") && strstr(err.text, "2147483647"));
    CHECK(ag_canvas_new(&canvas, "x.png", 1000000000, 1, 1, 1, &err) == 2 && !canvas.pixels);
    CHECK(ag_canvas_new(&canvas, "x.png", 1L << 62, 1L << 62, 1 << 30, 3, &err) == 2 && !canvas.pixels);
#ifndef __SANITIZE_ADDRESS__ /* its allocator ends the program instead of returning NULL */
    CHECK(ag_canvas_new(&canvas, "x.png", 1L << 58, 1L << 29, 1, 3, &err) == 1 && !canvas.pixels); /* 7.8e18 bytes */
    CHECK(strstr(err.text, "x.png: out of memory"));
#endif
}

static void test_grid(void)
{
    const real images[3][4] = {{-1, 1, 0, (real)-0.999}, {-5, 5, (real)NAN, (real)INFINITY}, {1, 1, 1, 1}};
    const ag_u8 expected[6][6] = {{0, 255, 0, 0, 0, 255}, {128, 0, 0, 0, 0, 255}, {0}, {0}, {255, 255}, {255, 255}};
    CHECK(!ag_write_grid(in_folder("grid.png"), images[0], 3, 2, 1, 2, &err));
    CHECK(png_is(in_folder("grid.png"), 6, 6, 1, expected[0]));
    CHECK(!ag_write_grid(in_folder("grid.png"), images[0], 1, 2, 1, 8, &err));
    CHECK(ag_write_grid(in_folder("grid.png"), images[0], 0, 2, 1, 8, &err) == 1);
    const real rgb[2][3] = {{-1, 0, 1}, {1, 0, -1}};
    const ag_u8 rgb_expected[12] = {0, 128, 255, 0, 0, 0, 0, 0, 0, 255, 128, 0};
    CHECK(!ag_write_grid(in_folder("grid.png"), rgb[0], 2, 1, 3, 2, &err));
    CHECK(png_is(in_folder("grid.png"), 4, 1, 3, rgb_expected));
}

/* ---------------------------------------------------------------- single pictures */

/* Writes names.count pictures of 2 x 2 grey pixels into a folder. Returns the status. */
static int write_frames(const char *to, struct ag_frame_names names)
{
    const struct ag_program program = {.kind = "generate", .image_size = 2, .image_channels = 1};
    const real picture[4] = {0};
    struct ag_frames frames;
    int status = ag_frames_open(&frames, &program, to, names, &err);
    syncs = disk_syncs = 0;
    for (long i = 0; i < names.count && !status; i++) status = ag_frames_write(&frames, picture, 1);
    int ended = ag_frames_end(&frames);
    ag_frames_close(&frames);
    return status ? status : ended;
}

static void test_frames(void)
{
    char to[200];
    snprintf(to, sizeof to, "%s", in_folder("frames/"));
    CHECK(!write_frames(to, (struct ag_frame_names){"", 6, 999990, 40}) && count_files(to) == 40);
    CHECK(syncs == 0 && disk_syncs == 1);
    CHECK(ag_is_file(in_folder("frames/999990.png")) && ag_is_file(in_folder("frames/1000029.png")));
    CHECK(!write_frames(to, (struct ag_frame_names){"seed", 4, ~0ull, 1}) && count_files(to) == 41);
    CHECK(ag_is_file(in_folder("frames/seed18446744073709551615.png")) && disk_syncs == 1);
    disk_failure = EIO;
    CHECK(write_frames(to, (struct ag_frame_names){"seed", 4, 7, 3}) == 1 && count_files(to) == 44);
    CHECK(strstr(err.text, to) && strstr(err.text, "cannot sync") && ag_is_file(in_folder("frames/seed0009.png")));
    CHECK(!write_frames(to, (struct ag_frame_names){"", 6, 0, 0}) && disk_syncs == 0); /* no pictures, no sync */
    disk_failure = 0;
}

/* ---------------------------------------------------------------- mathematics */

static double sigmoid(double x)
{
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}
static double softplus(double x)
{
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

static const struct {
    const char *name;
    real (*ours)(real);
    double (*theirs)(double);
    double low, high;
} functions[] = {{"exp", ag_exp, exp, -800, 800},  {"log", ag_log, log, 0, 1e30},
                 {"tanh", ag_tanh, tanh, -50, 50}, {"sigmoid", ag_sigmoid, sigmoid, -800, 800},
                 {"sqrt", ag_sqrt, sqrt, 0, 1e30}, {"softplus", ag_softplus, softplus, -800, 800}};

/* Returns the error of function f at x in units in the last place of a real; for doubles relative to 2^-52. */
static double error_of(int f, real x)
{
    double exact = functions[f].theirs((double)x), y = (double)functions[f].ours(x);
    if (exact == y) return 0;
    if (isnan(exact) || isinf((real)exact)) return isnan(exact) ? (isnan(y) ? 0 : 1e9) : y == (real)exact ? 0 : 1e9;
    double unit = sizeof(real) == 4 ? fmax(ldexp(1, ilogb(exact) - 23), ldexp(1, -149))
                                    : fmax(fabs(exact) * ldexp(1, -52), ldexp(1, -1074));
    return fabs(y - exact) / unit;
}

static void test_math(void)
{
    enum { N = 400000 };
    const double allowed = sizeof(real) == 4 ? 2.5 : 8;
    const double special[] = {0.0,       -0.0,           1,        -1,     1e-45,    -1e-45,    1e-40, -1e-40,
                              1e-320,    1.17549435e-38, 1e-8,     -1e-8,  88.72,    88.73,     -87.3, -88,
                              -103.97,   -104,           709.78,   709.79, -745.1,   -746,      0.625, -0.625,
                              3e38,      -3e38,          1e308,    -1e308, HUGE_VAL, -HUGE_VAL, NAN,   0.70710678,
                              1.4142135, 0.99999994,     1.0000001};
    for (int f = 0; f < 6; f++) {
        double worst = 0, where = 0;
        for (int i = 0; i < N + 35; i++) {
            double t = (double)i / N, x = functions[f].low + (functions[f].high - functions[f].low) * t;
            if (i % 2) x = (i % 4 == 1 ? 1 : -1) * exp(-100 + 190 * t); /* numbers of all sizes */
            if (i >= N) x = special[i - N];
            double error = error_of(f, (real)x);
            if (error > worst) worst = error, where = x;
        }
        if (worst > allowed) printf("%s: %.3g units in the last place at %.17g\n", functions[f].name, worst, where);
        check(worst <= allowed, __FILE__, __LINE__, functions[f].name);
    }
    CHECK(signbit(ag_tanh((real)-0.0)) && !signbit(ag_tanh(0)));
}

/* A loop that compilers vectorise must give the same bits as single calls. */
static void test_vectorised(void)
{
    enum { N = 1003 };
    static real x[N], y[5][N];
    int same = 1;
    ag_normals(3, AG_RNG_BENCH, 0, 0, N, x);
    for (int i = 0; i < N; i++) x[i] *= 20;
    for (int i = 0; i < N; i++) y[0][i] = ag_exp(x[i]);
    for (int i = 0; i < N; i++) y[1][i] = ag_log(x[i]);
    for (int i = 0; i < N; i++) y[2][i] = ag_tanh(x[i]);
    for (int i = 0; i < N; i++) y[3][i] = ag_sigmoid(x[i]);
    for (int i = 0; i < N; i++) y[4][i] = ag_softplus(x[i]);
    static const int which[] = {0, 1, 2, 3, 5};
    for (int k = 0; k < 5; k++)
        for (int i = 0; i < N; i++) {
            real (*volatile call)(real) = functions[which[k]].ours;
            real z = call(x[i]);
            same = same && (z == y[k][i] || (isnan(z) && isnan(y[k][i])));
        }
    CHECK(same);
}

static void test_sincos(void)
{
    double worst = 0;
    for (int i = 0; i < 1 << 16; i++) {
        real turn = (real)(i * 255 + i / 7 % 255) / 16777216, sine, cosine;
        ag_sincos_turn(turn, &sine, &cosine);
        double angle = 2 * acos(-1) * (double)turn;
        worst = fmax(worst, fmax(fabs(sine - sin(angle)), fabs(cosine - cos(angle))));
    }
    CHECK(worst < (sizeof(real) == 4 ? 1.2e-7 : 1e-15));
}

/* ---------------------------------------------------------------- progress */

static int time_is(double seconds, const char *text)
{
    char got[16];
    ag_format_time(seconds, got);
    return !strcmp(got, text);
}

static void test_progress(void)
{
    CHECK(time_is(12, "12s") && time_is(200, "3m20s") && time_is(3720, "1h02m") && time_is(90000, "1d01h"));
    CHECK(time_is(0, "0s") && time_is(59.7, "1m00s") && time_is(-1, "?") && time_is(NAN, "?") && time_is(1e30, "?"));
    struct ag_progress progress;
    fflush(stdout);
    int kept = dup(1);
    const char *path = in_folder("output");
    CHECK(freopen(path, "w", stdout) != NULL);
    ag_progress_start(&progress, "search", 100, 90);
    progress.interval = 1e6;
    for (int i = 91; i <= 100; i++) {
        if (i % 3 == 0) progress.shown -= 2e6, progress.measured -= 1; /* as if so much time had passed */
        ag_progress_step(&progress, i, "loss %.2f", i / 100.0);
    }
    ag_progress_note(&progress, "a note");
    ag_progress_end(&progress);
    fflush(stdout);
    dup2(kept, 1);
    close(kept);
    char *text;
    long size;
    CHECK(!ag_read_file(path, 1 << 20, &text, &size, &err));
    int lines = 0;
    for (long i = 0; i < size; i++) lines += text[i] == '\n';
    CHECK(lines == 5 && !strchr(text, '\r') && strstr(text, "\na note\n"));
    CHECK(strstr(text, "search 93/100 (93%)  ") && strstr(text, " left  loss 0.93\nsearch 96/100 (96%)  "));
    CHECK(strstr(text, "\nsearch 100/100  in ") && strstr(text, "  loss 1.00\n"));
    ag_free(text);
}

/* Tests rounding to numbers of two bytes: each such number rounds to itself, and a number between two rounds to the
 * nearer one, or to the even one if both are equally near. */
static void test_halves(enum ag_dtype type, unsigned largest)
{
    int wrong = 0;
    for (unsigned k = 0; k <= largest; k++)
        for (unsigned sign = 0; sign < 2; sign++) {
            const ag_u16 at[2] = {(ag_u16)(k | sign << 15), (ag_u16)((k + 1) | sign << 15)};
            real x[2];
            ag_from_half(type, at, 2, x);
            const float between[] = {(float)x[0], (float)(x[0] + (x[1] - x[0]) * 0.49),
                                     (float)(x[0] + (x[1] - x[0]) / 2), (float)(x[0] + (x[1] - x[0]) * 0.51)};
            ag_u16 got[4];
            ag_to_half(type, between, 4, got);
            wrong += got[0] != at[0] || (k < largest && (got[1] != at[0] || got[2] != at[k & 1] || got[3] != at[1]));
        }
    CHECK(wrong == 0);
}

int main(void)
{
    test_halves(AG_F16, 0x7bff);
    test_halves(AG_BF16, 0x7f7e);
    if (!mkdtemp(folder)) return 1;
    test_errors();
    test_philox();
    test_normals();
    test_permutation();
    test_parallel();
    test_halo();
    test_files();
    test_failing_writes();
    test_concurrent_writers();
    test_folders();
    test_syncs();
    test_formats();
    test_png();
    test_grid();
    test_large_grids();
    test_frames();
    test_math();
    test_vectorised();
    test_sincos();
    test_progress();
    return finish();
}
