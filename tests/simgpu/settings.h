/*
 * The environment's switches (README.md), read once.
 */
#ifndef SIMGPU_SETTINGS_H
#define SIMGPU_SETTINGS_H

#include <stdint.h>

enum { ORDER_FORWARD, ORDER_BACKWARD, ORDER_SHUFFLED };

typedef struct {
    int devices, major, minor, driver, check, abort_on_fault, threads, order;
    uint64_t memory, seed, budget, late;
    const char *stats, *bytes;
} simgpu_settings;

const simgpu_settings *settings(void);

#endif
