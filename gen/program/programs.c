/* The list of all programs, in the order in which they are written. A new program adds its row here. */
#include "program_kind.h"

extern const struct program_kind program_search, program_retrain, program_generate, program_library;

const struct program_kind *const programs[] = {&program_search, &program_retrain, &program_generate, &program_library,
                                               NULL};
