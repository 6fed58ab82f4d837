/* What the files of this folder share. */
#ifndef LOADED_H
#define LOADED_H

#include "mem.h"
#include "ag.h"
#include "run.h"

/* symbols.c: what the program may use of aggen. The list ends with a name of NULL. */
struct symbol {
    const char *name;
    const void *address;
};
extern const struct symbol run_symbols[];
/* runtime/ag.h, as the runtime inside aggen was compiled with it. */
extern const char run_header[];
/* Does this machine have what the runtime was compiled for? Status 1. */
int run_machine(struct ag_error *err);

/* kernels.c: the CPU's kernels as a library, made by $CC or cc and kept in FOLDER/NAME.build for the next time; NULL
 * with status 0: there is no compiler. Status 1. */
int run_kernels(struct mem *mem, const struct run *run, void **library, struct ag_error *err);

/* What run_load loaded. Its program was compiled with real as double: of its phases, run takes blocks of
 * doubles. */
struct loaded {
    void *tcc;
    const struct ag_program *program;
};
/* run.c: the phases of an emitted program for the CPU in double precision, kernels and all compiled by libtcc, in
 * memory until run_unload (of which NULL is none). Status 1 with a line in err. */
int run_load(const char *folder, const char *name, struct loaded **loaded, struct ag_error *err);
void run_unload(struct loaded *loaded);
/* temporary.c: emits a model's program into a temporary folder (whatever e says of that), and loads it. */
struct model;
struct emission;
int run_load_model(const struct model *m, const struct emission *e, struct loaded **program, struct ag_error *err);

/* compare.c: compares a program with itself, its mixtures merged and not: results, gradients with finite differences,
 * threads. Prints a line a check unless it is to be quiet. */
struct family;
struct tally {
    int passed, failed;
};
void run_check(const struct family *family, const struct loaded *merged, const struct loaded *unmerged, int quiet,
               struct tally *tally);

#endif
