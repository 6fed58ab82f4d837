/* The training set: its two halves, epochs, batches, and the handling of broken pictures. */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64
#include "data.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_BYTES (2ULL << 30)
#define MAX_SIZE    16384
/* Number of broken pictures that messages name. The others are only counted. */
#define NAMED 5

struct ag_data {
    struct ag_source source;
    long picture_bytes;
    ag_u8 *cache; /* [source.count, size, size, channels]; NULL: each picture is read or drawn when it is needed */
    int good;     /* number of pictures found usable at opening */
    int *half[2]; /* [count]: indices of the half's pictures in the source; NULL if the source is endless */
    long count[2];
    struct ag_batch_maker maker; /* for the training thread */
    struct ag_prefetch *prefetch;
    int named; /* broken pictures named so far */
    ag_u64 identity;
    struct ag_text summary;
    struct ag_shortage shortage; /* used only while the set is decoded at opening */
    /* Any thread may find a picture broken during training. This lock guards source.fault and late_faults. */
    pthread_mutex_t lock;
    int late_faults;
    ag_u8 *announced; /* [source.count]: 1 if the picture was named; used by the training thread only */
};

/* ---------------------------------------------------------------- broken pictures */

static void free_faults(struct ag_source *source)
{
    for (int i = 0; source->fault && i < source->count; i++) free(source->fault[i]);
    free(source->fault);
}

static void announce(struct ag_data *data, int i)
{
    struct ag_error line; /* ag_fail replaces line breaks in the file's name */
    char label[AG_LABEL];
    const char *name = data->source.name(&data->source, (ag_u64)i, label);
    ag_fail(&line, 0, "data: skipped '%s': %s", name, data->source.fault[i]);
    if (data->named < NAMED) fprintf(stderr, "%s\n", line.text);
    if (data->named == NAMED) fprintf(stderr, "data: skipped more; from here on they are not named\n");
    data->named++;
}

static int known_fault(struct ag_data *data, int i)
{
    pthread_mutex_lock(&data->lock);
    int known = data->source.fault[i] != NULL;
    pthread_mutex_unlock(&data->lock);
    return known;
}

static int note_late_fault(struct ag_data *data, int i, char fault[AG_FAULT])
{
    char *copy = strdup(fault);
    if (!copy) return ag_fault_memory(fault);
    pthread_mutex_lock(&data->lock);
    if (!data->source.fault[i]) {
        data->source.fault[i] = copy;
        data->late_faults++;
        copy = NULL;
    }
    pthread_mutex_unlock(&data->lock);
    free(copy);
    return AG_BROKEN;
}

/* ---------------------------------------------------------------- one batch */

int ag_batch_maker_init(struct ag_batch_maker *maker, struct ag_data *data)
{
    memset(maker, 0, sizeof *maker);
    maker->data = data;
    maker->picture = malloc((size_t)data->picture_bytes);
    for (int half = 0; half < 2; half++) {
        maker->epoch[half] = -1;
        if (!data->source.endless) maker->order[half] = malloc(sizeof(int) * (size_t)(data->count[half] + 1));
    }
    for (int i = 0; i < 256; i++) maker->level[i] = (real)((2.0 * i - 255.0) / 255.0);
    if (maker->picture && (data->source.endless || (maker->order[0] && maker->order[1]))) return 0;
    ag_batch_maker_free(maker);
    return 1;
}

void ag_batch_maker_free(struct ag_batch_maker *maker)
{
    free(maker->picture);
    free(maker->order[0]);
    free(maker->order[1]);
    memset(maker, 0, sizeof *maker);
}

/* The index in its half of picture k of a batch. */
static int index_in_half(struct ag_batch_maker *maker, int half, int batch, long index, int k)
{
    struct ag_data *data = maker->data;
    long per_epoch = data->count[half] / batch, epoch = index / per_epoch;
    if (maker->epoch[half] != epoch) {
        ag_permutation(data->source.options.seed, AG_RNG_SHUFFLE, (ag_u32)(epoch * 2 + half), (int)data->count[half],
                       maker->order[half]);
        maker->epoch[half] = epoch;
    }
    return maker->order[half][index % per_epoch * batch + k];
}

/* Finds the picture at index `at` of a half or, if it is broken, the next good one. The result depends on the files
 * alone, not on the threads that read them. *i: the picture's index in the source. AG_BROKEN if the half has no good
 * picture. AG_EXHAUSTED if reading picture *i failed. */
static int good_picture(struct ag_batch_maker *maker, int half, long at, const ag_u8 **picture, int *i,
                        char fault[AG_FAULT])
{
    struct ag_data *data = maker->data;
    strcpy(fault, "broken");
    for (long tried = 0; tried < data->count[half]; tried++, at = (at + 1) % data->count[half]) {
        *i = data->half[half][at];
        *picture = data->cache ? data->cache + (size_t)*i * (size_t)data->picture_bytes : maker->picture;
        if (data->cache) return AG_GOOD;
        if (known_fault(data, *i)) continue;
        int outcome = data->source.read(&data->source, half, (ag_u64)*i, maker->picture, fault);
        if (outcome == AG_BROKEN) outcome = note_late_fault(data, *i, fault);
        if (outcome != AG_BROKEN) return outcome;
    }
    return AG_BROKEN;
}

/* Reads picture k of a batch. Status as for ag_data_batch. */
static int batch_picture(struct ag_batch_maker *maker, int half, int batch, long index, int k, const ag_u8 **picture,
                         struct ag_error *err)
{
    struct ag_source *source = &maker->data->source;
    char fault[AG_FAULT], label[AG_LABEL];
    int i = 0, outcome;
    *picture = maker->picture;
    if (source->endless)
        outcome = source->read(source, half, (ag_u64)index * (ag_u64)batch + (ag_u64)k, maker->picture, fault);
    else
        outcome = good_picture(maker, half, index_in_half(maker, half, batch, index, k), picture, &i, fault);
    if (outcome == AG_GOOD) return 0;
    if (outcome == AG_EXHAUSTED) return ag_fail_exhausted(err, source->name(source, (ag_u64)i, label), fault);
    return ag_fail(err, 2,
                   "data: none of the pictures of the %s half can be read any more (the last: %s); check what is given "
                   "with --data",
                   half ? "validation" : "training", fault);
}

int ag_make_batch(struct ag_batch_maker *maker, int half, int batch, long index, real *out, struct ag_error *err,
                  int (*stop)(void *), void *stop_context)
{
    long bytes = maker->data->picture_bytes;
    for (int k = 0; k < batch; k++) {
        const ag_u8 *picture;
        if (stop && stop(stop_context)) return ag_fail(err, 1, "data: stopped");
        int status = batch_picture(maker, half, batch, index, k, &picture, err);
        if (status) return status;
        for (long i = 0; i < bytes; i++) out[k * bytes + i] = maker->level[picture[i]];
    }
    return 0;
}

/* Names the broken pictures of a batch on stderr. When a batch has been made, all its broken pictures are known, so the
 * order of the messages does not depend on the timing of threads. */
static void announce_late_faults(struct ag_data *data, int half, int batch, long index)
{
    pthread_mutex_lock(&data->lock);
    for (int k = 0; data->late_faults && k < batch; k++) {
        long at = index_in_half(&data->maker, half, batch, index, k), tried = 0;
        int i = data->half[half][at];
        for (; data->source.fault[i] && tried < data->count[half]; tried++) {
            if (!data->announced[i]) announce(data, i);
            data->announced[i] = 1;
            at = (at + 1) % data->count[half];
            i = data->half[half][at];
        }
    }
    pthread_mutex_unlock(&data->lock);
}

int ag_data_batch(struct ag_data *data, int half, int batch, long index, real *out, struct ag_error *err)
{
    if ((half != 0 && half != 1) || batch < 1 || index < 0)
        return ag_fail(err, 2, "data: there is no batch %ld of %d pictures in half %d", index, batch, half);
    if (data->count[half] < batch)
        return ag_fail(err, 2,
                       "data: the %s half has %ld picture%s, fewer than a batch of %d; give more with --data PATH, or "
                       "write the program again with a smaller one (aggen FILE --set search.batch=N, or "
                       "retrain.batch_d=N)",
                       half ? "validation" : "training", data->count[half], data->count[half] == 1 ? "" : "s", batch);
    int status = data->prefetch ? ag_prefetch_batch(data->prefetch, &data->maker, half, batch, index, out, err)
                                : ag_make_batch(&data->maker, half, batch, index, out, err, NULL, NULL);
    if (!data->cache && !data->source.endless) announce_late_faults(data, half, batch, index);
    return status;
}

int ag_data_preview(struct ag_data *data, int n, real *out, struct ag_error *err)
{
    if (n < 0 || n > data->count[0])
        return ag_fail(err, 2, "data: there are %ld pictures for training, not %d to look at", data->count[0], n);
    return n ? ag_make_batch(&data->maker, 0, n, 0, out, err, NULL, NULL) : 0;
}

/* ---------------------------------------------------------------- opening */

static int check_options(const struct ag_data_options *o, struct ag_error *err)
{
    if (o->size < 1 || o->size > MAX_SIZE)
        return ag_fail(err, 2, "data: a picture size of %d is not between 1 and %d", o->size, MAX_SIZE);
    if (o->channels != 1 && o->channels != 3)
        return ag_fail(err, 2, "data: pictures have 1 or 3 channels, not %d", o->channels);
    if (!(o->split >= 0 && o->split <= 1)) return ag_fail(err, 2, "data: a split of %g is not in [0, 1]", o->split);
    return 0;
}

/* The format of a path: images for a folder, zip for a file. If the path is neither, the format `asked` is tried, which
 * gives an error message. */
static const char *format_of(const char *path, const char *asked)
{
    enum ag_path_kind kind = ag_path_kind(path);
    return kind == AG_PATH_FILE ? "zip" : kind == AG_PATH_FOLDER ? "images" : asked;
}

static int open_source(struct ag_source *source, struct ag_error *err)
{
    static const struct {
        const char *format;
        int (*open)(struct ag_source *, struct ag_error *);
    } formats[] = {{"cifar10", ag_source_cifar10},
                   {"stl10", ag_source_stl10},
                   {"images", ag_source_images},
                   {"zip", ag_source_zip},
                   {"shapes", ag_source_shapes}};
    const char *format = source->options.format, *path = source->options.path;
    int pictures = strcmp(format, "images") == 0 || strcmp(format, "zip") == 0;
    int shapes = strcmp(format, "shapes") == 0;
    if (!path || !*path) {
        if (!shapes)
            return ag_fail(err, 2,
                           "data: no folder or archive given for format '%s'; give one with --data PATH, or --data "
                           "shapes",
                           format);
    } else if (strcmp(path, "shapes") == 0)
        format = "shapes";
    else if (pictures || shapes)
        format = format_of(path, pictures ? format : "images");
    source->options.format = format;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(format, formats[i].format) == 0) return formats[i].open(source, err);
    return ag_fail(err, 2,
                   "data: unknown format '%s' (cifar10, stl10, images, zip and shapes are known); use --data shapes to "
                   "do without",
                   format);
}

/* Decodes picture i into the cache. If there is no cache, only checks whether the picture is broken. */
static void decode_picture(void *context, int i, int thread)
{
    struct ag_data *data = context;
    struct ag_source *source = &data->source;
    const size_t bytes = (size_t)data->picture_bytes;
    char fault[AG_FAULT];
    (void)thread;
    if (source->fault[i] || ag_shortage_occurred(&data->shortage)) return;
    ag_u8 *own = data->cache ? NULL : malloc(bytes), *picture = data->cache ? data->cache + (size_t)i * bytes : own;
    int outcome = picture ? source->read(source, 0, (ag_u64)i, picture, fault) : ag_fault_memory(fault);
    free(own);
    if (outcome == AG_BROKEN && !(source->fault[i] = strdup(fault))) outcome = ag_fault_memory(fault);
    if (outcome == AG_EXHAUSTED) ag_shortage_note(&data->shortage, i, fault);
}

/* Decodes all pictures once, unless the set exceeds the limit, so that broken pictures are known before training
 * begins. The decoded pictures are cached if they take at most half of the free memory; the networks need memory too.
 */
static int decode_all(struct ag_data *data, struct ag_error *err)
{
    struct ag_source *source = &data->source;
    ag_u64 limit = source->options.cache_bytes ? source->options.cache_bytes : CACHE_BYTES;
    ag_u64 bytes = (ag_u64)source->count * (ag_u64)data->picture_bytes;
    if (!source->fault) source->fault = calloc((size_t)source->count, sizeof *source->fault);
    data->announced = calloc((size_t)source->count, 1);
    if (!source->fault || !data->announced) return ag_fail(err, 1, "data: no memory for %d pictures", source->count);
    if (bytes > limit) return 0;
    if ((double)bytes <= ag_free_memory("") / 2) data->cache = malloc((size_t)bytes);
    if (!data->cache)
        fprintf(stderr, "data: %d pictures (%llu MB) do not fit into memory; each is read again when it is needed\n",
                source->count, bytes >> 20);
    ag_parallel(source->count, decode_picture, data);
    if (data->shortage.task < 0) return 0;
    char label[AG_LABEL];
    return ag_fail_exhausted(err, source->name(source, (ag_u64)data->shortage.task, label), data->shortage.fault);
}

/* Names the broken pictures and counts the good ones. */
static int report_faults(struct ag_data *data, struct ag_error *err)
{
    struct ag_source *source = &data->source;
    char label[AG_LABEL];
    int broken = 0, first = -1;
    for (int i = 0; i < source->count; i++) {
        if (!source->fault[i]) continue;
        if (first < 0) first = i;
        broken++;
    }
    data->good = source->count - broken;
    if (!data->good)
        return ag_fail(err, 2,
                       "data: none of the %d pictures in '%.200s' can be used (the first, '%.200s': %s); give others "
                       "with --data PATH, or --data shapes",
                       source->count, source->options.path, source->name(source, (ag_u64)first, label),
                       source->fault[first]);
    for (int i = first; first >= 0 && i < source->count && data->named < NAMED; i++)
        if (source->fault[i]) announce(data, i);
    if (broken) fprintf(stderr, "data: skipped %d of %d pictures\n", broken, source->count);
    return 0;
}

/* Splits a random permutation of the good pictures into the halves. */
static int split_halves(struct ag_data *data, struct ag_error *err)
{
    struct ag_source *source = &data->source;
    int *good = malloc(sizeof(int) * (size_t)data->good), *permutation = malloc(sizeof(int) * (size_t)data->good);
    data->count[0] = (long)floor(source->options.split * data->good + 0.5);
    data->count[1] = data->good - data->count[0];
    for (int h = 0; h < 2; h++) data->half[h] = malloc(sizeof(int) * (size_t)(data->count[h] + 1));
    int enough = good && permutation && data->half[0] && data->half[1];
    if (enough) {
        for (int i = 0, n = 0; i < source->count; i++)
            if (!source->fault[i]) good[n++] = i;
        ag_permutation(source->options.seed, AG_RNG_SPLIT, 0, data->good, permutation);
        for (long n = 0; n < data->good; n++) {
            int validation = n >= data->count[0];
            data->half[validation][n - (validation ? data->count[0] : 0)] = good[permutation[n]];
        }
    }
    free(good);
    free(permutation);
    return enough ? 0 : ag_fail(err, 1, "data: no memory for %d pictures", data->good);
}

/* Returns 0, or 1 if memory runs out. */
static int write_summary(struct ag_data *data)
{
    const struct ag_data_options *o = &data->source.options;
    struct ag_text *text = &data->summary;
    char path[200];
    if (data->source.endless) {
        ag_text_add(text, "data: shapes, endless, %dx%d, seed %llu", o->size, o->size, o->seed);
        return text->failed;
    }
    int broken = data->source.count - data->good;
    ag_clean_name(o->path, path, sizeof path);
    ag_text_add(text, "data: %d picture%s (%s, '%s'), %ld for training, %ld for validation", data->good,
                data->good == 1 ? "" : "s", o->format, path, data->count[0], data->count[1]);
    if (broken) ag_text_add(text, ", %d broken left out", broken);
    ag_text_add(text, data->cache ? ", in memory" : ", read as needed");
    ag_ignored_text(text, data->source.ignored, "; ");
    return text->failed;
}

int ag_no_pictures(const struct ag_source *source, struct ag_error *err)
{
    struct ag_text ignored = {0, 0, 0, 0};
    ag_ignored_text(&ignored, source->ignored, " (");
    ag_fail(err, 2, "data: there is no PNG or JPEG picture in '%.200s'%.598s%s; " AG_DATA_ADVICE, source->options.path,
            ignored.text ? ignored.text : "", ignored.text ? ")" : "");
    ag_text_free(&ignored);
    return 2;
}

/* Computes the hash of ag_data_identity. */
static void identify(struct ag_data *data)
{
    const struct ag_source *source = &data->source;
    char label[AG_LABEL];
    data->identity = AG_HASH;
    for (int i = 0; i < source->count; i++) {
        if (source->fault[i]) continue;
        const char *name = source->name(source, (ag_u64)i, label) + source->root;
        data->identity = ag_hash(data->identity, name, (long)strlen(name) + 1);
    }
}

static int open_finite(struct ag_data *data, struct ag_error *err)
{
    int status = decode_all(data, err);
    if (!status) status = report_faults(data, err);
    if (!status) status = split_halves(data, err);
    if (!status) identify(data);
    return status;
}

static void open_endless(struct ag_data *data)
{
    double split = data->source.options.split;
    data->count[0] = split > 0 ? LONG_MAX : 0;
    data->count[1] = split < 1 ? LONG_MAX : 0;
}

/* Decoding and drawing pictures need several threads. Copying them from the cache needs only one. */
static int prefetch_threads(const struct ag_data *data)
{
    if (data->cache) return 1;
    const int cores = ag_cores("");
    return cores < 8 ? 2 : cores < 16 ? cores / 4 : 4;
}

int ag_data_open(struct ag_data **out, const struct ag_data_options *options, struct ag_error *err)
{
    *out = NULL;
    if (check_options(options, err)) return 2;
    struct ag_data *data = calloc(1, sizeof *data);
    if (!data) return ag_fail(err, 1, "data: no memory");
    ag_shortage_init(&data->shortage);
    pthread_mutex_init(&data->lock, NULL);
    data->source.options = *options;
    data->picture_bytes = (long)options->size * options->size * options->channels;
    int status = open_source(&data->source, err);
    if (!status && data->source.endless) open_endless(data);
    if (!status && !data->source.endless) status = open_finite(data, err);
    if (!status && (ag_batch_maker_init(&data->maker, data) || write_summary(data)))
        status = ag_fail(err, 1, "data: no memory");
    if (status) {
        ag_data_close(data);
        return status;
    }
    data->source.options.format = data->source.options.path = NULL; /* the caller may free them now */
    data->prefetch = ag_prefetch_start(data, prefetch_threads(data), data->picture_bytes); /* may be NULL */
    *out = data;
    return 0;
}

long ag_data_count(const struct ag_data *data, int half)
{
    return data->count[half != 0];
}

const char *ag_data_summary(const struct ag_data *data)
{
    return data->summary.text;
}

void ag_data_identity(const struct ag_data *data, ag_u64 *count, ag_u64 *hash)
{
    *count = (ag_u64)data->good;
    *hash = data->identity;
}

void ag_data_close(struct ag_data *data)
{
    if (!data) return;
    ag_prefetch_stop(data->prefetch);
    ag_batch_maker_free(&data->maker);
    if (data->source.close) data->source.close(&data->source);
    free_faults(&data->source);
    free(data->cache);
    free(data->half[0]);
    free(data->half[1]);
    free(data->announced);
    ag_text_free(&data->summary);
    pthread_mutex_destroy(&data->lock);
    ag_shortage_end(&data->shortage);
    free(data);
}
