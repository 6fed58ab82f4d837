/* The layers of a StyleGAN2 generator, and what a search decides in either family. */
#include "spec.h"

#include <stdio.h>
#include <string.h>

int spec_layers(const struct spec *spec, struct layer layer[SPEC_GENES])
{
    int count = 0;
    memset(layer, 0, SPEC_GENES * sizeof *layer);
    for (int resolution = 4; resolution <= spec->image_size; resolution *= 2)
        for (int up = resolution > 4; up >= 0; up--) {
            struct layer *to = &layer[count++];
            *to = (struct layer){.up = up, .resolution = resolution};
            snprintf(to->name, sizeof to->name, "b%d.%s", resolution, up ? "up" : "normal");
        }
    return count;
}

static void add_choice(struct choice *choice, const char *name, const char *suffix, int up, int latents)
{
    *choice = (struct choice){.up = up, .latents = latents};
    snprintf(choice->name, sizeof choice->name, "%.48s%s", name, suffix);
}

static int residual_choices(const struct spec *spec, struct choice *choice)
{
    struct gen_edge edge[SPEC_GENES];
    int count = spec_edges(spec, edge);
    for (int i = 0; i < count; i++) add_choice(&choice[i], edge[i].name, "", edge[i].up, 0);
    return count;
}

static int stylegan2_choices(const struct spec *spec, struct choice *choice)
{
    struct layer layer[SPEC_GENES];
    int layers = spec_layers(spec, layer), count = 0;
    for (int i = 0; spec->macro && i < layers; i++) add_choice(&choice[count++], layer[i].name, "", layer[i].up, 0);
    for (int up = 0; !spec->macro && up < 2; up++) add_choice(&choice[count++], up ? "up" : "normal", "", up, 0);
    if (!spec->dynamic_latents) return count;
    for (int i = 0; i < layers; i++) add_choice(&choice[count++], layer[i].name, ".w", 0, spec->mapping_layers);
    char rgb[SPEC_NAME];
    snprintf(rgb, sizeof rgb, "b%d.rgb", spec->image_size);
    add_choice(&choice[count++], rgb, ".w", 0, spec->mapping_layers);
    return count;
}

int spec_choices(const struct spec *spec, struct choice choice[SPEC_GENES])
{
    memset(choice, 0, SPEC_GENES * sizeof *choice);
    return spec->family == FAMILY_STYLEGAN2 ? stylegan2_choices(spec, choice) : residual_choices(spec, choice);
}
