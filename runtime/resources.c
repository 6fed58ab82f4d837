/* The cores and the memory that this process may use. Control groups (cgroups, version 1 or 2) limit both in a
 * container. */
#define _GNU_SOURCE
#include "ag.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO_LIMIT 1e300

/* ---------------------------------------------------------------- control groups */

/* The folder of a control group. Version 1 has one tree of groups for each controller, version 2 one tree in all. */
struct group {
    char folder[2 * AG_PATH];
    int version;
};

/* Reads the first two numbers of a group's file. A number is not changed if the file has "max" in its place, or if the
 * file doesn't exist. second may be NULL. */
static void read_limits(const struct group *group, const char *name, double *first, double *second)
{
    char path[3 * AG_PATH], text[128] = "", *end;
    snprintf(path, sizeof path, "%s/%s", group->folder, name);
    FILE *file = fopen(path, "r");
    if (!file) return;
    if (!fgets(text, sizeof text, file)) text[0] = 0;
    fclose(file);
    double value = strtod(text, &end);
    if (end != text) *first = value;
    if (end == text) end += strspn(end, "max");
    const char *rest = end;
    value = strtod(rest, &end);
    if (second && end != rest) *second = value;
}

/* The number after `word`, on the line of a file that begins with `word`. 0 if there is none. */
static double read_field(const char *path, const char *word)
{
    char line[256];
    double value = 0;
    FILE *file = *word ? fopen(path, "r") : NULL;
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, word, strlen(word))) value = strtod(line + strlen(word), NULL);
    if (file) fclose(file);
    return value;
}

/* The number of cores that a group may use: its CPU time in each period, divided by the period. */
static double group_cores(const struct group *group)
{
    double quota = -1, period = 100000; /* in microseconds; the period is the kernel's default */
    if (group->version == 2) {
        read_limits(group, "cpu.max", &quota, &period);
    } else {
        read_limits(group, "cpu.cfs_quota_us", &quota, NULL);
        read_limits(group, "cpu.cfs_period_us", &period, NULL);
    }
    return quota > 0 && period > 0 ? quota / period : NO_LIMIT;
}

/* The bytes that a group may still allocate. Its file cache and reclaimable kernel memory count as free, since the
 * kernel reclaims them when memory is needed. */
static double group_memory(const struct group *group)
{
    static const char *const back[2][3] = {{"total_inactive_file ", "total_active_file ", ""},
                                           {"inactive_file ", "active_file ", "slab_reclaimable "}};
    char path[3 * AG_PATH];
    double limit = NO_LIMIT, used = 0;
    read_limits(group, group->version == 2 ? "memory.max" : "memory.limit_in_bytes", &limit, NULL);
    read_limits(group, group->version == 2 ? "memory.current" : "memory.usage_in_bytes", &used, NULL);
    if (limit >= NO_LIMIT) return NO_LIMIT;
    snprintf(path, sizeof path, "%s/memory.stat", group->folder);
    for (int i = 0; i < 3; i++) used -= read_field(path, back[group->version - 1][i]);
    return limit - (used > 0 ? used : 0);
}

/* 1 if a list of controllers, such as "cpu,cpuacct" in /proc/self/cgroup, has this one. */
static int has_controller(const char *list, const char *controller)
{
    const size_t n = strlen(controller);
    for (; *list; list += strcspn(list, ","), list += *list == ',')
        if (strcspn(list, ",") == n && !strncmp(list, controller, n)) return 1;
    return 0;
}

/* A line of /proc/self/cgroup, such as "4:memory:/a/b", names a group. The result is the lowest limit of this group and
 * the groups above it. */
static double least_of_line(const char *root, char *line, const char *controller,
                            double (*allowed)(const struct group *group))
{
    struct group group;
    double least = NO_LIMIT;
    line[strcspn(line, "\n")] = 0;
    char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
    if (!path) return least;
    *path++ = 0;
    list++;
    group.version = *list ? 1 : 2;
    if (*list && !has_controller(list, controller)) return least;
    for (;;) {
        snprintf(group.folder, sizeof group.folder, "%s/sys/fs/cgroup%s%s%s", root, *list ? "/" : "",
                 *list ? controller : "", path);
        const double here = allowed(&group);
        if (here < least) least = here;
        char *slash = strrchr(path, '/');
        if (!slash) return least;
        *slash = 0; /* the group above */
    }
}

static double least_of_groups(const char *root, const char *controller, double (*allowed)(const struct group *group))
{
    char path[AG_PATH], line[AG_PATH];
    double least = NO_LIMIT;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        const double here = least_of_line(root, line, controller, allowed);
        if (here < least) least = here;
    }
    if (file) fclose(file);
    return least;
}

/* ---------------------------------------------------------------- cores and memory */

int ag_cores(const char *root)
{
    cpu_set_t set;
    int cores = sched_getaffinity(0, sizeof set, &set)
                    ? (int)sysconf(_SC_NPROCESSORS_ONLN) /* the set is too small for all cores */
                    : CPU_COUNT(&set);
    const double quota = least_of_groups(root, "cpu", group_cores);
    if (quota < cores) cores = (int)quota + ((int)quota < quota); /* rounded up */
    return cores > 1 ? cores : 1;
}

double ag_free_memory(const char *root)
{
    char path[AG_PATH];
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    const double available = 1024 * read_field(path, "MemAvailable:"), swap = 1024 * read_field(path, "SwapFree:");
    const double group = least_of_groups(root, "memory", group_memory);
    const double bytes = available > 0 ? available + swap : NO_LIMIT; /* Linux before 3.14 has no MemAvailable */
    return group < bytes ? (group > 0 ? group : 0) : bytes;
}

int ag_check_memory(double bytes, const char *purpose, struct ag_error *err)
{
    const double free = ag_free_memory("");
    if (bytes <= free) return 0;
    return ag_fail(
        err, 1,
        "out of memory: %.1f MB are needed for %s, and %.1f MB are free (aggen info FILE says what a program "
        "needs)",
        bytes / 1e6, purpose, free / 1e6);
}
