#define _POSIX_C_SOURCE 200809L
#include "emit_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Written under a temporary name, then renamed, so that a makefile never sees half a file; left alone if it is already
 * what it should be, so that make has nothing to do. */
void write_bytes(struct writer *w, const char *name, const void *bytes, size_t n)
{
    if (w->failed) return;
    char *path = mem_printf(w->mem, "%s/%s", w->e->folder, name),
         *temporary = mem_printf(w->mem, "%s/.%s.tmp", w->e->folder, name);
    FILE *old = fopen(path, "rb");
    if (old) {
        char *now = mem_alloc(w->mem, n + 2);
        size_t got = fread(now, 1, n + 1, old);
        fclose(old);
        if (got == n && memcmp(now, bytes, n) == 0) return;
    }
    FILE *f = fopen(temporary, "wb");
    int ok = f && fwrite(bytes, 1, n, f) == n && fflush(f) == 0 && fsync(fileno(f)) == 0;
    if (f && fclose(f) != 0) ok = 0;
    if (ok && rename(temporary, path) == 0) return;
    snprintf(w->err, w->errsize, "%s: cannot be written: %s; -o names another folder", path, strerror(errno));
    unlink(temporary);
    w->failed = 1;
}

void write_file(struct writer *w, const char *name, const char *text)
{
    write_bytes(w, name, text, strlen(text));
}

/* The folder and those above it. */
void make_folder(struct writer *w)
{
    char *path = mem_printf(w->mem, "%s", w->e->folder);
    for (char *slash = path + 1;; slash++) {
        int end = *slash == 0;
        if (!end && *slash != '/') continue;
        *slash = 0;
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            snprintf(w->err, w->errsize, "%s: cannot be made: %s; -o names another folder", path, strerror(errno));
            w->failed = 1;
        }
        if (end || w->failed) return;
        *slash = '/';
    }
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
        if (*s == '"' || *s == '\\' || *s == '?') /* for ??/ and its like are read before strings are */
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

/* A file below the home folder; NULL, and the writer has failed, if it cannot be read. */
char *home_file(struct writer *w, const char *path)
{
    char *text = template_file(w->mem, path, w->err, w->errsize);
    if (!text) w->failed = 1;
    return text;
}
