/* What library.c has of a whole generator. */
/* AG_TEMPLATE */
AG_FINITE
/* The inputs of one picture. */
static void set_inputs(real *in, const float *latents, ag_u64 seed, ag_u32 picture, double psi)
{
    if (latents)
        for (long i = 0; i < AG_UPPER_LATENT; i++) in[AG_Z + i] = (real)latents[i];
    else
        ag_normals(seed, AG_RNG_SAMPLE, picture, 0, AG_UPPER_LATENT, in + AG_Z);
AG_SET_INPUTS
}

/* Can these be drawn? Pictures are numbered by 32 bits. */
static int are_right(const float *latents, long first, long count, double psi)
{
    if (first < 0 || count < 0 || (ag_u64)first + (ag_u64)count > 1ull << 32 || !is_finite((float)psi)) return 0;
    for (size_t i = 0; latents && i < (size_t)count * AG_UPPER_LATENT; i++)
        if (!is_finite(latents[i])) return 0;
    return 1;
}

int AG_NAME_generate(void *memory, const float *latents, unsigned long long seed, long first, long count, double psi,
                     float *values, unsigned char *pixels)
{
    const size_t size = (size_t)AG_UPPER_SIZE * AG_UPPER_SIZE * AG_UPPER_CHANNELS;
    real *const base = first_line(memory), *block[AG_BLOCKS];
    if (!memory) return AG_UPPER_NO_MEMORY;
    if (!is_ready(base)) return AG_UPPER_NOT_READY;
    if (!are_right(latents, first, count, psi)) return AG_UPPER_WRONG;
    find_blocks(base, block);
    for (size_t i = 0; i < (size_t)count; i++) {
        set_inputs(block[AG_IN], latents ? latents + i * AG_UPPER_LATENT : NULL, seed, (ag_u32)((size_t)first + i), psi);
        sample_run(block);
        const real *const picture = block[AG_OUT] + AG_FAKE;
        for (size_t k = 0; values && k < size; k++) values[i * size + k] = (float)picture[k];
        for (size_t k = 0; pixels && k < size; k++) pixels[i * size + k] = level(picture[k]);
    }
    return AG_UPPER_DONE;
}
