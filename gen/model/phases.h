/*
 * The phases that programs consist of. Each function builds the graph of one phase and adds it to the model. A phase
 * reads its inputs ("in.z", say) and parameters, and leaves outputs ("out.loss"). A training step also leaves
 * gradients; the program then says how it trains (struct training). All passes of a network in a phase use the same
 * parameters, except that Ḡ and D̄ of Algorithm 2, the test weights, have blocks of their own. doc/method.md names the
 * line of the algorithms that each phase computes.
 */
#ifndef PHASES_H
#define PHASES_H

#include "model.h"

/* Draws pictures: in.z [N,latent] -> out.fake [N,S,S,channels]. */
void phase_forward(struct model *m, const char *name, int batch, struct network_pass pass);
/* The phase "sample": draws pictures as a trained generator does, with running statistics. If its layers have styles,
 * they can be truncated by in.psi; mixing: 1 if in.mix.z can replace some of them. */
void phase_sample(struct model *m, int pictures, int mixing);
/* A step of D: its loss (losses.h, Eq. 5) on in.x and on G(in.z), and the gradient in D's weights. Spectral norm sees
 * the real pictures first. */
void phase_d(struct model *m, int batch);
/* A step of G: its loss (losses.h) on G(in.z). weights, alpha: 1 if the gradient in G's weights, in alpha, is
 * wanted. */
void phase_g(struct model *m, const char *name, int batch, int weights, int alpha);
/* A step of alpha: the gradient in alpha of the duality gap V = Adv(G, D̄) - Adv(Ḡ, D) (Eq. 3 and 6). Adv is minus D's
 * loss. G draws from in.z, Ḡ from in.z2. The second term has no gradient, since Ḡ has its own copy of alpha. Outputs:
 * out.minmax, out.maxmin, and out.loss, their difference. */
void phase_arch(struct model *m, int batch);
/* A step of StyleGAN2's R1 penalty (gamma / 2) mean_n |dD/dx_n|^2 on real pictures in.x, and its gradient in D's
 * weights. */
void phase_r1(struct model *m, int batch);

#endif
