/* The self-test of a search space or genotype: `aggen check`. */
#ifndef CHECK_H
#define CHECK_H

#include "spec.h"

/* Builds a small space of the same operators, cell, paradigm, latents and losses, its mixtures merged and not, runs
 * both in double precision in memory, and prints a line a check. Returns 0 if all passed, 1 if one failed or, with a
 * line in err, which is else empty, if they could not be run. */
int check_space(const struct spec *spec, const struct genotype *geno, struct ag_error *err);

#endif
