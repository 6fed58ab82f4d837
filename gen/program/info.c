#include "passes.h"
#include "info.h"
#include "emit.h"
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>

/* Returns the number of architectures: the product of the numbers of options of all choices; 1 for a genotype. */
static double space_size(const struct model *m)
{
    struct choice choice[SPEC_GENES];
    int count = m->geno->genes ? 0 : spec_choices(m->spec, choice);
    double size = 1;
    for (int i = 0; i < count; i++) {
        const struct pool *pool = choice[i].up ? &m->spec->up : &m->spec->normal;
        size *= choice[i].latents ? choice[i].latents : pool->count;
    }
    return size;
}

/* flop, executed: of the direct form, and as executed. arena, scratch (of a thread), recomputed_size: reals.
 * recomputed: how many values more than one group computes. */
struct phase_info {
    double flop, executed;
    long arena, scratch, recomputed_size;
    int recomputed;
};

static struct phase_info plan_info(const struct phase_graph *phase)
{
    struct plan *p = training_plan(phase, target_cpu.training);
    struct phase_info info = {
        .flop = phase->flop, .executed = plan_flop(p), .arena = p->arena_size, .scratch = p->scratch_size};
    info.recomputed = plan_recomputed(p, &info.recomputed_size);
    graph_free((struct graph *)p->graph);
    plan_free(p);
    return info;
}

static void print_json(const struct model *m, const struct phase_info *phase, double macs, double thop, long arena,
                       long weights)
{
    printf("{\"name\": \"%s\", \"space_size\": %.0f, \"params\": {\"generator\": %ld, \"discriminator\": %ld}, "
           "\"macs\": {\"generator\": %.0f}, \"macs_thop\": %.0f, \"memory\": {\"arena\": %ld, \"weights\": %ld}, "
           "\"phases\": {",
           m->spec->name, space_size(m), model_parameters(m, AG_G), model_parameters(m, AG_D), macs, thop, arena,
           weights);
    for (int i = 0; i < m->phases; i++)
        printf("%s\"%s\": {\"flop\": %.0f, \"flop_executed\": %.0f, \"arena\": %ld}", i ? ", " : "", m->phase[i].name,
               phase[i].flop, phase[i].executed, phase[i].arena * 4);
    printf("}}\n");
}

static void print_text(const struct model *m, const struct phase_info *phase, double macs, double thop, long arena,
                       long weights)
{
    printf("%s\n", m->spec->name);
    printf("  architectures  %.0f (%.2g)\n", space_size(m), space_size(m));
    printf("  generator      %ld parameters, %.3f GMAC a picture (%.3f by the paper's convention)\n",
           model_parameters(m, AG_G), macs / 1e9, thop / 1e9);
    printf("  discriminator  %ld parameters\n", model_parameters(m, AG_D));
    printf("  memory         %.1f MB arena, %.1f MB weights\n", (double)arena * 1e-6, (double)weights * 1e-6);
    for (int i = 0; i < m->phases; i++)
        printf("  phase %-8s %8.2f GFLOP, %8.2f executed; %.1f MB, %.2f MB of scratch a thread; %d values of %.1f MB "
               "computed "
               "again rather than kept\n",
               m->phase[i].name, phase[i].flop / 1e9, phase[i].executed / 1e9, (double)phase[i].arena * 4e-6,
               (double)phase[i].scratch * 4e-6, phase[i].recomputed, (double)phase[i].recomputed_size * 4e-6);
}

void info_print(const struct model *m, int json)
{
    struct phase_info phase[MODEL_PHASES];
    long arena = 0, weights = 0;
    for (int i = 0; i < m->phases; i++) {
        phase[i] = plan_info(&m->phase[i]);
        if (phase[i].arena * 4 > arena) arena = phase[i].arena * 4;
    }
    struct model *unmerged = model_new(m->spec, m->geno, m->program, 0, 0);
    double macs = model_generator_macs(unmerged, 0), thop = model_generator_macs(unmerged, 1);
    model_free(unmerged);
    for (int i = 0; i < MODEL_BLOCKS; i++) weights += m->block[i].size * (long)sizeof(float);
    if (json)
        print_json(m, phase, macs, thop, arena, weights);
    else
        print_text(m, phase, macs, thop, arena, weights);
}
