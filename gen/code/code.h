/*
 * The code of a program under construction: its kernels, each made from a template with its tokens replaced, and the
 * functions of its phases. What both targets share.
 */
#ifndef CODE_H
#define CODE_H

#include "model.h"
#include "plan.h"
#include "target.h"
#include "template.h"

/* How a device runs a kernel. */
struct launch {
    int grid[3], threads; /* blocks; threads of one */
    int pointers;         /* arguments: all are pointers */
    double bytes;         /* that it must move, at the least */
};

/* A kernel function: a template with its tokens replaced. Equal ones are one. */
struct instance {
    const char *name, *template;
    const char *text;   /* with AG_FN for its name: what makes it equal to another */
    const char *source; /* the function */
    double flop;        /* of a picture, or of a call in weight space; on a device always of a call */
    const char *first;  /* where it was first asked for */
    struct launch launch;
};

/* A kernel template that was read. */
struct loaded {
    const char *name, *text;
};

struct code {
    struct mem *mem;
    const struct target *target;
    const struct model *model;
    const char *library; /* the name of the library that all code goes into, as one file without the runtime: kernels
                            are static, nothing times them, and on a device phases hand a struct NAME_run on to their
                            launches. NULL: the code is a program's */
    struct instance *instance;
    int instances, instance_capacity;
    struct loaded *loaded;
    int loads, load_capacity;
    const char *path; /* of the node that kernels are being asked for */
    struct text prototypes, phases;
    int forwards;   /* phases call ag_parallel_forward */
    long workspace; /* on a device: what the largest kernel so far wants behind its phase's scratch, in reals */
    int *launched, launches, launch_capacity; /* on a device: the kernels that phases launch, in order */
    struct ag_error *err;                     /* has a text when something failed */
    int refused;                              /* what failed is what was asked for: index_range.h */
};

/* Frees what the pool does not hold. */
void code_free(struct code *c);
/* The function for this template, made now or before; `name` is what it would like to be called. Returns its index. */
int code_instance(struct code *c, const char *template, const char *part, const char *name,
                  const struct substitutions *s, double flop);
/* How a kernel of this group (-1: a step of its own) finds node n, which lies in `local` if that isn't NULL: a C
 * expression. */
const char *code_address(struct code *c, const struct plan *p, int group, const struct local *local, int n);
const char *code_target_address(struct code *c, const struct graph_target *t);
/* Where kernels are called. */
struct site {
    struct code *c;
    const struct plan *p;
    int group;              /* -1: a step of its own */
    const struct kernel *k; /* on the CPU: what is called */
};
#endif
