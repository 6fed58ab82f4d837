/* Gathers the files of a program, and then writes them into the folder all at once. */
#define _DEFAULT_SOURCE
#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void add_bytes(struct writer *w, const char *name, const void *bytes, size_t n)
{
    w->file = mem_grow(w->file, w->files, &w->file_room, sizeof *w->file);
    w->file[w->files++] = (struct output){mem_printf(w->mem, "%s", name), bytes, n, 0};
}

void add_file(struct writer *w, const char *name, const char *text)
{
    const size_t n = strlen(text);
    add_bytes(w, name, memcpy(mem_alloc(w->mem, n + 1), text, n), n);
}

void add_removal(struct writer *w, const char *name)
{
    add_bytes(w, name, NULL, 0);
}

static char *path_of(const struct writer *w, const struct output *file)
{
    return mem_printf(w->mem, "%s/%s", w->e->folder, file->name);
}

/* Returns 1 if the file is there already with the right bytes, or is rightly absent. A folder in its place is an
 * error. */
static int is_done(struct writer *w, const struct output *file)
{
    struct ag_error unread;
    struct stat is;
    char *now = NULL, *path = path_of(w, file);
    long size;
    if (lstat(path, &is) != 0) return !file->bytes;
    if (S_ISDIR(is.st_mode)) /* fail now, before any other file is written */
        w->failed = ag_fail(w->err, 1, "%s: cannot be written: it is a folder; -o names another folder", path);
    if (!file->bytes || !S_ISREG(is.st_mode) || (size_t)is.st_size != file->size) return 0;
    int same = !ag_read_file(path, is.st_size, &now, &size, &unread) && (size_t)size == file->size &&
               memcmp(now, file->bytes, file->size) == 0;
    ag_free(now);
    return same;
}

/* Writes or removes one file. A removal that fails is no error. */
static void write_one(struct writer *w, const struct output *file)
{
    struct ag_error err;
    struct ag_file out;
    if (!file->bytes) {
        unlink(path_of(w, file));
        return;
    }
    if (w->failed) return;
    ag_file_replace(&out, path_of(w, file), &err);
    ag_file_write(&out, file->bytes, (long)file->size);
    w->failed = ag_file_commit(&out);
    if (w->failed) ag_fail(w->err, w->failed, "%s; -o names another folder", err.text);
}

void write_all(struct writer *w)
{
    int changed = 0;
    for (int i = 0; i < w->files && !w->failed; i++) {
        w->file[i].done = is_done(w, &w->file[i]);
        changed |= !w->file[i].done;
    }
    if (changed && !w->failed) {
        w->file[w->files - 1].done = 0;
        unlink(path_of(w, &w->file[w->files - 1]));
        for (const char *const *next = w->e->later_programs; next && *next; next++)
            unlink(mem_printf(w->mem, "%s/%s.mk", w->e->folder, *next));
        for (int i = 0; i < w->files; i++)
            if (!w->file[i].done) write_one(w, &w->file[i]);
    }
    free(w->file);
}

/* Two commands that emit into one folder take turns, so that all files in the end come from one of them. On a file
 * system without locks they do not wait, but each file is still complete. */
static void lock_folder(const struct writer *w)
{
    int *lock = w->e->lock;
    if (!lock || *lock >= 0) return;
    *lock = open(w->e->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0 || !flock(*lock, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK) return;
    fprintf(stderr, "aggen: %s: another aggen is writing here; waiting until it has ended\n", w->e->folder);
    flock(*lock, LOCK_EX);
}

static void make_folders(struct writer *w)
{
    char *path = mem_printf(w->mem, "%s", w->e->folder);
    for (char *slash = path + 1;; slash++) {
        int end = *slash == 0;
        if (!end && *slash != '/') continue;
        *slash = 0;
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            w->failed = ag_fail(w->err, 1, "%s: cannot be made: %s; -o names another folder", path, strerror(errno));
        if (end || w->failed) return;
        *slash = '/';
    }
}

void make_folder(struct writer *w)
{
    make_folders(w);
    if (!w->failed) lock_folder(w);
}

void heading(const struct writer *w, struct text *t, const char *what)
{
    text_printf(t, "/* %s of %s, written by: %s */\n", what, w->m->spec->name, w->e->command);
}

void c_string(struct text *t, const char *s)
{
    if (!s) {
        text_add(t, "0");
        return;
    }
    text_add(t, "\n        \"");
    for (int column = 0; *s; s++) {
        if (*s == '"' || *s == '\\' || *s == '?') /* `?` because of trigraphs such as ??/ */
            text_printf(t, "\\%c", *s);
        else if ((unsigned char)*s < 32 || (unsigned char)*s > 126)
            text_printf(t, "\\%03o", (unsigned char)*s);
        else
            text_addn(t, s, 1);
        if (++column >= 100 && *s == ',' && s[1]) {
            text_add(t, "\"\n        \"");
            column = 0;
        }
    }
    text_add(t, "\"");
}

char *home_file(struct writer *w, const char *path)
{
    char *text = template_file(w->mem, path, w->err);
    if (!text) w->failed = 1;
    return text;
}

void program_tokens(struct writer *w, struct substitutions *s)
{
    static const char *const with[] = {
        "",          "_phases",         "_kernels",      "_image",        "_image_end",
        "_source",   "_weights",        "_widths",       "_choose",       "_program",
        "_program_", "_program_avx512", "_program_avx2", "_program_sse2", "_program_plain"};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        template_set(w->mem, s, mem_printf(w->mem, "AG_PROGRAM%s", with[i]), "%s%s", w->name, with[i]);
}

void add_template(struct writer *w, int wanted, const char *template, const char *name)
{
    struct substitutions s = {NULL, 0, 0};
    struct text t = {NULL, 0, 0};
    if (!wanted) add_removal(w, name);
    const char *file = wanted ? home_file(w, template) : NULL;
    if (!file) return;
    program_tokens(w, &s);
    template_expand(&t, strstr(file, "AG_TEMPLATE") ? template_body(file) : file, &s);
    add_file(w, name, t.s);
    text_free(&t);
    free(s.list);
}
