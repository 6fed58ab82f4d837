/*
 * Made-up weights, as large as one likes: each tensor of a generator as training starts with it, and a little more, so
 * that none of it is nothing but zeros. tables.h has g_params[] and statistics[] of the generator's program.
 *
 *     made OUT.safetensors
 */
#include "../../runtime/ag.h"
#include "tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARAMETERS = sizeof g_params / sizeof *g_params, STATISTICS = sizeof statistics / sizeof *statistics };

/* Adds a tensor, and returns its values, which are read when the file is written. */
static real *add(struct ag_st_writer *writer, const struct ag_tensor *tensor, ag_u32 number)
{
    long shape[4], n = 1;
    for (int i = 0; i < tensor->rank; i++) n *= shape[i] = tensor->shape[i];
    real *value = malloc((size_t)n * sizeof *value);
    if (!value) abort();
    const double b = tensor->init == AG_INIT_UNIFORM       ? tensor->a / 2
                     : tensor->init == AG_INIT_NORMAL      ? tensor->b
                     : tensor->init == AG_INIT_UNIT_NORMAL ? 1 / sqrt((double)n)
                                                           : 1.0 / 64,
                 a = tensor->init == AG_INIT_CONSTANT || tensor->init == AG_INIT_NORMAL ? tensor->a : 0;
    ag_normals(5, AG_RNG_INIT, number, 0, n, value);
    for (long i = 0; i < n; i++) value[i] = (real)(a + b * value[i]);
    ag_st_add(writer, tensor->name, AG_F32, tensor->rank, shape, value);
    return value;
}

int main(int argc, char **argv)
{
    struct ag_error err = {"one file is wanted"};
    struct ag_st_writer writer;
    real *value[PARAMETERS + STATISTICS];
    if (argc != 2) return 2;
    ag_st_begin(&writer);
    for (int i = 0; i < PARAMETERS + STATISTICS; i++)
        value[i] = add(&writer, i < PARAMETERS ? &g_params[i] : &statistics[i - PARAMETERS], (ag_u32)i);
    const int status = ag_st_write(&writer, argv[1], &err);
    for (int i = 0; i < PARAMETERS + STATISTICS; i++) free(value[i]);
    if (status) fprintf(stderr, "made: %s\n", err.text);
    return status;
}
