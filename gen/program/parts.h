/* The parts of what is emitted: a program, or a library. */
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
    char *runtime_file[RUNTIME_FILES];
    int runtime_files;
    struct output {
        const char *name;
        const void *bytes; /* NULL: there is to be no such file */
        size_t size;
        int done; /* it is there already */
    } * file;     /* what write_all is going to write */
    int files, file_room;
    struct ag_error *err;
    int failed;
};

/* ---------------------------------------------------------------- files.c */

/* Once one of these has failed, with a line in w->err, nothing is written any more. */
/* Makes the folder that the emission names, and those above it; takes the command's lock on it. */
void make_folder(struct writer *w);
/* Say what is to be written, and what of another emission is to go. Bytes are not copied, texts are. */
void write_bytes(struct writer *w, const char *name, const void *bytes, size_t n);
void write_file(struct writer *w, const char *name, const char *text);
void remove_file(struct writer *w, const char *name);
/* Where `wanted`, says that a file is to be written, from a template that knows the program's name only; else that what
 * another emission left of this name is to go. */
void write_part(struct writer *w, int wanted, const char *template, const char *name);
/* Writes all that, each file under a temporary name first. A file that is there and the same is left alone, so that
 * make has nothing to do. If any is not, the one that was named last, with which the others are built, is removed first
 * and written last, and the makefiles of programs that are emitted after this one are removed, too: an emission that is
 * cut short over an older one leaves nothing that builds. */
void write_all(struct writer *w);
/* A file below the home folder; NULL, and the writer has failed, if it cannot be read. */
char *home_file(struct writer *w, const char *path);
/* The first line of a file. */
void heading(const struct writer *w, struct text *t, const char *what);
/* A string literal, or 0 for NULL. */
void c_string(struct text *t, const char *s);
/* The program's name, and names that begin with it. */
void program_tokens(struct writer *w, struct substitutions *s);

/* ---------------------------------------------------------------- compile.c */

/* Of the blocks, in reals. */
struct sizes {
    long in, out, arena, scratch, fixed;
    int pictures; /* that a phase may take at once */
};
/* The phases of w's model and the kernels that they call; executed[i]: FLOP of phase i. */
void emit_phases(struct writer *w, struct code *c, struct sizes *s, double *executed);

/* ---------------------------------------------------------------- the parts of a program */

/* tables.c: NAME_phases.c */
void write_phases(struct writer *w, struct code *c, struct sizes s, const double *executed);
/* kernel_files.c: NAME_kernels.h and NAME_kernels0.c …, or NAME_kernels.cu and NAME_image.S */
void write_kernels(struct writer *w, struct code *c);
void write_cuda_kernels(struct writer *w, struct code *c);
/* A device's kernels; `draws`: without those that train. */
void emit_cuda_source(struct writer *w, struct code *c, int draws, struct text *t);
/* The last emission of a program wins: the kernels that the other target's left go, as they would be built along, or
 * mislead. */
void remove_other_targets(struct writer *w);
/* host.c: NAME.c, from the template of the program's kind if that has one, and NAME.h, which declares its tables */
void write_host(struct writer *w);
/* makefile.c: NAME.mk */
void write_makefile(struct writer *w);
/* runtime_files.c: finds the files of the runtime, in order: 0, and the writer has failed, if that cannot be done */
int list_runtime(struct writer *w, const char *folder);
void write_runtime(struct writer *w);
const char *base_name(const char *path);

/* ---------------------------------------------------------------- carried.c */

/* Does the program carry its weights? */
int carries(const struct writer *w);
/* Does it carry what phases read of them, and nothing else? */
int carries_ready(const struct writer *w);
/* Does it have its phases for each width of vectors, so that it runs on any machine of its kind? */
int has_widths(const struct writer *w);
/* NAME_weights.bin and what links it; without weights, those of another emission are to go, so that make does not take
 * them. */
void write_weights(struct writer *w);

/* ------------------------------------- library.c, library_weights.c, library_cuda.c */

#define LIBRARY "An embeddable generator" /* how its files begin */

/* A library under construction. */
struct library {
    struct writer *w;
    struct code *c;
    struct sizes s;
    const struct carried *carried;
    const char *layer; /* NULL: a whole generator */
    /* of NAME.c: numbers in arrays, and bytes of their text */
    size_t numbers, digits;
};
/* What is the same for all: names and sizes, the data, a genotype's description. */
void library_tokens(const struct library *l, struct substitutions *s);
/* The first lines of NAME.c. */
void library_heading(const struct library *l, struct text *t);
/* All that is carried, as a constant array of this name; attribute: what a definition of it ends with. */
void library_weights(struct library *l, struct substitutions *s, const char *name, const char *attribute,
                     struct text *t);
/* The path of a file that w would write, but which is there and no library's; NULL: there is none. Programs and their
 * parts may lie in the folder. */
const char *library_taken(const struct writer *w);
/* Removes what an earlier library of this name had and this one has no use for. */
void library_clear(struct writer *w);
/* NAME.bin, if the weights are apart. NAME.c comes last, as it completes the library. */
void library_write_apart(const struct library *l);
void library_info(const struct library *l, struct text *t);
/* The token AG_MARK: a number that follows from the library's name, its kernels, its phases and its info, with the hash
 * of its weights: `text`. */
void library_mark(const struct library *l, struct substitutions *s, const char *text);
/* A call for each layer's noise, as ag_sample_noise draws it: `format` takes the number of the first, how many a
 * picture has, and where they lie among the inputs (%1$ld, %2$ld, %3$ld). */
const char *library_noise(struct mem *mem, const struct table *in, const char *format);
const struct ag_tensor *library_tensor(const struct table *t, const char *name);
/* NAME.h and NAME.c of a generator, or of a layer of one, for the CPU. */
void write_library(struct library *l, struct cost *cost);
/* NAME.h, NAME.c and NAME.cu of a generator for a GPU. */
void library_cuda(struct library *l, struct cost *cost);
/* What it takes to compile NAME.c, of so many bytes. */
struct cost library_cost(const struct library *l, size_t c);

#endif
