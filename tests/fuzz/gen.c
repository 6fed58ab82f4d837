/* Harnesses of aggen's own readers. */
#include "fuzz.h"
#include "options.h"
#include "spec.h"
#include "../../runtime/ag.h"

#include <string.h>

static const char *const space =
    "{\"name\": \"t\", \"image\": {\"size\": 8}, \"data\": {\"format\": \"shapes\"}, "
    "\"generator\": {\"family\": \"residual\"}, \"discriminator\": {\"family\": \"sngan\"}}";
static const char *const style =
    "{\"aggen\": 1, \"spec\": {\"name\": \"t\", \"image\": {\"size\": 16}, \"data\": {\"format\": \"shapes\"}, "
    "\"generator\": {\"family\": \"stylegan2\"}, \"discriminator\": {\"family\": \"stylegan2\"}}, "
    "\"micro\": {\"normal\": \"conv_5x5\", \"up\": \"nearest_conv\"}, \"ops\": {\"b4.normal\": \"conv_5x5\", "
    "\"b8.up\": \"nearest_conv\", \"b8.normal\": \"conv_5x5\", \"b16.up\": \"nearest_conv\", \"b16.normal\": "
    "\"conv_5x5\"}}";

/* What was read is written as a text that is read as the same. */
static void check_again(const struct spec *spec, const struct genotype *geno)
{
    static struct spec spec2;
    static struct genotype geno2;
    struct ag_error err;
    char *text = geno->genes ? genotype_text(spec, geno) : spec_text(spec);
    HOLDS(!spec_parse(text, strlen(text), "again", NULL, 0, &spec2, &geno2, &err));
    char *again = geno2.genes ? genotype_text(&spec2, &geno2) : spec_text(&spec2);
    HOLDS(!strcmp(text, again));
    free(text);
    free(again);
}

static void parse_text(const char *text, size_t size, char *const *sets, int nsets)
{
    static struct spec spec;
    static struct genotype geno;
    struct ag_error err;
    int status = spec_parse(text, size, "fuzz", sets, nsets, &spec, &geno, &err);
    HOLDS(status == 0 || status == 2);
    if (status) HOLDS(err.text[0] && !strchr(err.text, '\n'));
    if (!status) check_again(&spec, &geno);
}

int fuzz_spec(const uint8_t *data, size_t size)
{
    parse_text((const char *)data, size, NULL, 0);
    return 0;
}

int fuzz_set(const uint8_t *data, size_t size)
{
    char *text, *word[FUZZ_WORDS];
    int words = fuzz_words(data, size, &text, word);
    parse_text(space, strlen(space), word + 1, words - 1);
    parse_text(style, strlen(style), word + 1, words - 1);
    free(text);
    return 0;
}

/* What was not refused is complete and goes together. */
static void check_options(const struct options *o)
{
    const int emits = o->command == COMMAND_EMIT;
    HOLDS(o->file && o->folder && *o->folder && o->gpu && *o->gpu);
    HOLDS(!o->weights || (emits && *o->weights));
    HOLDS(o->weights || (!o->embed && o->weights_type == AG_F32));
    HOLDS(o->embed || (!o->embed_array && !o->kernel));
    HOLDS(!o->kernel || targets[o->target] == &target_cpu);
    HOLDS(o->command == COMMAND_INFO || (!o->json && !o->dump_graph));
    HOLDS(o->command != COMMAND_CHECK || (targets[o->target] == &target_cpu && !o->no_merge));
    HOLDS(o->command == COMMAND_RUN || (!o->words && !o->program));
}

int fuzz_command(const uint8_t *data, size_t size)
{
    char *text, *word[FUZZ_WORDS];
    int words = fuzz_words(data, size, &text, word);
    static struct options o;
    int status = options_read(&o, words, word);
    HOLDS(status == 0 || status == 2);
    HOLDS(o.words >= 0 && o.words < words && o.sets <= OPTIONS_SETS);
    if (!status && !o.help) check_options(&o);
    free(text);
    return 0;
}
