#include "model.h"
#include "ops.h"

#include <stdlib.h>

/* Returns how many pictures a drawing phase takes at a time: as many as have the pixels of 32 pictures of 64 x 64, but
 * at least 2 and at most 16. Large batches pay since what depends on the weights alone is computed for each batch. Two
 * are for two threads. */
static int sample_batch(const struct spec *spec)
{
    long pixels = (long)spec->image_size * spec->image_size;
    return pixels <= 2 * 64 * 64 ? 16 : pixels >= 256 * 256 ? 2 : (int)(32L * 64 * 64 / pixels);
}

struct model *model_build(const struct spec *spec, const struct genotype *geno, const struct program_kind *program,
                          int merge, int device)
{
    struct mem *mem = mem_new();
    struct model *m = mem_alloc(mem, sizeof *m);
    *m = (struct model){.mem = mem, .spec = spec, .geno = geno, .program = program, .merge = merge};
    m->alone = program->draws && !device;
    program->phases(m, m->alone ? 1 : sample_batch(spec));
    m->most = m->alone && m->phases == 1 ? program->most : 1;
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
        double stride = n->op == OP_CONV_DX && thop ? (double)n->stride : 1;
        macs += op_table[n->op].macs(p->graph, n) * stride * stride;
    }
    return macs / p->batch;
}
