/*
 * SIMGPU_BYTES: what kernels, and copies and fills on the device, move of global memory, in sectors of 32 bytes.
 */
#ifndef SIMGPU_SECTORS_H
#define SIMGPU_SECTORS_H

#include "engine.h"

enum { SECTOR = 32 };

/* The handler that counts what this one, of a load, store, atomic operation or cp.async, moves, and then calls it; the
 * handler itself if nobody asks. */
handler sectors_handler(handler plain);

/* Adds a kernel's launches to the table: once, when it will run no more. */
void sectors_add_kernel(const program *p);
/* Adds to the table what moves `size` bytes without a kernel: from (0: a fill) and to are devices' addresses. */
void sectors_add_work(const char *name, uint64_t from, uint64_t to, uint64_t size);
/* Writes the table: a line for each name, those that move most first, and the totals. */
void sectors_write(void);

#endif
