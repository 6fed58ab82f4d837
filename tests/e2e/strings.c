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

int ag_train(const struct ag_method *method, void *state, int argc, char **argv)
{
    const struct ag_program *program = method->program;
    (void)state, (void)argc, (void)argv;
    printf("%s%c%s%c%s%c%s%c", method->data.path, 0, method->run, 0, program->spec, 0, program->genotype, 0);
    exit(fflush(stdout) != 0);
}
#endif
