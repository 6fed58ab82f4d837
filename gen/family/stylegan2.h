/*
 * The StyleGAN2 family (the paper's section 6). The outputs W_i of all layers of the mapping network are latents, among
 * which layers can choose. The layers of the generator are mixtures (Eq. 8) of modulated convolutions. The
 * discriminator is StyleGAN2's residual one.
 */
#ifndef STYLEGAN2_H
#define STYLEGAN2_H

#include "build.h"
#include "family.h"

/* A layer of the generator. They follow each other as b4.normal, b8.up, b8.normal, … */
struct layer {
    char name[SPEC_NAME];
    int up, resolution; /* up: 1 if it doubles the picture; resolution: pixels of a side of its output */
};
int stylegan2_layers(const struct spec *spec, struct layer layer[SPEC_GENES]); /* returns how many */
/* Sets name to that of the last tRGB, which gives the picture: "b64.rgb". It chooses a latent of its own. Each tRGB
 * before it takes the latent of the layer that follows it. */
void stylegan2_last_rgb(const struct spec *spec, char name[SPEC_NAME]);

/* ---------------------------------------------------------------- networks */

/* Returns the pictures [N,S,S,channels] of latents z [N,1,1,latent]. */
int stylegan2_generator(struct build *b, const struct network_pass *pass, int z);
extern const struct discriminator stylegan2_discriminator;

/* Returns the channels at a resolution: min(base / resolution, most) / divisor, at least 1. */
int style_channels(int resolution, int base, int most, int divisor);
/* Returns the node of a parameter, whose first `rank` dimensions are those of `shape` in files too. */
int style_parameter(struct build *b, const struct network_pass *pass, enum ag_block block, int rank, struct shape shape,
                    struct init init, const char *name);
/* Returns the node of a parameter [1,1,1,size]. */
int style_vector(struct build *b, const struct network_pass *pass, enum ag_block block, int size, struct init init,
                 const char *name);
/* Leaky ReLU times sqrt(2), which makes up for the power that it takes from a normal variable. */
int style_activate(struct graph *g, int x);
/* A linear layer with equalised learning rate: x [N,1,1,I] -> x W^T rate / sqrt(I) + rate b, [N,1,1,out]. The factor is
 * applied to x, which is smaller than W. */
int style_linear(struct build *b, const struct network_pass *pass, enum ag_block block, int x, int out, double rate,
                 double first_bias, const char *name);

#endif
