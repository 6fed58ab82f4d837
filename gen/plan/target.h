/*
 * A target is what programs are written for: the CPU, or a GPU through CUDA. Its row says how phases run there, which
 * folder has its kernel templates, and which files its kernels are written to. Each target has a folder in gen/target/;
 * the rows are in gen/program/targets.c.
 */
#ifndef TARGET_H
#define TARGET_H

#include "plan.h"

struct code;
struct cost;
struct library;
struct writer;

struct target {
    const char *name;   /* for --target; the kernel templates are templates/NAME/….ENDING */
    const char *ending; /* "c", "cu" */
    int device;         /* 1: kernels run on a GPU and are one source file, which a compiler for the GPU compiles */

    /* Phases. */
    const struct policy *training, *drawing; /* for programs that change their weights, and programs that don't */
    int narrow; /* 1: convolutions to few channels become matrix products and sums of columns (to_col2im.h) */
    void (*phase)(struct code *c, const char *name,
                  const struct plan *p); /* appends the C functions of the phase `name` to the code */

    /* Programs. */
    void (*write_kernels)(struct writer *w, struct code *c);
    const char *const *kernel_files;     /* what follows NAME in the names of all files it writes; ends with NULL */
    const char *makefile, *makefile_any; /* names of files templates/host/….mk. makefile_any: for a generator that
                                          * carries its weights and runs on every CPU of its architecture, with phases
                                          * for each width of vectors; NULL: none */
    const char *runtime;                 /* a folder that programs need beside runtime/; NULL: none */
    int ready; /* 1: a program that carries weights carries the block AG_FIXED, which is computed from the
                  weights and is all that its phases read of them; 0: it carries the weights */

    /* Libraries. */
    void (*write_library)(struct library *l, struct cost *cost);
    const char *library_source; /* the ending of a file that is written beside NAME.h and NAME.c; NULL: none */
    const char *library_flags;  /* the compiler's options for NAME.c */
};

extern const struct target target_cpu, target_cuda;
extern const struct target *const targets[]; /* ends with NULL; the first one is taken without --target */

#endif
