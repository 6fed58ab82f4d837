/* Writes single pictures as they are drawn. The memory needed does not depend on their number. */
#define _XOPEN_SOURCE 700
#include "ag.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BUFFERED = 16, /* number of pictures that are compressed in parallel */
    NAME = 64,     /* enough bytes for the name of a picture */
    NAMED = 3      /* number of other pictures that the message names */
};

static long picture_size(const struct ag_program *program)
{
    return (long)program->image_size * program->image_size * program->image_channels;
}

int ag_frames_wanted(const char *output)
{
    const size_t length = strlen(output);
    return !strcmp(output, "-") || (length && output[length - 1] == '/') || ag_is_dir(output);
}

int ag_frames_check(struct ag_error *err)
{
    if (isatty(STDOUT_FILENO))
        return ag_fail(err, 2, "-o -: standard output is a terminal; raw frames go to a pipe or a file");
    const int how = fcntl(STDOUT_FILENO, F_GETFL);
    if (how < 0 || (how & O_ACCMODE) == O_RDONLY) return ag_fail(err, 1, "-o -: standard output is closed");
    return 0;
}

static void name_of(char name[NAME], const struct ag_frame_names *names, ag_u64 number)
{
    snprintf(name, NAME, "%s%0*llu.png", names->prefix, names->digits, number);
}

/* The path of picture i. */
static int path_of(char path[AG_PATH], const struct ag_frames *frames, long i, struct ag_error *err)
{
    char name[NAME];
    name_of(name, &frames->names, frames->names.first + (ag_u64)i);
    return ag_join(path, frames->folder, name, err);
}

/* Creates the folder, and checks that it can be written to. Status 2. */
static int prepare_folder(struct ag_frames *frames, struct ag_error *err)
{
    char path[AG_PATH];
    int status = ag_make_dirs(frames->folder, err);
    if (!status) status = path_of(path, frames, 0, err);
    if (!status) status = ag_file_check(path, err);
    if (!status) frames->fd = open(frames->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return status ? 2 : 0;
}

int ag_frames_open(struct ag_frames *frames, const struct ag_program *program, const char *output,
                   struct ag_frame_names names, struct ag_error *err)
{
    memset(frames, 0, sizeof *frames);
    frames->program = program;
    frames->names = names;
    frames->fd = -1;
    frames->folder = strcmp(output, "-") != 0 ? output : NULL;
    frames->err = err;
    frames->pixels = malloc((size_t)(BUFFERED * picture_size(program)));
    frames->errors = malloc(BUFFERED * sizeof *frames->errors);
    frames->failed = malloc(BUFFERED * sizeof *frames->failed);
    if (!frames->pixels || !frames->errors || !frames->failed) return ag_fail(err, 1, "%s: out of memory", output);
    if (frames->folder) return prepare_folder(frames, err);
    signal(SIGPIPE, SIG_IGN); /* then write() fails with EPIPE */
    signal(SIGXFSZ, SIG_IGN); /* then write() fails with EFBIG */
    return 0;
}

void ag_frames_close(struct ag_frames *frames)
{
    if (frames->folder && frames->fd >= 0) close(frames->fd);
    free(frames->pixels);
    free(frames->errors);
    free(frames->failed);
    memset(frames, 0, sizeof *frames);
}

/* Compresses buffered picture number `task`, and writes it to the folder. */
static void write_one(void *context, int task, int thread)
{
    struct ag_frames *frames = context;
    const struct ag_program *program = frames->program;
    const int side = program->image_size;
    const ag_u8 *pixels = frames->pixels + task * picture_size(program);
    struct ag_error *err = &frames->errors[task];
    struct ag_file file;
    char path[AG_PATH];
    (void)thread;
    frames->failed[task] = path_of(path, frames, frames->written + task, err);
    if (frames->failed[task]) return;
    ag_file_open(&file, path, err);
    file.synced_later = 1;
    ag_put_png(&file, side, side, program->image_channels, pixels);
    frames->failed[task] = ag_file_commit(&file);
}

static int write_to_stdout(const ag_u8 *bytes, long size, struct ag_error *err)
{
    while (size > 0) {
        const long written = write(STDOUT_FILENO, bytes, (size_t)size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EPIPE) return err->text[0] = 0, 1; /* the reader has closed the pipe */
        if (written < 0) return ag_fail(err, 1, "-o -: cannot write: %s", strerror(errno));
        bytes += written, size -= written;
    }
    return 0;
}

/* Writes the buffered pictures. */
static int write_waiting(struct ag_frames *frames)
{
    const long n = frames->waiting;
    frames->waiting = 0;
    if (!frames->folder) return write_to_stdout(frames->pixels, n * picture_size(frames->program), frames->err);
    ag_parallel((int)n, write_one, frames);
    for (long i = 0; i < n; i++)
        if (frames->failed[i]) return ag_fail(frames->err, frames->failed[i], "%s", frames->errors[i].text);
    frames->written += n;
    return 0;
}

int ag_frames_write(struct ag_frames *frames, const real *pictures, long n)
{
    const long size = picture_size(frames->program);
    int status = 0;
    for (long i = 0; i < n && !status; i++) {
        ag_quantize(pictures + i * size, size, frames->pixels + frames->waiting++ * size);
        if (frames->waiting == BUFFERED) status = write_waiting(frames);
    }
    return status || frames->folder ? status : write_waiting(frames);
}

int ag_frames_end(struct ag_frames *frames)
{
    struct ag_error second;
    int status = write_waiting(frames);
    if (!frames->folder || !frames->written) return status;
    int unsynced = ag_file_sync(frames->fd, frames->folder, status ? &second : frames->err);
    return status ? status : unsynced;
}

/* ---------------------------------------------------------------- other pictures in the folder */

struct others {
    long count;
    char name[NAMED][256]; /* the first ones, in bytewise order */
};

/* 1 if this is the name of a picture that was written. */
static int is_own(const struct ag_frame_names *names, const char *name)
{
    const size_t prefix = strlen(names->prefix);
    char own[NAME];
    if (strncmp(name, names->prefix, prefix)) return 0;
    const ag_u64 number = strtoull(name + prefix, NULL, 10);
    name_of(own, names, number);
    return number - names->first < (ag_u64)names->count && !strcmp(name, own);
}

static int is_picture(const char *name)
{
    const enum ag_format format = ag_format_of(name);
    return name[0] != '.' && (format == AG_FORMAT_PNG || format == AG_FORMAT_PICTURE);
}

static void add_other(struct others *others, const char *name)
{
    int at = others->count < NAMED ? (int)others->count : NAMED;
    others->count++;
    for (; at > 0 && strcmp(name, others->name[at - 1]) < 0; at--)
        if (at < NAMED) strcpy(others->name[at], others->name[at - 1]);
    if (at < NAMED) snprintf(others->name[at], sizeof others->name[at], "%s", name);
}

/* Finds the other pictures in the folder. Returns an errno if the folder can't be read, else 0. */
static int find_others(const struct ag_frames *frames, struct others *others)
{
    char path[AG_PATH];
    struct ag_error unused;
    DIR *folder = opendir(frames->folder);
    if (!folder) return errno;
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(folder)); errno = 0)
        if (is_picture(entry->d_name) && !is_own(&frames->names, entry->d_name) &&
            !ag_join(path, frames->folder, entry->d_name, &unused) && ag_is_file(path))
            add_other(others, entry->d_name);
    const int failed = errno;
    closedir(folder);
    return failed;
}

void ag_frames_report_others(const struct ag_frames *frames)
{
    struct ag_error line; /* ag_fail replaces line breaks in the names */
    struct ag_text names = {0};
    struct others others = {0};
    const int failed = frames->folder ? find_others(frames, &others) : 0;
    for (int i = 0; i < NAMED && i < others.count; i++) ag_text_add(&names, "%s%s", i ? ", " : "", others.name[i]);
    if (failed)
        ag_fail(&line, 0, "%s: cannot see whether the folder holds other pictures: %s", frames->folder,
                strerror(failed));
    else
        ag_fail(&line, 0, "%s: the folder also holds %ld picture%s that this command did not write: %s%s",
                frames->folder, others.count, others.count > 1 ? "s" : "", names.text ? names.text : "",
                others.count > NAMED ? ", ..." : "");
    if (failed || others.count) fprintf(stderr, "%s: %s\n", frames->program->kind, line.text);
    ag_text_free(&names);
}
