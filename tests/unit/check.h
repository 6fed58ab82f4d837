/* What the tests of the runtime share: checks that are counted, and a temporary folder for files. */
#ifndef CHECK_H
#define CHECK_H

#include "../../runtime/ag.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed;
static struct ag_error err;
static char folder[] = "/tmp/ag_test_XXXXXX";

static inline void check(int ok, const char *file, int line, const char *what)
{
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("%s:%d: %s   [last message: %s]\n", file, line, what, err.text);
}
#define CHECK(condition) check(!!(condition), __FILE__, __LINE__, #condition)

/* Returns the path of a file in the test's folder. It is valid until the fourth call after this one. */
static inline const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline int count_files(const char *path)
{
    int count = 0;
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    if (dir) closedir(dir);
    return count;
}

static inline int holds(const char *path, const char *text)
{
    char *data;
    long size;
    if (ag_read_file(path, 1 << 20, &data, &size, &err)) return 0;
    int same = size == (long)strlen(text) && !memcmp(data, text, (size_t)size);
    ag_free(data);
    return same;
}

/* The last call of a test program: removes the folder, prints the counts, and returns the exit status. */
static inline int finish(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command)) printf("%s is left behind\n", folder);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

#endif
