/* What the files of gen/run/ share: programs that are compiled and loaded in memory. */
#ifndef IN_MEMORY_H
#define IN_MEMORY_H

#include "mem.h"
#include "ag.h"
#include "run.h"

/* symbols.c: the functions and variables of aggen that a program may use. The list ends with a name of NULL. */
struct symbol {
    const char *name;
    const void *address;
};
extern const struct symbol run_symbols[];
/* The text of the runtime/ag.h with which the runtime inside aggen was compiled. */
extern const char run_header[];
/* Returns 0 if this machine has the vector instructions that the runtime was compiled for, else 1 with a line in
 * err. */
int run_machine(struct ag_error *err);

/* kernels.c: gives the program's CPU kernels as a shared library (a handle of dlopen). $CC, or cc, compiles them into
 * FOLDER/NAME.build, where they are kept for the next time. Returns 0; *library is NULL if there is no compiler.
 * Returns 1 with a line in err if compiling or loading fails. */
int load_kernels(struct mem *mem, const struct run *run, void **library, struct ag_error *err);

/* A program in memory. It was compiled with double as its type `real`, so its phases take blocks of doubles. */
struct loaded {
    void *tcc; /* the libtcc state that holds the program's code */
    const struct ag_program *program;
};
/* run.c: loads a program that was emitted for the CPU. libtcc compiles its phases and kernels in double precision. The
 * caller ends it with run_unload, also after an error. Returns 0, or 1 with a line in err. */
int run_load(const char *folder, const char *name, struct loaded **loaded, struct ag_error *err);
void run_unload(struct loaded *loaded); /* NULL: does nothing */
/* temporary.c: emits a model's program for the CPU into a temporary folder, in the place of e->folder and e->target,
 * loads it, and removes the folder. Returns as emit_program and run_load do. */
struct model;
struct emission;
int run_load_model(const struct model *m, const struct emission *e, struct loaded **program, struct ag_error *err);

/* compare.c: checks a program that was loaded with merged and with unmerged mixtures. Compares the results of both, the
 * gradients with finite differences, and one thread with two. family: the networks' family. Adds the numbers of checks
 * to *tally, and prints a line for each unless quiet. */
struct family;
struct tally {
    int passed, failed;
};
void run_check(const struct family *family, const struct loaded *merged, const struct loaded *unmerged, int quiet,
               struct tally *tally);

#endif
