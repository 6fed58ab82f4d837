/*
 * Reads the end record and the central directory of a zip archive. Numbers in brackets are sections of PKWARE's
 * APPNOTE.TXT. Nothing in the file is trusted: offsets and sizes are checked against the size of the file before they
 * are used.
 */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64
#include "data_zip.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the fixed parts of records: end (4.3.16), zip64 end (4.3.14), zip64 locator (4.3.15), central directory
 * record (4.3.12). */
enum { END = 22, END64 = 56, LOCATOR = 20, CENTRAL = 46, MAX_COMMENT = 0xffff };
/* Highest number of bytes after the archive: a newline, padding with zeros, ... */
enum { MAX_TRAILING = 0xffff };

/* ---------------------------------------------------------------- finding the directory */

static int fail_broken(const struct ag_source *source, struct ag_error *err, const char *fault)
{
    return ag_fail(err, 2, "data: '%s' %s; make or download it again, or give another archive with --data PATH",
                   source->options.path, fault);
}

static int read_part(const struct ag_source *source, ag_u8 *out, ag_u64 n, ag_u64 at, struct ag_error *err)
{
    const struct ag_zip *archive = source->state;
    char fault[AG_FAULT];
    int outcome = ag_read_at(archive->descriptor, out, (size_t)n, at, fault);
    if (outcome == AG_GOOD) return 0;
    if (outcome == AG_EXHAUSTED) return ag_fail_exhausted(err, source->options.path, fault);
    return ag_fail(err, 2, "data: '%s', byte %llu: %s; give another archive with --data PATH", source->options.path, at,
                   fault);
}

/* Reads the zip64 end record into end64, and its offset into *at. The record is right before the locator, unless it has
 * an extensible data sector, or else at the offset that the locator gives, unless bytes before the archive have moved
 * it. */
static int find_end64(const struct ag_source *source, ag_u64 locator_at, const ag_u8 *locator, ag_u8 end64[END64],
                      ag_u64 *at, struct ag_error *err)
{
    if (locator_at < END64) return fail_broken(source, err, "has no zip64 end record where it says");
    const ag_u64 last = locator_at - END64, places[] = {last, ag_zip_number(locator + 8, 8)};
    for (int i = 0; i < 2; i++) {
        if (places[i] > last) continue;
        int status = read_part(source, end64, END64, places[i], err);
        if (status) return status;
        *at = places[i];
        if (ag_zip_is_record(end64, 6, 6)) return 0;
    }
    return fail_broken(source, err, "has no zip64 end record where it says");
}

/* Numbers that are too large for the end record have all their bits set there. Takes these numbers from the zip64 end
 * record, if there is one. *limit: the offset of the end record; becomes the offset of the zip64 end record. */
static int read_end64(const struct ag_source *source, ag_u64 *limit, struct ag_error *err)
{
    struct ag_zip *archive = source->state;
    ag_u8 locator[LOCATOR], end64[END64];
    int wide_records = archive->records == 0xffff, wide_size = archive->directory_size == 0xffffffff;
    int wide_directory = archive->directory == 0xffffffff;
    if (!(wide_records || wide_size || wide_directory) || *limit < LOCATOR) return 0;
    int status = read_part(source, locator, LOCATOR, *limit - LOCATOR, err);
    if (status || !ag_zip_is_record(locator, 6, 7)) return status;
    status = find_end64(source, *limit - LOCATOR, locator, end64, limit, err);
    if (status) return status;
    archive->zip64 = 1;
    if (wide_records) archive->records = ag_zip_number(end64 + 32, 8);
    if (wide_size) archive->directory_size = ag_zip_number(end64 + 40, 8);
    if (wide_directory) archive->directory = ag_zip_number(end64 + 48, 8);
    archive->zip64_records = wide_records;
    return 0;
}

/* *is: 1 if there is a directory record at `at`, or if the directory is empty. */
static int is_directory(const struct ag_source *source, ag_u64 at, int *is, struct ag_error *err)
{
    const struct ag_zip *archive = source->state;
    ag_u8 record[CENTRAL];
    *is = archive->directory_size == 0;
    if (archive->directory_size < CENTRAL) return 0;
    int status = read_part(source, record, CENTRAL, at, err);
    *is = !status && ag_zip_is_record(record, 1, 2);
    return status;
}

/* Finds the directory. It ends at `limit` if bytes before the archive have moved it, else it is at the offset that the
 * end record gives. The first place is tried first. If it would mean that 4 GiB or more come before the archive,
 * offsets are probably modulo 2^32 instead; ag_zip_read_directory then reconstructs them. */
static int place_directory(const struct ag_source *source, ag_u64 limit, struct ag_error *err)
{
    struct ag_zip *archive = source->state;
    const ag_u64 stated = archive->directory, size = archive->directory_size;
    int is = 0;
    if (stated > limit || size > limit - stated)
        return fail_broken(source, err, "has an end record that doesn't fit the file");
    if (size > INT_MAX) return fail_broken(source, err, "has a directory of more than 2 GiB");
    archive->directory = limit - size;
    archive->before = limit - size - stated;
    archive->wrapped = !archive->zip64 && archive->before >> 32;
    int status = is_directory(source, archive->directory, &is, err);
    if (status || is) return status;
    archive->directory = stated;
    archive->before = 0;
    archive->wrapped = 0;
    status = is_directory(source, stated, &is, err);
    return status || is ? status : fail_broken(source, err, "has no directory where it says");
}

/* Interprets the bytes at offset `at` as the end record (4.3.16), and finds its directory. */
static int try_end(const struct ag_source *source, const ag_u8 end[END], ag_u64 at, struct ag_error *err)
{
    struct ag_zip *archive = source->state;
    ag_u64 disk = ag_zip_number(end + 4, 2);
    if (disk != 0 && disk != 0xffff) return fail_broken(source, err, "is a part of an archive in several files");
    archive->records = ag_zip_number(end + 10, 2);
    archive->directory_size = ag_zip_number(end + 12, 4);
    archive->directory = ag_zip_number(end + 16, 4);
    archive->zip64_records = archive->zip64 = 0;
    int status = read_end64(source, &at, err);
    return status ? status : place_directory(source, at, err);
}

/* Searches the file for the end record, backwards from the end. tail: the last n bytes of the file, which begin at
 * offset `from`. Bytes with the signature of an end record may belong to a comment. They are skipped if their comment
 * would not fit the file, or if there is no directory for them. An end record of an empty archive has no directory by
 * which to check it, so it is used only if there is no other. The error is that of the first candidate. */
static int search_end(const struct ag_source *source, const ag_u8 *tail, ag_u64 n, ag_u64 from, struct ag_error *err)
{
    const struct ag_zip *archive = source->state;
    struct ag_error later;
    ag_u64 empty = 0; /* where the first end record of an empty archive is */
    int found = 0, found_empty = 0;
    for (ag_u64 at = n < END ? 0 : n - END + 1; at-- > 0;) {
        if (!ag_zip_is_record(tail + at, 5, 6) || ag_zip_number(tail + at + 20, 2) > n - END - at) continue;
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

int ag_zip_find_directory(const struct ag_source *source, ag_u64 file_size, struct ag_error *err)
{
    const ag_u64 max_tail = END + MAX_COMMENT + MAX_TRAILING, n = file_size < max_tail ? file_size : max_tail;
    ag_u8 *tail = malloc((size_t)n + 1);
    if (!tail) return ag_fail(err, 1, "data: no memory for the end of '%s'", source->options.path);
    int status = read_part(source, tail, n, file_size - n, err);
    if (!status) status = search_end(source, tail, n, file_size - n, err);
    free(tail);
    return status;
}

/* ---------------------------------------------------------------- reading the directory */

/* Reads the zip64 extra field (4.5.3). It holds the numbers that are too large for their fields, in the order of
 * `wide`. */
static void read_extra(const ag_u8 *extra, ag_u64 n, struct ag_zip_entry *entry)
{
    ag_u64 *const wide[] = {&entry->size, &entry->stored, &entry->header};
    while (n >= 4) {
        ag_u64 kind = ag_zip_number(extra, 2), size = ag_zip_number(extra + 2, 2), used = 0;
        if (size > n - 4) return;
        for (int i = 0; kind == 1 && i < 3; i++) {
            if (*wide[i] != 0xffffffff || used + 8 > size) continue;
            *wide[i] = ag_zip_number(extra + 4 + used, 8);
            used += 8;
        }
        extra += 4 + size;
        n -= 4 + size;
    }
}

/* Removes empty components and "." from a path, in place. The name is then the same as that of a file in a folder. */
static void normalise_name(char *name)
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

/* Decides by name and mode whether to ignore an entry. mode: the Unix file mode, or 0 if it is unknown. Returns 1 for a
 * folder, which is no entry of the set. */
static int classify_entry(struct ag_zip_entry *entry, const char *name, unsigned mode)
{
    enum { KIND = 0170000, FOLDER = 0040000, LINK = 0120000, REGULAR = 0100000 };
    size_t n = strlen(name);
    int kind = (int)(mode & KIND);
    if (entry->size == 0 && (n == 0 || ag_is_separator(name[n - 1]) || kind == FOLDER)) return 1;
    if (ag_is_hidden(name))
        entry->drop = 1 + AG_IGNORED_HIDDEN;
    else if (kind == LINK)
        entry->drop = 1 + AG_IGNORED_LINK;
    else if (kind != 0 && kind != REGULAR && kind != FOLDER)
        entry->drop = 1 + AG_IGNORED_SPECIAL;
    return 0;
}

/* The size in bytes of the directory record at `record`. end: the end of the directory. 0 if the record is damaged. */
static ag_u64 record_length(const ag_u8 *record, const ag_u8 *end)
{
    if (end - record < CENTRAL || !ag_zip_is_record(record, 1, 2)) return 0;
    ag_u64 length =
        CENTRAL + ag_zip_number(record + 28, 2) + ag_zip_number(record + 30, 2) + ag_zip_number(record + 32, 2);
    return length <= (ag_u64)(end - record) ? length : 0;
}

/* Reconstructs an offset of which the archive has only the value modulo 2^32, as archives written by macOS do. Records
 * are in the order of their offsets, so the offset is the smallest possible one that isn't below `last`, the offset of
 * the record before. */
static ag_u64 unwrapped(ag_u64 place, ag_u64 last)
{
    return place < last ? last + (ag_u32)(place - last) : place;
}

/* Reads a checked record. Moves its name to *names, which lies before the record in memory, and moves *names behind the
 * name. *last: the offset in the record before; becomes the offset in this one. */
static void read_directory_record(struct ag_zip *archive, const ag_u8 *record, ag_u8 **names, ag_u64 *last)
{
    ag_u64 name = ag_zip_number(record + 28, 2);
    struct ag_zip_entry *entry = &archive->entry[archive->count];
    unsigned mode =
        (unsigned)ag_zip_number(record + 40, 2); /* upper half of the external attributes, as Info-ZIP writes it */
    memset(entry, 0, sizeof *entry);
    entry->flags = (int)ag_zip_number(record + 8, 2);
    entry->method = (int)ag_zip_number(record + 10, 2);
    entry->crc = (ag_u32)ag_zip_number(record + 16, 4);
    entry->stored = ag_zip_number(record + 20, 4);
    entry->size = ag_zip_number(record + 24, 4);
    entry->header = ag_zip_number(record + 42, 4);
    read_extra(record + CENTRAL + name, ag_zip_number(record + 30, 2), entry);
    if (archive->wrapped) entry->header = unwrapped(entry->header, *last);
    *last = entry->header;
    char *text = memmove(*names, record + CENTRAL, (size_t)name);
    text[name] = 0;
    int folder = classify_entry(entry, text, mode);
    normalise_name(text);
    entry->name = text;
    if (folder) return;
    *names += strlen(text) + 1;
    archive->count++;
}

/* Counts the records. Without zip64, the end record gives their number modulo 65,536. */
static int count_records(const struct ag_source *source, ag_u64 *records, struct ag_error *err)
{
    const struct ag_zip *archive = source->state;
    const ag_u8 *at = archive->names, *end = at + archive->directory_size;
    for (*records = 0; at < end; ++*records) {
        ag_u64 length = record_length(at, end);
        if (!length) return fail_broken(source, err, "has a damaged directory");
        at += length;
    }
    if ((archive->zip64_records ? *records : *records % 65536) == archive->records) return 0;
    return fail_broken(source, err, "has a directory of another length than it says");
}

/* Orders entries by name, and entries with the same name by offset. */
static int by_name(const void *a, const void *b)
{
    const struct ag_zip_entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->header > y->header) - (x->header < y->header);
}

int ag_zip_fail_wrapped(const struct ag_source *source, struct ag_error *err)
{
    return ag_fail(err, 2,
                   "data: '%s' is larger than 4 GiB and written without zip64, and not all of its files are where they "
                   "should be; make it again with zip64, as zip and 7z do, or give another archive with --data PATH",
                   source->options.path);
}

/* Reconstructs the directory's offset, which may be modulo 2^32 too. The directory lies after all files. last: the
 * offset of the last file. */
static int unwrap_directory(const struct ag_source *source, ag_u64 last, struct ag_error *err)
{
    struct ag_zip *archive = source->state;
    ag_u64 place = unwrapped(archive->directory - archive->before, last);
    if (place > archive->directory) return ag_zip_fail_wrapped(source, err);
    archive->before = archive->directory - place;
    return 0;
}

int ag_zip_read_directory(const struct ag_source *source, struct ag_error *err)
{
    struct ag_zip *archive = source->state;
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
