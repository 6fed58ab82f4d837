/*
 * Internal to the data loader, not for programs. A source reads the pictures of one format. The loader decodes them
 * into a cache, chooses their order, and makes batches.
 *
 *   data_binary.c, data_images.c, data_zip.c, data_shapes.c   the formats, each one ag_source
 *   data_zip_directory.c                                      the directory of a zip archive
 *   data_file.c                                               opening and reading files, with their errors
 *   data_ignored.c                                            files that are no pictures: counted by reason, and named
 *   picture_decoder.c, exif.c, resize.c                       decoding PNG and JPEG; EXIF orientation; resizing
 *   data.c                                                    halves, epochs, batches, broken pictures
 *   data_prefetch.c                                           batches made before they are asked for
 */
#ifndef AG_DATA_H
#define AG_DATA_H

#include "ag.h"
#include <pthread.h>
#include <stdio.h>

/* The advice at the end of error messages about a data set. */
#define AG_DATA_ADVICE "give a folder or zip archive of PNG and JPEG pictures with --data PATH, or --data shapes"

/* ---------------------------------------------------------------- data_file.c */

/* The outcome of reading a picture. AG_GOOD: the picture can be used. AG_BROKEN: the picture is at fault, and is left
 * out. AG_EXHAUSTED: the machine is at fault (memory or descriptors have run out, or the disk fails), and the run ends.
 * Functions with a parameter `fault` return an outcome, and write the reason to fault unless it is AG_GOOD. */
enum ag_outcome { AG_GOOD, AG_BROKEN, AG_EXHAUSTED };
/* Size of the text of a reason, such as "the file ends early". */
#define AG_FAULT 256
int ag_fault(char fault[AG_FAULT], const char *format, ...); /* returns AG_BROKEN */
int ag_fault_memory(char fault[AG_FAULT]);                   /* returns AG_EXHAUSTED */
/* returns AG_EXHAUSTED if ag_is_exhausted(number), else AG_BROKEN */
int ag_fault_errno(char fault[AG_FAULT], int number);
/* 1 if the machine is the cause of this errno: no memory, no descriptors, a failing disk. */
int ag_is_exhausted(int number);
/* The exit status if opening a file failed with this errno: 1 if the machine is the cause, else 2. */
int ag_open_status(int number);
/* Writes the error that a picture could not be read because of the machine. Returns 1. */
int ag_fail_exhausted(struct ag_error *err, const char *name, const char *fault);

/* In a parallel loop, the first task whose outcome was AG_EXHAUSTED. Later tasks return at once if
 * ag_shortage_occurred. */
struct ag_shortage {
    pthread_mutex_t lock;
    int task; /* -1: none */
    char fault[AG_FAULT];
};
void ag_shortage_init(struct ag_shortage *shortage);
void ag_shortage_end(struct ag_shortage *shortage);
void ag_shortage_note(struct ag_shortage *shortage, int task, const char *fault);
int ag_shortage_occurred(struct ag_shortage *shortage);

/* Opens a path of any length, as openat does. Adds O_CLOEXEC, and O_NONBLOCK so that a FIFO isn't waited for. */
int ag_open_at(int folder, const char *path, int flags);
enum ag_path_kind { AG_PATH_NONE, AG_PATH_FILE, AG_PATH_FOLDER };
enum ag_path_kind ag_path_kind(const char *path); /* AG_PATH_NONE: nothing is there, or neither a file nor a folder */
/* Reads n bytes of a file from offset `at` on. Several threads may call it at the same time. */
int ag_read_at(int descriptor, ag_u8 *out, size_t n, ag_u64 at, char fault[AG_FAULT]);

/* ---------------------------------------------------------------- resize.c */

/* A picture of 8 bits a channel. Pixel (x, y) has `channels` bytes at byte + y * stride + x * channels. */
struct ag_pixels {
    int width, height, channels;
    long stride;
    const ag_u8 *byte;
};
/* Resizes a picture by a Lanczos filter: out = [height, width, channels]. If the picture shrinks, the filter widens in
 * proportion, which avoids aliasing. If the size is the same, the bytes are copied. Returns 0, or 1 if memory runs out.
 */
int ag_resize(const struct ag_pixels *in, int width, int height, ag_u8 *out);
/* Crops, resizes and converts an RGB picture: out = [size, size, channels]. center_crop: 1 to crop the largest centred
 * square first. Returns 0, or 1 if memory runs out. */
int ag_fit(const struct ag_pixels *rgb, int size, int channels, int center_crop, ag_u8 *out);

/* ---------------------------------------------------------------- picture_decoder.c */

enum ag_picture_kind { AG_PICTURE_NONE, AG_PICTURE_PNG, AG_PICTURE_JPEG };
/* The functions below rewind the stream first. For a picture in memory, pass a stream made by fmemopen. */

/* Recognises the format by the stream's first bytes. *kind is AG_PICTURE_NONE for another format, or if reading fails.
 */
int ag_picture_kind(FILE *file, enum ag_picture_kind *kind, char fault[AG_FAULT]);
/* 1 if a name has the extension of a PNG or JPEG. */
int ag_is_picture_name(const char *name);
/* Checks the header of a PNG or JPEG. */
int ag_picture_probe(FILE *file, char fault[AG_FAULT]);
/* Decodes any kind of PNG or JPEG to RGB. *rgb is allocated by malloc. Transparent pixels are blended with white, and
 * the EXIF orientation is applied. A picture that is damaged anywhere is refused, not repaired. */
int ag_picture_read(FILE *file, ag_u8 **rgb, int *width, int *height, char fault[AG_FAULT]);
/* The same, cropped and resized as the options say: out = [size, size, channels]. */
int ag_picture_read_fitted(FILE *file, const struct ag_data_options *options, ag_u8 *out, char fault[AG_FAULT]);

/* ---------------------------------------------------------------- exif.c */

/* Finds the EXIF orientation, 1 to 8, in a JPEG's APP1 segments or a PNG's eXIf chunk. *orientation is 1 (upright) if
 * there is no valid one. Returns AG_GOOD or AG_EXHAUSTED. */
int ag_exif_orientation(FILE *file, enum ag_picture_kind kind, int *orientation, char fault[AG_FAULT]);
/* Rotates and mirrors an RGB picture so that it is upright. The orientations 5 to 8 swap width and height. Returns 0,
 * or 1 if memory runs out. */
int ag_exif_turn(ag_u8 **rgb, int *width, int *height, int orientation);

/* ---------------------------------------------------------------- data_ignored.c: files that are no pictures */

enum ag_ignore_reason {
    AG_IGNORED_OTHER,
    AG_IGNORED_HIDDEN,
    AG_IGNORED_CLOSED,
    AG_IGNORED_DANGLING,
    AG_IGNORED_LINK,
    AG_IGNORED_SPECIAL,
    AG_IGNORE_REASONS
};
enum { AG_IGNORED_NAMED = 3, AG_IGNORED_NAME = 64 };
struct ag_ignored {
    long count;
    char name[AG_IGNORED_NAMED][AG_IGNORED_NAME]; /* the names of the first files */
};
void ag_ignore(struct ag_ignored ignored[AG_IGNORE_REASONS], enum ag_ignore_reason reason, const char *name);
/* If any file was ignored, adds `before` and a list of the ignored files to a text. */
void ag_ignored_text(struct ag_text *text, const struct ag_ignored ignored[AG_IGNORE_REASONS], const char *before);
/* Copies a name to out, and replaces control characters by "?". If the name doesn't fit `size` bytes, only its end is
 * kept, after "...". size > 4. */
void ag_clean_name(const char *name, char *out, size_t size);
/* 1 for / and for \\, the separator in archives made on old Windows. */
int ag_is_separator(char c);
/* 1 if a component of the path is hidden: it begins with one dot or with two, not with three, and is neither "." nor
 * "..". */
int ag_is_hidden(const char *path);

/* ---------------------------------------------------------------- sources */

enum { AG_LABEL = 64 }; /* size of a label, the name that is made for a picture without one */

struct ag_source {
    struct ag_data_options options; /* format and path are valid only while the set is opened */
    int endless;                    /* 1: each half has a picture for every number i; count is 0 */
    int count;
    char **fault; /* [count], allocated: why a picture was found broken at opening; NULL: it is good. fault is NULL if
                     all are */
    struct ag_ignored ignored[AG_IGNORE_REASONS];
    /* Reads picture i: out = [size, size, channels]. Several threads may call it at a time. */
    int (*read)(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT]);
    /* The name of picture i. Its first `root` bytes depend on where the set lies, the rest doesn't. */
    const char *(*name)(const struct ag_source *source, ag_u64 i, char label[AG_LABEL]);
    size_t root;
    void (*close)(struct ag_source *source); /* frees state; NULL: there is none */
    void *state;
};
/* Open a source: set all fields except options. Status as for ag_data_open. */
int ag_source_cifar10(struct ag_source *source, struct ag_error *err);
int ag_source_stl10(struct ag_source *source, struct ag_error *err);
int ag_source_images(struct ag_source *source, struct ag_error *err);
int ag_source_zip(struct ag_source *source, struct ag_error *err);
int ag_source_shapes(struct ag_source *source, struct ag_error *err);
/* Writes the error that a source has no pictures, with the files that were ignored. Returns 2. */
int ag_no_pictures(const struct ag_source *source, struct ag_error *err);

/* ---------------------------------------------------------------- data.c and data_prefetch.c */

/* The state of a thread that makes batches. */
struct ag_batch_maker {
    struct ag_data *data;
    long epoch[2]; /* the epoch whose order is in order[half]; -1: none yet */
    int *order[2];
    ag_u8 *picture;  /* [size, size, channels] */
    real level[256]; /* from a byte to its value in [-1, 1] */
};
int ag_batch_maker_init(struct ag_batch_maker *maker, struct ag_data *data); /* 0, or 1 if memory runs out */
void ag_batch_maker_free(struct ag_batch_maker *maker);
/* Makes the batch that ag_data_batch describes. stop: NULL, or a function that is called before each picture; if it
 * returns 1, the batch is given up with status 1. */
int ag_make_batch(struct ag_batch_maker *maker, int half, int batch, long index, real *out, struct ag_error *err,
                  int (*stop)(void *), void *stop_context);

struct ag_prefetch;
/* Starts threads that make the batches after the last one that was asked for. NULL if memory runs out or no thread can
 * be started. */
struct ag_prefetch *ag_prefetch_start(struct ag_data *data, int threads, long picture_reals);
/* Gets a batch: the prefetched one, or one made now with `maker`. */
int ag_prefetch_batch(struct ag_prefetch *prefetch, struct ag_batch_maker *maker, int half, int batch, long index,
                      real *out, struct ag_error *err);
void ag_prefetch_stop(struct ag_prefetch *prefetch); /* waits for the threads; prefetch may be NULL */

#endif
