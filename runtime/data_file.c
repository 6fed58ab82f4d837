/* Opens and reads the files of a data set. Distinguishes faults of a file from faults of the machine. */
#define _GNU_SOURCE       /* O_PATH */
#define _FILE_OFFSET_BITS 64
#include "data.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---------------------------------------------------------------- outcomes */

int ag_fault(char fault[AG_FAULT], const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(fault, AG_FAULT, format, values);
    va_end(values);
    return AG_BROKEN;
}

int ag_fault_memory(char fault[AG_FAULT])
{
    ag_fault(fault, "out of memory");
    return AG_EXHAUSTED;
}

int ag_fault_errno(char fault[AG_FAULT], int number)
{
    ag_fault(fault, "%s", strerror(number));
    return ag_is_exhausted(number) ? AG_EXHAUSTED : AG_BROKEN;
}

int ag_is_exhausted(int number)
{
    return number == ENOMEM || number == EMFILE || number == ENFILE || number == ENOBUFS || number == EIO;
}

int ag_open_status(int number)
{
    return ag_is_exhausted(number) ? 1 : 2;
}

int ag_fail_exhausted(struct ag_error *err, const char *name, const char *fault)
{
    return ag_fail(
        err, 1,
        "data: '%.400s' could not be read: %s; this is the machine's fault, not the picture's: free memory, raise the "
        "limit of open files (ulimit -n), or mend the disk, and run it again",
        name, fault);
}

void ag_shortage_init(struct ag_shortage *shortage)
{
    pthread_mutex_init(&shortage->lock, NULL);
    shortage->task = -1;
}

void ag_shortage_end(struct ag_shortage *shortage)
{
    pthread_mutex_destroy(&shortage->lock);
}

void ag_shortage_note(struct ag_shortage *shortage, int task, const char *fault)
{
    pthread_mutex_lock(&shortage->lock);
    if (shortage->task < 0) {
        shortage->task = task;
        strcpy(shortage->fault, fault);
    }
    pthread_mutex_unlock(&shortage->lock);
}

int ag_shortage_occurred(struct ag_shortage *shortage)
{
    pthread_mutex_lock(&shortage->lock);
    int came = shortage->task >= 0;
    pthread_mutex_unlock(&shortage->lock);
    return came;
}

/* ---------------------------------------------------------------- files */

/* For a path that is too long for one system call. Opens the folder that the longest possible beginning of *path names,
 * and moves *path to the rest. Returns a descriptor, or -1 and errno. */
static int open_piece(int folder, const char **path)
{
    char piece[PATH_MAX];
    size_t n = sizeof piece - 1;
    while (n > 0 && (*path)[n] != '/') n--;
    if (n == 0) return errno = ENAMETOOLONG, -1;
    memcpy(piece, *path, n);
    piece[n] = 0;
    *path += n;
    while (**path == '/') (*path)++;
    return openat(folder, piece, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int ag_open_at(int folder, const char *path, int flags)
{
    int here = folder;
    while (strlen(path) >= PATH_MAX) {
        int next = open_piece(here, &path), number = errno;
        if (here != folder) close(here);
        if (next < 0) return errno = number, -1;
        here = next;
    }
    int descriptor = openat(here, *path ? path : ".", flags | O_NONBLOCK | O_CLOEXEC), number = errno;
    if (here != folder) close(here);
    errno = number;
    return descriptor;
}

enum ag_path_kind ag_path_kind(const char *path)
{
    struct stat info;
    int descriptor = ag_open_at(AT_FDCWD, path, O_PATH);
    int known = descriptor >= 0 && !fstat(descriptor, &info);
    if (descriptor >= 0) close(descriptor);
    return !known                  ? AG_PATH_NONE
           : S_ISREG(info.st_mode) ? AG_PATH_FILE
           : S_ISDIR(info.st_mode) ? AG_PATH_FOLDER
                                   : AG_PATH_NONE;
}

int ag_read_at(int descriptor, ag_u8 *out, size_t n, ag_u64 at, char fault[AG_FAULT])
{
    while (n > 0) {
        ssize_t count = pread(descriptor, out, n, (off_t)at);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return ag_fault_errno(fault, errno);
        if (count == 0) return ag_fault(fault, "the file ends early");
        out += count;
        at += (ag_u64)count;
        n -= (size_t)count;
    }
    return AG_GOOD;
}
