/* What run.h and check.h declare, in an aggen that was built without libtcc: everything fails with a line in err. */
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

int run_carry(const struct model *m, const struct emission *e, const char *path, struct mem *mem,
              struct carried *carried, char *err, size_t errsize)
{
    (void)m, (void)e, (void)path, (void)mem, (void)carried;
    snprintf(err, errsize,
             "this aggen was built without libtcc, which --weights needs; install what `make deps` names and type "
             "make, or leave --weights out: the program reads its weights from a file then");
    return 1;
}

int run_ptx(const char *source, char **ptx, char *err, size_t errsize)
{
    (void)source, (void)ptx;
    return run_possible(err, errsize);
}

int check_space(const struct spec *spec, const struct genotype *geno, char *err, size_t errsize)
{
    (void)spec, (void)geno;
    return run_possible(err, errsize);
}
