#include "settings.h"
#include "engine.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static simgpu_settings all;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static void read_order(void)
{
    const char *order = getenv("SIMGPU_ORDER");
    if (!order || !*order || !strcmp(order, "forward")) return;
    all.order = strcmp(order, "backward") ? ORDER_SHUFFLED : ORDER_BACKWARD;
    all.seed = strtoull(order, NULL, 0);
}

static void read_all(void)
{
    const char *check = getenv("SIMGPU_CHECK"), *cc = getenv("SIMGPU_CC");
    all.devices = (int)number("SIMGPU_DEVICES", 1);
    all.major = 13;
    if (cc && *cc) sscanf(cc, "%d.%d", &all.major, &all.minor);
    all.driver = (int)number("SIMGPU_DRIVER", 13000);
    all.check = !check || !*check || !strcmp(check, "all") ? CHECK_ALL
                : !strcmp(check, "none")                   ? CHECK_NONE
                                                           : CHECK_BOUNDS;
    all.abort_on_fault = (int)number("SIMGPU_ABORT", 1);
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    all.threads = (int)number("SIMGPU_THREADS", cores > 0 ? (uint64_t)cores : 1);
    all.memory = number("SIMGPU_MEMORY", (uint64_t)80 << 30);
    all.budget = number("SIMGPU_BUDGET", 300000000);
    all.late = number("SIMGPU_LATE", 0);
    all.stats = getenv("SIMGPU_STATS");
    all.bytes = getenv("SIMGPU_BYTES");
    if (all.bytes && !*all.bytes) all.bytes = NULL;
    read_order();
}

const simgpu_settings *settings(void)
{
    pthread_once(&once, read_all);
    return &all;
}
