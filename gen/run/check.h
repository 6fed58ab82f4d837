/* `aggen check`: tests whether the programs for a search space or genotype compute correct results and gradients. */
#ifndef CHECK_H
#define CHECK_H

#include "spec.h"

/* Makes the space small (few pictures and channels; the same operators, cell, paradigm, latents and losses). Builds its
 * program with merged and with unmerged mixtures, runs both in memory in double precision, and prints one line for each
 * check. Returns 0 if all checks passed. Returns 1 if one failed (err is ""), or if they could not be run (a line in
 * err). */
int check_space(const struct spec *spec, const struct genotype *geno, struct ag_error *err);

#endif
