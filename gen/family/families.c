/* The table of families. To add a family, add its row here. */
#include "family.h"

extern const struct family family_residual, family_stylegan2;

const struct family *const families[] = {&family_residual, &family_stylegan2, NULL};
