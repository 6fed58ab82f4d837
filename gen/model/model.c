#include "model.h"
#include "family.h"
#include "ops.h"
#include "phases.h"

#include <stdlib.h>

const char *program_name(enum program p)
{
    static const char *const names[] = {"search", "retrain", "generate"};
    return names[p];
}

/* Pictures that are computed at a time: as many pixels as 32 of 64 x 64 at the most, since what depends on the weights
 * alone is computed each time; and two at least, for two threads. */
static int sample_batch(const struct spec *spec)
{
    long pixels = (long)spec->image_size * spec->image_size;
    return pixels <= 2 * 64 * 64 ? 16 : pixels >= 256 * 256 ? 2 : (int)(32L * 64 * 64 / pixels);
}

static void search_phases(struct model *m)
{
    int batch = m->spec->search.batch;
    phase_forward(m, "forward", batch, (struct pass){.norm = NORM_BATCH});
    phase_d(m, batch);
    phase_g(m, "g", batch, 1, 0);
    phase_arch(m, batch);
    if (m->spec->search.bar_updates != BAR_WEIGHTS)
        phase_g(m, "bar", batch, m->spec->search.bar_updates == BAR_BOTH, 1);
}

static void retrain_phases(struct model *m)
{
    const struct spec *spec = m->spec;
    phase_forward(m, "forward", spec->retrain.batch_g, (struct pass){.norm = NORM_BATCH});
    phase_d(m, spec->retrain.batch_d);
    phase_g(m, "g", spec->retrain.batch_g, 1, 0);
    if (spec->retrain.r1_interval) phase_r1(m, spec->retrain.batch_d);
}

struct model *model_new(const struct spec *spec, const struct genotype *geno, enum program program, int merge,
                        int pictures)
{
    struct mem *mem = mem_new();
    struct model *m = mem_alloc(mem, sizeof *m);
    *m = (struct model){.mem = mem, .spec = spec, .geno = geno, .program = program, .merge = merge};
    if (program == PROGRAM_SEARCH) {
        search_phases(m);
        return m;
    }
    int styles = spec->family->styles, batch = pictures ? pictures : sample_batch(spec);
    if (program == PROGRAM_LIBRARY) {
        m->program = PROGRAM_GENERATE;
        phase_forward(m, "sample", batch, (struct pass){.norm = NORM_RUNNING, .truncate = styles});
        return m;
    }
    if (program == PROGRAM_RETRAIN) retrain_phases(m);
    phase_forward(m, "sample", batch, (struct pass){.norm = NORM_RUNNING, .mixing = styles, .truncate = styles});
    if (styles && program == PROGRAM_GENERATE)
        phase_forward(m, "latents", batch, (struct pass){.norm = NORM_RUNNING, .truncate = 1, .choose = 1});
    return m;
}

void model_free(struct model *m)
{
    for (int i = 0; i < m->phases; i++) {
        graph_free(m->phase[i].graph);
        free(m->phase[i].in.tensor);
        free(m->phase[i].out.tensor);
    }
    for (int i = 0; i < MODEL_BLOCKS; i++) free(m->block[i].tensor);
    free(m->origin);
    mem_free(m->mem);
}

long model_parameters(const struct model *m, int block)
{
    const struct table *t = &m->block[block];
    long sum = 0;
    for (int i = 0; i < t->count; i++) {
        long size = 1;
        for (int d = 0; d < t->tensor[i].rank; d++) size *= t->tensor[i].shape[d];
        sum += size;
    }
    return sum;
}

double model_generator_macs(const struct model *m, int thop)
{
    const struct phase_graph *p = &m->phase[0];
    char *live = mem_alloc(m->mem, (size_t)p->graph->count + 1);
    graph_live(p->graph, live);
    double macs = 0;
    for (int i = 0; i < p->graph->count; i++) {
        const struct node *n = &p->graph->node[i];
        if (!live[i] || !op_table[n->op].macs) continue;
        double stride = n->op == OP_CONV_DX && thop ? (double)n->attr[1] : 1;
        macs += op_table[n->op].macs(p->graph, n) * stride * stride;
    }
    return macs / p->batch;
}
