/* Copies blocks to and from safetensors files. A batch of images is NHWC in memory and NCHW in files. */
#include "ag.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Formats a shape: "[64, 3, 32, 32]". */
static void format_shape(char *text, size_t size, int rank, const long *shape)
{
    size_t used = (size_t)snprintf(text, size, "[");
    for (int i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%ld", i ? ", " : "", shape[i]);
    if (used < size) snprintf(text + used, size - used, "]");
}

static void shape_of(const struct ag_tensor *tensor, long shape[4])
{
    for (int i = 0; i < tensor->rank; i++) shape[i] = tensor->shape[i];
}

/* Status 2 if the file's tensor doesn't have the program's shape and a known type. */
static int check_tensor(const struct ag_st *st, const struct ag_st_tensor *found, const struct ag_tensor *tensor,
                        struct ag_error *err)
{
    long shape[4];
    char has[192], wants[192];
    shape_of(tensor, shape);
    if (found->rank != tensor->rank || memcmp(found->shape, shape, (size_t)tensor->rank * sizeof *shape)) {
        format_shape(has, sizeof has, found->rank, found->shape);
        format_shape(wants, sizeof wants, tensor->rank, shape);
        return ag_fail(err, 2, "%s: tensor %s is %s, but this program's is %s", st->path, found->name, has, wants);
    }
    if (found->dtype == AG_F32 || found->dtype == AG_F64) return 0;
    return ag_fail(err, 2, "%s: tensor %s is of type %s; F32 or F64 can be read", st->path, found->name,
                   ag_dtype_name(found->dtype));
}

/* Element i of a tensor, which may not be aligned. */
static real element(const struct ag_st_tensor *tensor, long i)
{
    float narrow;
    double wide;
    if (tensor->dtype == AG_F32) {
        memcpy(&narrow, (const float *)tensor->data + i, sizeof narrow);
        return (real)narrow;
    }
    memcpy(&wide, (const double *)tensor->data + i, sizeof wide);
    return (real)wide;
}

/* 1 if no value is infinite or NaN. For these values x - x is NaN. */
static int all_finite(const real *values, long count)
{
    long wrong = 0;
    for (long i = 0; i < count; i++) wrong += values[i] - values[i] != 0;
    return !wrong;
}

static void copy_tensor(const struct ag_st_tensor *found, int nhwc, real *to)
{
    long channels = nhwc && found->rank > 1 ? found->shape[1] : 1, i = 0;
    long images = nhwc && found->rank > 0 ? found->shape[0] : 1;
    long pixels = found->count ? found->count / (images * channels) : 0;
    if (!nhwc && found->dtype == AG_F32 && sizeof(real) == sizeof(float)) {
        memcpy(to, found->data, (size_t)found->count * sizeof(float));
        return;
    }
    for (long image = 0; image < images; image++, to += channels * pixels)
        for (long channel = 0; channel < channels; channel++)
            for (long pixel = 0; pixel < pixels; pixel++) to[pixel * channels + channel] = element(found, i++);
}

static int load_tensor(const struct ag_st *st, const char *name, const struct ag_tensor *tensor, real *to, int load,
                       struct ag_error *err)
{
    const struct ag_st_tensor *found = ag_st_find(st, name);
    if (!found && load & AG_LOAD_OPTIONAL) return 0;
    if (!found) return ag_fail(err, 2, "%s: there is no tensor %s, which this program has", st->path, name);
    int status = check_tensor(st, found, tensor, err);
    if (status) return status;
    copy_tensor(found, tensor->nhwc, to);
    if (load & AG_LOAD_FINITE && !all_finite(to, found->count))
        return ag_fail(err, 2, "%s: tensor %s has values that are infinite or NaN", st->path, name);
    return 0;
}

int ag_block_load(const struct ag_st *st, const char *prefix, const struct ag_table *table, real *block, int load,
                  struct ag_error *err)
{
    for (int i = 0; i < table->count; i++) {
        const struct ag_tensor *tensor = table->tensor + i;
        size_t size = strlen(prefix) + strlen(tensor->name) + 1;
        char *name = malloc(size);
        if (!name) return ag_fail(err, 1, "%s: out of memory", st->path);
        snprintf(name, size, "%s%s", prefix, tensor->name);
        int status = load_tensor(st, name, tensor, block + tensor->offset, load, err);
        free(name);
        if (status) return status;
    }
    return 0;
}

void ag_block_add(struct ag_st_writer *writer, const char *prefix, const struct ag_table *table, const real *block)
{
    for (int i = 0; i < table->count; i++) {
        const struct ag_tensor *tensor = table->tensor + i;
        long shape[4];
        shape_of(tensor, shape);
        ag_st_add_reals(writer, prefix, tensor->name, tensor->rank, shape, tensor->nhwc, block + tensor->offset);
    }
}
