/* Reads JSON text as a spec. */
#include "keys.h"
#include "../../runtime/ag.h"

#include <string.h>

/* The family that a document names; the first if it names none, for whose keys that is an error. */
static const struct family *find_family(struct mem *pool, const struct json *document, struct ag_error *err)
{
    const struct json *value = json_find(document, "generator.family");
    if (!value) return families[0];
    size_t count = 0;
    for (; families[count]; count++)
        if (value->kind == JSON_STRING && !strcmp(value->text, families[count]->name)) return families[count];
    const char **names = mem_alloc(pool, (count + 1) * sizeof *names);
    char list[256], shown[JSON_SHOWN];
    for (size_t i = 0; i < count; i++) names[i] = families[i]->name;
    list_words(names, list, sizeof list);
    json_error(err, value, JSON_AT_VALUE, NULL, "must be a family of generators, %s, not %s", list,
               json_describe(value, shown));
    return NULL;
}

int space_read(struct mem *pool, const struct json *document, struct spec *spec, struct ag_error *err)
{
    spec->family = find_family(pool, document, err);
    if (!spec->family || keys_read(document, spec, err)) return 2;
    if (!strcmp(spec->data_format, "shapes")) *spec->data_path = 0; /* drawn: a path of another format goes */
    return spec->family->check ? spec->family->check(spec, document, err) : 0;
}

static int read_document(struct mem *pool, struct json *root, char *const *sets, int nsets, struct spec *spec,
                         struct genotype *geno, struct ag_error *err)
{
    int genotype = json_get(root, "ops") || json_get(root, "spec") || json_get(root, "aggen");
    if (root->kind != JSON_OBJECT)
        return json_error(err, root, JSON_AT_VALUE, NULL, "a search space or a genotype must be an object");
    for (int i = 0; i < nsets; i++)
        if (set_apply(pool, root, genotype, sets[i], err)) return 2;
    return genotype ? genotype_read(pool, root, spec, geno, err) : space_read(pool, root, spec, err);
}

int spec_parse(const char *text, size_t n, const char *label, char *const *sets, int nsets, struct spec *spec,
               struct genotype *geno, struct ag_error *err)
{
    struct mem *pool = mem_new();
    struct json_source source = {label, text, n, 0, 0};
    memset(spec, 0, sizeof *spec);
    memset(geno, 0, sizeof *geno);
    err->text[0] = 0;
    struct json *root = json_parse(pool, &source, err);
    int status = root ? read_document(pool, root, sets, nsets, spec, geno, err) : 2;
    mem_free(pool);
    return status;
}

int spec_read(const char *path, char *const *sets, int nsets, struct spec *spec, struct genotype *geno,
              struct ag_error *err)
{
    struct mem *pool = mem_new();
    size_t size;
    char *text = json_load(pool, path, &size, err);
    int status = text ? spec_parse(text, size, path, sets, nsets, spec, geno, err) : 2;
    mem_free(pool);
    return status;
}
