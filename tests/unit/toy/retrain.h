/* As aggen would write it, for the program in program.c. */
#include "ag.h"
extern const struct ag_program retrain_program;
