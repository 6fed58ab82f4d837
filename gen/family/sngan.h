/* The SN-GAN discriminator: four residual blocks of `discriminator.channels`, spectrally normalised. */
#ifndef SNGAN_H
#define SNGAN_H

#include "family.h"

extern const struct discriminator sngan;

#endif
