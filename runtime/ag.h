/*
 * The runtime of generated programs: everything they need that does not depend on the search space.
 *
 * A generated program includes this header and no other. This header includes none, so that a program can be compiled
 * in memory on a machine without C library headers. It is C99 that tcc accepts.
 *
 * A function that can fail returns 0, or the exit status that the program should end with: 1 if the run failed, 2 for
 * bad usage or bad input. On failure *err holds one line that says what failed, where, and what to do.
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
    char text[2048]; /* one line; "..." ends one that was cut */
};
/* Formats a message into err->text. Returns status. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
int ag_fail(struct ag_error *err, int status, const char *format, ...);
/* 1 if a control character of UTF-8 begins at c. The upper half of ISO 6429, C2 80 to C2 9F, takes two bytes. */
int ag_is_control(const char *c);

/* ---------------------------------------------------------------- random.c: Philox 4x32-10 */

/* Streams of random numbers. Each use of randomness has a stream of its own, and counts its steps as told here. */
enum ag_stream {
    AG_RNG_INIT = 1,     /* first values of parameters; step: place of the parameter in its block's table */
    AG_RNG_Z,            /* latents of training; step: number of the draw */
    AG_RNG_SAMPLE,       /* latents of pictures to look at; step: number of the picture */
    AG_RNG_GUMBEL,       /* Gumbel noise on architecture logits; step: number of the draw */
    AG_RNG_SPLIT,        /* the split of the data into halves */
    AG_RNG_SHUFFLE,      /* the order of a half; step: epoch * 2 + half */
    AG_RNG_SHAPES,       /* the drawn data set; step: number of the picture */
    AG_RNG_BENCH,        /* random data of --bench */
    AG_RNG_NOISE,        /* noise of a StyleGAN2 generator's layers in training; step: number of the draw */
    AG_RNG_SAMPLE_NOISE, /* noise of its layers for pictures to look at; step: number of the picture */
    AG_RNG_MIXING        /* latents and crossovers of style mixing; step: number of the draw */
};
/* Computes one Philox block of four words. Its key is seed, its counter (index low, index high, step, stream). */
void ag_philox(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 index, ag_u32 out[4]);
/* Fill out[0..n-1]. Value i is made of word first + i of the stream. ag_uniforms gives numbers in [0, 1) of 24 bits.
 * ag_normals gives N(0, 1): Box-Muller turns two consecutive words into two values. Value i depends on first + i alone,
 * not on how many values are drawn at once. */
void ag_uniforms(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first, long n, real *out);
void ag_normals(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first, long n, real *out);
/* A random permutation of 0..n-1 (Fisher-Yates). */
void ag_permutation(ag_u64 seed, ag_u32 stream, ag_u32 step, int n, int *out);

/* ---------------------------------------------------------------- parallel.c */

/* Calls fn(context, task, thread) for every task from 0 to tasks - 1, on up to ag_threads() threads, and waits. The
 * order of the tasks is not defined. thread lies in 0..ag_threads()-1; two calls that run at the same time have
 * different ones. */
void ag_parallel(int tasks, void (*fn)(void *context, int task, int thread), void *context);
/* The same, but each thread takes its tasks in ascending order, so that a task can prefetch what the next one reads. */
void ag_parallel_forward(int tasks, void (*fn)(void *context, int task, int thread), void *context);
/* How many threads would share a loop that began here: ag_threads(), but 1 inside a task of another loop. */
int ag_loop_threads(void);
void ag_set_threads(int threads); /* 0: one thread for each core that this process may use */
int ag_threads(void);

/* ---------------------------------------------------------------- resources.c: what a process may use */

/* Cores and free bytes of memory that this process may use. They respect a container's limits. root is put before the
 * paths of /proc and /sys; it is "" but in tests. */
int ag_cores(const char *root);
double ag_free_memory(const char *root);
/* Status 1 if fewer than `bytes` bytes of memory are free. The message says how many are needed for `what`, and how
 * many are free. */
int ag_check_memory(double bytes, const char *what, struct ag_error *err);

/* ---------------------------------------------------------------- data.c: pictures to learn from */

struct ag_data; /* for one training thread at a time; it has threads of its own */
struct ag_data_options {
    const char *format; /* "cifar10", "stl10", "images", "zip" or "shapes" */
    const char *path;   /* a folder or an archive; "shapes": the format shapes. If a path is given, the formats images,
                           zip and shapes read a folder as images and a file as zip */
    int size, channels; /* of the pictures that are delivered; channels: 1 (grey) or 3 */
    int center_crop;    /* 1: the largest centred square is cut out before resizing */
    double split;       /* share of the pictures in the training half, from 0 to 1; with 1 the other half is empty */
    ag_u64 seed;        /* of the split, the order and the drawn shapes */
    ag_u64 cache_bytes; /* a set of more decoded bytes is read while training goes on; 0: 2 GiB */
};
/* Opens a set and splits it into half 0 (training) and half 1 (validation). Broken pictures are left out. The first few
 * are named on stderr, in an order that depends on the set alone. Status 2: there is no set, none of its pictures can
 * be used, or an option is wrong; the message names --data. Status 1: memory or descriptors have run out, the disk
 * fails, or a folder can't be listed. */
int ag_data_open(struct ag_data **data, const struct ag_data_options *options, struct ag_error *err);
/* Number of pictures in a half. LONG_MAX if they never end (shapes). */
long ag_data_count(const struct ag_data *data, int half);
/* Makes batch number `index` (0, 1, 2, ...) of a half: out = [batch, size, size, channels] in [-1, 1]. The batch is a
 * function of options, half, batch and index alone. Batches that are asked for in sequence are made ahead. Each epoch
 * visits the half in a new order and drops the last short batch. Status 2: the half has fewer pictures than a batch, or
 * none of them can be read any more. Status 1: memory or descriptors have run out, or the disk fails. */
int ag_data_batch(struct ag_data *data, int half, int batch, long index, real *out, struct ag_error *err);
/* Reads the first n pictures that training would see: out = [n, size, size, channels] in [-1, 1]. n is at most
 * ag_data_count(data, 0). The pictures are a function of options and n alone. Batches made ahead are kept. Fails as
 * ag_data_batch does. */
int ag_data_preview(struct ag_data *data, int n, real *out, struct ag_error *err);
/* One line: how many pictures are in which half, how many are left out, what was passed over. Valid until
 * ag_data_close. */
const char *ag_data_summary(const struct ag_data *data);
/* Identifies a set. count: pictures found usable at opening. hash: FNV-1a (64 bits) over their names within the set, in
 * order, each with its final 0. A folder and an archive of its contents have the same hash if the archive's names begin
 * inside the folder. Both numbers are 0 for a set that never ends. */
void ag_data_identity(const struct ag_data *data, ag_u64 *count, ag_u64 *hash);
void ag_data_close(struct ag_data *data); /* may be NULL */

/* ---------------------------------------------------------------- file.c: reading, writing, folders */

#define AG_PATH 4096 /* bytes of the longest path, including the final 0 */

/* A file being written. ag_file_commit gives it its name when it is complete and on the disk. Until then, and after
 * any failure, an earlier file of that name stays as it was. The bytes go to .NAME.tmp in the same folder. If the
 * process is killed, the next writer of NAME takes that file over. What isn't a regular file (/dev/stdout) is
 * written directly. A pipe that nobody reads is a failure after some seconds. After the first failure all calls do
 * nothing and return its status, which is 1. Once ag_file_open was called, a file that grows too large is such a
 * failure and raises no signal. */
struct ag_file {
    int fd, status;
    int synced_later; /* may be set to 1 after ag_file_open: ag_file_commit then doesn't wait for the disk. One
                         ag_file_sync waits for many files; a power failure before it may leave them cut */
    long used;        /* bytes waiting in the buffer */
    char *buffer, *path, *temporary; /* temporary: NULL if the file is written directly */
    struct ag_error *err;
};
int ag_file_open(struct ag_file *file, const char *path, struct ag_error *err);
/* The same, but replaces whatever has the name: a link isn't followed, a pipe isn't written to. */
int ag_file_replace(struct ag_file *file, const char *path, struct ag_error *err);
int ag_file_write(struct ag_file *file, const void *data, long size);
/* End the writing. Exactly one of the two must follow each ag_file_open, even one that failed. */
int ag_file_commit(struct ag_file *file);
void ag_file_cancel(struct ag_file *file);
/* Waits until everything written to a folder's file system is on the disk. fd is the folder, or -1 if it can't be
 * opened for reading. It must be opened before the first file is written: a file system reports a failed write only to
 * descriptors that were open at the time. Status 1. */
int ag_file_sync(int fd, const char *folder, struct ag_error *err);

int ag_cannot_sync(int error); /* 1 for an errno of fsync that says that the file system can't sync */

/* Status 1 if a file can't be written there, as far as can be told without writing it. Leaves nothing behind. */
int ag_file_check(const char *path, struct ag_error *err);

/* Writes a whole file from memory: open, write and commit. */
int ag_write_file(const char *path, const void *data, long size, struct ag_error *err);
/* Reads a whole file into *data, *size bytes and a 0 behind them. Free it with ag_free. Status 2 if the file can't be
 * opened or read, or has more than limit bytes; status 1 if memory runs out. *data is then NULL. */
int ag_read_file(const char *path, long limit, char **data, long *size, struct ag_error *err);
void ag_free(void *memory);

/* A program calls this first. It opens /dev/null for each standard descriptor that is closed, so that no file opened
 * later takes its number. Reading standard input, or writing to standard output, then fails as it should. */
void ag_open_standard(void);

/* Makes a folder and those above it, as far as they are missing. Status 1. */
int ag_make_dirs(const char *path, struct ag_error *err);
int ag_is_file(const char *path); /* 1 for a regular file, 0 for anything else and for nothing */
int ag_is_home(void);             /* 1 if the current folder is aggen's own, whose makefile builds out/NAME */
int ag_is_dir(const char *path);
/* path = folder/name. Status 2 if that is too long. */
int ag_join(char path[AG_PATH], const char *folder, const char *name, struct ag_error *err);

/* ---------------------------------------------------------------- file_format.c: what names of files promise */

enum ag_format {
    AG_FORMAT_NONE, /* no ending, or an unknown one */
    AG_FORMAT_PNG,
    AG_FORMAT_PICTURE, /* a picture of another format */
    AG_FORMAT_VIDEO,
    AG_FORMAT_SAFETENSORS,
    AG_FORMAT_OTHER /* arrays and weights of other programs, archives, texts */
};
/* The format that a path's ending promises: what follows the last dot of its last part, in upper or lower case. */
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
#define AG_RANK 8                       /* most dimensions of a tensor in a file */
int ag_dtype_size(enum ag_dtype dtype); /* bytes of an element */
const char *ag_dtype_name(enum ag_dtype dtype);

struct ag_st_tensor {
    const char *name;
    enum ag_dtype dtype;
    int rank;
    long shape[AG_RANK];
    long count;       /* number of elements: the product of shape; 1 for rank 0 */
    const void *data; /* points into the file's memory: little-endian, C order, maybe not aligned */
};
struct ag_st_text {
    const char *key, *value;
};
/* An open file. All of it is in memory and every field of its header is checked. Its users only read it. */
struct ag_st {
    const char *path;            /* for messages */
    struct ag_st_tensor *tensor; /* sorted by name */
    int tensors;
    struct ag_st_text *text; /* metadata, sorted by key */
    int texts;
    char *file, *strings; /* what the pointers above point into; file is NULL after ag_st_open_memory */
};
/* Opens a file. Status 2 if it is missing or wrong; the message names the byte. Status 1 if memory runs out. After a
 * failure st is empty and may be closed. */
int ag_st_open(struct ag_st *st, const char *path, struct ag_error *err);
/* The same for a file's bytes in memory. They must stay there until ag_st_close. */
int ag_st_open_memory(struct ag_st *st, const char *name, const void *bytes, long size, struct ag_error *err);
void ag_st_close(struct ag_st *st);
const struct ag_st_tensor *ag_st_find(const struct ag_st *st, const char *name); /* NULL if there is none */
const char *ag_st_meta(const struct ag_st *st, const char *key);                 /* NULL if there is none */
long ag_st_count(int rank, const long *shape); /* number of elements; -1 if their bytes may not fit a long */

/* ---------------------------------------------------------------- safetensors_write.c */

/* How the header of a file written here begins. Eight hexadecimal digits follow: the CRC-32 of the file behind the
 * header's length, computed with zeros in place of these digits. A reader checks the sum of each file that begins like
 * this. */
#define AG_ST_CHECKSUM "{\"__metadata__\":{\"crc32\":\""

/* A file to write: call ag_st_begin, add tensors and metadata, then call ag_st_write or ag_st_discard. Names are
 * copied. Data isn't: ag_st_write reads it. Tensors of wider types come first in the file, so that each is aligned;
 * otherwise they lie in the order in which they were added. */
struct ag_st_writer {
    struct ag_st_entry *entry;
    int entries, entry_capacity;
    struct ag_st_text *text;
    int texts, text_capacity;
    enum ag_dtype real_dtype; /* type of the tensors of ag_block_add: AG_F32, or AG_F64 to keep all bits of a double */
    int failed;               /* why ag_st_write will fail: 1 memory has run out, 2 an argument was wrong */
};
void ag_st_begin(struct ag_st_writer *writer);
void ag_st_add(struct ag_st_writer *writer, const char *name, enum ag_dtype dtype, int rank, const long *shape,
               const void *data);
/* Adds reals under the name prefix + name, in writer->real_dtype. nhwc: shape is NCHW, data lies in NHWC order and is
 * transposed while it is written. */
void ag_st_add_reals(struct ag_st_writer *writer, const char *prefix, const char *name, int rank, const long *shape,
                     int nhwc, const real *data);
void ag_st_add_meta(struct ag_st_writer *writer, const char *key, const char *value); /* both are copied; UTF-8 */
/* Writes the file as ag_file_commit does, and empties the writer. Status 1; a name that was added twice is a failure
 * too. */
int ag_st_write(struct ag_st_writer *writer, const char *path, struct ag_error *err);
void ag_st_discard(struct ag_st_writer *writer);

/* ---------------------------------------------------------------- png_writer.c: PNG */

/* Writes a PNG. pixels: [h, w, channels] of 8 bits; channels: 1 (grey) or 3 (RGB); w and h: up to 2^31 - 1, the
 * format's limit. The file appears as by ag_file_commit. Status 1. */
int ag_write_png(const char *path, int w, int h, int channels, const ag_u8 *pixels, struct ag_error *err);
/* The same into an open file, which the caller commits. */
void ag_put_png(struct ag_file *file, int w, int h, int channels, const ag_u8 *pixels);
/* Turns n values in [-1, 1] into 8 bits each. Values outside are clamped; NaN becomes black. */
void ag_quantize(const real *value, long n, ag_u8 *levels);
/* A grid of n pictures, row by row, with 2 black pixels between neighbours. Places without a picture are black. */
struct ag_canvas {
    ag_u8 *pixels; /* [height, width, channels] */
    long columns;
    int width, height, size, channels;
};
/* path is where the grid will be written; messages name it. If n is less than columns, the grid has one row of n.
 * Status 2 if the grid is larger than a PNG can be, 1 if memory runs out. */
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

/* The memory that phases work on. Parameters lie in blocks. The block AG_BAR_x holds test weights (in the paper G and D
 * with a bar) in the layout of AG_x. */
enum ag_block {
    AG_G,     /* generator weights */
    AG_D,     /* discriminator weights */
    AG_ALPHA, /* architecture parameters */
    AG_SN,    /* spectral norm's u and v */
    AG_STAT,  /* running statistics: of batch norm, or of a StyleGAN2's latents */
    AG_BAR_G,
    AG_BAR_D,
    AG_BAR_ALPHA,
    AG_BAR_SN,
    AG_BAR_STAT,
    AG_IN,         /* inputs of a phase, one after the other */
    AG_OUT,        /* outputs of a phase */
    AG_GRAD,       /* gradient of the weight block that the phase updates, in that block's layout */
    AG_GRAD_ALPHA, /* gradient of AG_ALPHA, in its layout */
    AG_FIXED,      /* values that a program with constant weights computes once from them */
    AG_ARENA,      /* intermediate tensors */
    AG_SCRATCH,    /* the program's scratch for each of ag_threads() threads */
    AG_BLOCKS
};

enum ag_init {
    AG_INIT_CONSTANT,   /* a */
    AG_INIT_UNIFORM,    /* uniform in [-a, a] */
    AG_INIT_NORMAL,     /* N(a, b^2) */
    AG_INIT_UNIT_NORMAL /* N(0, 1), scaled to length 1 */
};

struct ag_tensor {
    const char *name;   /* dotted path, as in files */
    int rank, shape[4]; /* as in files: NCHW, OIHW or [out, in] */
    long offset;        /* reals from the start of its block */
    int nhwc;           /* 1: a batch of images, [N, H, W, C] in memory and NCHW in files */
    enum ag_init init;  /* first values; only of parameters */
    double a, b;
};
struct ag_table {
    const struct ag_tensor *tensor;
    int count;
    long size; /* reals in the block */
};

/* A phase: a fixed sequence of kernels from given inputs to given outputs. */
struct ag_phase {
    const char *name; /* "forward", "d", "g", "arch", "r1", "sample" */
    void (*run)(real *const block[AG_BLOCKS]);
    int batch;
    struct ag_table in, out;
    int updates_weights;  /* AG_G or AG_D: the phase computes that block's gradient into AG_GRAD; -1: none */
    int updates_alpha;    /* 1: the phase computes the gradient of AG_ALPHA into AG_GRAD_ALPHA */
    double flop;          /* 2 x multiply-adds of the merged graph's convolutions and linear layers, in direct form */
    double flop_executed; /* what the kernels execute, recomputation included */
    int max_pictures;     /* the most pictures that run_pictures draws at once; 0: run_pictures is NULL */
    /* Draws several pictures at once, in less time per picture than `run`. The phase has no inputs but latents. Latents
     * lie one after the other in AG_IN, pictures in AG_OUT. */
    void (*run_pictures)(real *const block[AG_BLOCKS], int pictures);
};

/* What a kernel of `many` works on: all `count` pictures at once, or the one numbered `first`. */
struct ag_pictures {
    real *const *block;
    int count, first, threads; /* threads that share the kernel */
};

enum { AG_KERNEL_POINTERS = 192 }; /* most arguments of a kernel on a device */

/* A kernel of a program: for the profile, and for launching it on a device. */
struct ag_kernel {
    const char *name;
    double flop;  /* per picture, for kernels that work on pictures; else per call. On a device always per call */
    double bytes; /* that it must move at least, per call */
    int grid[3], threads, pointers; /* on a device: blocks, threads in a block, arguments */
};

/* ---------------------------------------------------------------- tensor.c */

void ag_clear(real *x, long n);
void ag_copy(real *to, const real *from, long n);
/* Clears part `share` of `shares` of the halos around the pictures of x = [images, h + 2 halo, w + 2 halo,
 * channels]. */
void ag_clear_halo(real *x, int images, int h, int w, int channels, int halo, int share, int shares);

/* ---------------------------------------------------------------- profile.c */

/* Generated code marks the end of each kernel. While ag_profiling is not 0, a mark adds to the kernel's account the
 * time since the thread's last mark, and `images`, the number of pictures. If several threads share a call, one of them
 * gives the number and the others give 0. A device times each kernel of a phase and calls ag_profile_add. */
extern int ag_profiling;
void ag_mark_begin(int thread);
void ag_mark(int thread, int kernel, int images);
void ag_profile_add(int kernel, double seconds); /* adds one call; not for two threads at once */
/* For --bench. ag_profile_begin starts new accounts of that many kernels. ag_profile_read sums up all threads' accounts
 * of one. units: pictures for kernels that work on pictures, else calls. */
int ag_profile_begin(int kernels, struct ag_error *err);
struct ag_kernel_time {
    double seconds;
    long calls, units;
};
struct ag_kernel_time ag_profile_read(int kernel);
void ag_profile_end(void);

/* What one alpha chooses from, in the order of its values. */
struct ag_choice {
    const char *name; /* the parameter is alpha.NAME: "cell1.up0", "normal", "b8.up.w" */
    int count;
    const char *const *word;
    int latents; /* 1: the words name intermediate latents, "1", "2", ...; 0: they name operations */
};
/* A part of an architecture, and the choice that decides it. If the choice is among latents, it says which latent the
 * layer takes, else which operation the layer is. */
struct ag_gene {
    const char *name; /* "cell1.up0", "b8.up", "b128.rgb" */
    int choice;
};

/* A generated program, as the runtime sees it. */
struct ag_program {
    const char *kind;         /* "search", "retrain" or "generate" */
    const char *name;         /* the spec's name */
    const char *spec;         /* JSON text of the spec, all defaults filled in */
    const char *genotype;     /* JSON text of the genotype that the program was made from; NULL for a search */
    struct ag_table block[5]; /* tables of AG_G, AG_D, AG_ALPHA, AG_SN and AG_STAT */
    const struct ag_phase *phase;
    int phases;
    long in_size, out_size, arena_size, scratch_size; /* reals of the largest phase; scratch: for each thread */
    void (*prepare)(real *const block[AG_BLOCKS]); /* computes AG_FIXED from the weights; NULL: there is no AG_FIXED */
    long fixed_size;
    int image_size, image_channels, latent;
    const struct ag_kernel *kernel;
    int kernels;
    long parameters;                /* number of the generator's parameters */
    const void *weights;            /* carried by generate, AG_G then AG_STAT; or NULL */
    const void *fixed;              /* carried by generate instead: AG_FIXED, all that its phases read; or NULL */
    enum ag_dtype weights_type;     /* of the carried numbers */
    double (*peak)(void);           /* ag_peak, compiled with the flags of the kernels */
    const struct ag_device *device; /* NULL: the program computes on the CPU */
    const char *image, *image_end, *source; /* a device's kernels, compiled (maybe nothing) and as text */
    const struct ag_choice *choice;         /* search: what each alpha chooses from */
    int choices;
    const struct ag_gene *gene; /* search: the parts of an architecture */
    int genes;
    int micro; /* search: 1 if the genotype also names one operation for each kind of layer */
};

/* ---------------------------------------------------------------- block_file.c: blocks from and to files */

enum ag_load {
    AG_LOAD_REQUIRED = 0, /* a tensor that is missing in the file is an error */
    AG_LOAD_OPTIONAL = 1, /* a tensor that is missing in the file leaves its place in the block as it is */
    AG_LOAD_FINITE = 2    /* added to one of these: NaN and infinity are errors */
};
/* Copies the table's tensors from a file to their places in block. In the file they are named prefix + name, F32 or
 * F64; images are transposed to NHWC. Status 2 for a missing tensor, or another type or shape; the message gives both.
 * The block is then partly written. */
int ag_block_load(const struct ag_st *st, const char *prefix, const struct ag_table *table, real *block, int load,
                  struct ag_error *err);
/* Adds the table's tensors to a file as prefix + name, images as NCHW, in writer->real_dtype. ag_st_write reads
 * block. */
void ag_block_add(struct ag_st_writer *writer, const char *prefix, const struct ag_table *table, const real *block);

/* ---------------------------------------------------------------- generator.c: a generator's weights */

/* Reads AG_G and AG_STAT from a file of weights for the program's genotype. psi: the truncation asked for, which some
 * files don't allow. Status 2. */
int ag_generator_load(const struct ag_program *program, const char *path, double psi, real *const block[AG_BLOCKS],
                      struct ag_error *err);
/* ag_generator_carries: 1 if the program carries its weights. ag_generator_unpack fills the blocks from them.
 * ag_generator_bytes: how many bytes it carries. */
int ag_generator_carries(const struct ag_program *program);
void ag_generator_unpack(const struct ag_program *program, real *const block[AG_BLOCKS]);
long ag_generator_bytes(const struct ag_program *program);
/* Convert n numbers to two-byte numbers of that type, rounding to nearest, and back. */
void ag_to_half(enum ag_dtype type, const float *from, long n, ag_u16 *to);
void ag_from_half(enum ag_dtype type, const ag_u16 *from, long n, real *to);

/* ---------------------------------------------------------------- text.c: text that grows */

struct ag_text {
    char *text; /* ends with a 0; NULL while nothing was added */
    long used, capacity;
    int failed; /* 1: memory ran out, and what was added since is missing */
};
void ag_text_add(struct ag_text *text, const char *format, ...);
int ag_is_finite(double value);
/* Adds a JSON number that reads back as the same float; null for infinity and NaN. */
void ag_text_number(struct ag_text *text, double value);
void ag_text_string(struct ag_text *text, const char *string); /* adds a JSON string with its quotes */
void ag_text_shell(struct ag_text *text, const char *word);    /* adds a word, quoted for a shell if need be */
/* Adds the command that builds a program in a folder. aggen's own makefile builds those in out/; any other folder has a
 * makefile for each program. */
void ag_text_make(struct ag_text *text, const char *folder, const char *program);
void ag_text_free(struct ag_text *text);
/* 1 if `length` characters of text are a decimal number up to `max`, which goes to *value; else 0. */
int ag_digits(const char *text, long length, ag_u64 max, ag_u64 *value);
/* Continues an FNV-1a hash (64 bits) with some bytes. sum: AG_HASH, or an earlier result. */
#define AG_HASH 0xcbf29ce484222325ull
ag_u64 ag_hash(ag_u64 sum, const void *bytes, long size);

/* ---------------------------------------------------------------- options.c: command lines */

/* What noise the pictures of generate have, in the order of --noise's words. */
enum ag_noise {
    AG_NOISE_RANDOM, /* each picture has its own */
    AG_NOISE_FIXED,  /* all pictures have that of picture 0 */
    AG_NOISE_NONE
};

/* A program fills in its defaults, then calls ag_options_read. */
struct ag_options {
    const char *program; /* argv[0] */
    const char *data;    /* a folder or archive, or "shapes" */
    const char *run;     /* run folder */
    const char *weights; /* a file with the generator's weights */
    const char *output;  /* a PNG to write, a folder, or "-" for standard output */
    const char *replay, *dump, *phase;
    ag_u64 seed;
    long iterations, threads, bench, count, interpolate; /* 0: not given */
    long first;                                          /* number of the first picture */
    long seeds;  /* number of seeds from `seed` on, one picture for each; 0: one seed for all pictures */
    long mix[2]; /* of --mix: pictures a side, 0 if not given; number of the first mixed layer from 1 on, or 0 */
    double psi;  /* truncation of the latents */
    int noise;   /* one of enum ag_noise */
    int has_run, has_data, has_seed, has_iterations, has_count, has_noise; /* 1: given on the command line */
    int resume, json, kernels, latents, info, help;
};
enum { AG_DONE = -1 }; /* a status: the program has done what it was asked for, and ends with 0 */
/* Reads the options that this kind of program has, and sets the number of threads. Status 2 for an unknown or malformed
 * option. AG_DONE after --help has been printed. */
int ag_options_read(struct ag_options *options, const struct ag_program *program, int argc, char **argv,
                    struct ag_error *err);
/* How many pictures of a seed generate uses, from number `first` on. A grid of mixtures uses those of both its
 * sides. */
long ag_options_pictures(const struct ag_options *options);
/* The command that runs this program inside aggen, without the program's own arguments. NULL if the program runs by
 * itself. */
extern const char *ag_command;
/* The name by which aggen was started, if the program runs inside it; else NULL. */
extern const char *ag_aggen;
/* What main returns. Prints the message of a status above 0 on standard error. */
int ag_exit(const struct ag_program *program, int status, const struct ag_error *err);

/* ---------------------------------------------------------------- blocks.c: memory of a program */

/* n zeros, aligned to 64 bytes; free them with ag_free. NULL and status 1 in *err if memory runs out. */
real *ag_reals(long n, struct ag_error *err);
/* Allocates all blocks of a program, filled with zeros. The bar blocks are empty unless there is a phase "arch", the
 * gradients unless something is trained. Status 1. */
int ag_blocks_new(const struct ag_program *program, real *block[AG_BLOCKS], struct ag_error *err);
void ag_blocks_free(const struct ag_program *program, real *block[AG_BLOCKS]);
/* The table of a parameter block. A bar block has the table of the block it tests. */
const struct ag_table *ag_block_table(const struct ag_program *program, enum ag_block block);
/* Sends the parameter blocks to the device, except the bar blocks. */
void ag_upload_blocks(const struct ag_program *program, real *const block[AG_BLOCKS]);
/* Computes AG_FIXED. A program that doesn't train calls it when its weights are sent. */
void ag_prepare(const struct ag_program *program, real *const block[AG_BLOCKS]);
/* Copies the blocks AG_G to AG_STAT to AG_BAR_G to AG_BAR_STAT, if the program has these. */
void ag_copy_to_bar(const struct ag_program *program, real *const block[AG_BLOCKS]);
const struct ag_phase *ag_phase_find(const struct ag_program *program, const char *name); /* NULL if there is none */
const struct ag_tensor *ag_table_find(const struct ag_table *table, const char *name);    /* NULL if there is none */
/* Address of a tensor in its block. NULL if the table has none of that name. */
real *ag_tensor_find(const struct ag_table *table, const char *name, real *block);

/* ---------------------------------------------------------------- output.c: losses */

/* A sum over the values of an output. */
struct ag_tally {
    double sum, last;
    long count;   /* number of values since the program started */
    double first; /* the last values are equal to this one up to rounding; */
    long same;    /* so many of them */
};
/* Adds a scalar output of a phase that has just run to a tally. unit and number say in messages which iteration or step
 * this was. On a device the value arrives at a later call or at ag_output_wait, in the order of the calls. Until then phase,
 * name, unit and tally must stay valid. Status 1 if an arrived value isn't finite (the training diverged), or if the
 * device has failed. */
int ag_output(const struct ag_phase *phase, const char *name, real *const block[AG_BLOCKS], const char *unit,
              long number, struct ag_tally *tally, struct ag_error *err);
/* Waits for all values that haven't arrived. Call it before sums are used. Status as for ag_output. */
int ag_output_wait(struct ag_error *err);

/* ---------------------------------------------------------------- params.c: first values, noise on alpha */

/* Sets a block's parameters to their first values, which are a function of seed, block and place in the table. */
void ag_init_block(const struct ag_program *program, enum ag_block block, ag_u64 seed, real *const blocks[AG_BLOCKS]);
/* Sets the phase's inputs in.gumbel.CHOICE and in.sharpness, if it has them: to draw number `draw` of Gumbel(0, 1)
 * noise and the temperature tau. With tau = 0 the phase computes a plain softmax. */
void ag_gumbel(const struct ag_program *program, const struct ag_phase *phase, ag_u64 seed, long draw, double tau,
               real *in);
/* Latents of pictures first to first + n - 1, for looking at: z = [n, latent], a function of seed and picture
 * number. */
void ag_sample_latents(const struct ag_program *program, ag_u64 seed, long first, long n, real *z);

/* ---------------------------------------------------------------- noise.c: inputs of a StyleGAN2 generator */

/* Draws the phase's noise inputs (in.noise…) for a training pass. Returns 1, or 0 if the phase has none. */
int ag_draw_noise(const struct ag_phase *phase, ag_u64 seed, long draw, real *in);
/* Draws them for pictures to look at. Row i of the batch gets the noise of picture first + i * step of the seed seed +
 * i * seed_step. If both steps are 0, all rows have the same noise. */
void ag_sample_noise(const struct ag_phase *phase, ag_u64 seed, int seed_stride, long first, long stride, real *in);
/* Draws the phase's inputs for style mixing in a training pass. in.mix.z gets the second latents. Each picture is mixed
 * with the given probability. A mixed picture has a crossover, uniform among the layers after the first; its values
 * in.mix.LAYER are 1 from there on. All others are 0. The last tRGB counts as a layer. Returns 1, or 0 if the phase has
 * no such inputs. */
int ag_draw_mixing(const struct ag_phase *phase, ag_u64 seed, long draw, double probability, real *in);
/* Sets all inputs of the phase whose names begin with prefix to a value. */
void ag_fill_inputs(const struct ag_phase *phase, const char *prefix, real value, real *in);
/* How many layers can take their latent from in.mix.z. Each has an input in.mix.LAYER; the last tRGB counts as a
 * layer. */
int ag_mix_layers(const struct ag_phase *phase);
/* Lets the layers from number `first` on (0, 1, ...) take it, and the others not. */
void ag_mix_from(const struct ag_phase *phase, int first, real *in);

/* ---------------------------------------------------------------- sample.c */

/* Draws pictures 0 to n - 1 with a phase, a batch at a time: pictures = [n, size, size, channels]. Latents and noise
 * are those of ag_sample_latents and ag_sample_noise, without mixing or truncation. Status 1 if the device fails. */
int ag_sample_pictures(const struct ag_program *program, const struct ag_phase *phase, real *const block[AG_BLOCKS],
                       ag_u64 seed, int n, real *pictures, struct ag_error *err);

/* ---------------------------------------------------------------- draw_workers.c */

/* Draw workers: each draws pictures in a thread of its own. There is one worker for each thread. There is only one,
 * helped by all threads, if the program runs on a device, if the phase draws several pictures a batch, if fewer
 * pictures than threads are to be drawn, or if memory would be short. */
struct ag_draw_workers {
    int count;
    int per_worker;            /* most pictures that a worker draws at once */
    real *(*block)[AG_BLOCKS]; /* worker 0 has the program's blocks, the others their own AG_IN, AG_OUT and AG_ARENA */
};
/* Status 1 if memory runs out. Close after a failure too. */
int ag_draw_workers_open(struct ag_draw_workers *workers, const struct ag_program *program, const struct ag_phase *phase,
                     real *const block[AG_BLOCKS], long pictures, struct ag_error *err);
void ag_draw_workers_close(struct ag_draw_workers *workers);
/* ag_draw_workers_round: of `pictures` left, how many the workers draw in one round. If there are fewer pictures than
 * workers, the first worker draws one. ag_draw_workers_first: number in the round of the first picture of a worker; the
 * worker draws those up to the next worker's first. */
int ag_draw_workers_round(const struct ag_draw_workers *workers, long pictures);
int ag_draw_workers_first(const struct ag_draw_workers *workers, int pictures, int worker);
/* Draws as many pictures as ag_draw_workers_round says, each worker in a thread of its own. If only one worker draws, all
 * threads help it. */
void ag_draw_round(const struct ag_draw_workers *workers, const struct ag_phase *phase, int pictures);

/* ---------------------------------------------------------------- interpolation.c */

/* Interpolates latents along a closed path through the pictures start to start + stations - 1. Frame s * steps has the
 * latent of picture start + s. The frames in between lie on the great circle to the next picture, and after the last
 * picture on that to the first. After stations * steps frames the path starts again. z = [n, latent]: the latents of
 * frames first to first + n - 1. scratch: [latent]. */
void ag_interpolate_latents(const struct ag_program *program, ag_u64 seed, long start, long stations, long steps, long first,
                     long n, real *z, real *scratch);

/* ---------------------------------------------------------------- frames.c: pictures that are written one by one */

/* Names of files: prefix, a number of at least `digits` digits, ".png". The numbers are first, first + 1, … */
struct ag_frame_names {
    const char *prefix;
    int digits;
    ag_u64 first;
    long count;
};
/* Pictures written one by one: as files of these names, or as raw bytes [size, size, channels] on standard output. */
struct ag_frames {
    const struct ag_program *program;
    struct ag_frame_names names;
    const char *folder;    /* NULL: pictures go to standard output */
    int fd;                /* the folder; -1 if it can't be opened for reading */
    ag_u8 *pixels;         /* pictures that wait until several can be compressed side by side */
    long waiting, written; /* numbers of pictures */
    struct ag_error *errors, *err;
    int *failed; /* status of each picture of a round; errors holds the messages */
};
/* 1 if pictures go one by one to an output of this name: it ends in /, is a folder, or is "-". */
int ag_frames_wanted(const char *output);
/* Status 2 if standard output is a terminal, 1 if it is closed. */
int ag_frames_check(struct ag_error *err);
/* Makes the folder. Status 2 if pictures can't be written there, 1 if memory runs out. */
int ag_frames_open(struct ag_frames *frames, const struct ag_program *program, const char *output,
                   struct ag_frame_names names, struct ag_error *err);
/* Takes the next n pictures, in [-1, 1]. Status 1; the message is empty if nobody reads standard output any more. */
int ag_frames_write(struct ag_frames *frames, const real *pictures, long n);
/* Writes the pictures that wait, and waits until all are on the disk. Must be called, after a failure too. Status 1. */
int ag_frames_end(struct ag_frames *frames);
/* Says on standard error which other pictures the folder holds, so that nobody takes them for these. */
void ag_frames_report_others(const struct ag_frames *frames);
void ag_frames_close(struct ag_frames *frames);

/* ---------------------------------------------------------------- info.c: what a generator is */

/* Prints a generator's name, architecture and sizes, where its weights come from, and a hash of genotype and carried
 * weights. file: the file with the weights, if the program carries none. Returns AG_DONE. */
int ag_info(const struct ag_program *program, const char *file);

/* ---------------------------------------------------------------- device.c: where a program computes */

/* On the CPU, phases, Adam and averages work on the blocks themselves. On a device they work on twins: copies that the
 * blocks have in the device's memory. The host sends a block after it has written it, and fetches it before it reads
 * it. Inputs are sent when their phase runs. */
int ag_device_open(const struct ag_program *program, struct ag_error *err); /* the program's, unless it is open */
real *ag_mirror_new(long n, struct ag_error *err); /* n zeros, and a twin of them; NULL with status 1 in *err */
void ag_mirror_free(real *host);
void ag_upload(const real *host, long n);                 /* copies any part of a block to its twin */
int ag_download(real *host, long n, struct ag_error *err); /* copies it back; status 1 if the device has failed */
void ag_run(const struct ag_phase *phase, real *const block[AG_BLOCKS]);
void ag_wait(void); /* until the device has done all that was asked for */
/* On the twins if there is a device, else on the blocks. */
void ag_mirror_clear(real *x, long n);
void ag_mirror_copy(real *to, const real *from, long n);
void ag_add(real *to, const real *from, long n); /* to += from */
void ag_scale(real *to, double factor, long n);  /* to *= factor */

/* What one step of Adam computes with. */
struct ag_adam_update {
    real *weight, *gradient, *m, *v;
    real beta1, beta2, one_minus_beta1, one_minus_beta2;
    real decay, step_size, bias_correction; /* step_size: lr / (1 - beta1^t); bias_correction: 1 / sqrt(1 - beta2^t) */
    long size;
};

enum { AG_SLOTS = 16 }; /* scalars that may be on their way from a device at once */

/* A kind of device. size: reals of a twin. host_size: reals of the block on the host, which may be fewer. */
struct ag_device {
    int (*open)(const struct ag_program *program, struct ag_error *err); /* does nothing if it is open */
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
    /* Draws ag_normals into a phase's inputs on the device. They aren't sent when the phase runs, unless they were
     * fetched. */
    void (*normals)(real *to, long n, ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first);
    void (*wait)(void);
    void (*read)(int slot, const real *from); /* begins to copy one real of a twin into a slot, 0 to AG_SLOTS - 1 */
    int (*ready)(int slot);                   /* 1 if take wouldn't wait */
    int (*take)(int slot, real *value, struct ag_error *err); /* waits for it; status 1 if the device has failed */
    double (*peak)(void);                                     /* GFLOP/s */
};
extern const struct ag_device *ag_device; /* the program's; NULL: the CPU */

/* Called by phases on a device, while they are captured. ag_launch launches kernel number `kernel` of the program with
 * its pointers. All addresses are in the device's memory. */
void ag_launch(int kernel, ...);
void ag_launch_copy(real *to, const real *from, long n);
extern const struct ag_device ag_cuda;

/* ---------------------------------------------------------------- adam.c */

struct ag_adam_rates {
    double lr, beta1, beta2, decay; /* decay: L2, added to the gradient */
};
struct ag_adam {
    struct ag_adam_rates rates;
    long size, steps;
    real *m, *v; /* moments of the gradient and of its square */
};
int ag_adam_new(struct ag_adam *adam, struct ag_adam_rates rates, long size, struct ag_error *err);
void ag_adam_restart(struct ag_adam *adam); /* sets step count and moments to 0 */
/* Takes one step, with `factor` times the learning rate and epsilon 1e-8. Sets the gradient to 0. */
void ag_adam_step(struct ag_adam *adam, double factor, real *weight, real *gradient);
void ag_adam_free(struct ag_adam *adam);
/* average = decay * average + (1 - decay) * value */
void ag_average(real *average, const real *value, long n, double decay);

/* ---------------------------------------------------------------- architecture.c: what alpha says */

/* Mean over the choices of the entropy of softmax(alpha), in nats. */
double ag_alpha_entropy(const struct ag_program *program, const real *alpha);
/* Adds alpha as JSON: {"cell1.up0": [0.1, ...], ...} */
void ag_alpha_text(struct ag_text *text, const struct ag_program *program, const real *alpha);
/* Adds the genotype that the largest alphas name, as the text of a file. found: JSON that says how it was found. */
void ag_genotype_text(struct ag_text *text, const struct ag_program *program, const real *alpha, const char *found);
/* 1 if the texts of two genotypes name the same operations and latents, or if one of them is NULL. */
int ag_same_genotype(const char *a, const char *b);
/* Finds the object under a key in a genotype's text. key is written with quotes: "ops", "latents", "generator" or
 * "found". NULL if there is none. */
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
/* Compares the canonical spec that a run began with and the program's. Learning rates, the length, and the intervals at
 * which a run writes may change. Returns 0 if nothing else has. changes then lists them as JSON members,
 * "search.arch.lr": [before, now], …, and other_length is 1 if the length of a run of this kind of program is among
 * them. Returns 1 if another key differs; `other` is its path. */
int ag_spec_changes(const struct ag_program *program, const char *before, const char *now, struct ag_text *changes,
                    int *other_length, char other[AG_SPEC_KEY]);

/* ---------------------------------------------------------------- checkpoint.c */

enum { AG_MAX_ITERATIONS = 100000000 }; /* or steps, that a run may have */

/* What a checkpoint holds. The program lists its counters, sums and tensors, then saves or reads them. */
enum { AG_CHECKPOINT_PARTS = 40 };
struct ag_checkpoint {
    const struct ag_program *program;
    struct {
        const char *name;
        long *count; /* one of these three is not NULL */
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
    struct ag_st st;        /* valid between ag_checkpoint_open and ag_checkpoint_close, as are those below */
    struct ag_text changes; /* differences from the spec of the checkpoint, as ag_spec_changes lists them */
    int other_length;
};
void ag_checkpoint_begin(struct ag_checkpoint *checkpoint, const struct ag_program *program);
void ag_checkpoint_count(struct ag_checkpoint *checkpoint, const char *name, long *count);
void ag_checkpoint_word(struct ag_checkpoint *checkpoint, const char *name, ag_u64 *word);
void ag_checkpoint_sum(struct ag_checkpoint *checkpoint, const char *name, double *sum); /* saved exactly */
/* Makes the last listed value optional. If an older checkpoint lacks it, it stays as it is. */
void ag_checkpoint_optional(struct ag_checkpoint *checkpoint);
void ag_checkpoint_block(struct ag_checkpoint *checkpoint, const char *prefix, const struct ag_table *table,
                         real *data);
/* Lists a tally's fields first and same under these names. A checkpoint may lack them. */
void ag_checkpoint_standstill(struct ag_checkpoint *checkpoint, const char *first, const char *same,
                              struct ag_tally *tally);
/* Lists an optimiser: its step count under `name`, its moments as adam.m. and adam.v. + prefix + the table's names.
 * prefix is "bar." or "". */
void ag_checkpoint_adam(struct ag_checkpoint *checkpoint, const char *name, const char *prefix,
                        const struct ag_table *table, struct ag_adam *adam);
/* Settles the outputs. Status 1 if an output, or a value of a listed tensor, isn't finite. */
int ag_checkpoint_check(const struct ag_checkpoint *checkpoint, struct ag_error *err);
/* Checks, then writes the file. Status 1; an earlier file then stays as it was. */
int ag_checkpoint_save(struct ag_checkpoint *checkpoint, const char *path, struct ag_error *err);
/* Bytes that the file will take on a disk, to within some kilobytes. */
double ag_checkpoint_bytes(const struct ag_checkpoint *checkpoint);
/* ag_checkpoint_open opens a file and reads the values listed so far. The file must be of this kind of program,
 * genotype and spec, except for what a run may change. ag_checkpoint_read then reads everything that is listed by now,
 * which must be everything in the file. Status 2. Call ag_checkpoint_close after ag_checkpoint_open. */
int ag_checkpoint_open(struct ag_checkpoint *checkpoint, const char *path, struct ag_error *err);
int ag_checkpoint_read(struct ag_checkpoint *checkpoint, struct ag_error *err);
void ag_checkpoint_close(struct ag_checkpoint *checkpoint);

/* ---------------------------------------------------------------- training.c: what searches and retrainings do alike
 */

/* Identifies the pictures of a run: their number and a hash of their names, as from ag_data_identity. */
struct ag_set {
    ag_u64 pictures, names;
};
void ag_set_list(struct ag_checkpoint *checkpoint, struct ag_set *set);
/* Sets a set to unknown. Call it before a checkpoint is read, since an old one may not have these numbers, or if there
 * is none. */
void ag_set_forget(struct ag_set *set);
/* Compares the set of a checkpoint with the pictures that were opened. Warns if they are others, and adds that to
 * changes. *set becomes the opened one. */
void ag_set_compare(struct ag_set *set, const struct ag_data *data, struct ag_progress *progress,
                    struct ag_text *changes);
/* Writes samples/reals.png: the first n pictures, or as many as there are, as the network sees them. pictures: room for
 * n. */
int ag_show_reals(struct ag_run *run, struct ag_data *data, int n, real *pictures, struct ag_error *err);
/* Prints and logs what has changed since the checkpoint after `done` iterations or steps. changes: members of a JSON
 * object. */
int ag_run_log_changes(struct ag_run *run, struct ag_progress *progress, long done, struct ag_text *changes,
                       struct ag_error *err);
/* Why a run learns nothing any more: both losses stand still, or all pictures are alike. "" if neither is so. */
const char *ag_lifeless(const struct ag_tally *d, const struct ag_tally *g, long alike);
/* ag_warn_lifeless warns of that once. ag_log_lifeless adds it to a line of the log. */
void ag_warn_lifeless(struct ag_progress *progress, const char *why, int *told);
void ag_log_lifeless(struct ag_text *line, const char *why);
/* 1 if n pictures of `size` reals differ by at most 1e-4. */
int ag_alike(const real *pictures, int n, long size);

/* ---------------------------------------------------------------- signals.c */

/* From now on SIGINT, SIGTERM and SIGHUP are only noted; a second one ends the program. SIGPIPE, which says that nobody
 * reads the output any more, is noted too. Writing a file that grows too large is an error, as on a full disk. */
void ag_signals_catch(void);
int ag_signals_caught(void); /* the first signal that came, or 0 */

/* ---------------------------------------------------------------- retraining.c */

/* What all retraining programs have. program and err are set before anything else. A program adds its own state. */
struct ag_retraining {
    const struct ag_program *program;
    ag_u64 seed;
    long steps, step; /* of this run: how many in all, how many done. Conventional networks call them iterations */
    /* The learning rate may fall linearly. Its factor was `rate` after step `from`, and is 0 after the last step. They
     * are 1 and 0 unless the length of the run was changed on the way. */
    double rate;
    long from;
    struct ag_set set;
    struct ag_tally d_loss, g_loss;
    long alike;             /* 1: the pictures of the last grid are all alike */
    int told;               /* 1: the warning that the run is lifeless was printed */
    struct ag_text changes; /* since the checkpoint that the run went on from */
    real *block[AG_BLOCKS];
    real *ema; /* the averaged weights of AG_G */
    struct ag_adam d, g;
    const struct ag_phase *sample;
    real *pictures; /* [samples, size, size, channels] */
    int samples;    /* number of pictures in a grid */
    struct ag_data *data;
    struct ag_run run;
    struct ag_progress progress;
    struct ag_error *err;
};
/* Allocates the networks, their moments and a grid of pictures. Status 1; call ag_retraining_free then too. */
int ag_retraining_new(struct ag_retraining *r, struct ag_adam_rates d, struct ag_adam_rates g, int samples);
void ag_retraining_free(struct ag_retraining *r);
/* Lists the values that all retraining programs save, except seed, steps and step: the programs list these under their
 * own names. */
void ag_retraining_list(struct ag_retraining *r, struct ag_checkpoint *c);
/* Resumes the run (if run.resumed) from its checkpoint, or begins one. The program has listed its values in c. This
 * function lists the tensors; ag_retraining_save does too. linear_decay: the learning rate falls to 0. Status 2 for
 * making a run longer whose rate has reached 0. */
int ag_retraining_begin(struct ag_retraining *r, struct ag_checkpoint *c, const struct ag_options *options,
                        int linear_decay);
/* The factor of a learning rate that falls linearly. */
double ag_retraining_rate(const struct ag_retraining *r);
/* Opens the log, writes into it what has changed since the checkpoint, and warns if the disk is too small for the
 * samples and numbered generators to come. These are written every so many steps; keep_every may be 0: never. */
int ag_retraining_open_log(struct ag_retraining *r, long sample_every, long keep_every);
/* As ag_lifeless. */
const char *ag_retraining_lifeless(const struct ag_retraining *r);
/* Writes the generator, then the checkpoint. The generator has the averaged weights and the running statistics of the
 * trained network. If a run is killed between the two, it repeats its last steps and writes the generator again. */
int ag_retraining_save(struct ag_retraining *r, struct ag_checkpoint *c);
/* Opens the pictures, all for training, prints the set's summary, and writes samples/reals.png. */
int ag_retraining_data(struct ag_retraining *r, const char *format, const char *path, int center_crop);
/* Writes samples/STEP.png: pictures of the averaged generator, from the same latents and noise each time. */
int ag_retraining_samples(struct ag_retraining *r);
/* Writes the averaged generator to ema-STEP.safetensors if step is a multiple of `every`; 0: never. */
int ag_retraining_keep(struct ag_retraining *r, long every);
/* Prints the command that draws pictures with the weights. program is argv[0]. */
void ag_retraining_tell(struct ag_retraining *r, const char *program);

/* ---------------------------------------------------------------- replay.c, bench.c, peak.c */

int ag_replay(const struct ag_program *program, const struct ag_options *options, struct ag_error *err);
int ag_bench(const struct ag_program *program, const struct ag_options *options, struct ag_error *err);
/* The multiply-add rate of ag_threads() threads in GFLOP/s: the median of some runs, which take 10 ms together. */
double ag_peak(void);

/* ---------------------------------------------------------------- instruction_set.c */

/* Bytes of the widest vectors that this machine has and kernels exist for: 64 (AVX-512), 32 (AVX2 with FMA), else 16.
 * The environment variable AG_WIDTH, "avx2" or "sse2", lowers it. */
int ag_vector_bytes(void);
/* Says that the program has no kernels for this machine, and ends it. */
void ag_exit_unsupported(void);
#endif
