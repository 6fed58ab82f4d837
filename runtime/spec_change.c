/* Compares two specs. Some keys may change between the beginning of a run and its resumption. Both texts are canonical:
 * their keys are in the same order. Keys that have their default value may be missing. */
#include "ag.h"
#include <stdio.h>
#include <string.h>

enum { DEPTH = 8, PATH = 256 };

/* Iterates over the members of an object, including those of the objects inside it. */
struct cursor {
    const char *at;  /* the position after the current member */
    char path[PATH]; /* the path of the current member: "search.weights.lr" */
    int base[DEPTH]; /* length of the path of each object that contains the member, the outermost first */
    int depth;
    const char *value; /* the current member's value, a word, number or list, as text */
    int length;
};

/* Length of a word, number or list. */
static int value_length(const char *value)
{
    int depth = 0, quoted = 0, n = 0;
    for (; value[n]; n++) {
        if (value[n] == '\\' && quoted && value[n + 1]) {
            n++;
            continue;
        }
        if (value[n] == '"') quoted = !quoted;
        if (quoted) continue;
        if (!depth && strchr(",}]", value[n])) break;
        depth += (value[n] == '[') - (value[n] == ']');
    }
    return n;
}

/* Adds a key to the path and moves to its value. */
static void add_key(struct cursor *c)
{
    const int n = (int)strcspn(c->at + 1, "\""), base = c->base[c->depth - 1];
    snprintf(c->path + base, sizeof c->path - (size_t)base, "%s%.*s", base ? "." : "", n, c->at + 1);
    c->at += 1 + n + (c->at[1 + n] == '"');
    c->at += strspn(c->at, ": ");
}

/* Moves to the next member. Returns 0 if there is none. */
static int next(struct cursor *c)
{
    for (;;) {
        c->at += strspn(c->at, ", \n");
        if (*c->at == '}' && c->depth) {
            c->depth--;
            c->at++;
            continue;
        }
        if (*c->at == '"' && c->depth) add_key(c);
        if (*c->at != '{' || c->depth == DEPTH) break;
        c->base[c->depth++] = (int)strlen(c->path);
        c->at++;
    }
    c->value = c->at;
    c->length = c->depth ? value_length(c->at) : 0;
    c->at += c->length;
    return c->length > 0;
}

/* A key that may differ. */
struct key {
    const char *path;
    int is_length; /* 1: the key gives the length of the run, unless --iterations is given */
    int optional;  /* 1: a text that lacks the key has its default */
};

static const struct key *key_of(const char *path)
{
    static const struct key keys[] = {{"data.format", 0, 0},
                                      {"data.path", 0, 0}, /* ag_set_compare checks whether the pictures differ */
                                      {"search.iterations", 1, 0},
                                      {"search.weights.lr", 0, 0},
                                      {"search.arch.lr", 0, 0},
                                      {"retrain.iterations", 1, 0},
                                      {"retrain.kimg", 1, 0},
                                      {"retrain.weights.lr", 0, 0},
                                      {"retrain.checkpoint_every", 0, 0},
                                      {"retrain.sample_every", 0, 0},
                                      {"retrain.keep_every", 0, 1}};
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(keys[i].path, path)) return &keys[i];
    return NULL;
}

static int is_optional(const struct cursor *c)
{
    const struct key *key = key_of(c->path);
    return key && key->optional;
}

static void add_json_value(struct ag_text *text, const struct cursor *c)
{
    ag_text_add(text, "%.*s", c ? c->length : 9, c ? c->value : "\"default\"");
}

int ag_spec_changes(const struct ag_program *program, const char *before, const char *now, struct ag_text *changes,
                    int *other_length, char other[AG_SPEC_KEY])
{
    struct cursor a = {.at = before}, b = {.at = now};
    int has_a = next(&a), has_b = next(&b);
    *other_length = 0;
    while (has_a || has_b) {
        const int same = has_a && has_b && !strcmp(a.path, b.path);
        const int from_a = same || (has_a && (!has_b || is_optional(&a))), from_b = same || !from_a;
        const struct cursor *here = from_a ? &a : &b;
        const struct key *key = key_of(here->path);
        const int changed = !same || a.length != b.length || memcmp(a.value, b.value, (size_t)a.length);
        if (changed && (!key || (!same && !key->optional))) {
            snprintf(other, AG_SPEC_KEY, "%s", here->path);
            return 1;
        }
        if (changed) {
            ag_text_add(changes, "%s\"%s\": [", changes->used ? ", " : "", key->path);
            add_json_value(changes, from_a ? &a : NULL);
            ag_text_add(changes, ", ");
            add_json_value(changes, from_b ? &b : NULL);
            ag_text_add(changes, "]");
            if (key->is_length && !strncmp(key->path, program->kind, strlen(program->kind))) *other_length = 1;
        }
        if (from_a) has_a = next(&a);
        if (from_b) has_b = next(&b);
    }
    return 0;
}
