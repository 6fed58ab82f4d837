/* From JSON text to a checked spec. */
#include "spec.h"
#include "keys.h"

#include <stdio.h>
#include <string.h>

int spec_edges(const struct spec *spec, struct gen_edge edge[SPEC_GENES])
{
    const struct cell *cell = &spec->cell;
    int count = 0;
    memset(edge, 0, SPEC_GENES * sizeof *edge);
    for (int c = 1; c <= spec->cells; c++) {
        for (int e = 0; e < cell->edges; e++) {
            const struct cell_edge *own = &cell->edge[e];
            struct gen_edge *to = &edge[count++];
            *to = (struct gen_edge){.cell = c,
                                    .from_cell = own->from ? c : 0,
                                    .from = own->from,
                                    .to = own->to,
                                    .up = own->up,
                                    .times = own->up};
            snprintf(to->name, sizeof to->name, "cell%d.%.40s", c, own->name);
        }
        for (int s = 0; cell->skip_from && s < c - 1; s++) {
            struct gen_edge *to = &edge[count++];
            *to = (struct gen_edge){.cell = c,
                                    .from_cell = s + 1,
                                    .from = cell->skip_from,
                                    .to = cell->skip_to,
                                    .up = 1,
                                    .times = c - 1 - s};
            snprintf(to->name, sizeof to->name, "cell%d.skip%d", c, s);
        }
    }
    return count;
}

/* The family that a document names; the first if it names none, for whose keys that is an error. */
static const struct family_keys *find_family(const struct json *document, struct message *err)
{
    const struct json *value = json_find(document, "generator.family");
    if (!value) return &spec_families[0];
    char names[128] = "", shown[JSON_SHOWN];
    size_t used = 0;
    for (const struct family_keys *family = spec_families; family->generator; family++) {
        if (value->kind == JSON_STRING && !strcmp(value->text, family->generator)) return family;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s\"%s\"", used ? " or " : "", family->generator);
    }
    json_error(err, value, JSON_AT_VALUE, NULL, "must be a family of generators, %s, not %s", names,
               json_describe(value, shown));
    return NULL;
}

int space_read(const struct json *document, struct spec *spec, struct message *err)
{
    const struct family_keys *family = find_family(document, err);
    if (!family) return 2;
    if (keys_read(family->keys, document, spec, err)) return 2;
    spec->family = (enum family)(family - spec_families);
    if (!strcmp(spec->data_format, "shapes")) *spec->data_path = 0; /* drawn, whatever pictures another format had */
    return family->check(spec, document, err);
}

static int read_document(struct mem *pool, struct json *root, char *const *sets, int nsets, struct spec *spec,
                         struct genotype *geno, struct message *err)
{
    int genotype = json_get(root, "ops") || json_get(root, "spec") || json_get(root, "aggen");
    if (root->kind != JSON_OBJECT)
        return json_error(err, root, JSON_AT_VALUE, NULL, "a search space or a genotype must be an object");
    for (int i = 0; i < nsets; i++)
        if (set_apply(pool, root, genotype, sets[i], err)) return 2;
    return genotype ? genotype_read(root, spec, geno, err) : space_read(root, spec, err);
}

int spec_parse(const char *text, size_t n, const char *label, char *const *sets, int nsets, struct spec *spec,
               struct genotype *geno, char *err, size_t errsize)
{
    struct mem *pool = mem_new();
    struct json_source source = {label, text, n, 0, 0};
    struct message message = {err, errsize};
    memset(spec, 0, sizeof *spec);
    memset(geno, 0, sizeof *geno);
    if (errsize) *err = 0;
    struct json *root = json_parse(pool, &source, &message);
    int status = root ? read_document(pool, root, sets, nsets, spec, geno, &message) : 2;
    mem_free(pool);
    return status;
}

int spec_read(const char *path, char *const *sets, int nsets, struct spec *spec, struct genotype *geno, char *err,
              size_t errsize)
{
    struct mem *pool = mem_new();
    struct message message = {err, errsize};
    size_t size;
    char *text = json_load(pool, path, &size, &message);
    int status = text ? spec_parse(text, size, path, sets, nsets, spec, geno, err, errsize) : 2;
    mem_free(pool);
    return status;
}
