/*
 * `aggen run`: runs an emitted program inside aggen. libtcc compiles the host code in memory and links it with the
 * runtime that is part of aggen. If aggen was built without libtcc, none.c stands in, whose functions fail.
 */
#ifndef RUN_H
#define RUN_H

#include "../../runtime/ag.h"

struct run {
    const char *folder, *name; /* the folder that holds NAME.c, NAME_phases.c, … */
    int device;                /* 1: its kernels are NAME_kernels.cu, which NVRTC compiles; 0: they are for the CPU */
    const char *command;       /* the command that runs the program, without word[]; the program prints it in hints */
    const char *aggen;         /* the first word of command, quoted for a shell */
    char **word;               /* the program's arguments */
    int words;
};

/* Returns 0 if aggen can run programs on this machine, else 1 with a line in err. */
int run_possible(struct ag_error *err);
/* Runs a program and returns what its main returns, with "" in err. If it cannot be run, returns 1 or 2 with a line in
 * err. */
int run_program(const struct run *run, struct ag_error *err);

/* Compiles CUDA kernels with NVRTC. *ptx, which the caller frees, is PTX for compute capability 8.0 and higher. Returns
 * 0, or 1 with a line in err. */
int run_ptx(const char *source, char **ptx, struct ag_error *err);

struct carried;
struct emission;
struct mem;
struct model;
/* Prepares the weights in the file `path` for generator m, which is to carry them and is emitted as e says.
 * carried->type says as which numbers; the other fields of *carried are set here, and the values lie in mem. For types
 * of two bytes prints the rounding error. Returns 0; 1 or 2 with a line in err. 2: the file or its numbers are wrong.
 */
int run_carry(const struct model *m, const struct emission *e, const char *path, struct mem *mem,
              struct carried *carried, struct ag_error *err);

#endif
