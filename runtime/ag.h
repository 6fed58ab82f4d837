/*
 * The runtime of generated programs: everything they need that does not depend on the search space.
 *
 * Generated host code includes this header and no other, and it includes none itself, so that a program can be
 * compiled in memory where no C library headers are installed. C99 that tcc accepts.
 *
 * Functions that can fail return 0, or the exit status the program should end with (1: the run failed, 2: bad usage
 * or bad input), and leave one line in *err that says what, where and what to do.
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
    char text[1024];
};
/* Formats into err->text and returns status. */
int ag_fail(struct ag_error *err, int status, const char *format, ...);
/* Does a control character of UTF-8 begin at c? (ISO 6429's upper half, C2 80 to C2 9F, takes two bytes.) */
int ag_is_control(const char *c);

/* ---------------------------------------------------------------- random.c: Philox 4x32-10 */

/* Streams of the counter-based generator; every use of randomness has one. */
enum ag_stream {
    AG_RNG_INIT = 1,     /* first values of parameters: step = index of the parameter in its block's table */
    AG_RNG_Z,            /* latents of training: step = number of the draw */
    AG_RNG_SAMPLE,       /* latents of pictures to look at: step = number of the picture */
    AG_RNG_GUMBEL,       /* Gumbel noise on architecture logits: step = number of the draw */
    AG_RNG_SPLIT,        /* split of the data into halves */
    AG_RNG_SHUFFLE,      /* order of a half: step = epoch * 2 + half */
    AG_RNG_SHAPES,       /* the drawn data set: step = number of the picture */
    AG_RNG_BENCH,        /* random data of --bench */
    AG_RNG_NOISE,        /* noise of a StyleGAN2 generator's layers in training: step = number of the draw */
    AG_RNG_SAMPLE_NOISE, /* the same of pictures to look at: step = number of the picture */
    AG_RNG_MIXING        /* style mixing: latents and crossovers: step = number of the draw */
};
/* One block of four words: key = seed, counter = (index low, index high, step, stream). */
void ag_philox(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 index, ag_u32 out[4]);
/* out[i], i < n: word (first + i) of the stream, as a uniform in [0, 1) (24 bits), or a N(0, 1) by Box-Muller on
 * consecutive pairs of words. Value i depends on first + i alone, never on how many are drawn at once. */
void ag_uniforms(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first, long n, real *out);
void ag_normals(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first, long n, real *out);
/* A random permutation of 0..n-1 (Fisher-Yates). */
void ag_permutation(ag_u64 seed, ag_u32 stream, ag_u32 step, int n, int *out);

/* ---------------------------------------------------------------- parallel.c */

/* Runs fn(context, task, thread) for every task in 0..tasks-1, in an order that no one may rely on, on up to
 * ag_threads() threads, and waits; thread is in 0..ag_threads()-1 and distinct among the calls that run at the same
 * time. */
void ag_parallel(int tasks, void (*fn)(void *context, int task, int thread), void *context);
/* The same, but a thread's tasks come in their order, so that one can fetch what the next one reads. */
void ag_parallel_forward(int tasks, void (*fn)(void *context, int task, int thread), void *context);
/* How many threads would share a loop begun here: one alone, in a task of another loop. */
int ag_sharing(void);
void ag_set_threads(int threads); /* 0: one for each core this process may use */
int ag_threads(void);

/* ---------------------------------------------------------------- machine.c: what a process may use */

/* Cores and free bytes of memory, as the system and the limits of a container say. root: of the file system in which
 * /proc and /sys are read: "". */
int ag_cores(const char *root);
double ag_free_memory(const char *root);
/* Status 1, and a line that says what is needed for what and what is free, if so many bytes of memory are not. */
int ag_check_memory(double bytes, const char *what, struct ag_error *err);

/* ---------------------------------------------------------------- data.c: pictures to learn from */

struct ag_data; /* one training thread uses it at a time; it has threads of its own */
struct ag_data_options {
    const char *format; /* "cifar10", "stl10", "images", "zip" or "shapes" */
    const char *path;   /* folder or archive; "shapes" stands for that format. With a path, images, zip and shapes are
                           one: what the path is decides, a folder or a file */
    int size, channels; /* of the pictures to deliver; channels: 1 (grey) or 3 */
    int center_crop;    /* 1: cut the largest centred square out before resizing */
    double split;       /* share of the pictures in the training half, 0 to 1; 1: the other half is empty */
    ag_u64 seed;        /* of the split, the order and the drawn shapes */
    ag_u64 cache_bytes; /* sets larger than this are read while training goes on; 0: 2 GiB */
};
/* Opens a set and splits it into half 0 (training) and half 1 (validation). Broken pictures are left out; the first
 * few are named on stderr, in an order that depends on the set alone. Fails with 2 (no set there, none of its
 * pictures usable, wrong options; the line names --data) or 1 (no memory or descriptors, a failing disk, a folder that
 * can't be listed). */
int ag_data_open(struct ag_data **data, const struct ag_data_options *options, struct ag_error *err);
/* Pictures in a half; LONG_MAX where they never end (shapes). */
long ag_data_count(const struct ag_data *data, int half);
/* Batch number index (0, 1, 2, ...) of a half: out = [batch, size, size, channels] in [-1, 1]. A pure function of
 * options, half, batch and index; ready at once where a half's batches are asked for in sequence. Each epoch visits
 * the half in a fresh order and drops the last short batch. Fails with 2 where the half has fewer pictures than a
 * batch, or none of them can be read any more, with 1 where memory or descriptors have run out or the disk fails. */
int ag_data_batch(struct ag_data *data, int half, int batch, long index, real *out, struct ag_error *err);
/* The first n pictures of the order in which half 0 is first visited, n <= ag_data_count(data, 0), as a batch has them:
 * out = [n, size, size, channels]. A pure function of options and n; batches made ahead stay. Fails as ag_data_batch.
 */
int ag_data_look(struct ag_data *data, int n, real *out, struct ag_error *err);
/* One line: how many pictures, in which halves, how many left out, what was passed over. Valid until ag_data_close. */
const char *ag_data_summary(const struct ag_data *data);
/* Pictures found usable at opening, and FNV-1a (64 bits) over their names within the set, in order, each with its final
 * 0: a folder and an archive of what is in it are alike, as long as the archive's names begin inside the folder. 0 and
 * 0 where they never end. */
void ag_data_identity(const struct ag_data *data, ag_u64 *count, ag_u64 *hash);
void ag_data_close(struct ag_data *data); /* NULL is fine */

/* ---------------------------------------------------------------- file.c: reading, writing, folders */

#define AG_PATH 4096 /* bytes of the longest path, the final 0 included */

/* A file being written. It appears under its name only by ag_file_commit, complete and on the disk; until then, and
 * after any failure, a file that had the name before is untouched. The text goes to .NAME.tmp in the same folder,
 * which the next writer of NAME takes over if this one is killed. What isn't a regular file (/dev/stdout) is written
 * directly; a pipe that nobody reads is a failure after some seconds. The first failure sticks: later calls return its
 * status and do nothing. All failures are status 1; from ag_file_open on, a file that grows too large is one of them,
 * and no signal. */
struct ag_file {
    int fd, status;
    int synced_later; /* may be set to 1 after ag_file_open: committing then doesn't wait for the disk, but leaves that
                         to one ag_file_sync for many files; until then a power failure may leave the file cut */
    long used;        /* bytes waiting in the buffer */
    char *buffer, *path, *temporary; /* temporary is NULL when written directly */
    struct ag_error *err;
};
int ag_file_open(struct ag_file *file, const char *path, struct ag_error *err);
/* The same, but whatever has the name is replaced: a link is not followed, a pipe not written. */
int ag_file_replace(struct ag_file *file, const char *path, struct ag_error *err);
int ag_file_write(struct ag_file *file, const void *data, long size);
/* Ends the writing; exactly one of the two must follow an ag_file_open, a failed one too. */
int ag_file_commit(struct ag_file *file);
void ag_file_cancel(struct ag_file *file);
/* Waits until all that was written to a folder's file system is on the disk. fd: the folder, opened before the first of
 * the files, since a file system tells of what it could not write to those who were there; -1: it can't be opened for
 * reading. Status 1. */
int ag_file_sync(int fd, const char *folder, struct ag_error *err);

int ag_cannot_sync(int error); /* 1 for an errno of fsync that says that a file system doesn't do that */

/* Can it be written, as far as can be told beforehand? Leaves nothing behind. Status 1. */
int ag_file_check(const char *path, struct ag_error *err);

/* Open, write and commit at once, for content that is in memory. */
int ag_write_file(const char *path, const void *data, long size, struct ag_error *err);
/* The whole file in *data (free it with ag_free), with a 0 after its *size bytes. Status 2 if it can't be opened or
 * read or has more than limit bytes, 1 if memory runs out; *data is then NULL. */
int ag_read_file(const char *path, long limit, char **data, long *size, struct ag_error *err);
void ag_free(void *memory);

/* What a program does first: standard descriptors that are closed become /dev/null, where what the program would do
 * with them fails. Else the next file that is opened would be taken for one of them. */
void ag_open_standard(void);

/* Makes the folder and those above it; one that is there already is no failure. Status 1. */
int ag_make_dirs(const char *path, struct ag_error *err);
int ag_is_file(const char *path); /* 1 for a regular file, 0 for anything else or nothing */
int ag_is_home(void);             /* Is the current folder aggen's own, whose makefile builds out/NAME? */
int ag_is_dir(const char *path);
/* path = folder/name. Status 2 if it doesn't fit. */
int ag_join(char path[AG_PATH], const char *folder, const char *name, struct ag_error *err);

/* ---------------------------------------------------------------- formats.c: what names of files promise */

enum ag_format {
    AG_FORMAT_NONE, /* no ending, or none that is known */
    AG_FORMAT_PNG,
    AG_FORMAT_PICTURE, /* of another kind */
    AG_FORMAT_VIDEO,
    AG_FORMAT_SAFETENSORS,
    AG_FORMAT_OTHER /* arrays and weights of others, archives, texts */
};
/* By what follows the last dot of a path's last part, in capitals or not. */
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
#define AG_RANK 8                       /* the most dimensions a tensor in a file may have */
int ag_dtype_size(enum ag_dtype dtype); /* bytes */
const char *ag_dtype_name(enum ag_dtype dtype);

struct ag_st_tensor {
    const char *name;
    enum ag_dtype dtype;
    int rank;
    long shape[AG_RANK];
    long count;       /* elements: the product of shape, 1 for rank 0 */
    const void *data; /* in the file's memory: little-endian, C order, not necessarily aligned */
};
struct ag_st_text {
    const char *key, *value;
};
/* An open file: all of it in memory, every header field checked. Read-only for its users. */
struct ag_st {
    const char *path;            /* for messages */
    struct ag_st_tensor *tensor; /* sorted by name */
    int tensors;
    struct ag_st_text *text; /* the metadata, sorted by key */
    int texts;
    char *file, *strings; /* what the pointers above point into; file is NULL for ag_st_open_memory */
};
/* Status 2 for a file that is missing or wrong, the message naming the byte; 1 if memory runs out. After a failure st
 * is empty, and closing it harmless. */
int ag_st_open(struct ag_st *st, const char *path, struct ag_error *err);
/* The same for the bytes of a file that is in memory already, and stays there until ag_st_close. */
int ag_st_open_memory(struct ag_st *st, const char *name, const void *bytes, long size, struct ag_error *err);
void ag_st_close(struct ag_st *st);
const struct ag_st_tensor *ag_st_find(const struct ag_st *st, const char *name); /* NULL: there is none */
const char *ag_st_meta(const struct ag_st *st, const char *key);                 /* NULL: there is none */
long ag_st_count(int rank, const long *shape); /* elements of a shape; -1 if their bytes may not fit a long */

/* ---------------------------------------------------------------- safetensors_write.c */

/* How a header of ours begins; eight hexadecimal digits follow, the CRC-32 of all of the file behind the header's
 * length, these digits taken as zeros. Every file is checked by it that begins so. */
#define AG_ST_CHECKSUM "{\"__metadata__\":{\"crc32\":\""

/* A file to write: begin, add, then ag_st_write or ag_st_discard. Names are copied, data is not: it is read by
 * ag_st_write. The tensors lie in the order they were added, those of wider types first, so that each is aligned. */
struct ag_st_writer {
    struct ag_st_entry *entry;
    int entries, entry_room;
    struct ag_st_text *text;
    int texts, text_room;
    enum ag_dtype real_dtype; /* of what ag_table_add adds: AG_F32; AG_F64 keeps all of a double */
    int failed;               /* why ag_st_write will fail: 1 out of memory, 2 a wrong argument */
};
void ag_st_begin(struct ag_st_writer *writer);
void ag_st_add(struct ag_st_writer *writer, const char *name, enum ag_dtype dtype, int rank, const long *shape,
               const void *data);
/* reals, named prefix + name, in writer->real_dtype; nhwc: shape is NCHW and data NHWC, and is turned when written */
void ag_st_add_reals(struct ag_st_writer *writer, const char *prefix, const char *name, int rank, const long *shape,
                     int nhwc, const real *data);
void ag_st_add_meta(struct ag_st_writer *writer, const char *key, const char *value); /* copied; UTF-8 */
/* Writes the file as ag_file_commit does, and empties the writer. Status 1, also for a name added twice. */
int ag_st_write(struct ag_st_writer *writer, const char *path, struct ag_error *err);
void ag_st_discard(struct ag_st_writer *writer);

/* ---------------------------------------------------------------- image.c: PNG */

/* pixels: [h, w, channels] of 8 bits, channels 1 (grey) or 3 (RGB), w and h up to 2^31 - 1, which is what the format
 * has. Atomic as ag_file_commit; status 1. */
int ag_write_png(const char *path, int w, int h, int channels, const ag_u8 *pixels, struct ag_error *err);
/* The same into a file that is open, and has to be committed. */
void ag_put_png(struct ag_file *file, int w, int h, int channels, const ag_u8 *pixels);
/* n values in [-1, 1] (clamped; NaN is black) as 8 bits each. */
void ag_levels(const real *value, long n, ag_u8 *levels);
/* A grid of n pictures, row by row, 2 black pixels between neighbours; black where no picture was put. */
struct ag_canvas {
    ag_u8 *pixels; /* [height, width, channels] */
    long columns;
    int width, height, size, channels;
};
/* path: where it will be written, for messages. Status 2 if it is larger than a PNG can be, 1 if memory runs out; fewer
 * pictures than columns make a grid of one row. */
int ag_canvas_new(struct ag_canvas *canvas, const char *path, long n, long columns, int size, int channels,
                  struct ag_error *err);
void ag_canvas_put(struct ag_canvas *canvas, long place, const real *picture); /* [size, size, channels] in [-1, 1] */
int ag_canvas_write(const struct ag_canvas *canvas, const char *path, struct ag_error *err);
void ag_canvas_free(struct ag_canvas *canvas);
/* All of it at once; images: [n, size, size, channels]. */
int ag_write_grid(const char *path, const real *images, int n, int size, int channels, int columns,
                  struct ag_error *err);

/* ---------------------------------------------------------------- progress.c */

/* How far a loop is: on a terminal one line drawn over and over, elsewhere a line now and then. */
struct ag_progress {
    int fd; /* 1: on standard output, 2: on standard error */
    const char *label;
    long total, done, measured_done;
    double interval; /* seconds between plain lines: 10; may be set after ag_progress_start */
    int terminal, drawn;
    double started, measured, shown;     /* times in seconds */
    double recent_steps, recent_seconds; /* of the last half minute or so, the older the less */
    char message[256];
};
/* done_already: steps of an earlier process, which say nothing about the rate of this one. On standard output, or on
 * the other of the two. */
void ag_progress_start(struct ag_progress *progress, const char *label, long total, long done_already);
void ag_progress_start_on(struct ag_progress *progress, int fd, const char *label, long total, long done_already);
/* done steps are done, done_already's included; the rest is a printf format, shown behind the numbers. */
void ag_progress_step(struct ag_progress *progress, long done, const char *format, ...);
/* A line of its own, which the progress line makes way for. */
void ag_progress_note(struct ag_progress *progress, const char *format, ...);
/* Leaves a last line: steps done and time taken. */
void ag_progress_end(struct ag_progress *progress);
/* Takes the line off a terminal: for the end of a loop that failed. */
void ag_progress_clear(struct ag_progress *progress);
/* Seconds since some moment in the past, never going back. */
double ag_seconds(void);
/* "1h02m", "3m20s", "12s"; "?" for what is no time. */
void ag_format_time(double seconds, char text[16]);

/* ---------------------------------------------------------------- blocks and tensors of a program */

/* The memory a phase works on. Parameters lie in blocks; AG_BAR_x holds the test weights (the paper's G and D with a
 * bar) in the layout of x. */
enum ag_block {
    AG_G,     /* generator weights */
    AG_D,     /* discriminator weights */
    AG_ALPHA, /* architecture parameters */
    AG_SN,    /* spectral norm's u and v */
    AG_STAT,  /* running statistics of batch norm */
    AG_BAR_G,
    AG_BAR_D,
    AG_BAR_ALPHA,
    AG_BAR_SN,
    AG_BAR_STAT,
    AG_IN,         /* inputs of a phase, one after the other */
    AG_OUT,        /* its outputs */
    AG_GRAD,       /* gradient of the weight block it updates, in that block's layout */
    AG_GRAD_ALPHA, /* gradient of AG_ALPHA, in its layout */
    AG_FIXED,      /* values that a program whose weights stay as they are computes once from them */
    AG_ARENA,      /* intermediate tensors */
    AG_SCRATCH,    /* ag_threads() times the program's scratch */
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
    int rank, shape[4]; /* as in files: NCHW, OIHW, [out, in] */
    long offset;        /* from the start of its block, in reals */
    int nhwc;           /* 1: an image batch, [N, H, W, C] in memory and NCHW in files */
    enum ag_init init;  /* parameters only: their first value */
    double a, b;
};
struct ag_table {
    const struct ag_tensor *tensor;
    int count;
    long size; /* of the block, in reals */
};

/* A phase: a straight line of kernels between given inputs and outputs. */
struct ag_phase {
    const char *name; /* "forward", "d", "g", "arch" */
    void (*run)(real *const block[AG_BLOCKS]);
    int batch;
    struct ag_table in, out;
    int updates_weights;  /* AG_G or AG_D: AG_GRAD has that block's gradient afterwards; -1: none */
    int updates_alpha;    /* 1: AG_GRAD_ALPHA has the gradient of AG_ALPHA afterwards */
    double flop;          /* 2 x multiply-adds of the merged graph's convolutions and linear layers, direct form */
    double flop_executed; /* what the kernels really do, recomputation included */
    int pictures;         /* how many `many` draws at the most, which is quicker for each; 0: there is no `many` */
    /* Draws so many pictures, whose latents, then all its input, and results lie one after the other. */
    void (*many)(real *const block[AG_BLOCKS], int pictures);
};

/* What the kernels of `many` work on: all pictures together, or the one of that number. */
struct ag_pictures {
    real *const *block;
    int count, first, threads; /* threads that share each kernel */
};

enum { AG_KERNEL_POINTERS = 192 }; /* the most arguments that a kernel on a device takes */

/* A kernel of a program, for its profile, and for a device to launch. */
struct ag_kernel {
    const char *name;
    double flop;  /* of one picture (kernels that work on pictures) or of one call; on a device always of one call */
    double bytes; /* that it must move, at the least */
    int grid[3], threads, pointers; /* on a device: blocks, threads of one, arguments */
};

/* ---------------------------------------------------------------- tensor.c */

void ag_clear(real *x, long n);
void ag_copy(real *to, const real *from, long n);
/* Zeroes the halo around each picture of x [images, h + 2 halo, w + 2 halo, channels]: one of so many shares of it. */
void ag_clear_halo(real *x, int images, int h, int w, int channels, int halo, int share, int shares);

/* ---------------------------------------------------------------- profile.c */

/* Generated code marks the end of each kernel: while ag_profiling is not 0, the time since the thread's last mark is
 * added to the kernel's account, and how many pictures it was for: 0 of all shares of a call but one. A device then
 * times each kernel of a phase that runs, and adds that. */
extern int ag_profiling;
void ag_mark_begin(int thread);
void ag_mark(int thread, int kernel, int images);
void ag_profile_add(int kernel, double seconds); /* one call; not from two threads at once */
/* For --bench: starts new accounts of that many kernels, and reads one, all threads together; flop units: pictures for
 * kernels that work on pictures, else calls. */
int ag_profile_begin(int kernels, struct ag_error *err);
struct ag_account {
    double seconds;
    long calls, units;
};
struct ag_account ag_profile_read(int kernel);
void ag_profile_end(void);

/* What an alpha chooses from, in its order. */
struct ag_choice {
    const char *name; /* of the parameter alpha.NAME: "cell1.up0", "normal", "b8.up.w" */
    int count;
    const char *const *word;
    int latents; /* 1: the words are "1", "2", ..., intermediate latents; 0: they are operations */
};
/* A part of an architecture, and the choice that decides it. One whose choice is among latents says which latent the
 * layer takes, any other which operation it is. */
struct ag_gene {
    const char *name; /* "cell1.up0", "b8.up", "b128.rgb" */
    int choice;
};

/* What a generated program is, for the parts of the runtime that work with any. */
struct ag_program {
    const char *kind;         /* "search", "retrain" or "generate" */
    const char *name;         /* the spec's name */
    const char *spec;         /* JSON text of the spec, all defaults filled in */
    const char *genotype;     /* JSON text of the genotype the program was made from; NULL for a search */
    struct ag_table block[5]; /* AG_G, AG_D, AG_ALPHA, AG_SN, AG_STAT */
    const struct ag_phase *phase;
    int phases;
    long in_size, out_size, arena_size, scratch_size; /* the largest of its phases, in reals; scratch: a thread */
    void (*prepare)(real *const block[AG_BLOCKS]);    /* computes AG_FIXED, once the weights are there; NULL: none */
    long fixed_size;
    int image_size, image_channels, latent;
    const struct ag_kernel *kernel;
    int kernels;
    long parameters;                        /* of the generator */
    const void *weights;                    /* generate: AG_G, then AG_STAT; NULL: they come from a file, */
    const void *fixed;                      /* or this isn't NULL: AG_FIXED, which is all that its phases read */
    enum ag_dtype weights_type;             /* of the one that isn't NULL */
    double (*peak)(void);                   /* ag_peak, compiled as the kernels are */
    const struct ag_device *device;         /* NULL: the CPU */
    const char *image, *image_end, *source; /* of a device: its kernels, compiled (or nothing) and as a text */
    const struct ag_choice *choice;         /* search: what alpha chooses from */
    int choices;
    const struct ag_gene *gene; /* search: what an architecture consists of */
    int genes;
    int micro; /* search: 1 if an architecture also says which operation each kind of layer is */
};

/* ---------------------------------------------------------------- table.c: blocks from and to files */

enum ag_load {
    AG_LOAD_REQUIRED = 0, /* a tensor that the file lacks is an error */
    AG_LOAD_OPTIONAL = 1, /* a tensor that the file lacks leaves its part of the block as it is */
    AG_LOAD_FINITE = 2    /* or-ed to either: NaN and infinity are errors */
};
/* Copies the tensors prefix + name of the table (F32 or F64 in the file) to their places in block, images to NHWC.
 * Status 2 for a missing tensor, another type or shape (the message gives both); block is then partly written. */
int ag_table_load(const struct ag_st *st, const char *prefix, const struct ag_table *table, real *block, int load,
                  struct ag_error *err);
/* Adds the table's tensors as prefix + name, images as NCHW, in writer->real_dtype. block is read by ag_st_write. */
void ag_table_add(struct ag_st_writer *writer, const char *prefix, const struct ag_table *table, const real *block);

/* ---------------------------------------------------------------- generator.c: a generator's weights */

/* Reads AG_G and AG_STAT from a file that fits the program's genotype; psi: as asked for. Status 2. */
int ag_generator_load(const struct ag_program *program, const char *path, double psi, real *const block[AG_BLOCKS],
                      struct ag_error *err);
/* Does the program carry them? Then this makes the blocks ready for its phases; bytes: what it carries. */
int ag_generator_carries(const struct ag_program *program);
void ag_generator_unpack(const struct ag_program *program, real *const block[AG_BLOCKS]);
long ag_generator_bytes(const struct ag_program *program);
/* n numbers as numbers of two bytes, to nearest, and back. */
void ag_halve(enum ag_dtype type, const float *from, long n, ag_u16 *to);
void ag_unhalve(enum ag_dtype type, const ag_u16 *from, long n, real *to);

/* ---------------------------------------------------------------- text.c: text that grows */

struct ag_text {
    char *text; /* ends with a 0; NULL while nothing was added */
    long used, room;
    int failed; /* memory ran out: what was added since is missing */
};
void ag_text_add(struct ag_text *text, const char *format, ...);
int ag_is_finite(double value);
/* A JSON number that reads back as the same float; null for what is none. */
void ag_text_number(struct ag_text *text, double value);
void ag_text_string(struct ag_text *text, const char *string); /* a JSON string, quotes included */
void ag_text_shell(struct ag_text *text, const char *word);    /* as a shell takes it for one word */
/* The command that builds a program which aggen has written to that folder: aggen's own makefile knows those of out/,
 * any other folder has its own. */
void ag_text_make(struct ag_text *text, const char *folder, const char *program);
void ag_text_free(struct ag_text *text);
/* A number of so many characters, all digits, up to `most`: 1; else 0. */
int ag_digits(const char *text, long length, ag_u64 most, ag_u64 *value);
/* FNV-1a, 64 bits, of what has come to AG_HASH or another sum, then these bytes. */
#define AG_HASH 0xcbf29ce484222325ull
ag_u64 ag_hash(ag_u64 sum, const void *bytes, long size);

/* ---------------------------------------------------------------- options.c: command lines */

/* Noise of pictures that generate draws; in the order of --noise's words. */
enum ag_noise {
    AG_NOISE_RANDOM, /* each picture has its own */
    AG_NOISE_FIXED,  /* all have that of picture 0 */
    AG_NOISE_NONE
};

/* A program fills in its defaults, then calls ag_options_read. */
struct ag_options {
    const char *program; /* argv[0] */
    const char *data;    /* folder, or "shapes" */
    const char *run;     /* run folder */
    const char *weights; /* file with the generator's weights */
    const char *output;  /* picture to write; folder; "-" */
    const char *replay, *dump, *phase;
    ag_u64 seed;
    long iterations, threads, bench, count, interpolate; /* 0: not asked for */
    long first;                                          /* number of the first picture */
    long seeds;  /* so many from seed on, one picture for each; 0: one seed for all */
    long mix[2]; /* pictures a side, 0: not asked for; first mixed layer, 1.., or 0 */
    double psi;  /* truncation */
    int noise;   /* an enum ag_noise */
    int has_run, has_data, has_seed, has_iterations, has_count, has_noise; /* given on the command line */
    int resume, json, kernels, latents, info, help;
};
enum { AG_DONE = -1 }; /* status: the program has done what was asked for, and ends with 0 */
/* Reads the options that a program of that kind has. Status 2 for one that is unknown or malformed, AG_DONE after
 * printing --help. Sets the number of threads. */
int ag_options_read(struct ag_options *options, const struct ag_program *program, int argc, char **argv,
                    struct ag_error *err);
/* Pictures of a seed, from number `first` on, that generate makes use of: those of both sides of a grid of mixtures. */
long ag_options_pictures(const struct ag_options *options);
/* The command that runs this program inside aggen, without the program's own words; NULL: it runs by itself. */
extern const char *ag_command;
/* The word that aggen itself was started with, then; NULL. */
extern const char *ag_aggen;
/* What main returns: prints the line of a status above 0, if there is one, on standard error. */
int ag_exit(const struct ag_program *program, int status, const struct ag_error *err);

/* ---------------------------------------------------------------- blocks.c: memory of a program */

/* n zeros, on a multiple of 64 bytes (free with ag_free); NULL with status 1 in *err if memory runs out. */
real *ag_reals(long n, struct ag_error *err);
/* All blocks of a program, zero; AG_SCRATCH for ag_threads() threads. Bar blocks are empty where there is no phase
 * "arch", gradients where nothing is trained. Status 1. */
int ag_blocks_new(const struct ag_program *program, real *block[AG_BLOCKS], struct ag_error *err);
void ag_blocks_free(const struct ag_program *program, real *block[AG_BLOCKS]);
/* The table of a parameter block; a bar block's is that of the block it tests. */
const struct ag_table *ag_block_table(const struct ag_program *program, enum ag_block block);
/* Sends the parameter blocks, but those of test weights. */
void ag_send_blocks(const struct ag_program *program, real *const block[AG_BLOCKS]);
/* To be called when the weights are sent, where a program doesn't train: computes AG_FIXED. */
void ag_prepare(const struct ag_program *program, real *const block[AG_BLOCKS]);
/* Copies the blocks AG_G to AG_STAT to AG_BAR_G to AG_BAR_STAT, where there are any. */
void ag_copy_to_bar(const struct ag_program *program, real *const block[AG_BLOCKS]);
const struct ag_phase *ag_phase_find(const struct ag_program *program, const char *name); /* NULL: there is none */
const struct ag_tensor *ag_table_find(const struct ag_table *table, const char *name);    /* NULL: there is none */
/* Where a tensor lies in its block; NULL: the table has none of that name. */
real *ag_tensor_find(const struct ag_table *table, const char *name, real *block);

/* ---------------------------------------------------------------- output.c: losses */

/* What an output's values have come to. */
struct ag_tally {
    double sum, last;
    long count;   /* since the program started */
    double first; /* of those at the end that are the same to rounding, */
    long same;    /* and how many these are */
};
/* Adds a scalar output of a phase that has just run, in the iteration or step (`unit`) of that number, to a tally. A
 * device's arrives at a later call or at ag_settle, in the order of the calls; until then phase, name, unit and tally
 * have to stay. Status 1 if a value that has arrived isn't finite (the training diverged), or if the device has failed.
 */
int ag_output(const struct ag_phase *phase, const char *name, real *const block[AG_BLOCKS], const char *unit,
              long number, struct ag_tally *tally, struct ag_error *err);
/* Waits for all that hasn't arrived yet: before sums are used. Status as ag_output's. */
int ag_settle(struct ag_error *err);

/* ---------------------------------------------------------------- params.c: first values, noise on alpha */

/* The first values of a block's parameters: functions of seed, block and place in the table alone. */
void ag_init_block(const struct ag_program *program, enum ag_block block, ag_u64 seed, real *const blocks[AG_BLOCKS]);
/* Sets a phase's inputs in.gumbel.CHOICE and in.sharpness, if it has them, to draw number `draw` of Gumbel(0, 1) noise
 * at temperature tau; tau = 0: to the plain softmax. */
void ag_gumbel(const struct ag_program *program, const struct ag_phase *phase, ag_u64 seed, long draw, double tau,
               real *in);
/* Latents of pictures to look at, first to first + n - 1: z = [n, latent], a function of seed and picture alone. */
void ag_sample_latents(const struct ag_program *program, ag_u64 seed, long first, long n, real *z);

/* ---------------------------------------------------------------- noise.c: inputs of a StyleGAN2 generator */

/* Fills in the phase's noise inputs (in.noise…) for a training pass; 0: it has none, and nothing was drawn, else 1. */
int ag_draw_noise(const struct ag_phase *phase, ag_u64 seed, long draw, real *in);
/* The same for pictures to look at: row i of a batch is picture first + i * step of seed + i * seed_step; steps of 0:
 * all have the same noise. */
void ag_sample_noise(const struct ag_phase *phase, ag_u64 seed, int seed_step, long first, long step, real *in);
/* Fills in the phase's inputs for style mixing for a training pass: in.mix.z, and for each picture, with that
 * probability, 1 in the in.mix.LAYER from a crossover on that is uniform among the layers after the first (the last
 * tRGB counts as one); all others are 0. Returns 0 if the phase has no such inputs, else 1. */
int ag_draw_mixing(const struct ag_phase *phase, ag_u64 seed, long draw, double probability, real *in);
/* Sets the phase's inputs whose names begin with prefix to a value. */
void ag_fill_inputs(const struct ag_phase *phase, const char *prefix, real value, real *in);
/* How many layers may take their latent from in.mix.z (inputs in.mix.LAYER); the last tRGB counts as one. */
int ag_mix_layers(const struct ag_phase *phase);
/* Those from number `first` on (0, 1, ...) shall, the others not. */
void ag_mix_from(const struct ag_phase *phase, int first, real *in);

/* ---------------------------------------------------------------- sample.c */

/* Pictures 0 to n - 1 to look at: pictures = [n, size, size, channels], drawn by a phase from ag_sample_latents and
 * ag_sample_noise, its batch at a time, without mixing or truncation. Status 1 if the device fails. */
int ag_sample_pictures(const struct ag_program *program, const struct ag_phase *phase, real *const block[AG_BLOCKS],
                       ag_u64 seed, int n, real *pictures, struct ag_error *err);

/* ---------------------------------------------------------------- painters.c */

/* One for each thread, where a phase draws one picture at a time on the CPU, there are as many to draw, and memory is
 * no question; else one. */
struct ag_painters {
    int count;
    int each; /* pictures that one may draw at once: their latents and results lie one after the other */
    real *(*block)[AG_BLOCKS]; /* the first one's are the program's; AG_IN, AG_OUT and AG_ARENA are each one's own */
};
/* Status 1 if memory runs out; closing is then due, too. */
int ag_painters_open(struct ag_painters *painters, const struct ag_program *program, const struct ag_phase *phase,
                     real *const block[AG_BLOCKS], long pictures, struct ag_error *err);
void ag_painters_close(struct ag_painters *painters);
/* How many of so many pictures the painters draw at once; each draws the next few, the first being this one of them. Of
 * fewer pictures than painters the first draws one. */
int ag_painters_room(const struct ag_painters *painters, long pictures);
int ag_painters_first(const struct ag_painters *painters, int pictures, int painter);
/* Draws as many as ag_painters_room says, a thread for each painter; where but one draws, it has all threads. */
void ag_paint(const struct ag_painters *painters, const struct ag_phase *phase, int pictures);

/* ---------------------------------------------------------------- walk.c */

/* n latents, of frames first, first + 1, ... of a closed walk: frame s * steps is the latent of picture start + s,
 * those up to the next station lie on the great circle to picture start + s + 1, behind the last station on that to
 * picture start; after stations * steps frames it starts over. scratch: [latent]. */
void ag_walk_latents(const struct ag_program *program, ag_u64 seed, long start, long stations, long steps, long first,
                     long n, real *z, real *scratch);

/* ---------------------------------------------------------------- frames.c: pictures that are written one by one */

/* What the files are called: PREFIX, a number of so many digits or more, .png; the numbers first, first + 1, … */
struct ag_frame_names {
    const char *prefix;
    int digits;
    ag_u64 first;
    long count;
};
/* Pictures as files of these names, or as their bytes, [size, size, channels], on standard output. */
struct ag_frames {
    const struct ag_program *program;
    struct ag_frame_names names;
    const char *folder;    /* NULL: standard output */
    int fd;                /* the folder, -1 if there is none that can be read */
    ag_u8 *pixels;         /* of those that wait for others to be packed beside */
    long waiting, written; /* pictures */
    struct ag_error *errors, *err;
    int *failed; /* the status of each that was packed; errors has the lines */
};
/* 1 if that is where an output of this name goes: one that ends in /, a folder, or "-". */
int ag_frames_wanted(const char *output);
/* Status 2 if standard output is a terminal, 1 if it is closed. */
int ag_frames_check(struct ag_error *err);
/* Makes the folder. Status 2 if pictures can't be written there, 1 if memory runs out. */
int ag_frames_open(struct ag_frames *frames, const struct ag_program *program, const char *output,
                   struct ag_frame_names names, struct ag_error *err);
/* The next n pictures, in [-1, 1]. Status 1; without a message if nobody reads standard output any more. */
int ag_frames_write(struct ag_frames *frames, const real *pictures, long n);
/* Must follow, a failure too: those that are left go to the folder, and all of them to the disk. Status 1. */
int ag_frames_end(struct ag_frames *frames);
/* Says on standard error which other pictures the folder holds, so that nobody counts them as these. */
void ag_frames_tell(const struct ag_frames *frames);
void ag_frames_close(struct ag_frames *frames);

/* ---------------------------------------------------------------- info.c: what a generator is */

/* Prints name, architecture, sizes, where the weights come from, and a hash of genotype and carried weights. file: of
 * the weights where the program carries none. Returns AG_DONE. */
int ag_info(const struct ag_program *program, const char *file);

/* ---------------------------------------------------------------- device.c: where a program computes */

/* On the CPU phases, Adam and averages work on the blocks themselves; on a device, on twins that the blocks have there.
 * What is written to a block here is sent, what is to be read is fetched; inputs of a phase are sent when it runs. */
int ag_device_open(const struct ag_program *program, struct ag_error *err); /* the program's, if it isn't open */
real *ag_twin(long n, struct ag_error *err); /* n zeros here and there; NULL with status 1; freed with ag_untwin */
void ag_untwin(real *host);
void ag_send(const real *host, long n);                 /* any part of a twin */
int ag_fetch(real *host, long n, struct ag_error *err); /* likewise; status 1 if the device has failed */
void ag_run(const struct ag_phase *phase, real *const block[AG_BLOCKS]);
void ag_wait(void); /* until all that was asked for is done */
/* On twins, wherever they count. */
void ag_twin_clear(real *x, long n);
void ag_twin_copy(real *to, const real *from, long n);
void ag_add(real *to, const real *from, long n); /* to += from */
void ag_scale(real *to, double factor, long n);  /* to *= factor */

/* One step of Adam. */
struct ag_adam_pass {
    real *weight, *gradient, *m, *v;
    real beta1, beta2, rest1, rest2; /* rest: 1 - beta */
    real decay, step, unbias;        /* step: lr / (1 - beta1^t); unbias: 1 / sqrt(1 - beta2^t) */
    long size;
};

enum { AG_SLOTS = 16 }; /* scalars that may be on their way from a device */

/* A kind of device. Of a twin, size reals lie there and host_size here. */
struct ag_device {
    int (*open)(const struct ag_program *program, struct ag_error *err); /* does nothing if it is open */
    void (*close)(void);
    int (*twin)(const real *host, long host_size, long size, struct ag_error *err);
    void (*untwin)(const real *host);
    void (*send)(const real *host, long n);
    int (*fetch)(real *host, long n, struct ag_error *err);
    void (*clear)(real *x, long n);
    void (*copy)(real *to, const real *from, long n);
    void (*run)(const struct ag_phase *phase, real *const block[AG_BLOCKS]);
    void (*adam)(const struct ag_adam_pass *pass);
    void (*average)(real *average, const real *value, real decay, real rest, long n);
    void (*add)(real *to, const real *from, long n);
    void (*scale)(real *to, double factor, long n);
    /* ag_normals into a phase's inputs, which then are not sent when it runs (once fetched, they are) */
    void (*normals)(real *to, long n, ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first);
    void (*wait)(void);
    void (*read)(int slot, const real *from); /* part of a twin: begins to copy it into one of AG_SLOTS slots */
    int (*ready)(int slot);                   /* 1: take won't wait */
    int (*take)(int slot, real *value, struct ag_error *err); /* waits for it; status 1 if the device has failed */
    double (*peak)(void);                                     /* GFLOP/s */
};
extern const struct ag_device *ag_device; /* of this program; NULL: the CPU */

/* For phases on a device, while they are captured: kernel number `kernel` of the program with its pointers, or a copy,
 * all in the device's memory. */
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
    real *m, *v; /* moments of the gradient, of its square */
};
int ag_adam_new(struct ag_adam *adam, struct ag_adam_rates rates, long size, struct ag_error *err);
void ag_adam_restart(struct ag_adam *adam); /* fresh moments */
/* One step with epsilon 1e-8 at `factor` times the learning rate. Leaves the gradient zero. */
void ag_adam_step(struct ag_adam *adam, double factor, real *weight, real *gradient);
void ag_adam_free(struct ag_adam *adam);
/* average = decay average + (1 - decay) value */
void ag_average(real *average, const real *value, long n, double decay);

/* ---------------------------------------------------------------- architecture.c: what alpha says */

/* Mean over the choices of the entropy of softmax(alpha), in nats. */
double ag_alpha_entropy(const struct ag_program *program, const real *alpha);
/* {"cell1.up0": [0.1, ...], ...} */
void ag_alpha_text(struct ag_text *text, const struct ag_program *program, const real *alpha);
/* The genotype of the largest alphas, as a file; found: JSON of how it came about. */
void ag_genotype_text(struct ag_text *text, const struct ag_program *program, const real *alpha, const char *found);
/* 1 if two genotypes' texts name the same operations and latents, or one of them is NULL. */
int ag_same_genotype(const char *a, const char *b);
/* The object under a key (in quotes) of a genotype's text, or NULL: "ops", "latents", "generator", "found". */
const char *ag_genotype_part(const char *genotype, const char *key);

/* ---------------------------------------------------------------- run.c: the folder of a run */

struct ag_run {
    const struct ag_program *program;
    const struct ag_options *options;
    char folder[AG_PATH], checkpoint[AG_PATH];
    int fd, lock, log; /* descriptors: of the folder, and of files in it */
    int resumed;       /* it holds a checkpoint to go on from */
};
/* Opens the program's device, then makes and locks options->run. Status 1 if there is no such device, and nothing is
 * made. Status 2 if another process uses the folder, or if it holds a checkpoint and --resume isn't given; or if it is
 * to be resumed and isn't there. */
int ag_run_open(struct ag_run *run, const struct ag_program *program, const struct ag_options *options,
                struct ag_error *err);
/* Status 2 if the command line asks for another seed than that of the run that is resumed. */
int ag_run_check_seed(const struct ag_run *run, const struct ag_options *options, ag_u64 seed, struct ag_error *err);
/* Is the folder still the one that was opened? Status 1. What follows asks it first. */
int ag_run_check(const struct ag_run *run, struct ag_error *err);
/* Says if the disk has less room than what the run is going to write there. */
void ag_run_warn_of_room(const struct ag_run *run, struct ag_progress *progress, double bytes);
/* Of a run that a signal has stopped: says behind the message how it goes on. Returns the status, 128 + the signal. */
int ag_run_stopped(const struct ag_run *run, struct ag_error *err);
/* ` --data PATH`, if that was given: for the command that comes next. */
void ag_run_add_data(const struct ag_run *run, struct ag_text *text);
/* Of a run that has failed (status 1): says behind its message whether there is a checkpoint. */
void ag_run_tell_checkpoint(const struct ag_run *run, int status, struct ag_error *err);
/* Opens log.jsonl with the lines of the first `iterations` iterations (a line's first number), the rest cut off. */
int ag_run_open_log(struct ag_run *run, long iterations, struct ag_error *err);
/* Appends a line to log.jsonl, and frees it. */
int ag_run_log(struct ag_run *run, struct ag_text *line, struct ag_error *err);
int ag_run_sync_log(struct ag_run *run, struct ag_error *err); /* to the disk: before a checkpoint */
/* Write FOLDER/name: a text, or a grid of pictures. name is a printf format. */
int ag_run_write(struct ag_run *run, const struct ag_text *text, struct ag_error *err, const char *name, ...);
int ag_run_grid(struct ag_run *run, const real *images, int n, struct ag_error *err, const char *name, ...);
/* Writes FOLDER/name (a printf format; ema.safetensors), what a generator program reads: averaged weights of AG_G,
 * running statistics of AG_STAT, spec and genotype. */
int ag_run_generator(struct ag_run *run, const real *weights, const real *statistics, struct ag_error *err,
                     const char *name, ...);
void ag_run_close(struct ag_run *run);

/* ---------------------------------------------------------------- spec_change.c */

#define AG_SPEC_KEY 256
/* What differs between the canonical spec that a run began with and the program's. A run goes on with other learning
 * rates, another length, and other distances between what it writes: 0, and changes is "search.arch.lr": [before,
 * now], …, or empty where all is the same; other_length: 1 if the length of a program of that kind is among them. 1:
 * another key differs, and `other` is its path. */
int ag_spec_changes(const struct ag_program *program, const char *before, const char *now, struct ag_text *changes,
                    int *other_length, char other[AG_SPEC_KEY]);

/* ---------------------------------------------------------------- checkpoint.c */

enum { AG_MOST_ITERATIONS = 100000000 }; /* or steps, that a run may be asked for */

/* What a checkpoint holds: the program lists its counters, sums and tensors, then saves or reads them. */
enum { AG_CHECKPOINT_PARTS = 40 };
struct ag_checkpoint {
    const struct ag_program *program;
    struct {
        const char *name;
        long *count; /* one of these three */
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
    struct ag_st st;        /* between open and close, like what follows */
    struct ag_text changes; /* of the spec since the checkpoint was written: ag_spec_changes */
    int other_length;
};
void ag_checkpoint_begin(struct ag_checkpoint *checkpoint, const struct ag_program *program);
void ag_checkpoint_count(struct ag_checkpoint *checkpoint, const char *name, long *count);
void ag_checkpoint_word(struct ag_checkpoint *checkpoint, const char *name, ag_u64 *word);
void ag_checkpoint_sum(struct ag_checkpoint *checkpoint, const char *name, double *sum); /* kept to the last bit */
/* The value listed last may be missing, in a checkpoint of an earlier time: it then stays as it is. */
void ag_checkpoint_optional(struct ag_checkpoint *checkpoint);
void ag_checkpoint_block(struct ag_checkpoint *checkpoint, const char *prefix, const struct ag_table *table,
                         real *data);
/* How long a tally has stood still: its fields of these names. A checkpoint may lack them. */
void ag_checkpoint_standstill(struct ag_checkpoint *checkpoint, const char *first, const char *same,
                              struct ag_tally *tally);
/* An optimiser: its step count under `name`, its moments as adam.m. and adam.v. + prefix + the table's names; prefix is
 * "bar." or nothing. */
void ag_checkpoint_adam(struct ag_checkpoint *checkpoint, const char *name, const char *prefix,
                        const struct ag_table *table, struct ag_adam *adam);
/* Settles the outputs; status 1 if one of them, or a value of a listed tensor, isn't finite. */
int ag_checkpoint_check(const struct ag_checkpoint *checkpoint, struct ag_error *err);
/* Writes it if that is so for none. Status 1; a file that was there then stays as it was. */
int ag_checkpoint_save(struct ag_checkpoint *checkpoint, const char *path, struct ag_error *err);
/* Bytes that it takes on a disk, to some kilobytes. */
double ag_checkpoint_bytes(const struct ag_checkpoint *checkpoint);
/* Opens a file of this program's kind and genotype, and of its spec but for what a run may change, and reads the values
 * listed so far; then ag_checkpoint_read reads all that is listed, which must be all that there is. Status 2. After
 * ag_checkpoint_open, ag_checkpoint_close.
 */
int ag_checkpoint_open(struct ag_checkpoint *checkpoint, const char *path, struct ag_error *err);
int ag_checkpoint_read(struct ag_checkpoint *checkpoint, struct ag_error *err);
void ag_checkpoint_close(struct ag_checkpoint *checkpoint);

/* ---------------------------------------------------------------- training.c: what searches and retrainings do alike
 */

/* The pictures of a run: how many, and a hash of their names, as ag_data_identity says. */
struct ag_set {
    ag_u64 pictures, names;
};
void ag_set_list(struct ag_checkpoint *checkpoint, struct ag_set *set);
/* Before a checkpoint is read, which may be of a time when none had them, or where there is none to read. */
void ag_set_forget(struct ag_set *set);
/* Compares the checkpoint's with those that were opened, which it becomes; says, and adds to changes, what is another.
 */
void ag_set_compare(struct ag_set *set, const struct ag_data *data, struct ag_progress *progress,
                    struct ag_text *changes);
/* samples/reals.png: the first n pictures (or as many as there are) as the network sees them; pictures: room for n. */
int ag_show_reals(struct ag_run *run, struct ag_data *data, int n, real *pictures, struct ag_error *err);
/* Says and logs what has changed since the checkpoint of that many iterations, or steps: members of a JSON object. */
int ag_run_log_changes(struct ag_run *run, struct ag_progress *progress, long done, struct ag_text *changes,
                       struct ag_error *err);
/* Why a run learns nothing any more: "" unless both losses stand still, or all pictures are alike. */
const char *ag_lifeless(const struct ag_tally *d, const struct ag_tally *g, long alike);
/* Says so, once; and adds it to a line of the log. */
void ag_warn_lifeless(struct ag_progress *progress, const char *why, int *told);
void ag_log_lifeless(struct ag_text *line, const char *why);
/* 1 if n pictures of that size are the same to 1e-4. */
int ag_alike(const real *pictures, int n, long size);

/* ---------------------------------------------------------------- signals.c */

/* From now on SIGINT, SIGTERM and SIGHUP only leave a note (the second one ends the program), and so does SIGPIPE:
 * nobody reads what is printed any more. A file that grows too large is an error like a full disk. */
void ag_signals_catch(void);
int ag_signals_caught(void); /* number of the first signal that came, or 0 */

/* ---------------------------------------------------------------- retraining.c */

/* What every retraining has. program and err are set before anything else; a program adds its own state. */
struct ag_retraining {
    const struct ag_program *program;
    ag_u64 seed;
    long steps, step; /* of this run, in all; done. A conventional network's are called iterations. */
    /* A learning rate that falls linearly has been `rate` at step `from` and is 0 after the last; 1 and 0, unless the
     * run was asked for another length on the way. */
    double rate;
    long from;
    struct ag_set set;
    struct ag_tally d_loss, g_loss;
    long alike;             /* the pictures of the last grid */
    int told;               /* that the run is lifeless */
    struct ag_text changes; /* since the checkpoint that it went on from */
    real *block[AG_BLOCKS];
    real *ema; /* the average of AG_G */
    struct ag_adam d, g;
    const struct ag_phase *sample;
    real *pictures; /* [samples, size, size, channels] */
    int samples;    /* pictures in a grid */
    struct ag_data *data;
    struct ag_run run;
    struct ag_progress progress;
    struct ag_error *err;
};
/* Memory for the networks, their moments and a grid of pictures. Status 1; the fields are then to be freed too. */
int ag_retraining_new(struct ag_retraining *r, struct ag_adam_rates d, struct ag_adam_rates g, int samples);
void ag_retraining_free(struct ag_retraining *r);
/* Lists what all retrainings have beside tensors, seed, steps and step; the programs list those under their own names.
 */
void ag_retraining_list(struct ag_retraining *r, struct ag_checkpoint *c);
/* Takes up the run (run.resumed) where its checkpoint left it, or begins one. The program has listed its values in c;
 * the tensors are listed here, and when it is saved. linear_decay: the learning rate falls to 0; a run whose rate has
 * is not made longer (status 2). */
int ag_retraining_begin(struct ag_retraining *r, struct ag_checkpoint *c, const struct ag_options *options,
                        int linear_decay);
/* What a learning rate that falls linearly is multiplied by. */
double ag_retraining_rate(const struct ag_retraining *r);
/* Opens the log, tells in it what has changed since the checkpoint, and says if the disk is too small for what comes:
 * samples and numbered generators at every so many steps (0: none). */
int ag_retraining_open_log(struct ag_retraining *r, long sample_every, long keep_every);
/* Why it learns nothing any more, or "". */
const char *ag_retraining_lifeless(const struct ag_retraining *r);
/* The generator has the average's weights and the live network's running statistics. The checkpoint comes last: a run
 * that is killed before does its last steps, and writes the generator, again. */
int ag_retraining_save(struct ag_retraining *r, struct ag_checkpoint *c);
/* Opens the pictures, all of which are for training, tells of them, and shows some in samples/reals.png. */
int ag_retraining_data(struct ag_retraining *r, const char *format, const char *path, int center_crop);
/* samples/STEP.png: pictures of the averaged generator, from the same latents and noise each time. */
int ag_retraining_samples(struct ag_retraining *r);
/* After every so many steps (0: never), ema-STEP.safetensors: the averaged generator as it is, to stay. */
int ag_retraining_keep(struct ag_retraining *r, long every);
/* What to do with the weights. The generator looks in the default run folder unless it is told. */
void ag_retraining_tell(struct ag_retraining *r, const char *program);

/* ---------------------------------------------------------------- replay.c, bench.c, peak.c */

int ag_replay(const struct ag_program *program, const struct ag_options *options, struct ag_error *err);
int ag_bench(const struct ag_program *program, const struct ag_options *options, struct ag_error *err);
/* The multiply-add rate of ag_threads() threads, in GFLOP/s: the median of some runs that take 10 ms together. */
double ag_peak(void);

/* ---------------------------------------------------------------- width.c */

/* Bytes of this machine's widest vectors that kernels know: 64 AVX-512, 32 AVX2 with multiply-adds, else 16. AG_WIDTH
 * in the environment, avx2 or sse2, makes it less. */
int ag_vector_bytes(void);
/* Says that none of a program's kernels are for this machine, and ends it. */
void ag_no_width(void);
#endif
