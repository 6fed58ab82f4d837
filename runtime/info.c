/* --info: prints a generator's architecture, its size, and where its weights come from. */
#include "ag.h"
#include <stdio.h>
#include <string.h>

/* A string without its quotes, or a number, in JSON. The strings here have no escapes. */
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

static const char *end_of(struct token token)
{
    return token.text + token.length + (token.text[token.length] == '"');
}

/* Reads the next member of an object that contains no objects. at: the position after the object's { or after the last
 * member. Returns the position after the member, or NULL if there is none. */
static const char *next_member(const char *at, struct token *key, struct token *value)
{
    at += strspn(at, ", \t\r\n");
    if (*at != '"') return NULL;
    *key = token_at(at);
    at = end_of(*key);
    at += strspn(at, ": \t\r\n");
    *value = token_at(at);
    return end_of(*value);
}

/* The value of a key in an object that contains no objects. Its length is 0 if the key is missing. */
static struct token member(const char *object, struct token wanted)
{
    struct token key, value = {"", 0}, none = {"", 0};
    for (const char *at = object ? object + 1 : NULL; at && (at = next_member(at, &key, &value));)
        if (key.length == wanted.length && !strncmp(key.text, wanted.text, (size_t)key.length)) return value;
    return none;
}

/* Prints each gene with its operation and, in a StyleGAN2 generator, its latent. */
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
    /* The last tRGB has a latent, but no operation. */
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
    if (found) printf("found        %.*s\n", (int)strlen(found) - 1, found); /* without the genotype's last } */
    print_architecture(genotype);
    printf("hash         %016llx\n", sum);
    return AG_DONE;
}
