/* CIFAR-10 and STL-10 as published: files of equal records, each a picture's three colour planes. */
#define _POSIX_C_SOURCE   200809L
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

struct format {
    const char *name, *folder; /* of the archive: looked for inside the path given, too */
    int files;
    const char *file[MAX_FILES];
    int records[MAX_FILES];
    int skip;         /* bytes before the planes of a record (the label) */
    int side;         /* pictures are square */
    int column_major; /* pixel (x, y) of a plane at x * side + y */
};

static const struct format cifar10 = {
    "CIFAR-10",
    "cifar-10-batches-bin",
    5,
    {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
    {10000, 10000, 10000, 10000, 10000},
    1,
    32,
    0};
static const struct format stl10 = {
    "STL-10", "stl10_binary", 2, {"train_X.bin", "unlabeled_X.bin"}, {5000, 100000}, 0, 96, 1};

struct files {
    const struct format *format;
    int descriptor[MAX_FILES];
    char label[64]; /* of the picture last named */
};

static long record_bytes(const struct format *format)
{
    return format->skip + 3L * format->side * format->side;
}

/* rgb = [side, side, 3] of a record's planes. */
static void interleave(const struct format *format, const ag_u8 *planes, ag_u8 *rgb)
{
    int side = format->side;
    long step_x = format->column_major ? side : 1, step_y = format->column_major ? 1 : side;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            for (int c = 0; c < 3; c++) *rgb++ = planes[(long)c * side * side + y * step_y + x * step_x];
}

static int read_record(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT])
{
    const struct files *files = source->state;
    const struct format *format = files->format;
    int side = format->side, file = 0, failed;
    long bytes = record_bytes(format), record = (long)i;
    (void)half;
    while (record >= format->records[file]) record -= format->records[file++];
    ag_u8 *raw = malloc((size_t)bytes * 2); /* the record, then its pixels */
    if (!raw) return ag_fault(fault, "out of memory");
    failed = ag_read_at(files->descriptor[file], raw, (size_t)bytes, (ag_u64)record * (ag_u64)bytes, fault);
    if (!failed) {
        struct ag_pixels rgb = {side, side, 3, 3L * side, raw + bytes};
        interleave(format, raw + format->skip, raw + bytes);
        failed = ag_fit(&rgb, source->options.size, source->options.channels, source->options.center_crop, out);
        if (failed) ag_fault(fault, "out of memory");
    }
    free(raw);
    return failed;
}

static const char *record_name(const struct ag_source *source, ag_u64 i)
{
    struct files *files = source->state;
    int file = 0;
    long record = (long)i;
    while (record >= files->format->records[file]) record -= files->format->records[file++];
    snprintf(files->label, sizeof files->label, "%s, record %ld", files->format->file[file], record);
    return files->label;
}

static void close_files(struct ag_source *source)
{
    struct files *files = source->state;
    for (int i = 0; files && i < MAX_FILES; i++)
        if (files->descriptor[i] >= 0) close(files->descriptor[i]);
    free(files);
}

static int open_file(struct files *files, const char *folder, int i, struct ag_error *err)
{
    const struct format *format = files->format;
    long long expected = (long long)format->records[i] * record_bytes(format);
    char path[4096];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", folder, format->file[i]);
    files->descriptor[i] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO would wait for its writer */
    if (files->descriptor[i] < 0 || fstat(files->descriptor[i], &info))
        return ag_fail(err, 2,
                       "data: %s needs '%s': %s; give the folder of its binary version with --data PATH, or --data "
                       "shapes",
                       format->name, path, strerror(errno));
    if ((long long)info.st_size != expected)
        return ag_fail(err, 2,
                       "data: '%s' has %lld bytes where %s's has %lld (%d pictures of %ld); fetch it again or give "
                       "another folder with --data PATH",
                       path, (long long)info.st_size, format->name, expected, format->records[i], record_bytes(format));
    return 0;
}

/* The folder given, or the archive's own folder in it. */
static void find_folder(const struct format *format, const char *path, char *folder, size_t size)
{
    char file[4096];
    snprintf(file, sizeof file, "%s/%s/%s", path, format->folder, format->file[0]);
    if (access(file, F_OK) == 0)
        snprintf(folder, size, "%s/%s", path, format->folder);
    else
        snprintf(folder, size, "%s", path);
}

static int open_format(const struct format *format, struct ag_source *source, struct ag_error *err)
{
    char folder[2048];
    struct files *files = malloc(sizeof *files);
    if (!files) return ag_fail(err, 1, "data: no memory");
    files->format = format;
    for (int i = 0; i < MAX_FILES; i++) files->descriptor[i] = -1;
    source->state = files;
    source->close = close_files;
    source->read = read_record;
    source->name = record_name;
    find_folder(format, source->options.path, folder, sizeof folder);
    for (int i = 0; i < format->files; i++) {
        int status = open_file(files, folder, i, err);
        if (status) return status;
        source->count += format->records[i];
    }
    return 0;
}

int ag_source_cifar10(struct ag_source *source, struct ag_error *err)
{
    return open_format(&cifar10, source, err);
}

int ag_source_stl10(struct ag_source *source, struct ag_error *err)
{
    return open_format(&stl10, source, err);
}
