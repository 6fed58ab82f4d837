/*
 * The order of the weights of convolutions with register tiles, as the generator reserves room for them and as kernels
 * pack and read them: [blocks of output channels][taps][input channels][PACKED_BLOCK output channels]. The order is the
 * same for every width of vectors, so that packed weights can be kept for machines yet unknown.
 *
 * PACKED_BLOCK(n): of n output channels, how many lie together. 16 floats are a line of cache. A register tile takes
 * several such blocks side by side, or a part of one. The last block is padded with zeros.
 *
 * PACKED_ABREAST(out, k): the neighbouring pixels of a row whose channels lie together as if they were one pixel's,
 * where the `out` channels of one pixel leave most of 16 lanes unused: ABREAST (vector.h) for vectors of 16. Such a
 * weight has k + PACKED_ABREAST - 1 taps in a row of the window. Narrower vectors take the first of these pixels.
 *
 * PACKED_SIZE(out, in, k), PACKED_DECONV_SIZE(out, in, k): reals of a packed weight of a convolution, and of a
 * transposed one.
 */
#ifndef PACKING_H
#define PACKING_H

#define PACKED_BLOCK(n)        ((n) <= 4 ? 4 : (n) <= 8 ? 8 : 16)
#define PACKED_ABREAST(out, k) ((out)*4 <= 16 && (k) > 2 ? 4 : (out)*2 <= 16 && (k) > 1 ? 2 : 1)
#define PACKED_ROUND(n)        (((n) + PACKED_BLOCK(n) - 1) / PACKED_BLOCK(n) * PACKED_BLOCK(n))
#define PACKED_SIZE(out, in, k)                                                                                        \
    ((long)PACKED_ROUND((out)*PACKED_ABREAST(out, k)) * (in) * (k) * ((k) + PACKED_ABREAST(out, k) - 1))
#define PACKED_DECONV_SIZE(out, in, k) ((long)PACKED_ROUND(out) * (in) * (k) * (k))

#endif
