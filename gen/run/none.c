/* An aggen that was built where a library was missing. */
#include "check.h"
#include "run.h"

#include <stdio.h>

int run_possible(char *err, size_t errsize)
{
    snprintf(err, errsize,
             "this aggen was built without libtcc, which `aggen run` needs; install what `make deps` names and type "
             "make, or leave `run` out and build the program with make");
    return 1;
}

int run_program(const struct run *run, char *err, size_t errsize)
{
    (void)run;
    return run_possible(err, errsize);
}

int run_weights(const struct carried_from *from, void **weights, size_t *bytes, char *err, size_t errsize)
{
    (void)from, (void)weights, (void)bytes;
    snprintf(err, errsize,
             "this aggen was built without the libraries that --weights needs; install what `make deps` names and type "
             "make, or leave --weights out: the program reads its weights from a file then");
    return 1;
}

int check_space(const struct spec *spec, const struct genotype *geno, char *err, size_t errsize)
{
    (void)spec, (void)geno;
    return run_possible(err, errsize);
}
