/* Copies the runtime's files into the folder of a program. */
#define _POSIX_C_SOURCE 200809L
#include "parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int list_runtime(struct writer *w, const char *folder)
{
    const char *path = mem_printf(w->mem, "%s/%s", template_home(), folder);
    DIR *dir = opendir(path);
    if (!dir) {
        w->failed = ag_fail(w->err, 1, "%s: %s; set AGGEN_HOME to the folder that holds templates/ and runtime/", path,
                            strerror(errno));
        return 0;
    }
    errno = 0;
    for (struct dirent *d; (d = readdir(dir)) && w->runtime_files < RUNTIME_FILES; errno = 0) {
        size_t n = strlen(d->d_name);
        if (n > 2 && d->d_name[0] != '.' &&
            (strcmp(d->d_name + n - 2, ".c") == 0 || strcmp(d->d_name + n - 2, ".h") == 0))
            w->runtime_file[w->runtime_files++] = mem_printf(w->mem, "%s/%s", folder, d->d_name);
    }
    if (errno) w->failed = ag_fail(w->err, 1, "%s: cannot be read: %s", path, strerror(errno));
    closedir(dir);
    if (w->failed) return 0;
    qsort(w->runtime_file, (size_t)w->runtime_files, sizeof *w->runtime_file, compare_names);
    return 1;
}

const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void copy_file(struct writer *w, const char *path)
{
    char *text = home_file(w, path);
    if (text) add_file(w, base_name(path), text);
}

void write_runtime(struct writer *w)
{
    for (int i = 0; i < w->runtime_files; i++) copy_file(w, w->runtime_file[i]);
    copy_file(w, "templates/cpu/vector.h");
}
