/* Loads a program into memory through a temporary folder, which is removed once the program is loaded. Signals that end
 * aggen are held until then. */
#define _POSIX_C_SOURCE 200809L
#include "emit.h"
#include "in_memory.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void remove_folder(struct mem *mem, const char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlink(mem_printf(mem, "%s/%s", folder, entry->d_name));
    if (d) closedir(d);
    rmdir(folder);
}

static void hold_signals(sigset_t *before)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, before);
}

int run_load_model(const struct model *m, const struct emission *e, struct loaded **program, struct ag_error *err)
{
    struct mem *mem = mem_new();
    const char *temporary = getenv("TMPDIR");
    char *folder = mem_printf(mem, "%s/aggen-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    struct emission here = *e;
    sigset_t signals;
    int status;
    here.folder = folder;
    here.target = &target_cpu;
    hold_signals(&signals);
    if (mkdtemp(folder)) {
        status = emit_program(m, &here, err);
        if (!status) status = run_load(folder, m->program->name, program, err);
        remove_folder(mem, folder);
    } else
        status = ag_fail(err, 1, "%s: cannot be made: %s; TMPDIR names another place", folder, strerror(errno));
    sigprocmask(SIG_SETMASK, &signals, NULL);
    mem_free(mem);
    return status;
}
