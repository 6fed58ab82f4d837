/*
 * Lets one call of a program fail. Preloaded (cc -shared -fPIC), it stands before the C library; with -DFAULTS_WRAP it
 * is linked into a program with sanitizers instead (-Wl,--wrap=malloc …, as run.sh does), and sees the program's own
 * calls. The environment says what happens:
 *
 *     FAULT_CALL    which call: malloc (and posix_memalign), calloc, realloc, write (pwrite, fwrite, fflush), read
 *                   (pread), open (openat, fopen), close, fsync (fdatasync), rename, ftruncate, mkdir, flock,
 *                   opendir, readdir
 *     FAULT_AT      the number of the call that fails, from 1
 *     FAULT_HOW     with which number of errno it fails; or "short": a write or read of half the bytes; or "kill":
 *                   the process is killed there
 *     FAULT_REST    if set, all later calls of the kind fail too
 *     FAULT_COUNTS  a file for the number of calls of each kind, written when the program exits
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call {
    MALLOC,
    CALLOC,
    REALLOC,
    WRITE,
    READ,
    OPEN,
    CLOSE,
    FSYNC,
    RENAME,
    FTRUNCATE,
    MKDIR,
    FLOCK,
    OPENDIR,
    READDIR,
    CALLS
};
static const char *const names[CALLS] = {"malloc", "calloc", "realloc",   "write", "read",  "open",    "close",
                                         "fsync",  "rename", "ftruncate", "mkdir", "flock", "opendir", "readdir"};
static long counts[CALLS];

/* NAME(f): what is called in place of f; REAL(f): f itself */
#ifdef FAULTS_WRAP
#define NAME(f) __wrap_##f
#define REAL(f) __real_##f
void *REAL(malloc)(size_t);
void *REAL(calloc)(size_t, size_t);
void *REAL(realloc)(void *, size_t);
int REAL(posix_memalign)(void **, size_t, size_t);
FILE *REAL(fopen)(const char *, const char *);
size_t REAL(fwrite)(const void *, size_t, size_t, FILE *);
int REAL(fflush)(FILE *);
DIR *REAL(opendir)(const char *);
struct dirent *REAL(readdir)(DIR *);
#define FIND(f)
#else
#define NAME(f) f
#define REAL(f) real_##f
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
static void *(*const real_malloc)(size_t) = __libc_malloc;
static void *(*const real_calloc)(size_t, size_t) = __libc_calloc;
static void *(*const real_realloc)(void *, size_t) = __libc_realloc;
static int real_posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}
/* what has no system call of its own is the next library's */
#define FIND(f) __typeof__(&f) real_##f = (__typeof__(&f))(size_t)dlsym(RTLD_NEXT, #f)
#endif

/* How the next call of a kind is to fail; NULL: it is not. Nothing here allocates. */
static const char *next(enum call call)
{
    const char *name = getenv("FAULT_CALL"), *at = getenv("FAULT_AT");
    long number = __atomic_add_fetch(&counts[call], 1, __ATOMIC_RELAXED), n = at ? atol(at) : 0;
    if (!name || strcmp(name, names[call]) || n < 1) return NULL;
    return number == n || (number > n && getenv("FAULT_REST")) ? getenv("FAULT_HOW") : NULL;
}

/* 1 if this call is to fail: errno is set then. *size, if there is one, becomes half for a short one. */
static int fails(enum call call, size_t *size)
{
    const char *how = next(call);
    if (!how) return 0;
    if (!strcmp(how, "kill")) raise(SIGKILL);
    if (!strcmp(how, "short")) {
        if (size && *size > 1) *size /= 2;
        return 0;
    }
    errno = atoi(how);
    return 1;
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("FAULT_COUNTS");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    char text[32];
    for (int i = 0; i < CALLS && fd >= 0; i++) {
        int length = snprintf(text, sizeof text, "%s %ld\n", names[i], counts[i]);
        if (syscall(SYS_write, fd, text, length) < 0) return;
    }
}

/* ---------------------------------------------------------------- memory */

void *NAME(malloc)(size_t size)
{
    return fails(MALLOC, NULL) ? NULL : REAL(malloc)(size);
}

void *NAME(calloc)(size_t count, size_t size)
{
    return fails(CALLOC, NULL) ? NULL : REAL(calloc)(count, size);
}

void *NAME(realloc)(void *memory, size_t size)
{
    return fails(REALLOC, NULL) ? NULL : REAL(realloc)(memory, size);
}

int NAME(posix_memalign)(void **memory, size_t alignment, size_t size)
{
    return fails(MALLOC, NULL) ? ENOMEM : REAL(posix_memalign)(memory, alignment, size);
}

/* ---------------------------------------------------------------- files */

ssize_t NAME(write)(int fd, const void *data, size_t size)
{
    return fd != 2 && fails(WRITE, &size) ? -1 : syscall(SYS_write, fd, data, size);
}

ssize_t NAME(pwrite)(int fd, const void *data, size_t size, off_t at)
{
    return fails(WRITE, &size) ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
}

/* A stream tries again by itself: it has no short writes, and no interrupted ones. What tells of a fault is left alone.
 */
static int stream_fails(const FILE *file)
{
    const int before = errno, failed = file != stderr && fails(WRITE, NULL) && errno != EINTR;
    if (!failed) errno = before;
    return failed;
}

size_t NAME(fwrite)(const void *data, size_t size, size_t count, FILE *file)
{
    FIND(fwrite);
    return stream_fails(file) ? 0 : REAL(fwrite)(data, size, count, file);
}

int NAME(fflush)(FILE *file)
{
    FIND(fflush);
    return stream_fails(file) ? EOF : REAL(fflush)(file);
}

ssize_t NAME(read)(int fd, void *data, size_t size)
{
    return fails(READ, &size) ? -1 : syscall(SYS_read, fd, data, size);
}

ssize_t NAME(pread)(int fd, void *data, size_t size, off_t at)
{
    return fails(READ, &size) ? -1 : syscall(SYS_pread64, fd, data, size, at);
}

int NAME(open)(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return fails(OPEN, NULL) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int NAME(openat)(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return fails(OPEN, NULL) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

FILE *NAME(fopen)(const char *path, const char *mode)
{
    FIND(fopen);
    return fails(OPEN, NULL) ? NULL : REAL(fopen)(path, mode);
}

/* Even one that fails has closed the descriptor. */
int NAME(close)(int fd)
{
    int failed = fails(CLOSE, NULL), error = errno;
    int status = (int)syscall(SYS_close, fd);
    if (failed) errno = error;
    return failed ? -1 : status;
}

int NAME(fsync)(int fd)
{
    return fails(FSYNC, NULL) ? -1 : (int)syscall(SYS_fsync, fd);
}

int NAME(fdatasync)(int fd)
{
    return fails(FSYNC, NULL) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int NAME(rename)(const char *from, const char *to)
{
    return fails(RENAME, NULL) ? -1 : (int)syscall(SYS_rename, from, to);
}

int NAME(renameat)(int folder, const char *from, int other, const char *to)
{
    return fails(RENAME, NULL) ? -1 : (int)syscall(SYS_renameat, folder, from, other, to);
}

int NAME(ftruncate)(int fd, off_t size)
{
    return fails(FTRUNCATE, NULL) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int NAME(mkdir)(const char *path, mode_t mode)
{
    return fails(MKDIR, NULL) ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

int NAME(mkdirat)(int folder, const char *path, mode_t mode)
{
    return fails(MKDIR, NULL) ? -1 : (int)syscall(SYS_mkdirat, folder, path, mode);
}

int NAME(flock)(int fd, int operation)
{
    return fails(FLOCK, NULL) ? -1 : (int)syscall(SYS_flock, fd, operation);
}

DIR *NAME(opendir)(const char *path)
{
    FIND(opendir);
    return fails(OPENDIR, NULL) ? NULL : REAL(opendir)(path);
}

struct dirent *NAME(readdir)(DIR *folder)
{
    FIND(readdir);
    return fails(READDIR, NULL) ? NULL : REAL(readdir)(folder);
}

/* The names that programs with 64-bit offsets use; on a machine of 64 bits they are the same functions. */
#define TEXT_OF(name) #name
#define ALIAS(name)   __attribute__((alias(TEXT_OF(name))))
int NAME(open64)(const char *path, int flags, ...) ALIAS(NAME(open));
FILE *NAME(fopen64)(const char *path, const char *mode) ALIAS(NAME(fopen));
ssize_t NAME(pread64)(int fd, void *data, size_t size, off64_t at) ALIAS(NAME(pread));
ssize_t NAME(pwrite64)(int fd, const void *data, size_t size, off64_t at) ALIAS(NAME(pwrite));
int NAME(ftruncate64)(int fd, off64_t size) ALIAS(NAME(ftruncate));
struct dirent64 *NAME(readdir64)(DIR *folder) ALIAS(NAME(readdir));
