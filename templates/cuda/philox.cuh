/*
 * The random numbers of runtime/random.c on the device: functions of (seed, stream, step, index) alone. Words and
 * uniforms have the same bits, normals differ in the last place or two.
 */
#ifndef AG_PHILOX
#define AG_PHILOX

/* One block of four words: key = seed, counter = (index low, index high, step, stream). */
inline __device__ void ag_philox(unsigned long long seed, unsigned stream, unsigned step, unsigned long long index,
                                 unsigned out[4])
{
    unsigned key0 = (unsigned)seed, key1 = (unsigned)(seed >> 32);
    unsigned c0 = (unsigned)index, c1 = (unsigned)(index >> 32), c2 = step, c3 = stream;
#pragma unroll
    for (int round = 0; round < 10; round++) {
        const unsigned long long a = c0 * 0xD2511F53ull, b = c2 * 0xCD9E8D57ull;
        c0 = (unsigned)(b >> 32) ^ c1 ^ key0;
        c2 = (unsigned)(a >> 32) ^ c3 ^ key1;
        c1 = (unsigned)b;
        c3 = (unsigned)a;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* In [0, 1): the upper 24 bits. */
inline __device__ float ag_uniform(unsigned word)
{
    return (float)(int)(word >> 8) * (1.0f / 16777216);
}

/* Box and Muller: two words become r cos(t) and r sin(t), r^2 = -2 log(1 - u), t = 2 pi v. */
inline __device__ void ag_normal_pair(const unsigned word[2], float out[2])
{
    const float r = sqrtf(-2 * logf(1 - ag_uniform(word[0])));
    float sine, cosine;
    sincospif(2 * ag_uniform(word[1]), &sine, &cosine);
    out[0] = r * cosine;
    out[1] = r * sine;
}

/* Four numbers of a stream, 4 index to 4 index + 3. */
inline __device__ void ag_uniforms(unsigned long long seed, unsigned stream, unsigned step, unsigned long long index,
                                   float out[4])
{
    unsigned word[4];
    ag_philox(seed, stream, step, index, word);
    for (int k = 0; k < 4; k++) out[k] = ag_uniform(word[k]);
}
inline __device__ void ag_normals(unsigned long long seed, unsigned stream, unsigned step, unsigned long long index,
                                  float out[4])
{
    unsigned word[4];
    ag_philox(seed, stream, step, index, word);
    ag_normal_pair(word, out);
    ag_normal_pair(word + 2, out + 2);
}

#endif
