#ifndef CUDA_H
#define CUDA_H

#include "target.h"

extern const struct target target_cuda;

#endif
