/* What a library for a GPU refuses, as its header says: check_cuda; counted checks. */
#include "../unit/tally.h"
#include "faces.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#define CHECK(condition) check(!!(condition), "%s:%d: %s", __FILE__, __LINE__, #condition)
#define WRONG(call)      CHECK((call) == CUDA_ERROR_INVALID_VALUE)

enum { NUMBERS = FACES_SIZE * FACES_SIZE * FACES_CHANNELS };

/* Without an array for values, only what is refused returns. */
static void check_generate(const struct faces_generator *faces, CUdeviceptr values)
{
    const long last = (long)0xffffffff;
    const double psi[] = {(double)NAN, -(double)NAN, (double)INFINITY, -(double)INFINITY, 1e39, -1e300};
    struct faces_generator other = *faces, unready = *faces;
    other.library ^= 1;
    unready.memory = 0;
    CHECK(faces_generate(faces, 0, 5, 0, 1, 1, values, NULL) == CUDA_SUCCESS);
    WRONG(faces_generate(NULL, 0, 5, 0, 1, 1, values, NULL));
    WRONG(faces_generate(&other, 0, 5, 0, 1, 1, values, NULL));
    WRONG(faces_generate(&unready, 0, 5, 0, 1, 1, values, NULL));
    WRONG(faces_generate(faces, 0, 5, 0, 1, 1, 0, NULL));
    WRONG(faces_generate(faces, 0, 5, 0, -1, 1, values, NULL));
    WRONG(faces_generate(faces, 0, 5, -1, 1, 1, values, NULL));
    WRONG(faces_generate(faces, 0, 5, 1, LONG_MAX, 1, values, NULL));
    WRONG(faces_generate(faces, 0, 5, LONG_MAX, 1, 1, values, NULL));
    WRONG(faces_generate(faces, 0, 5, LONG_MIN, LONG_MIN, 1, values, NULL));
    for (size_t i = 0; i < sizeof psi / sizeof *psi; i++)
        WRONG(faces_generate(faces, 0, 5, 0, 1, psi[i], values, NULL));
    if (sizeof last == 4) return;
    CHECK(faces_generate(faces, 0, 5, last, 1, 1, values, NULL) == CUDA_SUCCESS);
    CHECK(faces_generate(faces, 0, 5, last + 1, 0, 1, values, NULL) == CUDA_SUCCESS);
    WRONG(faces_generate(faces, 0, 5, last + 1, 1, 1, values, NULL));
    WRONG(faces_generate(faces, 0, 5, last, 2, 1, values, NULL));
}

static void check_init(CUdeviceptr memory)
{
    struct faces_generator faces;
    WRONG(faces_init(NULL, memory, faces_memory()));
    WRONG(faces_init(&faces, 0, faces_memory()));
    WRONG(faces_init(&faces, memory + 4, faces_memory()));
    WRONG(faces_init(&faces, memory, faces_memory() - 1));
    WRONG(faces_generate(&faces, 0, 5, 0, 1, 1, memory, NULL));
}

int main(void)
{
    CUdevice device;
    CUcontext context;
    CUdeviceptr memory = 0, values = 0;
    struct faces_generator faces;
    if (cuInit(0) || cuDeviceGet(&device, 0) || cuDevicePrimaryCtxRetain(&context, device) ||
        cuCtxSetCurrent(context) || cuMemAlloc(&memory, faces_memory()) || cuMemAlloc(&values, NUMBERS * sizeof(float)))
        return 2;
    check_init(memory);
    CHECK(faces_init(&faces, memory, faces_memory()) == CUDA_SUCCESS);
    check_generate(&faces, values);
    CHECK(cuStreamSynchronize(NULL) == CUDA_SUCCESS);
    cuModuleUnload(faces.module);
    return finish();
}
