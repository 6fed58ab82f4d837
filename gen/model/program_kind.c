/* Questions about the table of programs. */
#include "program_kind.h"
#include "mem.h"

const struct program_kind *program_of(int of_genotype, int i)
{
    for (const struct program_kind *const *p = programs; *p; p++)
        if (!(*p)->is_library && (*p)->of_genotype == of_genotype && i-- == 0) return *p;
    return NULL;
}

char *program_list(struct mem *mem, int of_genotype, const char *before, const char *after, const char *last)
{
    char *list = mem_printf(mem, "%s", "");
    for (int i = 0; program_of(of_genotype, i); i++) {
        const char *between = i == 0 ? "" : program_of(of_genotype, i + 1) ? ", " : last;
        list = mem_printf(mem, "%s%s%s%s%s", list, between, before, program_of(of_genotype, i)->name, after);
    }
    return list;
}
