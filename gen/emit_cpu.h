/* The CPU target: C for the kernels and phases of a program. */
#ifndef EMIT_CPU_H
#define EMIT_CPU_H

#include "model.h"
#include "plan.h"
#include "template.h"

enum { KERNEL_FILES = 4 };

/* A kernel function: a template with its tokens replaced. Equal ones are one. */
struct instance {
    const char *name;
    const char *text;   /* with AG_FN for its name: what makes it equal to another */
    const char *source; /* the function */
    double flop;        /* of a picture, or of a call in weight space */
    const char *first;  /* where it was first asked for */
};

/* A kernel template that was read. */
struct loaded {
    const char *name, *text;
};

struct cpu {
    struct mem *mem;
    const struct model *model;
    struct instance *instance;
    int instances, instance_capacity;
    struct loaded *loaded;
    int loads, load_capacity;
    const char *path; /* of the node that kernels are being asked for */
    struct text prototypes, phases;
    char *error; /* of errsize bytes; its first byte is set when something failed */
    size_t errsize;
};

/* Frees what the pool does not hold. */
void cpu_free(struct cpu *c);
/* The function for this template, made now or before; `name` is what it would like to be called. Returns its index. */
int cpu_instance(struct cpu *c, const char *template, const char *part, const char *name, const struct substitutions *s,
                 double flop);
/* How a kernel of this group (-1: a step of its own) finds node n, which lies in `local` if that isn't NULL: a C
 * expression. */
const char *cpu_address(struct cpu *c, const struct plan *p, int group, const struct local *local, int n);
const char *cpu_target_address(struct cpu *c, const struct target *t);
/* emit_pointwise.c: a kernel of expressions; *arguments gets the call's arguments, but for the number of pictures. */
int cpu_pointwise(struct cpu *c, const struct plan *p, int group, const struct kernel *k, struct text *arguments,
                  int *images);
/* Where kernels are called. */
struct site {
    struct cpu *c;
    const struct plan *p;
    int group; /* -1: a step of its own */
};
/* emit_nodes.c: the function of node n's own kernel. */
int cpu_node(const struct site *s, int n);
/* The function that adds what the border of node n needs: its own kernel, or what follows its convolution. */
int cpu_border(const struct site *s, int n);
/* The function that adds up node n's partial sums. */
int cpu_combine(const struct site *s, int n);
/* The halo of what node n's kernel writes. */
long cpu_halo(const struct site *s, int n);

/* emit_phase.c: the functions of one phase, appended to c->phases. */
void cpu_phase(struct cpu *c, const char *phase, const struct plan *p);

#endif
