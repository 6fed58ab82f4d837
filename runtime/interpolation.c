/* Interpolation between latents. */
#include "ag.h"
#include "ag_math.h"

/* The angle with this cosine, in turns, from 0 to 0.5. */
static double turns_of_cosine(double cosine)
{
    double low = 0, high = 0.5, s, c;
    for (int bit = 0; bit < 52; bit++) {
        const double middle = (low + high) / 2;
        ag_sincos_turn64(middle, &s, &c);
        if (c > cosine)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static double dot(const real *a, const real *b, long n)
{
    double sum = 0;
    for (long i = 0; i < n; i++) sum += (double)a[i] * b[i];
    return sum;
}

/* Spherical interpolation (slerp, Shoemake 1985): from = sin((1 - t) w) / sin(w) from + sin(t w) / sin(w) to, where w
 * is the angle between the two vectors and t goes from 0 to 1. If they are almost parallel, the interpolation is
 * linear. */
static void along_circle(double t, real *from, const real *to, long n)
{
    const double length = (double)ag_sqrt((real)(dot(from, from, n) * dot(to, to, n)));
    const double turn = length > 0 ? turns_of_cosine(dot(from, to, n) / length) : 0;
    double sine, here, there, unused;
    ag_sincos_turn64(turn, &sine, &unused);
    ag_sincos_turn64((1 - t) * turn, &here, &unused);
    ag_sincos_turn64(t * turn, &there, &unused);
    const int circle = sine > 1e-3;
    const real a = (real)(circle ? here / sine : 1 - t), b = (real)(circle ? there / sine : t);
    for (long i = 0; i < n; i++) from[i] = a * from[i] + b * to[i];
}

void ag_interpolate_latents(const struct ag_program *program, ag_u64 seed, long start, long pictures, long steps,
                            long first, long n, real *z, real *scratch)
{
    for (long i = 0; i < n; i++) {
        const long picture = (first + i) / steps % pictures, step = (first + i) % steps;
        real *here = z + i * program->latent;
        ag_sample_latents(program, seed, start + picture, 1, here);
        if (!step) continue;
        ag_sample_latents(program, seed, start + (picture + 1) % pictures, 1, scratch);
        along_circle((double)step / (double)steps, here, scratch, program->latent);
    }
}
