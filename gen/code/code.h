/*
 * The code of a program under construction, for every target. It has two parts: the kernels, each of which is a
 * template with its tokens replaced, and the functions of the phases, which call or launch kernels.
 */
#ifndef CODE_H
#define CODE_H

#include "model.h"
#include "plan.h"
#include "target.h"
#include "template.h"

/* How a GPU runs a kernel. */
struct launch {
    int grid[3], threads; /* blocks in each dimension; threads in a block */
    int pointers;         /* number of arguments, all of them pointers */
    double bytes;         /* that a call must move at least: each input and each result once */
};

/* A kernel function: a template with its tokens replaced. Two with equal text are the same instance. */
struct instance {
    const char *name, *template;
    const char *text;     /* the function with AG_FN in the place of its name */
    const char *source;   /* the function with its name */
    double flop;          /* for one picture; for one call if it works on weights, and always on a GPU */
    const char *first;    /* the path of the node that it was first made for */
    struct launch launch; /* on a GPU */
};

/* A kernel template that has been read: its name, and the text behind AG_TEMPLATE. */
struct template_text {
    const char *name, *text;
};

struct code {
    struct mem *mem;
    const struct target *target;
    const struct model *model;
    const char *library; /* the name of the library that the code is for; NULL: the code is for a program. In a library
                            kernels are static and not timed, and on a GPU phases pass `run`, their struct NAME_run, to
                            each launch */
    struct instance *instance;
    int instances, instance_capacity;
    struct template_text *templates;
    int template_count, template_capacity;
    const char *path;               /* the path of the node whose kernel is being emitted */
    struct text prototypes, phases; /* of the kernels on the CPU; the functions of the phases */
    int forwards;                   /* 1: phases call ag_parallel_forward */
    long workspace;                 /* on a GPU: the most reals that one kernel needs behind the scratch of its phase */
    int *launched, launches, launch_capacity; /* on a GPU: the instances that phases launch, in order */
    struct ag_error *err;                     /* its text is a line once something has failed, else "" */
    int refused; /* 1: it failed because a tensor is too large (index_range.h), which is the user's error */
};

/* Frees everything that is not in the pool c->mem. */
void code_free(struct code *c);
/* Makes the kernel function of a template with these substitutions, unless there is an equal one. Returns its index in
 * c->instance. part: NULL for the template's kernel, "pack" for its function AG_FN_PACK, which packs a weight. name:
 * how the function is called, with a number behind it if the name is taken. flop: struct instance. A template that
 * cannot be read, that lacks the line AG_TEMPLATE or that has a token without substitution sets c->err. */
int code_instance(struct code *c, const char *template, const char *part, const char *name,
                  const struct substitutions *s, double flop);
/* Returns the address of node n as a C expression, for a kernel of this group (-1: for a step without group). local:
 * the scratch tensor in which n lies; NULL: n is not in scratch. */
const char *code_address(struct code *c, const struct plan *p, int group, const struct scratch_tensor *local, int n);
/* Returns the address of a target in its block, as a C expression. */
const char *code_target_address(struct code *c, const struct graph_target *t);
/* The place in a phase where a kernel is called. */
struct call_site {
    struct code *c;
    const struct plan *p;
    int group;              /* the kernel's group; -1: a step without group */
    const struct kernel *k; /* on the CPU where threads share a picture: the kernel; else NULL */
};
#endif
