/* Writes the canonical text of a spec: every row of its family's table, in order. Rows that are KEY_OFF are left out
 * while they have no value. */
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
    char *text;
    int used, room;
};

static void put_char(struct buffer *out, char c)
{
    out->text = mem_grow(out->text, out->used, &out->room, 1);
    out->text[out->used++] = c;
}

static void put(struct buffer *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) put_char(out, text[i]);
}

static void put_text(struct buffer *out, const char *text)
{
    put(out, text, strlen(text));
}

static void put_string(struct buffer *out, const char *text)
{
    put_text(out, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') put_text(out, "\\");
        put_char(out, *text);
    }
    put_text(out, "\"");
}

/* Writes the shortest decimal that reads back as the same double. */
static void put_number(struct buffer *out, double value)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    put_text(out, text);
}

static void put_int(struct buffer *out, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    put_text(out, text);
}

static void put_pool(struct buffer *out, const struct pool *pool)
{
    for (int i = 0; i < pool->count; i++) {
        put_text(out, i ? ", " : "[");
        put_string(out, candidate_name(pool->op[i]));
    }
    put_text(out, "]");
}

static void put_edges(struct buffer *out, const struct cell *cell)
{
    for (int i = 0; i < cell->edges; i++) {
        const struct cell_edge *edge = &cell->edge[i];
        put_text(out, i ? ", [" : "[[");
        put_string(out, edge->name);
        put_text(out, ", ");
        if (edge->from)
            put_int(out, edge->from);
        else
            put_string(out, "in");
        put_text(out, ", ");
        put_int(out, edge->to);
        put_text(out, edge->up ? ", \"up\"]" : ", \"normal\"]");
    }
    put_text(out, "]");
}

/* 1 if a value means null: it is zero or empty, or the first item of a tuple is. Zero is in no range of a key that may
 * be null. */
static int is_null(const struct key *key, const struct spec *spec)
{
    const char *field = (const char *)spec + key->offset;
    if (key->kind == KEY_TUPLE) return is_null(key->items, spec);
    if (key->kind == KEY_NAME) return !*field;
    return key->kind == KEY_INT ? *(const int *)(const void *)field == 0 : *(const double *)(const void *)field == 0;
}

static void put_value(struct buffer *out, const struct key *key, const struct spec *spec)
{
    const void *field = (const char *)spec + key->offset;
    if ((key->flags & KEY_NULL) && is_null(key, spec)) {
        put_text(out, "null");
        return;
    }
    switch (key->kind) {
    case KEY_INT:
        put_int(out, *(const int *)field);
        break;
    case KEY_NUMBER:
        put_number(out, *(const double *)field);
        break;
    case KEY_NAME:
    case KEY_PATH:
    case KEY_WORD:
        put_string(out, field);
        break;
    case KEY_GENERATOR:
    case KEY_DISCRIMINATOR:
        put_string(out, key_family(key, spec));
        break;
    case KEY_CHOICE:
        put_string(out, key->words[*(const int *)field]);
        break;
    case KEY_BOOL:
        put_text(out, *(const int *)field ? "true" : "false");
        break;
    case KEY_POOL:
        put_pool(out, field);
        break;
    case KEY_EDGES:
        put_edges(out, field);
        break;
    case KEY_TUPLE:
        for (const struct key *item = key->items; item->path; item++) {
            put_text(out, item == key->items ? "[" : ", ");
            put_value(out, item, spec);
        }
        put_text(out, "]");
        break;
    }
}

/* Returns how many bytes of groups, dots included, two paths begin with. */
static size_t shared_groups(const char *a, const char *b)
{
    size_t shared = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '.') shared = i + 1;
    return shared;
}

static int dots(const char *path)
{
    int count = 0;
    for (; *path; path++) count += *path == '.';
    return count;
}

/* Closes the groups of the row before that this row is not in, opens those of this row, and writes its key. */
static void put_key(struct buffer *out, const char *before, const char *path)
{
    size_t shared = shared_groups(before, path);
    for (int i = dots(before + shared); i > 0; i--) put_text(out, "}");
    if (*before) put_text(out, ", ");
    path += shared;
    for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
        put_text(out, "\"");
        put(out, path, (size_t)(dot - path));
        put_text(out, "\": {");
    }
    put_string(out, path);
    put_text(out, ": ");
}

char *spec_text(const struct spec *spec)
{
    struct buffer out = {NULL, 0, 0};
    const char *before = "";
    put_text(&out, "{");
    for (const struct key *key = spec->family->keys; key->path; key++) {
        if ((key->flags & KEY_OFF) && is_null(key, spec)) continue;
        put_key(&out, before, key->path);
        put_value(&out, key, spec);
        before = key->path;
    }
    for (int i = dots(before); i >= 0; i--) put_text(&out, "}");
    put_char(&out, 0);
    return out.text;
}

static void put_latents(struct buffer *out, const struct spec *spec, const struct genotype *geno)
{
    char last[SPEC_NAME];
    spec->family->last_latent(spec, last);
    put_text(out, ", \"latents\": {");
    for (int i = 0; i <= geno->genes; i++) {
        if (i) put_text(out, ", ");
        put_string(out, i < geno->genes ? geno->gene[i].place : last);
        put_text(out, ": ");
        put_int(out, i < geno->genes ? geno->gene[i].latent : geno->last_latent);
    }
    put_text(out, "}");
}

static char *put_genotype(const struct spec *spec, const struct genotype *geno, int with_spec)
{
    struct buffer out = {NULL, 0, 0};
    char *text = with_spec ? spec_text(spec) : NULL;
    put_text(&out, "{\"aggen\": 1, \"space\": ");
    put_string(&out, spec->name);
    if (with_spec) {
        put_text(&out, ", \"spec\": ");
        put_text(&out, text);
    }
    put_text(&out, ", \"ops\": {");
    for (int i = 0; i < geno->genes; i++) {
        if (i) put_text(&out, ", ");
        put_string(&out, geno->gene[i].place);
        put_text(&out, ": ");
        put_string(&out, candidate_name(geno->gene[i].op));
    }
    put_text(&out, "}");
    if (spec->family->last_latent) put_latents(&out, spec, geno);
    if (geno->found[0]) {
        put_text(&out, ", \"found\": {");
        put_text(&out, geno->found);
        put_text(&out, "}");
    }
    put_text(&out, "}");
    put_char(&out, 0);
    free(text);
    return out.text;
}

char *genotype_text(const struct spec *spec, const struct genotype *geno)
{
    return put_genotype(spec, geno, 1);
}

char *genotype_short_text(const struct spec *spec, const struct genotype *geno)
{
    return put_genotype(spec, geno, 0);
}
