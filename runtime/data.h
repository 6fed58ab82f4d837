/*
 * Inside the data loader, not for programs: a set of pictures passes from a source (a format), through a cache and an
 * order, to batches.
 *
 *   data_binary.c, data_images.c, data_zip.c, data_shapes.c   the formats, each one ag_source
 *   data_zip_directory.c                                      what an archive lists
 *   data_file.c                                               opening and reading files, what came of it
 *   data_ignored.c                                             files that are no pictures: counted by reason, and named
 *   picture_decoder.c, exif.c, resize.c                               a PNG or JPEG; which way up; a picture of another
 * size data.c                                                    halves, epochs, batches, what is broken
 *   data_prefetch.c                                              batches made before they are asked for
 */
#ifndef AG_DATA_H
#define AG_DATA_H

#include "ag.h"
#include <pthread.h>
#include <stdio.h>

/* What an error message about a data set tells the user to do. */
#define AG_DATA_ADVICE "give a folder or zip archive of PNG and JPEG pictures with --data PATH, or --data shapes"

/* ---------------------------------------------------------------- data_file.c */

/* The outcome of reading a picture. AG_GOOD: it can be used. AG_BROKEN: the picture is at fault; it is left out.
 * AG_EXHAUSTED: the machine is at fault (memory or descriptors have run out, the disk fails); the run ends. Functions
 * that take a `fault` return one of these, and put the reason into fault. */
enum ag_outcome { AG_GOOD, AG_BROKEN, AG_EXHAUSTED };
/* Bytes of a reason, such as "the file ends early". */
#define AG_FAULT 256
int ag_fault(char fault[AG_FAULT], const char *format, ...); /* returns AG_BROKEN */
int ag_fault_memory(char fault[AG_FAULT]);                   /* returns AG_EXHAUSTED */
int ag_fault_errno(char fault[AG_FAULT],
                   int number); /* returns AG_EXHAUSTED if ag_is_exhausted(number), else AG_BROKEN */
/* 1 for an errno that is the machine's fault: no memory, no descriptors, a failing disk. */
int ag_is_exhausted(int number);
/* The exit status for this errno of a failed opening: 1 or 2. */
int ag_open_status(int number);
/* Says that a picture could not be read, and that the machine is at fault. Returns 1. */
int ag_fail_exhausted(struct ag_error *err, const char *name, const char *fault);

/* The first task of a loop on several threads that came to AG_EXHAUSTED. The tasks after it ask ag_shortage_occurred
 * and do nothing. */
struct ag_shortage {
    pthread_mutex_t lock;
    int task; /* the task; -1: none */
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
/* Reads n bytes of a file from `at` on. Several threads may do so at a time. */
int ag_read_at(int descriptor, ag_u8 *out, size_t n, ag_u64 at, char fault[AG_FAULT]);

/* ---------------------------------------------------------------- resize.c */

/* A picture of 8 bits a channel. Pixel (x, y) has `channels` bytes at byte + y * stride + x * channels. */
struct ag_pixels {
    int width, height, channels;
    long stride;
    const ag_u8 *byte;
};
/* Resizes a picture: out = [height, width, channels]. A Lanczos filter removes detail that is too fine for a smaller
 * size; its support grows with the ratio. If the size is the same, the bytes are too. Returns 0, or 1 if memory runs
 * out. */
int ag_resize(const struct ag_pixels *in, int width, int height, ag_u8 *out);
/* Fits an RGB picture: out = [size, size, channels]. center_crop: cuts out the largest centred square first. Returns 0,
 * or 1 if memory runs out. */
int ag_fit(const struct ag_pixels *rgb, int size, int channels, int center_crop, ag_u8 *out);

/* ---------------------------------------------------------------- picture_decoder.c */

enum ag_picture_kind { AG_PICTURE_NONE, AG_PICTURE_PNG, AG_PICTURE_JPEG };
/* These functions rewind the stream first. For a picture in memory, pass a stream of fmemopen. */

/* Tells by a stream's first bytes what picture it holds. *kind is AG_PICTURE_NONE also if it can't be read. */
int ag_picture_kind(FILE *file, enum ag_picture_kind *kind, char fault[AG_FAULT]);
/* 1 if a name ends as those of PNG and JPEG files do. */
int ag_is_picture_name(const char *name);
/* Checks the header of a PNG or JPEG. */
int ag_picture_probe(FILE *file, char fault[AG_FAULT]);
/* Decodes any kind of PNG or JPEG to RGB. *rgb is allocated by malloc. Transparent pixels are laid over white, and the
 * picture is turned as its EXIF orientation says. A picture that is damaged anywhere is refused, not repaired. */
int ag_picture_read(FILE *file, ag_u8 **rgb, int *width, int *height, char fault[AG_FAULT]);
/* The same, cropped and resized as the options say: out = [size, size, channels]. */
int ag_picture_read_fitted(FILE *file, const struct ag_data_options *options, ag_u8 *out, char fault[AG_FAULT]);

/* ---------------------------------------------------------------- exif.c */

/* Finds the EXIF orientation, 1 to 8, in a JPEG's APP1 segments or a PNG's eXIf chunk. *orientation is 1 (not turned)
 * if there is none that can be read. Returns AG_GOOD or AG_EXHAUSTED. */
int ag_exif_orientation(FILE *file, enum ag_picture_kind kind, int *orientation, char fault[AG_FAULT]);
/* Turns and mirrors an RGB picture as an orientation says. 5 to 8 swap width and height. Returns 0, or 1 if memory runs
 * out. */
int ag_exif_turn(ag_u8 **rgb, int *width, int *height, int orientation);

/* ---------------------------------------------------------------- data_ignored.c: what is no picture */

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
    char name[AG_IGNORED_NAMED][AG_IGNORED_NAME]; /* of the first files */
};
void ag_ignore(struct ag_ignored ignored[AG_IGNORE_REASONS], enum ag_ignore_reason reason, const char *name);
/* If any file was passed over, adds `before` and a list of those files to a text. */
void ag_ignored_text(struct ag_text *text, const struct ag_ignored ignored[AG_IGNORE_REASONS], const char *before);
/* Copies a name to out without control characters. If it doesn't fit size bytes, only its end is kept. size > 4. */
void ag_clean_name(const char *name, char *out, size_t size);
/* 1 for / and for \\, which archives made on old Windows have. */
int ag_is_separator(char c);
/* 1 if a part of the path is hidden: it begins with a dot, but is neither . nor .. and doesn't begin with three
 * dots. */
int ag_is_hidden(const char *path);

/* ---------------------------------------------------------------- sources */

enum { AG_LABEL = 64 }; /* bytes for a made-up name of a picture that has none */

struct ag_source {
    struct ag_data_options options; /* format and path are valid only while the set is opened */
    int endless;                    /* 1: there is a picture for every number, and each half has its own; count is 0 */
    int count;
    char **fault; /* [count], allocated: why a picture was found broken at opening; NULL: it is good. fault is NULL if
                     all are */
    struct ag_ignored ignored[AG_IGNORE_REASONS];
    /* Reads picture i: out = [size, size, channels]. Several threads may call it at a time. */
    int (*read)(const struct ag_source *source, int half, ag_u64 i, ag_u8 *out, char fault[AG_FAULT]);
    /* The name of picture i, for messages. Behind its first `root` bytes it doesn't depend on where the set lies. */
    const char *(*name)(const struct ag_source *source, ag_u64 i, char label[AG_LABEL]);
    size_t root;
    void (*close)(struct ag_source *source); /* frees state */
    void *state;
};
/* Open a source: fill in all fields but options. Status and error as for ag_data_open. */
int ag_source_cifar10(struct ag_source *source, struct ag_error *err);
int ag_source_stl10(struct ag_source *source, struct ag_error *err);
int ag_source_images(struct ag_source *source, struct ag_error *err);
int ag_source_zip(struct ag_source *source, struct ag_error *err);
int ag_source_shapes(struct ag_source *source, struct ag_error *err);
/* For a source without pictures. Says so, and what was passed over. Returns 2. */
int ag_no_pictures(const struct ag_source *source, struct ag_error *err);

/* ---------------------------------------------------------------- data.c and data_prefetch.c */

/* What a thread needs to make batches. */
struct ag_batch_maker {
    struct ag_data *data;
    long epoch[2]; /* the epoch whose order is in order[half]; -1: none yet */
    int *order[2];
    ag_u8 *picture;  /* [size, size, channels] */
    real level[256]; /* from a byte to its value in [-1, 1] */
};
int ag_batch_maker_init(struct ag_batch_maker *maker, struct ag_data *data); /* 0, or 1 if memory runs out */
void ag_batch_maker_free(struct ag_batch_maker *maker);
/* Makes a batch now, as ag_data_batch describes it. If `stop` isn't NULL, it is called before each picture; the work
 * ends with status 1 when it returns 1. */
int ag_make_batch(struct ag_batch_maker *maker, int half, int batch, long index, real *out, struct ag_error *err,
                  int (*stop)(void *), void *stop_context);

struct ag_prefetch;
/* Starts threads that make the batches after the last one asked for. NULL if there is no memory or no thread. */
struct ag_prefetch *ag_prefetch_start(struct ag_data *data, int threads, long picture_reals);
/* Gives a batch: one that was made ahead, or else makes it now with `maker`. */
int ag_prefetch_batch(struct ag_prefetch *prefetch, struct ag_batch_maker *maker, int half, int batch, long index,
                      real *out, struct ag_error *err);
void ag_prefetch_stop(struct ag_prefetch *prefetch); /* waits for the threads; prefetch may be NULL */

#endif
