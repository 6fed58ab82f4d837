/* AG_TEMPLATE */
/* The kernels that this machine gets: those of the widest vectors it has, of what the program was built with. */
#include "AG_PROGRAM.h"

extern const struct ag_program AG_PROGRAM_program_avx512, AG_PROGRAM_program_avx2, AG_PROGRAM_program_sse2,
    AG_PROGRAM_program_plain;

static const struct ag_program *widest(void)
{
    const int width = ag_vector_bytes();
    (void)width;
#ifdef AG_HAS_plain
    return &AG_PROGRAM_program_plain;
#else
#ifdef AG_HAS_avx512
    if (width >= 64) return &AG_PROGRAM_program_avx512;
#endif
#ifdef AG_HAS_avx2
    if (width >= 32) return &AG_PROGRAM_program_avx2;
#endif
#ifdef AG_HAS_sse2
    return &AG_PROGRAM_program_sse2;
#else
    ag_exit_unsupported();
    return 0;
#endif
#endif
}

const struct ag_program *AG_PROGRAM_choose(void)
{
    static const struct ag_program *chosen; /* asked for often, and always the same */
    if (!chosen) chosen = widest();
    return chosen;
}
