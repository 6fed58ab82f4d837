/* The folder of a run: its lock, its log, its checkpoint, its pictures. */
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 700
#include "ag.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { LOG_LIMIT = 1 << 30 };

/* Opens a file in the folder for writing. It follows no link and waits for no pipe that somebody put there. */
static int open_own(const struct ag_run *run, const char *name, int how)
{
    struct stat is;
    int fd = openat(run->fd, name, how | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0 || (!fstat(fd, &is) && S_ISREG(is.st_mode))) return fd;
    close(fd);
    errno = ENXIO;
    return -1;
}

/* The reason why open_own has failed. */
static const char *own_error(void)
{
    return errno == ELOOP || errno == ENXIO ? "a link, pipe or device is in the way; remove it" : strerror(errno);
}

static int open_folder(struct ag_run *run, struct ag_error *err)
{
    run->fd = open(run->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run->fd < 0) return ag_fail(err, 2, "%s: cannot open this run folder: %s", run->folder, strerror(errno));
    if (!faccessat(run->fd, ".", W_OK | X_OK, AT_EACCESS)) return 0;
    return ag_fail(err, 2, "%s: cannot write in this run folder: %s", run->folder, strerror(errno));
}

/* Locks the folder for this process; the system releases the lock even if the process is killed. Some file systems of
 * clusters have no locks. */
static int lock_folder(struct ag_run *run, struct ag_error *err)
{
    run->lock = open_own(run, ".lock", O_RDWR);
    if (run->lock < 0)
        return ag_fail(err, 2, "%s/.lock: cannot write in this run folder: %s", run->folder, own_error());
    if (!flock(run->lock, LOCK_EX | LOCK_NB)) return 0;
    if (errno == EWOULDBLOCK)
        return ag_fail(err, 2, "%s: another process is using this run folder; wait for it, or give another with --run",
                       run->folder);
    fprintf(stderr,
            "warning: %s/.lock: cannot lock: %s; going on without: see to it that no other process uses this folder\n",
            run->folder, strerror(errno));
    return 0;
}

int ag_run_open(struct ag_run *run, const struct ag_program *program, const struct ag_options *options,
                struct ag_error *err)
{
    memset(run, 0, sizeof *run);
    run->program = program;
    run->options = options;
    run->fd = run->lock = run->log = -1;
    if (ag_join(run->folder, options->run, "", err)) return 2;
    for (size_t n = strlen(run->folder); n > 1 && run->folder[n - 1] == '/'; n--) run->folder[n - 1] = 0;
    if (ag_join(run->checkpoint, run->folder, "checkpoint.safetensors", err)) return 2;
    if (options->resume && !ag_is_dir(run->folder))
        return ag_fail(err, 2, "%s: there is no run to resume; leave out --resume to begin one", run->folder);
    int status = ag_device_open(program, err); /* first, so that a run without its device leaves no folder */
    if (status) return status;
    if (ag_make_dirs(run->folder, err) || open_folder(run, err) || lock_folder(run, err)) return 2;
    run->resumed = ag_is_file(run->checkpoint);
    if (run->resumed && !options->resume)
        return ag_fail(err, 2, "%s: holds a checkpoint; go on from it with --resume, or give another folder with --run",
                       run->folder);
    return 0;
}

int ag_run_check_seed(const struct ag_run *run, const struct ag_options *options, ag_u64 seed, struct ag_error *err)
{
    if (!options->has_seed || options->seed == seed) return 0;
    return ag_fail(err, 2, "--seed: the run in %s has seed %llu; leave the option out", run->folder, seed);
}

void ag_run_close(struct ag_run *run)
{
    if (run->log >= 0) close(run->log);
    if (run->lock >= 0) close(run->lock);
    if (run->fd >= 0) close(run->fd);
    run->log = run->lock = run->fd = -1;
}

int ag_run_check(const struct ag_run *run, struct ag_error *err)
{
    struct stat here, there;
    if (!fstat(run->fd, &here) && !stat(run->folder, &there) && here.st_dev == there.st_dev &&
        here.st_ino == there.st_ino)
        return 0;
    return ag_fail(err, 1,
                   "%s: this run folder was removed, renamed or replaced; what was written is where it is now, and the "
                   "run ends",
                   run->folder);
}

void ag_run_warn_of_room(const struct ag_run *run, struct ag_progress *progress, double bytes)
{
    struct statvfs disk;
    if (fstatvfs(run->fd, &disk)) return;
    const double room = (double)disk.f_bavail * (double)disk.f_frsize;
    if (room < bytes)
        ag_progress_note(progress,
                         "warning: %s: %.1f MB are free on this disk, and checkpoint, weights and samples of this run "
                         "may need %.1f MB",
                         run->folder, room / 1e6, bytes / 1e6);
}

/* Adds a hint to a message. What is too long for the line is cut off at its end. */
static void add_hint(struct ag_error *err, const char *hint)
{
    const struct ag_error message = *err;
    ag_fail(err, 0, "%s; %s", message.text, hint);
}

void ag_run_tell_checkpoint(const struct ag_run *run, int status, struct ag_error *err)
{
    struct ag_error unsaid;
    if (status != 1 || ag_run_check(run, &unsaid)) return; /* the message already says that the folder is gone */
    add_hint(err, ag_is_file(run->checkpoint) ? "the last checkpoint is as it was" : "there is no checkpoint yet");
}

static void add_option(struct ag_text *text, const char *option, const char *value)
{
    ag_text_add(text, " %s ", option);
    ag_text_shell(text, value);
}

void ag_run_add_data(const struct ag_run *run, struct ag_text *text)
{
    if (run->options->has_data) add_option(text, "--data", run->options->data);
}

int ag_run_stopped(const struct ag_run *run, struct ag_error *err)
{
    struct ag_text hint = {0, 0, 0, 0};
    const struct ag_options *options = run->options;
    ag_text_add(&hint, "go on with --resume"); /* first, since long paths may be cut off */
    if (options->has_run) add_option(&hint, "--run", options->run);
    ag_run_add_data(run, &hint);
    if (!hint.failed) add_hint(err, hint.text);
    ag_text_free(&hint);
    return 128 + ag_signals_caught();
}

/* ---------------------------------------------------------------- log.jsonl */

/* The number in a line {"iteration": 12, …; the key's name doesn't matter. -1 if the line doesn't begin like this. */
static long line_number(const char *line, const char *end)
{
    const char *at = line;
    long number = 0;
    if (end - at < 2 || *at++ != '{' || *at++ != '"') return -1;
    while (at < end && *at >= 'a' && *at <= 'z') at++;
    if (end - at < 4 || memcmp(at, "\": ", 3)) return -1;
    at += 3;
    if (*at < '0' || *at > '9') return -1;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        number = 10 * number + (*at - '0');
        if (number > AG_MAX_ITERATIONS) return -1;
    }
    return number;
}

/* Length in bytes of the lines up to the given iteration or step. A line about resuming has the number of the last one
 * before, which may be 0. */
static long length_until(const char *log, long size, long iterations)
{
    const char *line = log;
    for (const char *end; line < log + size; line = end + 1) {
        end = memchr(line, '\n', (size_t)(log + size - line));
        const long number = end ? line_number(line, end) : -1;
        if (number < 0 || number > iterations) break;
    }
    return line - log;
}

static int log_failed(struct ag_run *run, const char *what, struct ag_error *err)
{
    return ag_fail(err, 1, "%s/log.jsonl: %s: %s", run->folder, what, strerror(errno));
}

int ag_run_open_log(struct ag_run *run, long iterations, struct ag_error *err)
{
    char path[AG_PATH], *log = NULL;
    long size = 0;
    if (ag_join(path, run->folder, "log.jsonl", err)) return 2;
    int there = iterations > 0 && ag_is_file(path);
    int status = there ? ag_read_file(path, LOG_LIMIT, &log, &size, err) : 0;
    if (status) return status;
    long kept = there ? length_until(log, size, iterations) : 0;
    ag_free(log);
    run->log = open_own(run, "log.jsonl", O_WRONLY | O_APPEND);
    if (run->log < 0) return ag_fail(err, 1, "%s: cannot write: %s", path, own_error());
    return ftruncate(run->log, kept) ? log_failed(run, "cannot write", err) : 0;
}

int ag_run_log(struct ag_run *run, struct ag_text *line, struct ag_error *err)
{
    int status = ag_run_check(run, err);
    ag_text_add(line, "\n");
    if (!status && line->failed) status = ag_fail(err, 1, "%s/log.jsonl: out of memory", run->folder);
    for (long done = 0; !status && done < line->used;) {
        long written = write(run->log, line->text + done, (size_t)(line->used - done));
        if (written < 0 && errno != EINTR) status = log_failed(run, "cannot write", err);
        if (written > 0) done += written;
    }
    ag_text_free(line);
    return status;
}

int ag_run_sync_log(struct ag_run *run, struct ag_error *err)
{
    if (ag_run_check(run, err)) return 1;
    return fsync(run->log) && !ag_cannot_sync(errno) ? log_failed(run, "cannot write", err) : 0;
}

/* ---------------------------------------------------------------- other files */

/* Makes the path FOLDER/name, and the folder that it lies in. */
static int make_path(struct ag_run *run, char path[AG_PATH], const char *format, va_list arguments,
                     struct ag_error *err)
{
    char name[256];
    vsnprintf(name, sizeof name, format, arguments);
    if (ag_join(path, run->folder, name, err)) return 2;
    int status = ag_run_check(run, err);
    if (status) return status;
    char *slash = strrchr(path, '/');
    *slash = 0;
    status = ag_make_dirs(path, err);
    *slash = '/';
    return status;
}

int ag_run_write(struct ag_run *run, const struct ag_text *text, struct ag_error *err, const char *name, ...)
{
    char path[AG_PATH];
    va_list arguments;
    va_start(arguments, name);
    int status = make_path(run, path, name, arguments, err);
    va_end(arguments);
    if (!status && text->failed) status = ag_fail(err, 1, "%s: out of memory", path);
    return status ? status : ag_write_file(path, text->text, text->used, err);
}

static int grid_columns(int n)
{
    int side = 1;
    while (side * side < n) side++;
    return side;
}

int ag_run_grid(struct ag_run *run, const real *images, int n, struct ag_error *err, const char *name, ...)
{
    char path[AG_PATH];
    va_list arguments;
    va_start(arguments, name);
    int status = make_path(run, path, name, arguments, err);
    va_end(arguments);
    const struct ag_program *p = run->program;
    return status ? status : ag_write_grid(path, images, n, p->image_size, p->image_channels, grid_columns(n), err);
}

int ag_run_generator(struct ag_run *run, const real *weights, const real *statistics, struct ag_error *err,
                     const char *name, ...)
{
    const struct ag_program *p = run->program;
    char path[AG_PATH];
    struct ag_st_writer writer;
    va_list arguments;
    va_start(arguments, name);
    int status = make_path(run, path, name, arguments, err);
    va_end(arguments);
    if (status) return status;
    ag_st_begin(&writer);
    ag_st_add_meta(&writer, "aggen", "1");
    ag_st_add_meta(&writer, "spec", p->spec);
    ag_st_add_meta(&writer, "genotype", p->genotype);
    ag_block_add(&writer, "", &p->block[AG_G], weights);
    ag_block_add(&writer, "", &p->block[AG_STAT], statistics);
    return ag_st_write(&writer, path, err);
}
