/* What programs are written for: the folder of a target's kernel templates, how it runs phases, and its emitter. */
#ifndef TARGET_H
#define TARGET_H

#include "plan.h"

struct code;

struct target {
    const char *name;   /* of --target; its kernel templates are templates/NAME, with this ending */
    const char *ending; /* "c", "cu" */
    int device;         /* kernels run on a device, in one source that a compiler of its own reads */
    int narrow;         /* convolutions to few channels become products and sums of columns (to_col2im.c) */
    const struct policy *training, *drawing; /* of programs whose weights change, and whose weights stay */
    /* Appends the functions of one phase to the code. */
    void (*phase)(struct code *c, const char *name, const struct plan *p);
};

#endif
