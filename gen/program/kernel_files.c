/* Writes the files of a program's kernels. */
#include "emit_cpu.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the CPU's */

/* Returns the number of the file that a kernel goes to. Kernels go to the files in turn, so that make compiles several
 * files at a time. Register tiles all go to file 0, where the compiler merges equal functions. */
static int kernel_file(const struct code *c, int instance)
{
    return strcmp(c->instance[instance].template, "tile") ? instance % KERNEL_FILES : 0;
}

void write_kernels(struct writer *w, struct code *c)
{
    struct text h = {NULL, 0, 0};
    heading(w, &h, "Kernels");
    text_printf(&h,
                "#ifndef KERNELS_H\n#define KERNELS_H\n#include \"vector.h\"\n#include \"ag_math.h\"\n\n%s\n#endif\n",
                c->prototypes.s);
    add_file(w, mem_printf(w->mem, "%s_kernels.h", w->name), h.s);
    text_free(&h);
    for (int f = 0; f < KERNEL_FILES; f++) {
        struct text t = {NULL, 0, 0};
        heading(w, &t, "Kernels");
        text_printf(&t, "#include \"%s_kernels.h\"\n", w->name);
        for (int i = 0; i < c->instances; i++) {
            if (kernel_file(c, i) != f) continue;
            text_printf(&t, "\n/* First for %s", c->instance[i].first);
            if (c->instance[i].flop > 0) text_printf(&t, "; %.4g MFLOP a picture", c->instance[i].flop / 1e6);
            text_add(&t, ". */\n");
            text_add(&t, c->instance[i].source);
        }
        add_file(w, mem_printf(w->mem, "%s_kernels%d.c", w->name, f), t.s);
        text_free(&t);
    }
}

/* ---------------------------------------------------------------- a GPU's */

/* Appends the functions that kernels share, and the kernels that every program has: random numbers and, unless it
 * draws, those that update whole blocks of weights. */
static void cuda_prelude(struct writer *w, struct code *c, int draws, struct text *t)
{
    static const char *const shared[] = {"prelude.cuh", "philox.cuh", "gemm.cuh"}, *const pass[] = {"normals", "adam",
                                                                                                    "average", "add",
                                                                                                    "scale"};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        char *file = home_file(w, mem_printf(c->mem, "templates/cuda/%s", shared[i]));
        if (file) text_printf(t, "\n%s", file);
    }
    for (size_t i = 0; i < (draws ? 1 : sizeof pass / sizeof *pass); i++) {
        struct substitutions s = {NULL, 0, 0};
        const char *file = home_file(w, mem_printf(c->mem, "templates/cuda/%s.cu", pass[i]));
        template_set(c->mem, &s, "AG_FN", "ag_device_%s", pass[i]);
        text_add(t, "\n");
        if (file) template_expand(t, template_body(file), &s);
        free(s.list);
    }
}

void emit_cuda_source(struct writer *w, struct code *c, int draws, struct text *t)
{
    heading(w, t, "Kernels");
    cuda_prelude(w, c, draws, t);
    for (int i = 0; i < c->instances; i++) {
        const struct instance *k = &c->instance[i];
        text_printf(t, "\n/* First for %s; %d x %d x %d blocks of %d threads, %.4g MFLOP, %.4g MB. */\n", k->first,
                    k->launch.grid[0], k->launch.grid[1], k->launch.grid[2], k->launch.threads, k->flop / 1e6,
                    k->launch.bytes / 1e6);
        text_add(t, k->source);
    }
}

void write_cuda_kernels(struct writer *w, struct code *c)
{
    struct text t = {NULL, 0, 0};
    emit_cuda_source(w, c, 0, &t);
    add_file(w, mem_printf(w->mem, "%s_kernels.cu", w->name), t.s);
    text_free(&t);
    add_template(w, 1, "templates/cuda/image.S", mem_printf(w->mem, "%s_image.S", w->name));
}

/* ---------------------------------------------------------------- other targets' */

void remove_other_targets(struct writer *w)
{
    for (int i = 0; targets[i]; i++)
        for (int f = 0; targets[i] != w->e->target && targets[i]->kernel_files[f]; f++)
            add_removal(w, mem_printf(w->mem, "%s%s", w->name, targets[i]->kernel_files[f]));
}
