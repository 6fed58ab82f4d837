/* What the architecture parameters say: their entropy, and the architecture that their largest values name. */
#include "ag.h"
#include "ag_math.h"
#include <stdio.h>
#include <string.h>

/* The logits of an edge's candidates. */
static const real *logits(const struct ag_program *program, const struct ag_edge *edge, const real *alpha)
{
    const struct ag_table *table = &program->block[AG_ALPHA];
    char name[256];
    snprintf(name, sizeof name, "alpha.%s", edge->name);
    for (int i = 0; i < table->count; i++)
        if (!strcmp(table->tensor[i].name, name)) return alpha + table->tensor[i].offset;
    return NULL; /* never: every edge has its alpha */
}

/* The largest, the earlier of equals. */
static int largest(const real *value, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (value[i] > value[best]) best = i;
    return best;
}

/* H(p) = log(sum e^a) - sum a e^a / sum e^a, with a <= 0 */
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
    for (int i = 0; i < program->edges; i++)
        sum += entropy(logits(program, &program->edge[i], alpha), program->edge[i].count);
    return program->edges ? sum / program->edges : 0;
}

void ag_alpha_text(struct ag_text *text, const struct ag_program *program, const real *alpha)
{
    ag_text_add(text, "{");
    for (int i = 0; i < program->edges; i++) {
        const struct ag_edge *edge = &program->edge[i];
        const real *value = logits(program, edge, alpha);
        ag_text_add(text, "%s\"%s\": [", i ? ", " : "", edge->name);
        for (int k = 0; k < edge->count; k++) {
            ag_text_add(text, k ? ", " : "");
            ag_text_number(text, (double)value[k]);
        }
        ag_text_add(text, "]");
    }
    ag_text_add(text, "}");
}

void ag_genotype_text(struct ag_text *text, const struct ag_program *program, const real *alpha, const char *found)
{
    ag_text_add(text, "{\n  \"aggen\": 1,\n  \"space\": ");
    ag_text_string(text, program->name);
    ag_text_add(text, ",\n  \"spec\": %s,\n  \"ops\": {", program->spec);
    for (int i = 0; i < program->edges; i++) {
        const struct ag_edge *edge = &program->edge[i];
        const char *op = edge->op[largest(logits(program, edge, alpha), edge->count)];
        ag_text_add(text, "%s\n    \"%s\": \"%s\"", i ? "," : "", edge->name, op);
    }
    ag_text_add(text, "\n  },\n  \"found\": %s\n}\n", found);
}

/* The object that follows "ops" in a genotype's text, past its opening brace, or NULL. */
static const char *operations(const char *genotype)
{
    const char *ops = strstr(genotype, "\"ops\"");
    return ops ? strchr(ops, '{') : NULL;
}

static int is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

int ag_same_genotype(const char *a, const char *b)
{
    a = a ? operations(a) : NULL;
    b = b ? operations(b) : NULL;
    if (!a || !b) return 1;
    for (;; a++, b++) {
        while (is_space(*a)) a++;
        while (is_space(*b)) b++;
        if (*a != *b) return 0;
        if (*a == '}' || !*a) return 1;
    }
}
