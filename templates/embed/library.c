/* What an embedded generator's program calls. */
#define AG_FIXED_ROOM   0
#define AG_FIXED_SIZE   16
#define AG_IN_SIZE      16
#define AG_OUT_SIZE     16
#define AG_ARENA_SIZE   16
#define AG_SCRATCH_SIZE 16
/* AG_TEMPLATE */
/* ---------------------------------------------------------------- the interface */

/* Where the blocks lie, in numbers from the first line of cache in the memory: it begins with its own address. */
enum { LINE = 64 };
#define IN_AT      (LINE / (long)sizeof(real))
#define OUT_AT     (IN_AT + AG_IN_SIZE)
#define ARENA_AT   (OUT_AT + AG_OUT_SIZE)
#define SCRATCH_AT (ARENA_AT + AG_ARENA_SIZE)
#define FIXED_AT   (SCRATCH_AT + AG_SCRATCH_SIZE)
#define END_AT     (FIXED_AT + AG_FIXED_ROOM)

static real *first_line(void *memory)
{
    const size_t over = (size_t)memory % LINE;
    if (over) memory = (char *)memory + (LINE - over);
    return memory;
}

static int is_ready(real *base)
{
    void *address;
    memcpy(&address, base, sizeof address);
    return address == (void *)base;
}

size_t AG_NAME_memory(void)
{
    return (size_t)END_AT * sizeof(real) + LINE;
}

int AG_NAME_init(void *memory, size_t bytes)
{
    real *const base = first_line(memory);
    void *const address = base;
    if (!memory || bytes < AG_NAME_memory()) return AG_UPPER_NO_MEMORY;
    memset(base, 0, (size_t)END_AT * sizeof(real));
    memcpy(base, &address, sizeof address);
AG_EXPAND    return AG_UPPER_DONE;
}

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
    real *const base = first_line(memory);
    if (!memory) return AG_UPPER_NO_MEMORY;
    if (!is_ready(base)) return AG_UPPER_NOT_READY;
    if (first < 0 || count < 0 || !(psi - psi == 0)) return AG_UPPER_WRONG;
    real *const block[AG_BLOCKS] = {[AG_IN] = base + IN_AT,
                                    [AG_OUT] = base + OUT_AT,
                                    [AG_FIXED] = AG_FIXED_BLOCK,
                                    [AG_ARENA] = base + ARENA_AT,
                                    [AG_SCRATCH] = base + SCRATCH_AT};
    for (long i = 0; i < count; i++) {
        set_inputs(block[AG_IN], latents ? latents + i * AG_UPPER_LATENT : NULL, seed, first + i, psi);
        sample_run(block);
        const real *const picture = block[AG_OUT] + AG_FAKE;
        for (long k = 0; values && k < size; k++) values[i * size + k] = (float)picture[k];
        for (long k = 0; pixels && k < size; k++) pixels[i * size + k] = level(picture[k]);
    }
    return AG_UPPER_DONE;
}

const char *AG_NAME_info(void)
{
    return info;
}
