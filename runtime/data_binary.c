/* The binary files in which CIFAR-10 and STL-10 are published. A file consists of records of one size. A record holds
 * the three colour planes of a picture. */
#define _GNU_SOURCE       /* O_PATH */
#define _FILE_OFFSET_BITS 64
#include "data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES 5

struct dataset {
    const char *name, *folder; /* folder: the one that the published archive unpacks to, with a final / */
    int files;
    const char *file[MAX_FILES];
    int records[MAX_FILES];
    int skip;         /* bytes before the planes (the label) */
    int side;         /* width and height in pixels */
    int column_major; /* 1: pixel (x, y) of a plane is at x * side + y */
};

static const struct dataset cifar10 = {
    "CIFAR-10",
    "cifar-10-batches-bin/",
    5,
    {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
    {10000, 10000, 10000, 10000, 10000},
    1,
    32,
    0};
static const struct dataset stl10 = {
    "STL-10", "stl10_binary/", 2, {"train_X.bin", "unlabeled_X.bin"}, {5000, 100000}, 0, 96, 1};

struct files {
    const struct dataset *set;
    const char *path, *inner; /* while opening: the path given; the folder inside it that holds the files, or "" */
    int descriptor[MAX_FILES];
};

static long record_bytes(const struct dataset *set)
{
    return set->skip + 3L * set->side * set->side;
}

/* Turns the three planes of a record into rgb = [side, side, 3]. */
static void interleave(const struct dataset *set, const ag_u8 *planes, ag_u8 *rgb)
{
    int side = set->side;
    long stride_x = set->column_major ? side : 1, stride_y = set->column_major ? 1 : side;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            for (int c = 0; c < 3; c++) *rgb++ = planes[(long)c * side * side + y * stride_y + x * stride_x];
}

static int read_record(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT])
{
    const struct files *files = source->state;
    const struct dataset *set = files->set;
    int side = set->side, file = 0, outcome;
    long bytes = record_bytes(set), record = (long)i;
    (void)half;
    while (record >= set->records[file]) record -= set->records[file++];
    ag_u8 *raw = malloc((size_t)bytes * 2); /* the record, then its pixels */
    if (!raw) return ag_fault_memory(fault);
    outcome = ag_read_at(files->descriptor[file], raw, (size_t)bytes, (ag_u64)record * (ag_u64)bytes, fault);
    if (!outcome) {
        const struct ag_data_options *o = &source->options;
        struct ag_pixels rgb = {side, side, 3, 3L * side, raw + bytes};
        interleave(set, raw + set->skip, raw + bytes);
        if (ag_fit(&rgb, o->size, o->channels, o->center_crop, out)) outcome = ag_fault_memory(fault);
    }
    free(raw);
    return outcome;
}

static const char *record_name(const struct ag_source *source, ag_u64 i, char label[AG_LABEL])
{
    const struct files *files = source->state;
    int file = 0;
    long record = (long)i;
    while (record >= files->set->records[file]) record -= files->set->records[file++];
    snprintf(label, AG_LABEL, "%s, record %ld", files->set->file[file], record);
    return label;
}

static void close_files(struct ag_source *source)
{
    struct files *files = source->state;
    for (int i = 0; files && i < MAX_FILES; i++)
        if (files->descriptor[i] >= 0) close(files->descriptor[i]);
    free(files);
}

/* Writes the error that a file or folder can't be opened; the reason is in errno. */
static int fail_open(const struct files *files, const char *file, struct ag_error *err)
{
    return ag_fail(
        err, ag_open_status(errno),
        "data: %s needs '%.400s/%s%s': %s; give the folder of its binary version with --data PATH, or --data "
        "shapes",
        files->set->name, files->path, files->inner, file, strerror(errno));
}

static int open_file(struct files *files, int folder, int i, struct ag_error *err)
{
    const struct dataset *set = files->set;
    long long expected = (long long)set->records[i] * record_bytes(set);
    struct stat info;
    files->descriptor[i] = ag_open_at(folder, set->file[i], O_RDONLY);
    if (files->descriptor[i] < 0 || fstat(files->descriptor[i], &info)) return fail_open(files, set->file[i], err);
    if ((long long)info.st_size != expected)
        return ag_fail(
            err, 2,
            "data: '%.400s/%s%s' has %lld bytes where %s's has %lld (%d pictures of %ld); download it again or "
            "give another folder with --data PATH",
            files->path, files->inner, set->file[i], (long long)info.st_size, set->name, expected, set->records[i],
            record_bytes(set));
    return 0;
}

/* Opens the folder that holds the files: the given path, or the folder `set->folder` inside it. */
static int find_folder(struct files *files, int *folder, struct ag_error *err)
{
    const struct dataset *set = files->set;
    char inner[64];
    *folder = ag_open_at(AT_FDCWD, files->path, O_PATH | O_DIRECTORY);
    if (*folder < 0) return fail_open(files, set->file[0], err);
    snprintf(inner, sizeof inner, "%s%s", set->folder, set->file[0]);
    if (faccessat(*folder, inner, F_OK, 0))
        return errno == ENOENT || errno == ENOTDIR ? 0 : fail_open(files, inner, err);
    int given = *folder;
    *folder = ag_open_at(given, set->folder, O_PATH | O_DIRECTORY);
    files->inner = set->folder;
    int status = *folder < 0 ? fail_open(files, set->file[0], err) : 0;
    close(given);
    return status;
}

static int open_set(const struct dataset *set, struct ag_source *source, struct ag_error *err)
{
    int folder;
    struct files *files = malloc(sizeof *files);
    if (!files) return ag_fail(err, 1, "data: no memory");
    files->set = set;
    files->path = source->options.path;
    files->inner = "";
    for (int i = 0; i < MAX_FILES; i++) files->descriptor[i] = -1;
    source->state = files;
    source->close = close_files;
    source->read = read_record;
    source->name = record_name;
    int status = find_folder(files, &folder, err);
    for (int i = 0; !status && i < set->files; i++) {
        status = open_file(files, folder, i, err);
        source->count += set->records[i];
    }
    if (folder >= 0) close(folder);
    return status;
}

int ag_source_cifar10(struct ag_source *source, struct ag_error *err)
{
    return open_set(&cifar10, source, err);
}

int ag_source_stl10(struct ag_source *source, struct ag_error *err)
{
    return open_set(&stl10, source, err);
}
