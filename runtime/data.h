/*
 * Inside the data loader, not for programs: a set of pictures passes from a source (a format), through a cache and an
 * order, to batches.
 *
 *   data_binary.c, data_images.c, data_zip.c, data_shapes.c   the formats, each one ag_source
 *   data_file.c                                               opening and reading files, what came of it
 *   data_passed.c                                             files that are no pictures: counted by reason, and named
 *   picture.c, exif.c, resize.c                               a PNG or JPEG; which way up; a picture of another size
 *   data.c                                                    halves, epochs, batches, what is broken
 *   data_ahead.c                                              batches made before they are asked for
 */
#ifndef AG_DATA_H
#define AG_DATA_H

#include "ag.h"
#include <pthread.h>
#include <stdio.h>

/* What a user can give instead of what can't be used. */
#define AG_DATA_ADVICE "give a folder or zip archive of PNG and JPEG pictures with --data PATH, or --data shapes"

/* ---------------------------------------------------------------- data_file.c */

/* What comes of reading a picture: it is good; it is broken, and left out; or the machine fails it (memory or
 * descriptors have run out, the disk fails), which says nothing of the picture and ends the run. Functions that take a
 * fault return one of these. */
enum ag_outcome { AG_GOOD, AG_BROKEN, AG_EXHAUSTED };
/* The reason: "the file ends early", ... */
#define AG_FAULT 256
int ag_fault(char fault[AG_FAULT], const char *format, ...); /* AG_BROKEN */
int ag_fault_memory(char fault[AG_FAULT]);                   /* AG_EXHAUSTED */
int ag_fault_errno(char fault[AG_FAULT], int number);        /* the one or the other, as ag_exhausted says */
/* 1 for an errno of the machine, not of a file: no memory or descriptors, a failing disk. */
int ag_exhausted(int number);
/* The status of a failed opening with this errno: 1 or 2. */
int ag_open_status(int number);
/* Says what could not be read, and that the machine is at fault; returns 1. */
int ag_fail_exhausted(struct ag_error *err, const char *name, const char *fault);

/* The first task of a loop on several threads that came to AG_EXHAUSTED; later ones do nothing. */
struct ag_shortage {
    pthread_mutex_t lock;
    int task; /* -1: none */
    char fault[AG_FAULT];
};
void ag_shortage_init(struct ag_shortage *shortage);
void ag_shortage_end(struct ag_shortage *shortage);
void ag_shortage_note(struct ag_shortage *shortage, int task, const char *fault);
int ag_shortage_came(struct ag_shortage *shortage);

/* As openat, for a path of any length; O_CLOEXEC and O_NONBLOCK, since a FIFO would wait for its writer. */
int ag_open_at(int folder, const char *path, int flags);
enum ag_path_kind { AG_PATH_NONE, AG_PATH_FILE, AG_PATH_FOLDER };
enum ag_path_kind ag_path_kind(const char *path); /* NONE: nothing is there, or something else */
/* out = the n bytes of a file from `at` on, by any number of threads at a time. */
int ag_read_at(int descriptor, ag_u8 *out, size_t n, ag_u64 at, char fault[AG_FAULT]);

/* ---------------------------------------------------------------- resize.c */

/* 8-bit picture: pixel (x, y) has `channels` bytes at byte + y * stride + x * channels. */
struct ag_pixels {
    int width, height, channels;
    long stride;
    const ag_u8 *byte;
};
/* out = [height, width, channels]: the picture at another size, low-pass filtered (Lanczos, its support scaled by the
 * ratio where the picture shrinks); the same bytes where the size is the same. 0, or 1: no memory. */
int ag_resize(const struct ag_pixels *in, int width, int height, ag_u8 *out);
/* out = [size, size, channels] of an RGB picture, its largest centred square first cut out if center_crop says so.
 * 0, or 1: no memory. */
int ag_fit(const struct ag_pixels *rgb, int size, int channels, int center_crop, ag_u8 *out);

/* ---------------------------------------------------------------- picture.c */

enum ag_picture_kind { AG_PICTURE_NONE, AG_PICTURE_PNG, AG_PICTURE_JPEG };
/* A picture is read from its first byte on, wherever the stream stands; one in memory comes by fmemopen. */

/* *kind: what a stream holds, by its first bytes; NONE too where it can't be read. */
int ag_picture_kind(FILE *file, enum ag_picture_kind *kind, char fault[AG_FAULT]);
/* 1 for a name that ends as those of PNG and JPEG files do. */
int ag_picture_named(const char *name);
/* Reads a PNG's or JPEG's header. */
int ag_picture_probe(FILE *file, char fault[AG_FAULT]);
/* Decodes a PNG or JPEG of any kind to RGB (*rgb: malloc'ed), laid over white where it is transparent, and turned as
 * its EXIF orientation says. One that is damaged anywhere is refused, not mended. */
int ag_picture_read(FILE *file, ag_u8 **rgb, int *width, int *height, char fault[AG_FAULT]);
/* The same, fitted: out = [size, size, channels], cropped as the options say. */
int ag_picture_read_fitted(FILE *file, const struct ag_data_options *options, ag_u8 *out, char fault[AG_FAULT]);

/* ---------------------------------------------------------------- exif.c */

/* *orientation: that of a picture file's EXIF data (1 to 8; 1, as it lies, where there is none that can be read). It is
 * looked for in a JPEG's APP1 segments and a PNG's eXIf chunk. AG_GOOD or AG_EXHAUSTED. */
int ag_exif_orientation(FILE *file, enum ag_picture_kind kind, int *orientation, char fault[AG_FAULT]);
/* Turns and mirrors an RGB picture as an orientation asks; 5 to 8 swap its sides. 0, or 1: no memory. */
int ag_exif_turn(ag_u8 **rgb, int *width, int *height, int orientation);

/* ---------------------------------------------------------------- data_passed.c: what is no picture */

enum ag_reason {
    AG_PASSED_OTHER,
    AG_PASSED_HIDDEN,
    AG_PASSED_CLOSED,
    AG_PASSED_DANGLING,
    AG_PASSED_LINK,
    AG_PASSED_SPECIAL,
    AG_REASONS
};
enum { AG_PASSED_NAMED = 3, AG_PASSED_NAME = 64 };
struct ag_passed {
    long count;
    char name[AG_PASSED_NAMED][AG_PASSED_NAME]; /* of the first ones */
};
void ag_pass_over(struct ag_passed passed[AG_REASONS], enum ag_reason reason, const char *name);
/* If anything was passed over, adds `before` and a list of it to a text. */
void ag_passed_text(struct ag_text *text, const struct ag_passed passed[AG_REASONS], const char *before);
/* out = the end of a name, if it doesn't fit, with nothing in it that a terminal would obey; size > 4. */
void ag_clean_name(const char *name, char *out, size_t size);
/* / and \\, which archives of old Windows have. */
int ag_is_separator(char c);
/* 1 if a component of a path is hidden: begins with a dot, but is neither . nor .. nor begins with an ellipsis. */
int ag_hidden(const char *path);

/* ---------------------------------------------------------------- sources */

enum { AG_LABEL = 64 }; /* bytes for the name of a picture that has none of its own */

struct ag_source {
    struct ag_data_options options; /* format and path are not to be read after opening */
    int endless;                    /* 1: count is 0, any picture number will do, each half has its own */
    int count;
    char **fault; /* [count]: why a picture was found broken at opening (malloc'ed), or NULL; NULL: all are good */
    struct ag_passed passed[AG_REASONS];
    /* out = picture i as [size, size, channels]. Any number of threads at a time. */
    int (*read)(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT]);
    /* The name of a picture, for messages; without its first `root` bytes the same wherever the set lies. */
    const char *(*name)(const struct ag_source *source, ag_u64 i, char label[AG_LABEL]);
    size_t root;
    void (*close)(struct ag_source *source); /* frees state */
    void *state;
};
/* Fill in what follows options. Status and error as ag_data_open's. */
int ag_source_cifar10(struct ag_source *source, struct ag_error *err);
int ag_source_stl10(struct ag_source *source, struct ag_error *err);
int ag_source_images(struct ag_source *source, struct ag_error *err);
int ag_source_zip(struct ag_source *source, struct ag_error *err);
int ag_source_shapes(struct ag_source *source, struct ag_error *err);
/* For a source whose list turns out to be empty: says so, and what was passed over; returns 2. */
int ag_no_pictures(const struct ag_source *source, struct ag_error *err);

/* ---------------------------------------------------------------- data.c and data_ahead.c */

/* What one thread needs to make batches. */
struct ag_batch_maker {
    struct ag_data *data;
    long epoch[2]; /* order[half] is the order of this epoch; -1: none yet */
    int *order[2];
    ag_u8 *picture;  /* [size, size, channels] */
    real level[256]; /* the value in [-1, 1] of a byte */
};
int ag_batch_maker_init(struct ag_batch_maker *maker, struct ag_data *data); /* 0, or 1: no memory */
void ag_batch_maker_free(struct ag_batch_maker *maker);
/* ag_data_batch without looking ahead; `stop`, if given, is asked before each picture and ends the work with 1. */
int ag_make_batch(struct ag_batch_maker *maker, int half, int batch, long index, real *out, struct ag_error *err,
                  int (*stop)(void *), void *stop_context);

struct ag_ahead;
/* Starts `threads` threads that make the batches that follow the last one asked for. NULL: no memory or no threads. */
struct ag_ahead *ag_ahead_start(struct ag_data *data, int threads, long picture_reals);
/* The batch, from what was made ahead or else made now by `maker`. */
int ag_ahead_batch(struct ag_ahead *ahead, struct ag_batch_maker *maker, int half, int batch, long index, real *out,
                   struct ag_error *err);
void ag_ahead_stop(struct ag_ahead *ahead); /* waits for the threads; NULL is fine */

#endif
