/* A generator's weights, from a file or from the program itself. */
#include "ag.h"
#include <string.h>

/* Status 2 if a running variance is negative: it would have no square root. */
static int check_variances(const struct ag_st *st, const struct ag_table *table, const real *block,
                           struct ag_error *err)
{
    static const char ending[] = ".running_var";
    for (int i = 0; i < table->count; i++) {
        const struct ag_tensor *tensor = &table->tensor[i];
        const size_t n = strlen(tensor->name), m = strlen(ending);
        if (n < m || strcmp(tensor->name + n - m, ending)) continue;
        for (int k = 0; k < tensor->shape[0]; k++)
            if (block[tensor->offset + k] < 0)
                return ag_fail(err, 2, "%s: %s[%d] is negative, which no variance is", st->path, tensor->name, k);
    }
    return 0;
}

/* Loads the running statistics: those of batch norm or, in a StyleGAN2 generator, the mean intermediate latent. The
 * latter is needed only for truncation. */
static int load_statistics(const struct ag_program *program, const struct ag_st *st, double psi, real *block,
                           struct ag_error *err)
{
    const struct ag_table *table = &program->block[AG_STAT];
    const int style = ag_table_find(table, "g.map.w_avg") != 0;
    if (style && psi != 1 && !ag_st_find(st, "g.map.w_avg"))
        return ag_fail(err, 2,
                       "%s: there are no means of latents (g.map.w_avg), which truncation needs (all but --psi 1); "
                       "retraining keeps them in its ema.safetensors",
                       st->path);
    int status =
        ag_block_load(st, "", table, block, AG_LOAD_FINITE | (style ? AG_LOAD_OPTIONAL : AG_LOAD_REQUIRED), err);
    return status ? status : check_variances(st, table, block, err);
}

int ag_generator_load(const struct ag_program *program, const char *path, double psi, real *const block[AG_BLOCKS],
                      struct ag_error *err)
{
    struct ag_st st;
    if (ag_is_dir(path)) return ag_fail(err, 2, "%s: a folder; the weights are a file in it, ema.safetensors", path);
    if (!ag_is_file(path))
        return ag_fail(err, 2, "%s: no such file; retrain first, or name the weights with --weights", path);
    int status = ag_st_open(&st, path, err);
    if (!status && ag_st_meta(&st, "kind"))
        status = ag_fail(err, 2, "%s: this is a checkpoint of %s; %s", path, ag_st_meta(&st, "kind"),
                         strcmp(ag_st_meta(&st, "kind"), "search") ? "the weights are in its run's ema.safetensors"
                                                                   : "retrain what the search has found first");
    if (!status && !ag_same_genotype(ag_st_meta(&st, "genotype"), program->genotype))
        status =
            ag_fail(err, 2, "%s: these are the weights of another architecture; give this one's with --weights", path);
    if (!status) status = ag_block_load(&st, "", &program->block[AG_G], block[AG_G], AG_LOAD_FINITE, err);
    if (!status) status = load_statistics(program, &st, psi, block[AG_STAT], err);
    ag_st_close(&st);
    return status;
}

/* ---------------------------------------------------------------- 16-bit floats */

union word {
    float real;
    ag_u32 bits;
};

/* Rounds to nearest even. A number that is too large becomes the largest finite one. */
static ag_u16 bf16_of(float x)
{
    union word w = {x};
    const ag_u32 half = (w.bits + 0x7fff + (w.bits >> 16 & 1)) >> 16;
    return (ag_u16)((half & 0x7fff) == 0x7f80 ? half - 1 : half);
}

static float real_of_bf16(ag_u16 half)
{
    union word w;
    w.bits = (ag_u32)half << 16;
    return w.real;
}

/* Rounds to nearest even. A number that is too large becomes the largest finite one. Normal numbers have exponents from
 * -14 to 15 and ten bits of mantissa; subnormal ones are multiples of 2^-24. */
static ag_u16 fp16_of(float x)
{
    union word w = {x};
    const ag_u32 sign = w.bits >> 16 & 0x8000, size = w.bits & 0x7fffffff;
    ag_u32 half;
    if (size >= 0x477ff000) return (ag_u16)(sign | 0x7bff);
    if (size < 0x38800000) {
        w.bits = size;
        w.real += 0.5f; /* rounds to multiples of 2^-24, since the last bit of the sum is 2^-24 */
        half = w.bits - 0x3f000000;
    } else {
        half = (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13;
    }
    return (ag_u16)(sign | half);
}

static float real_of_fp16(ag_u16 half)
{
    union word w;
    const ag_u32 sign = (ag_u32)(half & 0x8000) << 16, size = half & 0x7fff;
    if (size < 0x400) {
        w.real = (float)size / 16777216;
        w.bits |= sign;
    } else {
        w.bits = sign | ((size << 13) + 0x38000000);
    }
    return w.real;
}

void ag_to_half(enum ag_dtype type, const float *from, long n, ag_u16 *to)
{
    for (long i = 0; i < n; i++) to[i] = type == AG_BF16 ? bf16_of(from[i]) : fp16_of(from[i]);
}

void ag_from_half(enum ag_dtype type, const ag_u16 *from, long n, real *to)
{
    for (long i = 0; i < n; i++) to[i] = (real)(type == AG_BF16 ? real_of_bf16(from[i]) : real_of_fp16(from[i]));
}

/* ---------------------------------------------------------------- weights in the program */

int ag_generator_carries(const struct ag_program *program)
{
    return program->weights || program->fixed;
}

long ag_generator_bytes(const struct ag_program *program)
{
    const long n = program->block[AG_G].size + program->block[AG_STAT].size;
    return (program->fixed ? program->fixed_size : program->weights ? n : 0) * ag_dtype_size(program->weights_type);
}

/* Converts numbers done to done + n - 1 of `from`. */
static void unpack(enum ag_dtype type, const void *from, long done, long n, real *to)
{
    if (type != AG_F32) ag_from_half(type, (const ag_u16 *)from + done, n, to);
    for (long i = 0; type == AG_F32 && i < n; i++) to[i] = (real)((const float *)from)[done + i];
}

void ag_generator_unpack(const struct ag_program *program, real *const block[AG_BLOCKS])
{
    const long g = program->block[AG_G].size;
    const enum ag_dtype type = program->weights_type;
    if (program->weights) {
        unpack(type, program->weights, 0, g, block[AG_G]);
        unpack(type, program->weights, g, program->block[AG_STAT].size, block[AG_STAT]);
    } else if (block[AG_FIXED] != program->fixed) {
        unpack(type, program->fixed, 0, program->fixed_size, block[AG_FIXED]);
    }
}
