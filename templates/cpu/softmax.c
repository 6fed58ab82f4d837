/* Softmax of a vector. Tokens: AG_FN, AG_C. */
#ifndef AG_FN
#include "vector.h"
#include "../../runtime/ag_math.h"
#define AG_FN softmax
#define AG_C  6
#endif
/* AG_TEMPLATE */
void AG_FN(const real *x, real *y)
{
    enum { C = AG_C };
    real most = x[0], sum = 0;
    for (int c = 1; c < C; c++) most = x[c] > most ? x[c] : most;
    for (int c = 0; c < C; c++) sum += y[c] = ag_exp(x[c] - most);
    for (int c = 0; c < C; c++) y[c] /= sum;
}
