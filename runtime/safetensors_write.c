/* Writes files of named tensors. safetensors.c describes the format. */
#include "ag.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* A tensor to be written. If converted is 0, its elements are written as they are. Else reals are converted to floats
 * or doubles, and transposed from [outer, inner, channels] to [outer, channels, inner]. */
struct ag_st_entry {
    char *name;
    enum ag_dtype dtype;
    int rank;
    long shape[AG_RANK], count;
    const void *data;
    int converted;
    long channels, inner;
};

/* ---------------------------------------------------------------- collecting */

void ag_st_begin(struct ag_st_writer *writer)
{
    memset(writer, 0, sizeof *writer);
    writer->real_dtype = AG_F32;
}

/* Joins two strings. NULL if memory runs out. */
static char *join(const char *a, const char *b)
{
    size_t length = strlen(a);
    char *both = malloc(length + strlen(b) + 1);
    if (both) strcpy(strcpy(both, a) + length, b);
    return both;
}

/* Enlarges an array if it has no space for one more item. If memory runs out, sets failed and returns 0. */
static int reserve(struct ag_st_writer *writer, void **items, int count, int *capacity, size_t size)
{
    if (writer->failed) return 0;
    void *larger = ag_grow(*items, count, capacity, (long)size);
    if (!larger) return writer->failed = 1, 0;
    *items = larger;
    return 1;
}

/* Adds an entry with this name, type and shape. Its other fields are 0. NULL if that fails; failed is set then. */
static struct ag_st_entry *new_entry(struct ag_st_writer *writer, const char *prefix, const char *name,
                                     enum ag_dtype dtype, int rank, const long *shape)
{
    void *entries = writer->entry;
    int sound = rank >= 0 && rank <= AG_RANK;
    for (int i = 0; sound && i < rank; i++) sound = shape[i] >= 0;
    if (!sound || ag_st_count(rank, shape) < 0) writer->failed = 2;
    if (!reserve(writer, &entries, writer->entries, &writer->entry_capacity, sizeof *writer->entry)) return NULL;
    writer->entry = entries;
    struct ag_st_entry *entry = writer->entry + writer->entries;
    memset(entry, 0, sizeof *entry);
    entry->name = join(prefix, name);
    if (!entry->name) return writer->failed = 1, NULL;
    entry->dtype = dtype;
    entry->rank = rank;
    if (rank) memcpy(entry->shape, shape, (size_t)rank * sizeof *shape);
    entry->count = ag_st_count(rank, shape);
    writer->entries++;
    return entry;
}

void ag_st_add(struct ag_st_writer *writer, const char *name, enum ag_dtype dtype, int rank, const long *shape,
               const void *data)
{
    struct ag_st_entry *entry = new_entry(writer, "", name, dtype, rank, shape);
    if (entry) entry->data = data;
}

void ag_st_add_reals(struct ag_st_writer *writer, const char *prefix, const char *name, int rank, const long *shape,
                     int nhwc, const real *data)
{
    struct ag_st_entry *entry = new_entry(writer, prefix, name, writer->real_dtype, rank, shape);
    if (!entry) return;
    entry->data = data;
    entry->converted = nhwc || sizeof(real) != (size_t)ag_dtype_size(writer->real_dtype);
    entry->channels = nhwc && rank > 1 ? shape[1] : 1;
    entry->inner = nhwc && rank > 2 ? ag_st_count(rank - 2, shape + 2) : nhwc ? 1 : entry->count;
}

void ag_st_add_meta(struct ag_st_writer *writer, const char *key, const char *value)
{
    void *texts = writer->text;
    if (!reserve(writer, &texts, writer->texts, &writer->text_capacity, sizeof *writer->text)) return;
    writer->text = texts;
    struct ag_st_text text = {join(key, ""), join(value, "")};
    if (!text.key || !text.value) writer->failed = 1;
    writer->text[writer->texts++] = text;
}

void ag_st_discard(struct ag_st_writer *writer)
{
    for (int i = 0; i < writer->entries; i++) free(writer->entry[i].name);
    for (int i = 0; i < writer->texts; i++) {
        free((char *)writer->text[i].key);
        free((char *)writer->text[i].value);
    }
    free(writer->entry);
    free(writer->text);
    ag_st_begin(writer);
}

/* ---------------------------------------------------------------- the header */

static void put_tensor(struct ag_text *text, const struct ag_st_entry *entry, long begin)
{
    ag_text_string(text, entry->name);
    ag_text_add(text, ":{\"dtype\":\"%s\",\"shape\":[", ag_dtype_name(entry->dtype));
    for (int i = 0; i < entry->rank; i++) ag_text_add(text, "%s%ld", i ? "," : "", entry->shape[i]);
    ag_text_add(text, "],\"data_offsets\":[%ld,%ld]}", begin, begin + entry->count * ag_dtype_size(entry->dtype));
}

/* Adds the metadata. The checksum comes first, where ag_st_open expects it. It is written as zeros, and set in
 * write_all. */
static void put_metadata(struct ag_text *text, const struct ag_st_writer *writer)
{
    ag_text_add(text, AG_ST_CHECKSUM "00000000\"");
    for (int i = 0; i < writer->texts; i++) {
        ag_text_add(text, ",");
        ag_text_string(text, writer->text[i].key);
        ag_text_add(text, ":");
        ag_text_string(text, writer->text[i].value);
    }
    ag_text_add(text, "}");
}

/* Adds the header. Spaces at its end align the data that follows. */
static void put_header(struct ag_text *text, const struct ag_st_writer *writer)
{
    long begin = 0;
    put_metadata(text, writer);
    for (int i = 0; i < writer->entries; i++) {
        ag_text_add(text, ",");
        put_tensor(text, writer->entry + i, begin);
        begin += writer->entry[i].count * ag_dtype_size(writer->entry[i].dtype);
    }
    ag_text_add(text, "}");
    while (text->used % 8 && !text->failed) ag_text_add(text, " ");
}

/* ---------------------------------------------------------------- writing */

/* Sorts the entries by the width of their types, the widest first; the sort is stable. Returns 0, or 1 if memory runs
 * out. */
static int sort_by_width(struct ag_st_writer *writer)
{
    struct ag_st_entry *sorted = malloc((size_t)(writer->entries + 1) * sizeof *sorted);
    int count = 0;
    if (!sorted) return 1;
    for (int size = 8; size; size /= 2)
        for (int i = 0; i < writer->entries; i++)
            if (ag_dtype_size(writer->entry[i].dtype) == size) sorted[count++] = writer->entry[i];
    free(writer->entry);
    writer->entry = sorted;
    writer->entry_capacity = writer->entries + 1;
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name or metadata key that was added twice, or NULL. Sets *failed if memory runs out. */
static const char *added_twice(const struct ag_st_writer *writer, int *failed)
{
    const char *twice = NULL, **names = malloc((size_t)(writer->entries + writer->texts + 1) * sizeof *names);
    if (!names) return *failed = 1, NULL;
    for (int i = 0; i < writer->entries; i++) names[i] = writer->entry[i].name;
    for (int i = 0; i < writer->texts; i++) names[writer->entries + i] = writer->text[i].key;
    qsort(names, (size_t)writer->entries, sizeof *names, by_text);
    qsort(names + writer->entries, (size_t)writer->texts, sizeof *names, by_text);
    for (int i = 1; i < writer->entries + writer->texts; i++)
        if (i != writer->entries && !strcmp(names[i - 1], names[i])) twice = names[i];
    free(names);
    return twice;
}

/* Where the bytes of the header and the data go: into a file or, if file is NULL, into the checksum. */
struct sink {
    struct ag_file *file;
    unsigned long sum;
};

static void put_bytes(struct sink *sink, const void *bytes, long size)
{
    if (sink->file)
        ag_file_write(sink->file, bytes, size);
    else if (size) /* for size 0, data may be NULL, which would reset zlib's sum */
        sink->sum = crc32_z(sink->sum, bytes, (size_t)size);
}

/* Writes the elements of a converted entry, through a small buffer. */
static void put_converted(struct sink *sink, const struct ag_st_entry *entry)
{
    enum { CHUNK = 1024 };
    union {
        float narrow[CHUNK];
        double wide[CHUNK];
    } chunk;
    const real *data = entry->data;
    const long size = ag_dtype_size(entry->dtype), image = entry->channels * entry->inner;
    long filled = 0;
    for (long i = 0; i < entry->count; i++) {
        long in_image = i % image, channel = in_image / entry->inner, pixel = in_image % entry->inner;
        real value = data[i - in_image + pixel * entry->channels + channel];
        if (entry->dtype == AG_F64)
            chunk.wide[filled++] = value;
        else
            chunk.narrow[filled++] = (float)value;
        if (filled < CHUNK && i + 1 < entry->count) continue;
        put_bytes(sink, &chunk, filled * size);
        filled = 0;
    }
}

static void put_all(struct sink *sink, const struct ag_st_writer *writer, const struct ag_text *header)
{
    put_bytes(sink, header->text, header->used);
    for (int i = 0; i < writer->entries; i++) {
        const struct ag_st_entry *entry = writer->entry + i;
        if (entry->converted)
            put_converted(sink, entry);
        else
            put_bytes(sink, entry->data, entry->count * ag_dtype_size(entry->dtype));
    }
}

static int write_all(const struct ag_st_writer *writer, const char *path, const struct ag_text *header,
                     struct ag_error *err)
{
    struct ag_file file;
    struct sink sink = {NULL, 0};
    char digits[16];
    ag_u8 length[8];
    put_all(&sink, writer, header);
    snprintf(digits, sizeof digits, "%08lx", sink.sum);
    memcpy(header->text + strlen(AG_ST_CHECKSUM), digits, 8);
    for (int i = 0; i < 8; i++) length[i] = (ag_u8)((ag_u64)header->used >> 8 * i);
    ag_file_open(&file, path, err);
    ag_file_write(&file, length, 8);
    sink.file = &file;
    put_all(&sink, writer, header);
    return ag_file_commit(&file);
}

int ag_st_write(struct ag_st_writer *writer, const char *path, struct ag_error *err)
{
    struct ag_text header = {0, 0, 0, 0};
    int failed = writer->failed == 1, status;
    const char *twice = failed ? NULL : added_twice(writer, &failed);
    if (!failed) failed = sort_by_width(writer);
    if (!failed) put_header(&header, writer);
    if (failed || header.failed)
        status = ag_fail(err, 1, "%s: out of memory", path);
    else if (writer->failed)
        status = ag_fail(err, 1, "%s: a tensor with an impossible shape", path);
    else if (twice)
        status = ag_fail(err, 1, "%s: two tensors or two metadata keys named %s", path, twice);
    else
        status = write_all(writer, path, &header, err);
    ag_text_free(&header);
    ag_st_discard(writer);
    return status;
}
