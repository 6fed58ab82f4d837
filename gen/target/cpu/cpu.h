#ifndef CPU_H
#define CPU_H

#include "target.h"

extern const struct target target_cpu;

#endif
