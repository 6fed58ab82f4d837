/* The folder of a run: its lock, its log, its pictures. */
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
#include <unistd.h>

enum { LOG_LIMIT = 1 << 30 };

/* The lock is the process's: one that was killed holds none. */
static int lock_folder(struct ag_run *run, struct ag_error *err)
{
    char path[AG_PATH];
    if (ag_join(path, run->folder, ".lock", err)) return 2;
    run->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (run->lock < 0) return ag_fail(err, 2, "%s: cannot write in this run folder: %s", path, strerror(errno));
    if (!flock(run->lock, LOCK_EX | LOCK_NB)) return 0;
    if (errno != EWOULDBLOCK) return ag_fail(err, 2, "%s: cannot lock: %s", path, strerror(errno));
    return ag_fail(err, 2, "%s: another process is using this run folder; wait for it, or give another with --run",
                   run->folder);
}

int ag_run_open(struct ag_run *run, const struct ag_program *program, const struct ag_options *options,
                struct ag_error *err)
{
    memset(run, 0, sizeof *run);
    run->program = program;
    run->lock = run->log = -1;
    if (ag_join(run->folder, options->run, "", err)) return 2;
    for (size_t n = strlen(run->folder); n > 1 && run->folder[n - 1] == '/'; n--) run->folder[n - 1] = 0;
    if (ag_join(run->checkpoint, run->folder, "checkpoint.safetensors", err)) return 2;
    if (options->resume && !ag_is_dir(run->folder))
        return ag_fail(err, 2, "%s: there is no run to resume; leave out --resume to begin one", run->folder);
    int status = ag_device_open(program, err); /* before anything is made: a run that cannot compute leaves nothing */
    if (status) return status;
    if (ag_make_dirs(run->folder, err) || lock_folder(run, err)) return 2;
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
    run->log = run->lock = -1;
}

/* ---------------------------------------------------------------- log.jsonl */

/* Bytes of the whole lines of iterations, or steps, up to the given one: the first number of a line says which. */
static long length_until(const char *log, long size, long iterations)
{
    const char *line = log;
    for (const char *end; line < log + size; line = end + 1) {
        long iteration = -1;
        end = memchr(line, '\n', (size_t)(log + size - line));
        if (!end || sscanf(line, "{\"%*[a-z]\": %ld", &iteration) != 1) break;
        if (iteration < 1 || iteration > iterations) break;
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
    run->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (run->log < 0 || ftruncate(run->log, kept)) return log_failed(run, "cannot write", err);
    return 0;
}

int ag_run_log(struct ag_run *run, struct ag_text *line, struct ag_error *err)
{
    int status = 0;
    ag_text_add(line, "\n");
    if (line->failed) status = ag_fail(err, 1, "%s/log.jsonl: out of memory", run->folder);
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
    return fsync(run->log) && errno != EINVAL ? log_failed(run, "cannot write", err) : 0;
}

/* ---------------------------------------------------------------- other files */

/* FOLDER/name, and the folder it lies in. */
static int make_path(struct ag_run *run, char path[AG_PATH], const char *format, va_list arguments,
                     struct ag_error *err)
{
    char name[256];
    vsnprintf(name, sizeof name, format, arguments);
    if (ag_join(path, run->folder, name, err)) return 2;
    char *slash = strrchr(path, '/');
    *slash = 0;
    int status = ag_make_dirs(path, err);
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

static int columns(int n)
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
    return status ? status : ag_write_grid(path, images, n, p->image_size, p->image_channels, columns(n), err);
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
    ag_table_add(&writer, "", &p->block[AG_G], weights);
    ag_table_add(&writer, "", &p->block[AG_STAT], statistics);
    return ag_st_write(&writer, path, err);
}
