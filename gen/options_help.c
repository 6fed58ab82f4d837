/* Prints the text of --help. */
#include "option_table.h"
#include "program_kind.h"

#include <stdio.h>
#include <string.h>

/* Returns how many columns a text in UTF-8 takes. */
static int columns(const char *s)
{
    int n = 0;
    for (; *s; s++) n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static void help_commands(void)
{
    int width = 0;
    for (int i = 0; i < COMMANDS; i++)
        if (columns(commands[i].usage) > width) width = columns(commands[i].usage);
    for (int i = 0; i < COMMANDS; i++)
        printf("%s aggen %s%*s  %s\n", i ? "      " : "usage:", commands[i].usage, width - columns(commands[i].usage),
               "", commands[i].help);
}

static void help_option(struct mem *mem, const struct option *row)
{
    enum { INDENT = 24 };
    const char *argument = row->argument  ? row->argument
                           : row->choices ? option_names(mem, row->choices, ~0u, "|", "|")
                                          : NULL;
    printf("  %-*s", INDENT - 2, argument ? mem_printf(mem, "%s %s", row->name, argument) : row->name);
    for (const char *c = row->help; *c; c++) {
        if (*c == '%')
            printf("%s", option_any_of(mem, row->choices));
        else
            putchar(*c);
        if (*c == '\n') printf("%*s", INDENT, "");
    }
    if (row->standard) printf("; default: %s", row->standard);
    printf("\n");
}

/* Prints a paragraph in lines of at most COLUMNS columns. */
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

static void help_files(struct mem *mem)
{
    help_paragraph(mem_printf(mem,
                              "FILE is a search space (spaces/*.json) or a genotype (out/run/genotype.json). A search "
                              "space becomes %s, to build with `make DIR/%s`; a genotype becomes %s.",
                              program_list(mem, 0, "DIR/", ".c", " and "), program_of(0, 0)->name,
                              program_list(mem, 1, "DIR/", ".c", " and ")));
    printf("\n");
}

/* Returns the names that PROGRAM may be for a file, the default first. */
static char *program_names(struct mem *mem, int of_genotype)
{
    const char *first = program_of(of_genotype, 0)->name;
    char *names = program_list(mem, of_genotype, "", "", " or ");
    if (!program_of(of_genotype, 1)) return names;
    return mem_printf(mem, "%s (the default)%s", first, names + strlen(first));
}

static void help_running(struct mem *mem)
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
    help_paragraph("doc/space.md has every key of a search space, doc/programs.md what the programs do and write, "
                   "doc/generator.md how to ship a generator.");
}

void options_help(void)
{
    struct mem *mem = mem_new();
    help_commands();
    help_files(mem);
    for (int i = 0; i < option_count; i++) help_option(mem, &options[i]);
    help_running(mem);
    mem_free(mem);
}
