/* Loads the functions of the CUDA driver and of NVRTC. */
#define _GNU_SOURCE
#include "driver.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

/* Opens the first library of a list that can be opened. The list ends with NULL. */
static void *open_library(const char *const *name)
{
    void *library = NULL;
    for (; *name && !library; name++) library = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
    return library;
}

#define FIND(function, arguments)                                                                                      \
    *(void **)&table->function = dlsym(library, #function);                                                            \
    if (!table->function) return ag_fail(err, 1, "%s lacks %s; a newer one is needed", what, #function);

int ag_driver_load(struct ag_driver *table, struct ag_error *err)
{
    static const char *const names[] = {"libcuda.so.1", "libcuda.so", NULL};
    const char *what = "the CUDA driver (libcuda.so.1)";
    void *library = open_library(names);
    if (!library)
        return ag_fail(err, 1,
                       "there is no CUDA driver (libcuda.so.1) here; install NVIDIA's driver, or emit this program "
                       "with --target cpu");
    AG_DRIVER_FUNCTIONS(FIND)
    return 0;
}

int ag_nvrtc_load(struct ag_nvrtc *table, struct ag_error *err)
{
    const char *home = getenv("CUDA_HOME"), *what = "NVRTC (libnvrtc.so)";
    char at_home[4096], below[4096];
    snprintf(at_home, sizeof at_home, "%s/lib64/libnvrtc.so", home && *home ? home : "/usr/local/cuda");
    snprintf(below, sizeof below, "%s/lib/libnvrtc.so", home && *home ? home : "/usr/local/cuda");
    const char *const names[] = {at_home, below, "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so", NULL};
    void *library = open_library(names);
    if (!library)
        return ag_fail(err, 1,
                       "NVRTC (libnvrtc.so), which compiles the kernels, was not found; set CUDA_HOME to the CUDA "
                       "Toolkit, or build the program where nvcc is");
    AG_NVRTC_FUNCTIONS(FIND)
    return 0;
}
