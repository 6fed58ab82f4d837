/* A genotype: a spec, and an operation for each of its edges or, in family stylegan2, for each layer; with it, the
 * latents of the layers. */
#include "keys.h"

#include <stdio.h>
#include <string.h>

enum { LISTED = 12 }; /* missing edges that an error line names */

/* What a genotype may give an operation to: the edges of a generator, or the layers of the largest. */
struct place {
    char name[SPEC_NAME];
    int up;
};
struct places {
    const struct spec *spec;
    const struct json *micro; /* of a genotype that moves to other sizes; else NULL */
    struct place place[SPEC_GENES];
    int here, all; /* the first `here` are this generator's, the others appear at a larger image.size */
};

static void list_places(const struct spec *spec, const struct json *root, struct places *p)
{
    memset(p, 0, sizeof *p);
    p->spec = spec;
    if (spec->family == FAMILY_STYLEGAN2) {
        struct spec largest = {.image_size = SPEC_LARGEST};
        struct layer layer[SPEC_GENES];
        p->micro = json_get(root, "micro");
        p->here = spec_layers(spec, layer);
        p->all = spec_layers(&largest, layer);
        for (int i = 0; i < p->all; i++) {
            memcpy(p->place[i].name, layer[i].name, SPEC_NAME);
            p->place[i].up = layer[i].up;
        }
    } else {
        struct gen_edge edge[SPEC_GENES];
        p->here = p->all = spec_edges(spec, edge);
        for (int i = 0; i < p->all; i++) {
            memcpy(p->place[i].name, edge[i].name, SPEC_NAME);
            p->place[i].up = edge[i].up;
        }
    }
}

static int place_index(const struct places *p, const char *name)
{
    for (int i = 0; i < p->all; i++)
        if (!strcmp(p->place[i].name, name)) return i;
    return -1;
}

static const char *kind_of_place(const struct places *p)
{
    return p->spec->family == FAMILY_STYLEGAN2 ? "layer" : "edge";
}

static int unknown_place(const struct json *value, const struct places *p, const char *rgb, struct message *err)
{
    const char *name[SPEC_GENES + 1];
    char hint[SPEC_NAME + 32];
    int count = p->here;
    for (int i = 0; i < p->here; i++) name[i] = p->place[i].name;
    if (rgb) name[count++] = rgb;
    nearest_word(value->key, name, count, hint, sizeof hint);
    return json_error(err, value, JSON_AT_KEY, NULL, "the spec has no such %s%s", kind_of_place(p), hint);
}

static int not_here(const struct json *value, const struct places *p, struct message *err)
{
    int size = p->spec->image_size;
    return json_error(err, value, JSON_AT_KEY, NULL,
                      "no such layer at image.size %d, where the last ones are b%d.up, b%d.normal and, among latents, "
                      "b%d.rgb; only a genotype with \"micro\" moves to another size",
                      size, size, size, size);
}

/* The operation that a value names for an edge or layer of that kind, or -1 with an error line. */
static int read_op(const struct json *value, const struct places *p, int up, struct message *err)
{
    int style = p->spec->family == FAMILY_STYLEGAN2;
    int first = !up ? OP_CONV_1X1 : style ? OP_DECONV : OP_NEAREST;
    int last = up ? OP_BILINEAR_CONV : style ? OP_CONV_5X5 : OP_SEP_CONV_7X7;
    int op = value->kind == JSON_STRING ? candidate_find(value->text) : -1;
    if (op >= first && op <= last) return op;
    char allowed[256] = "", shown[JSON_SHOWN];
    size_t used = 0;
    for (int i = first; i <= last; i++)
        used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", used ? ", " : "",
                                 candidate_name((enum candidate)i));
    const char *kind = up ? "an up" : style ? "a layer's normal" : "an edge's normal";
    json_error(err, value, JSON_AT_VALUE, NULL, "must be %s operation (%s), not %s", kind, allowed,
               json_describe(value, shown));
    return -1;
}

static int missing_ops(const struct json *ops, const struct places *p, struct message *err)
{
    char list[LISTED * SPEC_NAME] = "";
    int missing = 0;
    size_t used = 0;
    for (int i = 0; i < p->here; i++) {
        if (json_get(ops, p->place[i].name) || missing++ >= LISTED) continue;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", p->place[i].name);
    }
    if (!missing) return 0;
    char more[32] = "";
    if (missing > LISTED) snprintf(more, sizeof more, " and %d more", missing - LISTED);
    return json_error(err, ops, JSON_AT_VALUE, NULL, "no operation is given for %s%s", list, more);
}

/* Gives every place the operation that "micro" has for its kind. */
static int read_micro(const struct places *p, struct genotype *geno, struct message *err)
{
    static const char *const kinds[] = {"normal", "up"};
    int op[2];
    for (const struct json *v = p->micro->first; v; v = v->next)
        if (strcmp(v->key, kinds[0]) != 0 && strcmp(v->key, kinds[1]) != 0)
            return json_error(err, v, JSON_AT_KEY, NULL, "unknown key; here are normal, up");
    for (int up = 0; up < 2; up++) {
        const struct json *value = json_get(p->micro, kinds[up]);
        if (!value) return json_error(err, p->micro, JSON_AT_VALUE, kinds[up], "this required key is missing");
        if ((op[up] = read_op(value, p, up, err)) < 0) return 2;
    }
    for (int i = 0; i < p->here; i++) geno->gene[i].op = (enum candidate)op[p->place[i].up];
    return 0;
}

static int read_ops(const struct json *ops, const struct places *p, struct genotype *geno, struct message *err)
{
    if (ops->kind != JSON_OBJECT) {
        char shown[JSON_SHOWN];
        return json_error(err, ops, JSON_AT_VALUE, NULL, "must be an object of %ss and their operations, not %s",
                          kind_of_place(p), json_describe(ops, shown));
    }
    if (p->micro && read_micro(p, geno, err)) return 2;
    for (const struct json *v = ops->first; v; v = v->next) {
        int i = place_index(p, v->key);
        if (i < 0) return unknown_place(v, p, NULL, err);
        if (i >= p->here && !p->micro) return not_here(v, p, err);
        int op = read_op(v, p, p->place[i].up, err);
        if (op < 0) return 2;
        if (i < p->here) geno->gene[i].op = (enum candidate)op;
    }
    if (!p->micro && missing_ops(ops, p, err)) return 2;
    for (int i = 0; i < p->here; i++) memcpy(geno->gene[i].edge, p->place[i].name, SPEC_NAME);
    geno->genes = p->here;
    return 0;
}

/* 1 if `name` is the last tRGB's of some size of picture. */
static int is_last_rgb(const char *name)
{
    char rgb[SPEC_NAME];
    for (int size = 16; size <= SPEC_LARGEST; size *= 2) {
        snprintf(rgb, sizeof rgb, "b%d.rgb", size);
        if (!strcmp(name, rgb)) return 1;
    }
    return 0;
}

static int read_latent(const struct json *value, const struct places *p, struct genotype *geno, struct message *err)
{
    char rgb[SPEC_NAME], shown[JSON_SHOWN];
    snprintf(rgb, sizeof rgb, "b%d.rgb", p->spec->image_size);
    int i = place_index(p, value->key), last = !strcmp(value->key, rgb), elsewhere = i >= p->here;
    if (i < 0 && !is_last_rgb(value->key)) return unknown_place(value, p, rgb, err);
    if (i < 0 && !last) elsewhere = 1;
    if (elsewhere && !p->micro) return not_here(value, p, err);
    double latent = value->kind == JSON_NUMBER ? value->number : 0;
    if (!(latent >= 1 && latent <= p->spec->mapping_layers) || latent != (int)latent)
        return json_error(err, value, JSON_AT_VALUE, NULL,
                          "must be a whole number from 1 to %d (generator.mapping_layers), not %s",
                          p->spec->mapping_layers, json_describe(value, shown));
    if (!elsewhere) *(last ? &geno->rgb_latent : &geno->gene[i].latent) = (int)latent;
    return 0;
}

static int read_latents(const struct json *latents, const struct places *p, struct genotype *geno, struct message *err)
{
    geno->rgb_latent = p->spec->mapping_layers;
    for (int i = 0; i < geno->genes; i++) geno->gene[i].latent = p->spec->mapping_layers;
    for (const struct json *v = latents ? latents->first : NULL; v; v = v->next)
        if (read_latent(v, p, geno, err)) return 2;
    return 0;
}

static int genotype_key(const struct json *value, struct message *err)
{
    static const char *const names[] = {"aggen", "spec", "ops", "space", "found", "latents", "micro"};
    enum { COUNT = sizeof names / sizeof *names, OBJECTS = 4 };
    char hint[SPEC_NAME], shown[JSON_SHOWN];
    int i = 0;
    while (i < COUNT && strcmp(names[i], value->key) != 0) i++;
    if (i == COUNT) {
        if (!nearest_word(value->key, names, COUNT, hint, sizeof hint))
            snprintf(hint, sizeof hint, "; here are aggen, space, spec, ops, latents, micro, found");
        return json_error(err, value, JSON_AT_KEY, NULL, "unknown key%s", hint);
    }
    if (i == 0 && (value->kind != JSON_NUMBER || value->number != 1))
        return json_error(err, value, JSON_AT_VALUE, NULL, "must be 1, the version of the format, not %s",
                          json_describe(value, shown));
    if (i >= OBJECTS && value->kind != JSON_OBJECT)
        return json_error(err, value, JSON_AT_VALUE, NULL, "must be an object, not %s", json_describe(value, shown));
    return 0;
}

static size_t put_string(char *to, const char *text)
{
    size_t used = 0;
    to[used++] = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') to[used++] = '\\';
        to[used++] = *text;
    }
    to[used++] = '"';
    to[used] = 0;
    return used;
}

/* A string that escapes of one letter don't do for. */
static int has_controls(const char *text)
{
    while (*text && (unsigned char)*text >= ' ') text++;
    return *text != 0;
}

/* Keeps numbers and words; it is there to be read, and no place for objects that readers may take for the genotype's.
 */
static void read_found(const struct json *found, struct genotype *geno)
{
    size_t used = 0;
    for (const struct json *v = found ? found->first : NULL; v; v = v->next) {
        const int word = v->kind == JSON_STRING;
        if ((!word && v->kind != JSON_NUMBER) || has_controls(v->key) || has_controls(v->text)) continue;
        if (used + 2 * (strlen(v->key) + strlen(v->text)) + sizeof ", \"\": \"\"" > sizeof geno->found) continue;
        if (used) used += (size_t)sprintf(geno->found + used, ", ");
        used += put_string(geno->found + used, v->key);
        used += (size_t)sprintf(geno->found + used, ": ");
        used += word ? put_string(geno->found + used, v->text) : (size_t)sprintf(geno->found + used, "%s", v->text);
    }
}

/* An empty object is let pass, as what a writer for both families may leave. */
static int foreign_part(const struct json *root, const char *name, struct message *err)
{
    const struct json *value = json_get(root, name);
    if (!value || !value->first) return 0;
    return json_error(err, value, JSON_AT_KEY, NULL,
                      "belongs to the family stylegan2; a residual genotype has ops alone");
}

int genotype_read(const struct json *root, struct spec *spec, struct genotype *geno, struct message *err)
{
    static const char *const required[] = {"aggen", "spec", "ops"};
    struct places p;
    for (const struct json *v = root->first; v; v = v->next)
        if (genotype_key(v, err)) return 2;
    for (size_t i = 0; i < 3; i++)
        if (!json_get(root, required[i]))
            return json_error(err, root, JSON_AT_VALUE, required[i], "this required key is missing");
    if (space_read(json_get(root, "spec"), spec, err)) return 2;
    list_places(spec, root, &p);
    read_found(json_get(root, "found"), geno);
    if (read_ops(json_get(root, "ops"), &p, geno, err)) return 2;
    if (spec->family == FAMILY_STYLEGAN2) return read_latents(json_get(root, "latents"), &p, geno, err);
    return foreign_part(root, "latents", err) || foreign_part(root, "micro", err) ? 2 : 0;
}
