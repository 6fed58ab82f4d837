/*
 * A strategy: how a search decides on an architecture. Each has a row in a file of its own in gen/program/, and
 * gen/program/strategies.c lists the rows.
 */
#ifndef STRATEGY_H
#define STRATEGY_H

#include "program_kind.h"

struct strategy {
    const char *name;
    void (*phases)(struct model *m);                                 /* adds the phases that its host program runs */
    const char *host;                                                /* templates/host/HOST.c … */
    void (*constants)(const struct spec *spec, struct constants *c); /* … and its constants */
};

extern const struct strategy *const strategies[]; /* ends with NULL */

/* The strategy of a search space. */
const struct strategy *strategy_of(const struct spec *spec);

#endif
