/*
 * Finds a row of the tables by its key.
 */
#include "ops.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const op_row *sorted[2048];
static size_t n_sorted;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int compare(const void *a, const void *b)
{
    const op_row *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

static void sort(void)
{
    const op_row *const tables[] = {ops_int, ops_float, ops_convert};
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const op_row *row = tables[t]; row->key; row++) sorted[n_sorted++] = row;
    qsort(sorted, n_sorted, sizeof *sorted, compare);
}

const op_row *op_find(const char *key)
{
    pthread_once(&once, sort);
    const op_row wanted = {.key = key}, *at = &wanted;
    const op_row **found = bsearch(&at, sorted, n_sorted, sizeof *sorted, compare);
    return found ? *found : NULL;
}
