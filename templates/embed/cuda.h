/* AG_TEMPLATE */
#ifndef AG_GUARD
#define AG_GUARD

#include <cuda.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A generator of pictures on an NVIDIA GPU (compute capability 8.0 or more), weights and all. AG_NAME.c has its kernels
 * as PTX (AG_NAME.cu is their source, which it doesn't need) and needs AG_FILES; link with -lcuda.
 * Its functions print nothing, open nothing, allocate nothing but the kernels' module, and keep nothing but what lies in
 * the memory they are given. They work in the caller's current context. Generators with memory of their own may draw at
 * the same time, on streams and threads of their own; two calls with the same one may not.
 */
enum {
    AG_UPPER_SIZE = AG_IMAGE_SIZE, /* pixels of a side */
    AG_UPPER_CHANNELS = AG_IMAGE_CHANNELS,
    AG_UPPER_LATENT = AG_LATENT,
    AG_UPPER_BATCH = AG_BATCH, /* pictures that are drawn at once: fewer take as long */
    AG_UPPER_KERNELS = AG_KERNEL_COUNT
};

/* A generator that is ready. After its last picture cuModuleUnload(module) and cuMemFree end it. */
struct AG_NAME_generator {
    CUmodule module;
    CUfunction kernel[AG_UPPER_KERNELS];
    CUdeviceptr memory;
    unsigned long long library; /* which made it ready */
};

/* Bytes of the GPU's memory that a generator works in. */
size_t AG_NAME_memory(void);

/* Makes *generator ready, in memory of that many bytes or more on the GPU, as cuMemAlloc gives it; waits for that.
 * Returns CUDA_ERROR_INVALID_VALUE for too little memory, else what the driver said. */
CUresult AG_NAME_init(struct AG_NAME_generator *generator, CUdeviceptr memory, size_t bytes);

/*
 * Draws `count` pictures, on a stream, without waiting for them.
 *
 * latents: on the GPU, [count, AG_LATENT], normally distributed; 0: those of the pictures first, first + 1, ... of this
 *     seed, which are then the pictures that the generator program draws of this seed.
 * seed, first: what else is random follows from them (AG_NOISE). Pictures are numbered from 0 to 2^32 - 1.
 * psi: AG_TRUNCATION.
 * values: on the GPU, [count, AG_IMAGE_SIZE, AG_IMAGE_SIZE, AG_IMAGE_CHANNELS], AG_RANGE.
 *
 * Returns CUDA_ERROR_INVALID_VALUE, and draws nothing, for a generator that is not ready or another library's, values 0,
 * first or count below 0, a last picture beyond number 2^32 - 1, and a psi that is infinite or NaN as a float; else what
 * the driver said first. Latents that are infinite or NaN give values that are.
 */
CUresult AG_NAME_generate(const struct AG_NAME_generator *generator, CUdeviceptr latents, unsigned long long seed, long first,
                          long count, double psi, CUdeviceptr values, CUstream stream);

/* What it is, as JSON: its name, sizes, architecture, where that was found, and a hash of its weights. */
const char *AG_NAME_info(void);

#ifdef __cplusplus
}
#endif

#endif
