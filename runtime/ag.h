/*
 * The runtime library of generated programs: everything they need that does not depend on the search space.
 *
 * A generated program includes this header and no other. This header includes no other either, so that a program can be
 * compiled in memory on a machine without the headers of a C library. It is C99 that tcc accepts.
 *
 * Errors. A function that can fail returns 0 on success. On failure it returns the exit status with which the program
 * should end, and writes one line to *err that says what failed, where, and what to do. The statuses are 1 if the run
 * failed, and 2 for bad usage or bad input. "Status 2 if ..." in a comment means that the function returns 2 then.
 *
 * Units. `real` is float, or double if the program is compiled so. Sizes of blocks and tensors are in reals, unless a
 * comment says bytes. Shapes are written with the slowest dimension first: [n, height, width, channels].
 *
 * Names. G and D are the generator and the discriminator; alpha holds the architecture parameters. A spec is the
 * description of a search space in JSON; a genotype is the architecture that a search has chosen from it.
 */
#ifndef AG_H
#define AG_H

#ifndef AG_REAL
#define AG_REAL float
#endif
typedef AG_REAL real;

typedef unsigned char ag_u8;
typedef unsigned short ag_u16;
typedef unsigned int ag_u32;
typedef unsigned long long ag_u64;

struct ag_error {
    char text[2048]; /* one line; it ends with "..." if it was truncated */
};
/* Formats a message into err->text and returns status. Control characters become spaces. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
int ag_fail(struct ag_error *err, int status, const char *format, ...);
/* 1 if a control character begins at c, in UTF-8. The control characters U+0080 to U+009F have two bytes, C2 80 to
 * C2 9F. */
int ag_is_control(const char *c);

/* ---------------------------------------------------------------- random.c: Philox 4x32-10 */

/* Streams of random numbers. Each use of randomness has its own stream. `step` is a part of the generator's counter;
 * what it counts is told for each stream. */
enum ag_stream {
    AG_RNG_INIT = 1,     /* initial values of parameters; step: index of the parameter in its block's table */
    AG_RNG_Z,            /* latents in training; step: number of the draw */
    AG_RNG_SAMPLE,       /* latents of sample pictures; step: number of the picture */
    AG_RNG_GUMBEL,       /* Gumbel noise on architecture logits; step: number of the draw */
    AG_RNG_SPLIT,        /* the split of the data into halves */
    AG_RNG_SHUFFLE,      /* the order of the pictures of a half; step: epoch * 2 + half */
    AG_RNG_SHAPES,       /* the data set "shapes"; step: number of the picture */
    AG_RNG_BENCH,        /* random data of --bench */
    AG_RNG_NOISE,        /* noise of a StyleGAN2 generator's layers in training; step: number of the draw */
    AG_RNG_SAMPLE_NOISE, /* noise of these layers in sample pictures; step: number of the picture */
    AG_RNG_MIXING        /* latents and crossovers of style mixing; step: number of the draw */
};
/* Computes one Philox block of four words. The key is seed; the counter is (index low, index high, step, stream). */
void ag_philox(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 index, ag_u32 out[4]);
/* Fill out[0..n-1] with the values number first, first + 1, ... of a stream. A value depends on seed, stream, step and
 * its number alone, not on how many values are drawn at once. ag_uniforms draws numbers in [0, 1) of 24 bits, one from
 * each word of the stream. ag_normals draws from N(0, 1): Box-Muller turns words 2 i and 2 i + 1 into values 2 i and
 * 2 i + 1. */
void ag_uniforms(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first, long n, real *out);
void ag_normals(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first, long n, real *out);
/* A random permutation of 0..n-1 (Fisher-Yates). */
void ag_permutation(ag_u64 seed, ag_u32 stream, ag_u32 step, int n, int *out);

/* ---------------------------------------------------------------- parallel.c */

/* Calls fn(context, task, thread) for every task from 0 to tasks - 1, on up to ag_threads() threads. Returns when all
 * calls have returned. The order of the tasks is not defined. thread lies in 0..ag_threads()-1, and differs between
 * calls that run at the same time. */
void ag_parallel(int tasks, void (*fn)(void *context, int task, int thread), void *context);
/* The same, but each thread takes its tasks in ascending order, so that a task can prefetch what the next one reads. */
void ag_parallel_forward(int tasks, void (*fn)(void *context, int task, int thread), void *context);
/* The number of threads that a loop begun here would run on: ag_threads(), but 1 inside a task of another loop. */
int ag_loop_threads(void);
void ag_set_threads(int threads); /* 0: one thread for each core that this process may use */
int ag_threads(void);

/* ---------------------------------------------------------------- resources.c: cores and memory of a process */

/* The number of cores, and the bytes of free memory, that this process may use. Both respect a container's limits. root
 * is prepended to the paths below /proc and /sys; it is "" except in tests. */
int ag_cores(const char *root);
double ag_free_memory(const char *root);
/* Status 1 if fewer than `bytes` bytes of memory are free. The message says how many bytes are needed for `purpose`,
 * and how many are free. */
int ag_check_memory(double bytes, const char *purpose, struct ag_error *err);

/* ---------------------------------------------------------------- data.c: the training set */

struct ag_data; /* One thread at a time may use it. It starts threads of its own, which prefetch batches. */
struct ag_data_options {
    const char *format; /* "cifar10", "stl10", "images", "zip" or "shapes" */
    const char *path;   /* a folder or an archive, or "shapes" for the format shapes. If a path is given, the formats
                           images, zip and shapes read a folder as images and a file as zip */
    int size, channels; /* pictures are resized to size x size; channels: 1 (grey) or 3 (RGB) */
    int center_crop;    /* 1: the largest centred square is cropped before resizing */
    double split;       /* fraction of the pictures in the training half, from 0 to 1 */
    ag_u64 seed;        /* of the split, the order and the format shapes */
    ag_u64 cache_bytes; /* a set that is larger when decoded is read from the disk again and again; 0: 2 GiB */
};
/* Opens a data set and splits it into half 0 (training) and half 1 (validation). Broken pictures are left out. The
 * first few of them are named on stderr, in an order that depends on the set alone. Status 2 if there is no set, if
 * none of its pictures can be used, or if an option is wrong; the message names --data. Status 1 if memory or
 * descriptors run out, the disk fails, or a folder can't be listed. */
int ag_data_open(struct ag_data **data, const struct ag_data_options *options, struct ag_error *err);
/* The number of pictures in a half. LONG_MAX for the endless set "shapes". */
long ag_data_count(const struct ag_data *data, int half);
/* Gets batch number `index` (0, 1, 2, ...) of a half: out = [batch, size, size, channels] in [-1, 1]. Its contents are
 * a function of the options, half, batch and index alone. If batches are asked for in sequence, the next ones are
 * prefetched. Each epoch visits the pictures of the half in a new order, and drops the last batch if it is not full.
 * Status 2 if the half has fewer pictures than a batch, or if none of them can be read any more. Status 1 if memory or
 * descriptors run out, or the disk fails. */
int ag_data_batch(struct ag_data *data, int half, int batch, long index, real *out, struct ag_error *err);
/* Reads the first n pictures of the first training epoch: out = [n, size, size, channels] in [-1, 1]. n is at most
 * ag_data_count(data, 0). The pictures are a function of the options and n alone. Prefetched batches are kept. Fails as
 * ag_data_batch does. */
int ag_data_preview(struct ag_data *data, int n, real *out, struct ag_error *err);
/* One line: how many pictures each half has, how many broken ones are left out, and which files were ignored. Valid
 * until ag_data_close. */
const char *ag_data_summary(const struct ag_data *data);
/* Identifies a data set. count: the number of pictures found usable when it was opened. hash: FNV-1a (64 bits) over
 * their names, in order, each with its final 0. Names are relative to the folder or archive, so a folder and an archive
 * of its contents have the same hash. Both numbers are 0 for an endless set. */
void ag_data_identity(const struct ag_data *data, ag_u64 *count, ag_u64 *hash);
void ag_data_close(struct ag_data *data); /* may be NULL */

/* ---------------------------------------------------------------- file.c: reading, writing, folders */

#define AG_PATH 4096 /* bytes of the longest path, including the final 0 */

/*
 * A file that is being written. The bytes go to a temporary file, .NAME.tmp in the same folder. ag_file_commit renames
 * it to NAME once it is complete and on the disk. Until then, and after any failure, an earlier file NAME stays as it
 * was. If the process is killed, the next writer of NAME reuses the temporary file.
 *
 * If the path exists and is not a regular file (/dev/stdout, a pipe), it is written directly. If no process reads from
 * a pipe, opening it fails after some seconds.
 *
 * The first failure sets status to 1. From then on all calls do nothing and return 1. After ag_file_open, writing a
 * file that grows too large is such a failure; it raises no SIGXFSZ any more.
 */
struct ag_file {
    int fd, status;
    int synced_later; /* may be set to 1 after ag_file_open: ag_file_commit then doesn't wait for the disk, and the
                         caller calls ag_file_sync after the last of many files. A power failure before that call may
                         leave truncated files */
    long used;        /* bytes in the buffer that are not written yet */
    char *buffer, *path, *temporary; /* temporary: NULL if the file is written directly */
    struct ag_error *err;
};
int ag_file_open(struct ag_file *file, const char *path, struct ag_error *err);
/* The same, but replaces whatever has that path: a symbolic link isn't followed, and a pipe isn't written to. */
int ag_file_replace(struct ag_file *file, const char *path, struct ag_error *err);
int ag_file_write(struct ag_file *file, const void *data, long size);
/* End the writing. Exactly one of these two calls must follow each ag_file_open, even one that failed. */
int ag_file_commit(struct ag_file *file);
void ag_file_cancel(struct ag_file *file);
/* Waits until everything written to a folder's file system is on the disk. fd: a descriptor of the folder, or -1 if the
 * folder can't be opened for reading. It must have been opened before the first file was written, because a file system
 * reports a failed write only to descriptors that were open at the time. Status 1. */
int ag_file_sync(int fd, const char *folder, struct ag_error *err);

int ag_cannot_sync(int error); /* 1 if this errno of fsync means that the file system doesn't support fsync */

/* Status 1 if opening the path for writing fails. Removes the temporary file again, and keeps an existing file. */
int ag_file_check(const char *path, struct ag_error *err);

/* Writes a whole file from memory: open, write and commit. */
int ag_write_file(const char *path, const void *data, long size, struct ag_error *err);
/* Reads a whole file into *data: *size bytes, followed by a 0. Free it with ag_free. Status 2 if the file can't be
 * opened or read, or has more than limit bytes. Status 1 if memory runs out. On failure *data is NULL. */
int ag_read_file(const char *path, long limit, char **data, long *size, struct ag_error *err);
void ag_free(void *memory);
/* Enlarges an array of `count` items of `size` bytes, allocated by malloc, if its capacity has no space for one more
 * item. Returns the array, or NULL if memory runs out; the array then stays as it was. */
void *ag_grow(void *items, int count, int *capacity, long size);

/* Opens /dev/null for each standard descriptor (0, 1, 2) that is closed, so that no file opened later gets its number.
 * Reading from such a standard input, and writing to such an output, fails. Must be called first. */
void ag_open_standard(void);

/* Creates a folder, and the folders above it that are missing. Status 1. */
int ag_make_dirs(const char *path, struct ag_error *err);
int ag_is_file(const char *path); /* 1 if the path is a regular file */
int ag_is_home(void);             /* 1 if the current folder is aggen's source tree, whose makefile builds out/NAME */
int ag_is_dir(const char *path);
/* path = folder/name. Status 2 if that is too long. */
int ag_join(char path[AG_PATH], const char *folder, const char *name, struct ag_error *err);

/* ---------------------------------------------------------------- file_format.c: formats by file name */

enum ag_format {
    AG_FORMAT_NONE, /* no extension, or an unknown one */
    AG_FORMAT_PNG,
    AG_FORMAT_PICTURE, /* a picture of another format */
    AG_FORMAT_VIDEO,
    AG_FORMAT_SAFETENSORS,
    AG_FORMAT_OTHER /* a known extension of other files: arrays, weights, archives, texts */
};
/* The format that a path's extension names, in upper or lower case. */
enum ag_format ag_format_of(const char *path);

/* ---------------------------------------------------------------- safetensors.c: reading files of tensors */

enum ag_dtype {
    AG_F32,
    AG_F64,
    AG_F16,
    AG_BF16,
    AG_I64,
    AG_I32,
    AG_I16,
    AG_I8,
    AG_U64,
    AG_U32,
    AG_U16,
    AG_U8,
    AG_BOOL
};
#define AG_RANK 8                       /* highest rank of a tensor in a file */
int ag_dtype_size(enum ag_dtype dtype); /* bytes of an element */
const char *ag_dtype_name(enum ag_dtype dtype);

struct ag_st_tensor {
    const char *name;
    enum ag_dtype dtype;
    int rank;
    long shape[AG_RANK];
    long count;       /* number of elements: the product of shape; 1 for rank 0 */
    const void *data; /* in the memory of the file: little-endian, C order, not always aligned */
};
struct ag_st_text {
    const char *key, *value;
};
/* An open file. All of it is in memory, and every field of its header has been checked. */
struct ag_st {
    const char *path;            /* for messages */
    struct ag_st_tensor *tensor; /* sorted by name */
    int tensors;
    struct ag_st_text *text; /* metadata, sorted by key */
    int texts;
    char *file, *strings; /* the memory that the pointers above point into; file is NULL after ag_st_open_memory */
};
/* Opens a file. Status 2 if it is missing or malformed; the message gives the offset of the error. Status 1 if memory
 * runs out. After a failure st is empty and may be closed. */
int ag_st_open(struct ag_st *st, const char *path, struct ag_error *err);
/* Opens a file whose bytes are in memory. They must stay there until ag_st_close. name: for messages. */
int ag_st_open_memory(struct ag_st *st, const char *name, const void *bytes, long size, struct ag_error *err);
void ag_st_close(struct ag_st *st);
const struct ag_st_tensor *ag_st_find(const struct ag_st *st, const char *name); /* NULL if there is none */
const char *ag_st_meta(const struct ag_st *st, const char *key);                 /* NULL if there is none */
long ag_st_count(int rank, const long *shape); /* number of elements; -1 if 8 bytes each would overflow a long */

/* ---------------------------------------------------------------- safetensors_write.c */

/* The beginning of the header in files that are written here. Eight hexadecimal digits follow: the CRC-32 of everything
 * after the first eight bytes of the file, computed with zeros in place of these digits. ag_st_open checks the CRC-32
 * of a file whose header begins like this. */
#define AG_ST_CHECKSUM "{\"__metadata__\":{\"crc32\":\""

/* A file to be written: call ag_st_begin, add tensors and metadata, then call ag_st_write or ag_st_discard. Names are
 * copied when they are added; the data is read by ag_st_write. In the file, tensors of wider types come first, so that
 * each is aligned; tensors of the same width keep the order in which they were added. */
struct ag_st_writer {
    struct ag_st_entry *entry;
    int entries, entry_capacity;
    struct ag_st_text *text;
    int texts, text_capacity;
    enum ag_dtype real_dtype; /* type in the file of added reals: AG_F32, or AG_F64 to keep all bits of a double */
    int failed;               /* ag_st_write will fail because 1: memory ran out; 2: an argument was wrong */
};
void ag_st_begin(struct ag_st_writer *writer);
void ag_st_add(struct ag_st_writer *writer, const char *name, enum ag_dtype dtype, int rank, const long *shape,
               const void *data);
/* Adds reals under the name prefix + name, in writer->real_dtype. nhwc: 1 if data is in NHWC order; it is transposed to
 * NCHW while it is written, and shape is the shape in the file. */
void ag_st_add_reals(struct ag_st_writer *writer, const char *prefix, const char *name, int rank, const long *shape,
                     int nhwc, const real *data);
void ag_st_add_meta(struct ag_st_writer *writer, const char *key, const char *value); /* both are copied; UTF-8 */
/* Writes the file as ag_file_commit does, and empties the writer. Status 1, also if a name was added twice. */
int ag_st_write(struct ag_st_writer *writer, const char *path, struct ag_error *err);
void ag_st_discard(struct ag_st_writer *writer);

/* ---------------------------------------------------------------- png_writer.c: PNG */

/* Writes a PNG as ag_write_file does. pixels: [h, w, channels] of 8 bits; channels: 1 (grey) or 3 (RGB). w and h are at
 * most 2^31 - 1, the limit of the format. Status 1. */
int ag_write_png(const char *path, int w, int h, int channels, const ag_u8 *pixels, struct ag_error *err);
/* Writes a PNG into an open file, which the caller commits. */
void ag_put_png(struct ag_file *file, int w, int h, int channels, const ag_u8 *pixels);
/* Converts n values in [-1, 1] to 0..255. Values outside are clamped; NaN becomes 0. */
void ag_quantize(const real *value, long n, ag_u8 *levels);
/* A picture that shows n pictures in a grid, row by row, with 2 black pixels between neighbours. Cells without a
 * picture are black. */
struct ag_canvas {
    ag_u8 *pixels; /* [height, width, channels] */
    long columns;
    int width, height, size, channels;
};
/* path: the later PNG, for messages. If n is less than columns, the grid has one row of n. Status 2 if the grid would
 * be larger than a PNG can be. Status 1 if memory runs out. */
int ag_canvas_new(struct ag_canvas *canvas, const char *path, long n, long columns, int size, int channels,
                  struct ag_error *err);
void ag_canvas_put(struct ag_canvas *canvas, long place, const real *picture); /* [size, size, channels] in [-1, 1] */
int ag_canvas_write(const struct ag_canvas *canvas, const char *path, struct ag_error *err);
void ag_canvas_free(struct ag_canvas *canvas);
/* Makes and writes a grid at once. images: [n, size, size, channels] in [-1, 1]. */
int ag_write_grid(const char *path, const real *images, int n, int size, int channels, int columns,
                  struct ag_error *err);

/* ---------------------------------------------------------------- progress.c */

/* The progress of a loop. On a terminal it is one line that is drawn again and again, elsewhere a line now and then. */
struct ag_progress {
    int fd; /* 1: standard output; 2: standard error */
    const char *label;
    long total, done, measured_done;
    double interval; /* seconds between lines where there is no terminal: 10; may be set after ag_progress_start */
    int terminal, drawn;
    double started, measured, shown;     /* in seconds */
    double recent_steps, recent_seconds; /* decaying sums, of the last half minute or so */
    char message[256];
};
/* Begin. done_already: steps that an earlier process has done; they don't count for the rate. The first writes to
 * standard output, the second to fd. */
void ag_progress_start(struct ag_progress *progress, const char *label, long total, long done_already);
void ag_progress_start_on(struct ag_progress *progress, int fd, const char *label, long total, long done_already);
/* Sets the steps done, including done_already. format and what follows is a printf message, shown behind the
 * numbers. */
void ag_progress_step(struct ag_progress *progress, long done, const char *format, ...);
/* Prints a line of its own above the progress line. */
void ag_progress_note(struct ag_progress *progress, const char *format, ...);
/* Prints a last line: steps done and time taken. */
void ag_progress_end(struct ag_progress *progress);
/* Removes the line from a terminal, when a loop has failed. */
void ag_progress_clear(struct ag_progress *progress);
/* Seconds since some fixed moment; never decreases. */
double ag_seconds(void);
/* "1h02m", "3m20s" or "12s"; "?" if seconds is not a time. */
void ag_format_time(double seconds, char text[16]);

/* ---------------------------------------------------------------- blocks and tensors of a program */

/* The blocks of memory that phases work on. AG_BAR_x holds test weights, in the layout of AG_x. Test weights are the
 * copies of G and D that the paper writes with a bar; they are trained further to estimate the duality gap. */
enum ag_block {
    AG_G,     /* generator weights */
    AG_D,     /* discriminator weights */
    AG_ALPHA, /* architecture parameters */
    AG_SN,    /* the vectors u and v of spectral norm */
    AG_STAT,  /* running statistics: of batch norm, or the mean intermediate latent of a StyleGAN2 generator */
    AG_BAR_G,
    AG_BAR_D,
    AG_BAR_ALPHA,
    AG_BAR_SN,
    AG_BAR_STAT,
    AG_IN,         /* inputs of a phase, one after the other */
    AG_OUT,        /* outputs of a phase */
    AG_GRAD,       /* gradient of the weight block that the phase updates, in that block's layout */
    AG_GRAD_ALPHA, /* gradient of AG_ALPHA, in its layout */
    AG_FIXED,      /* values that depend on weights alone; a program that doesn't train computes them once */
    AG_ARENA,      /* intermediate tensors */
    AG_SCRATCH,    /* scratch memory of the kernels: scratch_size reals for each of ag_threads() threads */
    AG_BLOCKS
};

enum ag_init {
    AG_INIT_CONSTANT,   /* a */
    AG_INIT_UNIFORM,    /* uniform in [-a, a] */
    AG_INIT_NORMAL,     /* N(a, b^2) */
    AG_INIT_UNIT_NORMAL /* N(0, 1), then the tensor is scaled to Euclidean length 1 */
};

struct ag_tensor {
    const char *name;   /* the dotted path that names it in files */
    int rank, shape[4]; /* the shape in files: NCHW, OIHW or [out, in] */
    long offset;        /* reals from the start of its block */
    int nhwc;           /* 1: a batch of images, NHWC in memory and NCHW in files */
    enum ag_init init;  /* how initial values are drawn, with a and b; for parameters only */
    double a, b;
};
/* The tensors of a block. */
struct ag_table {
    const struct ag_tensor *tensor;
    int count;
    long size; /* reals in the block */
};

/* A phase: a fixed sequence of kernels that computes outputs from inputs, for example one step of D. */
struct ag_phase {
    const char *name; /* "forward", "d", "g", "arch", "r1", "sample" */
    void (*run)(real *const block[AG_BLOCKS]);
    int batch;
    struct ag_table in, out;
    int updates_weights;  /* AG_G or AG_D: the phase computes that block's gradient into AG_GRAD; -1: none */
    int updates_alpha;    /* 1: the phase computes the gradient of AG_ALPHA into AG_GRAD_ALPHA */
    double flop;          /* 2 x multiply-adds of the graph's convolutions and linear layers, computed directly */
    double flop_executed; /* operations that the kernels execute, with recomputation */
    int max_pictures;     /* the most pictures that run_pictures draws at once; 0: run_pictures is NULL */
    /* Draws several pictures at once, in less time per picture than `run`. The phase has no inputs but latents. Latents
     * lie one after the other in AG_IN, pictures in AG_OUT. */
    void (*run_pictures)(real *const block[AG_BLOCKS], int pictures);
};

/* The pictures that a kernel of run_pictures works on: all `count` pictures at once, or only picture number `first`. */
struct ag_pictures {
    real *const *block;
    int count, first, threads; /* threads: how many share the kernel */
};

enum { AG_KERNEL_POINTERS = 192 }; /* highest number of arguments of a kernel on a device */

/* A kernel of a program: for the profile, and for launching it on a device. */
struct ag_kernel {
    const char *name;
    double flop;  /* operations per picture if the kernel works on pictures, else per call; on a device per call */
    double bytes; /* the least number of bytes that a call must read and write */
    int grid[3], threads, pointers; /* on a device: blocks of the grid, threads of a block, number of arguments */
};

/* ---------------------------------------------------------------- tensor.c */

void ag_clear(real *x, long n);
void ag_copy(real *to, const real *from, long n);
/* Sets halos to 0. x = [images, h + 2 halo, w + 2 halo, channels]. The halo of a picture is divided into `shares`
 * parts, of which this clears part number `share`. */
void ag_clear_halo(real *x, int images, int h, int w, int channels, int halo, int share, int shares);

/* ---------------------------------------------------------------- profile.c */

/* Time of each kernel. Generated code for the CPU calls ag_mark_begin before the first kernel of a task, and ag_mark
 * after each kernel. While ag_profiling is 1, ag_mark adds the time since the thread's last mark to the kernel's time.
 * It also counts `images` pictures; if several threads share a call, one of them passes their number and the others
 * pass 0. A device times the kernels itself, and calls ag_profile_add for each call of a kernel. */
extern int ag_profiling;
void ag_mark_begin(int thread);
void ag_mark(int thread, int kernel, int images);
void ag_profile_add(int kernel, double seconds); /* adds one call; one thread at a time may call it */
/* ag_profile_begin sets the times of all kernels to 0 and starts profiling. ag_profile_read returns the sum over all
 * threads for one kernel. units: pictures for kernels that work on pictures, else calls. */
int ag_profile_begin(int kernels, struct ag_error *err);
struct ag_kernel_time {
    double seconds;
    long calls, units;
};
struct ag_kernel_time ag_profile_read(int kernel);
void ag_profile_end(void);

/* The candidates of one architecture parameter alpha, in the order of its values. */
struct ag_choice {
    const char *name; /* the parameter is alpha.NAME: "cell1.up0", "normal", "b8.up.w" */
    int count;
    const char *const *word;
    int latents; /* 1: the words are numbers of intermediate latents, "1", "2", ...; 0: names of operations */
};
/* A part of an architecture, such as an edge of a cell or a layer, and the choice that decides it. A choice among
 * latents decides which latent the layer takes; any other choice decides the operation. */
struct ag_gene {
    const char *name; /* "cell1.up0", "b8.up", "b128.rgb" */
    int choice;       /* index into ag_program.choice */
};

/* The description of a generated program. */
struct ag_program {
    const char *kind;         /* "search", "retrain" or "generate" */
    const char *name;         /* the spec's name */
    const char *spec;         /* JSON text of the spec, all defaults filled in */
    const char *genotype;     /* JSON text of the genotype that the program was made from; NULL for a search */
    struct ag_table block[5]; /* tables of AG_G, AG_D, AG_ALPHA, AG_SN and AG_STAT */
    const struct ag_phase *phase;
    int phases;
    long in_size, out_size, arena_size, scratch_size; /* reals for the largest phase; scratch_size: per thread */
    void (*prepare)(real *const block[AG_BLOCKS]); /* computes AG_FIXED from the weights; NULL: there is no AG_FIXED */
    long fixed_size;
    int image_size, image_channels, latent;
    const struct ag_kernel *kernel;
    int kernels;
    long parameters;                /* number of the generator's parameters */
    const void *weights;            /* generate: the weights in the program, AG_G then AG_STAT; or NULL */
    const void *fixed;              /* generate: the block AG_FIXED in the program, instead of weights; or NULL */
    enum ag_dtype weights_type;     /* of the numbers at weights or fixed */
    double (*peak)(void);           /* ag_peak, compiled with the same flags as the kernels */
    const struct ag_device *device; /* NULL: the program computes on the CPU */
    const char *image, *image_end, *source; /* a device's kernels: compiled (empty if image == image_end), source */
    const struct ag_choice *choice;         /* search: the candidates of each alpha */
    int choices;
    const struct ag_gene *gene; /* search: the parts of an architecture */
    int genes;
    int micro; /* search: 1 if the genotype also names one operation for each kind of layer */
};

/* ---------------------------------------------------------------- block_file.c: blocks in files */

enum ag_load {
    AG_LOAD_REQUIRED = 0, /* a tensor that the file lacks is an error */
    AG_LOAD_OPTIONAL = 1, /* a tensor that the file lacks keeps its values in the block */
    AG_LOAD_FINITE = 2    /* may be added to either: NaN and infinity in the file are errors */
};
/* Copies the table's tensors from a file to their places in block. Their names in the file are prefix + name, their
 * type is F32 or F64. Batches of images are transposed to NHWC. load: of enum ag_load. Status 2 if a tensor is missing,
 * or has another type or shape than the table says; a part of the block may then be overwritten. */
int ag_block_load(const struct ag_st *st, const char *prefix, const struct ag_table *table, real *block, int load,
                  struct ag_error *err);
/* Adds the table's tensors to a file to be written, under the names prefix + name. Batches of images are written as
 * NCHW. block must stay until ag_st_write has read it. */
void ag_block_add(struct ag_st_writer *writer, const char *prefix, const struct ag_table *table, const real *block);

/* ---------------------------------------------------------------- generator.c: a generator's weights */

/* Reads AG_G and AG_STAT from a file of weights. Status 2, also if the file is of another genotype, or if psi is not 1
 * and the file lacks the mean intermediate latent that truncation needs. */
int ag_generator_load(const struct ag_program *program, const char *path, double psi, real *const block[AG_BLOCKS],
                      struct ag_error *err);
/* For a program that contains its weights. ag_generator_carries: 1 if it does. ag_generator_unpack: fills the blocks
 * from them. ag_generator_bytes: their size. */
int ag_generator_carries(const struct ag_program *program);
void ag_generator_unpack(const struct ag_program *program, real *const block[AG_BLOCKS]);
long ag_generator_bytes(const struct ag_program *program);
/* Convert n numbers to 16-bit floats and back. type: AG_BF16 or AG_F16. ag_to_half rounds to nearest even. Numbers that
 * are too large become the largest finite one. */
void ag_to_half(enum ag_dtype type, const float *from, long n, ag_u16 *to);
void ag_from_half(enum ag_dtype type, const ag_u16 *from, long n, real *to);

/* ---------------------------------------------------------------- text.c: text that grows */

struct ag_text {
    char *text; /* ends with a 0; NULL if nothing was added yet */
    long used, capacity;
    int failed; /* 1: memory ran out; nothing was added since */
};
void ag_text_add(struct ag_text *text, const char *format, ...);
int ag_is_finite(double value);
/* Adds a number as JSON, with nine digits, so that it reads back as the same float. Infinity and NaN become null. */
void ag_text_number(struct ag_text *text, double value);
void ag_text_string(struct ag_text *text, const char *string); /* adds a JSON string, with its quotes */
void ag_text_shell(struct ag_text *text, const char *word);    /* adds a word of a shell command, quoted if needed */
/* Adds the command that builds a program in a folder: `make out/PROGRAM` for the folder out of aggen's source tree,
 * else `make -C FOLDER -f PROGRAM.mk`. */
void ag_text_make(struct ag_text *text, const char *folder, const char *program);
void ag_text_free(struct ag_text *text);
/* Reads a decimal number that is exactly `length` digits long. Returns 1 and sets *value, or returns 0 if there are
 * other characters or the number exceeds max. */
int ag_digits(const char *text, long length, ag_u64 max, ag_u64 *value);
/* Continues an FNV-1a hash (64 bits) with `size` bytes. sum: AG_HASH for a new hash, or an earlier result. */
#define AG_HASH 0xcbf29ce484222325ull
ag_u64 ag_hash(ag_u64 sum, const void *bytes, long size);

/* ---------------------------------------------------------------- options.c: command lines */

/* The noise inputs of generated pictures, in the order of the words that --noise takes. */
enum ag_noise {
    AG_NOISE_RANDOM, /* each picture has its own */
    AG_NOISE_FIXED,  /* all pictures have the noise of picture 0 */
    AG_NOISE_NONE
};

/* The values of all options. A program sets its defaults, then calls ag_options_read. */
struct ag_options {
    const char *program; /* argv[0] */
    const char *data;    /* a folder or archive, or "shapes" */
    const char *run;     /* run folder */
    const char *weights; /* a file with the generator's weights */
    const char *output;  /* the PNG to write, a folder, or "-" for standard output */
    const char *replay, *dump, *phase;
    ag_u64 seed;
    long iterations, threads, bench, count, interpolate; /* 0: not given */
    long first;                                          /* number of the first picture */
    long seeds;  /* seeds to draw one picture of each, from `seed` on; 0: all pictures have the seed `seed` */
    long mix[2]; /* --mix N,M: N, or 0 if not given; M, the first mixed layer (1, 2, ...), or 0 if not given */
    double psi;  /* truncation of the intermediate latents; 1: none */
    int noise;   /* one of enum ag_noise */
    int has_run, has_data, has_seed, has_iterations, has_count, has_noise; /* 1: given on the command line */
    int resume, json, kernels, latents, info, help;
};
enum { AG_DONE = -1 }; /* a status: the program is finished, and should end with exit status 0 */
/* Reads the command line, and sets the number of threads. Status 2 for an unknown or malformed option, or for one that
 * this kind of program doesn't have. AG_DONE after --help has been printed. */
int ag_options_read(struct ag_options *options, const struct ag_program *program, int argc, char **argv,
                    struct ag_error *err);
/* The number of pictures, from number `first` on, whose latents generate uses for one seed. A grid of --mix uses one
 * for each row and one for each column. */
long ag_options_pictures(const struct ag_options *options);
/* The command that runs this program inside aggen, without the program's own arguments. NULL if the program was not
 * compiled in memory. */
extern const char *ag_command;
/* The name by which aggen was started, if the program runs inside it; else NULL. */
extern const char *ag_aggen;
/* Ends a program: closes the device, and prints the message if the status is above 0. Returns the exit status of the
 * process, which is 1 if standard output can't be written. */
int ag_exit(const struct ag_program *program, int status, const struct ag_error *err);

/* ---------------------------------------------------------------- blocks.c: memory of a program */

/* n zeros, aligned to 64 bytes; free them with ag_free. NULL and status 1 in *err if memory runs out. */
real *ag_reals(long n, struct ag_error *err);
/* Opens the program's device, and allocates all blocks, filled with zeros. Bar blocks are empty unless there is a phase
 * "arch"; gradients are empty unless something is trained. Status 1. */
int ag_blocks_new(const struct ag_program *program, real *block[AG_BLOCKS], struct ag_error *err);
void ag_blocks_free(const struct ag_program *program, real *block[AG_BLOCKS]);
/* The table of a parameter block. AG_BAR_x has the table of AG_x. */
const struct ag_table *ag_block_table(const struct ag_program *program, enum ag_block block);
/* Copies the blocks AG_G to AG_STAT to the device. */
void ag_upload_blocks(const struct ag_program *program, real *const block[AG_BLOCKS]);
/* Computes AG_FIXED from the weights, if the program has that block. Call it after ag_upload_blocks. */
void ag_prepare(const struct ag_program *program, real *const block[AG_BLOCKS]);
/* Copies each of the blocks AG_G to AG_STAT to its bar block, if the program has bar blocks. */
void ag_copy_to_bar(const struct ag_program *program, real *const block[AG_BLOCKS]);
long ag_tensor_size(const struct ag_tensor *tensor);                                      /* number of reals */
const struct ag_phase *ag_phase_find(const struct ag_program *program, const char *name); /* NULL if there is none */
const struct ag_tensor *ag_table_find(const struct ag_table *table, const char *name);    /* NULL if there is none */
/* Address of a tensor in its block. NULL if the table has none of that name. */
real *ag_tensor_find(const struct ag_table *table, const char *name, real *block);

/* ---------------------------------------------------------------- output.c: losses */

/* Statistics of the successive values of an output, such as a loss. */
struct ag_tally {
    double sum, last;
    long count;   /* number of values since the program started */
    double first; /* the last `same` values are equal to this one, up to rounding */
    long same;
};
/* Adds a scalar output of the phase that has just run to a tally. unit and number name the iteration or step in
 * messages. On the CPU the value is added at once. On a device it is added by a later call of ag_output or
 * ag_output_wait, in the order of the calls; until then phase, name, unit and tally must stay valid. Status 1 if an
 * added value isn't finite (the training diverged), or if the device has failed. */
int ag_output(const struct ag_phase *phase, const char *name, real *const block[AG_BLOCKS], const char *unit,
              long number, struct ag_tally *tally, struct ag_error *err);
/* Waits until all values are added. Call it before a tally is read. Status as for ag_output. */
int ag_output_wait(struct ag_error *err);

/* ---------------------------------------------------------------- params.c: initial values, Gumbel noise, latents */

/* Sets a block's parameters to their initial values. They are a function of seed, block and index in the table. */
void ag_init_block(const struct ag_program *program, enum ag_block block, ag_u64 seed, real *const blocks[AG_BLOCKS]);
/* Sets the inputs of the Gumbel-softmax, if the phase has them: in.gumbel.CHOICE to draw number `draw` of Gumbel(0, 1)
 * noise, and in.sharpness to 1 / tau - 1 for the temperature tau. If tau is 0 all become 0, and the phase computes a
 * plain softmax. */
void ag_gumbel(const struct ag_program *program, const struct ag_phase *phase, ag_u64 seed, long draw, double tau,
               real *in);
/* Latents of the sample pictures first to first + n - 1: z = [n, latent]. A picture's latent is a function of seed and
 * picture number. */
void ag_sample_latents(const struct ag_program *program, ag_u64 seed, long first, long n, real *z);

/* ---------------------------------------------------------------- noise.c: inputs of a StyleGAN2 generator */

/* Draws the phase's noise inputs (in.noise…) for a training step. Returns 1, or 0 if the phase has none. */
int ag_draw_noise(const struct ag_phase *phase, ag_u64 seed, long draw, real *in);
/* Draws the noise inputs for sample pictures. Picture i of the batch gets the noise of picture number
 * first + i * stride of the seed seed + i * seed_stride. If both strides are 0, all pictures have the same noise. */
void ag_sample_noise(const struct ag_phase *phase, ag_u64 seed, int seed_stride, long first, long stride, real *in);
/* Draws the phase's inputs for style mixing in a training step (StyleGAN, section 3.1). in.mix.z gets the second
 * latents. Each picture is mixed with the given probability. A mixed picture takes the second latent from a random
 * layer on, uniform among the layers after the first. in.mix.LAYER is 1 where a picture takes the second latent, else
 * 0. The last tRGB counts as a layer. Returns 1, or 0 if the phase has no such inputs. */
int ag_draw_mixing(const struct ag_phase *phase, ag_u64 seed, long draw, double probability, real *in);
/* Sets all inputs of the phase whose names begin with prefix to `value`. */
void ag_fill_inputs(const struct ag_phase *phase, const char *prefix, real value, real *in);
/* The number of layers that can take the second latent, in.mix.z. Each has an input in.mix.LAYER; the last tRGB counts
 * as a layer. */
int ag_mix_layers(const struct ag_phase *phase);
/* Lets the layers from number `first` on (0, 1, ...) take the second latent, and the others not. */
void ag_mix_from(const struct ag_phase *phase, int first, real *in);

/* ---------------------------------------------------------------- sample.c */

/* Draws pictures 0 to n - 1 with a phase, a batch at a time: pictures = [n, size, size, channels]. Latents and noise
 * are those of ag_sample_latents and ag_sample_noise, without mixing or truncation. Status 1 if the device fails. */
int ag_sample_pictures(const struct ag_program *program, const struct ag_phase *phase, real *const block[AG_BLOCKS],
                       ag_u64 seed, int n, real *pictures, struct ag_error *err);

/* ---------------------------------------------------------------- draw_workers.c */

/* Draw workers generate pictures in parallel. Normally there is one worker for each thread, and each worker draws other
 * pictures. There is a single worker, whose kernels are shared by all threads, if the program runs on a device, if the
 * phase has a batch of several pictures, if fewer pictures than threads are to be drawn, or if several workers would
 * need too much memory. */
struct ag_draw_workers {
    int count;
    int per_worker;            /* highest number of pictures that a worker draws in one round */
    real *(*block)[AG_BLOCKS]; /* worker 0 uses the program's blocks; others have their own AG_IN, AG_OUT, AG_ARENA */
};
/* pictures: how many will be drawn. Status 1 if memory runs out. Call ag_draw_workers_close after a failure too. */
int ag_draw_workers_open(struct ag_draw_workers *workers, const struct ag_program *program,
                         const struct ag_phase *phase, real *const block[AG_BLOCKS], long pictures,
                         struct ag_error *err);
void ag_draw_workers_close(struct ag_draw_workers *workers);
/* ag_draw_workers_round: how many of `pictures` remaining pictures the next round draws. With fewer pictures than
 * workers it draws one. ag_draw_workers_first: in a round of `pictures` pictures, the number of the first one that
 * `worker` draws; the worker draws all before the first one of the next worker. */
int ag_draw_workers_round(const struct ag_draw_workers *workers, long pictures);
int ag_draw_workers_first(const struct ag_draw_workers *workers, int pictures, int worker);
/* Draws a round of `pictures` pictures, a number given by ag_draw_workers_round. */
void ag_draw_round(const struct ag_draw_workers *workers, const struct ag_phase *phase, int pictures);

/* ---------------------------------------------------------------- interpolation.c */

/* Interpolates latents along a closed path through the sample pictures start to start + pictures - 1, with `steps`
 * frames from a picture to the next one. Frame s * steps has the latent of picture start + s. The frames after it lie
 * on the great circle to the latent of the next picture; the first picture follows the last. Frames are numbered
 * without end. Writes the latents of frames first to first + n - 1 to z = [n, latent]. scratch: [latent]. */
void ag_interpolate_latents(const struct ag_program *program, ag_u64 seed, long start, long pictures, long steps,
                            long first, long n, real *z, real *scratch);

/* ---------------------------------------------------------------- frames.c: single pictures */

/* Names of PNG files: prefix, a number of at least `digits` digits, ".png". The numbers are first, first + 1, … */
struct ag_frame_names {
    const char *prefix;
    int digits;
    ag_u64 first;
    long count;
};
/* Writes pictures one by one: as PNG files, or as raw bytes [size, size, channels] on standard output. */
struct ag_frames {
    const struct ag_program *program;
    struct ag_frame_names names;
    const char *folder;    /* NULL: pictures go to standard output */
    int fd;                /* descriptor of the folder; -1 if it can't be opened for reading */
    ag_u8 *pixels;         /* buffered pictures, which are compressed in parallel */
    long waiting, written; /* number of buffered pictures, and of written ones */
    struct ag_error *errors, *err;
    int *failed; /* status of each buffered picture; errors holds the messages */
};
/* 1 if this value of --output means single pictures: it ends in /, is a folder, or is "-". */
int ag_frames_wanted(const char *output);
/* Checks that pictures can go to standard output. Status 2 if it is a terminal, status 1 if it is closed. */
int ag_frames_check(struct ag_error *err);
/* Creates the folder. Status 2 if pictures can't be written there. Status 1 if memory runs out. */
int ag_frames_open(struct ag_frames *frames, const struct ag_program *program, const char *output,
                   struct ag_frame_names names, struct ag_error *err);
/* Writes or buffers the next n pictures: [n, size, size, channels] in [-1, 1]. Status 1. The message is empty if the
 * reader of standard output has closed it. */
int ag_frames_write(struct ag_frames *frames, const real *pictures, long n);
/* Writes the buffered pictures, and waits until all are on the disk. Must be called, after a failure too. Status 1. */
int ag_frames_end(struct ag_frames *frames);
/* Names on standard error other pictures in the folder, since they could be mistaken for the written ones. */
void ag_frames_report_others(const struct ag_frames *frames);
void ag_frames_close(struct ag_frames *frames);

/* ---------------------------------------------------------------- info.c: the option --info */

/* Prints a generator's name, architecture and sizes, where its weights come from, and a hash of its genotype and the
 * weights that it contains. file: the file with the weights, if the program contains none. Returns AG_DONE. */
int ag_info(const struct ag_program *program, const char *file);

/* ---------------------------------------------------------------- device.c: the CPU or a device */

/* On the CPU, phases, Adam and averages work on the blocks themselves. On a device they work on mirrors. A block's
 * mirror is a copy of it in the device's memory; the host's address of a block stands for both. After the host has
 * written a block it uploads it, and before it reads a block it downloads it. Running a phase uploads its inputs. */
int ag_device_open(const struct ag_program *program, struct ag_error *err); /* nothing happens if it is open */
real *ag_mirror_new(long n, struct ag_error *err); /* n zeros on the host, with a mirror of them; NULL: status 1 */
void ag_mirror_free(real *host);
void ag_upload(const real *host, long n);                  /* copies n reals, any part of a block, to the mirror */
int ag_download(real *host, long n, struct ag_error *err); /* copies them back; status 1 if the device has failed */
void ag_run(const struct ag_phase *phase, real *const block[AG_BLOCKS]);
void ag_wait(void); /* waits until the device has done all work */
/* These work on the mirrors if there is a device, else on the blocks. */
void ag_mirror_clear(real *x, long n);
void ag_mirror_copy(real *to, const real *from, long n);
void ag_add(real *to, const real *from, long n); /* to += from */
void ag_scale(real *to, double factor, long n);  /* to *= factor */

/* The operands of one step of Adam. */
struct ag_adam_update {
    real *weight, *gradient, *m, *v;
    real beta1, beta2, one_minus_beta1, one_minus_beta2;
    real decay, step_size, bias_correction; /* step_size: lr / (1 - beta1^t); bias_correction: 1 / sqrt(1 - beta2^t) */
    long size;
};

enum { AG_SLOTS = 16 }; /* scalars that may be copied from a device at the same time */

/* A kind of device. size: reals of a mirror. host_size: reals of the block on the host, which may be fewer. */
struct ag_device {
    int (*open)(const struct ag_program *program, struct ag_error *err); /* does nothing if the device is open */
    void (*close)(void);
    int (*new_mirror)(const real *host, long host_size, long size, struct ag_error *err);
    void (*free_mirror)(const real *host);
    void (*upload)(const real *host, long n);
    int (*download)(real *host, long n, struct ag_error *err);
    void (*clear)(real *x, long n);
    void (*copy)(real *to, const real *from, long n);
    void (*run)(const struct ag_phase *phase, real *const block[AG_BLOCKS]);
    void (*adam)(const struct ag_adam_update *pass);
    void (*average)(real *average, const real *value, real decay, real rest, long n);
    void (*add)(real *to, const real *from, long n);
    void (*scale)(real *to, double factor, long n);
    /* Writes the values of ag_normals to a phase's inputs on the device. Running the phase doesn't upload these inputs,
     * unless they were downloaded in between. */
    void (*normals)(real *to, long n, ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first);
    void (*wait)(void);
    void (*read)(int slot, const real *from); /* begins to copy one real of a mirror to slot 0 to AG_SLOTS - 1 */
    int (*ready)(int slot);                   /* 1 if the copy has ended, so that `take` doesn't wait */
    int (*take)(int slot, real *value, struct ag_error *err); /* waits for the copy; status 1: the device has failed */
    double (*peak)(void);                                     /* GFLOP/s */
};
extern const struct ag_device *ag_device; /* the open device; NULL: the CPU */

/* Phases on a device call these while they are captured. ag_launch launches the program's kernel number `kernel`; its
 * arguments are pointers. All addresses are in the device's memory. */
void ag_launch(int kernel, ...);
void ag_launch_copy(real *to, const real *from, long n);
extern const struct ag_device ag_cuda;

/* ---------------------------------------------------------------- adam.c */

struct ag_adam_rates {
    double lr, beta1, beta2, decay; /* decay: L2 weight decay; decay * weight is added to the gradient */
};
struct ag_adam {
    struct ag_adam_rates rates;
    long size, steps;
    real *m, *v; /* running averages of the gradient and of its square */
};
int ag_adam_new(struct ag_adam *adam, struct ag_adam_rates rates, long size, struct ag_error *err);
void ag_adam_restart(struct ag_adam *adam); /* sets step count and moments to 0 */
/* Takes one step of Adam (Kingma and Ba, 2015, algorithm 1) with the learning rate factor * lr and epsilon 1e-8. Then
 * sets the gradient to 0. */
void ag_adam_step(struct ag_adam *adam, double factor, real *weight, real *gradient);
void ag_adam_free(struct ag_adam *adam);
/* average = decay * average + (1 - decay) * value */
void ag_average(real *average, const real *value, long n, double decay);

/* ---------------------------------------------------------------- architecture.c: entropy and genotype of alpha */

/* Mean over the choices of the entropy of softmax(alpha), in nats. */
double ag_alpha_entropy(const struct ag_program *program, const real *alpha);
/* Adds the values of alpha as JSON: {"cell1.up0": [0.1, ...], ...} */
void ag_alpha_text(struct ag_text *text, const struct ag_program *program, const real *alpha);
/* Adds the text of a genotype file: for each choice, the candidate with the largest alpha. found: a JSON object that
 * says how the genotype was found. */
void ag_genotype_text(struct ag_text *text, const struct ag_program *program, const real *alpha, const char *found);
/* 1 if two genotypes, given as texts, have the same operations and latents, or if one of them is NULL. */
int ag_same_genotype(const char *a, const char *b);
/* Finds the value of a key in a genotype's text, if it is an object. key includes its quotes: "ops", "latents",
 * "generator" or "found". NULL if there is none. */
const char *ag_genotype_part(const char *genotype, const char *key);

/* ---------------------------------------------------------------- run.c: the folder of a run */

struct ag_run {
    const struct ag_program *program;
    const struct ag_options *options;
    char folder[AG_PATH], checkpoint[AG_PATH];
    int fd, lock, log; /* descriptors: the folder, and files in it */
    int resumed;       /* 1: the folder holds a checkpoint to go on from */
};
/* Opens the program's device, then makes and locks the folder options->run. Status 1 if there is no such device; no
 * folder is made then. Status 2 if another process uses the folder, if it holds a checkpoint and --resume isn't given,
 * or if it is to be resumed and doesn't exist. */
int ag_run_open(struct ag_run *run, const struct ag_program *program, const struct ag_options *options,
                struct ag_error *err);
/* Status 2 if the command line gives another seed than `seed`, that of the resumed run. */
int ag_run_check_seed(const struct ag_run *run, const struct ag_options *options, ag_u64 seed, struct ag_error *err);
/* Status 1 if the folder isn't the one that was opened any more. The functions below check this first. */
int ag_run_check(const struct ag_run *run, struct ag_error *err);
/* Warns if the disk has less room than the `bytes` that the run is going to write. */
void ag_run_warn_of_room(const struct ag_run *run, struct ag_progress *progress, double bytes);
/* For a run that a signal has stopped. Adds to the message how to go on. Returns the status 128 + the signal. */
int ag_run_stopped(const struct ag_run *run, struct ag_error *err);
/* Adds ` --data PATH` to the text of a command, if that option was given. */
void ag_run_add_data(const struct ag_run *run, struct ag_text *text);
/* For a run that has failed with status 1. Adds to the message whether there is a checkpoint. */
void ag_run_tell_checkpoint(const struct ag_run *run, int status, struct ag_error *err);
/* Opens log.jsonl. Keeps the lines of the first `iterations` iterations, whose number comes first in a line, and cuts
 * off the rest. */
int ag_run_open_log(struct ag_run *run, long iterations, struct ag_error *err);
/* Appends a line to log.jsonl, and frees the line. */
int ag_run_log(struct ag_run *run, struct ag_text *line, struct ag_error *err);
int ag_run_sync_log(struct ag_run *run, struct ag_error *err); /* writes it to the disk, before a checkpoint */
/* Write a text or a grid of pictures to FOLDER/name. name is a printf format. */
int ag_run_write(struct ag_run *run, const struct ag_text *text, struct ag_error *err, const char *name, ...);
int ag_run_grid(struct ag_run *run, const real *images, int n, struct ag_error *err, const char *name, ...);
/* Writes the file that a generator program reads to FOLDER/name (name is a printf format): averaged weights of AG_G,
 * running statistics of AG_STAT, spec and genotype. */
int ag_run_generator(struct ag_run *run, const real *weights, const real *statistics, struct ag_error *err,
                     const char *name, ...);
void ag_run_close(struct ag_run *run);

/* ---------------------------------------------------------------- spec_change.c */

#define AG_SPEC_KEY 256
/* Compares the spec that a run began with (before) and the program's (now); both are canonical texts. Keys that may
 * differ are learning rates, the length of the run, the intervals at which it writes, and where the pictures are.
 * Returns 0 if only such keys differ. It adds them to changes as JSON members, "search.arch.lr": [before, now], ...,
 * and sets *other_length to 1 if the length of this kind of run is among them. Returns 1 if another key differs, and
 * writes its path to `other`. */
int ag_spec_changes(const struct ag_program *program, const char *before, const char *now, struct ag_text *changes,
                    int *other_length, char other[AG_SPEC_KEY]);

/* ---------------------------------------------------------------- checkpoint.c */

enum { AG_MAX_ITERATIONS = 100000000 }; /* highest number of iterations or steps of a run */

/* The list of what a checkpoint holds. A program adds its counters, sums and tensors to the list, then saves or reads
 * them all. */
enum { AG_CHECKPOINT_PARTS = 40 };
struct ag_checkpoint {
    const struct ag_program *program;
    struct {
        const char *name;
        long *count; /* count, sum or word is set; the other two are NULL */
        double *sum;
        ag_u64 *word;
        int optional;
    } value[AG_CHECKPOINT_PARTS];
    struct {
        const char *prefix;
        const struct ag_table *table;
        real *data;
    } part[AG_CHECKPOINT_PARTS];
    int values, parts;
    /* Valid from ag_checkpoint_open to ag_checkpoint_close: */
    struct ag_st st;
    struct ag_text changes; /* differences from the spec of the checkpoint, as ag_spec_changes lists them */
    int other_length;
};
void ag_checkpoint_begin(struct ag_checkpoint *checkpoint, const struct ag_program *program);
void ag_checkpoint_count(struct ag_checkpoint *checkpoint, const char *name, long *count);
void ag_checkpoint_word(struct ag_checkpoint *checkpoint, const char *name, ag_u64 *word);
void ag_checkpoint_sum(struct ag_checkpoint *checkpoint, const char *name, double *sum); /* saved exactly */
/* Makes the value that was added last optional. If a checkpoint lacks it, reading leaves it as it is. */
void ag_checkpoint_optional(struct ag_checkpoint *checkpoint);
void ag_checkpoint_block(struct ag_checkpoint *checkpoint, const char *prefix, const struct ag_table *table,
                         real *data);
/* Adds the fields first and same of a tally, under the names `first` and `same`, as optional values. */
void ag_checkpoint_standstill(struct ag_checkpoint *checkpoint, const char *first, const char *same,
                              struct ag_tally *tally);
/* Adds an optimiser: its step count under `name`, its moments under adam.m.PREFIX and adam.v.PREFIX followed by the
 * names of the table. prefix is "bar." or "". */
void ag_checkpoint_adam(struct ag_checkpoint *checkpoint, const char *name, const char *prefix,
                        const struct ag_table *table, struct ag_adam *adam);
/* Calls ag_output_wait, and downloads the tensors of the list. Status 1 if an output or a value of a tensor isn't
 * finite. */
int ag_checkpoint_check(const struct ag_checkpoint *checkpoint, struct ag_error *err);
/* Calls ag_checkpoint_check, then writes the file. Status 1; an earlier file then stays as it was. */
int ag_checkpoint_save(struct ag_checkpoint *checkpoint, const char *path, struct ag_error *err);
/* The approximate size of the file in bytes. */
double ag_checkpoint_bytes(const struct ag_checkpoint *checkpoint);
/* ag_checkpoint_open opens a file and reads the values added to the list so far. The file must be of this kind of
 * program, this genotype and this spec, except for keys that may differ (ag_spec_changes). ag_checkpoint_read reads all
 * values and tensors of the list, which must include every tensor of the file. Status 2. Call ag_checkpoint_close after
 * ag_checkpoint_open, even if it failed. */
int ag_checkpoint_open(struct ag_checkpoint *checkpoint, const char *path, struct ag_error *err);
int ag_checkpoint_read(struct ag_checkpoint *checkpoint, struct ag_error *err);
void ag_checkpoint_close(struct ag_checkpoint *checkpoint);

/* ---------------------------------------------------------------- train.c: the driver of programs that train */

/* Identifies the pictures of a run: their number and a hash of their names, as from ag_data_identity. */
struct ag_set {
    ag_u64 pictures, names;
};

/* A training of G and D, as all methods have it. The state of a method is a struct that begins with a struct
 * ag_training. It is all zeros when ag_train is called. */
struct ag_training {
    const struct ag_method *method;
    /* in checkpoints */
    ag_u64 seed;
    long iterations, iteration;     /* how many in all; how many are done */
    long position;                  /* steps done in the present iteration */
    long latents, batches[2];       /* how many batches of latents, and of each half of the pictures, were drawn */
    struct ag_tally d_loss, g_loss; /* sums since the last line of the log */
    long alike;                     /* 1: the pictures of the last grid are all alike */
    /* The factor of a linearly falling learning rate was `rate` after iteration `from`, and is 0 after the last. They
     * are 1 and 0 unless the run's length was changed on the way. */
    double rate;
    long from;
    struct ag_set set;
    real *block[AG_BLOCKS];
    real *average; /* moving average of AG_G, if the method has one */
    struct ag_adam d, g;
    /* not in them */
    const struct ag_phase *d_phase, *g_phase, *sample_phase;
    real *pictures; /* [samples, size, size, channels] */
    struct ag_data *data;
    struct ag_run run;
    struct ag_progress progress;
    double started;         /* when the next line of the log began, or the run was resumed */
    int told;               /* 1: the warning that the run is lifeless was printed */
    struct ag_text changes; /* since the checkpoint that the run went on from */
    struct ag_error *err;
};

/* A method of training, for ag_train. A run has iterations, and an iteration has steps. At the end of each log_every-th
 * iteration a line of the log is written, and the same holds for samples, checkpoints and kept generators. All but the
 * last are also written after the last iteration.
 *
 * Each function gets the method's state. One whose comment says "optional" may be NULL. One that returns an int returns
 * a status. */
struct ag_method {
    const struct ag_program *program;
    const char *unit, *units;    /* the word for an iteration in messages and files, and its plural */
    const char *counted;         /* the word for what the progress line counts */
    const char *run;             /* default folder of the run */
    long iterations;             /* default length of the run */
    struct ag_data_options data; /* format, default path, center_crop and split. With split < 1 there are two halves,
                                    and each must have enough pictures for a step of D */
    const struct ag_adam_rates *d_rates, *g_rates;
    int averages;     /* 1: the method keeps a moving average of G's weights. Samples are drawn with it, and each
                         checkpoint comes with a generator, ema.safetensors, that has it */
    int linear_decay; /* 1: the learning rate falls linearly */
    int samples;      /* pictures in a grid; drawn with the phase sample_phase */
    const char *sample_phase;
    int sample_digits; /* of the number in the name of a grid */
    long log_every, sample_every, checkpoint_every;
    long keep_every; /* the averaged generator is kept in a numbered file; 0: never */

    int (*set_up)(void *state);     /* allocates what struct ag_training lacks; optional */
    void (*tear_down)(void *state); /* frees it, after a failure too; optional */
    void (*begin)(void *state);     /* sets first values in a run that isn't resumed; optional */
    /* List what a checkpoint holds, in the order in which it is written. values: the fields of struct ag_training from
     * `iterations` to `g_loss` that the method uses, and its own. tensors: its own; optional. all: 1: also those that
     * a checkpoint holds only after some steps of an iteration. */
    void (*values)(void *state, struct ag_checkpoint *c);
    void (*tensors)(void *state, struct ag_checkpoint *c, int all);
    int (*is_possible)(const void *state); /* 0: no run has the values that were read from a checkpoint; optional */
    long (*steps)(const void *state);      /* how many the present iteration has; NULL: one */
    int (*step)(void *state);              /* takes step number t.position of it */
    void (*log)(void *state, struct ag_text *line); /* adds members to the JSON object of a line of the log */
    /* Writes what else an iteration leaves behind, after its line of the log; optional. */
    int (*end)(void *state);
    /* count: what the progress line has counted after `position` steps of an iteration. show: sets the line; why: words
     * for its end, if the run is lifeless. */
    long (*count)(const void *state, long iteration, long position);
    void (*show)(void *state, long count, const char *why);
    void (*going_on)(void *state);       /* prints where a resumed run goes on */
    void (*stopped)(void *state);        /* puts into *err where a signal has stopped the run */
    void (*next)(struct ag_training *t); /* prints what to do with the result */
};
/* The main function of a program that trains. Reads the command line, does what --replay or --bench ask, or trains. A
 * run goes on from its checkpoint as if it had never stopped. state: the method's. Returns what main returns. */
int ag_train(const struct ag_method *method, void *state, int argc, char **argv);

/* ---------------------------------------------------------------- training.c: what methods of training call */

/* As ag_output, for the present iteration. */
int ag_training_output(struct ag_training *t, const struct ag_phase *phase, const char *name, struct ag_tally *tally);
/* Draws the next latents into the phase's input of this name, as many as the phase's batch. */
void ag_training_latents(struct ag_training *t, const struct ag_phase *phase, const char *name);
/* Reads the next pictures of a half of the data (0, or 1: validation) into the phase's input in.x. Status as for
 * ag_data_batch. */
int ag_training_pictures(struct ag_training *t, const struct ag_phase *phase, int half);
/* What learning rates are multiplied by in the present iteration. */
double ag_training_rate(const struct ag_training *t);
/* Adds a member, sum / count, to a line of the log. It is null if count is 0. */
void ag_log_mean(struct ag_text *line, const char *key, double sum, long count);

/* Why a run learns nothing any more: both losses stand still, or all pictures are alike. "" if neither is so. */
const char *ag_lifeless(const struct ag_tally *d, const struct ag_tally *g, long alike);
/* 1 if n pictures of `size` reals differ by at most 1e-4. */
int ag_alike(const real *pictures, int n, long size);

/* ---------------------------------------------------------------- next.c: what to do with a result */

/* Print where a run has left its result, and the command that retrains the architecture or draws pictures with the
 * generator. */
void ag_next_retrain(struct ag_training *t);
void ag_next_generate(struct ag_training *t);

/* ---------------------------------------------------------------- signals.c */

/* From now on the first SIGINT, SIGTERM or SIGHUP is only noted; a second one ends the program. SIGPIPE is noted too:
 * it means that no process reads the output any more. SIGXFSZ is ignored, so that writing a file that grows too large
 * is an error, as on a full disk. */
void ag_signals_catch(void);
int ag_signals_caught(void); /* the first signal that was noted, or 0 */

/* ---------------------------------------------------------------- replay.c, bench.c, peak.c */

int ag_replay(const struct ag_program *program, const struct ag_options *options, struct ag_error *err);
int ag_bench(const struct ag_program *program, const struct ag_options *options, struct ag_error *err);
/* Measures the rate of multiply-adds of ag_threads() threads, in GFLOP/s. Takes about 10 ms; the result is the median
 * of several runs. */
double ag_peak(void);

/* ---------------------------------------------------------------- instruction_set.c */

/* Bytes of the widest vectors of this machine: 64 (AVX-512), 32 (AVX2 with FMA), else 16. The environment variable
 * AG_WIDTH, "avx2" or "sse2", sets an upper limit. */
int ag_vector_bytes(void);
/* Prints that the program has no kernels for this machine's instruction set, and exits with status 1. */
void ag_exit_unsupported(void);
#endif
