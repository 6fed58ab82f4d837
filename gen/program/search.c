/* The program `search`: trains the supernet of a search space, and chooses an architecture as its strategy says. */
#include "model.h"
#include "strategy.h"

static void phases(struct model *m, int pictures)
{
    (void)pictures; /* the strategy's phases take the batch of the search */
    strategy_of(m->spec)->phases(m);
}

static struct training training(const struct spec *spec)
{
    return (struct training){spec->search.loss, {.gumbel = spec->search.gumbel_tau > 0, .norm = NORM_BATCH}};
}

static const char *host(const struct spec *spec)
{
    return strategy_of(spec)->host;
}

static void constants(const struct spec *spec, struct constants *c)
{
    strategy_of(spec)->constants(spec, c);
}

const struct program_kind program_search = {
    .name = "search",
    .phases = phases,
    .training = training,
    .batches = "search.batch",
    .host = host,
    .constants = constants,
    .has_choices = 1,
};
