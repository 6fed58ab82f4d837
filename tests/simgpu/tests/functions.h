/* The mathematical functions that math.cu and math.c try, of one argument: NAME(f). */
#define FUNCTIONS                                                                                                      \
    NAME(sin)                                                                                                          \
    NAME(cos)                                                                                                          \
    NAME(tan)                                                                                                          \
    NAME(exp) NAME(log) NAME(log2) NAME(log10) NAME(log1p) NAME(expm1) NAME(exp2) NAME(sqrt) NAME(cbrt) NAME(erf)      \
        NAME(erfc) NAME(lgamma) NAME(tgamma) NAME(asin) NAME(acos) NAME(atan) NAME(sinh) NAME(cosh) NAME(tanh)         \
            NAME(asinh) NAME(acosh) NAME(atanh) NAME(floor) NAME(ceil) NAME(round) NAME(trunc) NAME(rint) NAME(fabs)   \
                NAME(j0) NAME(y1) NAME(inverse) NAME(third_power) NAME(remainder_of) NAME(scaled) NAME(half_and_back)
