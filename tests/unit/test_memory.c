/*
 * Tests the data loader when an allocation fails: the first, then the second, and so on. The run must fail with status
 * 1, or go on with the same pictures as always; no picture may be taken for broken. malloc and its like are replaced
 * for the whole program, including libpng, libjpeg and the C library, so this test is not built with sanitizers.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "../../runtime/data.h"
#include "data_checks.h"
#include "zip_files.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>

enum { FILES = 12, RECORDS = 50000, BATCH = 4, BATCHES = 3, REALS = BATCH * SIDE * SIDE * 3 };

/* ---------------------------------------------------------------- allocations that fail */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t n);
void __libc_free(void *memory);

static long countdown; /* the allocation with this number from now on fails; 0: none fails */
static int lasting;    /* 1: all allocations after it fail too */
static long live;      /* how many allocations are not freed */

/* Returns 1 if this allocation fails. All threads count down together; exactly one of them takes the last step. */
static int fails(void)
{
    for (;;) {
        const long left = __sync_fetch_and_add(&countdown, 0);
        if (left <= 0) return 0;
        if (left == 1 && lasting) return 1;
        if (__sync_bool_compare_and_swap(&countdown, left, left - 1)) return left == 1;
    }
}

static void *alive(void *memory)
{
    if (memory) __sync_fetch_and_add(&live, 1);
    return memory;
}

void *malloc(size_t n)
{
    return fails() ? errno = ENOMEM, NULL : alive(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
    return fails() ? errno = ENOMEM, NULL : alive(__libc_calloc(n, size));
}

void *realloc(void *memory, size_t n)
{
    if (fails()) return errno = ENOMEM, NULL;
    return memory ? __libc_realloc(memory, n) : alive(__libc_malloc(n));
}

void free(void *memory)
{
    if (memory) __sync_fetch_and_add(&live, -1);
    __libc_free(memory);
}

/* ---------------------------------------------------------------- folders whose listing fails */

static int entries_left = -1; /* how many entries are read before reading a folder fails; -1: it never fails */

struct dirent64 *readdir64(DIR *stream)
{
    static struct dirent64 *(*real_one)(DIR *);
    if (!real_one) *(void **)&real_one = dlsym(RTLD_NEXT, "readdir64");
    if (entries_left == 0) return errno = EIO, NULL;
    if (entries_left > 0) entries_left--;
    return real_one(stream);
}

static void test_listing(void)
{
    struct ag_data_options o = options("images", at("set"), SIDE);
    const int all = FILES + 8; /* also `deep`, broken.png, and for each of two folders ., .. and the end */
    for (int n = 0; n < all; n++) {
        entries_left = n;
        check_refused(&o, 1,
                      n <= FILES * 2 / 3 + 4 ? "set' could not be listed: Input/output error"
                                             : "set/deep' could not be listed: Input/output error");
    }
    entries_left = all;
    struct ag_data *data = open_data(&o);
    ag_data_close(data);
    entries_left = -1;
}

/* ---------------------------------------------------------------- sets */

static void make_files(void)
{
    struct zip zip;
    char name[64];
    static const struct how deflated = {.deflated = 1};
    make_folder("set");
    make_folder("set/deep");
    zip_begin(&zip, at("set.zip"));
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "set/%s%02d", i % 3 ? "" : "deep/", i);
        if (i % 4 == 3) {
            write_jpeg(at(name), i % 8 == 3 ? JCS_RGB : JCS_CMYK, 1, "\x40\x80\xb0\xff", i % 8 == 3 ? 3 : 4, 20, 30);
            add_exif(at(name), 6);
        } else
            write_number(at(name), i, 9, 14);
        zip_add_file(&zip, name + 4, at(name), i % 2 ? &deflated : NULL);
    }
    write_text(at("set/broken.png"), "not one");
    zip_add_file(&zip, "broken.png", at("set/broken.png"), NULL);
    zip_end(&zip, 0, "");
    make_folder("cifar");
    for (int i = 1; i <= 5; i++) {
        snprintf(name, sizeof name, "cifar/data_batch_%d.bin", i);
        fclose(create(at(name)));
        cut(at(name), 30730000); /* a sparse file */
    }
}

/* Opens the set and reads some batches. Returns 0, or the status of the first failure with its message in err. */
static int run_once(const struct ag_data_options *o, real *batches, struct ag_error *err)
{
    struct ag_data *data;
    int status = ag_data_open(&data, o, err), records = strcmp(o->format, "cifar10") == 0;
    if (!status && ag_data_count(data, 0) != (records ? RECORDS : FILES)) status = 99;
    for (long index = 0; !status && index < BATCHES; index++)
        status = ag_data_batch(data, 0, BATCH, index, batches + index * REALS, err);
    ag_data_close(data);
    return status;
}

static void check_set(const char *format, const char *path, int cached, int channels)
{
    static real right[BATCHES * REALS], got[BATCHES * REALS];
    struct ag_data_options o = options(format, path, SIDE);
    struct ag_error err = {""};
    long fine = 0, failures = 0;
    int reached = 1;
    memset(right, 0, sizeof right);
    o.split = 1;
    o.channels = channels;
    o.cache_bytes = (ag_u64)!cached;
    check(!run_once(&o, right, &err) && !run_once(&o, right, &err), "%s", err.text);
    for (long k = 1; reached; k++) { /* until a run has fewer than k allocations */
        long before = live;
        memset(got, 0, sizeof got);
        countdown = k;
        int status = run_once(&o, got, &err);
        reached = countdown == lasting;
        countdown = 0;
        check(status == 0 || status == 1, "%s, allocation %ld: status %d, %s", path, k, status, err.text);
        check(status == 0 || strstr(err.text, "memory"), "%s, allocation %ld: %s", path, k, err.text);
        check(status || !memcmp(got, right, sizeof got), "%s, allocation %ld: other pictures", path, k);
        check(live == before, "%s, allocation %ld: %ld are not freed", path, k, live - before);
        fine += !status;
        failures += status == 1;
    }
    check(failures > 20 && fine > 0, "%s: %ld runs failed, %ld did not", path, failures, fine);
}

int main(void)
{
    if (!mkdtemp(folder)) return perror(folder), 1;
    atexit(remove_folder);
    make_files();
    ag_set_threads(1);
    catch_stderr(); /* broken.png is named in each run */
    test_listing();
    check_set("cifar10", at("cifar"), 0, 1);
    for (lasting = 0; lasting < 2; lasting++)
        for (int cached = 0; cached < 2; cached++) {
            check_set("images", at("set"), cached, 3);
            check_set("zip", at("set.zip"), cached, 1);
        }
    static char text[1 << 20];
    caught_stderr(text, sizeof text);
    check(strstr(text, "do not fit into memory") != NULL, "no run had memory for all but the set at once");
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
