/* Runs an emitted program inside aggen: its host code is compiled in memory by libtcc, and linked with the runtime that
 * aggen carries. Without libtcc when aggen was built (none.c) there is no such thing. */
#ifndef RUN_H
#define RUN_H

#include "../../runtime/ag.h"

#include <stddef.h>

struct run {
    const char *folder, *name; /* NAME.c, NAME_phases.c, … lie there */
    int device;                /* 1: its kernels are NAME_kernels.cu, for NVRTC */
    const char *command;       /* what runs it, without its words: for the hints it gives */
    char **word;               /* of its command line */
    int words;
};

/* Can this aggen run anything here? Status 1 with a line in err: no. */
int run_possible(char *err, size_t errsize);
/* Returns what the program's main does, or 1 or 2 with a line in err, which is else empty. */
int run_program(const struct run *run, char *err, size_t errsize);

/* A file of weights, and what it is to hold. */
struct carried_from {
    const char *path, *genotype; /* the genotype as JSON */
    struct ag_table g, statistics;
    enum ag_dtype type; /* to carry */
};
/* *weights, to be freed: AG_G, then AG_STAT, `bytes` in all; for types of two bytes prints how much they are off.
 * Status 1 or 2 with a line in err. */
int run_weights(const struct carried_from *from, void **weights, size_t *bytes, char *err, size_t errsize);

/* The phases of an emitted program for the CPU in double precision, kernels and all compiled by libtcc, in memory until
 * run_unload (of which NULL is none). Status 1 with a line in err. */
struct loaded;
int run_load(const char *folder, const char *name, struct loaded **loaded, char *err, size_t errsize);
void run_unload(struct loaded *loaded);

/* Compares a program with itself, its mixtures merged and not: results, gradients with finite differences, threads.
 * Prints a line a check unless it is to be quiet. */
struct tally {
    int passed, failed;
};
void run_check(const struct loaded *merged, const struct loaded *unmerged, int quiet, struct tally *tally);

#endif
