/*
 * Reads a zip archive of PNG and JPEG files, such as StyleGAN's dataset_tool.py writes. Numbers in brackets are
 * sections of PKWARE's APPNOTE.TXT. Nothing in the archive is trusted: offsets and sizes are checked against the size
 * of the file before they are used, and contents against their CRC-32. data_zip_directory.c reads the archive's
 * directory.
 */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64
#include "data_zip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

/* Largest entry that is read, in bytes: an uncompressed 16-bit RGBA picture with as many pixels as picture_decoder.c
 * accepts. */
#define MAX_PICTURE (1UL << 30)
/* Bytes of an entry that are read first to find a picture's header. Usual headers are far shorter. */
#define HEAD 4096

enum { LOCAL = 30 }; /* bytes of the fixed part of a local file header (4.3.7) */
enum method { STORED = 0, DEFLATED = 8 };
enum flags { ENCRYPTED = 1 << 0, STRONGLY_ENCRYPTED = 1 << 6, MASKED = 1 << 13 };

/* ---------------------------------------------------------------- one entry */

/* Checks the fields of an entry's directory record. */
static int check_entry(const struct ag_zip_entry *entry, char fault[AG_FAULT])
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
    if (entry->method == DEFLATED && entry->size / 1032 > entry->stored) /* deflate's highest ratio is 1032 */
        return ag_fault(fault, "it is smaller than the archive says");
    if (entry->method == STORED && entry->stored != entry->size)
        return ag_fault(fault, "the archive says that it is stored, and gives it two sizes");
    return 0;
}

/* Finds the offset of an entry's bytes in the file. The sizes in the local file header are not used, because an archive
 * that was written as a stream has none there. */
static int locate(const struct ag_zip *archive, const struct ag_zip_entry *entry, ag_u64 *at, char fault[AG_FAULT])
{
    ag_u8 header[LOCAL];
    ag_u64 end = archive->directory - archive->before; /* end of the files */
    if (end < LOCAL || entry->header > end - LOCAL)
        return ag_fault(fault, "the archive gives it a place outside the file");
    int outcome = ag_read_at(archive->descriptor, header, LOCAL, archive->before + entry->header, fault);
    if (outcome) return outcome;
    if (!ag_zip_is_record(header, 3, 4)) return ag_fault(fault, "it is not where the archive says");
    ag_u64 before =
        ag_zip_number(header + 26, 2) + ag_zip_number(header + 28, 2); /* lengths of its name and its extra field */
    ag_u64 available = end - LOCAL - entry->header;
    if (before > available || entry->stored > available - before)
        return ag_fault(fault, "the archive gives it more bytes than there are");
    *at = archive->before + entry->header + LOCAL + before;
    return AG_GOOD;
}

/* Inflates until the output is full. whole: 1 if the output is the entire entry, so that the stream must end there. */
static int inflate_from(const struct ag_zip *archive, const struct ag_zip_entry *entry, ag_u64 at, z_stream *stream,
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

static int inflate_entry(const struct ag_zip *archive, const struct ag_zip_entry *entry, ag_u64 at, ag_u8 *out,
                         ag_u64 n, char fault[AG_FAULT])
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

/* Reads the first n bytes of an entry. Checks the CRC-32 if n is the size of the entry. */
static int unpack_entry(const struct ag_zip *archive, const struct ag_zip_entry *entry, ag_u8 *out, ag_u64 n,
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

/* Opens the first n bytes of an entry, or all its bytes if there are fewer, as a stream. The caller closes *file, then
 * frees *memory. Both are NULL on failure. */
static int open_entry(const struct ag_zip *archive, const struct ag_zip_entry *entry, ag_u64 n, FILE **file,
                      ag_u8 **memory, char fault[AG_FAULT])
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

/* ---------------------------------------------------------------- reconstructed offsets */

static void locate_entry(void *context, int i, int thread)
{
    struct ag_zip *archive = context;
    struct ag_zip_entry *entry = &archive->entry[i];
    char fault[AG_FAULT];
    ag_u64 at;
    (void)thread;
    if (entry->drop || ag_shortage_occurred(&archive->shortage)) return;
    int outcome = locate(archive, entry, &at, fault);
    entry->lost = outcome == AG_BROKEN;
    if (outcome == AG_EXHAUSTED) ag_shortage_note(&archive->shortage, i, fault);
}

/* Checks reconstructed offsets (see unwrapped in data_zip_directory.c). If one entry isn't at its offset, other offsets
 * are probably wrong too, so the whole archive is refused. */
static int check_places(const struct ag_source *source, struct ag_error *err)
{
    struct ag_zip *archive = source->state;
    int lost = 0;
    if (!archive->wrapped) return 0;
    ag_parallel(archive->count, locate_entry, archive);
    if (archive->shortage.task >= 0)
        return ag_fail_exhausted(err, archive->entry[archive->shortage.task].name, archive->shortage.fault);
    for (int i = 0; i < archive->count; i++) lost |= archive->entry[i].lost;
    return lost ? ag_zip_fail_wrapped(source, err) : 0;
}

/* ---------------------------------------------------------------- probing */

/* Checks the header of the picture in an entry's first n bytes. *opened: 1 if the bytes could be read. */
static int probe_head(const struct ag_zip *archive, const struct ag_zip_entry *entry, ag_u64 n, int *opened,
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
    struct ag_zip *archive = context;
    struct ag_zip_entry *entry = &archive->entry[i];
    enum ag_picture_kind kind;
    char fault[AG_FAULT];
    int opened;
    (void)thread;
    if (entry->drop || ag_shortage_occurred(&archive->shortage)) return;
    int outcome = probe_head(archive, entry, HEAD, &opened, &kind, fault);
    if (outcome == AG_BROKEN && kind != AG_PICTURE_NONE && entry->size > HEAD)
        outcome = probe_head(archive, entry, entry->size, &opened, &kind, fault);
    int is_picture = kind != AG_PICTURE_NONE || ag_is_picture_name(entry->name);
    if (!is_picture) entry->drop = 1 + (opened || entry->size == 0 ? AG_IGNORED_OTHER : AG_IGNORED_CLOSED);
    if (outcome == AG_BROKEN && is_picture && !(entry->fault = strdup(fault))) outcome = ag_fault_memory(fault);
    if (outcome == AG_EXHAUSTED) ag_shortage_note(&archive->shortage, i, fault);
}

/* Removes the ignored entries from the set. */
static void drop_others(struct ag_source *source)
{
    struct ag_zip *archive = source->state;
    for (int i = 0; i < archive->count; i++) {
        struct ag_zip_entry *entry = &archive->entry[i];
        if (entry->drop) {
            ag_ignore(source->ignored, (enum ag_ignore_reason)(entry->drop - 1), entry->name);
            continue;
        }
        source->fault[source->count] = entry->fault;
        archive->entry[source->count++] = *entry;
    }
}

static int probe_all(struct ag_source *source, struct ag_error *err)
{
    struct ag_zip *archive = source->state;
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
    const struct ag_zip *archive = source->state;
    const struct ag_zip_entry *entry = &archive->entry[i];
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
    const struct ag_zip *archive = source->state;
    (void)label;
    return archive->entry[i].name;
}

static void close_archive(struct ag_source *source)
{
    struct ag_zip *archive = source->state;
    if (!archive) return;
    if (archive->descriptor >= 0) close(archive->descriptor);
    free(archive->names);
    free(archive->entry);
    ag_shortage_end(&archive->shortage);
    free(archive);
}

static int open_archive(const struct ag_source *source, ag_u64 *file_size, struct ag_error *err)
{
    struct ag_zip *archive = source->state;
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
    struct ag_zip *archive = calloc(1, sizeof *archive);
    if (!archive) return ag_fail(err, 1, "data: no memory");
    archive->descriptor = -1;
    ag_shortage_init(&archive->shortage);
    source->state = archive;
    source->close = close_archive;
    source->read = read_entry;
    source->name = entry_name;
    int status = open_archive(source, &file_size, err);
    if (!status) status = ag_zip_find_directory(source, file_size, err);
    if (!status) status = ag_zip_read_directory(source, err);
    if (!status) status = check_places(source, err);
    if (!status) status = probe_all(source, err);
    return status || source->count ? status : ag_no_pictures(source, err);
}
