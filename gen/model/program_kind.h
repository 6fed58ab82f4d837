/*
 * The kinds of programs that aggen writes: search, retrain, generate, and the library of --embed. A kind says what it
 * is written for, which phases it computes and which host program runs them. Each is a row in a file of its own in
 * gen/program/; gen/program/programs.c lists them.
 */
#ifndef PROGRAM_KIND_H
#define PROGRAM_KIND_H

#include "build.h"

struct constants;
struct model;

/* How the networks of a program are trained. */
struct training {
    enum loss loss;
    struct network_pass pass; /* how G and D are computed in a training step */
};

struct program_kind {
    const char *name; /* aggen writes NAME.c, make builds NAME, `aggen run FILE NAME` runs it */
    int of_genotype;  /* 1: written for a genotype; 0: for a search space */
    int is_library;   /* 1: --embed writes it, as a C library; 0: `aggen FILE` writes it, as a program */

    /* What it computes. */
    int draws; /* 1: its weights stay as they are. It may then carry them */
    int most;  /* if it draws and has a single phase: pictures at once on the CPU, at most */
    void (*phases)(struct model *m, int pictures);        /* adds its phases to m, those that draw with this batch */
    struct training (*training)(const struct spec *spec); /* NULL: it does not train */
    const char *batches; /* if it trains: the keys with its batch sizes, for messages */

    /* Its host program. A library has none. */
    const char *(*host)(const struct spec *spec);                    /* templates/host/HOST.c … */
    void (*constants)(const struct spec *spec, struct constants *c); /* … and constants; NULL: none */
    int has_choices; /* 1: it has tables of what an architecture consists of */
    int is_static;   /* 1: it is linked statically, to run on machines without its libraries */
};

extern const struct program_kind *const programs[]; /* ends with NULL */

/* Returns number i of the programs that `aggen FILE` writes for a genotype (of_genotype 1) or a search space (0), in
 * the order of the table; NULL: there are no more. `aggen run FILE` runs number 0 unless told otherwise. */
const struct program_kind *program_of(int of_genotype, int i);
/* Returns the names of these programs as a list, allocated from mem. Each name stands between `before` and `after`, and
 * `last` stands before the last one: "DIR/retrain.c and DIR/generate.c". */
char *program_list(struct mem *mem, int of_genotype, const char *before, const char *after, const char *last);

#endif
