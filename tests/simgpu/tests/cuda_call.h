/*
 * For the tests' programs: the driver through dlopen, as a CUDA program of this project loads it.
 */
#ifndef SIMGPU_CUDA_CALL_H
#define SIMGPU_CUDA_CALL_H

#include <cuda.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a call returned. */
#define TRY(type, name, ...) (((type)driver_symbol(name))(__VA_ARGS__))
#define CALL(type, name, ...)                                                                                          \
    do {                                                                                                               \
        const CUresult code = TRY(type, name, __VA_ARGS__);                                                            \
        if (code) {                                                                                                    \
            printf("%s:%d: %s returned %d\n", __FILE__, __LINE__, name, (int)code);                                    \
            exit(2);                                                                                                   \
        }                                                                                                              \
    } while (0)

static inline void *driver_symbol(const char *name)
{
    static void *library;
    if (!library) library = dlopen("libcuda.so.1", RTLD_NOW);
    void *symbol = library ? dlsym(library, name) : NULL;
    if (!symbol) {
        printf("libcuda.so.1 or its %s is missing\n", name);
        exit(2);
    }
    return symbol;
}

typedef CUresult (*on_unsigned)(unsigned);
typedef CUresult (*on_context)(CUcontext *, unsigned, CUdevice);
typedef CUresult (*on_alloc)(CUdeviceptr *, size_t);
typedef CUresult (*on_to_device)(CUdeviceptr, const void *, size_t);
typedef CUresult (*on_to_host)(void *, CUdeviceptr, size_t);
typedef CUresult (*on_fill)(CUdeviceptr, unsigned, size_t);
typedef CUresult (*on_module)(CUmodule *, const void *);
typedef CUresult (*on_function)(CUfunction *, CUmodule, const char *);
typedef CUresult (*on_launch)(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                              CUstream, void **, void **);

static inline void driver_begin(void)
{
    CUcontext context;
    CALL(on_unsigned, "cuInit", 0);
    CALL(on_context, "cuCtxCreate_v2", &context, 0, 0);
}

static inline CUdeviceptr device_alloc(size_t size)
{
    CUdeviceptr p;
    CALL(on_alloc, "cuMemAlloc_v2", &p, size);
    return p;
}

static inline CUdeviceptr device_copy(const void *from, size_t size)
{
    const CUdeviceptr p = device_alloc(size);
    CALL(on_to_device, "cuMemcpyHtoD_v2", p, from, size);
    return p;
}

static inline char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) {
        printf("%s cannot be read\n", path);
        exit(2);
    }
    const long size = ftell(file);
    rewind(file);
    char *bytes = calloc(1, (size_t)size + 1);
    if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size) exit(2);
    fclose(file);
    return bytes;
}

static inline CUfunction get_function(CUmodule module, const char *name)
{
    CUfunction f;
    CALL(on_function, "cuModuleGetFunction", &f, module, name);
    return f;
}

#endif
