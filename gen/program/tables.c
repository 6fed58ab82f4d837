/* Writes NAME_phases.c: the functions of the program's phases, and the tables that its struct ag_program points to. */
#include "family.h"
#include "parts.h"

#include <string.h>

/* ---------------------------------------------------------------- tensors */

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

/* ---------------------------------------------------------------- architectures */

enum words { WORDS_NORMAL, WORDS_UP, WORDS_LATENT, WORDS };

static enum words words_of(const struct choice *choice)
{
    return choice->latents ? WORDS_LATENT : choice->up ? WORDS_UP : WORDS_NORMAL;
}

/* Appends the tables that say what each alpha chooses from: the names in each pool that a choice uses, then the
 * choices. */
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

/* Appends the table of the parts of an architecture, with the choice that decides each part. */
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

/* ---------------------------------------------------------------- phases and kernels */

static const char *updated_block(int block)
{
    return block == AG_G ? "AG_G" : block == AG_D ? "AG_D" : "-1";
}

static void phases_table(struct writer *w, struct text *t, const double *executed, struct sizes s)
{
    const struct model *m = w->m;
    for (int i = 0; i < m->phases; i++) {
        table_text(t, mem_printf(w->mem, "%s_in", m->phase[i].name), &m->phase[i].in);
        table_text(t, mem_printf(w->mem, "%s_out", m->phase[i].name), &m->phase[i].out);
    }
    text_add(t, "static const struct ag_phase phases[] = {\n");
    for (int i = 0; i < m->phases; i++) {
        const struct phase_graph *p = &m->phase[i];
        const int several = s.pictures > 1;
        text_printf(t, "    {\"%s\", %s_run, %d, ", p->name, p->name, p->batch);
        table_reference(t, mem_printf(w->mem, "%s_in", p->name), &p->in);
        text_add(t, ", ");
        table_reference(t, mem_printf(w->mem, "%s_out", p->name), &p->out);
        text_printf(t, ", %s, %d, %.17g, %.17g, %d, %s},\n", updated_block(p->updates_weights), p->updates_alpha,
                    p->flop, executed[i], several ? s.pictures : 0,
                    several ? mem_printf(w->mem, "%s_many", p->name) : "0");
    }
    text_add(t, "};\n");
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

/* ---------------------------------------------------------------- struct ag_program */

static const char *number_name(enum ag_dtype type)
{
    return type == AG_BF16 ? "AG_BF16" : type == AG_F16 ? "AG_F16" : "AG_F32";
}

/* The names of the tables of blocks. A program that carries the block AG_FIXED has no such tables. */
static const char *const block_tables[MODEL_BLOCKS] = {"g_params", "d_params", "alpha_params", "sn_state",
                                                       "statistics"};

static void blocks_field(const struct writer *w, struct text *t)
{
    if (carries_ready(w)) return;
    text_add(t, ",\n    .block = {");
    for (int i = 0; i < MODEL_BLOCKS; i++) {
        if (i) text_add(t, ", ");
        table_reference(t, block_tables[i], &w->m->block[i]);
    }
    text_add(t, "}");
}

/* Appends the fields that point to what is linked with the program: the compiled kernels of a GPU, and carried
 * weights. */
static void linked_fields(const struct writer *w, struct text *t, int device)
{
    if (carries(w))
        text_printf(t, "    .%s = %s_weights,\n    .weights_type = %s,\n", carries_ready(w) ? "fixed" : "weights",
                    w->name, number_name(w->e->carried.type));
    if (device)
        text_printf(t,
                    "    .device = &ag_cuda,\n    .image = %s_image,\n    .image_end = %s_image_end,\n    .source = "
                    "%s_source,\n",
                    w->name, w->name, w->name);
    text_add(t, "    .peak = ag_peak,\n");
}

static void program_struct(const struct writer *w, struct text *t, const struct code *c, struct sizes s)
{
    const struct model *m = w->m;
    text_printf(t, "const struct ag_program %s_program = {\n    .kind = \"%s\",\n    .name = \"%s\",\n    .spec =",
                w->name, w->name, m->spec->name);
    c_string(t, w->e->spec);
    text_add(t, ",\n    .genotype = ");
    c_string(t, w->e->genotype);
    blocks_field(w, t);
    text_printf(t,
                ",\n    .phase = phases,\n    .phases = %d,\n    .in_size = %ld,\n    .out_size = %ld,\n    "
                ".arena_size = %ld,\n    .scratch_size = %ld,\n",
                m->phases, s.in, s.out, s.arena, s.scratch);
    text_printf(t,
                "    .image_size = %d,\n    .image_channels = %d,\n    .latent = %d,\n    .kernel = kernels,\n    "
                ".kernels = %d,\n    .parameters = %ld,\n",
                m->spec->image_size, m->spec->image_channels, m->spec->latent, c->instances, model_parameters(m, AG_G));
    linked_fields(w, t, c->target->device);
    if (s.fixed) text_printf(t, "    .fixed_size = %ld,\n", s.fixed);
    if (s.fixed && !carries_ready(w)) text_add(t, "    .prepare = prepare_run,\n");
    if (m->program->has_choices)
        text_printf(t,
                    "    .choice = choices,\n    .choices = sizeof choices / sizeof choices[0],\n    .gene = genes,\n"
                    "    .genes = sizeof genes / sizeof genes[0],\n    .micro = %d,\n",
                    m->spec->family->moves && !m->spec->macro);
    text_add(t, "};\n");
}

static void program_tables(struct writer *w, struct text *t, const struct code *c, const double *executed,
                           struct sizes s)
{
    for (int i = 0; i < MODEL_BLOCKS && !carries_ready(w); i++) table_text(t, block_tables[i], &w->m->block[i]);
    phases_table(w, t, executed, s);
    kernels_table(t, c);
    if (c->target->device)
        text_printf(t, "extern const char %s_image[], %s_image_end[], %s_source[]; /* from %s_image.S */\n", w->name,
                    w->name, w->name, w->name);
    if (carries(w)) text_printf(t, "extern const char %s_weights[]; /* from %s_weights.S */\n", w->name, w->name);
    if (w->m->program->has_choices) architecture_text(t, w->m->spec);
    program_struct(w, t, c, s);
}

void write_phases(struct writer *w, struct code *c, struct sizes s, const double *executed)
{
    struct text t = {NULL, 0, 0};
    heading(w, &t, "Phases and tables");
    text_printf(&t, "#include \"%s.h\"\n", w->name);
    if (!c->target->device) {
        text_printf(&t, "#include \"%s_kernels.h\"\n\n", w->name);
        text_printf(&t, "enum { SCRATCH = %ld }; /* reals a thread */\n", s.scratch);
    }
    text_add(&t, "\n");
    text_add(&t, c->phases.s);
    program_tables(w, &t, c, executed, s);
    add_file(w, mem_printf(w->mem, "%s_phases.c", w->name), t.s);
    text_free(&t);
}
