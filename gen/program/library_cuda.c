/* Writes a generator as a library for a GPU: NAME.h, NAME.c with the kernels as PTX and their launches, and NAME.cu
 * with the source of the kernels. */
#include "parts.h"
#include "prune_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *psi_text(struct mem *mem, const struct table *in)
{
    const struct ag_tensor *psi = library_tensor(in, "in.psi");
    if (!psi) return "    (void)psi;";
    return mem_printf(
        mem,
        "    const float factor = (float)psi;\n    unsigned bits;\n    memcpy(&bits, &factor, sizeof bits);\n"
        "    if (!run->result) run->result = cuMemsetD32Async(at(in, %ld), bits, 1, run->stream);",
        psi->offset);
}

static void set_tokens(const struct library *l, struct substitutions *s)
{
    struct mem *mem = l->w->mem;
    const struct model *m = l->w->m;
    library_tokens(l, s);
    template_set(mem, s, "AG_BATCH", "%d", m->phase[0].batch);
    template_set(mem, s, "AG_KERNEL_COUNT", "%d", l->c->instances + 1);
    template_set(mem, s, "AG_NORMALS", "%d", l->c->instances);
    template_set(mem, s, "AG_G_SIZE", "%ld", m->block[AG_G].size);
    template_set(mem, s, "AG_STAT_SIZE", "%ld", m->block[AG_STAT].size);
    template_set(mem, s, "AG_UNHALVE",
                 l->carried->type == AG_F32    ? ""
                 : l->carried->type == AG_BF16 ? "real_of_bf16"
                                               : "real_of_fp16");
    template_set(mem, s, "AG_PREPARE", "%s", l->s.fixed ? "    prepare_run(&run, block);" : "");
    template_set(
        mem, s, "AG_SET_INPUTS", "%s",
        library_noise(
            mem, &m->phase[0].in,
            "        draw(run, at(in, %3$ld + i * %2$ld), seed, AG_RNG_SAMPLE_NOISE, picture, %1$ld, %2$ld);"));
    template_set(mem, s, "AG_SET_PSI", "%s", psi_text(mem, &m->phase[0].in));
}

/* ---------------------------------------------------------------- data and launches */

/* Appends the PTX as a list of numbers, because it is longer than the string literals that C99 promises. */
static void ptx_text(struct library *l, const char *ptx, struct text *t)
{
    const size_t before = t->length;
    text_add(t, "\n/* NAME.cu, compiled for compute capability 8.0. */\nstatic const char ptx[] = {");
    for (size_t i = 0; ptx[i]; i++) text_printf(t, "%s%d,", i % 32 ? "" : "\n", ptx[i]);
    text_add(t, "0};\n");
    l->numbers += strlen(ptx);
    l->digits += t->length - before;
}

static void kernels_text(const struct code *c, struct text *t)
{
    text_add(
        t, "\n/* What is launched: blocks, threads of one, arguments, all of which are addresses. */\n"
           "static const struct {\n    const char *name;\n    unsigned grid[3], threads, pointers;\n} kernels[] = {\n");
    for (int i = 0; i < c->instances; i++) {
        const struct launch *k = &c->instance[i].launch;
        text_printf(t, "    {\"%s\", {%d, %d, %d}, %d, %d},\n", c->instance[i].name, k->grid[0], k->grid[1], k->grid[2],
                    k->threads, k->pointers);
    }
    text_add(t, "    {\"ag_device_normals\", {0, 0, 0}, 0, 0}, /* which draw() launches */\n};\n");
}

static void write_source(struct library *l, struct substitutions *s, const char *ptx, struct cost *cost)
{
    struct writer *w = l->w;
    struct text t = {NULL, 0, 0}, rest = {NULL, 0, 0};
    char *body = home_file(w, "templates/embed/cuda.c"), *launch = home_file(w, "templates/embed/launch.c"),
         *generator = home_file(w, "runtime/generator.c");
    if (!body || !launch || !generator) return;
    ptx_text(l, ptx, &rest);
    kernels_text(l->c, &rest);
    library_info(l, &rest);
    text_add(&rest, "\n");
    template_expand(&rest, template_body(launch), s);
    text_add(&rest, l->c->phases.s);
    library_mark(l, s, rest.s);
    template_expand(&rest, template_body(body), s);
    library_heading(l, &t);
    text_printf(&t, "#include \"%s.h\"\n\n#include <stdarg.h>\n#include <string.h>\n\ntypedef float real;\n", w->name);
    text_add(&t, "typedef unsigned short ag_u16;\ntypedef unsigned int ag_u32;\n");
    text_printf(&t, "enum { AG_RNG_SAMPLE = %d, AG_RNG_SAMPLE_NOISE = %d };\n", AG_RNG_SAMPLE, AG_RNG_SAMPLE_NOISE);
    text_add(&t, prune_source(w->mem, &generator, 1, rest.s));
    text_add(&t, "\n/* The weights, then running statistics. */");
    library_weights(l, s, "weights", "", &t);
    text_add(&t, rest.s);
    *cost = library_cost(l, t.length);
    add_file(w, mem_printf(w->mem, "%s.c", w->name), t.s);
    text_free(&t);
    text_free(&rest);
}

void write_library_cuda(struct library *l, struct cost *cost)
{
    struct writer *w = l->w;
    struct substitutions s = {NULL, 0, 0};
    struct text source = {NULL, 0, 0}, header = {NULL, 0, 0};
    char *file = home_file(w, "templates/embed/cuda.h"), *ptx = NULL;
    emit_cuda_source(w, l->c, 1, &source);
    if (!w->failed) w->failed = w->e->ptx(source.s, &ptx, w->err);
    if (!w->failed) {
        set_tokens(l, &s);
        library_clear(w);
        add_file(w, mem_printf(w->mem, "%s.cu", w->name), source.s);
        library_heading(l, &header);
        template_expand(&header, template_body(file), &s);
        add_file(w, mem_printf(w->mem, "%s.h", w->name), header.s);
        library_write_apart(l);
        write_source(l, &s, ptx, cost);
    }
    free(ptx);
    free(s.list);
    text_free(&source);
    text_free(&header);
}
