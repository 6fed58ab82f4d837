/*
 * A kind of program that aggen writes: the files it is written for, the phases it computes, and its host program. Each
 * has a row in a file of its own in gen/program/, and gen/program/programs.c lists the rows.
 */
#ifndef PROGRAM_KIND_H
#define PROGRAM_KIND_H

#include "build.h"

struct constants;
struct model;

/* How the networks of a program are trained. */
struct training {
    enum loss loss;
    struct pass pass; /* of G and D in a training step */
};

struct program_kind {
    const char *name; /* aggen writes NAME.c, make builds NAME, `aggen run FILE NAME` runs it */
    int of_genotype;  /* it is written for a genotype; else for a search space */
    int is_library;   /* --embed writes it, to be compiled along; else `aggen FILE` does, as a program */

    /* What it computes. */
    int draws; /* its weights stay as they are: phases are compiled for drawing, and it may carry its weights */
    int most;  /* of one that draws: the pictures that a phase may take at once on the CPU, if it is the only phase */
    void (*phases)(struct model *m, int pictures); /* adds them to m; phases of a generator draw so many pictures */
    struct training (*training)(const struct spec *spec); /* NULL: it does not train */
    const char *batches; /* of one that trains: the keys with the sizes of its batches, for messages */

    /* Its host program. A library has none. */
    const char *(*host)(const struct spec *spec);                    /* templates/host/HOST.c … */
    void (*constants)(const struct spec *spec, struct constants *c); /* … and its constants; NULL: it has none */
    int has_choices; /* its tables list what an architecture consists of */
    int is_static;   /* it is linked statically, for machines without its libraries */
};

extern const struct program_kind *const programs[]; /* ends with NULL */

/* Number i of the programs that `aggen FILE` writes for a genotype, or for a search space, in the order of the table;
 * NULL: there are no more. The first is the one that `aggen run FILE` runs. */
const struct program_kind *program_of(int of_genotype, int i);
/* Their names, each between these two texts, with `last` before the last: "DIR/retrain.c and DIR/generate.c". */
char *program_list(struct mem *mem, int of_genotype, const char *before, const char *after, const char *last);

#endif
