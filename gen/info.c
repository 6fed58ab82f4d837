#include "info.h"
#include "emit.h"
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>

/* The number of architectures: the product of the edges' candidates; a genotype is one. */
static double space_size(const struct model *m)
{
    struct gen_edge edge[SPEC_GENES];
    int count = spec_edges(m->spec, edge);
    double size = 1;
    for (int i = 0; i < count && !m->geno->genes; i++) size *= edge[i].up ? m->spec->up.count : m->spec->normal.count;
    return size;
}

static long parameters(const struct table *t)
{
    long sum = 0;
    for (int i = 0; i < t->count; i++) {
        long size = 1;
        for (int d = 0; d < t->tensor[i].rank; d++) size *= t->tensor[i].shape[d];
        sum += size;
    }
    return sum;
}

void info_print(struct model *m, int json)
{
    long arena = 0, scratch = 0, params_g = parameters(&m->block[AG_G]), params_d = parameters(&m->block[AG_D]);
    double flop[MODEL_PHASES];
    for (int i = 0; i < m->phases; i++) {
        struct plan *p = emit_plan(&m->phase[i]);
        arena = p->arena_size > arena ? p->arena_size : arena;
        scratch = p->scratch_size > scratch ? p->scratch_size : scratch;
        flop[i] = m->phase[i].flop;
        graph_free((struct graph *)p->graph);
        plan_free(p);
    }
    struct model *unmerged = model_new(m->spec, m->geno, m->program, 0);
    double macs = model_generator_macs(unmerged, 0), thop = model_generator_macs(unmerged, 1);
    model_free(unmerged);
    long weights = 0;
    for (int i = 0; i < MODEL_BLOCKS; i++) weights += m->block[i].size * (long)sizeof(float);
    if (json) {
        printf("{\"name\": \"%s\", \"space_size\": %.0f, \"params\": {\"generator\": %ld, \"discriminator\": %ld}, "
               "\"macs\": {\"generator\": %.0f}, \"macs_thop\": %.0f, \"memory\": {\"arena\": %ld, \"weights\": %ld}, \"phases\": {",
               m->spec->name, space_size(m), params_g, params_d, macs, thop, arena * 4, weights);
        for (int i = 0; i < m->phases; i++)
            printf("%s\"%s\": {\"flop\": %.0f}", i ? ", " : "", m->phase[i].name, flop[i]);
        printf("}}\n");
        return;
    }
    printf("%s\n", m->spec->name);
    printf("  architectures    %.0f (%.2g)\n", space_size(m), space_size(m));
    printf("  generator        %ld parameters, %.3f GMAC a picture (%.3f by the paper's convention)\n", params_g, macs / 1e9, thop / 1e9);
    printf("  discriminator    %ld parameters\n", params_d);
    printf("  memory           %.1f MB arena, %.1f MB scratch a thread, %.1f MB weights\n", (double)arena * 4e-6,
           (double)scratch * 4e-6, (double)weights * 1e-6);
    for (int i = 0; i < m->phases; i++) printf("  phase %-10s %.2f GFLOP\n", m->phase[i].name, flop[i] / 1e9);
}
