/* AG_TEMPLATE */
/*
 * Draws `count` pictures, one after the other, in ready memory.
 *
 * latents: [count, AG_LATENT], normally distributed; NULL: those of the pictures first, first + 1, ... of this seed,
 *     which are then the pictures that the generator program draws of this seed.
 * seed, first: what else is random follows from them (AG_NOISE). Pictures are numbered from 0 to 2^32 - 1.
 * psi: AG_TRUNCATION.
 * values: [count, AG_IMAGE_SIZE, AG_IMAGE_SIZE, AG_IMAGE_CHANNELS], AG_RANGE, or NULL.
 * pixels: the same from 0 to 255, or NULL.
 *
 * AG_UPPER_WRONG: first or count is below 0, the last picture is beyond number 2^32 - 1, or psi as a float or one of the
 * latents is infinite or NaN; nothing is drawn then. The arrays lie apart from each other and from the memory.
 */
int AG_NAME_generate(void *memory, const float *latents, unsigned long long seed, long first, long count, double psi,
                     float *values, unsigned char *pixels);
