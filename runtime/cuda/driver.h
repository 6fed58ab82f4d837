/* The functions of the CUDA driver and of NVRTC that programs use. A program looks them up when it starts, so it can be
 * built without the CUDA Toolkit. */
#ifndef AG_CUDA_DRIVER_H
#define AG_CUDA_DRIVER_H

#include "ag.h"
#include <stddef.h>

typedef unsigned long long ag_address; /* an address in the device's memory */
typedef struct ag_opaque *ag_handle;   /* a context, module, function, stream, event or graph */

/* F(name in the library, arguments). Each function returns 0 or an error number. */
#define AG_DRIVER_FUNCTIONS(F)                                                                                         \
    F(cuInit, (unsigned flags))                                                                                        \
    F(cuDriverGetVersion, (int *version))                                                                              \
    F(cuGetErrorString, (int error, const char **text))                                                                \
    F(cuDeviceGetCount, (int *count))                                                                                  \
    F(cuDeviceGet, (int *device, int number))                                                                          \
    F(cuDeviceGetName, (char *name, int length, int device))                                                           \
    F(cuDeviceGetAttribute, (int *value, int attribute, int device))                                                   \
    F(cuDevicePrimaryCtxRetain, (ag_handle * context, int device))                                                     \
    F(cuDevicePrimaryCtxRelease_v2, (int device))                                                                      \
    F(cuCtxSetCurrent, (ag_handle context))                                                                            \
    F(cuMemGetInfo_v2, (size_t * free, size_t * total))                                                                \
    F(cuMemAlloc_v2, (ag_address * memory, size_t bytes))                                                              \
    F(cuMemFree_v2, (ag_address memory))                                                                               \
    F(cuMemAllocHost_v2, (void **memory, size_t bytes))                                                                \
    F(cuMemFreeHost, (void *memory))                                                                                   \
    F(cuMemcpyHtoDAsync_v2, (ag_address to, const void *from, size_t bytes, ag_handle stream))                         \
    F(cuMemcpyDtoHAsync_v2, (void *to, ag_address from, size_t bytes, ag_handle stream))                               \
    F(cuMemcpyDtoDAsync_v2, (ag_address to, ag_address from, size_t bytes, ag_handle stream))                          \
    F(cuMemsetD32Async, (ag_address to, unsigned value, size_t count, ag_handle stream))                               \
    F(cuStreamCreate, (ag_handle * stream, unsigned flags))                                                            \
    F(cuStreamDestroy_v2, (ag_handle stream))                                                                          \
    F(cuStreamSynchronize, (ag_handle stream))                                                                         \
    F(cuStreamBeginCapture_v2, (ag_handle stream, int mode))                                                           \
    F(cuStreamEndCapture, (ag_handle stream, ag_handle * graph))                                                       \
    F(cuGraphInstantiateWithFlags, (ag_handle * executable, ag_handle graph, unsigned long long flags))                \
    F(cuGraphLaunch, (ag_handle executable, ag_handle stream))                                                         \
    F(cuGraphDestroy, (ag_handle graph))                                                                               \
    F(cuGraphExecDestroy, (ag_handle executable))                                                                      \
    F(cuEventCreate, (ag_handle * event, unsigned flags))                                                              \
    F(cuEventRecord, (ag_handle event, ag_handle stream))                                                              \
    F(cuEventQuery, (ag_handle event))                                                                                 \
    F(cuEventSynchronize, (ag_handle event))                                                                           \
    F(cuEventElapsedTime, (float *ms, ag_handle start, ag_handle end))                                                 \
    F(cuEventDestroy_v2, (ag_handle event))                                                                            \
    F(cuModuleLoadData, (ag_handle * module, const void *image))                                                       \
    F(cuModuleUnload, (ag_handle module))                                                                              \
    F(cuModuleGetFunction, (ag_handle * function, ag_handle module, const char *name))                                 \
    F(cuLaunchKernel, (ag_handle function, unsigned x, unsigned y, unsigned z, unsigned bx, unsigned by, unsigned bz,  \
                       unsigned shared, ag_handle stream, void **arguments, void **extra))

#define AG_NVRTC_FUNCTIONS(F)                                                                                          \
    F(nvrtcVersion, (int *major, int *minor))                                                                          \
    F(nvrtcGetNumSupportedArchs, (int *count))                                                                         \
    F(nvrtcGetSupportedArchs, (int *archs))                                                                            \
    F(nvrtcCreateProgram, (ag_handle * program, const char *source, const char *name, int headers,                     \
                           const char *const *header, const char *const *include))                                     \
    F(nvrtcCompileProgram, (ag_handle program, int options, const char *const *option))                                \
    F(nvrtcGetProgramLogSize, (ag_handle program, size_t * size))                                                      \
    F(nvrtcGetProgramLog, (ag_handle program, char *log))                                                              \
    F(nvrtcGetCUBINSize, (ag_handle program, size_t * size))                                                           \
    F(nvrtcGetCUBIN, (ag_handle program, char *code))                                                                  \
    F(nvrtcGetPTXSize, (ag_handle program, size_t * size))                                                             \
    F(nvrtcGetPTX, (ag_handle program, char *code))                                                                    \
    F(nvrtcDestroyProgram, (ag_handle * program))

#define AG_CUDA_MEMBER(name, arguments) int(*name) arguments;
struct ag_driver {
    AG_DRIVER_FUNCTIONS(AG_CUDA_MEMBER)
};
struct ag_nvrtc {
    AG_NVRTC_FUNCTIONS(AG_CUDA_MEMBER)
};

/* Numbers of device attributes. */
enum {
    AG_CUDA_CLOCK = 13,      /* kHz */
    AG_CUDA_PROCESSORS = 16, /* multiprocessors */
    AG_CUDA_MAJOR = 75,      /* of the compute capability */
    AG_CUDA_MINOR = 76
};

/* Load all functions. Status 1; the message says what to install. */
int ag_driver_load(struct ag_driver *driver, struct ag_error *err);
int ag_nvrtc_load(struct ag_nvrtc *nvrtc, struct ag_error *err);

/* Compiles kernels at run time. arch: the device's compute capability, 90 for 9.0. *code is a cubin or PTX, followed by
 * a 0; free it with free(). The result is cached on the disk under source, architecture, compiler and driver. Status 1.
 */
int ag_nvrtc_compile(const char *source, int arch, int driver_version, char **code, struct ag_error *err);
/* Compiles kernels to PTX for devices of this compute capability and newer. Caches nothing. Status 1. */
int ag_nvrtc_ptx(const char *source, int arch, char **ptx, struct ag_error *err);

#endif
