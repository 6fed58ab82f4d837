/*
 * Compiles a program's host code in memory with libtcc, and links it with the kernels and the runtime. No files of a
 * compiler or of the C library are needed: the sources include only ag.h, which lies beside them.
 */
#define _POSIX_C_SOURCE 200809L
#include "text.h"
#include "in_memory.h"

#include <dlfcn.h>
#include <libtcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 30 };

struct running {
    struct mem *mem;
    const struct run *run;
    TCCState *tcc;
    char said[512]; /* libtcc's first error */
    struct ag_error *err;
};

static void keep_first(void *opaque, const char *message)
{
    struct running *r = opaque;
    if (!r->said[0] && !strstr(message, "warning:")) snprintf(r->said, sizeof r->said, "%s", message);
}

static int give_said(struct running *r)
{
    return ag_fail(
        r->err, 1,
        "libtcc cannot take the program (%s); is aggen older than its templates/ and runtime/? Type make, or "
        "build the program: make -C %s -f %s.mk",
        r->said, text_shell(r->mem, r->run->folder), r->run->name);
}

static char *file_of(struct running *r, const char *ending)
{
    return mem_printf(r->mem, "%s/%s%s", r->run->folder, r->run->name, ending);
}

static int compile(struct running *r, const char *ending)
{
    return tcc_add_file(r->tcc, file_of(r, ending)) < 0 ? give_said(r) : 0;
}

/* The program's ag.h must be the one with which the runtime inside aggen was compiled. */
static int check_header(struct running *r)
{
    char *path = mem_printf(r->mem, "%s/ag.h", r->run->folder), *text;
    long size;
    int status = ag_read_file(path, LARGEST, &text, &size, r->err);
    if (status) return status;
    int same = strcmp(text, run_header) == 0;
    ag_free(text);
    return same ? 0 : ag_fail(r->err, 1, "%s is not the one that this aggen was built with; type make", path);
}

/* ---------------------------------------------------------------- kernels */

/* Hands the library's kernels to libtcc. Their names are in NAME_kernels.h, a line for each. */
static int add_library(struct running *r, void *library)
{
    char *path = file_of(r, "_kernels.h"), *text;
    long size;
    int status = ag_read_file(path, LARGEST, &text, &size, r->err);
    for (char *line = text; !status && line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "void ", 5) != 0) continue;
        char *name = mem_printf(r->mem, "%.*s", (int)strcspn(line + 5, "("), line + 5);
        const void *address = dlsym(library, name);
        if (address)
            tcc_add_symbol(r->tcc, name, address);
        else
            status = ag_fail(r->err, 1, "%s.build/kernels.so lacks %s; remove it", file_of(r, ""), name);
    }
    ag_free(text);
    return status;
}

static int add_scalar_kernels(struct running *r)
{
    int status = 0;
    for (int i = 0; !status; i++) {
        char *ending = mem_printf(r->mem, "_kernels%d.c", i);
        if (!ag_is_file(file_of(r, ending))) break;
        status = compile(r, ending);
    }
    return status;
}

static int add_cpu_kernels(struct running *r)
{
    void *library;
    int status = load_kernels(r->mem, r->run, &library, r->err);
    if (status) return status;
    if (library) return add_library(r, library);
    fprintf(stderr, "there is no C compiler (cc, or what CC names): libtcc compiles the kernels, without vectors, "
                    "which is correct and slow\n");
    return add_scalar_kernels(r);
}

/* Defines the symbols that NAME_image.S defines in a built program: an empty cubin and the source of the kernels.
 * Without a cubin the runtime compiles the source with NVRTC. */
static int add_device_kernels(struct running *r)
{
    static const char image[1];
    char *text;
    long size;
    int status = ag_read_file(file_of(r, "_kernels.cu"), LARGEST, &text, &size, r->err);
    if (status) return status;
    const char *const name = r->run->name;
    tcc_add_symbol(r->tcc, mem_printf(r->mem, "%s_image", name), image);
    tcc_add_symbol(r->tcc, mem_printf(r->mem, "%s_image_end", name), image);
    tcc_add_symbol(r->tcc, mem_printf(r->mem, "%s_source", name), mem_printf(r->mem, "%s", text));
    ag_free(text);
    return 0;
}

/* ---------------------------------------------------------------- the program */

static int begin(struct running *r)
{
    tcc_set_error_func(r->tcc, r, keep_first);
    tcc_set_options(r->tcc, "-nostdinc -nostdlib");
    tcc_set_output_type(r->tcc, TCC_OUTPUT_MEMORY);
    for (const struct symbol *s = run_symbols; s->name; s++) tcc_add_symbol(r->tcc, s->name, s->address);
    return check_header(r);
}

static int build(struct running *r, int (**program)(int, char **))
{
    int status = begin(r);
    if (!status) status = r->run->device ? add_device_kernels(r) : add_cpu_kernels(r);
    if (!status) status = compile(r, ".c");
    if (!status) status = compile(r, "_phases.c");
    if (!status && tcc_relocate(r->tcc, TCC_RELOCATE_AUTO) < 0) status = give_said(r);
    if (status) return status;
    *(void **)program = tcc_get_symbol(r->tcc, "main");
    return 0;
}

static int call(struct running *r, int (*program)(int, char **))
{
    const int words = r->run->words;
    char **word = mem_alloc(r->mem, ((size_t)words + 2) * sizeof *word);
    word[0] = file_of(r, "");
    for (int i = 0; i < words; i++) word[i + 1] = r->run->word[i];
    ag_command = r->run->command;
    ag_aggen = r->run->aggen;
    return program(words + 1, word);
}

int run_possible(struct ag_error *err)
{
    return run_machine(err);
}

int run_program(const struct run *run, struct ag_error *err)
{
    struct running r = {.mem = mem_new(), .run = run, .tcc = tcc_new(), .err = err};
    int (*program)(int, char **) = NULL;
    err->text[0] = 0;
    int status = r.tcc ? build(&r, &program) : ag_fail(err, 1, "out of memory for libtcc");
    if (!status) status = call(&r, program);
    if (r.tcc) tcc_delete(r.tcc);
    mem_free(r.mem);
    return status;
}

/* ---------------------------------------------------------------- phases in double precision */

/* The runtime's functions that phases call to clear and copy reals, for doubles: those inside aggen take floats. */
static void clear(double *x, long n)
{
    memset(x, 0, sizeof *x * (size_t)n);
}

static void copy(double *to, const double *from, long n)
{
    memcpy(to, from, sizeof *to * (size_t)n);
}

static void clear_halo(double *x, int images, int h, int w, int channels, int halo, int share, int shares)
{
    const long row = (long)(w + 2 * halo) * channels, side = (long)halo * channels, gaps = h + 1;
    for (int n = 0; n < images; n++, x += (h + 2 * halo) * row)
        for (long i = gaps * share / shares; i < gaps * (share + 1) / shares; i++) {
            const long from = i > 0 ? (halo + i) * row - side : 0, to = (halo + i) * row + (i < h ? side : halo * row);
            clear(x + from, to - from);
        }
}

static int build_phases(struct running *r, const struct ag_program **program)
{
    int status = begin(r);
    tcc_define_symbol(r->tcc, "AG_REAL", "double");
    tcc_define_symbol(r->tcc, "ag_clear", "clear_doubles");
    tcc_define_symbol(r->tcc, "ag_copy", "copy_doubles");
    tcc_define_symbol(r->tcc, "ag_clear_halo", "clear_halo_of_doubles");
    tcc_add_symbol(r->tcc, "clear_doubles", (const void *)&clear);
    tcc_add_symbol(r->tcc, "copy_doubles", (const void *)&copy);
    tcc_add_symbol(r->tcc, "clear_halo_of_doubles", (const void *)&clear_halo);
    if (!status) status = add_scalar_kernels(r);
    if (!status) status = compile(r, "_phases.c");
    if (!status && tcc_relocate(r->tcc, TCC_RELOCATE_AUTO) < 0) status = give_said(r);
    if (!status) *program = tcc_get_symbol(r->tcc, mem_printf(r->mem, "%s_program", r->run->name));
    return status;
}

int run_load(const char *folder, const char *name, struct loaded **loaded, struct ag_error *err)
{
    const struct run run = {.folder = folder, .name = name};
    struct running r = {.mem = mem_new(), .run = &run, .tcc = tcc_new(), .err = err};
    *loaded = calloc(1, sizeof **loaded);
    int status = r.tcc && *loaded ? build_phases(&r, &(*loaded)->program) : ag_fail(err, 1, "out of memory for libtcc");
    if (*loaded)
        (*loaded)->tcc = r.tcc;
    else if (r.tcc)
        tcc_delete(r.tcc);
    mem_free(r.mem);
    return status;
}

void run_unload(struct loaded *loaded)
{
    if (loaded && loaded->tcc) tcc_delete(loaded->tcc);
    free(loaded);
}
