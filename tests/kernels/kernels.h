/* What the kernel tests and the benchmark know of an instance of a kernel template: its functions, and the values of
 * its constants. */
#include "packing.h"
#include "vector.h"

/* Epilogues that multiply the result by a factor which depends on picture, pixel and channel. So a result is wrong if
 * the kernel passes the wrong ones, or runs the epilogue twice. */
#define TEST_FACTOR(factor) ((real)(1 + (n + 2 * i + 3 * j + o) % 7 * (factor)))
#define TEST_EPILOGUE(height, width)                                                                                   \
    y[(((long)n * ((height) + 2 * AG_OUT_HALO) + i + AG_OUT_HALO) * ((width) + 2 * AG_OUT_HALO) + j + AG_OUT_HALO) * AG_OUT_PIXEL_STRIDE + o] =           \
        r * TEST_FACTOR(factor);
#define TEST_EPILOGUE_conv   TEST_EPILOGUE(AG_OUT_H, AG_OUT_W)
#define TEST_EPILOGUE_col2im TEST_EPILOGUE(AG_OUT_H, AG_OUT_W)
#define TEST_EPILOGUE_deconv TEST_EPILOGUE(2 * AG_IN_H + AG_K - 2, 2 * AG_IN_W + AG_K - 2)

/* Enough reals for the packed weight of one picture. */
#define RESERVED(co, ci, k) ((long)CEIL(co, 32) * 32 * (ci) * (k) * (k))

struct instance {
    const char *name;
    void (*conv)(const real *x, const real *w, const real *bias, real *y, int images, int factor);
    void (*deconv)(const real *x, const real *w, const real *bias, real *y, int images, int factor);
    void (*conv_wgrad)(const real *x, const real *gy, real *dw, int images);
    void (*wgrad_unpack)(const real *packed, real *dw);
    void (*linear)(const real *x, const real *w, const real *bias, real *y, int images);
    void (*linear_wgrad)(const real *x, const real *gy, real *dw);
    void (*dwconv)(const real *x, const real *w, real *y, int images);
    void (*dwconv_wgrad)(const real *x, const real *gy, real *dw, int images);
    void (*bilinear)(const real *x, real *y, int images);
    void (*bilinear_t)(const real *x, real *y, int images);
    void (*nearest)(const real *x, real *y, int images);
    void (*sumpool)(const real *x, real *y, int images);
    void (*col2im)(const real *x, real *y, int images, int factor);
    void (*fir)(const real *x, real *y, int images);
    void (*shuffle)(const real *x, real *y, int images);
    void (*unshuffle)(const real *x, real *y, int images);
    void (*taps)(const real *z, real *w);
    void (*taps_t)(const real *gw, real *gz);
    void (*edge_taps)(const real *z, real *v);
    void (*edge_taps_t)(const real *gv, real *gz);
    void (*border)(const real *x, const real *v, real *y, int images);
    void (*border_dx)(const real *gy, const real *v, real *gx, int images);
    void (*border_dw)(const real *x, const real *gy, real *gv, int images);
    void (*pack)(const real *w, real *packed);
    int H, W, CI, CO, C, O, I, Q, KIND, CLAMP, K, S, PAD, XH, YH, XSTEP, YSTEP, GH, BIAS, PACK_TRANSPOSED, PACK_FLIP,
        EACH, TRANSPOSED, BATCH, epilogue, relu, fetches, by_rows;
};
