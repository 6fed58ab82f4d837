/* Writes a generator, or a layer of one, as a library for the CPU: NAME.h and NAME.c, which contains the weights. The
 * templates are in templates/embed/. */
#include "extract_layer.h"
#include "emit.h"
#include "family.h"
#include "parts.h"
#include "phases.h"
#include "prune_source.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* C99 promises string literals of 4095 characters. */
enum { LITERAL = 4000 };

static const char *upper(struct mem *mem, const char *name)
{
    char *s = mem_printf(mem, "%s", name);
    for (char *p = s; *p; p++) *p = (char)toupper((unsigned char)*p);
    return s;
}

const struct ag_tensor *library_tensor(const struct table *t, const char *name)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->tensor[i].name, name) == 0) return &t->tensor[i];
    return NULL;
}

/* Returns the numbers of one picture in a tensor of inputs. */
static long size_of(const struct ag_tensor *t)
{
    return (long)t->shape[1] * t->shape[2] * t->shape[3];
}

const char *library_noise(struct mem *mem, const struct table *in, const char *format)
{
    const char *text = "";
    long index = 0;
    for (int i = 0; i < in->count; i++) {
        const struct ag_tensor *t = &in->tensor[i];
        if (strncmp(t->name, "in.noise", 8) != 0) continue;
        const char *call = mem_printf(mem, format, index, size_of(t), t->offset);
        text = mem_printf(mem, "%s%s /* %s */\n", text, call, t->name + strlen("in.noise."));
        index += size_of(t);
    }
    return text;
}

/* Returns the C statements that set each layer's noise, and psi. */
static const char *inputs_text(struct mem *mem, const struct table *in)
{
    const char *noise =
        library_noise(mem, in, "    ag_normals(seed, AG_RNG_SAMPLE_NOISE, (ag_u32)picture, %1$ld, %2$ld, in + %3$ld);");
    const struct ag_tensor *psi = library_tensor(in, "in.psi");
    if (psi) return mem_printf(mem, "%s    in[%ld] = (real)psi;", noise, psi->offset);
    return mem_printf(mem, "%s    (void)psi;", noise);
}

/* Sets the tokens of generate.h and generate.c, which a whole generator has. */
static void set_generate(const struct library *l, struct substitutions *s)
{
    struct mem *mem = l->w->mem;
    const struct phase_graph *phase = &l->w->m->phase[0];
    const struct spec *spec = l->w->m->spec;
    const char *capitals = upper(mem, l->w->name);
    template_set(mem, s, "AG_WHAT", "A generator of pictures");
    template_set(mem, s, "AG_SIZES",
                 "enum {\n    %s_SIZE = %d, /* pixels of a side */\n    %s_CHANNELS = %d,\n    %s_LATENT = %d\n};\n",
                 capitals, spec->image_size, capitals, spec->image_channels, capitals, spec->latent);
    template_set(mem, s, "AG_SET_INPUTS", "%s", inputs_text(mem, &phase->in));
}

/* Returns "[H, W, C]", the shape of one picture. */
static const char *shape_text(struct mem *mem, const struct ag_tensor *t)
{
    return mem_printf(mem, "[%d, %d, %d]", t->shape[2], t->shape[3], t->shape[1]);
}

/* Sets the tokens of layer.h and layer.c: the parameters of the layer's function, their description, and how they are
 * copied to the inputs of the phase. */
static void set_layer(const struct library *l, struct substitutions *s)
{
    struct mem *mem = l->w->mem;
    const struct model *m = l->w->m;
    const struct table *in = &m->phase[0].in;
    const struct ag_tensor *y = &m->phase[0].out.tensor[0];
    const char *parameters = "", *null = "", *take = "", *what = "";
    for (int i = 0; i < in->count; i++) {
        const struct ag_tensor *t = &in->tensor[i];
        parameters = mem_printf(mem, "%sconst float *%s, ", parameters, t->name);
        null = mem_printf(mem, "%s!%s || ", null, t->name);
        take = mem_printf(mem, "%s    memcpy(block[AG_IN] + %ld, %s, %ld * sizeof *%s);%s", take, t->offset, t->name,
                          size_of(t), t->name, i + 1 < in->count ? "\n" : "");
        what = mem_printf(mem, "%s * %s: %s, %s\n", what, t->name, shape_text(mem, t), layer_input_origin(m, i));
    }
    template_set(mem, s, "AG_WHAT", "The layer %s of a generator", l->layer);
    template_set(mem, s, "AG_SIZES", "%s", "");
    template_set(mem, s, "AG_PARAMETERS", "%sfloat *y", parameters);
    template_set(mem, s, "AG_INPUTS_TEXT", "%s * y: %s\n", what, shape_text(mem, y));
    template_set(mem, s, "AG_IS_NULL", "%s!y", null);
    template_set(mem, s, "AG_TAKE_INPUTS", "%s", take);
    template_set(mem, s, "AG_Y_SIZE", "%ld", size_of(y));
}

/* Sets where the phases find the weights. fp32 numbers are read from the constant array; numbers of two bytes are
 * expanded into the library's memory first. */
static void set_fixed(const struct library *l, struct substitutions *s)
{
    struct mem *mem = l->w->mem;
    if (l->carried->type == AG_F32) {
        template_set(mem, s, "AG_EXPAND", "%s", "");
        template_set(mem, s, "AG_FIXED_ROOM", "0");
        template_set(mem, s, "AG_FIXED_BLOCK", "(real *)fixed");
    } else {
        template_set(mem, s, "AG_EXPAND", "    for (long i = 0; i < %ld; i++) base[FIXED_AT + i] = %s(fixed[i]);\n",
                     l->s.fixed, l->carried->type == AG_BF16 ? "real_of_bf16" : "real_of_fp16");
        template_set(mem, s, "AG_FIXED_ROOM", "%ld", l->s.fixed);
        template_set(mem, s, "AG_FIXED_BLOCK", "base + FIXED_AT");
    }
}

static void set_names(const struct library *l, struct substitutions *s)
{
    static const char *const with[] = {"memory", "init", "generate", "run", "info", "generator", "weights"},
                             *const constant[] = {"SIZE",      "CHANNELS", "LATENT", "DONE",    "NO_MEMORY",
                                                  "NOT_READY", "WRONG",    "BATCH",  "KERNELS", "BIN"};
    struct mem *mem = l->w->mem;
    const char *name = l->w->name, *capitals = upper(mem, name);
    template_set(mem, s, "AG_NAME", "%s", name);
    template_set(mem, s, "AG_GUARD", "AGGEN_%s_H", capitals);
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        template_set(mem, s, mem_printf(mem, "AG_NAME_%s", with[i]), "%s_%s", name, with[i]);
    for (size_t i = 0; i < sizeof constant / sizeof *constant; i++)
        template_set(mem, s, mem_printf(mem, "AG_UPPER_%s", constant[i]), "%s_%s", capitals, constant[i]);
}

/* Sets what the header says about the files that the library needs. */
static void set_apart(const struct library *l, struct substitutions *s)
{
    const int apart = emit_library_apart(l->w->e);
    struct mem *mem = l->w->mem;
    template_set(mem, s, "AG_FILES", apart ? "%s.bin and nothing else" : "no other file", l->w->name);
    template_set(mem, s, "AG_COMPILED", apart ? "%s.c -I." : "%s.c", l->w->name);
}

void library_tokens(const struct library *l, struct substitutions *s)
{
    struct mem *mem = l->w->mem;
    const struct phase_graph *phase = &l->w->m->phase[0];
    const struct spec *spec = l->w->m->spec;
    const struct family *family = spec->family;
    set_names(l, s);
    set_apart(l, s);
    template_set(mem, s, "AG_IN_SIZE", "%ld", (l->s.in + 15) / 16 * 16);
    template_set(mem, s, "AG_OUT_SIZE", "%ld", (l->s.out + 15) / 16 * 16);
    template_set(mem, s, "AG_ARENA_SIZE", "%ld", (l->s.arena + 15) / 16 * 16);
    template_set(mem, s, "AG_SCRATCH_SIZE", "%ld", (l->s.scratch + 15) / 16 * 16);
    template_set(mem, s, "AG_FIXED_SIZE", "%ld", l->s.fixed);
    if (l->layer) return;
    const char *finite = home_file(l->w, "templates/embed/finite.c");
    template_set(mem, s, "AG_FINITE", "%s", finite ? template_body(finite) : "");
    template_set(mem, s, "AG_IMAGE_SIZE", "%d", spec->image_size);
    template_set(mem, s, "AG_IMAGE_CHANNELS", "%d", spec->image_channels);
    template_set(mem, s, "AG_LATENT", "%d", spec->latent);
    template_set(mem, s, "AG_NOISE", family->noise ? "the noise of each picture" : "nothing in this generator");
    template_set(mem, s, "AG_RANGE", "from -1 to 1%s", family->bounded ? "" : " or a little beyond");
    template_set(mem, s, "AG_TRUNCATION",
                 family->styles ? "truncation: 1 is none, 0.7 is usual, 0 gives the mean latent"
                                : "of StyleGAN2 generators; this one has no use for it");
    template_set(mem, s, "AG_Z", "%ld", library_tensor(&phase->in, "in.z")->offset);
    template_set(mem, s, "AG_FAKE", "%ld", library_tensor(&phase->out, "out.fake")->offset);
}

static void set_tokens(const struct library *l, struct substitutions *s)
{
    library_tokens(l, s);
    set_fixed(l, s);
    if (l->layer)
        set_layer(l, s);
    else
        set_generate(l, s);
}

/* Appends templates/embed/library.ENDING with generate.ENDING or layer.ENDING in the place of its token AG_CALL. */
static void frame(const struct library *l, const struct substitutions *s, const char *ending, struct text *t)
{
    struct mem *mem = l->w->mem;
    struct substitutions all = {NULL, 0, 0};
    struct text call = {NULL, 0, 0};
    char *outer = home_file(l->w, mem_printf(mem, "templates/embed/library.%s", ending)),
         *inner = home_file(l->w, mem_printf(mem, "templates/embed/%s.%s", l->layer ? "layer" : "generate", ending));
    if (!outer || !inner) return;
    template_expand(&call, template_body(inner), s);
    for (int i = 0; i < s->count; i++) template_set(mem, &all, s->list[i].name, "%s", s->list[i].text);
    template_set(mem, &all, "AG_CALL", "%s", call.s);
    template_expand(t, template_body(outer), &all);
    text_free(&call);
    free(all.list);
}

/* ---------------------------------------------------------------- data */

void library_mark(const struct library *l, struct substitutions *s, const char *text)
{
    const char *name = l->w->name;
    const ag_u64 sum = ag_hash(ag_hash(AG_HASH, name, (long)strlen(name) + 1), text, (long)strlen(text));
    template_set(l->w->mem, s, "AG_MARK", "0x%016llxull", sum);
}

/* Appends the value of a char array: a string literal, or a list of numbers if the string is too long for one. */
static void constant_string(struct text *t, const char *s)
{
    if (strlen(s) <= LITERAL) {
        c_string(t, s);
        return;
    }
    text_add(t, " {");
    for (size_t i = 0; s[i]; i++) /* bytes above 127 as '\ooo', which is right for signed and unsigned char */
        text_printf(t, (unsigned char)s[i] > 127 ? "%s'\\%03o'," : "%s%d,", i % 24 ? " " : "\n    ",
                    (unsigned char)s[i]);
    text_add(t, " 0}");
}

void library_info(const struct library *l, struct text *t)
{
    static const char *const type[] = {[AG_F32] = "fp32", [AG_F16] = "fp16", [AG_BF16] = "bf16"};
    struct writer *w = l->w;
    const struct spec *spec = w->m->spec;
    ag_u64 sum = ag_hash(AG_HASH, w->e->genotype, (long)strlen(w->e->genotype));
    sum = ag_hash(sum, l->carried->values, (long)l->carried->bytes);
    char *genotype = genotype_short_text(spec, w->m->geno);
    const char *text = mem_printf(
        w->mem,
        "{\"name\": \"%s\", \"family\": \"%s\", \"size\": %d, \"channels\": %d, \"latent\": %d, \"parameters\": %ld, "
        "\"weights\": \"%s\", \"hash\": \"%016llx\", %s\"genotype\": %s}",
        spec->name, spec->family->name, spec->image_size, spec->image_channels, spec->latent,
        model_parameters(w->m, AG_G), type[l->carried->type], sum,
        l->layer ? mem_printf(w->mem, "\"layer\": \"%s\", ", l->layer) : "", genotype);
    free(genotype);
    text_add(t, "\nstatic const char info[] =");
    constant_string(t, text);
    text_add(t, ";\n");
}

/* ---------------------------------------------------------------- code */

static void kernels_text(const struct code *c, struct text *t)
{
    for (int i = 0; i < c->instances; i++)
        text_printf(t, "\n/* First for %s. */\n%s", c->instance[i].first, c->instance[i].source);
}

static void phases_text(const struct library *l, struct text *t)
{
    text_printf(t,
                "\n/* ---------------------------------------------------------------- a picture */\n\n"
                "enum { AG_IN, AG_OUT, AG_FIXED, AG_ARENA, AG_SCRATCH, AG_BLOCKS };\n"
                "enum { SCRATCH = %ld };\n"
                "struct ag_pictures {\n    real *const *block;\n    int count, first, threads;\n};\n\n"
                "static int ag_loop_threads(void)\n{\n    return 1;\n}\n\n",
                l->s.scratch);
    if (l->c->forwards)
        text_add(t, "/* One after the other, in the caller's thread. */\n"
                    "static void ag_parallel_forward(int tasks, void (*task)(void *context, int part, int thread),\n"
                    "                                void *context)\n"
                    "{\n    for (int i = 0; i < tasks; i++) task(context, i, 0);\n}\n\n");
    text_add(t, l->c->phases.s);
}

/* Appends those functions of the runtime that the rest of the library calls. */
static void add_runtime(const struct library *l, struct text *t, const char *rest)
{
    static const char *const name[] = {"ag_math.h", "random.c", "tensor.c", "generator.c", "png_writer.c"};
    enum { FILES = sizeof name / sizeof *name };
    struct writer *w = l->w;
    char *file[FILES];
    for (int i = 0; i < FILES; i++) {
        file[i] = home_file(w, mem_printf(w->mem, "runtime/%s", name[i]));
        if (!file[i]) return;
    }
    text_add(t, "\ntypedef unsigned char ag_u8;\ntypedef unsigned short ag_u16;\n"
                "typedef unsigned int ag_u32;\ntypedef unsigned long long ag_u64;\n");
    text_printf(t, "enum { AG_RNG_SAMPLE = %d, AG_RNG_SAMPLE_NOISE = %d };\n", AG_RNG_SAMPLE, AG_RNG_SAMPLE_NOISE);
    text_add(t, prune_source(w->mem, file, FILES, rest));
}

static void write_source(struct library *l, struct substitutions *s, struct cost *cost)
{
    struct writer *w = l->w;
    struct text t = {NULL, 0, 0}, rest = {NULL, 0, 0};
    char *vector = home_file(w, "templates/cpu/vector.h");
    if (!vector) return;
    library_heading(l, &t);
    text_printf(&t, "#include \"%s.h\"\n\n#include <string.h>\n\n%s", w->name, vector);
    text_add(&rest, "\n/* ---------------------------------------------------------------- kernels */\n");
    kernels_text(l->c, &rest);
    phases_text(l, &rest);
    library_info(l, &rest);
    text_add(&rest, "\n");
    library_mark(l, s, rest.s);
    frame(l, s, "c", &rest);
    add_runtime(l, &t, rest.s);
    text_add(&t, "\n/* What the kernels read of the weights. */");
    library_weights(l, s, "fixed", " ALIGNED", &t);
    text_add(&t, rest.s);
    *cost = library_cost(l, t.length);
    add_file(w, mem_printf(w->mem, "%s.c", w->name), t.s);
    text_free(&t);
    text_free(&rest);
}

static void write_header(const struct library *l, const struct substitutions *s)
{
    struct text t = {NULL, 0, 0};
    library_heading(l, &t);
    frame(l, s, "h", &t);
    add_file(l->w, mem_printf(l->w->mem, "%s.h", l->w->name), t.s);
    text_free(&t);
}

void write_library(struct library *l, struct cost *cost)
{
    struct substitutions s = {NULL, 0, 0};
    set_tokens(l, &s);
    library_clear(l->w);
    write_header(l, &s);
    library_write_apart(l);
    write_source(l, &s, cost);
    free(s.list);
}

int emit_library(const struct model *m, const struct emission *e, const char *name, const char *layer,
                 struct cost *cost, struct ag_error *err)
{
    struct mem *mem = mem_new();
    struct writer w = {.mem = mem, .m = m, .e = e, .name = name, .err = err};
    struct code c = {.mem = mem, .target = e->target, .model = m, .library = name, .err = err};
    struct library l = {.w = &w, .c = &c, .carried = &e->carried, .layer = layer};
    double executed[MODEL_PHASES];
    err->text[0] = 0;
    const char *taken = library_taken(&w);
    if (taken) {
        ag_fail(err, 2, "--embed %s: %s is there already and no library's; take another name", name, taken);
        mem_free(mem);
        return 2;
    }
    emit_phases(&w, &c, &l.s, executed);
    if (!w.failed) make_folder(&w);
    if (!w.failed) e->target->write_library(&l, cost);
    write_all(&w);
    code_free(&c);
    mem_free(mem);
    return w.failed;
}

static void phases(struct model *m, int pictures)
{
    phase_sample(m, pictures, 0);
}

const struct program_kind program_library = {
    .name = "library",
    .of_genotype = 1,
    .is_library = 1,
    .draws = 1,
    .most = 1,
    .phases = phases,
};
