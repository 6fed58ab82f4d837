/*
 * The phases of programs. Each function adds the graph of one to a model. The graph of a training step has the
 * gradients of its loss; a program that has such a phase says how it trains (struct training). All passes of a network
 * use the same parameters, but for those of the test weights G-bar and D-bar (Algorithm 2).
 */
#ifndef PHASES_H
#define PHASES_H

#include "model.h"

/* Pictures from latents. */
void phase_forward(struct model *m, const char *name, int batch, struct pass pass);
/* The phase "sample": pictures as a trained generator draws them, with running statistics, and truncated where its
 * layers have styles. mixing: they can mix the styles of two latents. */
void phase_sample(struct model *m, int pictures, int mixing);
/* D's loss on (x, G(z)), the real pass before the fake one, in D's weights. */
void phase_d(struct model *m, int batch);
/* G's loss in G's weights, in alpha, or in both. */
void phase_g(struct model *m, const char *name, int batch, int weights, int alpha);
/* The duality gap V = Adv(G, D-bar) - Adv(G-bar, D) (Eq. 3) in alpha, Adv being minus D's loss. The second term has no
 * gradient in alpha. */
void phase_arch(struct model *m, int batch);
/* StyleGAN2's penalty on D's gradient at real pictures, (gamma / 2) mean_n |dD/dx_n|^2, in D's weights. */
void phase_r1(struct model *m, int batch);

#endif
