/*
 * driver PTX FATBIN [NVRTC]: the driver's calls. Closes on `N passed, N failed`.
 */
#include "cuda_call.h"

#include <stdint.h>

typedef CUresult (*on_stream)(CUstream);
typedef CUresult (*on_new_stream)(CUstream *, unsigned);
typedef CUresult (*on_begin)(CUstream, CUstreamCaptureMode);
typedef CUresult (*on_end)(CUstream, CUgraph *);
typedef CUresult (*on_status)(CUstream, CUstreamCaptureStatus *);
typedef CUresult (*on_instantiate)(CUgraphExec *, CUgraph, unsigned long long);
typedef CUresult (*on_graph_launch)(CUgraphExec, CUstream);
typedef CUresult (*on_nodes)(CUgraph, CUgraphNode *, size_t *);
typedef CUresult (*on_new_event)(CUevent *, unsigned);
typedef CUresult (*on_record)(CUevent, CUstream);
typedef CUresult (*on_wait)(CUstream, CUevent, unsigned);
typedef CUresult (*on_elapsed)(float *, CUevent, CUevent);
typedef CUresult (*on_free)(CUdeviceptr);
typedef CUresult (*on_nothing)(void);
typedef CUresult (*on_copy)(CUdeviceptr, CUdeviceptr, size_t);
typedef CUresult (*on_fill_bytes)(CUdeviceptr, unsigned char, size_t);
typedef CUresult (*on_fill_stream)(CUdeviceptr, unsigned, size_t, CUstream);
typedef CUresult (*on_host_stream)(void *, CUdeviceptr, size_t, CUstream);
typedef CUresult (*on_global)(CUdeviceptr *, size_t *, CUmodule, const char *);
typedef CUresult (*on_attribute)(int *, int, CUdevice);
typedef CUresult (*on_get)(int *, CUfunction_attribute, CUfunction);
typedef CUresult (*on_set)(CUfunction, CUfunction_attribute, int);
typedef CUresult (*on_occupancy)(int *, CUfunction, int, size_t);
typedef CUresult (*on_text)(CUresult, const char **);
typedef CUresult (*on_load)(CUmodule *, const void *, unsigned, CUjit_option *, void **);
typedef CUresult (*on_address)(const char *, void **, int, cuuint64_t, CUdriverProcAddressQueryResult *);
typedef CUresult (*on_table)(const void **, const CUuuid *);
typedef CUresult (*on_info)(size_t *, size_t *);
typedef CUresult (*on_unload)(CUmodule);

static int passed, failed;

static void ok(int good, const char *what)
{
    passed += good != 0;
    failed += !good;
    if (!good) printf("FAILED: %s\n", what);
}
#define OK(condition) ok(condition, #condition)

static float first_of(CUdeviceptr p)
{
    float x = -1;
    CALL(on_to_host, "cuMemcpyDtoH_v2", &x, p, 4);
    return x;
}

static CUresult scale(CUfunction f, CUdeviceptr x, float factor, int n, CUstream stream)
{
    void *params[] = {&x, &factor, &n};
    return TRY(on_launch, "cuLaunchKernel", f, (unsigned)(n + 63) / 64, 1, 1, 64, 1, 1, 0, stream, params, NULL);
}

static void test_device(void)
{
    int value = 0;
    OK(!TRY(on_attribute, "cuDeviceGetAttribute", &value, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 0) &&
       value == 13);
    OK(!TRY(on_attribute, "cuDeviceGetAttribute", &value, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 0) &&
       value == 227 << 10);
    const char *text = NULL;
    OK(!TRY(on_text, "cuGetErrorName", CUDA_ERROR_OUT_OF_MEMORY, &text) && !strcmp(text, "CUDA_ERROR_OUT_OF_MEMORY"));
    OK(!TRY(on_text, "cuGetErrorString", CUDA_ERROR_NO_DEVICE, &text) && strstr(text, "no CUDA-capable device"));
    OK(TRY(on_text, "cuGetErrorString", (CUresult)12345, &text) == CUDA_ERROR_INVALID_VALUE);
    void *address = NULL;
    OK(!TRY(on_address, "cuGetProcAddress_v2", "cuMemAlloc", &address, 13000, 0, NULL) &&
       address == driver_symbol("cuMemAlloc_v2"));
    OK(TRY(on_table, "cuGetExportTable", (const void **)&address, NULL) != CUDA_SUCCESS);
}

static void test_memory(void)
{
    size_t before, after, total;
    CALL(on_info, "cuMemGetInfo_v2", &before, &total);
    const CUdeviceptr p = device_alloc(4096);
    CALL(on_info, "cuMemGetInfo_v2", &after, &total);
    OK(before - after == 4096);
    uint32_t words[1024];
    CALL(on_fill, "cuMemsetD32_v2", p, 0x01020304, 1024);
    CALL(on_fill_bytes, "cuMemsetD8_v2", p + 5, 9, 2);
    CALL(on_to_host, "cuMemcpyDtoH_v2", words, p, 4096);
    OK(words[0] == 0x01020304 && words[1] == 0x01090904 && words[1023] == 0x01020304);
    const CUdeviceptr q = device_alloc(4096);
    CALL(on_copy, "cuMemcpyDtoD_v2", q + 8, p, 8);
    OK(TRY(on_to_host, "cuMemcpyDtoH_v2", words, q, 16) == CUDA_ERROR_LAUNCH_FAILED); /* q + 0 was never written */
    CALL(on_to_host, "cuMemcpyDtoH_v2", words, q + 8, 8);
    OK(words[1] == 0x01090904);
    OK(TRY(on_to_host, "cuMemcpyDtoH_v2", words, q + 4092, 8) == CUDA_ERROR_INVALID_VALUE);
    OK(TRY(on_to_device, "cuMemcpyHtoD_v2", (CUdeviceptr)(uintptr_t)words, words, 8) == CUDA_ERROR_INVALID_VALUE);
    OK(TRY(on_alloc, "cuMemAlloc_v2", &(CUdeviceptr){0}, (size_t)1 << 50) == CUDA_ERROR_OUT_OF_MEMORY);
    CALL(on_free, "cuMemFree_v2", p);
    OK(TRY(on_free, "cuMemFree_v2", p) == CUDA_ERROR_INVALID_VALUE);
    OK(TRY(on_free, "cuMemFree_v2", q + 16) == CUDA_ERROR_INVALID_VALUE);
    CALL(on_free, "cuMemFree_v2", q);
}

static void test_functions(CUmodule module)
{
    CUfunction f;
    OK(TRY(on_function, "cuModuleGetFunction", &f, module, "absent") == CUDA_ERROR_NOT_FOUND);
    const float x[3] = {1, 2, 3};
    const CUdeviceptr p = device_copy(x, sizeof x);
    OK(!scale(get_function(module, "scale"), p, 4, 3, NULL) && first_of(p) == 4 && first_of(p + 8) == 12);

    struct {
        float a[3];
        char small;
        double d;
    } numbers = {{0.5f, 1.5f, 2.5f}, -3, 100};
    CUdeviceptr y = device_alloc(4096), at;
    int k = 1;
    void *params[] = {&y, &numbers, &k};
    f = get_function(module, "by_struct");
    CALL(on_launch, "cuLaunchKernel", f, 2, 1, 1, 1, 1, 1, 0, NULL, params, NULL);
    OK(first_of(y) == 98.5f && first_of(y + 4) == 6);
    struct {
        CUdeviceptr y;
        char numbers[24];
        int k;
    } packed = {y, {0}, 2};
    memcpy(packed.numbers, &numbers, 24);
    size_t size = sizeof packed;
    void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END};
    CALL(on_launch, "cuLaunchKernel", f, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, extra);
    OK(first_of(y) == 99.5f);
    CALL(on_global, "cuModuleGetGlobal_v2", &at, &size, module, "hits");
    int hits[2];
    CALL(on_to_host, "cuMemcpyDtoH_v2", hits, at, 8);
    OK(size == 8 && hits[0] == 0 && hits[1] == 6);
    OK(TRY(on_global, "cuModuleGetGlobal_v2", &at, &size, module, "absent") == CUDA_ERROR_NOT_FOUND);

    int n = 20000, value = 0;
    void *dynamic[] = {&y, &n};
    f = get_function(module, "dynamic");
    OK(TRY(on_launch, "cuLaunchKernel", f, 1, 1, 1, 128, 1, 1, 4 * (unsigned)n, NULL, dynamic, NULL) ==
       CUDA_ERROR_INVALID_VALUE);
    OK(TRY(on_set, "cuFuncSetAttribute", f, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 228 << 10) ==
       CUDA_ERROR_INVALID_VALUE);
    CALL(on_set, "cuFuncSetAttribute", f, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 4 * n);
    CALL(on_launch, "cuLaunchKernel", f, 1, 1, 1, 128, 1, 1, 4 * (unsigned)n, NULL, dynamic, NULL);
    OK(first_of(y) == 19999 && first_of(y + 4 * 127) == 19872);
    OK(!TRY(on_occupancy, "cuOccupancyMaxActiveBlocksPerMultiprocessor", &value, f, 128, 4 * (size_t)n) && value == 2);
    f = get_function(module, "small_blocks");
    OK(!TRY(on_get, "cuFuncGetAttribute", &value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, f) && value == 64);
    OK(TRY(on_launch, "cuLaunchKernel", f, 1, 1, 1, 128, 1, 1, 0, NULL, dynamic, NULL) == CUDA_ERROR_INVALID_VALUE);
    OK(TRY(on_launch, "cuLaunchKernel", f, 0, 1, 1, 64, 1, 1, 0, NULL, dynamic, NULL) == CUDA_ERROR_INVALID_VALUE);
}

static void test_graphs(CUmodule module)
{
    const CUfunction f = get_function(module, "scale");
    const float one = 1;
    const CUdeviceptr p = device_copy(&one, 4), q = device_alloc(4);
    CUstream streams[2];
    CUevent events[3];
    for (int k = 0; k < 2; k++) CALL(on_new_stream, "cuStreamCreate", &streams[k], CU_STREAM_NON_BLOCKING);
    for (int k = 0; k < 3; k++) CALL(on_new_event, "cuEventCreate", &events[k], 0);
    CUgraph graph;
    CUgraphExec exec;
    CUstreamCaptureStatus status;
    CALL(on_begin, "cuStreamBeginCapture_v2", streams[0], CU_STREAM_CAPTURE_MODE_GLOBAL);
    CALL(on_status, "cuStreamIsCapturing", streams[0], &status);
    OK(status == CU_STREAM_CAPTURE_STATUS_ACTIVE);
    CALL(on_fill_stream, "cuMemsetD32Async", q, 0x3f800000, 1, streams[0]);
    OK(!scale(f, p, 3, 1, streams[0]));
    CALL(on_record, "cuEventRecord", events[0], streams[0]);
    CALL(on_wait, "cuStreamWaitEvent", streams[1], events[0], 0);
    OK(!scale(f, p, 5, 1, streams[1]));
    CALL(on_record, "cuEventRecord", events[1], streams[1]);
    CALL(on_wait, "cuStreamWaitEvent", streams[0], events[1], 0);
    CALL(on_end, "cuStreamEndCapture", streams[0], &graph);
    OK(first_of(p) == 1); /* nothing has run */
    size_t nodes = 0;
    OK(!TRY(on_nodes, "cuGraphGetNodes", graph, NULL, &nodes) && nodes == 3);
    CALL(on_instantiate, "cuGraphInstantiateWithFlags", &exec, graph, 0);
    for (int k = 0; k < 2; k++) CALL(on_graph_launch, "cuGraphLaunch", exec, streams[1]);
    CALL(on_stream, "cuStreamSynchronize", streams[1]);
    OK(first_of(p) == 225 && first_of(q) == 1);

    CALL(on_begin, "cuStreamBeginCapture_v2", streams[0], CU_STREAM_CAPTURE_MODE_GLOBAL);
    OK(TRY(on_alloc, "cuMemAlloc_v2", &(CUdeviceptr){0}, 16) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    OK(TRY(on_end, "cuStreamEndCapture", streams[0], &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED && !graph);
    CALL(on_begin, "cuStreamBeginCapture_v2", streams[0], CU_STREAM_CAPTURE_MODE_GLOBAL);
    OK(TRY(on_stream, "cuStreamSynchronize", streams[0]) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    TRY(on_end, "cuStreamEndCapture", streams[0], &graph);
    CALL(on_nothing, "cuCtxSynchronize");

    float ms = -1, x = 0;
    OK(TRY(on_elapsed, "cuEventElapsedTime", &ms, events[2], events[2]) == CUDA_ERROR_INVALID_HANDLE);
    CALL(on_record, "cuEventRecord", events[0], streams[0]);
    OK(!scale(f, p, 2, 1, streams[0]));
    CALL(on_record, "cuEventRecord", events[2], streams[0]);
    OK(!TRY(on_elapsed, "cuEventElapsedTime", &ms, events[0], events[2]) && ms > 0 && ms < 1000);
    CALL(on_host_stream, "cuMemcpyDtoHAsync_v2", &x, p, 4, streams[0]);
    CALL(on_stream, "cuStreamSynchronize", streams[0]);
    OK(x == 450);
    CALL(on_stream, "cuStreamDestroy_v2", streams[0]);
}

static void test_images(const char *ptx, const char *fat)
{
    CUmodule module;
    OK(!TRY(on_module, "cuModuleLoadData", &module, read_file(fat)));
    const float one = 1;
    const CUdeviceptr p = device_copy(&one, 4);
    OK(!scale(get_function(module, "scale"), p, 6, 1, NULL) && first_of(p) == 6);
    OK(!TRY(on_unload, "cuModuleUnload", module));
    OK(TRY(on_unload, "cuModuleUnload", module) == CUDA_ERROR_INVALID_HANDLE);
    char log[512] = "";
    CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *values[] = {log, (void *)(uintptr_t)sizeof log};
    OK(TRY(on_load, "cuModuleLoadDataEx", &module,
           ".version 8.0\n.target sm_80\n.address_size 64\n.entry k() { add.s32 %r1, 1, 2; ret; }\n", 2, options,
           values) == CUDA_ERROR_INVALID_PTX);
    OK(strstr(log, "line 4") && strstr(log, "%r1"));
    CALL(on_module, "cuModuleLoadData", &module,
         ".version 8.0\n.target sm_80\n.address_size 64\n.entry k() {\n.reg .b32 %a;\nfrobnicate.b32 %a, 1;\nret; }\n");
    CUfunction f;
    OK(TRY(on_function, "cuModuleGetFunction", &f, module, "k") == CUDA_ERROR_INVALID_PTX);
    (void)ptx;
}

/* NVRTC beside it: it looks for libcuda.so.1 itself. */
static void test_nvrtc(const char *path)
{
    void *nvrtc = dlopen(path, RTLD_NOW), *program = NULL;
    if (!nvrtc) return;
    int (*create)(void **, const char *, const char *, int, const void *, const void *) =
        (int (*)(void **, const char *, const char *, int, const void *, const void *))dlsym(nvrtc,
                                                                                             "nvrtcCreateProgram");
    int (*compile)(void *, int, const char *const *) =
        (int (*)(void *, int, const char *const *))dlsym(nvrtc, "nvrtcCompileProgram");
    int (*size_of)(void *, size_t *) = (int (*)(void *, size_t *))dlsym(nvrtc, "nvrtcGetPTXSize");
    int (*get)(void *, char *) = (int (*)(void *, char *))dlsym(nvrtc, "nvrtcGetPTX");
    const char *options[] = {"--gpu-architecture=compute_90"};
    size_t size = 0;
    OK(!create(
        &program,
        "extern \"C\" __global__ void scale(float *x, float f, int n) { if (threadIdx.x < n) x[threadIdx.x] *= f; }",
        "scale.cu", 0, NULL, NULL));
    OK(!compile(program, 1, options) && !size_of(program, &size));
    char *ptx = calloc(1, size + 1);
    OK(ptx && !get(program, ptx));
    CUmodule module;
    CALL(on_module, "cuModuleLoadData", &module, ptx);
    const float one = 1;
    const CUdeviceptr p = device_copy(&one, 4);
    OK(!scale(get_function(module, "scale"), p, 7, 1, NULL) && first_of(p) == 7);
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    CUdeviceptr p;
    OK(TRY(on_alloc, "cuMemAlloc_v2", &p, 16) == CUDA_ERROR_NOT_INITIALIZED);
    CALL(on_unsigned, "cuInit", 0);
    OK(TRY(on_alloc, "cuMemAlloc_v2", &p, 16) == CUDA_ERROR_INVALID_CONTEXT);
    driver_begin();
    test_device();
    test_memory();
    CUmodule module;
    CALL(on_module, "cuModuleLoadData", &module, read_file(argv[1]));
    test_functions(module);
    test_graphs(module);
    test_images(argv[1], argv[2]);
    if (argc > 3) test_nvrtc(argv[3]);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
