/* A zip archive. Internal to data_zip.c and data_zip_directory.c. */
#ifndef AG_DATA_ZIP_H
#define AG_DATA_ZIP_H

#include "data.h"

struct ag_zip_entry {
    const char *name;
    ag_u64 header;       /* offset of its local file header, from the archive's start */
    ag_u64 stored, size; /* size in the archive, and size after inflating, in bytes */
    ag_u32 crc;          /* CRC-32 of the inflated bytes */
    int flags, method;
    int drop;    /* 0, or 1 + the reason (ag_ignore_reason) to ignore the entry */
    int lost;    /* 1: there is no local file header at that offset */
    char *fault; /* used while entries are probed */
};

struct ag_zip {
    int descriptor;
    ag_u64 directory, directory_size; /* offset of the central directory in the file, and its size in bytes */
    ag_u64 before;                    /* bytes of the file before the archive's start */
    ag_u64 records;                   /* number of records in the directory; modulo 65,536 unless zip64_records is 1 */
    int zip64_records;                /* 1: records is from a zip64 end record */
    int zip64;                        /* 1: there is a zip64 end record */
    int wrapped;                      /* 1: offsets may be modulo 2^32, that of the directory too */
    ag_u8 *names;                     /* first the bytes of the directory, then the names of the entries */
    struct ag_zip_entry *entry;       /* sorted by name, bytewise */
    int count;
    struct ag_shortage shortage;
};

/* Reads a little-endian number. */
static inline ag_u64 ag_zip_number(const ag_u8 *byte, int bytes)
{
    ag_u64 value = 0;
    while (bytes > 0) value = value << 8 | byte[--bytes];
    return value;
}

/* 1 if a record begins with the signature PK and these two bytes. */
static inline int ag_zip_is_record(const ag_u8 *record, int third, int fourth)
{
    return record[0] == 'P' && record[1] == 'K' && record[2] == third && record[3] == fourth;
}

/* data_zip_directory.c. The archive is source->state, and its descriptor is open. Status as for ag_data_open. */

/* Finds the central directory. file_size: size of the file in bytes. */
int ag_zip_find_directory(const struct ag_source *source, ag_u64 file_size, struct ag_error *err);
/* Reads the entries that the directory lists. Folders are left out. */
int ag_zip_read_directory(const struct ag_source *source, struct ag_error *err);
/* Writes the error that an archive larger than 4 GiB lacks zip64 records and has wrong offsets. Returns 2. */
int ag_zip_fail_wrapped(const struct ag_source *source, struct ag_error *err);

#endif
