/*
 * A zip archive of PNG and JPEG files, such as StyleGAN's dataset_tool.py writes. Numbers in brackets are sections of
 * PKWARE's APPNOTE.TXT. Nothing that the archive says is trusted: offsets and sizes are checked against the file before
 * they are used, and contents against their CRC-32.
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

/* Most bytes of a picture: 16-bit RGBA with the most pixels that picture.c takes, uncompressed. */
#define MAX_PICTURE (1UL << 30)
/* A picture's header is first looked for in so many bytes. Headers by dataset_tool.py are far shorter. */
#define HEAD 4096

/* Bytes of the fixed parts of records: end (4.3.16), zip64 end (4.3.14), zip64 locator (4.3.15), central directory
 * record (4.3.12), local record (4.3.7). */
enum { END = 22, END64 = 56, LOCATOR = 20, CENTRAL = 46, LOCAL = 30, MAX_COMMENT = 0xffff };
/* Most bytes behind the archive: a newline, a tape's zeros, ... */
enum { MAX_BEHIND = 0xffff };
enum method { STORED = 0, DEFLATED = 8 };
enum flags { ENCRYPTED = 1 << 0, STRONGLY_ENCRYPTED = 1 << 6, MASKED = 1 << 13 };

struct entry {
    const char *name;
    ag_u64 header;       /* offset of its local record, from the archive's start */
    ag_u64 stored, size; /* its bytes in the archive; its bytes when inflated */
    ag_u32 crc;          /* of the inflated bytes */
    int flags, method;
    int drop;    /* 0: keep; else 1 + the reason to pass it over */
    int lost;    /* 1: it is not at that offset */
    char *fault; /* while entries are probed */
};

struct archive {
    int descriptor;
    ag_u64 directory, directory_size; /* the central directory, in the file; entries lie before it */
    ag_u64 before;                    /* bytes of the file before the archive's start */
    ag_u64 records;                   /* in the directory; modulo 65,536 without zip64 */
    int wide;                         /* 1: records is from a zip64 end record */
    int zip64;                        /* 1: there is a zip64 end record */
    int wrapped;                      /* 1: offsets may be modulo 2^32, the directory's too */
    ag_u8 *names;                     /* the directory; later, the entries' names */
    struct entry *entry;              /* sorted by name, bytewise */
    int count;
    struct ag_shortage shortage;
};

/* Reads a little-endian number. */
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
    int outcome = ag_read_at(archive->descriptor, out, (size_t)n, at, fault);
    if (outcome == AG_GOOD) return 0;
    if (outcome == AG_EXHAUSTED) return ag_fail_exhausted(err, source->options.path, fault);
    return ag_fail(err, 2, "data: '%s', byte %llu: %s; give another archive with --data PATH", source->options.path, at,
                   fault);
}

/* Reads the zip64 end record into end64, and its offset into *at. It is where the locator says or, if bytes before the
 * archive have moved it, right before the locator. The latter holds only for a record without extensible data. */
static int find_end64(const struct ag_source *source, ag_u64 locator_at, const ag_u8 *locator, ag_u8 end64[END64],
                      ag_u64 *at, struct ag_error *err)
{
    if (locator_at < END64) return broken(source, err, "has no zip64 end record where it says");
    const ag_u64 last = locator_at - END64, places[] = {last, number(locator + 8, 8)};
    for (int i = 0; i < 2; i++) {
        if (places[i] > last) continue;
        int status = read_part(source, end64, END64, places[i], err);
        if (status) return status;
        *at = places[i];
        if (is_record(end64, 6, 6)) return 0;
    }
    return broken(source, err, "has no zip64 end record where it says");
}

/* Replaces the numbers that don't fit the end record by those of the zip64 end record, if there is one. *limit: the
 * offset of the end record; then that of the zip64 end record. */
static int read_end64(const struct ag_source *source, ag_u64 *limit, struct ag_error *err)
{
    struct archive *archive = source->state;
    ag_u8 locator[LOCATOR], end64[END64];
    int wide_records = archive->records == 0xffff, wide_size = archive->directory_size == 0xffffffff;
    int wide_directory = archive->directory == 0xffffffff;
    if (!(wide_records || wide_size || wide_directory) || *limit < LOCATOR) return 0;
    int status = read_part(source, locator, LOCATOR, *limit - LOCATOR, err);
    if (status || !is_record(locator, 6, 7)) return status;
    status = find_end64(source, *limit - LOCATOR, locator, end64, limit, err);
    if (status) return status;
    archive->zip64 = 1;
    if (wide_records) archive->records = number(end64 + 32, 8);
    if (wide_size) archive->directory_size = number(end64 + 40, 8);
    if (wide_directory) archive->directory = number(end64 + 48, 8);
    archive->wide = wide_records;
    return 0;
}

/* *is: 1 if a directory of archive->directory_size bytes can begin at `at`. */
static int is_directory(const struct ag_source *source, ag_u64 at, int *is, struct ag_error *err)
{
    const struct archive *archive = source->state;
    ag_u8 record[CENTRAL];
    *is = archive->directory_size == 0;
    if (archive->directory_size < CENTRAL) return 0;
    int status = read_part(source, record, CENTRAL, at, err);
    *is = !status && is_record(record, 1, 2);
    return status;
}

/* Finds the directory, which ends before `limit`. It is right before limit, or where the end record says. The first is
 * tried first: bytes before the archive move the directory, unless offsets count them. 4 GiB or more before the archive
 * are unlikely; they rather mean that offsets are modulo 2^32, which read_directory will find out. */
static int place_directory(const struct ag_source *source, ag_u64 limit, struct ag_error *err)
{
    struct archive *archive = source->state;
    const ag_u64 told = archive->directory, size = archive->directory_size;
    int is = 0;
    if (told > limit || size > limit - told) return broken(source, err, "has an end record that doesn't fit the file");
    if (size > INT_MAX) return broken(source, err, "has a directory of more than 2 GiB");
    archive->directory = limit - size;
    archive->before = limit - size - told;
    archive->wrapped = !archive->zip64 && archive->before >> 32;
    int status = is_directory(source, archive->directory, &is, err);
    if (status || is) return status;
    archive->directory = told;
    archive->before = 0;
    archive->wrapped = 0;
    status = is_directory(source, told, &is, err);
    return status || is ? status : broken(source, err, "has no directory where it says");
}

/* Takes the bytes at `at` for the end record (4.3.16). */
static int try_end(const struct ag_source *source, const ag_u8 end[END], ag_u64 at, struct ag_error *err)
{
    struct archive *archive = source->state;
    ag_u64 disk = number(end + 4, 2);
    if (disk != 0 && disk != 0xffff) return broken(source, err, "is a part of an archive in several files");
    archive->records = number(end + 10, 2);
    archive->directory_size = number(end + 12, 4);
    archive->directory = number(end + 16, 4);
    archive->wide = archive->zip64 = 0;
    int status = read_end64(source, &at, err);
    return status ? status : place_directory(source, at, err);
}

/* Searches the tail of the file for the end record, from its end. tail: the last n bytes, from offset `from` on. Bytes
 * that look like an end record may belong to a comment; they are skipped if no directory belongs to them, or if their
 * own comment wouldn't fit the file. An end record of an empty archive is easily mistaken, so it is used only if there
 * is no other. The error is that of the first candidate. */
static int search_end(const struct ag_source *source, const ag_u8 *tail, ag_u64 n, ag_u64 from, struct ag_error *err)
{
    const struct archive *archive = source->state;
    struct ag_error later;
    ag_u64 empty = 0; /* where the first end record of an empty archive is */
    int found = 0, found_empty = 0;
    for (ag_u64 at = n < END ? 0 : n - END + 1; at-- > 0;) {
        if (!is_record(tail + at, 5, 6) || number(tail + at + 20, 2) > n - END - at) continue;
        int status = try_end(source, tail + at, from + at, found++ ? &later : err);
        if (status == 1 && found > 1) *err = later;
        if (status == 1) return 1;
        if (status) continue;
        if (archive->directory_size) return 0;
        if (!found_empty++) empty = at;
    }
    if (found_empty) return try_end(source, tail + empty, from + empty, err);
    return found ? 2
                 : ag_fail(err, 2, "data: '%s' is not a zip archive, or one that was cut short; " AG_DATA_ADVICE,
                           source->options.path);
}

static int find_directory(const struct ag_source *source, ag_u64 file_size, struct ag_error *err)
{
    const ag_u64 most = END + MAX_COMMENT + MAX_BEHIND, n = file_size < most ? file_size : most;
    ag_u8 *tail = malloc((size_t)n + 1);
    if (!tail) return ag_fail(err, 1, "data: no memory for the end of '%s'", source->options.path);
    int status = read_part(source, tail, n, file_size - n, err);
    if (!status) status = search_end(source, tail, n, file_size - n, err);
    free(tail);
    return status;
}

/* Reads the zip64 extra field (4.5.3). It holds the numbers that are too large for their place, in this order. */
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

/* Removes empty parts and parts "." of a path, in place. The name is then the same as in a folder. */
static void plain_name(char *name)
{
    char *to = name;
    for (const char *from = name; *from;) {
        size_t n = strcspn(from, "/");
        if (n > 1 || (n == 1 && from[0] != '.')) {
            if (to > name) *to++ = '/';
            memmove(to, from, n);
            to += n;
        }
        from += n + (from[n] == '/');
    }
    *to = 0;
}

/* Decides by name and mode whether to drop an entry. mode: Unix's, or 0 if it isn't known. Returns 1 for a folder,
 * which isn't counted at all. */
static int judge_entry(struct entry *entry, const char *name, unsigned mode)
{
    enum { KIND = 0170000, FOLDER = 0040000, LINK = 0120000, REGULAR = 0100000 };
    size_t n = strlen(name);
    int kind = (int)(mode & KIND);
    if (entry->size == 0 && (n == 0 || ag_is_separator(name[n - 1]) || kind == FOLDER)) return 1;
    if (ag_hidden(name))
        entry->drop = 1 + AG_PASSED_HIDDEN;
    else if (kind == LINK)
        entry->drop = 1 + AG_PASSED_LINK;
    else if (kind != 0 && kind != REGULAR && kind != FOLDER)
        entry->drop = 1 + AG_PASSED_SPECIAL;
    return 0;
}

/* Bytes of the directory record at `record`; `end` is the directory's end. 0 if the record is damaged. */
static ag_u64 record_length(const ag_u8 *record, const ag_u8 *end)
{
    if (end - record < CENTRAL || !is_record(record, 1, 2)) return 0;
    ag_u64 length = CENTRAL + number(record + 28, 2) + number(record + 30, 2) + number(record + 32, 2);
    return length <= (ag_u64)(end - record) ? length : 0;
}

/* Undoes the reduction of offsets modulo 2^32 that programs of macOS do. They write files in the order of their
 * offsets, so an offset is the first possible one not below `last`, that of the file before. */
static ag_u64 unwrapped(ag_u64 place, ag_u64 last)
{
    return place < last ? last + (ag_u32)(place - last) : place;
}

/* Reads a record that was found sound. Its name moves to *names, which lies before the record. *last: offset of the
 * record before it. */
static void read_directory_record(struct archive *archive, const ag_u8 *record, ag_u8 **names, ag_u64 *last)
{
    ag_u64 name = number(record + 28, 2);
    struct entry *entry = &archive->entry[archive->count];
    unsigned mode = (unsigned)number(record + 40, 2); /* upper half of the external attributes, as Info-ZIP writes it */
    memset(entry, 0, sizeof *entry);
    entry->flags = (int)number(record + 8, 2);
    entry->method = (int)number(record + 10, 2);
    entry->crc = (ag_u32)number(record + 16, 4);
    entry->stored = number(record + 20, 4);
    entry->size = number(record + 24, 4);
    entry->header = number(record + 42, 4);
    read_extra(record + CENTRAL + name, number(record + 30, 2), entry);
    if (archive->wrapped) entry->header = unwrapped(entry->header, *last);
    *last = entry->header;
    char *text = memmove(*names, record + CENTRAL, (size_t)name);
    text[name] = 0;
    int folder = judge_entry(entry, text, mode);
    plain_name(text);
    entry->name = text;
    if (folder) return;
    *names += strlen(text) + 1;
    archive->count++;
}

/* Counts the records. Without zip64, there may be more than the end record's number of two bytes can say. */
static int count_records(const struct ag_source *source, ag_u64 *records, struct ag_error *err)
{
    const struct archive *archive = source->state;
    const ag_u8 *at = archive->names, *end = at + archive->directory_size;
    for (*records = 0; at < end; ++*records) {
        ag_u64 length = record_length(at, end);
        if (!length) return broken(source, err, "has a damaged directory");
        at += length;
    }
    if ((archive->wide ? *records : *records % 65536) == archive->records) return 0;
    return broken(source, err, "has a directory of another length than it says");
}

/* Orders entries by name, and those of one name by offset. */
static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->header > y->header) - (x->header < y->header);
}

static int fail_wrapped(const struct ag_source *source, struct ag_error *err)
{
    return ag_fail(err, 2,
                   "data: '%s' is larger than 4 GiB and written without zip64, and not all of its files are where they "
                   "should be; make it again with zip64, as zip and 7z do, or give another archive with --data PATH",
                   source->options.path);
}

/* Undoes the reduction of the directory's offset. The directory lies behind all files; last: offset of the last
 * file. */
static int unwrap_directory(const struct ag_source *source, ag_u64 last, struct ag_error *err)
{
    struct archive *archive = source->state;
    ag_u64 place = unwrapped(archive->directory - archive->before, last);
    if (place > archive->directory) return fail_wrapped(source, err);
    archive->before = archive->directory - place;
    return 0;
}

static int read_directory(const struct ag_source *source, struct ag_error *err)
{
    struct archive *archive = source->state;
    archive->names = malloc((size_t)archive->directory_size + 1);
    if (!archive->names) return ag_fail(err, 1, "data: no memory for the directory of '%s'", source->options.path);
    ag_u64 records = 0;
    int status = read_part(source, archive->names, archive->directory_size, archive->directory, err);
    if (!status) status = count_records(source, &records, err);
    if (status) return status;
    archive->entry = malloc(((size_t)records + 1) * sizeof *archive->entry);
    if (!archive->entry) return ag_fail(err, 1, "data: no memory for the directory of '%s'", source->options.path);
    const ag_u8 *at = archive->names, *end = at + archive->directory_size;
    ag_u8 *names = archive->names; /* a record is longer than its name, so none is overwritten before it is read */
    ag_u64 last = 0;
    while (at < end) {
        const ag_u8 *record = at;
        at += record_length(record, end);
        read_directory_record(archive, record, &names, &last);
    }
    if (archive->count) qsort(archive->entry, (size_t)archive->count, sizeof *archive->entry, by_name);
    return archive->wrapped ? unwrap_directory(source, last, err) : 0;
}

/* ---------------------------------------------------------------- one entry */

/* Checks what the directory says of an entry. */
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
    if (entry->method == DEFLATED && entry->size / 1032 > entry->stored) /* a deflated byte becomes at most 1032 */
        return ag_fault(fault, "it is smaller than the archive says");
    if (entry->method == STORED && entry->stored != entry->size)
        return ag_fault(fault, "the archive says that it is stored, and gives it two sizes");
    return 0;
}

/* Finds the offset of an entry's bytes. The sizes in its local record don't count: an archive that was written in one
 * pass has none there. */
static int locate(const struct archive *archive, const struct entry *entry, ag_u64 *at, char fault[AG_FAULT])
{
    ag_u8 header[LOCAL];
    ag_u64 end = archive->directory - archive->before; /* end of the files */
    if (end < LOCAL || entry->header > end - LOCAL)
        return ag_fault(fault, "the archive gives it a place outside the file");
    int outcome = ag_read_at(archive->descriptor, header, LOCAL, archive->before + entry->header, fault);
    if (outcome) return outcome;
    if (!is_record(header, 3, 4)) return ag_fault(fault, "it is not where the archive says");
    ag_u64 before = number(header + 26, 2) + number(header + 28, 2); /* lengths of its name and its extra field */
    ag_u64 room = end - LOCAL - entry->header;
    if (before > room || entry->stored > room - before)
        return ag_fault(fault, "the archive gives it more bytes than there are");
    *at = archive->before + entry->header + LOCAL + before;
    return AG_GOOD;
}

/* Inflates until the output is full. whole: the output is the entire entry, so the stream must end there too. */
static int inflate_from(const struct archive *archive, const struct entry *entry, ag_u64 at, z_stream *stream,
                        int whole, char fault[AG_FAULT])
{
    ag_u8 in[4 * HEAD];
    ag_u64 left = entry->stored;
    int status = Z_OK;
    while (status == Z_OK && (whole || stream->avail_out)) {
        if (!stream->avail_in && left) {
            size_t n = left < sizeof in ? (size_t)left : sizeof in;
            int outcome = ag_read_at(archive->descriptor, in, n, at, fault);
            if (outcome) return outcome;
            stream->next_in = in;
            stream->avail_in = (uInt)n;
            at += n;
            left -= n;
        }
        status = inflate(stream, Z_NO_FLUSH);
    }
    if (status == Z_MEM_ERROR) return ag_fault_memory(fault);
    if (status == Z_BUF_ERROR && stream->avail_out) return ag_fault(fault, "its compressed bytes end early");
    if (status == Z_BUF_ERROR) return ag_fault(fault, "it is larger than the archive says");
    if (status != Z_OK && status != Z_STREAM_END)
        return ag_fault(fault, "its compressed bytes are damaged (%s)", stream->msg ? stream->msg : "zlib");
    if (stream->avail_out) return ag_fault(fault, "it is smaller than the archive says");
    if (whole && (left || stream->avail_in)) return ag_fault(fault, "its compressed bytes end before they should");
    return AG_GOOD;
}

static int inflate_entry(const struct archive *archive, const struct entry *entry, ag_u64 at, ag_u8 *out, ag_u64 n,
                         char fault[AG_FAULT])
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return ag_fault_memory(fault);
    stream.next_out = out;
    stream.avail_out = (uInt)n;
    int outcome = inflate_from(archive, entry, at, &stream, n == entry->size, fault);
    inflateEnd(&stream);
    return outcome;
}

/* Reads the first n bytes of an entry. The CRC-32 is checked if these are all. */
static int unpack_entry(const struct archive *archive, const struct entry *entry, ag_u8 *out, ag_u64 n,
                        char fault[AG_FAULT])
{
    ag_u64 at = 0;
    int outcome = locate(archive, entry, &at, fault);
    if (outcome) return outcome;
    outcome = entry->method == STORED ? ag_read_at(archive->descriptor, out, (size_t)n, at, fault)
                                      : inflate_entry(archive, entry, at, out, n, fault);
    if (outcome || n < entry->size) return outcome;
    if (crc32(crc32(0, NULL, 0), out, (uInt)n) != entry->crc)
        return ag_fault(fault, "its bytes are damaged: their CRC-32 is not the one that the archive gives");
    return 0;
}

/* Opens the first n bytes of an entry, or all if there are fewer, as a stream. Close *file, then free *memory. Both are
 * NULL on failure. */
static int open_entry(const struct archive *archive, const struct entry *entry, ag_u64 n, FILE **file, ag_u8 **memory,
                      char fault[AG_FAULT])
{
    *memory = NULL;
    *file = NULL;
    int outcome = check_entry(entry, fault);
    if (outcome) return outcome;
    if (n > entry->size) n = entry->size;
    *memory = malloc((size_t)n);
    outcome = *memory ? unpack_entry(archive, entry, *memory, n, fault) : ag_fault_memory(fault);
    if (!outcome) *file = fmemopen(*memory, (size_t)n, "r");
    if (*file) return AG_GOOD;
    if (!outcome) outcome = ag_fault_memory(fault); /* fmemopen fails for no other reason */
    free(*memory);
    *memory = NULL;
    return outcome;
}

/* ---------------------------------------------------------------- places that were unwrapped */

static void locate_entry(void *context, int i, int thread)
{
    struct archive *archive = context;
    struct entry *entry = &archive->entry[i];
    char fault[AG_FAULT];
    ag_u64 at;
    (void)thread;
    if (entry->drop || ag_shortage_came(&archive->shortage)) return;
    int outcome = locate(archive, entry, &at, fault);
    entry->lost = outcome == AG_BROKEN;
    if (outcome == AG_EXHAUSTED) ag_shortage_note(&archive->shortage, i, fault);
}

/* Offsets made larger by 2^32 are a guess. One file that isn't at its offset refutes it, and then many other offsets
 * are wrong too. */
static int check_places(const struct ag_source *source, struct ag_error *err)
{
    struct archive *archive = source->state;
    int lost = 0;
    if (!archive->wrapped) return 0;
    ag_parallel(archive->count, locate_entry, archive);
    if (archive->shortage.task >= 0)
        return ag_fail_exhausted(err, archive->entry[archive->shortage.task].name, archive->shortage.fault);
    for (int i = 0; i < archive->count; i++) lost |= archive->entry[i].lost;
    return lost ? fail_wrapped(source, err) : 0;
}

/* ---------------------------------------------------------------- probing */

/* Reads the kind and the header of a picture from an entry's first n bytes. *opened: 1 if the bytes could be read. */
static int probe_head(const struct archive *archive, const struct entry *entry, ag_u64 n, int *opened,
                      enum ag_picture_kind *kind, char fault[AG_FAULT])
{
    ag_u8 *memory;
    FILE *file;
    int outcome = open_entry(archive, entry, n, &file, &memory, fault);
    *opened = !outcome;
    *kind = AG_PICTURE_NONE;
    if (!outcome) outcome = ag_picture_kind(file, kind, fault);
    if (!outcome) outcome = ag_picture_probe(file, fault);
    if (file) fclose(file);
    free(memory);
    return outcome;
}

static void probe(void *context, int i, int thread)
{
    struct archive *archive = context;
    struct entry *entry = &archive->entry[i];
    enum ag_picture_kind kind;
    char fault[AG_FAULT];
    int opened;
    (void)thread;
    if (entry->drop || ag_shortage_came(&archive->shortage)) return;
    int outcome = probe_head(archive, entry, HEAD, &opened, &kind, fault);
    if (outcome == AG_BROKEN && kind != AG_PICTURE_NONE && entry->size > HEAD)
        outcome = probe_head(archive, entry, entry->size, &opened, &kind, fault);
    int claims = kind != AG_PICTURE_NONE || ag_picture_named(entry->name);
    if (!claims) entry->drop = 1 + (opened || entry->size == 0 ? AG_PASSED_OTHER : AG_PASSED_CLOSED);
    if (outcome == AG_BROKEN && claims && !(entry->fault = strdup(fault))) outcome = ag_fault_memory(fault);
    if (outcome == AG_EXHAUSTED) ag_shortage_note(&archive->shortage, i, fault);
}

/* Drops the entries that neither are pictures nor are named like them. */
static void drop_others(struct ag_source *source)
{
    struct archive *archive = source->state;
    for (int i = 0; i < archive->count; i++) {
        struct entry *entry = &archive->entry[i];
        if (entry->drop) {
            ag_pass_over(source->passed, (enum ag_reason)(entry->drop - 1), entry->name);
            continue;
        }
        source->fault[source->count] = entry->fault;
        archive->entry[source->count++] = *entry;
    }
}

static int probe_all(struct ag_source *source, struct ag_error *err)
{
    struct archive *archive = source->state;
    source->fault = calloc((size_t)archive->count + 1, sizeof *source->fault);
    if (!source->fault) return ag_fail(err, 1, "data: no memory for %d files", archive->count);
    ag_parallel(archive->count, probe, archive);
    if (archive->shortage.task < 0) return drop_others(source), 0;
    for (int i = 0; i < archive->count; i++) free(archive->entry[i].fault);
    return ag_fail_exhausted(err, archive->entry[archive->shortage.task].name, archive->shortage.fault);
}

/* ---------------------------------------------------------------- the source */

static int read_entry(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT])
{
    const struct archive *archive = source->state;
    const struct entry *entry = &archive->entry[i];
    ag_u8 *memory;
    FILE *file;
    (void)half;
    int outcome = open_entry(archive, entry, entry->size, &file, &memory, fault);
    if (outcome) return outcome;
    outcome = ag_picture_read_fitted(file, &source->options, out, fault);
    fclose(file);
    free(memory);
    return outcome;
}

static const char *entry_name(const struct ag_source *source, ag_u64 i, char label[AG_LABEL])
{
    const struct archive *archive = source->state;
    (void)label;
    return archive->entry[i].name;
}

static void close_archive(struct ag_source *source)
{
    struct archive *archive = source->state;
    if (!archive) return;
    if (archive->descriptor >= 0) close(archive->descriptor);
    free(archive->names);
    free(archive->entry);
    ag_shortage_end(&archive->shortage);
    free(archive);
}

static int open_archive(const struct ag_source *source, ag_u64 *file_size, struct ag_error *err)
{
    struct archive *archive = source->state;
    const char *path = source->options.path;
    struct stat info;
    archive->descriptor = ag_open_at(AT_FDCWD, path, O_RDONLY);
    if (archive->descriptor < 0 || fstat(archive->descriptor, &info))
        return ag_fail(err, ag_open_status(errno), "data: '%.400s': %s; " AG_DATA_ADVICE, path, strerror(errno));
    if (!S_ISREG(info.st_mode)) return ag_fail(err, 2, "data: '%.400s' is not a file; " AG_DATA_ADVICE, path);
    *file_size = (ag_u64)info.st_size;
    return 0;
}

int ag_source_zip(struct ag_source *source, struct ag_error *err)
{
    ag_u64 file_size = 0;
    struct archive *archive = calloc(1, sizeof *archive);
    if (!archive) return ag_fail(err, 1, "data: no memory");
    archive->descriptor = -1;
    ag_shortage_init(&archive->shortage);
    source->state = archive;
    source->close = close_archive;
    source->read = read_entry;
    source->name = entry_name;
    int status = open_archive(source, &file_size, err);
    if (!status) status = find_directory(source, file_size, err);
    if (!status) status = read_directory(source, err);
    if (!status) status = check_places(source, err);
    if (!status) status = probe_all(source, err);
    return status || source->count ? status : ag_no_pictures(source, err);
}
