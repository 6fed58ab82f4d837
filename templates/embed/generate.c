/* What library.c has of a whole generator. */
/* AG_TEMPLATE */
/* The inputs of one picture. */
static void set_inputs(real *in, const float *latents, ag_u64 seed, long picture, double psi)
{
    if (latents)
        for (long i = 0; i < AG_UPPER_LATENT; i++) in[AG_Z + i] = (real)latents[i];
    else
        ag_normals(seed, AG_RNG_SAMPLE, (ag_u32)picture, 0, AG_UPPER_LATENT, in + AG_Z);
AG_SET_INPUTS
}

int AG_NAME_generate(void *memory, const float *latents, unsigned long long seed, long first, long count, double psi,
                     float *values, unsigned char *pixels)
{
    const long size = (long)AG_UPPER_SIZE * AG_UPPER_SIZE * AG_UPPER_CHANNELS;
    real *const base = first_line(memory), *block[AG_BLOCKS];
    if (!memory) return AG_UPPER_NO_MEMORY;
    if (!is_ready(base)) return AG_UPPER_NOT_READY;
    if (first < 0 || count < 0 || !(psi - psi == 0)) return AG_UPPER_WRONG;
    find_blocks(base, block);
    for (long i = 0; i < count; i++) {
        set_inputs(block[AG_IN], latents ? latents + i * AG_UPPER_LATENT : NULL, seed, first + i, psi);
        sample_run(block);
        const real *const picture = block[AG_OUT] + AG_FAKE;
        for (long k = 0; values && k < size; k++) values[i * size + k] = (float)picture[k];
        for (long k = 0; pixels && k < size; k++) pixels[i * size + k] = level(picture[k]);
    }
    return AG_UPPER_DONE;
}
