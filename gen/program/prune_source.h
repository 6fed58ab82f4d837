/*
 * Takes from C files only what some text needs: functions, and the declarations between them, whose names occur in it
 * or in what was taken behind them.
 */
#ifndef PRUNE_SOURCE_H
#define PRUNE_SOURCE_H

#include "mem.h"

/* The files' texts one after the other, each of which uses what comes before alone, without what `root` has no use for
 * and without includes. Functions become static. The files are ours: a function's head begins a line and its body ends
 * with a line of one brace; comments stand right before what they are about. */
char *shake(struct mem *mem, char *const *file, int files, const char *root);

#endif
