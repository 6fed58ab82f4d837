/* The SN-GAN discriminator of the conventional family: four residual blocks with spectral norm. */
#ifndef SNGAN_H
#define SNGAN_H

#include "family.h"

extern const struct discriminator sngan;

#endif
