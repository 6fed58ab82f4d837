/* Writes files that are either complete or unchanged; reads files; creates folders. */
#define _GNU_SOURCE
#include "ag.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUFFER (1 << 16)

void ag_free(void *memory)
{
    free(memory);
}

void *ag_grow(void *items, int count, int *capacity, long size)
{
    if (count < *capacity) return items;
    const int larger = *capacity ? 2 * *capacity : 64;
    void *moved = realloc(items, (size_t)larger * (size_t)size);
    if (moved) *capacity = larger;
    return moved;
}

static int fail(struct ag_file *file, const char *what)
{
    int error = errno;
    if (!file->status) file->status = ag_fail(file->err, 1, "%s: %s: %s", file->path, what, strerror(error));
    return file->status;
}

/* A copy of path. If path is a symbolic link: the path that it leads to, so that the link remains when the file is
 * replaced. */
static char *resolve(const char *path)
{
    struct stat is;
    char *target = NULL;
    if (!lstat(path, &is) && S_ISLNK(is.st_mode)) target = realpath(path, NULL);
    return target ? target : strdup(path);
}

/* The folder that a path lies in. NULL if memory runs out. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* The path of the temporary file for `path`. NULL if memory runs out. */
static char *temporary_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t size = strlen(path) + sizeof ".." + sizeof "tmp";
    char *temporary = malloc(size);
    if (temporary) snprintf(temporary, size, "%.*s.%s.tmp", (int)(name - path), path, name);
    return temporary;
}

static int not_ours(struct ag_file *file)
{
    if (file->fd >= 0) close(file->fd);
    file->fd = -1;
    return file->status = ag_fail(file->err, 1, "%s: a link, pipe or device is in the way; remove it", file->temporary);
}

/* Opens and empties the temporary file. A lock keeps two processes from writing it at the same time. If a process was
 * killed, its temporary file remains, without a lock, and is reused. If a process finishes, it renames the file. So the
 * file that this process has opened and locked may meanwhile have another name; then it must not be emptied, and a new
 * one is opened. */
static int open_temporary(struct ag_file *file)
{
    for (;;) {
        struct stat here, there;
        /* O_NOFOLLOW: a symbolic link may lead to a file of the user's. O_NONBLOCK: opening a pipe would wait. */
        file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
        if (file->fd < 0 && errno != ELOOP && errno != ENXIO) return fail(file, "cannot write");
        if (file->fd < 0 || fstat(file->fd, &here) || !S_ISREG(here.st_mode)) return not_ours(file);
        if (flock(file->fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
            close(file->fd);
            file->fd = -1;
            return file->status = ag_fail(file->err, 1, "%s: another process is writing it", file->path);
        }
        if (!lstat(file->temporary, &there) && here.st_dev == there.st_dev && here.st_ino == there.st_ino)
            return ftruncate(file->fd, 0) ? fail(file, "cannot write") : 0;
        close(file->fd);
    }
}

/* Opens a path that isn't a regular file. The reader of a pipe may open it later, so this function waits for up to five
 * seconds. */
static int open_directly(struct ag_file *file)
{
    const struct timespec moment = {0, 50000000};
    for (int moments = 0;; moments++) {
        file->fd = open(file->path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
        if (file->fd >= 0 || errno != ENXIO || moments == 100) break;
        nanosleep(&moment, NULL);
    }
    if (file->fd < 0 && errno == ENXIO)
        return file->status = ag_fail(file->err, 1, "%s: no program reads from this pipe", file->path);
    if (file->fd < 0) return fail(file, "cannot write");
    return fcntl(file->fd, F_SETFL, fcntl(file->fd, F_GETFL) & ~O_NONBLOCK) < 0 ? fail(file, "cannot write") : 0;
}

static int begin(struct ag_file *file, char *path, const char *given, struct ag_error *err)
{
    memset(file, 0, sizeof *file);
    file->fd = -1;
    file->err = err;
    signal(SIGXFSZ, SIG_IGN); /* then write() fails with EFBIG */
    file->path = path;
    file->buffer = malloc(BUFFER);
    if (file->path && file->buffer) return 0;
    return file->status = ag_fail(err, 1, "%s: out of memory", given);
}

static int begin_temporary(struct ag_file *file)
{
    file->temporary = temporary_of(file->path);
    if (!file->temporary) return file->status = ag_fail(file->err, 1, "%s: out of memory", file->path);
    return open_temporary(file);
}

int ag_file_open(struct ag_file *file, const char *path, struct ag_error *err)
{
    struct stat is;
    if (begin(file, resolve(path), path, err)) return file->status;
    return !stat(file->path, &is) && !S_ISREG(is.st_mode) ? open_directly(file) : begin_temporary(file);
}

int ag_file_replace(struct ag_file *file, const char *path, struct ag_error *err)
{
    return begin(file, strdup(path), path, err) ? file->status : begin_temporary(file);
}

static int write_bytes(struct ag_file *file, const char *data, long size)
{
    while (size > 0 && !file->status) {
        long written = write(file->fd, data, (size_t)size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail(file, "cannot write");
        data += written, size -= written;
    }
    return file->status;
}

int ag_file_write(struct ag_file *file, const void *data, long size)
{
    if (file->status) return file->status;
    if (file->used + size > BUFFER) {
        long used = file->used;
        file->used = 0;
        if (write_bytes(file, file->buffer, used)) return file->status;
    }
    if (size >= BUFFER) return write_bytes(file, data, size);
    if (size > 0) memcpy(file->buffer + file->used, data, (size_t)size);
    file->used += size;
    return 0;
}

int ag_cannot_sync(int error)
{
    return error == EINVAL || error == ENOTSUP || error == ENOSYS;
}

/* Syncs the folder, if the file system supports it. A rename is on the disk only after that. */
static int sync_folder(struct ag_file *file)
{
    char *folder = folder_of(file->path);
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, status = 0;
    if (fd >= 0 && fsync(fd) && !ag_cannot_sync(errno)) status = fail(file, "cannot sync its folder");
    if (fd >= 0) close(fd);
    free(folder);
    return status;
}

/* Closes a copy of the descriptor, since a network file system may report a full disk only when a descriptor is closed.
 * The original descriptor stays open and keeps the lock. */
static int flush_by_closing(int fd)
{
    const int copy = dup(fd);
    return copy < 0 ? -1 : close(copy);
}

int ag_file_sync(int fd, const char *folder, struct ag_error *err)
{
    const int failed = fd < 0 ? ENOSYS : syncfs(fd) ? errno : 0;
    if (failed == ENOSYS) sync(); /* syncs all file systems, but doesn't report failures */
    return failed && failed != ENOSYS ? ag_fail(err, 1, "%s: cannot sync its disk: %s", folder, strerror(failed)) : 0;
}

static void release(struct ag_file *file)
{
    if (file->fd >= 0) close(file->fd);
    free(file->buffer);
    free(file->path);
    free(file->temporary);
    file->fd = -1;
    file->buffer = file->path = file->temporary = NULL;
}

int ag_file_commit(struct ag_file *file)
{
    write_bytes(file, file->buffer, file->used);
    if (!file->status && file->temporary) {
        /* The file is renamed while it is open, so that the lock is held until the temporary name is free. */
        if (file->synced_later ? flush_by_closing(file->fd) : fsync(file->fd) && !ag_cannot_sync(errno))
            fail(file, "cannot write");
        else if (rename(file->temporary, file->path))
            fail(file, "cannot rename the new file to it");
        else if (!file->synced_later)
            sync_folder(file);
    }
    int status = file->status;
    ag_file_cancel(file);
    return status;
}

void ag_file_cancel(struct ag_file *file)
{
    struct stat here, there;
    /* After a rename, the temporary name may belong to another writer. */
    if (file->temporary && file->fd >= 0 && !fstat(file->fd, &here) && !lstat(file->temporary, &there) &&
        here.st_dev == there.st_dev && here.st_ino == there.st_ino)
        unlink(file->temporary);
    release(file);
}

int ag_file_check(const char *path, struct ag_error *err)
{
    struct ag_file file;
    struct stat is;
    if (!stat(path, &is) && S_ISFIFO(is.st_mode)) return 0; /* closing a pipe would end it for its reader */
    int status = ag_file_open(&file, path, err);
    ag_file_cancel(&file);
    return status;
}

int ag_write_file(const char *path, const void *data, long size, struct ag_error *err)
{
    struct ag_file file;
    ag_file_open(&file, path, err);
    ag_file_write(&file, data, size);
    return ag_file_commit(&file);
}

/* open returns the lowest free descriptor, which is the closed one. Standard input is opened for writing only, and
 * outputs for reading only, so that using them fails. */
void ag_open_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        while (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            if (errno != EINTR) return;
}

/* ---------------------------------------------------------------- reading */

/* Reads fd to its end into *data, *size bytes. For a regular file, memory for its whole size is allocated first. */
static int read_all(int fd, const char *path, long limit, char **data, long *size, struct ag_error *err)
{
    struct stat is;
    long capacity = !fstat(fd, &is) && S_ISREG(is.st_mode) ? is.st_size + 1 : BUFFER;
    if (capacity - 1 > limit) return ag_fail(err, 2, "%s: too large: more than %ld bytes", path, limit);
    *data = malloc((size_t)capacity + 1);
    for (long count = 1; *data && count; *size += count) {
        if (*size > limit) return ag_fail(err, 2, "%s: too large: more than %ld bytes", path, limit);
        if (*size == capacity) {
            char *larger = realloc(*data, (size_t)(capacity *= 2) + 1);
            if (!larger) break;
            *data = larger;
        }
        do count = read(fd, *data + *size, (size_t)(capacity - *size));
        while (count < 0 && errno == EINTR);
        if (count < 0) return ag_fail(err, 2, "%s: cannot read: %s", path, strerror(errno));
        if (count == 0) return (*data)[*size] = 0;
    }
    return ag_fail(err, 1, "%s: out of memory after %ld bytes", path, *size);
}

int ag_read_file(const char *path, long limit, char **data, long *size, struct ag_error *err)
{
    *data = NULL;
    *size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return ag_fail(err, 2, "%s: cannot read: %s", path, strerror(errno));
    int status = read_all(fd, path, limit, data, size, err);
    close(fd);
    if (status) {
        free(*data);
        *data = NULL;
        *size = 0;
    }
    return status;
}

/* ---------------------------------------------------------------- folders */

int ag_is_home(void)
{
    static const char first[] = "# aggen:";
    char line[sizeof first] = "";
    FILE *file = ag_is_file("Makefile") ? fopen("Makefile", "r") : NULL;
    if (!file) return 0;
    const int read = fgets(line, sizeof line, file) && !strcmp(line, first);
    fclose(file);
    return read;
}

int ag_is_file(const char *path)
{
    struct stat is;
    return !stat(path, &is) && S_ISREG(is.st_mode);
}

int ag_is_dir(const char *path)
{
    struct stat is;
    return !stat(path, &is) && S_ISDIR(is.st_mode);
}

int ag_make_dirs(const char *path, struct ag_error *err)
{
    char part[AG_PATH];
    if (strlen(path) >= sizeof part) return ag_fail(err, 1, "%.64s...: the path is too long", path);
    for (const char *end = path; *end;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        memcpy(part, path, (size_t)(end - path));
        part[end - path] = 0;
        if (!mkdir(part, 0777)) continue;
        const int error = errno; /* of mkdir; ag_is_dir overwrites errno */
        if (!ag_is_dir(part)) return ag_fail(err, 1, "%s: cannot make this folder: %s", part, strerror(error));
    }
    return 0;
}

int ag_join(char path[AG_PATH], const char *folder, const char *name, struct ag_error *err)
{
    size_t length = strlen(folder);
    int slash = length > 0 && folder[length - 1] != '/';
    if (snprintf(path, AG_PATH, "%s%s%s", folder, slash ? "/" : "", name) < AG_PATH) return 0;
    return ag_fail(err, 2, "%.64s.../%.64s: the path is too long", folder, name);
}
