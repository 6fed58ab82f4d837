/* The files of a program: kernels, phases, tables, the host program, the makefile and the runtime. */
#define _POSIX_C_SOURCE 200809L
#include "emit.h"
#include "emit_cpu.h"
#include "emit_cuda.h"
#include "family.h"
#include "parts.h"
#include "ops.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Does the program carry its weights? */
static int carries(const struct writer *w)
{
    return w->e->carried.values && w->m->program->draws;
}

/* What phases read of the weights, and nothing else? */
int carries_ready(const struct writer *w)
{
    return carries(w) && w->e->carried.ready;
}

/* Is it for any machine of its kind? */
static int has_widths(const struct writer *w)
{
    return carries(w) && w->e->target == TARGET_CPU;
}

/* ---------------------------------------------------------------- tables */

static void table_text(struct text *t, const char *name, const struct table *table)
{
    static const char *const init[] = {"AG_INIT_CONSTANT", "AG_INIT_UNIFORM", "AG_INIT_NORMAL", "AG_INIT_UNIT_NORMAL"};
    if (!table->count) return;
    text_printf(t, "static const struct ag_tensor %s[] = {\n", name);
    for (int i = 0; i < table->count; i++) {
        const struct ag_tensor *x = &table->tensor[i];
        text_printf(t, "    {\"%s\", %d, {%d, %d, %d, %d}, %ld, %d, %s, %.17g, %.17g},\n", x->name, x->rank,
                    x->shape[0], x->shape[1], x->shape[2], x->shape[3], x->offset, x->nhwc, init[x->init], x->a, x->b);
    }
    text_add(t, "};\n");
}

static void table_reference(struct text *t, const char *name, const struct table *table)
{
    text_printf(t, "{%s, %d, %ld}", table->count ? name : "0", table->count, table->size);
}

enum words { WORDS_NORMAL, WORDS_UP, WORDS_LATENT, WORDS };

static enum words words_of(const struct choice *choice)
{
    return choice->latents ? WORDS_LATENT : choice->up ? WORDS_UP : WORDS_NORMAL;
}

/* What alpha chooses from: the words of the pools and latents that some choice has, then the choices. */
static void choices_text(struct text *t, const struct spec *spec, const struct choice *choice, int count)
{
    static const char *const name[WORDS] = {"pool_normal", "pool_up", "latents"};
    const struct pool *const pool[] = {&spec->normal, &spec->up};
    const int size[WORDS] = {spec->normal.count, spec->up.count, spec->mapping_layers};
    for (int words = 0; words < WORDS; words++) {
        int used = 0;
        for (int i = 0; i < count; i++) used |= (int)words_of(&choice[i]) == words;
        if (!used) continue;
        text_printf(t, "static const char *const %s[] = {", name[words]);
        for (int i = 0; i < size[words]; i++)
            if (words == WORDS_LATENT)
                text_printf(t, "%s\"%d\"", i ? ", " : "", i + 1);
            else
                text_printf(t, "%s\"%s\"", i ? ", " : "", candidate_name(pool[words]->op[i]));
        text_add(t, "};\n");
    }
    text_add(t, "static const struct ag_choice choices[] = {\n");
    for (int i = 0; i < count; i++) {
        enum words words = words_of(&choice[i]);
        text_printf(t, "    {\"%s\", %d, %s, %d},\n", choice[i].name, size[words], name[words], words == WORDS_LATENT);
    }
    text_add(t, "};\n");
}

/* The parts of an architecture and the choices that decide them. */
static void genes_text(struct text *t, const struct spec *spec)
{
    struct part part[2 * SPEC_GENES];
    int parts = spec_parts(spec, part);
    text_add(t, "static const struct ag_gene genes[] = {\n");
    for (int i = 0; i < parts; i++) text_printf(t, "    {\"%s\", %d},\n", part[i].name, part[i].choice);
    text_add(t, "};\n");
}

static void architecture_text(struct text *t, const struct spec *spec)
{
    struct choice choice[SPEC_GENES];
    int count = spec_choices(spec, choice);
    choices_text(t, spec, choice, count);
    genes_text(t, spec);
}

static void kernels_table(struct text *t, const struct code *c)
{
    text_add(t, "static const struct ag_kernel kernels[] = {\n");
    for (int i = 0; i < c->instances; i++) {
        const struct launch *l = &c->instance[i].launch;
        text_printf(t, "    {\"%s\", %.17g, %.17g, {%d, %d, %d}, %d, %d},\n", c->instance[i].name, c->instance[i].flop,
                    l->bytes, l->grid[0], l->grid[1], l->grid[2], l->threads, l->pointers);
    }
    text_add(t, "};\n");
}

static const char *number_name(enum ag_dtype type)
{
    return type == AG_BF16 ? "AG_BF16" : type == AG_F16 ? "AG_F16" : "AG_F32";
}

static void program_table(struct writer *w, struct text *t, const struct code *c, const double *executed,
                          struct sizes s)
{
    static const char *const block[] = {"g_params", "d_params", "alpha_params", "sn_state", "statistics"};
    const struct model *m = w->m;
    const int blocks = carries_ready(w) ? 0 : MODEL_BLOCKS;
    for (int i = 0; i < blocks; i++) table_text(t, block[i], &m->block[i]);
    for (int i = 0; i < m->phases; i++) {
        table_text(t, mem_printf(w->mem, "%s_in", m->phase[i].name), &m->phase[i].in);
        table_text(t, mem_printf(w->mem, "%s_out", m->phase[i].name), &m->phase[i].out);
    }
    text_add(t, "static const struct ag_phase phases[] = {\n");
    for (int i = 0; i < m->phases; i++) {
        const struct phase_graph *p = &m->phase[i];
        text_printf(t, "    {\"%s\", %s_run, %d, ", p->name, p->name, p->batch);
        table_reference(t, mem_printf(w->mem, "%s_in", p->name), &p->in);
        text_add(t, ", ");
        table_reference(t, mem_printf(w->mem, "%s_out", p->name), &p->out);
        text_printf(t, ", %s, %d, %.17g, %.17g, %d, %s},\n",
                    p->updates_weights == AG_G   ? "AG_G"
                    : p->updates_weights == AG_D ? "AG_D"
                                                 : "-1",
                    p->updates_alpha, p->flop, executed[i], s.pictures > 1 ? s.pictures : 0,
                    s.pictures > 1 ? mem_printf(w->mem, "%s_many", p->name) : "0");
    }
    text_add(t, "};\n");
    kernels_table(t, c);
    if (c->device)
        text_printf(t, "extern const char %s_image[], %s_image_end[], %s_source[]; /* from %s_image.S */\n", w->name,
                    w->name, w->name, w->name);
    if (carries(w)) text_printf(t, "extern const char %s_weights[]; /* from %s_weights.S */\n", w->name, w->name);
    if (m->program->has_choices) architecture_text(t, m->spec);
    text_printf(t, "const struct ag_program %s_program = {\n    .kind = \"%s\",\n    .name = \"%s\",\n    .spec =",
                w->name, w->name, m->spec->name);
    c_string(t, w->e->spec);
    text_add(t, ",\n    .genotype = ");
    c_string(t, w->e->genotype);
    if (blocks) text_add(t, ",\n    .block = {");
    for (int i = 0; i < blocks; i++) {
        if (i) text_add(t, ", ");
        table_reference(t, block[i], &m->block[i]);
    }
    text_printf(t,
                "%s,\n    .phase = phases,\n    .phases = %d,\n    .in_size = %ld,\n    .out_size = %ld,\n    "
                ".arena_size = %ld,\n    .scratch_size = %ld,\n",
                blocks ? "}" : "", m->phases, s.in, s.out, s.arena, s.scratch);
    text_printf(t,
                "    .image_size = %d,\n    .image_channels = %d,\n    .latent = %d,\n    .kernel = kernels,\n    "
                ".kernels = %d,\n    .parameters = %ld,\n",
                m->spec->image_size, m->spec->image_channels, m->spec->latent, c->instances, model_parameters(m, AG_G));
    if (carries(w))
        text_printf(t, "    .%s = %s_weights,\n    .weights_type = %s,\n", carries_ready(w) ? "fixed" : "weights",
                    w->name, number_name(w->e->carried.type));
    if (c->device)
        text_printf(t,
                    "    .device = &ag_cuda,\n    .image = %s_image,\n    .image_end = %s_image_end,\n    .source = "
                    "%s_source,\n",
                    w->name, w->name, w->name);
    text_add(t, "    .peak = ag_peak,\n");
    if (s.fixed) text_printf(t, "    .fixed_size = %ld,\n", s.fixed);
    if (s.fixed && !carries_ready(w)) text_add(t, "    .prepare = prepare_run,\n");
    if (m->program->has_choices)
        text_printf(t,
                    "    .choice = choices,\n    .choices = sizeof choices / sizeof choices[0],\n    .gene = genes,\n"
                    "    .genes = sizeof genes / sizeof genes[0],\n    .micro = %d,\n",
                    m->spec->family->moves && !m->spec->macro);
    text_add(t, "};\n");
}

/* ---------------------------------------------------------------- kernels and phases */

static void write_phases(struct writer *w, struct code *c, struct sizes s, const double *executed)
{
    struct text t = {NULL, 0, 0};
    heading(w, &t, "Phases and tables");
    text_printf(&t, "#include \"%s.h\"\n", w->name);
    if (!c->device) {
        text_printf(&t, "#include \"%s_kernels.h\"\n\n", w->name);
        text_printf(&t, "enum { SCRATCH = %ld }; /* reals a thread */\n", s.scratch);
    }
    text_add(&t, "\n");
    text_add(&t, c->phases.s);
    program_table(w, &t, c, executed, s);
    write_file(w, mem_printf(w->mem, "%s_phases.c", w->name), t.s);
    text_free(&t);
}

/* In turn, to compile side by side; register tiles together, as compilers merge those that come to the same. */
static int kernel_file(const struct code *c, int instance)
{
    return strcmp(c->instance[instance].template, "tile") ? instance % KERNEL_FILES : 0;
}

static void write_kernels(struct writer *w, struct code *c)
{
    struct text h = {NULL, 0, 0};
    heading(w, &h, "Kernels");
    text_printf(&h,
                "#ifndef KERNELS_H\n#define KERNELS_H\n#include \"vector.h\"\n#include \"ag_math.h\"\n\n%s\n#endif\n",
                c->prototypes.s);
    write_file(w, mem_printf(w->mem, "%s_kernels.h", w->name), h.s);
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
        write_file(w, mem_printf(w->mem, "%s_kernels%d.c", w->name, f), t.s);
        text_free(&t);
    }
}

/* The program's name, and names that begin with it. */
static void program_tokens(struct writer *w, struct substitutions *s)
{
    static const char *const with[] = {
        "",          "_phases",         "_kernels",      "_image",        "_image_end",
        "_source",   "_weights",        "_widths",       "_choose",       "_program",
        "_program_", "_program_avx512", "_program_avx2", "_program_sse2", "_program_plain"};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        template_set(w->mem, s, mem_printf(w->mem, "AG_PROGRAM%s", with[i]), "%s%s", w->name, with[i]);
}

/* A file of the program from a template that knows its name only; without one, what another emission left goes. */
static void write_part(struct writer *w, int wanted, const char *template, const char *name)
{
    struct substitutions s = {NULL, 0, 0};
    struct text t = {NULL, 0, 0};
    if (!wanted) remove_file(w, name);
    const char *file = wanted ? home_file(w, template) : NULL;
    if (!file) return;
    program_tokens(w, &s);
    template_expand(&t, strstr(file, "AG_TEMPLATE") ? template_body(file) : file, &s);
    write_file(w, name, t.s);
    text_free(&t);
    free(s.list);
}

/* The text that kernels share, and the passes over blocks that every program has, or that draw. */
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

static void write_cuda_kernels(struct writer *w, struct code *c)
{
    struct text t = {NULL, 0, 0};
    emit_cuda_source(w, c, 0, &t);
    write_file(w, mem_printf(w->mem, "%s_kernels.cu", w->name), t.s);
    text_free(&t);
    write_part(w, 1, "templates/cuda/image.S", mem_printf(w->mem, "%s_image.S", w->name));
}

/* The weights that the program carries, or, so that make doesn't take those of another time, none. */
static void write_weights(struct writer *w)
{
    const struct carried *c = &w->e->carried;
    const char *bin = mem_printf(w->mem, "%s_weights.bin", w->name);
    if (!w->m->program->draws) return;
    if (carries(w))
        write_bytes(w, bin, c->values, c->bytes);
    else
        remove_file(w, bin);
    write_part(w, carries(w), "templates/host/weights.S", mem_printf(w->mem, "%s_weights.S", w->name));
    write_part(w, has_widths(w), "templates/host/widths.c", mem_printf(w->mem, "%s_widths.c", w->name));
}

/* ---------------------------------------------------------------- host program, makefile, runtime */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of all files in the runtime's folder, in order. */
static int list_runtime(struct writer *w, const char *folder)
{
    const char *path = mem_printf(w->mem, "%s/%s", template_home(), folder);
    DIR *dir = opendir(path);
    if (!dir) {
        snprintf(w->err, w->errsize, "%s: %s; set AGGEN_HOME to the folder that holds templates/ and runtime/", path,
                 strerror(errno));
        w->failed = 1;
        return 0;
    }
    errno = 0;
    for (struct dirent *d; (d = readdir(dir)) && w->runtime_files < RUNTIME_FILES; errno = 0) {
        size_t n = strlen(d->d_name);
        if (n > 2 && d->d_name[0] != '.' &&
            (strcmp(d->d_name + n - 2, ".c") == 0 || strcmp(d->d_name + n - 2, ".h") == 0))
            w->runtime_file[w->runtime_files++] = mem_printf(w->mem, "%s/%s", folder, d->d_name);
    }
    if (errno) {
        snprintf(w->err, w->errsize, "%s: cannot be read: %s", path, strerror(errno));
        w->failed = 1;
    }
    closedir(dir);
    if (w->failed) return 0;
    qsort(w->runtime_file, (size_t)w->runtime_files, sizeof *w->runtime_file, compare_names);
    return 1;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void copy_file(struct writer *w, const char *path)
{
    char *text = home_file(w, path);
    if (text) write_file(w, base_name(path), text);
}

static void write_runtime(struct writer *w)
{
    for (int i = 0; i < w->runtime_files; i++) copy_file(w, w->runtime_file[i]);
    copy_file(w, "templates/cpu/vector.h");
}

static void set_int(struct mem *mem, struct substitutions *s, const char *token, int value)
{
    template_set(mem, s, token, "%d", value);
}

static void set_string(struct mem *mem, struct substitutions *s, const char *token, const char *value)
{
    struct text t = {NULL, 0, 0};
    c_string(&t, value);
    template_set(mem, s, token, "%s", strchr(t.s, '"'));
    text_free(&t);
}

/* The constants of the program's kind. */
static void set_constants(struct writer *w, struct substitutions *s)
{
    const struct program_kind *kind = w->m->program;
    struct constants own = {NULL, 0, 0};
    if (kind->constants) kind->constants(w->m->spec, &own);
    for (int i = 0; i < own.count; i++)
        if (own.list[i].whole)
            template_set(w->mem, s, own.list[i].token, "%.0f", own.list[i].value);
        else
            template_number(w->mem, s, own.list[i].token, own.list[i].value);
    free(own.list);
}

/* NAME.c, from the template of the program's kind. */
static void write_host(struct writer *w)
{
    const struct spec *spec = w->m->spec;
    const struct program_kind *kind = w->m->program;
    const char *file = kind->host ? home_file(w, mem_printf(w->mem, "templates/host/%s.c", kind->host(spec))) : NULL;
    if (!file) return;
    struct substitutions s = {NULL, 0, 0};
    struct text t = {NULL, 0, 0};
    set_constants(w, &s);
    set_string(w->mem, &s, "AG_DATA_FORMAT", spec->data_format);
    set_string(w->mem, &s, "AG_DATA_PATH", spec->data_path);
    set_string(w->mem, &s, "AG_RUN_DEFAULT", w->e->run);
    set_string(w->mem, &s, "AG_WEIGHTS_DEFAULT", mem_printf(w->mem, "%s/ema.safetensors", w->e->run));
    set_int(w->mem, &s, "AG_CENTER_CROP", spec->data_center_crop);
    heading(w, &t, "The program");
    template_expand(&t, template_body(file), &s);
    write_file(w, mem_printf(w->mem, "%s.c", w->name), t.s);
    text_free(&t);
    free(s.list);
}

/* NAME.h, which declares the program's tables. */
static void write_header(struct writer *w)
{
    struct text t = {NULL, 0, 0};
    heading(w, &t, "The program");
    text_printf(&t, "#include \"ag.h\"\nextern const struct ag_program %s_program;\n", w->name);
    if (has_widths(w))
        text_printf(&t,
                    "#ifdef AG_WIDTHS /* it has a table for each width of vectors */\n"
                    "const struct ag_program *%s_choose(void);\n#define %s_program (*%s_choose())\n#endif\n",
                    w->name, w->name, w->name);
    write_file(w, mem_printf(w->mem, "%s.h", w->name), t.s);
    text_free(&t);
}

static void write_makefile(struct writer *w)
{
    const char *name = w->e->target == TARGET_CUDA ? "program_cuda" : has_widths(w) ? "carried" : "program";
    char *file = home_file(w, mem_printf(w->mem, "templates/host/%s.mk", name)),
         *folder = home_file(w, "templates/host/folder.mk");
    if (!file || !folder) return;
    struct substitutions s = {NULL, 0, 0};
    struct text t = {NULL, 0, 0}, runtime = {NULL, 0, 0}, kernels = {NULL, 0, 0}, head = {NULL, 0, 0};
    for (int i = 0; i < w->runtime_files; i++) {
        const char *name = base_name(w->runtime_file[i]), *dot = strrchr(name, '.');
        if (dot[1] == 'c') text_printf(&runtime, " %.*s", (int)(dot - name), name);
    }
    for (int f = 0; f < KERNEL_FILES; f++) text_printf(&kernels, " %s_kernels%d", w->name, f);
    program_tokens(w, &s);
    template_expand(&head, folder, &s);
    template_set(w->mem, &s, "AG_FOLDER", "%s", head.s);
    template_set(w->mem, &s, "AG_CARRIED", "%s", carries(w) ? mem_printf(w->mem, "%s_weights", w->name) : "");
    template_set(w->mem, &s, "AG_RUNTIME", "%s", runtime.s + 1);
    template_set(w->mem, &s, "AG_KERNELS", "%s", kernels.s + 1);
    template_set(w->mem, &s, "AG_STATIC", "%s", w->m->program->is_static ? "-static -s -Wl,--gc-sections" : "");
    text_printf(&t, "# Builds %s, written by: %s\n", w->name, w->e->command);
    template_expand(&t, file, &s);
    write_file(w, mem_printf(w->mem, "%s.mk", w->name), t.s);
    text_free(&t);
    text_free(&runtime);
    text_free(&kernels);
    text_free(&head);
    free(s.list);
}

/* The last emission of a program wins: what the other target's left would be built along, or mislead. */
static void remove_other_target(struct writer *w)
{
    static const char *const cpu[] = {"_kernels.h", "_kernels0.c", "_kernels1.c", "_kernels2.c", "_kernels3.c"},
                             *const cuda[] = {"_kernels.cu", "_image.S"};
    const int to_cuda = w->e->target == TARGET_CUDA, count = to_cuda ? 5 : 2;
    for (int i = 0; i < count; i++) remove_file(w, mem_printf(w->mem, "%s%s", w->name, to_cuda ? cpu[i] : cuda[i]));
}

int emit_program(const struct model *m, const struct emission *e, char *err, size_t errsize)
{
    struct mem *mem = mem_new();
    struct writer w = {.mem = mem, .m = m, .e = e, .name = m->program->name, .err = err, .errsize = errsize};
    const int cuda = e->target == TARGET_CUDA;
    struct code c = {.mem = mem, .device = cuda, .model = m, .error = err, .errsize = errsize};
    struct sizes sizes = {0, 0, 0, 0, 0, 1};
    double executed[MODEL_PHASES];
    err[0] = 0;
    if (list_runtime(&w, "runtime") && (!cuda || list_runtime(&w, "runtime/cuda")))
        emit_phases(&w, &c, &sizes, executed);
    if (!w.failed) make_folder(&w); /* what is refused leaves nothing */
    if (!w.failed) {
        write_phases(&w, &c, sizes, executed);
        if (cuda)
            write_cuda_kernels(&w, &c);
        else
            write_kernels(&w, &c);
        write_weights(&w);
        write_host(&w);
        write_header(&w);
        write_runtime(&w);
        remove_other_target(&w);
        write_makefile(&w); /* last: what make sees is complete */
        write_all(&w);
    }
    code_free(&c);
    mem_free(mem);
    return w.failed;
}
