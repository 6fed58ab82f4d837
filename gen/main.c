/* The program aggen: reads the command line and the file, then calls the command. */
#define _POSIX_C_SOURCE 200809L
#include "commands.h"

#include <signal.h>
#include <stdio.h>

static int (*const command[])(const struct options *o, const struct spec *spec, const struct genotype *geno) = {
    [COMMAND_EMIT] = command_emit,
    [COMMAND_RUN] = command_run,
    [COMMAND_INFO] = command_info,
    [COMMAND_CHECK] = command_check,
};

static int run(const struct options *o)
{
    static struct spec spec;
    static struct genotype geno;
    struct ag_error err;
    if (o->help) {
        options_help();
        return 0;
    }
    if (spec_read(o->file, o->set, o->sets, &spec, &geno, &err)) {
        fprintf(stderr, "aggen: %s\n", err.text);
        return 2;
    }
    return check_kernels_key(o, &spec) ? 2 : command[o->command](o, &spec, &geno);
}

int main(int argc, char **argv)
{
    struct options o;
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is then an error like a full disk */
    ag_open_standard();
    if (options_read(&o, argc, argv)) return 2;
    const int status = run(&o);
    if ((fflush(stdout) || ferror(stdout)) && !status) { /* not everything that was printed has arrived */
        fprintf(stderr, "aggen: cannot write to standard output\n");
        return 1;
    }
    return status;
}
