/* Writes NAME.c, the host program, and NAME.h. */
#include "family.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

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

/* Sets the tokens that the program's kind defines as constants of its host program. */
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

static void write_source(struct writer *w)
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
    add_file(w, mem_printf(w->mem, "%s.c", w->name), t.s);
    text_free(&t);
    free(s.list);
}

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
    add_file(w, mem_printf(w->mem, "%s.h", w->name), t.s);
    text_free(&t);
}

void write_host(struct writer *w)
{
    write_source(w);
    write_header(w);
}
