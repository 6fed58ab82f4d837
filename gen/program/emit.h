/* Writes programs and libraries: from a model (model.h) to files in a folder. */
#ifndef EMIT_H
#define EMIT_H

#include "model.h"
#include "plan.h"
#include "target.h"

/* The weights that a generator carries. */
struct carried {
    const void *values; /* numbers of this type; NULL: it carries none and reads its weights from a file */
    size_t bytes;       /* of the values */
    enum ag_dtype type;
    int ready; /* 1 (on the CPU): the values are the block AG_FIXED, which was computed from the weights and is all that
                  the phases read of them; 0: they are AG_G, then AG_STAT. Without values a program with ready 1 has a
                  function that computes AG_FIXED */
};

struct emission {
    const struct target *target;
    const char *folder;          /* where the files go */
    int *lock;                   /* a file descriptor that holds a lock on the folder, shared by the programs of one
                                    command; -1: not yet, the first program takes it. NULL: there is no lock */
    const char *command;         /* the command line of aggen, for the first line of each file */
    const char *spec, *genotype; /* canonical JSON; genotype NULL for a search */
    const char *run;             /* the program's default run folder */
    /* names of programs that are written to the folder after this one, ends with NULL */
    const char *const *later_programs;
    struct carried carried; /* for the generator and for libraries */
    int array;              /* libraries: 1: the weights are a C array, however many there are */
    /* libraries for a GPU: compiles kernels to PTX, as run_ptx does (run.h) */
    int (*ptx)(const char *source, char **ptx, struct ag_error *err);
};

/* Returns the plan of a phase in a program that trains. The caller frees it with plan_free, and its graph with
 * graph_free. */
struct plan *training_plan(const struct phase_graph *phase, const struct policy *policy);

/* Runs the passes and the stages of the plan for each phase of a model, as a program for this target has them, and
 * writes nothing. pass_watcher (passes.h) sees each step. */
void trace_plans(const struct model *m, const struct target *target);

/* Writes NAME.c, NAME.h, NAME_phases.c, the kernels, NAME.mk and the runtime, NAME being the name of m's program.
 * Returns 0; else there is a line in err. 1: it failed; some files may be written. 2: a tensor is too large for the
 * target; no file is written. */
int emit_program(const struct model *m, const struct emission *e, struct ag_error *err);

/* What compiling a library at -O3 takes, as an estimate. */
struct cost {
    size_t c; /* bytes of the library's C file */
    struct {
        double bytes, seconds; /* of memory; of time */
    } gcc, clang;
};

/* The row of programs[] for libraries. */
extern const struct program_kind program_library;

/* Writes NAME.h and NAME.c for the given name (and further files, see struct target and emit_library_apart): a library
 * of model m of program_library, with the weights that e carries. layer: the layer that was cut out of m with
 * extract_layer; NULL: the library is the whole generator. *cost gets what compiling the library takes. Returns as
 * emit_program does; 2 also if a file of that name exists and is no library's. */
int emit_library(const struct model *m, const struct emission *e, const char *name, const char *layer,
                 struct cost *cost, struct ag_error *err);
/* Returns 1 if the weights of the library are too many for its C file, and go into a file NAME.bin. */
int emit_library_apart(const struct emission *e);

#endif
