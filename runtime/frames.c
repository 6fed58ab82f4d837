/* Pictures that are written one by one as they are drawn, so that memory does not grow with their number. */
#define _XOPEN_SOURCE 700
#include "ag.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 16 }; /* pictures that are packed side by side */

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
    if (fcntl(STDOUT_FILENO, F_GETFD) < 0) return ag_fail(err, 1, "-o -: standard output is closed");
    return 0;
}

/* The path of picture i. */
static int path_of(char path[AG_PATH], const struct ag_frames *frames, long i, struct ag_error *err)
{
    char name[32];
    snprintf(name, sizeof name, "%06ld.png", i);
    return ag_join(path, frames->folder, name, err);
}

/* Status 2: pictures can't be written there. */
static int open_folder(const struct ag_frames *frames, struct ag_error *err)
{
    char path[AG_PATH];
    int status = ag_make_dirs(frames->folder, err);
    if (!status) status = path_of(path, frames, 0, err);
    if (!status) status = ag_file_check(path, err);
    return status ? 2 : 0;
}

int ag_frames_open(struct ag_frames *frames, const struct ag_program *program, const char *output, struct ag_error *err)
{
    memset(frames, 0, sizeof *frames);
    frames->program = program;
    frames->folder = strcmp(output, "-") != 0 ? output : NULL;
    frames->err = err;
    frames->pixels = malloc((size_t)(ROOM * picture_size(program)));
    frames->errors = malloc(ROOM * sizeof *frames->errors);
    frames->failed = malloc(ROOM * sizeof *frames->failed);
    if (!frames->pixels || !frames->errors || !frames->failed) return ag_fail(err, 1, "%s: out of memory", output);
    if (frames->folder) return open_folder(frames, err);
    signal(SIGPIPE, SIG_IGN); /* then write() fails with EPIPE … */
    signal(SIGXFSZ, SIG_IGN); /* … and EFBIG */
    return 0;
}

void ag_frames_close(struct ag_frames *frames)
{
    free(frames->pixels);
    free(frames->errors);
    free(frames->failed);
    memset(frames, 0, sizeof *frames);
}

/* Packs the waiting picture number `task`, which takes its time, into the folder. */
static void write_one(void *context, int task, int thread)
{
    struct ag_frames *frames = context;
    const struct ag_program *program = frames->program;
    const int side = program->image_size;
    const ag_u8 *pixels = frames->pixels + task * picture_size(program);
    struct ag_error *err = &frames->errors[task];
    char path[AG_PATH];
    (void)thread;
    int status = path_of(path, frames, frames->written + task, err);
    if (!status) status = ag_write_png(path, side, side, program->image_channels, pixels, err);
    frames->failed[task] = status;
}

static int put(const ag_u8 *bytes, long size, struct ag_error *err)
{
    while (size > 0) {
        const long written = write(STDOUT_FILENO, bytes, (size_t)size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EPIPE) return err->text[0] = 0, 1; /* the reader has had enough: nothing to tell */
        if (written < 0) return ag_fail(err, 1, "-o -: cannot write: %s", strerror(errno));
        bytes += written, size -= written;
    }
    return 0;
}

int ag_frames_end(struct ag_frames *frames)
{
    const long n = frames->waiting;
    frames->waiting = 0;
    if (!frames->folder) return put(frames->pixels, n * picture_size(frames->program), frames->err);
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
        ag_levels(pictures + i * size, size, frames->pixels + frames->waiting++ * size);
        if (frames->waiting == ROOM) status = ag_frames_end(frames);
    }
    return status || frames->folder ? status : ag_frames_end(frames);
}
