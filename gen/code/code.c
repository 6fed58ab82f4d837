#include "code.h"
#include "ops.h"
#include "../../runtime/ag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- kernel functions */

static int find_instance(const struct code *c, const char *text)
{
    for (int i = 0; i < c->instances; i++)
        if (strcmp(c->instance[i].text, text) == 0) return i;
    return -1;
}

static int taken(const struct code *c, const char *name)
{
    for (int i = 0; i < c->instances; i++)
        if (strcmp(c->instance[i].name, name) == 0) return 1;
    return 0;
}

static const char *free_name(struct code *c, const char *name)
{
    const char *unique = name;
    for (int k = 2; taken(c, unique); k++) unique = mem_printf(c->mem, "%s_%d", name, k);
    return unique;
}

/* Appends the pieces of a template that `part` names: with part NULL all but its function AG_FN_PACK, else that
 * function alone. A piece ends with the closing brace of a function. */
static void take_part(struct text *out, const char *body, const char *part)
{
    while (*body) {
        const char *end = strstr(body, "\n}\n");
        end = end ? end + 3 : body + strlen(body);
        char piece_is_pack = 0;
        for (const char *p = body; p + 10 <= end && !piece_is_pack; p++)
            piece_is_pack = strncmp(p, "AG_FN_PACK", 10) == 0;
        if ((part != NULL) == piece_is_pack) text_addn(out, body, (size_t)(end - body));
        body = end;
        while (*body == '\n') body++;
    }
}

/* Adds the prototype of a function, which is its text from `void NAME(` to the closing parenthesis. */
static void add_prototype(struct code *c, const char *text, const char *name)
{
    const char *head = mem_printf(c->mem, "void %s(", name), *from = strstr(text, head),
               *to = from ? strchr(from, ')') : NULL;
    if (!to) return;
    text_addn(&c->prototypes, from, (size_t)(to - from));
    text_add(&c->prototypes, ");\n");
}

/* Returns the text of a kernel with or without `static`. A program calls its kernels from another file, a library from
 * the same file. */
static const char *with_linkage(struct code *c, const char *text, const char *name)
{
    static const char word[] = "static ";
    const size_t n = strlen(word);
    const char *head = strstr(text, mem_printf(c->mem, "void %s(", name));
    if (!head || c->target->device) return mem_printf(c->mem, "%s", text);
    size_t before = (size_t)(head - text);
    if (before >= n && memcmp(head - n, word, n) == 0) before -= n;
    return mem_printf(c->mem, "%.*s%s%s", (int)before, text, c->library ? word : "", head);
}

static const char *path_of_template(struct code *c, const char *template)
{
    return mem_printf(c->mem, "templates/%s/%s.%s", c->target->name, template, c->target->ending);
}

/* Returns the text of a kernel template, which is read once. If it cannot be read or lacks the line AG_TEMPLATE, c->err
 * says so and the text is ""; emission goes on until a caller sees the error. */
static const char *load(struct code *c, const char *template)
{
    for (int i = 0; i < c->template_count; i++)
        if (strcmp(c->templates[i].name, template) == 0) return c->templates[i].text;
    const char *path = path_of_template(c, template), *file = template_file(c->mem, path, c->err);
    const char *body = file ? template_body(file) : "";
    if (file && body == file) {
        ag_fail(c->err, 1, "%s lacks the line %.*s, behind which the kernel stands", path,
                (int)strlen(TEMPLATE_MARK) - 1, TEMPLATE_MARK);
        body = "";
    }
    c->templates = mem_grow(c->templates, c->template_count, &c->template_capacity, sizeof *c->templates);
    c->templates[c->template_count] = (struct template_text){mem_printf(c->mem, "%s", template), body};
    return c->templates[c->template_count++].text;
}

/* Sets c->err if the function, of which nothing is to be replaced any more, has a token. */
static void check_tokens(struct code *c, const char *template, const char *function)
{
    const char *token = template_token_left(c->mem, function);
    if (token && !c->err->text[0])
        ag_fail(c->err, 1, "%s: nothing replaces its token %s", path_of_template(c, template), token);
}

void code_free(struct code *c)
{
    text_free(&c->prototypes);
    text_free(&c->phases);
    free(c->instance);
    free(c->templates);
    free(c->launched);
}

int code_instance(struct code *c, const char *template, const char *part, const char *name,
                  const struct substitutions *s, double flop)
{
    struct text pieces = {NULL, 0, 0}, text = {NULL, 0, 0}, named = {NULL, 0, 0};
    text_add(&text, "");
    text_add(&named, "");
    take_part(&pieces, load(c, template), part);
    template_expand(&text, pieces.s ? pieces.s : "", s);
    int i = find_instance(c, text.s);
    if (i < 0) {
        struct substitutions own = {NULL, 0, 0};
        c->instance = mem_grow(c->instance, c->instances, &c->instance_capacity, sizeof *c->instance);
        i = c->instances;
        const char *unique = free_name(c, name);
        template_set(c->mem, &own, part ? "AG_FN_PACK" : "AG_FN", "%s", unique);
        template_expand(&named, text.s, &own);
        free(own.list);
        check_tokens(c, template, named.s);
        const char *source = with_linkage(c, named.s, unique);
        c->instance[i] = (struct instance){.name = unique, .source = source, .flop = flop, .first = c->path};
        c->instance[i].template = mem_printf(c->mem, "%s", template);
        c->instance[i].text = mem_printf(c->mem, "%s", text.s);
        c->instances++;
        if (!c->target->device) add_prototype(c, source, unique);
    }
    text_free(&pieces);
    text_free(&text);
    text_free(&named);
    return i;
}

/* ---------------------------------------------------------------- addresses */

static const char *block_name(int block)
{
    static const char *const names[] = {
        [AG_G] = "AG_G",
        [AG_D] = "AG_D",
        [AG_ALPHA] = "AG_ALPHA",
        [AG_SN] = "AG_SN",
        [AG_STAT] = "AG_STAT",
        [AG_BAR_G] = "AG_BAR_G",
        [AG_BAR_D] = "AG_BAR_D",
        [AG_BAR_ALPHA] = "AG_BAR_ALPHA",
        [AG_BAR_SN] = "AG_BAR_SN",
        [AG_BAR_STAT] = "AG_BAR_STAT",
        [AG_IN] = "AG_IN",
        [AG_OUT] = "AG_OUT",
        [AG_GRAD] = "AG_GRAD",
        [AG_GRAD_ALPHA] = "AG_GRAD_ALPHA",
        [AG_FIXED] = "AG_FIXED",
        [AG_ARENA] = "AG_ARENA",
        [AG_SCRATCH] = "AG_SCRATCH",
    };
    return names[block];
}

const char *code_address(struct code *c, const struct plan *p, int group, const struct scratch_tensor *local, int n)
{
    if (local && local->rows) return mem_printf(c->mem, "own + %ld - share * %ldL", local->offset, local->size);
    if (local && local->pictures > 1) return mem_printf(c->mem, "s + %ld + picture * %ldL", local->offset, local->size);
    if (local)
        return mem_printf(c->mem, p->policy->device ? "b[AG_SCRATCH] + %ld" : "s + %ld",
                          local->offset * p->group[group].images);
    long delta;
    int base = plan_base(p, n, &delta);
    const struct node *node = &p->graph->node[base];
    int block = p->node[base].block;
    long offset = p->node[base].offset;
    if (node->op == OP_PARAM) {
        block = (int)node->block;
        offset = node->offset;
    } else if (node->op == OP_INPUT) {
        block = AG_IN;
        offset = node->input_offset;
    }
    const char *at = mem_printf(c->mem, "b[%s] + %ld", block_name(block), offset + delta);
    node = &p->graph->node[n]; /* an alias can be batched where its base is not, and the reverse */
    if (plan_room(p, n) > 1) return mem_printf(c->mem, "%s + picture * %ldL", at, shape_size(node->shape));
    if (!node->batched || group == -1 || p->policy->at_once) return at;
    return mem_printf(c->mem, "%s + n * %ld", at, shape_size(node->shape) / p->batch);
}

const char *code_target_address(struct code *c, const struct graph_target *t)
{
    return mem_printf(c->mem, "b[%s] + %ld", block_name(t->block), t->offset);
}
