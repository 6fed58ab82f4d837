/*
 * Prunes C files: keeps those functions and declarations that a given text needs, directly or through others. Libraries
 * take the runtime's functions in this way.
 */
#ifndef PRUNE_SOURCE_H
#define PRUNE_SOURCE_H

#include "mem.h"

/* Returns the texts of the files one after the other, without includes and header guards, and without the pieces that
 * root does not need. A piece is a function, or the lines between two blank lines. root needs a piece if it, or a later
 * piece that it needs, contains a name that the piece declares. Functions become static. A file may use only what comes
 * before it. It must be formatted like the files of runtime/: the head of a function begins a line, its body ends with
 * a line that is one brace, and a comment stands right before its function. */
char *prune_source(struct mem *mem, char *const *file, int files, const char *root);

#endif
