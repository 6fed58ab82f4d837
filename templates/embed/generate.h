/* AG_TEMPLATE */
/*
 * Draws `count` pictures, one after the other, in ready memory.
 *
 * latents: [count, AG_LATENT], normally distributed; NULL: those of the pictures first, first + 1, ... of this seed,
 *     which are then the pictures that the generator program draws of this seed.
 * seed, first: what else is random follows from them (AG_NOISE).
 * psi: AG_TRUNCATION.
 * values: [count, AG_IMAGE_SIZE, AG_IMAGE_SIZE, AG_IMAGE_CHANNELS], AG_RANGE, or NULL.
 * pixels: the same from 0 to 255, or NULL.
 */
int AG_NAME_generate(void *memory, const float *latents, unsigned long long seed, long first, long count, double psi,
                     float *values, unsigned char *pixels);
