/* What a generator is: its architecture, its size, where its weights come from. */
#include "ag.h"
#include <stdio.h>
#include <string.h>

/* The string or number at text, without quotes; names, operations and numbers have no escapes. */
struct token {
    const char *text;
    int length;
};

static struct token token_at(const char *text)
{
    const int quoted = *text == '"';
    struct token token = {text + quoted, (int)strcspn(text + quoted, quoted ? "\"" : ",} \t\r\n")};
    return token;
}

static const char *behind(struct token token)
{
    return token.text + token.length + (token.text[token.length] == '"');
}

/* The next member of an object without objects inside; at: behind its { or the last member. NULL: there is none. */
static const char *next_member(const char *at, struct token *key, struct token *value)
{
    at += strspn(at, ", \t\r\n");
    if (*at != '"') return NULL;
    *key = token_at(at);
    at = behind(*key);
    at += strspn(at, ": \t\r\n");
    *value = token_at(at);
    return behind(*value);
}

/* The value under a key of an object without objects inside before it; length 0: there is none. */
static struct token member(const char *object, struct token wanted)
{
    struct token key, value = {"", 0}, none = {"", 0};
    for (const char *at = object ? object + 1 : NULL; at && (at = next_member(at, &key, &value));)
        if (key.length == wanted.length && !strncmp(key.text, wanted.text, (size_t)key.length)) return value;
    return none;
}

/* Each gene with its operation and, in a StyleGAN2 generator, the latent it takes. */
static void print_architecture(const char *genotype)
{
    const char *ops = ag_genotype_part(genotype, "\"ops\""), *latents = ag_genotype_part(genotype, "\"latents\"");
    struct token key, value, latent;
    printf("architecture\n");
    for (const char *at = ops ? ops + 1 : NULL; at && (at = next_member(at, &key, &value));) {
        latent = member(latents, key);
        printf("  %-14.*s %.*s", key.length, key.text, value.length, value.text);
        if (latent.length) printf("%*s latent %.*s", 14 - value.length, "", latent.length, latent.text);
        printf("\n");
    }
    /* the last tRGB takes a latent, and has no operation to choose */
    for (const char *at = latents ? latents + 1 : NULL; at && (at = next_member(at, &key, &latent));)
        if (!member(ops, key).length)
            printf("  %-14.*s %-14s latent %.*s\n", key.length, key.text, "to RGB", latent.length, latent.text);
}

int ag_info(const struct ag_program *program, const char *file)
{
    const char *genotype = program->genotype, *found = ag_genotype_part(genotype, "\"found\"");
    const struct token key = {"family", 6}, family = member(ag_genotype_part(genotype, "\"generator\""), key);
    ag_u64 sum = ag_hash(AG_HASH, genotype, (long)strlen(genotype));
    sum = ag_hash(sum, program->fixed ? program->fixed : program->weights, ag_generator_bytes(program));
    printf("name         %s\n", program->name);
    printf("family       %.*s\n", family.length, family.text);
    printf("images       %d x %d, %d channel%s\n", program->image_size, program->image_size, program->image_channels,
           program->image_channels == 1 ? "" : "s");
    printf("latent       %d\n", program->latent);
    printf("parameters   %ld\n", program->parameters);
    if (ag_generator_carries(program))
        printf("weights      carried, %s, %ld bytes\n", ag_dtype_name(program->weights_type),
               ag_generator_bytes(program));
    else
        printf("weights      from %s\n", file);
    if (found) printf("found        %.*s\n", (int)strlen(found) - 1, found); /* the genotype's } follows */
    print_architecture(genotype);
    printf("hash         %016llx\n", sum);
    return AG_DONE;
}
