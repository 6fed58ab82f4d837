/* A folder of PNG and JPEG files, at any depth. */
#define _XOPEN_SOURCE     700
#define _FILE_OFFSET_BITS 64
#include "data.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct list {
    char **item;
    int count, capacity;
};

struct folder_id {
    dev_t device;
    ino_t inode;
};

struct images {
    int descriptor;            /* the folder given */
    struct list files;         /* paths, sorted bytewise */
    struct folder_id *visited; /* folders that were listed; a link to one of them is not listed again */
    int visited_count, visited_capacity;
    char **fault; /* [files.count]: used while the files are probed */
    char *drop;   /* [files.count]: 0, or 1 + the reason (ag_ignore_reason) to ignore the file */
    struct ag_shortage shortage;
};

/* ---------------------------------------------------------------- listing */

/* Appends an item, which the list then owns. If memory runs out, frees the item and returns 1; else returns 0. */
static int append(struct list *list, char *item)
{
    void *larger = item ? ag_grow(list->item, list->count, &list->capacity, sizeof *list->item) : NULL;
    if (!larger) {
        free(item);
        return 1;
    }
    list->item = larger;
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

/* Adds a folder to `visited`. Returns 1 if it is new, 0 if it was visited under another name, -1 if memory runs out. */
static int visit(struct images *images, const struct stat *info)
{
    for (int i = 0; i < images->visited_count; i++)
        if (images->visited[i].device == info->st_dev && images->visited[i].inode == info->st_ino) return 0;
    void *larger = ag_grow(images->visited, images->visited_count, &images->visited_capacity, sizeof *images->visited);
    if (!larger) return -1;
    images->visited = larger;
    images->visited[images->visited_count].device = info->st_dev;
    images->visited[images->visited_count++].inode = info->st_ino;
    return 1;
}

static int no_memory(struct ag_error *err)
{
    return ag_fail(err, 1, "data: no memory for the list of pictures");
}

static int fail_folder(const char *path, int number, struct ag_error *err)
{
    return ag_fail(err, 1, "data: '%.400s' could not be listed: %s; mend that and run it again", path,
                   strerror(number));
}

static int is_forbidden(int number)
{
    return number == EACCES || number == EPERM;
}

/* Lists the names in a folder, sorted. Returns 0 or an errno. */
static int list_names(DIR *stream, struct list *names)
{
    for (struct dirent *entry; errno = 0, (entry = readdir(stream));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && append(names, strdup(entry->d_name)))
            return ENOMEM;
    int number = errno;
    sort(names);
    return number;
}

/* Handles an entry for which stat failed. Dangling links and entries without permission are counted as ignored. An
 * entry that doesn't exist any more is not counted. Any other failure is an error. */
static int pass_unknown(struct ag_source *source, int folder, const char *name, const char *path, struct ag_error *err)
{
    const char *inside = path + source->root;
    int number = errno;
    struct stat info;
    if (is_forbidden(number)) return ag_ignore(source->ignored, AG_IGNORED_CLOSED, inside), 0;
    if (number != ENOENT && number != ENOTDIR && number != ELOOP && number != ENAMETOOLONG)
        return fail_folder(path, number, err);
    if (!fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW)) ag_ignore(source->ignored, AG_IGNORED_DANGLING, inside);
    return 0;
}

/* Adds an entry of a folder to the files or to the folders, or ignores it. Frees path unless it is added. */
static int list_entry(struct ag_source *source, int folder, const char *name, char *path, struct list *folders,
                      struct ag_error *err)
{
    struct images *images = source->state;
    struct stat info;
    int status = 0;
    if (!path) return no_memory(err);
    if (ag_is_hidden(name))
        ag_ignore(source->ignored, AG_IGNORED_HIDDEN, path + source->root);
    else if (fstatat(folder, name, &info, 0))
        status = pass_unknown(source, folder, name, path, err);
    else if (S_ISDIR(info.st_mode) || S_ISREG(info.st_mode))
        return append(S_ISDIR(info.st_mode) ? folders : &images->files, path) ? no_memory(err) : 0;
    else
        ag_ignore(source->ignored, AG_IGNORED_SPECIAL, path + source->root);
    free(path);
    return status;
}

/* Lists an open folder unless it was visited before. Adds its files to the set, and its folders to `folders` in reverse
 * order. */
static int list_stream(struct ag_source *source, DIR *stream, const char *path, struct list *folders,
                       struct ag_error *err)
{
    struct images *images = source->state;
    struct list names = {NULL, 0, 0}, found = {NULL, 0, 0};
    struct stat info;
    if (fstat(dirfd(stream), &info)) return fail_folder(path, errno, err);
    int fresh = visit(images, &info);
    if (fresh <= 0) return fresh < 0 ? no_memory(err) : 0;
    int number = list_names(stream, &names), status = number ? fail_folder(path, number, err) : 0;
    for (int i = 0; !status && i < names.count; i++)
        status = list_entry(source, dirfd(stream), names.item[i], join(path, names.item[i]), &found, err);
    while (!status && found.count > 0)
        if (append(folders, found.item[--found.count])) status = no_memory(err);
    free_list(&names);
    free_list(&found);
    return status;
}

/* Opens a folder for listing. Paths are opened relative to the root folder, which stays open. Returns NULL and sets
 * errno on failure. */
static DIR *open_stream(const struct ag_source *source, const char *path)
{
    const struct images *images = source->state;
    int descriptor = strlen(path) < source->root
                         ? fcntl(images->descriptor, F_DUPFD_CLOEXEC, 0)
                         : ag_open_at(images->descriptor, path + source->root, O_RDONLY | O_DIRECTORY);
    DIR *stream = descriptor < 0 ? NULL : fdopendir(descriptor);
    int number = errno;
    if (!stream && descriptor >= 0) close(descriptor);
    errno = number;
    return stream;
}

/* Lists the folder at a path. A folder inside the root that doesn't exist any more is skipped. */
static int list_folder(struct ag_source *source, const char *path, struct list *folders, struct ag_error *err)
{
    DIR *stream = open_stream(source, path);
    if (stream) {
        int status = list_stream(source, stream, path, folders, err);
        closedir(stream);
        return status;
    }
    const int number = errno, is_root = strlen(path) < source->root;
    if (!is_root && (number == ENOENT || number == ENOTDIR)) return 0;
    if (is_root || !is_forbidden(number)) return fail_folder(path, number, err);
    ag_ignore(source->ignored, AG_IGNORED_CLOSED, path + source->root);
    return 0;
}

/* Lists all files in the given folder and the folders below it, with one folder open at a time. Folders are visited
 * depth first, in the order of their names. A folder that has two names is listed once, under the name visited first.
 */
static int list_all(struct ag_source *source, struct ag_error *err)
{
    struct images *images = source->state;
    struct list folders = {NULL, 0, 0};
    int status = append(&folders, strdup(source->options.path)) ? no_memory(err) : 0;
    while (!status && folders.count > 0) {
        char *path = folders.item[--folders.count];
        status = list_folder(source, path, &folders, err);
        free(path);
    }
    free_list(&folders);
    sort(&images->files);
    return status;
}

/* ---------------------------------------------------------------- probing */

static int open_image(const struct ag_source *source, int i, FILE **file, char fault[AG_FAULT])
{
    const struct images *images = source->state;
    int descriptor = ag_open_at(images->descriptor, images->files.item[i] + source->root, O_RDONLY);
    *file = descriptor < 0 ? NULL : fdopen(descriptor, "rb");
    if (*file) return AG_GOOD;
    int outcome = ag_fault_errno(fault, errno);
    if (descriptor >= 0) close(descriptor);
    return outcome;
}

/* Checks the header of a file. *is_picture: 1 if the file's contents or its name are those of a picture. *reason: why
 * to ignore the file if *is_picture is 0. */
static int probe_image(const struct ag_source *source, int i, int *is_picture, enum ag_ignore_reason *reason,
                       char fault[AG_FAULT])
{
    const struct images *images = source->state;
    enum ag_picture_kind kind = AG_PICTURE_NONE;
    FILE *file;
    int outcome = open_image(source, i, &file, fault);
    *reason = outcome ? AG_IGNORED_CLOSED : AG_IGNORED_OTHER;
    if (!outcome) outcome = ag_picture_kind(file, &kind, fault);
    if (!outcome) outcome = ag_picture_probe(file, fault);
    *is_picture = kind != AG_PICTURE_NONE || ag_is_picture_name(images->files.item[i]);
    if (file) fclose(file);
    return outcome;
}

static void probe(void *context, int i, int thread)
{
    const struct ag_source *source = context;
    struct images *images = source->state;
    enum ag_ignore_reason reason;
    char fault[AG_FAULT];
    int is_picture;
    (void)thread;
    if (ag_shortage_occurred(&images->shortage)) return;
    int outcome = probe_image(source, i, &is_picture, &reason, fault);
    if (outcome != AG_EXHAUSTED && !is_picture) images->drop[i] = (char)(1 + reason);
    if (outcome == AG_BROKEN && is_picture && !(images->fault[i] = strdup(fault))) outcome = ag_fault_memory(fault);
    if (outcome == AG_EXHAUSTED) ag_shortage_note(&images->shortage, i, fault);
}

/* Removes the ignored files from the set. */
static void drop_others(struct ag_source *source)
{
    struct images *images = source->state;
    int kept = 0;
    for (int i = 0; i < images->files.count; i++) {
        char *path = images->files.item[i];
        if (images->drop[i]) {
            ag_ignore(source->ignored, (enum ag_ignore_reason)(images->drop[i] - 1), path + source->root);
            free(path);
            continue;
        }
        images->files.item[kept] = path;
        images->fault[kept++] = images->fault[i];
    }
    images->files.count = source->count = kept;
}

static int probe_all(struct ag_source *source, struct ag_error *err)
{
    struct images *images = source->state;
    images->fault = source->fault = calloc((size_t)images->files.count + 1, sizeof *images->fault);
    images->drop = calloc((size_t)images->files.count + 1, 1);
    if (!images->fault || !images->drop) return no_memory(err);
    source->count = images->files.count; /* closing the source frees that many faults */
    ag_parallel(images->files.count, probe, source);
    if (images->shortage.task >= 0)
        return ag_fail_exhausted(err, images->files.item[images->shortage.task], images->shortage.fault);
    drop_others(source);
    return 0;
}

/* ---------------------------------------------------------------- the source */

static int read_image(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT])
{
    FILE *file;
    (void)half;
    int outcome = open_image(source, (int)i, &file, fault);
    if (outcome) return outcome;
    outcome = ag_picture_read_fitted(file, &source->options, out, fault);
    fclose(file);
    return outcome;
}

static const char *image_name(const struct ag_source *source, ag_u64 i, char label[AG_LABEL])
{
    const struct images *images = source->state;
    (void)label;
    return images->files.item[i];
}

static void close_images(struct ag_source *source)
{
    struct images *images = source->state;
    if (!images) return;
    if (images->descriptor >= 0) close(images->descriptor);
    free_list(&images->files);
    free(images->visited);
    free(images->drop);
    ag_shortage_end(&images->shortage);
    free(images);
}

static int open_root(const char *path, int *descriptor, struct ag_error *err)
{
    *descriptor = ag_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    if (*descriptor >= 0) return 0;
    if (errno == ENOTDIR && ag_path_kind(path) == AG_PATH_NONE)
        return ag_fail(err, 2, "data: '%.400s' is not a folder; " AG_DATA_ADVICE, path);
    return ag_fail(err, ag_open_status(errno), "data: '%.400s': %s; " AG_DATA_ADVICE, path, strerror(errno));
}

int ag_source_images(struct ag_source *source, struct ag_error *err)
{
    struct images *images = calloc(1, sizeof *images);
    if (!images) return no_memory(err);
    images->descriptor = -1;
    ag_shortage_init(&images->shortage);
    source->state = images;
    source->close = close_images;
    source->read = read_image;
    source->name = image_name;
    source->root = strlen(source->options.path) + 1;
    int status = open_root(source->options.path, &images->descriptor, err);
    if (!status) status = list_all(source, err);
    if (!status) status = probe_all(source, err);
    return status || source->count ? status : ag_no_pictures(source, err);
}
