/* Reads a genotype: a spec, an operation for each of its places, and in families with a mapping network the latent that
 * each layer takes. */
#include "keys.h"

#include <stdio.h>
#include <string.h>

enum { LISTED = 12 }; /* how many missing places a message names */

/* The places that a genotype may name. */
struct places {
    const struct spec *spec;
    const struct family *family;
    const struct json *micro; /* the genotype's "micro", if it has one: it then moves to other sizes */
    struct place place[SPEC_GENES];
    int here, all; /* the first `here` places are in this generator; the others are at a larger image.size */
};

static void list_places(const struct spec *spec, const struct json *root, struct places *p)
{
    memset(p, 0, sizeof *p);
    p->spec = spec;
    p->family = spec->family;
    p->here = p->all = p->family->places(spec, p->place);
    if (!p->family->moves) return;
    struct spec largest = *spec;
    largest.image_size = (int)key_find(p->family, "image.size")->hi;
    p->micro = json_get(root, "micro");
    p->all = p->family->places(&largest, p->place);
}

static int place_index(const struct places *p, const char *name)
{
    for (int i = 0; i < p->all; i++)
        if (!strcmp(p->place[i].name, name)) return i;
    return -1;
}

static int unknown_place(const struct json *value, const struct places *p, const char *latent, struct ag_error *err)
{
    const char *name[SPEC_GENES + 1];
    char hint[SPEC_NAME + 32];
    int count = p->here;
    for (int i = 0; i < p->here; i++) name[i] = p->place[i].name;
    if (latent) name[count++] = latent;
    nearest_word(value->key, name, count, hint, sizeof hint);
    return json_error(err, value, JSON_AT_KEY, NULL, "the spec has no such %s%s", p->family->place, hint);
}

static int not_here(const struct json *value, const struct places *p, struct ag_error *err)
{
    char latents[64 + SPEC_NAME] = "", last[SPEC_NAME];
    if (p->family->last_latent) {
        p->family->last_latent(p->spec, last);
        snprintf(latents, sizeof latents, " and, among latents, %s", last);
    }
    return json_error(err, value, JSON_AT_KEY, NULL,
                      "no such %s at image.size %d, where the last ones are %s, %s%s; only a genotype with \"micro\" "
                      "moves to another size",
                      p->family->place, p->spec->image_size, p->here > 1 ? p->place[p->here - 2].name : "",
                      p->place[p->here - 1].name, latents);
}

/* The operation that a value names for a place of that kind, or -1 with an error line. */
static int read_op(const struct json *value, const struct places *p, int up, struct ag_error *err)
{
    const struct key *pool = key_of_pool(p->family, up);
    int first = (int)pool->lo, last = (int)pool->hi;
    int op = value->kind == JSON_STRING ? candidate_find(value->text) : -1;
    if (op >= first && op <= last) return op;
    char allowed[256] = "", shown[JSON_SHOWN], kind[SPEC_NAME];
    size_t used = 0;
    for (int i = first; i <= last; i++)
        used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", used ? ", " : "",
                                 candidate_name((enum candidate)i));
    const char *place = p->family->place, *article = strchr("aeiou", *place) ? "an" : "a";
    snprintf(kind, sizeof kind, "%s %s's normal", article, place);
    json_error(err, value, JSON_AT_VALUE, NULL, "must be %s operation (%s), not %s", up ? "an up" : kind, allowed,
               json_describe(value, shown));
    return -1;
}

static int missing_ops(const struct json *ops, const struct places *p, struct ag_error *err)
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
static int read_micro(const struct places *p, struct genotype *geno, struct ag_error *err)
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

static int read_ops(const struct json *ops, const struct places *p, struct genotype *geno, struct ag_error *err)
{
    if (ops->kind != JSON_OBJECT) {
        char shown[JSON_SHOWN];
        return json_error(err, ops, JSON_AT_VALUE, NULL, "must be an object of %ss and their operations, not %s",
                          p->family->place, json_describe(ops, shown));
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
    for (int i = 0; i < p->here; i++) memcpy(geno->gene[i].place, p->place[i].name, SPEC_NAME);
    geno->genes = p->here;
    return 0;
}

/* 1 if the part that chooses the last latent has this name at some image.size. */
static int is_last_latent(const struct places *p, const char *name)
{
    const struct key *size = key_find(p->family, "image.size");
    struct spec other = *p->spec;
    char last[SPEC_NAME];
    for (other.image_size = (int)size->lo; other.image_size <= (int)size->hi; other.image_size *= 2) {
        p->family->last_latent(&other, last);
        if (!strcmp(name, last)) return 1;
    }
    return 0;
}

static int read_latent(const struct json *value, const struct places *p, struct genotype *geno, struct ag_error *err)
{
    char own[SPEC_NAME], shown[JSON_SHOWN];
    p->family->last_latent(p->spec, own);
    int i = place_index(p, value->key), last = !strcmp(value->key, own), elsewhere = i >= p->here;
    if (i < 0 && !is_last_latent(p, value->key)) return unknown_place(value, p, own, err);
    if (i < 0 && !last) elsewhere = 1;
    if (elsewhere && !p->micro) return not_here(value, p, err);
    double latent = value->kind == JSON_NUMBER ? value->number : 0;
    if (!(latent >= 1 && latent <= p->spec->mapping_layers) || latent != (int)latent)
        return json_error(err, value, JSON_AT_VALUE, NULL,
                          "must be a whole number from 1 to %d (generator.mapping_layers), not %s",
                          p->spec->mapping_layers, json_describe(value, shown));
    if (!elsewhere) *(last ? &geno->last_latent : &geno->gene[i].latent) = (int)latent;
    return 0;
}

static int read_latents(const struct json *latents, const struct places *p, struct genotype *geno, struct ag_error *err)
{
    geno->last_latent = p->spec->mapping_layers;
    for (int i = 0; i < geno->genes; i++) geno->gene[i].latent = p->spec->mapping_layers;
    for (const struct json *v = latents ? latents->first : NULL; v; v = v->next)
        if (read_latent(v, p, geno, err)) return 2;
    return 0;
}

static int genotype_key(const struct json *value, struct ag_error *err)
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

static size_t append_string(char *to, const char *text)
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

/* 1 if the text has control characters, which append_string cannot write. */
static int has_controls(const char *text)
{
    while (*text && (unsigned char)*text >= ' ') text++;
    return *text != 0;
}

/* Keeps the numbers and strings of "found", which people read. Objects are left out: a program that reads the text
 * might take one for a part of the genotype. */
static void read_found(const struct json *found, struct genotype *geno)
{
    size_t used = 0;
    for (const struct json *v = found ? found->first : NULL; v; v = v->next) {
        const int word = v->kind == JSON_STRING;
        if ((!word && v->kind != JSON_NUMBER) || has_controls(v->key) || has_controls(v->text)) continue;
        if (used + 2 * (strlen(v->key) + strlen(v->text)) + sizeof ", \"\": \"\"" > sizeof geno->found) continue;
        if (used) used += (size_t)sprintf(geno->found + used, ", ");
        used += append_string(geno->found + used, v->key);
        used += (size_t)sprintf(geno->found + used, ": ");
        used += word ? append_string(geno->found + used, v->text) : (size_t)sprintf(geno->found + used, "%s", v->text);
    }
}

static int has_latents(const struct family *family, const char *path)
{
    (void)path;
    return family->last_latent != NULL;
}

static int has_micro(const struct family *family, const char *path)
{
    (void)path;
    return family->moves;
}

/* Complains about a part that only genotypes of other families have. An empty object is allowed, as a program that
 * writes genotypes of every family may leave one. */
static int foreign_part(const struct json *root, const struct family *own, const char *name,
                        int (*has)(const struct family *family, const char *path), struct ag_error *err)
{
    const struct json *value = json_get(root, name);
    return value && value->first && !has(own, name) ? family_foreign(own, value, name, has, err) : 0;
}

int genotype_read(struct mem *pool, const struct json *root, struct spec *spec, struct genotype *geno,
                  struct ag_error *err)
{
    static const char *const required[] = {"aggen", "spec", "ops"};
    struct places p;
    for (const struct json *v = root->first; v; v = v->next)
        if (genotype_key(v, err)) return 2;
    for (size_t i = 0; i < 3; i++)
        if (!json_get(root, required[i]))
            return json_error(err, root, JSON_AT_VALUE, required[i], "this required key is missing");
    if (space_read(pool, json_get(root, "spec"), spec, err)) return 2;
    list_places(spec, root, &p);
    read_found(json_get(root, "found"), geno);
    if (read_ops(json_get(root, "ops"), &p, geno, err)) return 2;
    if (spec->family->last_latent && read_latents(json_get(root, "latents"), &p, geno, err)) return 2;
    if (foreign_part(root, spec->family, "latents", has_latents, err)) return 2;
    return foreign_part(root, spec->family, "micro", has_micro, err);
}
