/*
 * What programs are written for: how phases run there, the folder of its kernel templates, and what files its kernels
 * are. Each target has a folder in gen/target/, and gen/program/targets.c has their rows.
 */
#ifndef TARGET_H
#define TARGET_H

#include "plan.h"

struct code;
struct cost;
struct library;
struct writer;

struct target {
    const char *name;   /* of --target; its kernel templates are files of templates/NAME with this ending: */
    const char *ending; /* "c", "cu" */
    int device;         /* kernels run on a device, in one source that a compiler of its own reads */

    /* Phases. */
    const struct policy *training, *drawing; /* of programs whose weights change, and whose weights stay */
    int narrow; /* convolutions to few channels become products and sums of columns (to_col2im.h) */
    void (*phase)(struct code *c, const char *name,
                  const struct plan *p); /* appends the functions of one to the code */

    /* Programs. */
    void (*write_kernels)(struct writer *w, struct code *c);
    const char *const *kernel_files; /* NAME_…, all that it writes; ends with NULL */
    const char *makefile,
        *makefile_any;   /* templates/host/….mk; for any machine of its kind, with a table for each set of
                          * instructions, where a generator carries its weights. NULL: there is none */
    const char *runtime; /* a folder of the runtime that it needs beside runtime/; NULL: none */
    int ready;           /* carried weights are what phases read of them, and nothing else */

    /* Libraries. */
    void (*write_library)(struct library *l, struct cost *cost);
    const char *library_source; /* the ending of a file beside NAME.h and NAME.c; NULL: there is none */
    const char *library_flags;  /* with which NAME.c is compiled */
};

extern const struct target target_cpu, target_cuda;
extern const struct target *const targets[]; /* ends with NULL; the first one is what is written without --target */

#endif
