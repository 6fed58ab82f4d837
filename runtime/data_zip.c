/*
 * A zip archive of PNG and JPEG files, such as StyleGAN's dataset_tool.py writes. Sections are those of PKWARE's
 * APPNOTE.TXT. Of what the archive says nothing is believed: places and sizes are checked against the file before they
 * are used, contents against their CRC-32.
 */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64
#include "data.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

/* 16-bit RGBA of the most pixels that picture.c takes, uncompressed. */
#define MAX_PICTURE (1UL << 30)
/* Bytes in which a picture's header is looked for first; dataset_tool.py's end long before. */
#define HEAD 4096

/* Bytes of the fixed part of a record: end (4.3.16), zip64 end (4.3.14) and its locator (4.3.15), file in the central
 * directory (4.3.12), file in its place (4.3.7). */
enum { END = 22, END64 = 56, LOCATOR = 20, CENTRAL = 46, LOCAL = 30, MAX_COMMENT = 0xffff };
enum method { STORED = 0, DEFLATED = 8 };
enum flags { ENCRYPTED = 1 << 0, STRONGLY_ENCRYPTED = 1 << 6, MASKED = 1 << 13 };

struct entry {
    const char *name;
    ag_u64 header;       /* where its local record is */
    ag_u64 stored, size; /* its bytes in the archive, and when they are inflated */
    ag_u32 crc;          /* of the latter */
    int flags, method;
    char *fault; /* while they are probed */
    int other;   /* 1: not a picture and doesn't claim to be one */
};

struct archive {
    int descriptor;
    ag_u64 directory, directory_size; /* the central directory; files lie before it */
    ag_u64 records;                   /* in the directory */
    ag_u8 *names;                     /* what the entries' names point into */
    struct entry *entry;              /* bytewise sorted by name */
    int count;
};

/* Little-endian. */
static ag_u64 number(const ag_u8 *byte, int bytes)
{
    ag_u64 value = 0;
    while (bytes > 0) value = value << 8 | byte[--bytes];
    return value;
}

static int is_record(const ag_u8 *record, int third, int fourth)
{
    return record[0] == 'P' && record[1] == 'K' && record[2] == third && record[3] == fourth;
}

/* ---------------------------------------------------------------- the central directory */

static int broken(const struct ag_source *source, struct ag_error *err, const char *what)
{
    return ag_fail(err, 2, "data: '%s' %s; make or fetch it again, or give another archive with --data PATH",
                   source->options.path, what);
}

static int read_part(const struct ag_source *source, ag_u8 *out, ag_u64 n, ag_u64 at, struct ag_error *err)
{
    const struct archive *archive = source->state;
    char fault[AG_FAULT];
    if (!ag_read_at(archive->descriptor, out, (size_t)n, at, fault)) return 0;
    return ag_fail(err, 2, "data: '%s', byte %llu: %s; give another archive with --data PATH", source->options.path, at,
                   fault);
}

/* The end record, which is a file's last but for a comment, in the file's last n bytes; NULL: there is none. */
static const ag_u8 *end_record(const ag_u8 *tail, ag_u64 n)
{
    for (ag_u64 comment = 0; comment + END <= n; comment++) {
        const ag_u8 *record = tail + n - comment - END;
        if (is_record(record, 5, 6) && number(record + 20, 2) == comment) return record;
    }
    return NULL;
}

/* end = the end record; *at = where it is. */
static int find_end(const struct ag_source *source, ag_u64 file_size, ag_u8 end[END], ag_u64 *at, struct ag_error *err)
{
    ag_u64 n = file_size < END + MAX_COMMENT ? file_size : END + MAX_COMMENT;
    ag_u8 *tail = malloc((size_t)n + 1);
    if (!tail) return ag_fail(err, 1, "data: no memory for the end of '%s'", source->options.path);
    int status = read_part(source, tail, n, file_size - n, err);
    const ag_u8 *record = status ? NULL : end_record(tail, n);
    if (record) {
        memcpy(end, record, END);
        *at = file_size - n + (ag_u64)(record - tail);
    } else if (!status)
        status = broken(source, err, "is not a zip archive, or one that was cut short");
    free(tail);
    return status;
}

/* Takes the numbers that don't fit the end record from the zip64 one, if there is one; *limit: where it is. */
static int read_end64(const struct ag_source *source, ag_u64 *limit, struct ag_error *err)
{
    struct archive *archive = source->state;
    ag_u8 locator[LOCATOR], end64[END64];
    int wide_records = archive->records == 0xffff, wide_size = archive->directory_size == 0xffffffff;
    int wide_directory = archive->directory == 0xffffffff;
    if (!(wide_records || wide_size || wide_directory) || *limit < LOCATOR) return 0;
    int status = read_part(source, locator, LOCATOR, *limit - LOCATOR, err);
    if (status || !is_record(locator, 6, 7)) return status;
    ag_u64 at = number(locator + 8, 8), room = *limit - LOCATOR;
    if (room < END64 || at > room - END64) return broken(source, err, "has no zip64 end record where it says");
    status = read_part(source, end64, END64, at, err);
    if (status) return status;
    if (!is_record(end64, 6, 6)) return broken(source, err, "has no zip64 end record where it says");
    if (wide_records) archive->records = number(end64 + 32, 8);
    if (wide_size) archive->directory_size = number(end64 + 40, 8);
    if (wide_directory) archive->directory = number(end64 + 48, 8);
    *limit = at;
    return 0;
}

static int find_directory(const struct ag_source *source, ag_u64 file_size, struct ag_error *err)
{
    struct archive *archive = source->state;
    ag_u8 end[END];
    ag_u64 limit = 0;
    int status = find_end(source, file_size, end, &limit, err);
    if (status) return status;
    ag_u64 disk = number(end + 4, 2);
    if (disk != 0 && disk != 0xffff) return broken(source, err, "is a part of an archive in several files");
    archive->records = number(end + 10, 2);
    archive->directory_size = number(end + 12, 4);
    archive->directory = number(end + 16, 4);
    status = read_end64(source, &limit, err);
    if (status) return status;
    if (archive->directory > limit || archive->directory_size > limit - archive->directory ||
        archive->records > archive->directory_size / CENTRAL)
        return broken(source, err, "has an end record that doesn't fit the file");
    if (archive->directory_size > INT_MAX) return broken(source, err, "has a directory of more than 2 GiB");
    return 0;
}

/* The zip64 extra field (4.5.3) holds, in this order, those numbers that are too large for their place. */
static void read_extra(const ag_u8 *extra, ag_u64 n, struct entry *entry)
{
    ag_u64 *const wide[] = {&entry->size, &entry->stored, &entry->header};
    while (n >= 4) {
        ag_u64 kind = number(extra, 2), size = number(extra + 2, 2), used = 0;
        if (size > n - 4) return;
        for (int i = 0; kind == 1 && i < 3; i++) {
            if (*wide[i] != 0xffffffff || used + 8 > size) continue;
            *wide[i] = number(extra + 4 + used, 8);
            used += 8;
        }
        extra += 4 + size;
        n -= 4 + size;
    }
}

/* Folders, and what is hidden (or lies in a hidden folder), as macOS's "__MACOSX/._a.png". */
static int passed_over(const char *name)
{
    size_t n = strlen(name);
    return n == 0 || name[n - 1] == '/' || name[0] == '.' || strstr(name, "/.") != NULL;
}

/* Reads the record at *at and steps over it. Its name moves to *names, which lies before it. 0, or 1: it is broken. */
static int read_record(struct archive *archive, const ag_u8 **at, const ag_u8 *end, ag_u8 **names)
{
    const ag_u8 *record = *at;
    if (end - record < CENTRAL || !is_record(record, 1, 2)) return 1;
    ag_u64 name = number(record + 28, 2), extra = number(record + 30, 2), comment = number(record + 32, 2);
    if ((ag_u64)(end - record) < CENTRAL + name + extra + comment) return 1;
    struct entry *entry = &archive->entry[archive->count];
    entry->flags = (int)number(record + 8, 2);
    entry->method = (int)number(record + 10, 2);
    entry->crc = (ag_u32)number(record + 16, 4);
    entry->stored = number(record + 20, 4);
    entry->size = number(record + 24, 4);
    entry->header = number(record + 42, 4);
    read_extra(record + CENTRAL + name, extra, entry);
    *at += CENTRAL + name + extra + comment;
    entry->name = memmove(*names, record + CENTRAL, (size_t)name);
    (*names)[name] = 0;
    if (passed_over(entry->name)) return 0;
    *names += name + 1;
    archive->count++;
    return 0;
}

/* By name; entries of one name by place, so that the order is the archive's alone. */
static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->header > y->header) - (x->header < y->header);
}

static int read_directory(const struct ag_source *source, struct ag_error *err)
{
    struct archive *archive = source->state;
    archive->names = malloc((size_t)archive->directory_size + 1);
    archive->entry = calloc((size_t)archive->records + 1, sizeof *archive->entry);
    if (!archive->names || !archive->entry)
        return ag_fail(err, 1, "data: no memory for the directory of '%s'", source->options.path);
    int status = read_part(source, archive->names, archive->directory_size, archive->directory, err);
    if (status) return status;
    const ag_u8 *at = archive->names, *end = at + archive->directory_size;
    ag_u8 *names = archive->names; /* a record is longer than its name: the names never reach what is yet to be read */
    for (ag_u64 i = 0; i < archive->records; i++)
        if (read_record(archive, &at, end, &names)) return broken(source, err, "has a damaged directory");
    if (at != end) return broken(source, err, "has a directory of another length than it says");
    if (archive->count) qsort(archive->entry, (size_t)archive->count, sizeof *archive->entry, by_name);
    return 0;
}

/* ---------------------------------------------------------------- one entry */

/* What can be told without reading it. */
static int check_entry(const struct entry *entry, char fault[AG_FAULT])
{
    if (entry->flags & (ENCRYPTED | STRONGLY_ENCRYPTED | MASKED))
        return ag_fault(fault, "it is encrypted; make the archive without a password");
    if (entry->method != STORED && entry->method != DEFLATED)
        return ag_fault(fault,
                        "it is compressed by method %d, and only 0 (stored) and 8 (deflated) can be read; make the "
                        "archive with one of these",
                        entry->method);
    if (entry->size > MAX_PICTURE)
        return ag_fault(fault, "%llu bytes are too many for a picture (up to %lu)", entry->size, MAX_PICTURE);
    if (entry->size == 0) return ag_fault(fault, "it is empty");
    if (entry->method == STORED && entry->stored != entry->size)
        return ag_fault(fault, "the archive says that it is stored, and gives it two sizes");
    return 0;
}

/* *at = where its bytes begin. The local record's own sizes don't count: written in one go, an archive has none. */
static int locate(const struct archive *archive, const struct entry *entry, ag_u64 *at, char fault[AG_FAULT])
{
    ag_u8 header[LOCAL];
    if (archive->directory < LOCAL || entry->header > archive->directory - LOCAL)
        return ag_fault(fault, "the archive gives it a place outside the file");
    if (ag_read_at(archive->descriptor, header, LOCAL, entry->header, fault)) return 1;
    if (!is_record(header, 3, 4)) return ag_fault(fault, "it is not where the archive says");
    ag_u64 before = number(header + 26, 2) + number(header + 28, 2); /* its name and extra fields */
    ag_u64 room = archive->directory - LOCAL - entry->header;
    if (before > room || entry->stored > room - before)
        return ag_fault(fault, "the archive gives it more bytes than there are");
    *at = entry->header + LOCAL + before;
    return 0;
}

/* Inflates until the output is full and, if `whole`, the stream at its end. */
static int inflate_from(const struct archive *archive, const struct entry *entry, ag_u64 at, z_stream *stream,
                        int whole, char fault[AG_FAULT])
{
    ag_u8 in[4 * HEAD];
    ag_u64 left = entry->stored;
    int status = Z_OK;
    while (status == Z_OK && (whole || stream->avail_out)) {
        if (!stream->avail_in && left) {
            size_t n = left < sizeof in ? (size_t)left : sizeof in;
            if (ag_read_at(archive->descriptor, in, n, at, fault)) return 1;
            stream->next_in = in;
            stream->avail_in = (uInt)n;
            at += n;
            left -= n;
        }
        status = inflate(stream, Z_NO_FLUSH);
    }
    if (status == Z_MEM_ERROR) return ag_fault(fault, "out of memory");
    if (status == Z_BUF_ERROR && stream->avail_out) return ag_fault(fault, "its compressed bytes end early");
    if (status == Z_BUF_ERROR) return ag_fault(fault, "it is larger than the archive says");
    if (status != Z_OK && status != Z_STREAM_END)
        return ag_fault(fault, "its compressed bytes are damaged (%s)", stream->msg ? stream->msg : "zlib");
    if (stream->avail_out) return ag_fault(fault, "it is smaller than the archive says");
    if (whole && (left || stream->avail_in)) return ag_fault(fault, "its compressed bytes end before they should");
    return 0;
}

static int inflate_entry(const struct archive *archive, const struct entry *entry, ag_u64 at, ag_u8 *out, ag_u64 n,
                         char fault[AG_FAULT])
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return ag_fault(fault, "out of memory");
    stream.next_out = out;
    stream.avail_out = (uInt)n;
    int failed = inflate_from(archive, entry, at, &stream, n == entry->size, fault);
    inflateEnd(&stream);
    return failed;
}

/* out = its first n bytes; the CRC-32 is of all of them. */
static int unpack(const struct archive *archive, const struct entry *entry, ag_u8 *out, ag_u64 n, char fault[AG_FAULT])
{
    ag_u64 at = 0;
    if (locate(archive, entry, &at, fault)) return 1;
    int failed = entry->method == STORED ? ag_read_at(archive->descriptor, out, (size_t)n, at, fault)
                                         : inflate_entry(archive, entry, at, out, n, fault);
    if (failed || n < entry->size) return failed;
    if (crc32(crc32(0, NULL, 0), out, (uInt)n) != entry->crc)
        return ag_fault(fault, "its bytes are damaged: their CRC-32 is not the one that the archive gives");
    return 0;
}

/* Its first n bytes (or all, if they are fewer) as a stream, in *memory, which is to be freed after it is closed. NULL
 * and the fault. */
static FILE *open_entry(const struct archive *archive, const struct entry *entry, ag_u64 n, ag_u8 **memory,
                        char fault[AG_FAULT])
{
    *memory = NULL;
    if (check_entry(entry, fault)) return NULL;
    if (n > entry->size) n = entry->size;
    *memory = malloc((size_t)n);
    if (!*memory)
        ag_fault(fault, "out of memory");
    else if (!unpack(archive, entry, *memory, n, fault)) {
        FILE *file = fmemopen(*memory, (size_t)n, "r");
        if (file) return file;
        ag_fault(fault, "%s", strerror(errno));
    }
    free(*memory);
    return NULL;
}

/* ---------------------------------------------------------------- probing */

/* Reads an entry's kind and its picture's header in its first n bytes. 0, or 1 and the fault. */
static int probe_head(const struct archive *archive, const struct entry *entry, ag_u64 n, enum ag_picture_kind *kind,
                      char fault[AG_FAULT])
{
    ag_u8 *memory;
    FILE *file = open_entry(archive, entry, n, &memory, fault);
    *kind = AG_PICTURE_NONE;
    if (!file) return 1;
    *kind = ag_picture_kind(file, fault);
    int failed = ag_picture_probe(file, fault);
    fclose(file);
    free(memory);
    return failed;
}

static void probe(void *context, int i, int thread)
{
    const struct archive *archive = context;
    struct entry *entry = &archive->entry[i];
    enum ag_picture_kind kind;
    char fault[AG_FAULT];
    (void)thread;
    int failed = probe_head(archive, entry, HEAD, &kind, fault);
    if (failed && kind != AG_PICTURE_NONE && entry->size > HEAD)
        failed = probe_head(archive, entry, entry->size, &kind, fault);
    entry->other = kind == AG_PICTURE_NONE && !ag_picture_named(entry->name);
    if (failed && !entry->other) entry->fault = ag_copy_fault(fault);
}

/* Keeps the entries that are pictures or claim to be. */
static int probe_all(struct ag_source *source, struct archive *archive)
{
    source->fault = calloc((size_t)archive->count + 1, sizeof *source->fault);
    if (!source->fault) return 1;
    ag_parallel(archive->count, probe, archive);
    for (int i = 0; i < archive->count; i++) {
        if (archive->entry[i].other) continue;
        source->fault[source->count] = archive->entry[i].fault;
        archive->entry[source->count++] = archive->entry[i];
    }
    return 0;
}

/* ---------------------------------------------------------------- the source */

static int read_entry(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT])
{
    const struct archive *archive = source->state;
    const struct entry *entry = &archive->entry[i];
    ag_u8 *memory;
    (void)half;
    FILE *file = open_entry(archive, entry, entry->size, &memory, fault);
    if (!file) return 1;
    int failed = ag_picture_read_fitted(file, &source->options, out, fault);
    fclose(file);
    free(memory);
    return failed;
}

static const char *entry_name(const struct ag_source *source, ag_u64 i)
{
    const struct archive *archive = source->state;
    return archive->entry[i].name;
}

static void close_archive(struct ag_source *source)
{
    struct archive *archive = source->state;
    if (!archive) return;
    if (archive->descriptor >= 0) close(archive->descriptor);
    free(archive->names);
    free(archive->entry);
    free(archive);
}

static int open_archive(const struct ag_source *source, ag_u64 *file_size, struct ag_error *err)
{
    struct archive *archive = source->state;
    const char *path = source->options.path;
    struct stat info;
    archive->descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO would wait for its writer */
    if (archive->descriptor < 0 || fstat(archive->descriptor, &info))
        return ag_fail(err, 2,
                       "data: '%s': %s; give a zip archive of PNG and JPEG pictures with --data PATH, or --data shapes",
                       path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return ag_fail(err, 2,
                       "data: '%s' is not a file; give a zip archive of PNG and JPEG pictures with --data PATH, or "
                       "--data shapes",
                       path);
    *file_size = (ag_u64)info.st_size;
    return 0;
}

int ag_source_zip(struct ag_source *source, struct ag_error *err)
{
    ag_u64 file_size = 0;
    struct archive *archive = calloc(1, sizeof *archive);
    if (!archive) return ag_fail(err, 1, "data: no memory");
    source->state = archive;
    source->close = close_archive;
    source->read = read_entry;
    source->name = entry_name;
    int status = open_archive(source, &file_size, err);
    if (!status) status = find_directory(source, file_size, err);
    if (!status) status = read_directory(source, err);
    if (status) return status;
    if (probe_all(source, archive)) return ag_fail(err, 1, "data: no memory for %d files", archive->count);
    if (source->count) return 0;
    return ag_fail(err, 2,
                   "data: there is no PNG or JPEG picture in '%s'; give an archive that has some with --data PATH, or "
                   "--data shapes",
                   source->options.path);
}
