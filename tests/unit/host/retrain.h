/* What aggen would write for the toy programs. */
#include "ag.h"
extern const struct ag_program retrain_program;
