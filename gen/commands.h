/* What aggen does with the file that it has read. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "options.h"
#include "spec.h"

/* Each prints what it has done, or what is wrong. Returns 0; 1: it failed; 2: the input is wrong. */

/* Writes the programs, or the library, of a search space or genotype. */
int command_emit(const struct options *o, const struct spec *spec, const struct genotype *geno);
/* Writes one program and runs it: returns what it returns. */
int command_run(const struct options *o, const struct spec *spec, const struct genotype *geno);
/* Prints what the search or the retraining amounts to. */
int command_info(const struct options *o, const struct spec *spec, const struct genotype *geno);
/* Tests a small network of the same kind. */
int command_check(const struct options *o, const struct spec *spec, const struct genotype *geno);

#endif
