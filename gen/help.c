#include "help.h"
#include "program_kind.h"

#include <stdio.h>
#include <string.h>

/* Prints a paragraph in lines of so many columns. */
static void help_paragraph(const char *text)
{
    enum { COLUMNS = 112 };
    printf("\n");
    for (int column = 0, n; *text; text += n + (text[n] == ' ')) {
        n = (int)strcspn(text, " ");
        const int wraps = column + n > COLUMNS;
        if (column) printf(wraps ? "\n" : " ");
        column = (wraps ? 0 : column) + n + 1;
        printf("%.*s", n, text);
    }
    printf("\n");
}

void help_files(struct mem *mem)
{
    help_paragraph(mem_printf(mem,
                              "FILE is a search space (spaces/*.json) or a genotype (out/run/genotype.json). A search "
                              "space becomes %s, to build with `make DIR/%s`; a genotype becomes %s.",
                              program_list(mem, 0, "DIR/", ".c", " and "), program_of(0, 0)->name,
                              program_list(mem, 1, "DIR/", ".c", " and ")));
    printf("\n");
}

/* The names among which PROGRAM is for a file, the first of which is the default. */
static char *program_names(struct mem *mem, int of_genotype)
{
    const char *first = program_of(of_genotype, 0)->name;
    char *names = program_list(mem, of_genotype, "", "", " or ");
    if (!program_of(of_genotype, 1)) return names;
    return mem_printf(mem, "%s (the default)%s", first, names + strlen(first));
}

void help_running(struct mem *mem)
{
    help_paragraph(
        mem_printf(mem,
                   "aggen run compiles what it writes in memory: the host program by libtcc; the kernels on a GPU "
                   "(--target cuda) by NVRTC, on the CPU by cc, or what CC names, if there is one, else by libtcc too, "
                   "which is slow. PROGRAM is %s for a search space, %s for a genotype. What follows it, or the first "
                   "option that aggen doesn't know, is for the program, but for --set, --target and --no-merge; "
                   "behind -- these too:",
                   program_names(mem, 0), program_names(mem, 1)));
    printf("\n"
           "  aggen run spaces/shapes_tiny.json --target cuda --iterations 5\n"
           "  aggen run out/run/genotype.json generate -n 16 -o grid.png\n"
           "  aggen run out/run/genotype.json generate --help\n");
    help_paragraph("aggen check makes pictures and channels few, keeps the rest of the space, and compares, in double "
                   "precision, the program whose mixtures are merged with the unmerged one, the gradient in the "
                   "parameters of each operation and of each part of the networks with finite differences of the loss, "
                   "and one thread with two; no compiler is needed.");
}
