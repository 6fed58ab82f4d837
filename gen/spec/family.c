/* Questions about all families, and the constants of a retraining. */
#include "keys.h"

#include <stdio.h>
#include <string.h>

/* 1 if `path` is this key's path, or that of a group that the key is in. */
static int leads_to(const char *path, const char *key)
{
    size_t n = strlen(path);
    return !strncmp(key, path, n) && (!key[n] || key[n] == '.');
}

int family_has_key(const struct family *family, const char *path)
{
    for (const struct key *key = family->keys; key->path; key++)
        if (leads_to(path, key->path)) return 1;
    return 0;
}

/* Returns what the family has in place of a key, or NULL. */
static const char *hint_for(const struct family *family, const char *path)
{
    enum { PATHS = sizeof family->hints->path / sizeof *family->hints->path };
    for (const struct key_hint *hint = family->hints; hint && hint->instead; hint++)
        for (int i = 0; i < PATHS && hint->path[i]; i++)
            if (!strcmp(hint->path[i], path)) return hint->instead;
    return NULL;
}

int family_foreign(const struct family *own, const struct json *value, const char *path,
                   int (*has)(const struct family *family, const char *path), struct ag_error *err)
{
    char names[256] = "";
    size_t used = 0;
    int count = 0;
    for (int i = 0; families[i]; i++) {
        if (families[i] == own || !has(families[i], path) || used >= sizeof names) continue;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", count++ ? ", " : "", families[i]->name);
    }
    if (!count) return 0;
    const char *instead = hint_for(own, path), *belongs = count > 1 ? "families" : "family";
    if (instead) return json_error(err, value, JSON_AT_KEY, NULL, "belongs to the %s %s; %s", belongs, names, instead);
    return json_error(err, value, JSON_AT_KEY, NULL, "belongs to the %s %s; the family %s has no such key", belongs,
                      names, own->name);
}

static void add(struct constants *c, const char *prefix, const char *token, double value, int whole)
{
    c->list = mem_grow(c->list, c->count, &c->capacity, sizeof *c->list);
    struct constant *to = &c->list[c->count++];
    snprintf(to->token, sizeof to->token, "%s%s", prefix, token);
    to->value = value;
    to->whole = whole;
}

void constant_whole(struct constants *c, const char *token, long value)
{
    add(c, "", token, (double)value, 1);
}

void constant_number(struct constants *c, const char *token, double value)
{
    add(c, "", token, value, 0);
}

void constant_adam(struct constants *c, const char *prefix, struct adam adam)
{
    add(c, prefix, "_LR", adam.lr, 0);
    add(c, prefix, "_BETA1", adam.beta1, 0);
    add(c, prefix, "_BETA2", adam.beta2, 0);
    add(c, prefix, "_DECAY", adam.weight_decay, 0);
}
