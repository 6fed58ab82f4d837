/*
 * Reads the orientation of a picture from its EXIF data, and applies it. EXIF data is a small TIFF file. In a JPEG it
 * is in an APP1 segment; other APP1 segments may hold XMP. In a PNG it is in the eXIf chunk, before or after the
 * pixels. The text "Raw profile type exif", which ImageMagick wrote into PNGs before the eXIf chunk existed, is
 * ignored, as browsers and most programs do.
 *
 * At most one segment or chunk of 64 KiB is in memory at a time. Malformed data is ignored.
 */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64
#include "data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define MAX_BYTES 65536

enum { ORIENTATION = 0x0112, BYTE = 1, SHORT = 3, LONG = 4 };

/* ---------------------------------------------------------------- the TIFF file */

static ag_u32 read_number(const ag_u8 *at, int bytes, int big_endian)
{
    ag_u32 value = 0;
    for (int i = 0; i < bytes; i++) value = value << 8 | at[big_endian ? i : bytes - 1 - i];
    return value;
}

/* The orientation in a TIFF directory entry, whose fields are tag (2 bytes), type (2), count (4) and value (4,
 * left-aligned). 0 if the entry has another tag, or a value that is no orientation. */
static int entry_orientation(const ag_u8 *entry, int big_endian)
{
    ag_u32 type = read_number(entry + 2, 2, big_endian);
    int bytes = type == BYTE ? 1 : type == SHORT ? 2 : type == LONG ? 4 : 0;
    if (read_number(entry, 2, big_endian) != ORIENTATION || read_number(entry + 4, 4, big_endian) != 1 || !bytes)
        return 0;
    ag_u32 value = read_number(entry + 8, bytes, big_endian);
    return value <= 8 ? (int)value : 0;
}

/* The orientation in the first directory of a TIFF file of n bytes, or 0. */
static int tiff_orientation(const ag_u8 *tiff, size_t n)
{
    if (n < 8 || tiff[0] != tiff[1] || (tiff[0] != 'I' && tiff[0] != 'M')) return 0;
    int big_endian = tiff[0] == 'M', found = 0;
    size_t at = read_number(tiff + 4, 4, big_endian);
    if (read_number(tiff + 2, 2, big_endian) != 42 || at > n - 2) return 0;
    ag_u32 entries = read_number(tiff + at, 2, big_endian);
    for (at += 2; !found && entries > 0 && n - at >= 12; entries--, at += 12)
        found = entry_orientation(tiff + at, big_endian);
    return found;
}

/* ---------------------------------------------------------------- segments and chunks */

static const char prefix[6] = "Exif\0"; /* with two final 0: the beginning of an APP1 segment with EXIF data */

/* Reads the next n bytes of the file. Returns 0, or 1 if there are fewer. */
static int read_exactly(FILE *file, ag_u8 *out, size_t n)
{
    return fread(out, 1, n, file) != n;
}

/* Reads n bytes of EXIF data. checked: 1 if the CRC-32 of the chunk follows; crc is then the CRC-32 of the bytes read
 * so far. *orientation: the orientation, or 0. Returns AG_GOOD or AG_EXHAUSTED. */
static int read_piece(FILE *file, size_t n, int checked, uLong crc, int *orientation, char fault[AG_FAULT])
{
    ag_u8 *piece = malloc(n + 1), sum[4];
    *orientation = 0;
    if (!piece) return ag_fault_memory(fault);
    int failed = read_exactly(file, piece, n);
    if (!failed && checked) failed = read_exactly(file, sum, 4) || crc32(crc, piece, (uInt)n) != read_number(sum, 4, 1);
    int prefixed = n >= sizeof prefix && !memcmp(piece, prefix, sizeof prefix); /* some PNGs have the prefix too */
    size_t skip = prefixed ? sizeof prefix : 0;
    if (!failed && (checked || prefixed)) *orientation = tiff_orientation(piece + skip, n - skip);
    free(piece);
    return AG_GOOD;
}

/* Searches the chunks of a PNG: length (4 bytes, big-endian), type (4), data, CRC-32 of type and data (4). */
static int search_png(FILE *file, int *orientation, char fault[AG_FAULT])
{
    ag_u8 head[8];
    if (read_exactly(file, head, 8)) return AG_GOOD; /* the signature */
    while (!*orientation && !read_exactly(file, head, 8) && memcmp(head + 4, "IEND", 4)) {
        ag_u32 n = read_number(head, 4, 1);
        if (memcmp(head + 4, "eXIf", 4) == 0 && n <= MAX_BYTES) {
            int outcome = read_piece(file, n, 1, crc32(crc32(0, NULL, 0), head + 4, 4), orientation, fault);
            if (outcome) return outcome;
        } else if (fseeko(file, (off_t)n + 4, SEEK_CUR))
            break;
    }
    return AG_GOOD;
}

/* The code of the next JPEG marker, or EOF. A marker is one or more bytes FF, then the code. Bytes before it are
 * skipped. */
static int next_marker(FILE *file)
{
    int byte;
    do {
        while ((byte = getc(file)) != 0xff)
            if (byte == EOF) return EOF;
        while ((byte = getc(file)) == 0xff) continue;
    } while (byte == 0);
    return byte;
}

/* Searches the segments of a JPEG before its pixels. A segment is a marker, a length (2 bytes, big-endian, which it
 * includes) and data. */
static int search_jpeg(FILE *file, int *orientation, char fault[AG_FAULT])
{
    enum { TEM = 0x01, RST0 = 0xd0, SOI = 0xd8, EOI = 0xd9, SOS = 0xda, APP1 = 0xe1 };
    int marker;
    while (!*orientation && (marker = next_marker(file)) != EOF && marker != EOI && marker != SOS) {
        ag_u8 length[2];
        if (marker == TEM || (marker >= RST0 && marker <= SOI)) continue;
        if (read_exactly(file, length, 2) || read_number(length, 2, 1) < 2) break;
        ag_u32 n = read_number(length, 2, 1) - 2;
        if (marker == APP1) {
            int outcome = read_piece(file, n, 0, 0, orientation, fault);
            if (outcome) return outcome;
        } else if (fseeko(file, (off_t)n, SEEK_CUR))
            break;
    }
    return AG_GOOD;
}

int ag_exif_orientation(FILE *file, enum ag_picture_kind kind, int *orientation, char fault[AG_FAULT])
{
    *orientation = 0;
    rewind(file);
    int outcome = kind == AG_PICTURE_PNG    ? search_png(file, orientation, fault)
                  : kind == AG_PICTURE_JPEG ? search_jpeg(file, orientation, fault)
                                            : AG_GOOD;
    if (!*orientation) *orientation = 1;
    /* After a failed read the orientation is unknown. The picture must not be taken for upright. */
    return !outcome && ferror(file) ? ag_fault_errno(fault, EIO) : outcome;
}

/* ---------------------------------------------------------------- turning upright */

/* To make a picture upright, 2 and 4 mirror it, 3 rotates it by 180 degrees, 6 and 8 rotate it by 90 degrees to the
 * right and to the left, and 5 and 7 are 6 and 8 mirrored. */
int ag_exif_turn(ag_u8 **rgb, int *width, int *height, int orientation)
{
    if (orientation <= 1) return 0;
    long w = *width, h = *height;
    int swapped = orientation >= 5;
    int from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    int from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    long across = from_right ? -3 : 3, down = from_below ? -3 * w : 3 * w; /* bytes from a pixel to the next one */
    long columns = swapped ? h : w, rows = swapped ? w : h;                /* of the turned picture */
    ag_u8 *turned = malloc((size_t)(w * h) * 3), *to = turned;
    if (!turned) return 1;
    const ag_u8 *row = *rgb + (from_right ? 3 * (w - 1) : 0) + (from_below ? 3 * w * (h - 1) : 0);
    for (long y = 0; y < rows; y++, row += swapped ? across : down) {
        const ag_u8 *from = row;
        for (long x = 0; x < columns; x++, from += swapped ? down : across, to += 3) {
            to[0] = from[0];
            to[1] = from[1];
            to[2] = from[2];
        }
    }
    free(*rgb);
    *rgb = turned;
    *width = (int)columns;
    *height = (int)rows;
    return 0;
}
