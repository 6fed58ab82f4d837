/* What run.h and check.h declare, in an aggen that was built without libtcc: everything fails with a line in err. */
#include "check.h"
#include "run.h"

int run_possible(struct ag_error *err)
{
    return ag_fail(err, 1,
                   "this aggen was built without libtcc, which `aggen run` needs; install what `make deps` names and "
                   "type make, or leave `run` out and build the program with make");
}

int run_program(const struct run *run, struct ag_error *err)
{
    (void)run;
    return run_possible(err);
}

int run_carry(const struct model *m, const struct emission *e, const char *path, struct mem *mem,
              struct carried *carried, struct ag_error *err)
{
    (void)m, (void)e, (void)path, (void)mem, (void)carried;
    return ag_fail(err, 1,
                   "this aggen was built without libtcc, which --weights needs; install what `make deps` names and "
                   "type make, or leave --weights out: the program reads its weights from a file then");
}

int run_ptx(const char *source, char **ptx, struct ag_error *err)
{
    (void)source, (void)ptx;
    return run_possible(err);
}

int check_space(const struct spec *spec, const struct genotype *geno, struct ag_error *err)
{
    (void)spec, (void)geno;
    return run_possible(err);
}
