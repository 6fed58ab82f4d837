/* --set key.path=value: changes a document before it is read. */
#include "keys.h"

#include <string.h>

/* Returns the value under a key of an object. If there is none, puts a new object there. */
static struct json *inner_object(struct mem *pool, struct json *object, const char *key,
                                 const struct json_source *source)
{
    struct json *inner = json_get(object, key);
    if (inner) return inner;
    inner = mem_alloc(pool, sizeof *inner);
    inner->kind = JSON_OBJECT;
    inner->source = source;
    json_put(object, key, inner);
    return inner;
}

/* Puts value at a path of keys below object, making the objects on the way; `path` is cut up. */
static int put_at(struct mem *pool, struct json *object, char *path, struct json *value, struct ag_error *err)
{
    char *dot = strchr(path, '.');
    if (!dot) return json_put(object, path, value), 0;
    *dot = 0;
    struct json *inner = inner_object(pool, object, path, value->source);
    if (inner->kind != JSON_OBJECT) {
        char shown[JSON_SHOWN];
        return json_fail(err, "%s: \"%s\" is %s, not an object", value->source->label, path,
                         json_describe(inner, shown));
    }
    return put_at(pool, inner, dot + 1, value, err);
}

/* A value of the command line: JSON, or else a bare word, which is a string. */
static struct json *set_value(struct mem *pool, const struct json_source *source, struct ag_error *err)
{
    struct json *value = json_parse(pool, source, err);
    if (value || (source->size && strchr("{[\"", *source->text))) return value;
    for (size_t i = 0, n; i < source->size; i += n)
        if (!(n = utf8_length(source->text, source->size, i)))
            return json_fail(err, "%s: the value is not UTF-8 text", source->label), NULL;
    value = mem_alloc(pool, sizeof *value);
    struct json_source *kept = mem_alloc(pool, sizeof *kept);
    char *text = mem_alloc(pool, source->size + 1);
    *kept = *source;
    value->kind = JSON_STRING;
    value->text = memcpy(text, source->text, source->size);
    value->source = kept;
    return value;
}

/* 1 if the first n bytes of a --set are keys with a dot between each two. */
static int is_path(const char *set, size_t n)
{
    if (!n || n > 200 || *set == '.' || set[n - 1] == '.') return 0;
    for (size_t i = 1; i < n; i++)
        if (set[i] == '.' && set[i - 1] == '.') return 0;
    return 1;
}

/* Returns the length of a --set's first key if that means a part of the genotype itself ("ops", "latents"), not its
 * spec; else 0. */
static size_t own_group(const char *set)
{
    size_t n = strcspn(set, ".=");
    return (n == 3 && !strncmp(set, "ops", n)) || (n == 7 && !strncmp(set, "latents", n)) ? n : 0;
}

int set_apply(struct mem *pool, struct json *root, int genotype, const char *set, struct ag_error *err)
{
    size_t n = strcspn(set, "=");
    if (!set[n] || !is_path(set, n)) return json_fail(err, "--set %.80s: must be KEY.PATH=VALUE", set);
    size_t group = genotype ? own_group(set) : 0;
    const char *prefix = genotype && !group ? "spec." : "";
    char *label = mem_printf(pool, "--set %.*s", (int)n, set), *path = mem_printf(pool, "%s%.*s", prefix, (int)n, set);
    const char *text = set + n + 1;
    struct json_source source = {label, text, strlen(text), 1, strlen(prefix)};
    struct json *value = set_value(pool, &source, err);
    if (!value) return 2;
    if (!group || n == group) return put_at(pool, root, path, value, err);
    /* Names of edges and layers have a dot of their own, so all that follows "ops." is one key. */
    path[group] = 0;
    struct json *object = inner_object(pool, root, path, value->source);
    if (object->kind != JSON_OBJECT) return 0; /* genotype_read refuses it */
    return json_put(object, path + group + 1, value), 0;
}
