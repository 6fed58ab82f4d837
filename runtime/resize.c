/* Resizes a picture by a separable Lanczos filter. If the picture shrinks, the filter widens in proportion, so that
 * detail too fine for the new size is averaged and does not alias. */
#include "data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOBES 3
#define PI    3.14159265358979323846

/* A filter along one axis. Output i is the sum of weight[i * taps + k] * input[first[i] + k] over k < taps. */
struct filter {
    int taps;
    int *first;
    float *weight;
};

static double lanczos(double x)
{
    if (x == 0) return 1;
    if (fabs(x) >= LOBES) return 0;
    return LOBES * sin(PI * x) * sin(PI * x / LOBES) / (PI * PI * x * x);
}

static void free_filter(struct filter *filter)
{
    free(filter->first);
    free(filter->weight);
}

static int make_filter(struct filter *filter, int in, int out)
{
    double ratio = (double)in / out, scale = ratio > 1 ? ratio : 1;
    int taps = (int)ceil(LOBES * scale) * 2 + 1;
    if (taps > in) taps = in;
    filter->taps = taps;
    filter->first = malloc(sizeof(int) * (size_t)out);
    filter->weight = malloc(sizeof(float) * (size_t)out * (size_t)taps);
    if (!filter->first || !filter->weight) return 1;
    for (int i = 0; i < out; i++) {
        double centre = (i + 0.5) * ratio - 0.5, sum = 0;
        int first = (int)ceil(centre - LOBES * scale);
        if (first > in - taps) first = in - taps;
        if (first < 0) first = 0;
        filter->first[i] = first;
        for (int k = 0; k < taps; k++) sum += lanczos((first + k - centre) / scale);
        for (int k = 0; k < taps; k++)
            filter->weight[(size_t)i * taps + k] = (float)(lanczos((first + k - centre) / scale) / sum);
    }
    return 0;
}

/* Computes row y of the new height, at the old width: sum = [width, channels]. Whole rows are added, which compilers
 * vectorise. The vertical filter comes first because a picture that shrinks then has fewer rows for the horizontal one.
 */
static void filter_vertically(const struct ag_pixels *in, const struct filter *down, int y, float *sum)
{
    long n = (long)in->width * in->channels;
    const float *weight = down->weight + (size_t)y * (size_t)down->taps;
    for (long i = 0; i < n; i++) sum[i] = 0;
    for (int k = 0; k < down->taps; k++) {
        const ag_u8 *row = in->byte + (down->first[y] + k) * in->stride;
        float w = weight[k];
        for (long i = 0; i < n; i++) sum[i] += w * row[i];
    }
}

static ag_u8 to_byte(float value)
{
    return value <= 0 ? 0 : value >= 255 ? 255 : (ag_u8)(value + 0.5f);
}

/* Resizes a row to the new width: out = [width, channels]. */
static void filter_horizontally(const float *row, const struct filter *across, int width, int channels, ag_u8 *out)
{
    int taps = across->taps;
    for (int x = 0; x < width; x++) {
        const float *weight = across->weight + (size_t)x * (size_t)taps;
        for (int c = 0; c < channels; c++) {
            const float *from = row + (long)across->first[x] * channels + c;
            float sum = 0;
            for (int k = 0; k < taps; k++) sum += weight[k] * from[k * channels];
            *out++ = to_byte(sum);
        }
    }
}

int ag_resize(const struct ag_pixels *in, int width, int height, ag_u8 *out)
{
    size_t n = (size_t)width * (size_t)in->channels;
    if (width == in->width && height == in->height) {
        for (int y = 0; y < height; y++) memcpy(out + (size_t)y * n, in->byte + y * in->stride, n);
        return 0;
    }
    struct filter across = {0, NULL, NULL}, down = {0, NULL, NULL};
    float *row = malloc(sizeof *row * (size_t)in->width * (size_t)in->channels);
    int failed = !row || make_filter(&across, in->width, width) || make_filter(&down, in->height, height);
    for (int y = 0; !failed && y < height; y++) {
        filter_vertically(in, &down, y, row);
        filter_horizontally(row, &across, width, in->channels, out + (size_t)y * n);
    }
    free(row);
    free_filter(&across);
    free_filter(&down);
    return failed;
}

/* The luma of BT.601, with the weights of libjpeg. */
static void to_grey(const ag_u8 *rgb, long pixels, ag_u8 *grey)
{
    for (long i = 0; i < pixels; i++, rgb += 3)
        grey[i] = (ag_u8)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
}

int ag_fit(const struct ag_pixels *rgb, int size, int channels, int center_crop, ag_u8 *out)
{
    struct ag_pixels part = *rgb;
    if (center_crop) {
        int side = rgb->width < rgb->height ? rgb->width : rgb->height;
        part.byte += (rgb->height - side) / 2 * rgb->stride + (rgb->width - side) / 2 * 3L;
        part.width = part.height = side;
    }
    if (channels == 3) return ag_resize(&part, size, size, out);
    ag_u8 *colour = malloc((size_t)size * size * 3);
    int failed = !colour || ag_resize(&part, size, size, colour);
    if (!failed) to_grey(colour, (long)size * size, out);
    free(colour);
    return failed;
}
