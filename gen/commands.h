/* The commands of aggen: what it does with the file that it has read. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "options.h"
#include "spec.h"

/* Each command prints what it has done, or what is wrong. It returns 0; 1 if it failed; 2 if the input is wrong. */

/* Checks that the target has the kernel that the key `kernels` names. If not, lists those it has and returns 2. */
int check_kernels_key(const struct options *o, const struct spec *spec);
/* Writes the programs of a search space or genotype, or a library. */
int command_emit(const struct options *o, const struct spec *spec, const struct genotype *geno);
/* Writes one program and runs it. Returns what the program returns. */
int command_run(const struct options *o, const struct spec *spec, const struct genotype *geno);
/* Prints what a search space or genotype amounts to: sizes, parameters, operations, memory. */
int command_info(const struct options *o, const struct spec *spec, const struct genotype *geno);
/* Tests a small network of the same kind (gen/run/check.h). */
int command_check(const struct options *o, const struct spec *spec, const struct genotype *geno);

#endif
