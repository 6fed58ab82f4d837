/* The symbols that aggen hands to a program compiled by libtcc: everything that runtime/ag.h declares, and the
 * functions that libtcc's own code calls. symbols.h is made from ag.h when aggen is built. */
#include "in_memory.h"

#include <string.h>

/* For these conversions tcc emits calls of its library libtcc1.a, which may not be installed. */
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

/* This file is compiled with the flags of the runtime, so its macros tell which instructions the runtime uses. */
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
