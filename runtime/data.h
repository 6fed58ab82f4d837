/*
 * Inside the data loader, not for programs: a set of pictures passes from a source (a format), through a cache and an
 * order, to batches.
 *
 *   data_binary.c, data_images.c, data_zip.c, data_shapes.c   the formats, each one ag_source
 *   picture.c, resize.c                                       a PNG or JPEG; a picture of another size
 *   data.c                                                    halves, epochs, batches, what is broken
 *   data_ahead.c                                              batches made before they are asked for
 */
#ifndef AG_DATA_H
#define AG_DATA_H

#include "ag.h"
#include <stdio.h>

/* The reason why a picture can't be used: "truncated", ... */
#define AG_FAULT 256
/* Formats into fault and returns 1. */
int ag_fault(char fault[AG_FAULT], const char *format, ...);
/* A copy to put into an ag_source's fault; it is never NULL, which would mean a good picture. */
char *ag_copy_fault(const char *fault);
/* out = the n bytes of a file from `at` on, by any number of threads at a time. 0, or 1 and the fault. */
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

/* What a stream holds, by its first bytes, or NONE (with a fault only where it can't be read). */
enum ag_picture_kind ag_picture_kind(FILE *file, char fault[AG_FAULT]);
/* 1 for a name that ends as those of PNG and JPEG files do. */
int ag_picture_named(const char *name);
/* Reads a PNG's or JPEG's header. 0, or 1 and the fault. */
int ag_picture_probe(FILE *file, char fault[AG_FAULT]);
/* Decodes a PNG or JPEG of any kind to RGB (*rgb: malloc'ed), laid over white where it is transparent. 0, or 1 and
 * the fault: one that is damaged anywhere is refused, not mended. */
int ag_picture_read(FILE *file, ag_u8 **rgb, int *width, int *height, char fault[AG_FAULT]);
/* The same, fitted: out = [size, size, channels], cropped as the options say. */
int ag_picture_read_fitted(FILE *file, const struct ag_data_options *options, ag_u8 *out, char fault[AG_FAULT]);

/* ---------------------------------------------------------------- sources */

struct ag_source {
    struct ag_data_options options; /* format and path are not to be read after opening */
    int endless;                    /* 1: count is 0, any picture number will do, each half has its own */
    int count;
    char **fault; /* [count]: why a picture was found broken at opening (ag_copy_fault), or NULL; NULL: all are good */
    /* out = picture i as [size, size, channels]; 0, or 1 and the fault. Any number of threads at a time. */
    int (*read)(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT]);
    const char *(*name)(const struct ag_source *source, ag_u64 i); /* of a picture, for messages */
    void (*close)(struct ag_source *source);                       /* frees state */
    void *state;
};
/* Fill in what follows options. Status and error as ag_data_open's. */
int ag_source_cifar10(struct ag_source *source, struct ag_error *err);
int ag_source_stl10(struct ag_source *source, struct ag_error *err);
int ag_source_images(struct ag_source *source, struct ag_error *err);
int ag_source_zip(struct ag_source *source, struct ag_error *err);
int ag_source_shapes(struct ag_source *source, struct ag_error *err);

/* ---------------------------------------------------------------- data.c and data_ahead.c */

/* What one thread needs to make batches. */
struct ag_maker {
    struct ag_data *data;
    long epoch[2]; /* order[half] is the order of this epoch; -1: none yet */
    int *order[2];
    ag_u8 *picture;  /* [size, size, channels] */
    real level[256]; /* the value in [-1, 1] of a byte */
};
int ag_maker_init(struct ag_maker *maker, struct ag_data *data); /* 0, or 1: no memory */
void ag_maker_free(struct ag_maker *maker);
/* ag_data_batch without looking ahead; `stop`, if given, is asked before each picture and ends the work with 1. */
int ag_maker_batch(struct ag_maker *maker, int half, int batch, long index, real *out, struct ag_error *err,
                   int (*stop)(void *), void *stop_context);

struct ag_ahead;
/* Starts `threads` threads that make the batches that follow the last one asked for. NULL: no memory or no threads. */
struct ag_ahead *ag_ahead_start(struct ag_data *data, int threads, long picture_reals);
/* The batch, from what was made ahead or else made now by `maker`. */
int ag_ahead_batch(struct ag_ahead *ahead, struct ag_maker *maker, int half, int batch, long index, real *out,
                   struct ag_error *err);
void ag_ahead_stop(struct ag_ahead *ahead); /* waits for the threads; NULL is fine */

#endif
