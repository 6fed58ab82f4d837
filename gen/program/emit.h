/* From a model to the files of a program in a folder. */
#ifndef EMIT_H
#define EMIT_H

#include "model.h"
#include "plan.h"
#include "target.h"

/* What a generator carries, `bytes` of numbers of this type. `ready` (on the CPU): the block AG_FIXED, which then is
 * all of the weights that its phases read; a program without values computes it. Else AG_G, then AG_STAT. */
struct carried {
    const void *values; /* NULL: none */
    size_t bytes;
    enum ag_dtype type;
    int ready;
};

struct emission {
    const struct target *target;
    const char *folder;          /* where to write */
    int *lock;                   /* of the command, on that folder: a file descriptor; -1: the first program takes it */
    const char *command;         /* that made the files, for their first lines */
    const char *spec, *genotype; /* canonical JSON; genotype NULL for a search */
    const char *run;             /* default run folder */
    const char *const *next;     /* programs that are emitted after this one, of the same runtime; ends with NULL */
    struct carried carried;      /* generate */
    int array;                   /* libraries: weights as a C array, however many */
    /* libraries for a GPU: compiles kernels to PTX, as run_ptx does */
    int (*ptx)(const char *source, char **ptx, struct ag_error *err);
};

/* The plan of a phase as a program that trains has it; free it with plan_free, and its graph. */
struct plan *emit_plan(const struct phase_graph *phase, const struct policy *policy);

/* The passes and plans of a model's phases as a program for this target has them, for those who watch (passes.h). */
void compile_watched(const struct model *m, const struct target *target);

/* Writes NAME.c, NAME.h, NAME_phases.c, NAME_kernels*.c, NAME.mk and the runtime they need. Returns 0, or with a line
 * in err 1, or 2 and nothing is written: tensors are too large. */
int emit_program(const struct model *m, const struct emission *e, struct ag_error *err);

/* What compiling a library takes at -O3, roughly. */
struct cost {
    size_t c; /* bytes of name.c */
    struct {
        double bytes, seconds;
    } gcc, clang;
};

/* What a library is made of: a row of programs[]. */
extern const struct program_kind program_library;

/* Writes name.h and name.c, a library of model m (of program_library, from which all but this layer was cut away unless
 * that is NULL) and what e carries; name.bin too if that is apart. Returns as emit_program does. */
int emit_library(const struct model *m, const struct emission *e, const char *name, const char *layer,
                 struct cost *cost, struct ag_error *err);
/* Are the weights that a library carries in a file of their own? */
int emit_library_apart(const struct emission *e);

#endif
