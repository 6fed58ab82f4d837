/*
 * Compiles a program's CPU kernels into a shared object, as its makefile would: with $CC, the flags in the makefile,
 * $MARCH, $CFLAGS and $LDFLAGS. The object is kept, with a note that says how and from which sources it was made.
 */
#define _POSIX_C_SOURCE 200809L
#include "text.h"
#include "in_memory.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { FILES = 64, LARGEST = 1 << 30 };

struct kernel_build {
    struct mem *mem;
    const struct run *run;
    char *folder;        /* NAME.build, for all files below */
    char *source[FILES]; /* NAME_kernels0.c, … */
    int sources;
    const char *compiler, *how; /* how: the compiler's command line without files */
    char *library, *note, *log; /* paths of the object, of the note on it, of what the compiler prints */
    struct ag_error *err;
};

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value ? value : otherwise;
}

/* Reads the line `NAME.flags := …` of the program's makefile, and puts $MARCH (native without it) for $(MARCH). */
static int read_flags(struct kernel_build *b, char **flags)
{
    static const char march[] = "$(MARCH)";
    char *path = mem_printf(b->mem, "%s/%s.mk", b->run->folder, b->run->name), *text;
    long size;
    int status = ag_read_file(path, LARGEST, &text, &size, b->err);
    if (status) return status;
    const char *name = mem_printf(b->mem, "\n%s.flags := ", b->run->name), *line = strstr(text, name);
    if (line) {
        line += strlen(name);
        const int length = (int)strcspn(line, "\n");
        const char *native = strstr(line, march);
        *flags = mem_printf(b->mem, "%.*s", length, line);
        if (native && native < line + length)
            *flags = mem_printf(b->mem, "%.*s%s%.*s", (int)(native - line), line, setting("MARCH", "native"),
                                length - (int)(native + strlen(march) - line), native + strlen(march));
    }
    ag_free(text);
    return line ? 0 : ag_fail(b->err, 1, "%s: there is no line %s.flags; emit the program again", path, b->run->name);
}

static int set_up(struct kernel_build *b)
{
    char *flags = NULL;
    const char *folder = b->run->folder, *name = b->run->name;
    int status = read_flags(b, &flags);
    if (status) return status;
    b->folder = mem_printf(b->mem, "%s/%s.build", folder, name);
    b->library = mem_printf(b->mem, "%s%s/kernels.so", *folder == '/' ? "" : "./", b->folder);
    b->note = mem_printf(b->mem, "%s/kernels.how", b->folder);
    b->log = mem_printf(b->mem, "%s/kernels.log", b->folder);
    b->compiler = setting("CC", "cc");
    b->how = mem_printf(b->mem, "%s %s %s -fPIC", b->compiler, flags, setting("CFLAGS", ""));
    for (; b->sources < FILES; b->sources++) {
        char *path = mem_printf(b->mem, "%s/%s_kernels%d.c", folder, name, b->sources);
        if (!ag_is_file(path)) break;
        b->source[b->sources] = path;
    }
    return ag_make_dirs(b->folder, b->err);
}

/* ---------------------------------------------------------------- is the object up to date? */

/* Adds a file to an FNV-1a hash, without its first line, which has the command that wrote it. */
static int add_file(struct kernel_build *b, const char *path, ag_u64 *sum)
{
    char *text;
    long size;
    int status = ag_read_file(path, LARGEST, &text, &size, b->err);
    for (const char *c = status ? "" : text + strcspn(text, "\n"); *c; c++)
        *sum = (*sum ^ (ag_u8)*c) * 0x100000001b3ull;
    ag_free(text);
    return status;
}

/* Makes the note: the compiler's command, and a hash of the sources. */
static int describe(struct kernel_build *b, char **note)
{
    const char *const folder = b->run->folder;
    const char *const header[] = {mem_printf(b->mem, "%s/%s_kernels.h", folder, b->run->name),
                                  mem_printf(b->mem, "%s/vector.h", folder),
                                  mem_printf(b->mem, "%s/ag_math.h", folder)};
    ag_u64 sum = 0xcbf29ce484222325ull;
    int status = 0;
    for (int i = 0; i < b->sources && !status; i++) status = add_file(b, b->source[i], &sum);
    for (int i = 0; i < 3 && !status; i++) status = add_file(b, header[i], &sum);
    *note = mem_printf(b->mem, "%s %s, sources %016llx\n", b->how, setting("LDFLAGS", ""), sum);
    return status;
}

static int is_made(const struct kernel_build *b, const char *note)
{
    struct ag_error none;
    char *text;
    long size;
    if (!ag_is_file(b->library) || !ag_is_file(b->note) || ag_read_file(b->note, LARGEST, &text, &size, &none))
        return 0;
    int same = strcmp(text, note) == 0;
    ag_free(text);
    return same;
}

/* ---------------------------------------------------------------- commands */

static int start(const char *command)
{
    const char *const word[] = {"sh", "-c", command, NULL};
    pid_t id;
    return posix_spawn(&id, "/bin/sh", NULL, NULL, (char *const *)word, environ) == 0;
}

/* Runs commands, ag_threads() at a time, until one fails. Returns 1 if one failed. */
static int run_commands(char *const *command, int count)
{
    int failed = 0, running = 0, next = 0;
    while (running || (next < count && !failed)) {
        if (next < count && !failed && running < ag_threads()) {
            if (start(command[next++]))
                running++;
            else
                failed = 1;
            continue;
        }
        int status = 0;
        if (wait(&status) < 0) return 1;
        running--;
        if (status) failed = 1;
    }
    return failed;
}

/* Fails with the first error that the compiler printed. */
static int give_log(const struct kernel_build *b)
{
    struct ag_error unread;
    char *text;
    long size;
    if (ag_read_file(b->log, LARGEST, &text, &size, &unread)) return ag_fail(b->err, 1, "%s", unread.text);
    const char *line = strstr(text, "error");
    while (line && line > text && line[-1] != '\n') line--;
    if (!line) line = size ? text : "it says nothing";
    ag_fail(b->err, 1, "%s cannot compile the kernels: %.*s; CC names another compiler, CC= stands for none",
            b->compiler, (int)strcspn(line, "\n"), line);
    ag_free(text);
    return 1;
}

/* Returns 1 if the command b->compiler exists. */
static int has_compiler(const struct kernel_build *b)
{
    char *command = mem_printf(b->mem, "set -- %s; command -v \"$1\" > /dev/null", b->compiler);
    return run_commands(&command, 1) == 0;
}

/* Compiles the sources at the same time, then links them. The object is linked without libraries: the few functions of
 * the C library that kernels call are those of aggen itself. */
static int make(struct kernel_build *b)
{
    char *command[FILES], *objects = mem_printf(b->mem, "%s", "");
    const char *made = mem_printf(b->mem, "%s.new", b->library), *log = text_shell(b->mem, b->log);
    unlink(b->log); /* so that the shell and the compiler do not write through a symbolic link */
    unlink(b->note);
    unlink(made);
    fprintf(stderr, "compiling the kernels…\n");
    for (int i = 0; i < b->sources; i++) {
        char *path = mem_printf(b->mem, "%s/kernels%d.o", b->folder, i), *object = text_shell(b->mem, path);
        unlink(path);
        objects = mem_printf(b->mem, "%s %s", objects, object);
        command[i] =
            mem_printf(b->mem, "{ %s -c -o %s %s; } >> %s 2>&1", b->how, object, text_shell(b->mem, b->source[i]), log);
    }
    char *link = mem_printf(b->mem, "{ %s %s -shared -nostdlib -o %s%s; } >> %s 2>&1", b->how, setting("LDFLAGS", ""),
                            text_shell(b->mem, made), objects, log);
    if (run_commands(command, b->sources) || run_commands(&link, 1)) return give_log(b);
    return rename(made, b->library) ? ag_fail(b->err, 1, "%s: cannot be renamed", made) : 0;
}

static int load_or_make(struct kernel_build *b, void **library)
{
    char *note;
    int status = describe(b, &note);
    if (!status && !is_made(b, note)) {
        if (!has_compiler(b)) return 0;
        status = make(b);
        if (!status) status = ag_write_file(b->note, note, (long)strlen(note), b->err);
    }
    if (status) return status;
    *library = dlopen(b->library, RTLD_NOW | RTLD_LOCAL);
    return *library ? 0 : ag_fail(b->err, 1, "%s; remove %s", dlerror(), b->folder);
}

int load_kernels(struct mem *mem, const struct run *run, void **library, struct ag_error *err)
{
    struct kernel_build b = {.mem = mem, .run = run, .err = err};
    *library = NULL;
    int status = set_up(&b);
    if (status) return status;
    /* two processes that start at once must not write the same file */
    int lock = open(mem_printf(mem, "%s/kernels.lock", b.folder),
                    O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (lock >= 0) flock(lock, LOCK_EX);
    status = load_or_make(&b, library);
    if (lock >= 0) close(lock);
    return status;
}
