#include "options.h"
#include "program_kind.h"
#include "text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- names */

/* One of the words that stand for a number. A list of them is a function that returns number i of them, and a name that
 * is NULL behind the last. */
struct word {
    const char *name;
    int value;
};

#define WORD_OF(list, i) ((size_t)(i) < sizeof(list) / sizeof *(list) ? (list)[i] : (struct word){NULL, 0})

static struct word target(int i)
{
    static const struct word list[] = {{"cpu", TARGET_CPU}, {"cuda", TARGET_CUDA}};
    return WORD_OF(list, i);
}

static struct word type(int i)
{
    static const struct word list[] = {{"fp32", AG_F32}, {"bf16", AG_BF16}, {"fp16", AG_F16}};
    return WORD_OF(list, i);
}

/* Those of gen/target/cuda/roofline.c, which refuses others. */
static struct word gpu(int i)
{
    static const struct word list[] = {{"h100", 0}, {"a100", 1}, {"rtx4090", 2}};
    return WORD_OF(list, i);
}

/* Those that `aggen run` runs. */
static struct word program(int i)
{
    for (int p = 0; programs[p]; p++)
        if (!programs[p]->is_library && i-- == 0) return (struct word){programs[p]->name, p};
    return (struct word){NULL, 0};
}

/* ---------------------------------------------------------------- commands */

static const struct command_row {
    const char *name;   /* the word that asks for it; NULL: none does */
    const char *called; /* in messages */
    const char *usage, *help;
} commands[] = {
    [COMMAND_EMIT] = {NULL, "emitting", "FILE [-o DIR] [--set KEY.PATH=VALUE]…",
                      "write the programs of a search space or genotype"},
    [COMMAND_RUN] = {"run", "run", "run FILE [-o DIR] … [PROGRAM] [OPTION]…",
                     "write one, and run it with these options"},
    [COMMAND_INFO] = {"info", "info", "info FILE [--json] [--set KEY.PATH=VALUE]…", "print what they amount to"},
    [COMMAND_CHECK] = {"check", "check", "check FILE [--set KEY.PATH=VALUE]…",
                       "test a small one of the same kind, in seconds"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static struct word command(int i)
{
    return (struct word){i < COMMANDS ? commands[i].called : NULL, i};
}

/* ---------------------------------------------------------------- options */

/* What an option does to its field. */
enum kind {
    FLAG,    /* int: 1; the option takes no value */
    TEXT,    /* const char *: the value, which is not empty */
    CHOICE,  /* int or enum: the number of the name, which is one of `choices` */
    C_NAME,  /* const char *: a name that C functions may begin with */
    SETTING, /* none: KEY.PATH=VALUE is added to `set` */
    HELP     /* none: the row is a further line of the help for an option that stands above */
};

/* Behind the file of `aggen run`: whether the option is aggen's or the program's. */
enum owner {
    PROGRAMS,    /* the program's */
    UNTIL_BEGUN, /* aggen's, until the program's name or a word of the program's */
    AGGENS       /* aggen's */
};

enum { EMIT = 1 << COMMAND_EMIT, RUN = 1 << COMMAND_RUN, INFO = 1 << COMMAND_INFO, CHECK = 1 << COMMAND_CHECK };
enum { EVERY = EMIT | RUN | INFO | CHECK, CPU = 1 << TARGET_CPU, CUDA = 1 << TARGET_CUDA };

struct option {
    const char *name, *letter; /* its two spellings; NULL: it has one */
    enum kind kind;
    size_t field; /* its offset in struct options */
    /* its value */
    const char *argument;          /* what the help calls it; NULL: by all its choices */
    const char *wants;             /* what messages call it; NULL: by all its choices */
    struct word (*choices)(int i); /* NULL: none. Of a TEXT: for help and messages, what uses the text refuses others */
    const char *standard;          /* the value without the option; NULL: none, of a CHOICE the number -1 */
    /* where it may stand */
    unsigned commands;      /* these take it */
    unsigned targets;       /* it is for these; 0: for any */
    const char *needs;      /* an option without which it is refused */
    const char *no_command; /* why another command refuses it, and */
    const char *no_target;  /* why another target does; NULL: the message follows from the rest of the row */
    enum owner owner;
    int place;        /* in the command that emitted files name, from 1 on; 0: what is emitted does not depend on it */
    const char *help; /* % stands for the names of all choices */
};

#define AT(name) offsetof(struct options, name)
static const struct option options[] = {
    {"-o", .kind = TEXT, .field = AT(folder), .argument = "DIR", .wants = "a folder", .standard = "out",
     .commands = EMIT | RUN, .owner = UNTIL_BEGUN, .help = "where to write"},
    {"--target", .kind = CHOICE, .field = AT(target), .choices = target, .standard = "cpu",
     .commands = EMIT | RUN | INFO, .no_command = "check computes on the CPU", .owner = AGGENS, .place = 8,
     .help = "what to write for"},
    {"--weights", .kind = TEXT, .field = AT(weights), .argument = "FILE", .wants = "a file", .commands = EMIT,
     .place = 3,
     .help = "a genotype: out/generate carries the weights of this file (ema.safetensors), and needs no other"},
    {"--weights-type", .kind = CHOICE, .field = AT(weights_type), .argument = "TYPE", .choices = type,
     .standard = "fp32", .commands = EMIT, .needs = "--weights", .place = 4, .help = "as numbers of this type: %"},
    {"--embed", .kind = C_NAME, .field = AT(embed), .argument = "NAME",
     .wants = "a name for C: a letter, then letters, digits and _", .commands = EMIT, .needs = "--weights", .place = 5,
     .help = "with --weights: a library in place of programs, DIR/NAME.h and DIR/NAME.c, which C and C++\n"
             "programs compile along; more than 16 MB of weights are in DIR/NAME.bin"},
    {"--embed-array", .kind = FLAG, .field = AT(embed_array), .commands = EMIT, .needs = "--embed", .place = 6,
     .help = "with --embed: in DIR/NAME.c, however many, for other compilers than gcc and clang"},
    {"--kernel", .kind = TEXT, .field = AT(kernel), .argument = "LAYER", .wants = "a layer", .commands = EMIT,
     .targets = CPU, .needs = "--embed",
     .no_target = "--kernel is for the CPU; NAME.cu of a whole generator has every kernel by its name", .place = 7,
     .help = "with --embed: that layer for itself, e.g. cell3.normal1, b8.up"},
    {"--set", .kind = SETTING, .argument = "KEY.PATH=VALUE", .wants = "KEY.PATH=VALUE", .commands = EVERY,
     .owner = AGGENS, .place = 1, .help = "as if the file said so, e.g. --set search.batch=32; may be repeated"},
    {"--no-merge", .kind = FLAG, .field = AT(no_merge), .commands = EMIT | RUN | INFO,
     .no_command = "check tries both, merged and not, by itself", .owner = AGGENS, .place = 2,
     .help = "leave mixtures of linear operations unmerged: slower, the same results to rounding"},
    {"--json", .kind = FLAG, .field = AT(json), .commands = INFO, .help = "info: as JSON"},
    {"--target", .kind = HELP, .argument = "cuda",
     .help = "info: every kernel too, and its time on a GPU as fast as its peaks"},
    {"--gpu", .kind = TEXT, .field = AT(gpu), .argument = "NAME", .choices = gpu, .standard = "h100", .commands = INFO,
     .targets = CUDA, .owner = UNTIL_BEGUN, .help = "that GPU: %"},
    {"--dump-graph", .kind = FLAG, .field = AT(dump_graph), .commands = INFO,
     .help = "info: the graphs of all phases too"},
    {"--help", "-h", .kind = FLAG, .field = AT(help), .commands = EVERY, .owner = UNTIL_BEGUN, .help = "this text"},
};
enum { OPTIONS = sizeof options / sizeof *options };

static int is_spelt(const char *word, const char *name)
{
    const size_t n = strlen(name);
    return strncmp(word, name, n) == 0 && (word[n] == 0 || word[n] == '=');
}

/* The row of an option, or of a word NAME=VALUE; NULL: there is none. */
static const struct option *find(const char *word)
{
    for (int i = 0; i < OPTIONS; i++)
        if (is_spelt(word, options[i].name) || (options[i].letter && is_spelt(word, options[i].letter)))
            return &options[i];
    return NULL;
}

/* The number of one of the option's choices; -1: it is none. */
static int number_of(const struct option *row, const char *name)
{
    for (int i = 0; name && row->choices(i).name; i++)
        if (strcmp(row->choices(i).name, name) == 0) return row->choices(i).value;
    return -1;
}

/* ---------------------------------------------------------------- messages */

int options_fail(const char *about, const char *format, ...)
{
    struct mem *mem = mem_new();
    struct ag_error err;
    va_list args;
    va_start(args, format);
    ag_fail(&err, 2, "%s%s%s; try aggen --help", mem_vprintf(mem, format, args), *about ? ": " : "", about);
    va_end(args);
    fprintf(stderr, "aggen: %s\n", err.text);
    mem_free(mem);
    return 2;
}

/* The names of a list whose bits are set in `which`, with `between` and, before the last, `last` between them. */
static char *names(struct mem *mem, struct word list(int i), unsigned which, const char *between, const char *last)
{
    char *text = mem_printf(mem, "%s", "");
    for (int i = 0; list(i).name; i++) {
        if (!(which >> i & 1)) continue;
        const int is_last = which >> i == 1 || !list(i + 1).name;
        text = mem_printf(mem, "%s%s%s", text, !*text ? "" : is_last ? last : between, list(i).name);
    }
    return text;
}

/* "h100, a100 or rtx4090" */
static char *any_of(struct mem *mem, struct word list(int i))
{
    return names(mem, list, ~0u, ", ", " or ");
}

static int fail_value(const struct option *row, const char *value)
{
    struct mem *mem = mem_new();
    const char *wants = row->wants ? row->wants : any_of(mem, row->choices);
    const int status = options_fail(value, "%s wants %s", row->name, wants);
    mem_free(mem);
    return status;
}

/* Says which commands and target the option goes with. */
static int fail_place(const struct options *o, const struct option *row, const char *value)
{
    struct mem *mem = mem_new();
    const int several = (row->commands & (row->commands - 1)) != 0;
    const char *why = row->targets ? mem_printf(mem, " --target %s", names(mem, target, row->targets, ", ", " or "))
                      : several    ? mem_printf(mem, ", not with %s", commands[o->command].called)
                                   : " alone";
    const char *with = names(mem, command, row->commands, ", ", " and ");
    const int status = options_fail(value, "%s goes with %s%s", row->name, with, why);
    mem_free(mem);
    return status;
}

/* ---------------------------------------------------------------- help */

/* The columns that a text in UTF-8 takes. */
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
                           : row->choices ? names(mem, row->choices, ~0u, "|", "|")
                                          : NULL;
    printf("  %-*s", INDENT - 2, argument ? mem_printf(mem, "%s %s", row->name, argument) : row->name);
    for (const char *c = row->help; *c; c++) {
        if (*c == '%')
            printf("%s", any_of(mem, row->choices));
        else
            putchar(*c);
        if (*c == '\n') printf("%*s", INDENT, "");
    }
    if (row->standard) printf("; default: %s", row->standard);
    printf("\n");
}

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

static void help_files(struct mem *mem)
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
}

void options_help(void)
{
    struct mem *mem = mem_new();
    help_commands();
    help_files(mem);
    for (int i = 0; i < OPTIONS; i++) help_option(mem, &options[i]);
    help_running(mem);
    mem_free(mem);
}

/* ---------------------------------------------------------------- reading */

struct command_line {
    struct options *o;
    const char *given[OPTIONS]; /* the value of each option, "" of a flag; NULL: it was not given */
    int commanded;              /* a command was named */
    int begun, rest;            /* run: the program's words have begun; all that follow are the program's */
};

/* A name that C functions may begin with. */
static int is_c_name(const char *word)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", more[] = "0123456789_";
    const size_t first = strspn(word, letters);
    size_t n = first;
    while (word[n] && (strchr(letters, word[n]) || strchr(more, word[n]))) n++;
    return first && !word[n] && n <= 60;
}

/* A header of C's own: NAME.h would be found in its place. */
static int is_header(const char *name)
{
    static const char *const headers[] = {
        "assert", "complex",     "ctype",  "errno",    "fenv",    "float",     "inttypes", "iso646", "limits", "locale",
        "math",   "setjmp",      "signal", "stdalign", "stdarg",  "stdatomic", "stdbool",  "stddef", "stdint", "stdio",
        "stdlib", "stdnoreturn", "string", "tgmath",   "threads", "time",      "uchar",    "wchar",  "wctype"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (strcmp(headers[i], name) == 0) return 1;
    return 0;
}

/* Sets the option's field. */
static int set(struct options *o, const struct option *row, const char *value)
{
    void *field = (char *)o + row->field;
    switch (row->kind) {
    case FLAG:
        *(int *)field = 1;
        return 0;
    case TEXT:
        *(const char **)field = value;
        return *value ? 0 : fail_value(row, value);
    case CHOICE:
        *(int *)field = number_of(row, value);
        return *(int *)field < 0 ? fail_value(row, value) : 0;
    case C_NAME:
        *(const char **)field = value;
        if (!is_c_name(value)) return fail_value(row, value);
        return is_header(value) ? options_fail(value, "%s wants another name: C has a header of this one", row->name)
                                : 0;
    case SETTING:
        if (!strchr(value, '=')) return fail_value(row, value);
        if (o->sets == OPTIONS_SETS) return options_fail("", "too many %s", row->name);
        o->set[o->sets++] = (char *)value;
        return 0;
    case HELP:
        break;
    }
    return 0;
}

static void set_standards(struct options *o)
{
    for (int i = 0; i < OPTIONS; i++) {
        void *field = (char *)o + options[i].field;
        if (options[i].kind == TEXT) *(const char **)field = options[i].standard;
        if (options[i].kind == CHOICE) *(int *)field = number_of(&options[i], options[i].standard);
    }
}

/* Reads the option word[0]. Its value stands behind '=', or is the next word unless that is an option. *used: the words
 * that were read, of `left`. */
static int read_option(struct command_line *line, char **word, int left, int *used)
{
    const struct option *row = find(word[0]);
    const char *value = strchr(word[0], '=');
    if (!row) return options_fail(word[0], "no such option");
    if (row->kind == FLAG && value) return options_fail(word[0], "%s takes no value", row->name);
    *used = 1 + (row->kind != FLAG && !value && left > 1 && word[1][0] != '-');
    value = value ? value + 1 : *used > 1 ? word[1] : "";
    line->given[row - options] = value;
    return set(line->o, row, value);
}

/* Behind the file of `aggen run`: is this word for the program? From the program's name on, or from the first option
 * that aggen doesn't know, every word is but the options that are aggen's everywhere (AGGENS). Behind -- every word
 * is. */
static int take_word(struct command_line *line, char *word)
{
    struct options *o = line->o;
    const struct option *row = find(word);
    if (o->command != COMMAND_RUN || !o->file) return 0;
    if (!line->rest && strcmp(word, "--") == 0) return line->begun = line->rest = 1;
    if (!line->rest && row && row->owner >= (line->begun ? AGGENS : UNTIL_BEGUN)) return 0;
    for (int i = 0; program(i).name && !line->begun; i++) {
        if (strcmp(word, program(i).name) != 0) continue;
        o->program = program(i).name;
        return line->begun = 1;
    }
    if (!line->begun && word[0] != '-') return 0;
    o->word[o->words++] = word;
    return line->begun = 1;
}

/* Reads a word that is no option: the command, if it is the first and names one, or the file. */
static int read_plain(struct command_line *line, const char *word)
{
    struct options *o = line->o;
    for (int i = 0; i < COMMANDS && !o->file && !line->commanded; i++) {
        if (!commands[i].name || strcmp(word, commands[i].name) != 0) continue;
        o->command = (enum command)i;
        line->commanded = 1;
        return 0;
    }
    if (!o->file) {
        o->file = word;
        return 0;
    }
    if (o->command != COMMAND_RUN) return options_fail(word, "one file at a time");
    struct mem *mem = mem_new();
    const int status = options_fail(word, "one file, and one program (%s)", any_of(mem, program));
    mem_free(mem);
    return status;
}

/* Refuses an option that the command or the target does not take, or that needs another one. The standard choice asks
 * for nothing: check takes --target cpu. */
static int check(const struct command_line *line, const struct option *row, const char *value)
{
    const struct options *o = line->o;
    const int asks = row->kind != CHOICE || !row->standard || strcmp(value, row->standard) != 0;
    if (asks && !(row->commands >> o->command & 1)) {
        if (!row->no_command) return fail_place(o, row, value);
        return options_fail("", "%s: %s%s%s", row->no_command, row->name, *value ? " " : "", value);
    }
    if (row->targets && !(row->targets >> o->target & 1))
        return row->no_target ? options_fail(value, "%s", row->no_target) : fail_place(o, row, value);
    if (row->needs && !line->given[find(row->needs) - options])
        return options_fail(value, "%s goes with %s", row->name, row->needs);
    return 0;
}

int options_read(struct options *o, int argc, char **argv)
{
    struct command_line line = {.o = o};
    *o = (struct options){.aggen = argc ? argv[0] : "aggen", .word = argv};
    set_standards(o);
    for (int i = 1, used; i < argc; i += used) {
        used = 1;
        if (take_word(&line, argv[i])) continue;
        if (argv[i][0] == '-' ? read_option(&line, argv + i, argc - i, &used) : read_plain(&line, argv[i])) return 2;
        if (o->help) return 0;
    }
    for (int i = 0; i < OPTIONS; i++)
        if (line.given[i] && check(&line, &options[i], line.given[i])) return 2;
    return o->file ? 0 : options_fail("", "no file given");
}

/* ---------------------------------------------------------------- the command line again */

/* The option's value in words, where it is another than without the option; "" of a flag; else NULL. */
static const char *value_of(const struct options *o, const struct option *row)
{
    const void *field = (const char *)o + row->field;
    const char *value = NULL;
    if (row->kind == FLAG) return *(const int *)field ? "" : NULL;
    if (row->kind == TEXT || row->kind == C_NAME) value = *(const char *const *)field;
    for (int i = 0; row->kind == CHOICE && row->choices(i).name; i++)
        if (row->choices(i).value == *(const int *)field) value = row->choices(i).name;
    return value && row->standard && strcmp(value, row->standard) == 0 ? NULL : value;
}

static char *add_words(struct mem *mem, char *words, const struct options *o, const struct option *row)
{
    const char *value = value_of(o, row);
    for (int i = 0; i < o->sets && row->kind == SETTING; i++)
        words = mem_printf(mem, "%s %s %s", words, row->name, text_shell(mem, o->set[i]));
    if (value) words = mem_printf(mem, "%s %s", words, row->name);
    return value && *value ? mem_printf(mem, "%s %s", words, text_shell(mem, value)) : words;
}

char *options_words(struct mem *mem, const struct options *o)
{
    char *words = mem_printf(mem, " %s", text_shell(mem, o->file));
    for (int place = 1; place <= OPTIONS; place++)
        for (int i = 0; i < OPTIONS; i++)
            if (options[i].place == place) words = add_words(mem, words, o, &options[i]);
    return words;
}
