/*
 * The StyleGAN2 family: a mapping network all of whose layers' outputs are latents, a generator of modulated
 * convolutions with skip connections, each a mixture of candidates (Eq. 8), and the residual discriminator.
 */
#ifndef STYLEGAN2_H
#define STYLEGAN2_H

#include "build.h"
#include "family.h"

/* The layers of a generator in their order: b4.normal, b8.up, b8.normal, … */
struct layer {
    char name[SPEC_NAME];
    int up, resolution; /* resolution: of its output */
};
int stylegan2_layers(const struct spec *spec, struct layer layer[SPEC_GENES]); /* returns their number */
/* The name of the last tRGB, of the picture: "b64.rgb". The tRGB of a smaller resolution goes with the next layer. */
void stylegan2_last_rgb(const struct spec *spec, char name[SPEC_NAME]);

/* ---------------------------------------------------------------- networks */

/* z [N,1,1,latent] -> [N,S,S,channels] */
int stylegan2_generator(struct build *b, const struct pass *pass, int z);
extern const struct discriminator stylegan2_discriminator;

/* What both networks are made of: channels at a resolution, parameters, equalised layers. */
int style_channels(int resolution, int base, int most, int divisor);
int style_parameter(struct build *b, const struct pass *pass, enum ag_block block, int rank, struct shape shape,
                    struct init init, const char *name);
/* A parameter that is a vector over channels. */
int style_vector(struct build *b, const struct pass *pass, enum ag_block block, int size, struct init init,
                 const char *name);
/* Leaky ReLU, which halves a normal variable's power, and the gain that undoes that. */
int style_activate(struct graph *g, int x);
/* x [N,1,1,I] W^T rate / sqrt(I) + rate b, in equalised form: x takes the factor, being the smallest. */
int style_linear(struct build *b, const struct pass *pass, enum ag_block block, int x, int out, double rate,
                 double first_bias, const char *name);

#endif
