/* What an embedded generator for a GPU is, around its launches. */
/* AG_TEMPLATE */
/* ---------------------------------------------------------------- the interface */

/* Where the blocks lie in the memory, in numbers. */
#define IN_AT      0L
#define OUT_AT     (IN_AT + AG_IN_SIZE)
#define ARENA_AT   (OUT_AT + AG_OUT_SIZE)
#define SCRATCH_AT (ARENA_AT + AG_ARENA_SIZE)
#define FIXED_AT   (SCRATCH_AT + AG_SCRATCH_SIZE)
#define G_AT       (FIXED_AT + AG_FIXED_SIZE)
#define STAT_AT    (G_AT + AG_G_SIZE)
#define END_AT     (STAT_AT + AG_STAT_SIZE)

static CUdeviceptr at(CUdeviceptr memory, long number)
{
    return memory + (size_t)number * sizeof(real);
}

/* Addresses on the GPU, which launches pass on. */
static void find_blocks(CUdeviceptr memory, real *block[AG_BLOCKS])
{
    block[AG_IN] = (real *)at(memory, IN_AT);
    block[AG_OUT] = (real *)at(memory, OUT_AT);
    block[AG_ARENA] = (real *)at(memory, ARENA_AT);
    block[AG_SCRATCH] = (real *)at(memory, SCRATCH_AT);
    block[AG_FIXED] = (real *)at(memory, FIXED_AT);
    block[AG_G] = (real *)at(memory, G_AT);
    block[AG_STAT] = (real *)at(memory, STAT_AT);
}

size_t AG_NAME_memory(void)
{
    return (size_t)END_AT * sizeof(real);
}

/* A piece at a time, by way of a small buffer. */
static CUresult send_weights(CUdeviceptr memory)
{
    enum { PIECE = 1024, ALL = AG_G_SIZE + AG_STAT_SIZE };
    CUresult result = CUDA_SUCCESS;
    for (long done = 0; done < ALL && !result; done += PIECE) {
        const long n = ALL - done < PIECE ? ALL - done : PIECE;
        real piece[PIECE];
        for (long i = 0; i < n; i++) piece[i] = AG_UNHALVE(weights[done + i]);
        result = cuMemcpyHtoD(at(memory, G_AT + done), piece, (size_t)n * sizeof *piece);
    }
    return result;
}

static CUresult load_kernels(struct AG_NAME_generator *generator)
{
    CUresult result = cuModuleLoadData(&generator->module, ptx);
    for (int i = 0; i < AG_UPPER_KERNELS && !result; i++) {
        result = cuModuleGetFunction(&generator->kernel[i], generator->module, kernels[i].name);
        if (result) cuModuleUnload(generator->module);
    }
    return result;
}

CUresult AG_NAME_init(struct AG_NAME_generator *generator, CUdeviceptr memory, size_t bytes)
{
    struct AG_NAME_run run = {generator, NULL, CUDA_SUCCESS};
    real *block[AG_BLOCKS];
    if (generator) generator->memory = 0; /* until it is ready */
    if (!generator || !memory || memory % 16 || bytes < AG_NAME_memory()) return CUDA_ERROR_INVALID_VALUE;
    run.result = load_kernels(generator);
    if (run.result) return run.result;
    find_blocks(memory, block);
    run.result = cuMemsetD32(memory, 0, (size_t)END_AT);
    if (!run.result) run.result = send_weights(memory);
AG_PREPARE
    if (!run.result) run.result = cuStreamSynchronize(run.stream);
    if (run.result) {
        cuModuleUnload(generator->module);
    } else {
        generator->memory = memory;
        generator->library = AG_MARK;
    }
    return run.result;
}

/* n normals of a stream, from number `first` on, to a place on the GPU. */
static void draw(struct AG_NAME_run *run, CUdeviceptr to, unsigned long long seed, unsigned stream, unsigned step,
                 unsigned long long first, long n)
{
    void *argument[] = {&to, &seed, &stream, &step, &first, &n};
    const long blocks = n / 1024 + 1;
    if (!run->result)
        run->result = cuLaunchKernel(run->g->kernel[AG_NORMALS], blocks < 1024 ? (unsigned)blocks : 1024, 1, 1, 256, 1,
                                     1, 0, run->stream, argument, NULL);
}

AG_FINITE
/* The inputs of n pictures. */
static void set_inputs(struct AG_NAME_run *run, CUdeviceptr latents, unsigned long long seed, unsigned first, long n,
                       double psi)
{
    const CUdeviceptr in = at(run->g->memory, IN_AT), z = at(in, AG_Z);
    if (latents && !run->result)
        run->result =
            cuMemcpyDtoDAsync(z, latents, (size_t)n * AG_UPPER_LATENT * sizeof(real), run->stream);
    for (long i = 0; i < n; i++) {
        const unsigned picture = first + (unsigned)i;
        if (!latents)
            draw(run, at(z, i * AG_UPPER_LATENT), seed, AG_RNG_SAMPLE, picture, 0, AG_UPPER_LATENT);
AG_SET_INPUTS
    }
AG_SET_PSI
}

CUresult AG_NAME_generate(const struct AG_NAME_generator *generator, CUdeviceptr latents, unsigned long long seed, long first,
                          long count, double psi, CUdeviceptr values, CUstream stream)
{
    const size_t size = (size_t)AG_UPPER_SIZE * AG_UPPER_SIZE * AG_UPPER_CHANNELS * sizeof(real);
    struct AG_NAME_run run = {generator, stream, CUDA_SUCCESS};
    real *block[AG_BLOCKS];
    if (!generator || !generator->memory || generator->library != AG_MARK || !values) return CUDA_ERROR_INVALID_VALUE;
    if (first < 0 || count < 0 || (unsigned long long)first + (unsigned long long)count > 1ull << 32 ||
        !is_finite((float)psi))
        return CUDA_ERROR_INVALID_VALUE;
    find_blocks(generator->memory, block);
    for (long done = 0; done < count && !run.result; done += AG_UPPER_BATCH) {
        const long n = count - done < AG_UPPER_BATCH ? count - done : AG_UPPER_BATCH;
        set_inputs(&run, latents ? latents + (size_t)done * AG_UPPER_LATENT * sizeof(real) : 0, seed,
                   (unsigned)((size_t)first + (size_t)done), n, psi);
        sample_run(&run, block);
        if (!run.result)
            run.result = cuMemcpyDtoDAsync(values + (size_t)done * size, at(generator->memory, OUT_AT + AG_FAKE),
                                           (size_t)n * size, stream);
    }
    return run.result;
}

const char *AG_NAME_info(void)
{
    return info;
}
