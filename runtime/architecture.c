/* The entropy of the architecture parameters alpha, and the genotype of their largest values. */
#include "ag.h"
#include "ag_math.h"
#include <stdio.h>
#include <string.h>

/* The values of a choice's alpha. */
static const real *logits(const struct ag_program *program, const struct ag_choice *choice, const real *alpha)
{
    const struct ag_table *table = &program->block[AG_ALPHA];
    char name[256];
    snprintf(name, sizeof name, "alpha.%s", choice->name);
    for (int i = 0; i < table->count; i++)
        if (!strcmp(table->tensor[i].name, name)) return alpha + table->tensor[i].offset;
    return NULL; /* never reached: every choice has its alpha */
}

/* The index of the largest value; of equal values, the first one. */
static int largest(const real *value, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (value[i] > value[best]) best = i;
    return best;
}

/* The entropy of p = softmax(a): H(p) = log(sum e^a) - sum a e^a / sum e^a. The largest value is subtracted from all a
 * first, so that e^a doesn't overflow. */
static double entropy(const real *value, int n)
{
    double sum = 0, weighted = 0, top = (double)value[largest(value, n)];
    for (int i = 0; i < n; i++) {
        double a = (double)value[i] - top, e = ag_exp64(a);
        sum += e;
        weighted += a * e;
    }
    return ag_log64(sum) - weighted / sum;
}

double ag_alpha_entropy(const struct ag_program *program, const real *alpha)
{
    double sum = 0;
    for (int i = 0; i < program->choices; i++)
        sum += entropy(logits(program, &program->choice[i], alpha), program->choice[i].count);
    return program->choices ? sum / program->choices : 0;
}

void ag_alpha_text(struct ag_text *text, const struct ag_program *program, const real *alpha)
{
    ag_text_add(text, "{");
    for (int i = 0; i < program->choices; i++) {
        const struct ag_choice *choice = &program->choice[i];
        const real *value = logits(program, choice, alpha);
        ag_text_add(text, "%s\"%s\": [", i ? ", " : "", choice->name);
        for (int k = 0; k < choice->count; k++) {
            ag_text_add(text, k ? ", " : "");
            ag_text_number(text, (double)value[k]);
        }
        ag_text_add(text, "]");
    }
    ag_text_add(text, "}");
}

/* The word of the candidate with the largest value. */
static const char *chosen(const struct ag_program *program, const struct ag_choice *choice, const real *alpha)
{
    return choice->word[largest(logits(program, choice, alpha), choice->count)];
}

/* Adds the chosen candidate of each gene as members of a JSON object: the operations or, if latents is 1, the latents.
 */
static void genes_text(struct ag_text *text, const struct ag_program *program, const real *alpha, int latents)
{
    const char *joint = "", *quote = latents ? "" : "\"";
    for (int i = 0; i < program->genes; i++) {
        const struct ag_choice *choice = &program->choice[program->gene[i].choice];
        if (choice->latents != latents) continue;
        ag_text_add(text, "%s\n    \"%s\": %s%s%s", joint, program->gene[i].name, quote, chosen(program, choice, alpha),
                    quote);
        joint = ",";
    }
}

/* Adds the operation of each kind of layer. This part of a genotype is valid for pictures of any size. */
static void micro_text(struct ag_text *text, const struct ag_program *program, const real *alpha)
{
    const char *joint = "";
    for (int i = 0; i < program->choices; i++) {
        const struct ag_choice *choice = &program->choice[i];
        if (choice->latents) continue;
        ag_text_add(text, "%s\"%s\": \"%s\"", joint, choice->name, chosen(program, choice, alpha));
        joint = ", ";
    }
}

void ag_genotype_text(struct ag_text *text, const struct ag_program *program, const real *alpha, const char *found)
{
    int latents = 0;
    for (int i = 0; i < program->choices; i++) latents |= program->choice[i].latents;
    ag_text_add(text, "{\n  \"aggen\": 1,\n  \"space\": ");
    ag_text_string(text, program->name);
    ag_text_add(text, ",\n  \"spec\": %s,\n  \"ops\": {", program->spec);
    genes_text(text, program, alpha, 0);
    if (latents) {
        ag_text_add(text, "\n  },\n  \"latents\": {");
        genes_text(text, program, alpha, 1);
    }
    ag_text_add(text, "\n  }");
    if (program->micro) {
        ag_text_add(text, ",\n  \"micro\": {");
        micro_text(text, program, alpha);
        ag_text_add(text, "}");
    }
    ag_text_add(text, ",\n  \"found\": %s\n}\n", found);
}

static const char *skip_space(const char *text)
{
    while (*text == ' ' || *text == '\n' || *text == '\t' || *text == '\r') text++;
    return text;
}

/* A genotype contains a spec, but no object of the spec has one of the keys "ops", "latents" and "found". If a string
 * value of the spec equals such a key, no ':' follows it. */
const char *ag_genotype_part(const char *genotype, const char *key)
{
    for (const char *at = genotype; (at = strstr(at, key));) {
        at = skip_space(at + strlen(key));
        if (*at != ':') continue;
        at = skip_space(at + 1);
        return *at == '{' ? at : NULL;
    }
    return NULL;
}

/* 1 if two objects, which contain no other objects, have the same text apart from white space. NULL equals only
 * NULL. */
static int same_object(const char *a, const char *b)
{
    if (!a || !b) return a == b;
    for (;; a++, b++) {
        a = skip_space(a);
        b = skip_space(b);
        if (*a != *b) return 0;
        if (*a == '}' || !*a) return 1;
    }
}

int ag_same_genotype(const char *a, const char *b)
{
    if (!a || !b || !ag_genotype_part(a, "\"ops\"") || !ag_genotype_part(b, "\"ops\"")) return 1;
    return same_object(ag_genotype_part(a, "\"ops\""), ag_genotype_part(b, "\"ops\"")) &&
           same_object(ag_genotype_part(a, "\"latents\""), ag_genotype_part(b, "\"latents\""));
}
