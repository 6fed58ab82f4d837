/*
 * Stands in for the runtime where a program begins: writes what its strings say, each ended by a NUL: default pictures,
 * default folder, spec, genotype. With -DLIBRARY, what a library says of itself.
 */
#include <stdio.h>
#ifdef LIBRARY
#include "odd.h"
int main(void)
{
    return puts(odd_info()) < 0;
}
#else
#include "ag.h"
#include <stdlib.h>

int ag_options_read(struct ag_options *options, const struct ag_program *program, int argc, char **argv,
                    struct ag_error *err)
{
    (void)argc, (void)argv, (void)err;
    printf("%s%c%s%c%s%c%s%c", options->data, 0, options->run, 0, program->spec, 0, program->genotype, 0);
    exit(fflush(stdout) != 0);
}
#endif
