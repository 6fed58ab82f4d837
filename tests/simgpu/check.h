/*
 * Who wrote and read a word last. Every four bytes of global and shared memory have two tags, of the last write and of
 * the last read: a time (a block between two of its barriers has one of its own) and a thread. Two accesses of one
 * word by two threads at one time, or by two blocks in one launch, are a race if one of them changes the word.
 */
#ifndef SIMGPU_CHECK_H
#define SIMGPU_CHECK_H

#include "engine.h"

enum {
    THREAD_BITS = 11,
    THREADS_OF_WARP = 1024, /* plus the warp's index: several readers of that warp */
    THREAD_NARROW = 2045,   /* writes below four bytes, which a tag cannot tell apart */
    THREAD_ATOMIC = 2046,
    THREAD_MANY = 2047,
};
#define TAG_WRITTEN 1u          /* before all launches */
#define TAG_PENDING 0xffffffffu /* by a cp.async that has not been waited for */
#define TAG_TIMES   ((1u << (32 - THREAD_BITS)) - 2)

/* A new time for a worker's block in global memory; 0 if there are no more (tags then stop telling blocks apart). */
uint32_t check_time(const launch *l, uint64_t block);
/* Begins a launch: makes sure that times are left, and returns the tag that means "several blocks". */
uint32_t check_begin(void);

/* Called with one word at a time where the quick tests in access.c do not clear it. `value`: what is to be written. */
void check_read(warp *w, const insn *i, int lane, region *r, size_t word);
void check_write(warp *w, const insn *i, int lane, region *r, size_t word, const void *value, size_t size, int shift);

#endif
