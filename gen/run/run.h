/* Runs an emitted program inside aggen: its host code is compiled in memory by libtcc, and linked with the runtime that
 * aggen carries. Without libtcc when aggen was built (none.c) there is no such thing. */
#ifndef RUN_H
#define RUN_H

#include "../../runtime/ag.h"

struct run {
    const char *folder, *name; /* NAME.c, NAME_phases.c, … lie there */
    int device;                /* 1: its kernels are NAME_kernels.cu, for NVRTC */
    const char *command;       /* what runs it, without its words: for the hints it gives */
    const char *aggen;         /* the first word of that, as the shell takes it */
    char **word;               /* of its command line */
    int words;
};

/* Can this aggen run anything here? Status 1 with a line in err: no. */
int run_possible(struct ag_error *err);
/* Returns what the program's main does, or 1 or 2 with a line in err, which is else empty. */
int run_program(const struct run *run, struct ag_error *err);

/* Compiles CUDA kernels by NVRTC: *ptx, to be freed, is for compute capability 8.0 and more. Status 1 with a line in
 * err. */
int run_ptx(const char *source, char **ptx, struct ag_error *err);

struct carried;
struct emission;
struct mem;
struct model;
/* What generator m, emitted as e says, carries of the weights in the file `path`, as numbers of carried->type; the rest
 * of *carried is filled in, its values lie in mem. For types of two bytes prints how much they are off. Status 1 or 2
 * with a line in err. */
int run_carry(const struct model *m, const struct emission *e, const char *path, struct mem *mem,
              struct carried *carried, struct ag_error *err);

#endif
