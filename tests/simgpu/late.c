/*
 * SIMGPU_LATE: a device that lags. What streams are given is put off until the program waits for it, or has asked often
 * enough whether it is done; so a host that reads or overwrites too early is seen. Waits are counted, and those that
 * leave the device with nothing to do.
 */
#include "driver.h"
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>

struct entry {
    work work;
    struct entry *next;
};
static struct entry *first, **last = &first;
static uint64_t added, done;
static uint64_t waits, idle;

uint64_t late_added(void)
{
    return added;
}

int late_is_done(uint64_t n)
{
    return n <= done;
}

CUresult late_add(const work *w)
{
    struct entry *e = malloc(sizeof *e);
    if (!e) abort();
    *e = (struct entry){*w, NULL};
    work_copy_params(&e->work);
    *last = e;
    last = &e->next;
    added++;
    return CUDA_SUCCESS;
}

CUresult late_do(uint64_t n)
{
    CUresult result = CUDA_SUCCESS;
    while (done < n) {
        struct entry *e = first;
        const CUresult now = stream_do(&e->work);
        if (!result) result = now;
        first = e->next;
        if (!first) last = &first;
        if (e->work.kind == WORK_LAUNCH) free(e->work.params);
        free(e);
        done++;
    }
    return result;
}

CUresult late_wait(uint64_t n)
{
    if (late_is_done(n)) return CUDA_SUCCESS;
    waits++;
    idle += n == added;
    return late_do(n);
}

__attribute__((destructor)) static void write_waits(void)
{
    const char *path = settings()->stats;
    FILE *file = path && *path && settings()->late ? fopen(path, "a") : NULL;
    if (!file) return;
    fprintf(file, "waits %llu idle %llu\n", (unsigned long long)waits, (unsigned long long)idle);
    fclose(file);
}
