/* What aggen hands over to a program that it has compiled: all that runtime/ag.h declares, and what libtcc's code calls
 * by itself. symbols.h is made from ag.h when aggen is built. */
#include "loaded.h"

#include <string.h>

/* tcc has functions for what other compilers do in place, in a library that need not be here (libtcc1.a). */
static float float_of_u64(ag_u64 x)
{
    return (float)x;
}
static double double_of_u64(ag_u64 x)
{
    return (double)x;
}
static ag_u64 u64_of_float(float x)
{
    return (ag_u64)x;
}
static ag_u64 u64_of_double(double x)
{
    return (ag_u64)x;
}
double sqrt(double x);

#define AG_SYMBOL(name) {#name, (const void *)&name},
const struct symbol run_symbols[] = {{"memcpy", (const void *)&memcpy},
                                     {"memmove", (const void *)&memmove},
                                     {"memset", (const void *)&memset},
                                     {"sqrt", (const void *)&sqrt},
                                     {"__floatundisf", (const void *)&float_of_u64},
                                     {"__floatundidf", (const void *)&double_of_u64},
                                     {"__fixunssfdi", (const void *)&u64_of_float},
                                     {"__fixunsdfdi", (const void *)&u64_of_double},
#include "symbols.h"
                                     {NULL, NULL}};

const char run_header[] =
#include "header.h"
    ;

/* The features that the compiler used, as far as it tells: the runtime's flags are those of this file. */
int run_machine(struct ag_error *err)
{
    const char *lacking = NULL;
#if defined(__x86_64__)
    __builtin_cpu_init();
#ifdef __AVX512F__
    if (!__builtin_cpu_supports("avx512f")) lacking = "AVX-512";
#endif
#ifdef __AVX2__
    if (!__builtin_cpu_supports("avx2")) lacking = "AVX2";
#endif
#ifdef __FMA__
    if (!__builtin_cpu_supports("fma")) lacking = "FMA";
#endif
#endif
    return lacking ? ag_fail(err, 1,
                             "this aggen was built for a machine with %s; `make MARCH=x86-64` builds one that runs "
                             "programs on any",
                             lacking)
                   : 0;
}
