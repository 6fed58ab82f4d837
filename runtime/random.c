/*
 * Random numbers that are a function of (seed, stream, step, index) alone. The generator is Philox 4x32-10 (Salmon,
 * Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 */
#include "ag.h"
#include "ag_math.h"

#define PHILOX_BLOCKS 64 /* number of Philox blocks that are computed at once */
#define PHILOX_WORDS  (4 * PHILOX_BLOCKS)

static inline void philox(ag_u32 key0, ag_u32 key1, ag_u32 c[4])
{
    for (int round = 0; round < 10; round++) {
        ag_u64 a = (ag_u64)c[0] * 0xD2511F53u, b = (ag_u64)c[2] * 0xCD9E8D57u;
        ag_u32 c0 = (ag_u32)(b >> 32) ^ c[1] ^ key0, c2 = (ag_u32)(a >> 32) ^ c[3] ^ key1;
        c[1] = (ag_u32)b, c[3] = (ag_u32)a;
        c[0] = c0, c[2] = c2;
        key0 += 0x9E3779B9u, key1 += 0xBB67AE85u;
    }
}

void ag_philox(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 index, ag_u32 out[4])
{
    out[0] = (ag_u32)index, out[1] = (ag_u32)(index >> 32), out[2] = step, out[3] = stream;
    philox((ag_u32)seed, (ag_u32)(seed >> 32), out);
}

/* out[4 j + k] = word k of Philox block index + j, for j < blocks */
static void make_words(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 index, int blocks, ag_u32 out[PHILOX_WORDS])
{
    for (int j = 0; j < blocks; j++) ag_philox(seed, stream, step, index + (ag_u64)j, out + 4 * j);
}

/* Converts the upper 24 bits of a word, which a float represents exactly, to a number in [0, 1). */
static inline real uniform(ag_u32 word)
{
    return (real)(int)(word >> 8) * (real)(1.0 / 16777216);
}

static void make_uniforms(const ag_u32 *words, int n, real *out)
{
    for (int i = 0; i < n; i++) out[i] = uniform(words[i]);
}

/* The method of Box and Muller. Words 2 i and 2 i + 1 give the uniforms u and v; the normals are r cos(t) and r sin(t)
 * with r^2 = -2 log(1 - u) and t = 2 pi v. 1 - u lies in (0, 1], where the logarithm is finite. */
static void make_normals(const ag_u32 *words, int n, real *out)
{
    for (int i = 0; i < n / 2; i++) {
        real r = ag_sqrt((real)-2 * ag_log((real)1 - uniform(words[2 * i]))), sine, cosine;
        ag_sincos_turn(uniform(words[2 * i + 1]), &sine, &cosine);
        out[2 * i] = r * cosine;
        out[2 * i + 1] = r * sine;
    }
}

/* Fills out with values first to first + n - 1 of a stream. Values are made from whole Philox blocks, so they are made
 * in a buffer, and those asked for are copied. */
static void draw(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first, long n, real *out,
                 void (*make)(const ag_u32 *words, int n, real *out))
{
    ag_u32 words[PHILOX_WORDS];
    real values[PHILOX_WORDS];
    while (n > 0) {
        int skip = (int)(first % 4), count = n < PHILOX_WORDS - skip ? (int)n : PHILOX_WORDS - skip,
            blocks = (skip + count + 3) / 4;
        make_words(seed, stream, step, first / 4, blocks, words);
        make(words, 4 * blocks, values);
        for (int i = 0; i < count; i++) out[i] = values[skip + i];
        first += (ag_u64)count;
        out += count;
        n -= count;
    }
}

void ag_uniforms(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first, long n, real *out)
{
    draw(seed, stream, step, first, n, out, make_uniforms);
}

void ag_normals(ag_u64 seed, ag_u32 stream, ag_u32 step, ag_u64 first, long n, real *out)
{
    draw(seed, stream, step, first, n, out, make_normals);
}

/* A reader of a stream, word by word. */
struct word_stream {
    ag_u64 seed, next;
    ag_u32 stream, step, block[4];
};

static ag_u32 next_word(struct word_stream *words)
{
    if (words->next % 4 == 0) ag_philox(words->seed, words->stream, words->step, words->next / 4, words->block);
    return words->block[words->next++ % 4];
}

/* A uniform number in 0..n-1: the upper half of word * n. Words that would make some results likelier are rejected
 * (Lemire, "Fast random integer generation in an interval", 2019). */
static ag_u32 uniform_below(struct word_stream *words, ag_u32 n)
{
    ag_u64 product = (ag_u64)next_word(words) * n;
    if ((ag_u32)product < n) {
        ag_u32 threshold = -n % n; /* 2^32 mod n */
        while ((ag_u32)product < threshold) product = (ag_u64)next_word(words) * n;
    }
    return (ag_u32)(product >> 32);
}

void ag_permutation(ag_u64 seed, ag_u32 stream, ag_u32 step, int n, int *out)
{
    struct word_stream words = {seed, 0, stream, step, {0, 0, 0, 0}};
    for (int i = 0; i < n; i++) {
        int j = (int)uniform_below(&words, (ag_u32)i + 1);
        if (j != i) out[i] = out[j];
        out[j] = i;
    }
}
