/* An instance of a kernel template, for the test and the benchmark. */
#include "vector.h"

/* An epilogue that tells whether it was given the right pixel and channel, and ran once. */
#define TEST_EPILOGUE(factor) ((real)(1 + (n + 2 * i + 3 * j + c / 16) % 7 * (factor)))

struct instance {
    const char *name;
    void (*conv)(const real *x, const real *w, const real *bias, real *y, int images, int factor);
    void (*deconv)(const real *x, const real *w, const real *bias, real *y, int images, int factor);
    void (*conv_wgrad)(const real *x, const real *gy, real *dw, int images);
    void (*dwconv)(const real *x, const real *w, real *y, int images);
    void (*dwconv_wgrad)(const real *x, const real *gy, real *dw, int images);
    void (*pack)(const real *w, real *packed);
    int H, W, CI, CO, C, K, S, PAD, XH, YH, GH, BIAS, ACCUMULATE, PACK_TRANSPOSED, PACK_FLIP, epilogue;
};
