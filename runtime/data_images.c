/* A folder of PNG and JPEG files, at any depth. */
#define _XOPEN_SOURCE 700
#include "data.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct list {
    char **item;
    int count, room;
};

struct folder_id {
    dev_t device;
    ino_t inode;
};

struct images {
    struct list files;         /* paths, bytewise sorted */
    struct folder_id *visited; /* folders listed, so that links to them end there */
    int visited_count, visited_room;
    char **fault; /* [files.count] while they are probed */
    char *other;  /* [files.count]: 1: not a picture and doesn't claim to be one */
};

/* ---------------------------------------------------------------- listing */

/* Makes room for one more element; 0, or 1: no memory. */
static int grow(void **array, int count, int *room, size_t size)
{
    if (count < *room) return 0;
    int more = *room ? *room * 2 : 64;
    void *larger = realloc(*array, (size_t)more * size);
    if (!larger) return 1;
    *array = larger;
    *room = more;
    return 0;
}

/* Takes the item over; 0, or 1: no memory (and the item is gone). */
static int add(struct list *list, char *item)
{
    void *array = list->item;
    if (!item || grow(&array, list->count, &list->room, sizeof *list->item)) {
        free(item);
        return 1;
    }
    list->item = array;
    list->item[list->count++] = item;
    return 0;
}

static void free_list(struct list *list)
{
    for (int i = 0; i < list->count; i++) free(list->item[i]);
    free(list->item);
    memset(list, 0, sizeof *list);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct list *list)
{
    if (list->count) qsort(list->item, (size_t)list->count, sizeof *list->item, by_bytes);
}

static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path) snprintf(path, size, "%s/%s", folder, name);
    return path;
}

/* Paths of what a folder holds, but for hidden files, sorted. */
static int list_entries(const char *folder, struct list *entries)
{
    DIR *stream = opendir(folder);
    if (!stream) return 0; /* one that can't be opened holds nothing we could read */
    int failed = 0;
    for (struct dirent *entry; !failed && (entry = readdir(stream));)
        if (entry->d_name[0] != '.') failed = add(entries, join(folder, entry->d_name));
    closedir(stream);
    sort(entries);
    return failed;
}

/* 1: the folder is new and now noted; 0: it has been listed under another name; -1: no memory. */
static int visit(struct images *images, const struct stat *info)
{
    for (int i = 0; i < images->visited_count; i++)
        if (images->visited[i].device == info->st_dev && images->visited[i].inode == info->st_ino) return 0;
    void *array = images->visited;
    if (grow(&array, images->visited_count, &images->visited_room, sizeof *images->visited)) return -1;
    images->visited = array;
    images->visited[images->visited_count].device = info->st_dev;
    images->visited[images->visited_count++].inode = info->st_ino;
    return 1;
}

/* Adds the files at and under a folder. */
static int list_folder(struct images *images, const char *folder)
{
    struct list entries = {NULL, 0, 0};
    int failed = list_entries(folder, &entries);
    for (int i = 0; !failed && i < entries.count; i++) {
        struct stat info;
        char *path = entries.item[i];
        if (stat(path, &info)) continue; /* a link to nowhere */
        if (S_ISDIR(info.st_mode)) {
            int fresh = visit(images, &info);
            failed = fresh < 0 || (fresh && list_folder(images, path));
        } else if (S_ISREG(info.st_mode)) {
            entries.item[i] = NULL;
            failed = add(&images->files, path);
        }
    }
    free_list(&entries);
    return failed;
}

/* ---------------------------------------------------------------- probing */

static FILE *open_image(const char *path, char fault[AG_FAULT])
{
    FILE *file = fopen(path, "rb");
    if (!file) ag_fault(fault, "%s", strerror(errno));
    return file;
}

static void probe(void *context, int i, int thread)
{
    struct images *images = context;
    const char *path = images->files.item[i];
    char fault[AG_FAULT];
    (void)thread;
    FILE *file = open_image(path, fault);
    int picture = file && ag_picture_kind(file, fault) != AG_PICTURE_NONE;
    images->other[i] = !picture && !ag_picture_named(path);
    if (!images->other[i] && (!file || ag_picture_probe(file, fault))) images->fault[i] = ag_copy_fault(fault);
    if (file) fclose(file);
}

/* Keeps the files that are pictures or claim to be. */
static void drop_others(struct images *images)
{
    int kept = 0;
    for (int i = 0; i < images->files.count; i++) {
        if (images->other[i]) {
            free(images->files.item[i]);
            continue;
        }
        images->files.item[kept] = images->files.item[i];
        images->fault[kept++] = images->fault[i];
    }
    images->files.count = kept;
}

/* ---------------------------------------------------------------- the source */

static int read_image(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT])
{
    const struct images *images = source->state;
    (void)half;
    FILE *file = open_image(images->files.item[i], fault);
    if (!file) return 1;
    int failed = ag_picture_read_fitted(file, &source->options, out, fault);
    fclose(file);
    return failed;
}

static const char *image_name(const struct ag_source *source, ag_u64 i)
{
    const struct images *images = source->state;
    return images->files.item[i];
}

static void close_images(struct ag_source *source)
{
    struct images *images = source->state;
    if (!images) return;
    free_list(&images->files);
    free(images->visited);
    free(images->other);
    free(images);
}

static int probe_all(struct ag_source *source, struct images *images)
{
    images->fault = source->fault = calloc((size_t)images->files.count + 1, sizeof *images->fault);
    images->other = calloc((size_t)images->files.count + 1, 1);
    if (!images->fault || !images->other) return 1;
    ag_parallel(images->files.count, probe, images);
    drop_others(images);
    source->count = images->files.count;
    return 0;
}

static int check_folder(const char *path, struct stat *info, struct ag_error *err)
{
    if (stat(path, info))
        return ag_fail(err, 2,
                       "data: '%s': %s; give a folder of PNG and JPEG pictures with --data PATH, or --data shapes",
                       path, strerror(errno));
    if (!S_ISDIR(info->st_mode))
        return ag_fail(err, 2,
                       "data: '%s' is not a folder; give a folder of PNG and JPEG pictures with --data PATH, or --data "
                       "shapes",
                       path);
    return 0;
}

int ag_source_images(struct ag_source *source, struct ag_error *err)
{
    struct stat info;
    int status = check_folder(source->options.path, &info, err);
    if (status) return status;
    struct images *images = calloc(1, sizeof *images);
    source->state = images;
    source->close = close_images;
    source->read = read_image;
    source->name = image_name;
    if (!images || visit(images, &info) < 0 || list_folder(images, source->options.path))
        return ag_fail(err, 1, "data: no memory for the list of files in '%s'", source->options.path);
    sort(&images->files);
    if (probe_all(source, images)) return ag_fail(err, 1, "data: no memory for %d files", images->files.count);
    if (source->count) return 0;
    return ag_fail(err, 2,
                   "data: there is no PNG or JPEG picture in '%s'; give a folder that has some with --data PATH, or "
                   "--data shapes",
                   source->options.path);
}
