/* A genotype: a spec, and an operation for each of its edges. */
#include "spec_keys.h"

#include <stdio.h>
#include <string.h>

enum { LISTED = 12 }; /* missing edges that an error line names */

static int is_up(enum candidate op)
{
    return op >= OP_DECONV;
}

static int edge_index(const struct gen_edge *edge, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(edge[i].name, name)) return i;
    return -1;
}

static int unknown_edge(const struct json *value, const struct gen_edge *edge, int count, struct message *err)
{
    const char *name[SPEC_GENES];
    char hint[SPEC_NAME + 32];
    for (int i = 0; i < count; i++) name[i] = edge[i].name;
    nearest_word(value->key, name, count, hint, sizeof hint);
    return json_error(err, value, JSON_AT_KEY, NULL, "the spec has no such edge%s", hint);
}

/* The operation that a value names for an edge of that kind, or -1 with an error line. */
static int read_op(const struct json *value, int up, struct message *err)
{
    int op = value->kind == JSON_STRING ? candidate_find(value->text) : -1;
    if (op >= 0 && is_up((enum candidate)op) == up) return op;
    char allowed[256] = "", shown[JSON_SHOWN];
    size_t used = 0;
    for (int i = 0; i < OP_CANDIDATES; i++)
        if (is_up((enum candidate)i) == up)
            used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", used ? ", " : "",
                                     candidate_name((enum candidate)i));
    json_error(err, value, JSON_AT_VALUE, NULL, "must be an %s operation (%s), not %s", up ? "up" : "edge's normal",
               allowed, json_describe(value, shown));
    return -1;
}

static int missing_edges(const struct json *ops, const struct gen_edge *edge, int count, struct message *err)
{
    char list[LISTED * SPEC_NAME] = "";
    int missing = 0;
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        if (json_get(ops, edge[i].name) || missing++ >= LISTED) continue;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", edge[i].name);
    }
    if (!missing) return 0;
    char more[32] = "";
    if (missing > LISTED) snprintf(more, sizeof more, " and %d more", missing - LISTED);
    return json_error(err, ops, JSON_AT_VALUE, NULL, "no operation is given for %s%s", list, more);
}

static int read_ops(const struct json *ops, const struct spec *spec, struct genotype *geno, struct message *err)
{
    struct gen_edge edge[SPEC_GENES];
    int count = spec_edges(spec, edge);
    if (ops->kind != JSON_OBJECT) {
        char shown[JSON_SHOWN];
        return json_error(err, ops, JSON_AT_VALUE, NULL, "must be an object of edges and their operations, not %s",
                          json_describe(ops, shown));
    }
    for (const struct json *v = ops->first; v; v = v->next) {
        int i = edge_index(edge, count, v->key);
        if (i < 0) return unknown_edge(v, edge, count, err);
        int op = read_op(v, edge[i].up, err);
        if (op < 0) return 2;
        geno->gene[i].op = (enum candidate)op;
    }
    if (missing_edges(ops, edge, count, err)) return 2;
    for (int i = 0; i < count; i++) memcpy(geno->gene[i].edge, edge[i].name, SPEC_NAME);
    geno->genes = count;
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

int genotype_read(const struct json *root, struct spec *spec, struct genotype *geno, struct message *err)
{
    static const char *const required[] = {"aggen", "spec", "ops"};
    for (const struct json *v = root->first; v; v = v->next)
        if (genotype_key(v, err)) return 2;
    for (size_t i = 0; i < 3; i++)
        if (!json_get(root, required[i]))
            return json_error(err, root, JSON_AT_VALUE, required[i], "this required key is missing");
    if (space_read(json_get(root, "spec"), spec, err)) return 2;
    return read_ops(json_get(root, "ops"), spec, geno, err);
}
