/* The targets. */
#include "cpu.h"
#include "cuda.h"
#include "parts.h"
#include "target.h"

static const char *const cpu_files[] = {"_kernels.h", "_kernels0.c", "_kernels1.c", "_kernels2.c", "_kernels3.c", NULL};

const struct target target_cpu = {.name = "cpu",
                                  .ending = "c",
                                  .training = &cpu_training,
                                  .drawing = &cpu_drawing,
                                  .narrow = 1,
                                  .phase = cpu_phase,
                                  .write_kernels = write_kernels,
                                  .kernel_files = cpu_files,
                                  .makefile = "program",
                                  .makefile_any = "carried",
                                  .ready = 1,
                                  .write_library = write_library,
                                  .library_flags = "-O3 -march=native -fno-math-errno -fno-trapping-math"};

static const char *const cuda_files[] = {"_kernels.cu", "_image.S", NULL};

const struct target target_cuda = {.name = "cuda",
                                   .ending = "cu",
                                   .device = 1,
                                   .training = &cuda_policy,
                                   .drawing = &cuda_policy,
                                   .phase = cuda_phase,
                                   .write_kernels = write_cuda_kernels,
                                   .kernel_files = cuda_files,
                                   .makefile = "program_cuda",
                                   .runtime = "runtime/cuda",
                                   .write_library = write_library_cuda,
                                   .library_source = "cu",
                                   .library_flags = "-O2 -I/usr/local/cuda/include"};

const struct target *const targets[] = {&target_cpu, &target_cuda, NULL};
