/*
 * A strategy is a way to search: it says which phases the search program has, and which host program runs them. Each
 * strategy has a file with its row in gen/program/; gen/program/strategies.c lists the rows.
 */
#ifndef STRATEGY_H
#define STRATEGY_H

#include "program_kind.h"

struct strategy {
    const char *name;
    void (*phases)(struct model *m); /* adds the phases that its host program runs to the model */
    const char *host;                /* its host program is templates/host/HOST.c */
    void (*constants)(const struct spec *spec, struct constants *c); /* adds the constants of the host program */
};

extern const struct strategy *const strategies[]; /* ends with NULL */

/* Returns the strategy of a search space. */
const struct strategy *strategy_of(const struct spec *spec);

#endif
