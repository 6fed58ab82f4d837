/*
 * The parts of a program or library that is being written. A struct writer gathers the files; each function below adds
 * some, or says how a part of them looks. NAME is the program's or the library's name, w->name.
 *
 * Errors: once a function has failed, w->failed is the status and w->err has a line. Later calls do no harm, and
 * write_all writes nothing.
 */
#ifndef PARTS_H
#define PARTS_H

#include "code.h"
#include "emit.h"

enum { RUNTIME_FILES = 256 };

struct writer {
    struct mem *mem;
    const struct model *m;
    const struct emission *e;
    const char *name;
    char *runtime_file[RUNTIME_FILES]; /* paths below the home folder (template.h), sorted */
    int runtime_files;
    struct output {
        const char *name;
        const void *bytes; /* NULL: a file of this name is removed */
        size_t size;
        int done; /* 1: the file is there already, with these bytes */
    } * file;     /* what write_all will write */
    int files, file_room;
    struct ag_error *err;
    int failed; /* 0, or the status that emit_program returns */
};

/* ---------------------------------------------------------------- files.c */

/* Makes the folder w->e->folder and the folders above it, and takes the lock w->e->lock on it. */
void make_folder(struct writer *w);
/* Adds a file to the list of write_all. The bytes must live until then; a text is copied. */
void add_bytes(struct writer *w, const char *name, const void *bytes, size_t n);
void add_file(struct writer *w, const char *name, const char *text);
/* Adds to the list that a file of this name, which an earlier emission may have left, is removed. */
void add_removal(struct writer *w, const char *name);
/* With `wanted`, adds a file made from a template whose only tokens are those of program_tokens; else adds the removal
 * of this file. */
void add_template(struct writer *w, int wanted, const char *template, const char *name);
/* Writes all files of the list, each under a temporary name first, and removes those to be removed. A file that is
 * there already with the same bytes is left alone, so that make has nothing to do. If any file differs, the last one of
 * the list, which builds the others, is removed first and written last. The makefiles of the programs
 * w->e->later_programs are removed too. So an emission over an older one that is cut short leaves nothing that make
 * would build. */
void write_all(struct writer *w);
/* Returns the text of a file below the home folder. NULL: it cannot be read, and the writer has failed. */
char *home_file(struct writer *w, const char *path);
/* Appends the first line of a file: a comment that says what it is and which command wrote it. */
void heading(const struct writer *w, struct text *t, const char *what);
/* Appends s as a string literal of C; 0 if s is NULL. */
void c_string(struct text *t, const char *s);
/* Sets AG_PROGRAM to the program's name, and AG_PROGRAM_phases and its like to names that begin with it. */
void program_tokens(struct writer *w, struct substitutions *s);

/* ---------------------------------------------------------------- compile.c */

/* Sizes of the blocks in reals. All but fixed are as large as the largest phase needs. */
struct sizes {
    long in, out, arena, scratch, fixed; /* scratch: for one thread */
    int pictures;                        /* how many pictures a phase may draw at once */
};
/* Makes the code of all phases of w's model, and of the kernels that they call. executed[i]: the FLOP that phase i
 * executes. */
void emit_phases(struct writer *w, struct code *c, struct sizes *s, double *executed);

/* ---------------------------------------------------------------- the parts of a program */

/* tables.c: writes NAME_phases.c. */
void write_phases(struct writer *w, struct code *c, struct sizes s, const double *executed);
/* kernel_files.c: writes NAME_kernels.h and NAME_kernels0.c …, or for a GPU NAME_kernels.cu and NAME_image.S. */
void write_kernels(struct writer *w, struct code *c);
void write_cuda_kernels(struct writer *w, struct code *c);
/* Appends the source of all kernels of a GPU. draws: 1: without the kernels that only training needs. */
void emit_cuda_source(struct writer *w, struct code *c, int draws, struct text *t);
/* Removes the kernel files that an earlier emission of this program for another target has left: make would compile
 * them too, or they would mislead. */
void remove_other_targets(struct writer *w);
/* host.c: writes NAME.h, which declares the program's tables, and NAME.c if its kind has a host program. */
void write_host(struct writer *w);
/* makefile.c: writes NAME.mk. */
void write_makefile(struct writer *w);
/* runtime_files.c: adds the C files and headers of a folder below the home folder to w->runtime_file. Returns 1; 0 if
 * the folder cannot be read, and the writer has failed. */
int list_runtime(struct writer *w, const char *folder);
/* Writes copies of the files that list_runtime found, and vector.h. */
void write_runtime(struct writer *w);
/* Returns the part of a path behind its last slash. */
const char *base_name(const char *path);

/* ---------------------------------------------------------------- carried.c */

/* Returns 1 if the program carries its weights. */
int carries(const struct writer *w);
/* Returns 1 if it carries the block AG_FIXED instead of its weights (struct carried). */
int carries_ready(const struct writer *w);
/* Returns 1 if it has its phases for each width of vectors, so that it runs on every CPU of its architecture. */
int has_widths(const struct writer *w);
/* Writes NAME_weights.bin and the files that link it. A program without weights removes them, so that make does not use
 * those of an earlier emission. */
void write_weights(struct writer *w);

/* ------------------------------------- library.c, library_weights.c, write_library_cuda.c */

#define LIBRARY "An embeddable generator" /* the first words of its files */

/* A library under construction. */
struct library {
    struct writer *w;
    struct code *c;
    struct sizes s;
    const struct carried *carried;
    const char *layer;      /* the name of the layer; NULL: it is a whole generator */
    size_t numbers, digits; /* the numbers in the arrays of NAME.c, and the bytes of their text */
};
/* Sets the tokens that all libraries have: names, sizes of blocks, and what a whole generator takes and draws. */
void library_tokens(const struct library *l, struct substitutions *s);
/* Appends the first lines of NAME.h and NAME.c. */
void library_heading(const struct library *l, struct text *t);
/* Appends all carried numbers as a constant array with this name; if they are apart (emit_library_apart), the code that
 * links NAME.bin in its place. attribute: text behind the array's declarator. */
void library_weights(struct library *l, struct substitutions *s, const char *name, const char *attribute,
                     struct text *t);
/* Returns the path of a file that w would write although it exists and belongs to no library. NULL: there is none. The
 * folder may hold other files, such as programs. */
const char *library_taken(const struct writer *w);
/* Removes those files of an earlier library of this name that this one does not have. */
void library_clear(struct writer *w);
/* Writes NAME.bin, if the weights are apart. It must be called before NAME.c is written: NAME.c is the last file of
 * the list, which completes the library. */
void library_write_apart(const struct library *l);
/* Appends the array `info`: a JSON object that describes the library. */
void library_info(const struct library *l, struct text *t);
/* Sets the token AG_MARK to a hash of the library's name and of `text`, which holds its kernels, its phases and its
 * info, and in the info the hash of its weights. */
void library_mark(const struct library *l, struct substitutions *s, const char *text);
/* Returns one line for each layer's noise, in the order in which ag_sample_noise draws it. format makes the line from
 * the index of the layer's first number among all noise (%1$ld), the numbers of a picture (%2$ld) and their offset in
 * AG_IN (%3$ld). */
const char *library_noise(struct mem *mem, const struct table *in, const char *format);
/* Returns the tensor of this name in a table; NULL: there is none. */
const struct ag_tensor *library_tensor(const struct table *t, const char *name);
/* Writes the library of a generator or of a layer for the CPU: NAME.h and NAME.c. */
void write_library(struct library *l, struct cost *cost);
/* Writes the library of a generator for a GPU: NAME.h, NAME.c and NAME.cu. */
void write_library_cuda(struct library *l, struct cost *cost);
/* Returns what compiling NAME.c takes; c: its size in bytes. */
struct cost library_cost(const struct library *l, size_t c);

#endif
