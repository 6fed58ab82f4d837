/* The paragraphs of --help that tell of programs. */
#ifndef HELP_H
#define HELP_H

#include "mem.h"

/* What FILE is, and which programs it becomes. */
void help_files(struct mem *mem);
/* What `aggen run` and `aggen check` do. */
void help_running(struct mem *mem);

#endif
