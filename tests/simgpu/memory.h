/*
 * Device memory: allocations with their shadows.
 */
#ifndef SIMGPU_MEMORY_H
#define SIMGPU_MEMORY_H

#include "engine.h"

/* Zero-filled or poisoned memory; the device's address, 0 if there is no room. `written`: it counts as initialised. */
uint64_t memory_alloc(size_t size, const char *what, int written);
int memory_free(uint64_t device);
size_t memory_used(void);
size_t memory_total(void);

/* The allocation that holds a host address, NULL for none; the one that lies nearest below or around it. */
region *memory_find(uint64_t host);
region *memory_nearest(uint64_t host);
/* The host's pointer to device memory of `size` bytes; NULL if it is not all inside of one allocation. */
void *memory_host(uint64_t device, size_t size);
/* Says that the bytes are now initialised; whether they all were (else *at is the first that was not). */
void memory_mark(uint64_t device, size_t size);
int memory_is_written(uint64_t device, size_t size, size_t *at);

/* New tags for a launch; all tags begin again when there are no more. */
void memory_forget_tags(void);

#endif
