/* Command lines: --name=value, --name value, -nVALUE. */
#include "ag.h"
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum programs { SEARCH = 1, RETRAIN = 2, GENERATE = 4, TRAINING = SEARCH | RETRAIN, ALL = 7 };
enum kind { FLAG, TEXT, NUMBER, SEED };

/* An option: what comes after its name, and where that goes. */
struct option {
    const char *name;
    char letter; /* its short form, or 0 */
    enum kind kind;
    int programs;
    long low, high;
    size_t value, given; /* offsets in struct ag_options; given: of an int, or 0 */
    const char *argument, *help;
};

#define AT(field) offsetof(struct ag_options, field)
static const struct option options_known[] = {
    {"data", 0, TEXT, TRAINING, 0, 0, AT(data), 0, "PATH", "the pictures; \"shapes\": drawn by the program itself"},
    {"run", 0, TEXT, TRAINING, 0, 0, AT(run), AT(has_run), "DIR", "folder of the run"},
    {"iterations", 0, NUMBER, TRAINING, 1, 100000000, AT(iterations), AT(has_iterations), "K", "how many in all"},
    {"resume", 0, FLAG, TRAINING, 0, 0, AT(resume), 0, "", "go on with the run that the folder holds"},
    {"number", 'n', NUMBER, GENERATE, 1, 1000000, AT(count), 0, "N", "how many pictures"},
    {"output", 'o', TEXT, GENERATE, 0, 0, AT(output), 0, "FILE", "the PNG to write"},
    {"weights", 0, TEXT, GENERATE, 0, 0, AT(weights), 0, "FILE", "the generator's weights"},
    {"seed", 0, SEED, ALL, 0, 0, AT(seed), AT(has_seed), "N", "everything random follows from it"},
    {"threads", 0, NUMBER, ALL, 1, 256, AT(threads), 0, "N", "default: one for each core"},
    {"bench", 0, NUMBER, TRAINING, 1, 100000, AT(bench), 0, "N", "time each phase N times on random data"},
    {"json", 0, FLAG, TRAINING, 0, 0, AT(json), 0, "", "with --bench: print JSON"},
    {"replay", 0, TEXT, TRAINING, 0, 0, AT(replay), 0, "IN", "run one phase on what a safetensors file holds"},
    {"dump", 0, TEXT, TRAINING, 0, 0, AT(dump), 0, "OUT", "with --replay: where outputs and gradients go"},
    {"phase", 0, TEXT, TRAINING, 0, 0, AT(phase), 0, "NAME", "with --replay: which phase"},
    {"help", 'h', FLAG, ALL, 0, 0, AT(help), 0, "", "print this"},
};
enum { OPTIONS = sizeof options_known / sizeof *options_known };

static int program_of(const struct ag_program *program)
{
    return !strcmp(program->kind, "search") ? SEARCH : !strcmp(program->kind, "retrain") ? RETRAIN : GENERATE;
}

/* ---------------------------------------------------------------- help */

static void print_default(const struct option *option, const struct ag_options *options)
{
    const void *value = (const char *)options + option->value;
    const char *text = option->kind == TEXT ? *(const char *const *)value : NULL;
    if (text && text[0]) printf(" (%s)", text);
    if (option->kind == NUMBER && *(const long *)value) printf(" (%ld)", *(const long *)value);
    if (option->kind == SEED) printf(" (%llu)", *(const ag_u64 *)value);
}

static int print_help(const struct ag_options *options, const struct ag_program *program)
{
    const int searching = program_of(program) == SEARCH, generating = program_of(program) == GENERATE;
    printf("usage: %s [option]...\n%s \"%s\"; defaults are in brackets.\n\n", options->program,
           searching    ? "Searches a generator in the space"
           : generating ? "Draws pictures with the generator of"
                        : "Retrains the architecture of",
           program->name);
    for (int i = 0; i < OPTIONS; i++) {
        const struct option *option = &options_known[i];
        char left[64];
        if (!(option->programs & program_of(program))) continue;
        if (option->letter)
            snprintf(left, sizeof left, "-%c, --%s %s", option->letter, option->name, option->argument);
        else
            snprintf(left, sizeof left, "--%s %s", option->name, option->argument);
        printf("  %-22s %s", left, option->help);
        print_default(option, options);
        printf("\n");
    }
    printf("\nExit status: 0 done, 1 the run failed, 2 wrong usage or input%s.\n",
           generating ? "" : ", 128 + number: stopped by that signal");
    return AG_DONE;
}

/* ---------------------------------------------------------------- reading */

static const struct option *find(const char *name, size_t length, char letter, int programs)
{
    for (int i = 0; i < OPTIONS; i++) {
        const struct option *option = &options_known[i];
        int same = name ? !strncmp(option->name, name, length) && !option->name[length] : option->letter == letter;
        if (same && option->programs & programs) return option;
    }
    return NULL;
}

/* Only digits: strtoull takes signs and spaces too. */
static int read_digits(const char *text, ag_u64 *value)
{
    size_t length = strlen(text);
    if (!length || length > 20 || strspn(text, "0123456789") != length) return 0;
    *value = strtoull(text, NULL, 10);
    return length < 20 || *value >= 10000000000000000000u; /* a number of 20 digits, unless it overflowed */
}

static int set(const struct option *option, const char *value, struct ag_options *options, struct ag_error *err)
{
    void *field = (char *)options + option->value;
    ag_u64 number = 0;
    if (option->given) *(int *)(void *)((char *)options + option->given) = 1;
    switch (option->kind) {
    case FLAG:
        *(int *)field = 1;
        break;
    case TEXT:
        if (!value[0]) return ag_fail(err, 2, "--%s: %s must not be empty", option->name, option->argument);
        *(const char **)field = value;
        break;
    case NUMBER:
        if (!read_digits(value, &number) || number < (ag_u64)option->low || number > (ag_u64)option->high)
            return ag_fail(err, 2, "--%s: must be a whole number from %ld to %ld, not \"%s\"", option->name,
                           option->low, option->high, value);
        *(long *)field = (long)number;
        break;
    case SEED:
        if (!read_digits(value, &number) || (number == ~(ag_u64)0 && strcmp(value, "18446744073709551615")))
            return ag_fail(err, 2, "--%s: must be a whole number from 0 to 18446744073709551615, not \"%s\"",
                           option->name, value);
        *(ag_u64 *)field = number;
        break;
    }
    return 0;
}

/* One option and, maybe, the argument after it; *used: how many of them. */
static int read_one(char *const *argument, int left, int programs, struct ag_options *options, int *used,
                    struct ag_error *err)
{
    const char *text = argument[0], *value = NULL;
    const struct option *option;
    if (text[0] != '-' || !text[1]) return ag_fail(err, 2, "\"%s\": an option was expected; --help lists them", text);
    if (text[1] == '-') {
        size_t length = strcspn(text + 2, "=");
        option = find(text + 2, length, 0, programs);
        if (text[2 + length]) value = text + 3 + length;
    } else {
        option = find(NULL, 0, text[1], programs);
        if (text[2]) value = text + 2 + (text[2] == '=');
    }
    if (!option) return ag_fail(err, 2, "%s: there is no such option; --help lists them", text);
    *used = 1;
    if (option->kind == FLAG && value) return ag_fail(err, 2, "%s: --%s takes no value", text, option->name);
    if (option->kind != FLAG && !value) {
        if (left < 2) return ag_fail(err, 2, "--%s: %s is missing behind it", option->name, option->argument);
        value = argument[1];
        *used = 2;
    }
    return set(option, value, options, err);
}

static int check(const struct ag_options *options, struct ag_error *err)
{
    if (options->json && !options->bench) return ag_fail(err, 2, "--json: belongs to --bench N");
    if (options->bench && options->replay) return ag_fail(err, 2, "--bench and --replay: one at a time");
    if (!options->replay && options->dump) return ag_fail(err, 2, "--dump: belongs to --replay IN");
    if (!options->replay && options->phase) return ag_fail(err, 2, "--phase: belongs to --replay IN");
    if (options->replay && !options->dump) return ag_fail(err, 2, "--replay: needs --dump OUT, the file to write");
    if (options->replay && !options->phase) return ag_fail(err, 2, "--replay: needs --phase NAME");
    return 0;
}

int ag_options_read(struct ag_options *options, const struct ag_program *program, int argc, char **argv,
                    struct ag_error *err)
{
    const struct ag_options defaults = *options;
    options->program = argc ? argv[0] : program->kind;
    for (int i = 1, used = 1; i < argc; i += used) {
        int status = read_one(argv + i, argc - i, program_of(program), options, &used, err);
        if (status) return status;
    }
    if (options->help) {
        struct ag_options shown = defaults;
        shown.program = options->program;
        return print_help(&shown, program);
    }
    ag_set_threads((int)options->threads);
    return check(options, err);
}

int ag_exit(const struct ag_program *program, int status, const struct ag_error *err)
{
    fflush(stdout);
    if (status > 0) fprintf(stderr, "%s: %s\n", program->kind, err->text);
    return status > 0 ? status : 0;
}
