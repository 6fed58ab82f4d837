/* Writes zip archives, valid ones and broken ones. */
#ifndef ZIP_FILES_H
#define ZIP_FILES_H

#include "data_files.h"

#include <zlib.h>

/* How an entry is written, and which wrong things the archive says about it. */
struct how {
    int deflated, flags, zip64;
    int descriptor; /* 1: sizes and CRC-32 are only in the directory, as when an archive is written to a pipe */
    int method;     /* not 0: the archive names this method instead of the true one */
    int wrong_crc;
    long more_size, more_stored, more_offset; /* added to the true numbers: the archive is wrong by so much */
};

struct zip {
    FILE *file;
    ag_u64 before; /* bytes in the file before the archive; its offsets count from behind them */
    ag_u8 *directory;
    size_t used, room;
    int entries;
};

static inline void zip_begin(struct zip *zip, const char *path)
{
    memset(zip, 0, sizeof *zip);
    zip->file = create(path);
}

/* Writes a number little-endian and returns the address behind it. */
static inline ag_u8 *put(ag_u8 *at, ag_u64 value, int bytes)
{
    for (; bytes > 0; bytes--, value >>= 8) *at++ = (ag_u8)value;
    return at;
}

/* Writes the fields that local and central records share, from the version needed to the length of extra fields. */
static inline ag_u8 *put_common(ag_u8 *at, const struct how *how, ag_u32 crc, ag_u64 stored, ag_u64 size, size_t name,
                                int extra)
{
    at = put(at, how->zip64 ? 45 : 20, 2);
    at = put(at, (ag_u64)(how->flags | how->descriptor << 3), 2);
    at = put(at, (ag_u64)(how->method ? how->method : how->deflated ? 8 : 0), 2);
    at = put(at, 0x5a210000, 4); /* the time */
    at = put(at, crc, 4);
    at = put(at, stored, 4);
    at = put(at, size, 4);
    at = put(at, name, 2);
    return put(at, (ag_u64)extra, 2);
}

static inline void put_central(struct zip *zip, const char *name, const struct how *how, ag_u32 crc, ag_u64 stored,
                               ag_u64 size, ag_u64 offset)
{
    size_t length = strlen(name);
    if (zip->used + length + 100 > zip->room) zip->directory = realloc(zip->directory, zip->room += length + 4096);
    ag_u8 *at = zip->directory + zip->used;
    at = put(at, 0x02014b50, 4);
    at = put(at, 0x031e, 2);
    at = put_common(at, how, crc, how->zip64 ? 0xffffffff : stored, how->zip64 ? 0xffffffff : size, length,
                    how->zip64 ? 36 : 0);
    at = put(at, 0, 6); /* comment, disk, attributes */
    at = put(at, 0x81a40000, 4);
    at = put(at, how->zip64 ? 0xffffffff : offset, 4);
    memcpy(at, name, length);
    at += length;
    if (how->zip64) {
        at = put(at, 0x5455, 2); /* another extra field comes first */
        at = put(at, 4, 2);
        at = put(at, 0, 4);
        at = put(at, 1, 2);
        at = put(at, 24, 2);
        at = put(at, size, 8);
        at = put(at, stored, 8);
        at = put(at, offset, 8);
    }
    zip->used = (size_t)(at - zip->directory);
    zip->entries++;
}

static inline ag_u8 *raw_deflate(const ag_u8 *bytes, size_t n, size_t *deflated)
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    size_t room = deflateBound(&stream, n);
    ag_u8 *out = malloc(room);
    stream.next_in = (ag_u8 *)bytes;
    stream.avail_in = (uInt)n;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    deflate(&stream, Z_FINISH);
    *deflated = stream.total_out;
    deflateEnd(&stream);
    return out;
}

static inline void zip_add(struct zip *zip, const char *name, const void *bytes, size_t n, const struct how *how)
{
    static const struct how plain;
    ag_u8 header[64], *at = header, *deflated = NULL;
    if (!how) how = &plain;
    ag_u32 crc = (ag_u32)crc32(0, bytes, (uInt)n) ^ (ag_u32)how->wrong_crc;
    ag_u64 offset = (ag_u64)ftello(zip->file) - zip->before, size = n;
    if (how->deflated) bytes = deflated = raw_deflate(bytes, n, &n);
    at = put(at, 0x04034b50, 4);
    at = put_common(at, how, how->descriptor ? 0 : crc, how->descriptor ? 0 : n, how->descriptor ? 0 : size,
                    strlen(name), 8);
    fwrite(header, 1, (size_t)(at - header), zip->file);
    fputs(name, zip->file);
    fwrite("\x55\x54\4\0time", 1, 8, zip->file); /* an extra field that the directory does not have */
    fwrite(bytes, 1, n, zip->file);
    if (how->descriptor) {
        at = put(put(put(put(header, 0x08074b50, 4), crc, 4), n, 4), size, 4);
        fwrite(header, 1, (size_t)(at - header), zip->file);
    }
    put_central(zip, name, how, crc, n + (ag_u64)how->more_stored, size + (ag_u64)how->more_size,
                offset + (ag_u64)how->more_offset);
    free(deflated);
}

/* Adds the bytes of a file. */
static inline void zip_add_file(struct zip *zip, const char *name, const char *path, const struct how *how)
{
    size_t n = (size_t)file_size(path);
    ag_u8 *bytes = malloc(n + 1);
    FILE *file = fopen(path, "rb");
    if (!file || fread(bytes, 1, n, file) != n) perror(path), exit(1);
    fclose(file);
    zip_add(zip, name, bytes, n, how);
    free(bytes);
}

/* Writes the directory, the end record and the comment; with zip64 also the zip64 end record, which has the full
 * numbers. Numbers that do not fit their field, here and above, are written modulo 2^32 or 2^16, as programs of macOS
 * do. */
static inline void zip_end(struct zip *zip, int zip64, const char *comment)
{
    ag_u8 end[128], *at = end;
    ag_u64 directory = (ag_u64)ftello(zip->file) - zip->before, records = (ag_u64)zip->entries;
    if (zip->used) fwrite(zip->directory, 1, zip->used, zip->file);
    if (zip64) {
        at = put(put(at, 0x06064b50, 4), 44, 8);
        at = put(put(at, 0x002d002d, 4), 0, 8);
        at = put(put(put(put(at, records, 8), records, 8), zip->used, 8), directory, 8);
        at = put(put(put(put(at, 0x07064b50, 4), 0, 4), directory + zip->used, 8), 1, 4);
    }
    at = put(put(at, 0x06054b50, 4), 0, 4);
    at = put(put(at, zip64 ? 0xffff : records, 2), zip64 ? 0xffff : records, 2);
    at = put(put(at, zip64 ? 0xffffffff : zip->used, 4), zip64 ? 0xffffffff : directory, 4);
    at = put(at, strlen(comment), 2);
    fwrite(end, 1, (size_t)(at - end), zip->file);
    fputs(comment, zip->file);
    fclose(zip->file);
    free(zip->directory);
}

#endif
