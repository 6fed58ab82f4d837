/*
 * Compiles kernels when a program starts. The result is cached in $XDG_CACHE_HOME/aggen (or ~/.cache/aggen). A file's
 * name is made of everything that the result depends on: source, architecture, compiler and driver. A file begins with
 * its length and a checksum. A truncated file, or one that is no result, is thereby noticed and replaced.
 */
#include "driver.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the cache */

struct header {
    char magic[8];
    ag_u64 bytes, sum;
};
static const char MAGIC[8] = "aggen-1";

/* The cache's folder. Makes it if it is missing. */
static int cache_folder(char folder[AG_PATH], struct ag_error *err)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int at_home = !cache || !*cache;
    if (at_home && (!home || !*home)) return ag_fail(err, 1, "there is no HOME");
    int status = ag_join(folder, at_home ? home : cache, at_home ? ".cache/aggen" : "aggen", err);
    return status ? status : ag_make_dirs(folder, err);
}

static char *read_cache(const char *path)
{
    struct header header;
    FILE *file = fopen(path, "rb");
    char *code = NULL;
    if (!file) return NULL;
    int good = fread(&header, sizeof header, 1, file) == 1 && !memcmp(header.magic, MAGIC, sizeof MAGIC) &&
               header.bytes > 0 && header.bytes < 1u << 30;
    if (good && (code = malloc((size_t)header.bytes + 1))) {
        good = fread(code, 1, (size_t)header.bytes, file) == header.bytes && fgetc(file) == EOF &&
               ag_hash(AG_HASH, code, (long)header.bytes) == header.sum;
        code[header.bytes] = 0;
    }
    fclose(file);
    if (good) return code;
    free(code);
    return NULL;
}

static int write_cache(const char *path, const char *code, size_t n, struct ag_error *err)
{
    struct header header = {{0}, n, ag_hash(AG_HASH, code, (long)n)};
    struct ag_file file;
    memcpy(header.magic, MAGIC, sizeof MAGIC);
    ag_file_open(&file, path, err);
    ag_file_write(&file, &header, sizeof header);
    ag_file_write(&file, code, (long)n);
    return ag_file_commit(&file);
}

/* ---------------------------------------------------------------- compiling */

static int failed(const struct ag_nvrtc *nvrtc, ag_handle program, struct ag_error *err)
{
    size_t n = 0;
    char *log = !nvrtc->nvrtcGetProgramLogSize(program, &n) && n ? calloc(1, n + 1) : NULL;
    if (log) nvrtc->nvrtcGetProgramLog(program, log);
    fprintf(stderr, "%s", log ? log : "");
    free(log);
    return ag_fail(err, 1, "NVRTC could not compile the kernels (its words are above); another CUDA Toolkit may");
}

/* The newest architecture that NVRTC knows and that isn't newer than the device. *is_ptx: 1 if the device belongs to a
 * later generation than this architecture, and so needs PTX. */
static int choose(const struct ag_nvrtc *nvrtc, int device, int *is_ptx)
{
    int count = 0, best = 0, archs[128];
    if (!nvrtc->nvrtcGetNumSupportedArchs(&count) && count > 0 && count <= 128) nvrtc->nvrtcGetSupportedArchs(archs);
    for (int i = 0; i < count && count <= 128; i++)
        if (archs[i] <= device && archs[i] > best) best = archs[i];
    *is_ptx = best / 10 != device / 10; /* machine code runs on one generation of devices only */
    return best;
}

static int compile(const struct ag_nvrtc *nvrtc, const char *source, int arch, int is_ptx, int lines, char **code,
                   size_t *n, struct ag_error *err)
{
    char option[64];
    const char *const options[] = {option, "-lineinfo"};
    ag_handle program = NULL;
    snprintf(option, sizeof option, "-arch=%s_%d", is_ptx ? "compute" : "sm", arch);
    if (nvrtc->nvrtcCreateProgram(&program, source, "kernels.cu", 0, NULL, NULL))
        return ag_fail(err, 1, "NVRTC does not take the kernels; another CUDA Toolkit may");
    int status = 0;
    if (nvrtc->nvrtcCompileProgram(program, 1 + lines, options)) status = failed(nvrtc, program, err);
    if (!status) {
        int none = is_ptx ? nvrtc->nvrtcGetPTXSize(program, n) : nvrtc->nvrtcGetCUBINSize(program, n);
        *code = none ? NULL : calloc(1, *n + 1);
        if (!*code || (is_ptx ? nvrtc->nvrtcGetPTX(program, *code) : nvrtc->nvrtcGetCUBIN(program, *code)))
            status = ag_fail(err, 1, "NVRTC gave no code for the kernels; is there memory?");
    }
    nvrtc->nvrtcDestroyProgram(&program);
    return status;
}

int ag_nvrtc_ptx(const char *source, int arch, char **ptx, struct ag_error *err)
{
    struct ag_nvrtc nvrtc;
    size_t n = 0;
    int status = ag_nvrtc_load(&nvrtc, err);
    return status ? status : compile(&nvrtc, source, arch, 1, 0, ptx, &n, err);
}

/* A cache that can't be written is no failure: the next start compiles again. */
int ag_nvrtc_compile(const char *source, int arch, int driver_version, char **code, struct ag_error *err)
{
    struct ag_nvrtc nvrtc;
    struct ag_error uncached;
    char folder[AG_PATH], path[AG_PATH + 64];
    int status = ag_nvrtc_load(&nvrtc, err), version[2] = {0, 0}, is_ptx;
    if (status) return status;
    nvrtc.nvrtcVersion(&version[0], &version[1]);
    arch = choose(&nvrtc, arch, &is_ptx);
    int uncacheable = cache_folder(folder, &uncached);
    ag_u64 sum = ag_hash(AG_HASH, source, (long)strlen(source));
    snprintf(path, sizeof path, "%s/%016llx-%s%d-nvrtc%d.%d-driver%d", uncacheable ? "" : folder, sum,
             is_ptx ? "ptx" : "sm", arch, version[0], version[1], driver_version);
    if (!uncacheable && (*code = read_cache(path))) return 0;
    size_t n = 0;
    fprintf(stderr, "compiling the kernels for %s_%d…\n", is_ptx ? "compute" : "sm", arch);
    status = compile(&nvrtc, source, arch, is_ptx, 1, code, &n, err);
    if (status) return status;
    if (uncacheable || write_cache(path, *code, n, &uncached))
        fprintf(stderr, "the kernels are not kept for the next start: %s; XDG_CACHE_HOME names another folder\n",
                uncached.text);
    return 0;
}
