/* The strategy alphaGAN: gradient descent of alpha on the duality gap V (Eq. 3), which is estimated with test weights
 * G-bar and D-bar of both networks (Algorithms 1 and 2). */
#include "family.h"
#include "phases.h"
#include "strategy.h"

static void phases(struct model *m)
{
    const int batch = m->spec->search.batch, updates = (int)m->spec->search.bar_updates;
    phase_forward(m, "forward", batch, (struct network_pass){.norm = NORM_BATCH});
    phase_d(m, batch);
    phase_g(m, "g", batch, 1, 0);
    phase_arch(m, batch);
    if (updates != BAR_WEIGHTS) phase_g(m, "bar", batch, updates == BAR_BOTH, 1);
}

static void constants(const struct spec *spec, struct constants *c)
{
    constant_whole(c, "AG_ITERATIONS", spec->search.iterations);
    constant_whole(c, "AG_WEIGHT_STEPS", spec->search.weight_steps);
    constant_whole(c, "AG_BAR_STEPS", spec->search.bar_steps);
    constant_whole(c, "AG_ARCH_STEPS", spec->search.arch_steps);
    constant_whole(c, "AG_BATCH", spec->search.batch);
    constant_whole(c, "AG_CRITIC_STEPS", spec->search.critic_steps);
    constant_number(c, "AG_SPLIT", spec->search.split);
    constant_adam(c, "AG_WEIGHTS", spec->search.weights);
    constant_adam(c, "AG_ARCH", spec->search.arch);
    constant_whole(c, "AG_BAR_UPDATES", (long)spec->search.bar_updates);
    constant_whole(c, "AG_ARCH_BOTH", spec->search.arch_both);
    constant_number(c, "AG_GUMBEL_TAU", spec->search.gumbel_tau);
    constant_number(c, "AG_WARMUP", spec->search.warmup);
    constant_whole(c, "AG_BAR_DECAY_AFTER", spec->search.bar_decay_after);
    constant_number(c, "AG_BAR_DECAY", spec->search.bar_decay);
}

const struct strategy strategy_alphagan = {
    .name = "alphagan",
    .phases = phases,
    .host = "search",
    .constants = constants,
};
