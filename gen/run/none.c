/* An aggen that was built where a library was missing. */
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

int run_load(const char *folder, const char *name, struct loaded **loaded, char *err, size_t errsize)
{
    (void)folder, (void)name, (void)loaded;
    return run_possible(err, errsize);
}

void run_unload(struct loaded *loaded)
{
    (void)loaded;
}

void run_check(const struct loaded *merged, const struct loaded *unmerged, int quiet, struct tally *tally)
{
    (void)merged, (void)unmerged, (void)quiet, (void)tally;
}
