/*
 * Pictures by a generator that aggen has written for a GPU as faces.h and faces.c: N SEED [PSI]; raw bytes on standard
 * output.
 *
 *     aggen out/run/genotype.json --weights out/run/retrain/ema.safetensors --target cuda --embed faces -o .
 *     cc -O2 -I/usr/local/cuda/include -o example example_cuda.c faces.c -L/usr/local/cuda/lib64/stubs -lcuda
 *     ./example 4 5 > pictures.raw
 */
#include "faces.h"

#include <stdio.h>
#include <stdlib.h>

static void must(CUresult result, const char *what)
{
    const char *text = "unknown";
    if (result == CUDA_SUCCESS) return;
    cuGetErrorString(result, &text);
    fprintf(stderr, "%s: %s\n", what, text);
    exit(1);
}

int main(int argc, char **argv)
{
    const long n = argc > 1 ? atol(argv[1]) : 1, size = (long)FACES_SIZE * FACES_SIZE * FACES_CHANNELS;
    if (n < 1 || n > 1000000) {
        fprintf(stderr, "usage: example N SEED [PSI]: 1 to 1000000 pictures\n");
        return 2;
    }
    const unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    const size_t bytes = (size_t)(n * size) * sizeof(float);
    float *values = malloc(bytes);
    if (!values) {
        fprintf(stderr, "example: out of memory\n");
        return 1;
    }
    CUdevice device;
    CUcontext context;
    CUdeviceptr memory, pictures;
    struct faces_generator faces;
    must(cuInit(0), "cuInit");
    must(cuDeviceGet(&device, 0), "cuDeviceGet");
    must(cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
    must(cuCtxSetCurrent(context), "cuCtxSetCurrent");
    must(cuMemAlloc(&memory, faces_memory()), "cuMemAlloc");
    must(cuMemAlloc(&pictures, bytes), "cuMemAlloc");
    must(faces_init(&faces, memory, faces_memory()), "faces_init");
    must(faces_generate(&faces, 0, seed, 0, n, argc > 3 ? atof(argv[3]) : 1, pictures, NULL), "faces_generate");
    must(cuMemcpyDtoH(values, pictures, bytes), "cuMemcpyDtoH");
    for (long i = 0; i < n * size; i++) {
        const float level = (values[i] + 1) * 127.5f + 0.5f;
        putchar(!(level > 0) ? 0 : level < 255 ? (int)level : 255);
    }
    cuModuleUnload(faces.module);
    return fflush(stdout) ? 1 : 0;
}
