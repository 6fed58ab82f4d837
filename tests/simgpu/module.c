/*
 * Modules, their functions and variables, and launches. A module is PTX text, alone or in a fat binary; a kernel is
 * decoded when it is asked for.
 */
#include "decode.h"
#include "driver.h"
#include "memory.h"
#include "report.h"
#include "sectors.h"
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CUmodule modules;

static uint32_t word_at(const uint8_t *p)
{
    uint32_t x;
    memcpy(&x, p, 4);
    return x;
}

static uint64_t long_at(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, 8);
    return x;
}

/*
 * The PTX for the highest architecture up to the device's. A fat binary is a header (magic, u16 version, u16 its size,
 * u64 the size of what follows) and entries: u16 kind (1 PTX, 2 ELF), u32 header size at 4, u64 payload size at 8,
 * architecture at 28, flags at 40.
 */
static CUresult find_ptx(const uint8_t *image, const char **text, size_t *size)
{
    enum { WRAPPER = 0x466243b1, BINARY = (int)0xba55ed50, COMPRESSED = 0xa000 };
    if (word_at(image) == WRAPPER) image = (const uint8_t *)(uintptr_t)long_at(image + 8);
    if (!memcmp(image, "\177ELF", 4)) return CUDA_ERROR_NO_BINARY_FOR_GPU;
    if (word_at(image) != (uint32_t)BINARY) {
        *text = (const char *)image;
        *size = strlen(*text);
        return CUDA_SUCCESS;
    }
    const uint8_t *at = image + (word_at(image + 4) >> 16), *end = at + long_at(image + 8);
    const uint32_t device = (uint32_t)(settings()->major * 10 + settings()->minor);
    uint32_t best = 0;
    while (at < end) {
        const uint32_t kind = word_at(at) & 0xffff, arch = word_at(at + 28);
        const uint64_t payload = long_at(at + 8), flags = long_at(at + 40);
        if (kind == 1 && arch <= device && arch >= best) {
            if (flags & COMPRESSED) {
                report("the fat binary is compressed; build it with nvcc --compress-mode=none");
                return CUDA_ERROR_INVALID_IMAGE;
            }
            best = arch;
            *text = (const char *)at + word_at(at + 4);
            *size = payload;
        }
        at += word_at(at + 4) + payload;
    }
    return best ? CUDA_SUCCESS : CUDA_ERROR_NO_BINARY_FOR_GPU;
}

static ptx_symbol *find_symbol(const ptx_module *m, const char *name)
{
    for (int k = 0; k < m->n_symbols; k++)
        if (!strcmp(m->symbols[k]->name, name) && m->symbols[k]->address) return m->symbols[k];
    return NULL;
}

static CUresult load_variables(ptx_module *m)
{
    for (int k = 0; k < m->n_symbols; k++) {
        ptx_symbol *s = m->symbols[k];
        if (s->is_extern || (s->space != SPACE_GLOBAL && s->space != SPACE_CONST)) continue;
        s->address = memory_alloc(s->size ? s->size : 1, s->name, 1);
        if (!s->address) return CUDA_ERROR_OUT_OF_MEMORY;
        if (s->initial) memcpy(memory_host(s->address, s->size), s->initial, s->size);
    }
    for (int k = 0; k < m->n_symbols; k++)
        for (int a = 0; a < m->symbols[k]->n_addresses && m->symbols[k]->address; a++) {
            const ptx_address *address = &m->symbols[k]->addresses[a];
            const ptx_symbol *to = find_symbol(m, address->name);
            if (!to) {
                report("the initialiser of '%s' names '%s', which is not defined", m->symbols[k]->name, address->name);
                return CUDA_ERROR_INVALID_PTX;
            }
            const uint64_t value = to->address + (uint64_t)address->offset;
            memcpy((uint8_t *)memory_host(m->symbols[k]->address, 1) + address->at, &value, (size_t)address->bytes);
        }
    return CUDA_SUCCESS;
}

static void write_log(unsigned n, CUjit_option *options, void **values, const char *message)
{
    char *buffer = NULL;
    size_t size = 0;
    for (unsigned k = 0; k < n; k++) {
        if (options[k] == CU_JIT_ERROR_LOG_BUFFER) buffer = values[k];
        if (options[k] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) size = (unsigned)(uintptr_t)values[k];
    }
    if (buffer && size) snprintf(buffer, size, "%s", message);
}

/* PTX 7 came with drivers of CUDA 11, 8 with 12, 9 with 13. */
static CUresult check_versions(const ptx_module *m)
{
    if (m->major > 4 && m->major > settings()->driver / 1000 - 4) return CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
    return m->target > settings()->major * 10 + settings()->minor ? CUDA_ERROR_INVALID_PTX : CUDA_SUCCESS;
}

static CUresult load(CUmodule *module, const void *image, unsigned n, CUjit_option *options, void **values)
{
    const char *text = NULL;
    size_t size = 0;
    char message[512] = "";
    write_log(n, options, values, "");
    CUresult result = find_ptx(image, &text, &size);
    if (result) return result;
    ptx_module *m = ptx_parse(text, size, message, sizeof message);
    if (!m) {
        report("%s", message);
        write_log(n, options, values, message);
        return CUDA_ERROR_INVALID_PTX;
    }
    result = check_versions(m);
    if (!result) result = load_variables(m);
    if (result) {
        ptx_free(m);
        return result;
    }
    *module = calloc(1, sizeof **module);
    if (!*module) return CUDA_ERROR_OUT_OF_MEMORY;
    (*module)->ptx = m;
    (*module)->functions = calloc((size_t)m->n_functions + 1, sizeof *(*module)->functions);
    if (!(*module)->functions) return CUDA_ERROR_OUT_OF_MEMORY;
    for (int k = 0; k < m->n_functions; k++)
        (*module)->functions[k] = (struct CUfunc_st){.module = *module, .function = m->functions[k]};
    (*module)->next = modules;
    modules = *module;
    return CUDA_SUCCESS;
}

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned n, CUjit_option *options, void **values)
{
    CUresult result = driver_context();
    if (!result) result = driver_allowed();
    if (result) return result;
    if (!image) return CUDA_ERROR_INVALID_VALUE;
    driver_lock();
    result = load(module, image, n, options, values);
    driver_unlock();
    return result;
}

CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
    return cuModuleLoadDataEx(module, image, 0, NULL, NULL);
}

CUresult cuModuleLoadFatBinary(CUmodule *module, const void *image)
{
    return cuModuleLoadDataEx(module, image, 0, NULL, NULL);
}

static void write_stats(const struct CUmod_st *module)
{
    for (int k = 0; k < module->ptx->n_functions; k++)
        if (module->functions[k].program) sectors_add_kernel(module->functions[k].program);
    const char *path = settings()->stats;
    FILE *file = path && *path ? fopen(path, "a") : NULL;
    if (!file) return;
    for (int k = 0; k < module->ptx->n_functions; k++) {
        const program *p = module->functions[k].program;
        if (p && p->launches)
            fprintf(file, "%s launches %llu blocks %llu threads %llu instructions %llu read %llu written %llu\n",
                    p->name, (unsigned long long)p->launches, (unsigned long long)p->blocks,
                    (unsigned long long)p->threads, (unsigned long long)p->thread_insns,
                    (unsigned long long)p->bytes_read, (unsigned long long)p->bytes_written);
    }
    fclose(file);
}

__attribute__((destructor)) static void write_all_stats(void)
{
    for (const struct CUmod_st *m = modules; m; m = m->next) write_stats(m);
    sectors_write();
}

CUresult cuModuleUnload(CUmodule module)
{
    CUmodule *at = &modules;
    while (*at && *at != module) at = &(*at)->next;
    if (!*at) return CUDA_ERROR_INVALID_HANDLE;
    const CUresult result = late_wait(late_added());
    *at = module->next;
    write_stats(module);
    for (int k = 0; k < module->ptx->n_functions; k++) program_free(module->functions[k].program);
    for (int k = 0; k < module->ptx->n_symbols; k++)
        if (module->ptx->symbols[k]->address) memory_free(module->ptx->symbols[k]->address);
    ptx_free(module->ptx);
    free(module->functions);
    free(module);
    return result;
}

CUresult function_prepare(CUfunction f)
{
    char message[512];
    driver_lock();
    if (!f->program) f->program = decode_kernel(f->module->ptx, f->function, message, sizeof message);
    driver_unlock();
    if (f->program) return CUDA_SUCCESS;
    report("kernel %s: %s", f->function->name, message);
    report_end();
    return CUDA_ERROR_INVALID_PTX;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
    const CUresult result = driver_context();
    if (result) return result;
    if (!module || !name) return CUDA_ERROR_INVALID_VALUE;
    const ptx_function *found = ptx_find(module->ptx, name);
    if (!found || !found->is_kernel) return CUDA_ERROR_NOT_FOUND;
    int k = 0;
    while (module->functions[k].function != found) k++;
    *function = &module->functions[k];
    return function_prepare(*function);
}

CUresult cuModuleGetGlobal(CUdeviceptr *address, size_t *size, CUmodule module, const char *name)
{
    const CUresult result = driver_context();
    if (result) return result;
    if (!module || !name) return CUDA_ERROR_INVALID_VALUE;
    const ptx_symbol *s = find_symbol(module->ptx, name);
    if (!s) return CUDA_ERROR_NOT_FOUND;
    if (address) *address = s->address;
    if (size) *size = s->size;
    return CUDA_SUCCESS;
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction f)
{
    if (!f || !value) return CUDA_ERROR_INVALID_VALUE;
    const CUresult result = function_prepare(f);
    if (result) return result;
    switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
        *value = f->program->max_threads;
        break;
    case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
        *value = (int)f->program->shared_size;
        break;
    case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
        *value = (int)f->program->local_size;
        break;
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
        *value = f->max_dynamic ? f->max_dynamic : (48 << 10) - (int)f->program->shared_size;
        break;
    case CU_FUNC_ATTRIBUTE_PTX_VERSION:
    case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
        *value = f->module->ptx->target;
        break;
    case CU_FUNC_ATTRIBUTE_NUM_REGS:
        *value = 32;
        break;
    default:
        *value = 0;
        break;
    }
    return CUDA_SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction f, CUfunction_attribute attribute, int value)
{
    if (!f) return CUDA_ERROR_INVALID_VALUE;
    const CUresult result = function_prepare(f);
    if (result) return result;
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) return CUDA_SUCCESS;
    if (value < 0 || value > (227 << 10) - (int)f->program->shared_size) return CUDA_ERROR_INVALID_VALUE;
    f->max_dynamic = value;
    return CUDA_SUCCESS;
}

CUresult cuFuncSetCacheConfig(CUfunction f, CUfunc_cache config)
{
    (void)config;
    return f ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction f, int threads, size_t dynamic)
{
    if (!f || !blocks || threads < 1) return CUDA_ERROR_INVALID_VALUE;
    const CUresult result = function_prepare(f);
    if (result) return result;
    const int warps = (threads + LANES - 1) / LANES;
    const size_t shared = f->program->shared_size + dynamic + 1024;
    *blocks = 64 / warps;
    if (*blocks > 32) *blocks = 32;
    if ((size_t)*blocks > (228u << 10) / shared) *blocks = (int)((228u << 10) / shared);
    return CUDA_SUCCESS;
}

static CUresult check_shape(CUfunction f, const work *w)
{
    const uint64_t threads = (uint64_t)w->block[0] * w->block[1] * w->block[2];
    const size_t most = f->max_dynamic
                            ? (size_t)f->max_dynamic
                            : (f->program->shared_size < 48 << 10 ? (48 << 10) - f->program->shared_size : 0);
    if (!threads || threads > MAX_THREADS || w->block[2] > 64) return CUDA_ERROR_INVALID_VALUE;
    if (!w->grid[0] || !w->grid[1] || !w->grid[2]) return CUDA_ERROR_INVALID_VALUE;
    if (w->grid[0] > 2147483647u || w->grid[1] > 65535 || w->grid[2] > 65535) return CUDA_ERROR_INVALID_VALUE;
    if (threads > (uint64_t)f->program->max_threads) return CUDA_ERROR_INVALID_VALUE;
    if (w->dynamic > most) return CUDA_ERROR_INVALID_VALUE;
    return CUDA_SUCCESS;
}

CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                        unsigned dynamic, CUstream stream, void **params, void **extra)
{
    CUresult result = driver_context();
    if (result) return result;
    if (!f) return CUDA_ERROR_INVALID_HANDLE;
    result = function_prepare(f);
    if (result) return result;
    work w = {.kind = WORK_LAUNCH, .function = f, .grid = {gx, gy, gz}, .block = {bx, by, bz}, .dynamic = dynamic};
    result = check_shape(f, &w);
    if (result) return result;
    _Alignas(16) uint8_t bytes[32768 + 16] = {0};
    if (f->function->params_size > 32768) return CUDA_ERROR_INVALID_VALUE;
    if (params) {
        for (int k = 0; k < f->function->n_params; k++)
            memcpy(bytes + f->function->params[k]->offset, params[k], f->function->params[k]->size);
    } else if (f->function->n_params) {
        const void *buffer = NULL;
        size_t size = 0;
        for (; extra && *extra != CU_LAUNCH_PARAM_END; extra += 2) {
            if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER) buffer = extra[1];
            if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE) size = *(const size_t *)extra[1];
        }
        if (!buffer || size < f->function->params_size) return CUDA_ERROR_INVALID_VALUE;
        memcpy(bytes, buffer, f->function->params_size);
    }
    w.params = bytes;
    return stream_add(stream, &w);
}
