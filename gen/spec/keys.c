/* Reads a document by a table of keys. */
#include "keys.h"

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 1024, KEY_SIZE = 96 }; /* bytes of data.path; of a key's path */

static int wrong(const struct json *value, struct ag_error *err, const char *allowed)
{
    char shown[JSON_SHOWN];
    return json_error(err, value, JSON_AT_VALUE, NULL, "must be %s, not %s", allowed, json_describe(value, shown));
}

static int out_of_range(const struct key *key, const struct json *value, struct ag_error *err)
{
    char allowed[128];
    const char *null = key->flags & KEY_NULL ? ", or null" : "";
    if (key->kind == KEY_NUMBER)
        snprintf(allowed, sizeof allowed, "a number %s %g and %s %g%s", key->flags & KEY_ABOVE ? "above" : "at least",
                 key->lo, key->flags & KEY_BELOW ? "below" : "at most", key->hi, null);
    else if (key->flags & KEY_POWER)
        snprintf(allowed, sizeof allowed, "a power of two from %.0f to %.0f%s", key->lo, key->hi, null);
    else if (key->hi - key->lo == key->step)
        snprintf(allowed, sizeof allowed, "%.0f or %.0f%s", key->lo, key->hi, null);
    else if (key->step > 1)
        snprintf(allowed, sizeof allowed, "a multiple of %d from %.0f to %.0f%s", key->step, key->lo, key->hi, null);
    else
        snprintf(allowed, sizeof allowed, "a whole number from %.0f to %.0f%s", key->lo, key->hi, null);
    return wrong(value, err, allowed);
}

static int read_int(const struct key *key, const struct json *value, int *field, struct ag_error *err)
{
    if (value->kind != JSON_NUMBER) return out_of_range(key, value, err);
    double v = value->number;
    if (!(v >= key->lo && v <= key->hi) || v != (int)v || ((int)v - (int)key->lo) % key->step)
        return out_of_range(key, value, err);
    if ((key->flags & KEY_POWER) && ((int)v & ((int)v - 1))) return out_of_range(key, value, err);
    *field = (int)v;
    return 0;
}

static int read_number(const struct key *key, const struct json *value, double *field, struct ag_error *err)
{
    if (value->kind != JSON_NUMBER) return out_of_range(key, value, err);
    double v = value->number + 0.0; /* -0 becomes 0 */
    /* Programs compute in float. A limit that is excluded must stay so when the value is rounded to float. */
    int below = key->flags & KEY_BELOW ? (float)v < (float)key->hi : v <= key->hi;
    int above = key->flags & KEY_ABOVE ? (float)v > (float)key->lo : v >= key->lo;
    if (!below || !above) return out_of_range(key, value, err);
    *field = v;
    return 0;
}

static int read_name(const struct json *value, char field[SPEC_NAME], struct ag_error *err)
{
    if (value->kind != JSON_STRING || !is_name(value->text, 0) || strlen(value->text) >= SPEC_NAME) {
        char allowed[80];
        snprintf(allowed, sizeof allowed, "a string of 1 to %d characters of A-Z a-z 0-9 _ -", SPEC_NAME - 1);
        return wrong(value, err, allowed);
    }
    strcpy(field, value->text);
    return 0;
}

static int read_path(const struct json *value, char field[PATH_SIZE], struct ag_error *err)
{
    if (value->kind != JSON_STRING) return wrong(value, err, "a string");
    if (strlen(value->text) >= PATH_SIZE)
        return json_error(err, value, JSON_AT_VALUE, NULL, "longer than %d bytes", PATH_SIZE - 1);
    for (const char *p = value->text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F) return wrong(value, err, "a path without control characters");
    strcpy(field, value->text);
    return 0;
}

/* The index in `words` of a string, or -1 with an error line. */
static int read_word(const struct json *value, const char *const *words, struct ag_error *err)
{
    char allowed[256];
    for (int i = 0; words[i]; i++)
        if (value->kind == JSON_STRING && !strcmp(value->text, words[i])) return i;
    list_words(words, allowed, sizeof allowed);
    return wrong(value, err, allowed), -1;
}

const char *key_family(const struct key *key, const struct spec *spec)
{
    return key->kind == KEY_GENERATOR ? spec->family->name : spec->family->discriminator->name;
}

static int read_family(const struct key *key, const struct json *value, const struct spec *spec, struct ag_error *err)
{
    const char *word = key_family(key, spec);
    if (value->kind == JSON_STRING && !strcmp(value->text, word)) return 0;
    char allowed[160];
    snprintf(allowed, sizeof allowed, "\"%s\", the family that goes with generator.family \"%s\"", word,
             spec->family->name);
    return wrong(value, err, allowed);
}

static int read_bool(const struct json *value, int *field, struct ag_error *err)
{
    if (value->kind != JSON_TRUE && value->kind != JSON_FALSE) return wrong(value, err, "true or false");
    *field = value->kind == JSON_TRUE;
    return 0;
}

static int pool_word(const struct key *key, const struct json *value, struct ag_error *err)
{
    const char *words[CANDIDATE_COUNT + 1] = {0};
    for (int op = (int)key->lo; op <= (int)key->hi; op++) words[op - (int)key->lo] = candidate_name((enum candidate)op);
    int word = read_word(value, words, err);
    return word < 0 ? -1 : (int)key->lo + word;
}

static int read_pool(const struct key *key, const struct json *value, struct pool *pool, struct ag_error *err)
{
    if (value->kind != JSON_LIST || !value->first) return wrong(value, err, "a list of one or more operations");
    pool->count = 0;
    for (const struct json *v = value->first; v; v = v->next) {
        int op = pool_word(key, v, err);
        if (op < 0) return 2;
        for (int i = 0; i < pool->count; i++)
            if ((int)pool->op[i] == op)
                return json_error(err, v, JSON_AT_VALUE, NULL, "\"%s\" is in the list already; each operation once",
                                  v->text);
        pool->op[pool->count++] = (enum candidate)op; /* there is room for every kind */
    }
    return 0;
}

static void clear(const struct key *key, struct spec *spec)
{
    char *field = (char *)spec + key->offset;
    if (key->kind == KEY_INT) *(int *)field = 0;
    if (key->kind == KEY_NUMBER) *(double *)field = 0;
    if (key->kind == KEY_NAME) *field = 0;
    if (key->kind == KEY_TUPLE)
        for (const struct key *item = key->items; item->path; item++) clear(item, spec);
}

static int read_tuple(const struct key *key, const struct json *value, struct spec *spec, struct ag_error *err)
{
    char allowed[128] = "[";
    int count = 0;
    for (; key->items[count].path; count++) {
        size_t used = strlen(allowed);
        snprintf(allowed + used, sizeof allowed - used, "%s%s", count ? ", " : "", key->items[count].path);
    }
    strcat(allowed, key->flags & KEY_NULL ? "], or null" : "]");
    if (value->kind != JSON_LIST || json_length(value) != count) return wrong(value, err, allowed);
    const struct json *v = value->first;
    for (int i = 0; i < count; i++, v = v->next)
        if (key_read(&key->items[i], v, spec, err)) return 2;
    return 0;
}

int key_read(const struct key *key, const struct json *value, struct spec *spec, struct ag_error *err)
{
    char *field = (char *)spec + key->offset;
    int word;
    if (value->kind == JSON_NULL && (key->flags & KEY_NULL)) {
        clear(key, spec);
        return 0;
    }
    switch (key->kind) {
    case KEY_INT:
        return read_int(key, value, (int *)(void *)field, err);
    case KEY_NUMBER:
        return read_number(key, value, (double *)(void *)field, err);
    case KEY_NAME:
        return read_name(value, field, err);
    case KEY_PATH:
        return read_path(value, field, err);
    case KEY_WORD:
        if ((word = read_word(value, key->words, err)) < 0) return 2;
        strcpy(field, key->words[word]);
        return 0;
    case KEY_GENERATOR:
    case KEY_DISCRIMINATOR:
        return read_family(key, value, spec, err);
    case KEY_CHOICE:
        if ((word = read_word(value, key->words, err)) < 0) return 2;
        *(int *)(void *)field = word;
        return 0;
    case KEY_BOOL:
        return read_bool(value, (int *)(void *)field, err);
    case KEY_POOL:
        return read_pool(key, value, (struct pool *)(void *)field, err);
    case KEY_EDGES:
        return cell_read(value, (struct cell *)(void *)field, err);
    case KEY_TUPLE:
        return read_tuple(key, value, spec, err);
    }
    return 2;
}

/* A document being read. */
struct reading {
    struct mem *pool;
    const struct key *keys;
    size_t count; /* of keys */
    char *seen;   /* [count]: which keys the document has */
    struct spec *spec;
    struct ag_error *err;
};

/* Sets name[] to the keys and groups of keys that may stand in the object at `prefix` ("" or "generator."). Returns how
 * many. */
static int names_below(const struct key *keys, const char *prefix, char (*name)[SPEC_NAME])
{
    int count = 0;
    size_t skip = strlen(prefix);
    for (; keys->path; keys++) {
        if (strncmp(keys->path, prefix, skip) != 0) continue;
        size_t n = strcspn(keys->path + skip, ".");
        snprintf(name[count], SPEC_NAME, "%.*s", (int)n, keys->path + skip);
        if (!count || strcmp(name[count - 1], name[count]) != 0) count++;
    }
    return count;
}

static int unknown_key(const struct reading *r, const struct json *value, const char *prefix)
{
    char(*name)[SPEC_NAME] = mem_alloc(r->pool, r->count * sizeof *name), hint[400];
    const char **word = mem_alloc(r->pool, r->count * sizeof *word);
    int count = names_below(r->keys, prefix, name);
    for (int i = 0; i < count; i++) word[i] = name[i];
    if (!nearest_word(value->key, word, count, hint, sizeof hint)) {
        size_t used = (size_t)snprintf(hint, sizeof hint, "; here are");
        for (int i = 0; i < count && used < sizeof hint; i++)
            used += (size_t)snprintf(hint + used, sizeof hint - used, "%s %s", i ? "," : "", word[i]);
    }
    return json_error(r->err, value, JSON_AT_KEY, NULL, "unknown key%s", hint);
}

static int read_object(struct reading *r, const struct json *object, const char *prefix)
{
    for (const struct json *v = object->first; v; v = v->next) {
        char path[KEY_SIZE];
        int group = 0;
        size_t n = (size_t)snprintf(path, sizeof path, "%s%s", prefix, v->key);
        if (n + 1 >= sizeof path || strchr(v->key, '.')) return unknown_key(r, v, prefix);
        const struct key *key = r->keys;
        for (; key->path && strcmp(key->path, path) != 0; key++)
            group |= !strncmp(key->path, path, n) && key->path[n] == '.';
        if (key->path) {
            r->seen[key - r->keys] = 1;
            if (key_read(key, v, r->spec, r->err)) return 2;
        } else if (!group) {
            return family_foreign(r->spec->family, v, path, family_has_key, r->err) || unknown_key(r, v, prefix) ? 2
                                                                                                                 : 0;
        } else if (v->kind != JSON_OBJECT) {
            return wrong(v, r->err, "an object");
        } else {
            strcat(path, ".");
            if (read_object(r, v, path)) return 2;
        }
    }
    return 0;
}

/* Complains about a key that should be there, at the innermost object of its path that a file holds. */
static int missing(const struct key *key, const struct json *document, struct ag_error *err)
{
    const struct json *at = document;
    const char *rest = key->path;
    for (const char *dot; (dot = strchr(rest, '.')); rest = dot + 1) {
        char group[KEY_SIZE];
        snprintf(group, sizeof group, "%.*s", (int)(dot - rest), rest);
        const struct json *inner = json_get(at, group);
        if (!inner || inner->source->set) break;
        at = inner;
    }
    return json_error(err, at, JSON_AT_VALUE, rest, "this required key is missing");
}

static int read_default(struct reading *r, const struct key *key)
{
    struct json_source source = {key->path, key->fallback, strlen(key->fallback), 0, 0};
    struct json *value = json_parse(r->pool, &source, r->err);
    return value ? key_read(key, value, r->spec, r->err) : 2;
}

static int read_all(struct reading *r, const struct json *document)
{
    if (document->kind != JSON_OBJECT) return wrong(document, r->err, "an object");
    if (read_object(r, document, "")) return 2;
    for (size_t i = 0; i < r->count; i++) {
        const struct key *key = &r->keys[i];
        if (r->seen[i]) continue;
        if (!key->fallback) return missing(key, document, r->err);
        if (read_default(r, key)) return 2;
    }
    return 0;
}

int keys_read(const struct json *document, struct spec *spec, struct ag_error *err)
{
    struct reading r = {.pool = mem_new(), .keys = spec->family->keys, .spec = spec, .err = err};
    while (r.keys[r.count].path) r.count++;
    r.seen = mem_alloc(r.pool, r.count);
    int status = read_all(&r, document);
    mem_free(r.pool);
    return status;
}

const struct key *key_find(const struct family *family, const char *path)
{
    for (const struct key *key = family->keys; key->path; key++)
        if (!strcmp(key->path, path)) return key;
    return NULL;
}

const struct key *key_of_pool(const struct family *family, int up)
{
    const size_t field = up ? offsetof(struct spec, up) : offsetof(struct spec, normal);
    const struct key *key = family->keys;
    while (key->kind != KEY_POOL || key->offset != field) key++;
    return key;
}

const struct json *key_place(const struct json *document, const char *path, const char *other)
{
    const struct json *value = json_find(document, path), *second = json_find(document, other);
    if (!value || (second && second->source->set)) value = second;
    return value ? value : document;
}
