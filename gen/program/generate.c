/* The program `generate`: draws pictures with the retrained weights of a genotype. */
#include "family.h"
#include "phases.h"

static void phases(struct model *m, int pictures)
{
    const int styles = m->spec->family->styles;
    phase_sample(m, pictures, styles);
    if (styles)
        phase_forward(m, "latents", pictures, (struct network_pass){.norm = NORM_RUNNING, .truncate = 1, .choose = 1});
}

static const char *host(const struct spec *spec)
{
    (void)spec; /* all families have the same host program */
    return "generate";
}

const struct program_kind program_generate = {
    .name = "generate",
    .of_genotype = 1,
    .draws = 1,
    .most = 8,
    .phases = phases,
    .host = host,
    .is_static = 1,
};
