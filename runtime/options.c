/* Command lines: --name=value, --name value, -nVALUE. A value that begins with - must be given as --name=value. */
#include "ag.h"
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *ag_command, *ag_aggen;

enum { MAX_FRAMES = 1000000 }; /* highest number of pictures of a command */
#define PICTURES 4294967296    /* pictures of a seed: a picture's number is the 32-bit `step` of a random stream */

/* The kinds of programs that have an option. A generate program is also STYLE if it is a StyleGAN2 generator, and
 * READER if it reads its weights from a file. */
enum programs {
    SEARCH = 1,
    RETRAIN = 2,
    GENERATE = 4,
    STYLE = 8,
    READER = 16,
    TRAINING = SEARCH | RETRAIN,
    ALL = TRAINING | GENERATE
};
/* Kinds of values, with the type of the field in struct ag_options. FLAG: int. TEXT: const char *. NUMBER: long. PAIR:
 * long[2]; the second is 0 if not given. DECIMAL: double. WORD: int, the index of the word in the option's argument
 * "first|second|third". SEED: ag_u64. SEEDS: ag_u64 for the first seed; their number is in the field `seeds`. */
enum value_kind { FLAG, TEXT, NUMBER, PAIR, DECIMAL, WORD, SEED, SEEDS };

/* An option, the kind of its value, and the field that holds the value. */
struct option {
    const char *name;
    char letter; /* short form, or 0 */
    enum value_kind kind;
    int programs;
    long low, high;
    size_t value, given; /* offsets of fields in struct ag_options; given: an int that is set to 1; 0: there is none */
    const char *argument, *help;
};

#define AT(field) offsetof(struct ag_options, field)
static const struct option options_known[] = {
    {"data", 0, TEXT, TRAINING, 0, 0, AT(data), AT(has_data), "PATH",
     "the pictures, a folder or zip archive; \"shapes\": drawn by the program itself"},
    {"run", 0, TEXT, TRAINING, 0, 0, AT(run), AT(has_run), "DIR", "folder of the run"},
    {"iterations", 0, NUMBER, TRAINING, 1, AG_MAX_ITERATIONS, AT(iterations), AT(has_iterations), "K",
     "how many in all"},
    {"resume", 0, FLAG, TRAINING, 0, 0, AT(resume), 0, "", "go on with the run that the folder holds"},
    {"number", 'n', NUMBER, GENERATE, 1, MAX_FRAMES, AT(count), AT(has_count), "N", "how many pictures"},
    {"first", 0, NUMBER, GENERATE, 0, PICTURES - 1, AT(first), 0, "K", "number of the first picture; 0 unless given"},
    {"output", 'o', TEXT, GENERATE, 0, 0, AT(output), 0, "FILE|DIR|-",
     "the PNG to write, a grid; DIR/: single pictures; -: raw frames on standard output, bytes of a pixel together"},
    {"interpolate", 0, NUMBER, GENERATE, 1, MAX_FRAMES, AT(interpolate), 0, "N",
     "a walk from each of -n pictures to the next and back to the first, N frames each, to DIR or -"},
    {"info", 0, FLAG, GENERATE, 0, 0, AT(info), 0, "",
     "print the architecture, where the weights are, a hash of all that the program carries"},
    {"weights", 0, TEXT, READER, 0, 0, AT(weights), 0, "FILE", "the generator's weights"},
    {"psi", 0, DECIMAL, STYLE, -10, 10, AT(psi), 0, "P", "truncation: 1 is none, 0.7 is usual, 0 the mean"},
    {"noise", 0, WORD, STYLE, 0, 0, AT(noise), AT(has_noise), "random|fixed|none",
     "random: each picture's own; fixed: all have picture 0's"},
    {"mix", 0, PAIR, STYLE, 1, 1000, AT(mix), 0, "N[,M]",
     "N x N mixtures: latents of the rows' pictures, from layer M on (the middle one) of the columns'"},
    {"latents", 0, FLAG, STYLE, 0, 0, AT(latents), 0, "", "a row for each intermediate latent, of -n (8) pictures"},
    {"seed", 0, SEED, TRAINING, 0, 0, AT(seed), AT(has_seed), "N", "everything random follows from it"},
    {"seed", 0, SEEDS, GENERATE, 0, 0, AT(seed), AT(has_seed), "N|A-B",
     "everything random follows from it; A-B: one picture, number --first, for each seed from A to B"},
    {"threads", 0, NUMBER, ALL, 1, 256, AT(threads), 0, "N", "default: one for each core"},
    {"bench", 0, NUMBER, ALL, 1, 100000, AT(bench), 0, "N", "time each phase N times on random data"},
    {"kernels", 0, FLAG, ALL, 0, 0, AT(kernels), 0, "", "with --bench: a table of each phase's kernels"},
    {"json", 0, FLAG, ALL, 0, 0, AT(json), 0, "", "with --bench: print JSON"},
    {"replay", 0, TEXT, TRAINING, 0, 0, AT(replay), 0, "IN", "run one phase on what a safetensors file holds"},
    {"dump", 0, TEXT, TRAINING, 0, 0, AT(dump), 0, "OUT", "with --replay: where outputs and gradients go"},
    {"phase", 0, TEXT, TRAINING, 0, 0, AT(phase), 0, "NAME", "with --replay: which phase"},
    {"help", 'h', FLAG, ALL, 0, 0, AT(help), 0, "", "print this"},
};
enum { OPTIONS = sizeof options_known / sizeof *options_known };

static int program_of(const struct ag_program *program)
{
    const struct ag_phase *sample = ag_phase_find(program, "sample");
    if (!strcmp(program->kind, "search")) return SEARCH;
    if (!strcmp(program->kind, "retrain")) return RETRAIN;
    return GENERATE | (ag_generator_carries(program) ? 0 : READER) |
           (sample && ag_table_find(&sample->in, "in.psi") ? STYLE : 0);
}

/* The names of the programs that have an option, for messages. */
static const char *owners(int programs)
{
    return programs == TRAINING   ? "search and retrain"
           : programs == SEARCH   ? "search"
           : programs == RETRAIN  ? "retrain"
           : programs == GENERATE ? "generate"
           : programs == READER   ? "generators that don't carry their weights"
                                  : "StyleGAN2 generators";
}

/* Word number i of "first|second|third", and its length. NULL if there are fewer words. */
static const char *word_of(const char *words, int i, size_t *length)
{
    for (; i > 0 && words; i--) words = strchr(words, '|') ? strchr(words, '|') + 1 : NULL;
    *length = words ? strcspn(words, "|") : 0;
    return words;
}

/* ---------------------------------------------------------------- help */

static void print_default(const struct option *option, const struct ag_options *options)
{
    const void *value = (const char *)options + option->value;
    const char *text = option->kind == TEXT ? *(const char *const *)value : NULL;
    size_t length = text ? strlen(text) : 0;
    if (option->kind == WORD) text = word_of(option->argument, *(const int *)value, &length);
    if (length) printf(" (%.*s)", (int)length, text);
    if (option->kind == NUMBER && *(const long *)value) printf(" (%ld)", *(const long *)value);
    if (option->kind == DECIMAL) printf(" (%g)", *(const double *)value);
    if (option->kind == SEED || option->kind == SEEDS) printf(" (%llu)", *(const ag_u64 *)value);
}

/* Formats the left column of the help, "-n, --number N". Returns its length. */
static int format_left(const struct option *option, char left[64])
{
    char letter[8] = "";
    if (option->letter) snprintf(letter, sizeof letter, "-%c, ", option->letter);
    return snprintf(left, 64, "%s--%s %s", letter, option->name, option->argument);
}

static void print_options(const struct ag_options *options, int programs)
{
    char left[64];
    int width = 22;
    for (int i = 0; i < OPTIONS; i++) {
        int needed = options_known[i].programs & programs ? format_left(&options_known[i], left) : 0;
        if (needed > width) width = needed;
    }
    for (int i = 0; i < OPTIONS; i++) {
        if (!(options_known[i].programs & programs)) continue;
        format_left(&options_known[i], left);
        printf("  %-*s %s", width, left, options_known[i].help);
        print_default(&options_known[i], options);
        printf("\n");
    }
}

static int print_help(const struct ag_options *options, const struct ag_program *program)
{
    const int searching = program_of(program) & SEARCH, generating = program_of(program) & GENERATE;
    printf("usage: %s [option]...\n%s \"%s\"; defaults are in brackets.\n\n", options->program,
           searching    ? "Searches a generator in the space"
           : generating ? "Draws pictures with the generator of"
                        : "Retrains the architecture of",
           program->name);
    print_options(options, program_of(program));
    printf("\nExit status: 0 done, 1 the run failed, 2 wrong usage or input, 128 + number: stopped by that signal.\n");
    return AG_DONE;
}

/* ---------------------------------------------------------------- reading */

/* Finds an option by name or by letter. If several have that name, prefers one of this program. */
static const struct option *find_option(const char *name, size_t length, char letter, int programs)
{
    const struct option *elsewhere = NULL;
    for (int i = 0; i < OPTIONS; i++) {
        const struct option *option = &options_known[i];
        int same = name ? !strncmp(option->name, name, length) && !option->name[length] : option->letter == letter;
        if (same && option->programs & programs) return option;
        if (same) elsewhere = option;
    }
    return elsewhere;
}

static int read_digits(const char *text, size_t length, ag_u64 *value)
{
    return length <= 20 && ag_digits(text, (long)length, ~(ag_u64)0, value);
}

/* Reads a seed or a range of seeds, A-B. Status 2. */
static int read_seeds(const char *text, struct ag_options *options, struct ag_error *err)
{
    const size_t length = strcspn(text, "-");
    const char *end = text + length + (text[length] == '-');
    ag_u64 last;
    options->seeds = 0;
    if (!read_digits(text, length, &options->seed) || (text[length] && !read_digits(end, strlen(end), &last)))
        return ag_fail(err, 2,
                       "--seed: must be a whole number from 0 to 18446744073709551615, or two as in 1-50, not \"%s\"",
                       text);
    if (!text[length]) return 0;
    if (last < options->seed)
        return ag_fail(err, 2, "--seed %s: the second seed is the smaller one; A-B counts up from A to B", text);
    if (last - options->seed >= MAX_FRAMES)
        return ag_fail(err, 2, "--seed %s: these are more than %d seeds; draw them in parts", text, MAX_FRAMES);
    options->seeds = (long)(last - options->seed) + 1;
    return 0;
}

static int read_number(const struct option *option, const char *text, size_t length, long *value)
{
    ag_u64 number;
    if (!read_digits(text, length, &number)) return 0;
    if (number < (ag_u64)option->low || number > (ag_u64)option->high) return 0;
    *value = (long)number;
    return 1;
}

static int read_pair(const struct option *option, const char *text, long value[2])
{
    size_t first = strcspn(text, ",");
    value[1] = 0;
    if (!read_number(option, text, first, value)) return 0;
    return !text[first] || read_number(option, text + first + 1, strlen(text + first + 1), value + 1);
}

/* Reads a decimal number. strtod alone would also accept spaces, "nan" and hexadecimal digits. */
static int read_decimal(const struct option *option, const char *text, double *value)
{
    char *end;
    if (!text[0] || text[strspn(text, "+-.0123456789eE")]) return 0;
    *value = strtod(text, &end);
    return end != text && !*end && *value >= (double)option->low && *value <= (double)option->high;
}

static int read_word(const struct option *option, const char *text, int *value)
{
    size_t length = 0;
    const char *word;
    for (int i = 0; (word = word_of(option->argument, i, &length)); i++) {
        *value = i;
        if (strlen(text) == length && !strncmp(word, text, length)) return 1;
    }
    return 0;
}

static int set_option(const struct option *option, const char *value, struct ag_options *options, struct ag_error *err)
{
    void *field = (char *)options + option->value;
    const char *name = option->name, *argument = option->argument;
    if (option->given) *(int *)(void *)((char *)options + option->given) = 1;
    switch (option->kind) {
    case FLAG:
        *(int *)field = 1;
        return 0;
    case TEXT:
        *(const char **)field = value;
        return value[0] ? 0 : ag_fail(err, 2, "--%s: %s must not be empty", name, argument);
    case NUMBER:
        if (read_number(option, value, strlen(value), field)) return 0;
        return ag_fail(err, 2, "--%s: must be a whole number from %ld to %ld, not \"%s\"", name, option->low,
                       option->high, value);
    case PAIR:
        if (read_pair(option, value, field)) return 0;
        return ag_fail(err, 2, "--%s: %s must be whole numbers from %ld to %ld, not \"%s\"", name, argument,
                       option->low, option->high, value);
    case DECIMAL:
        if (read_decimal(option, value, field)) return 0;
        return ag_fail(err, 2, "--%s: must be a number from %ld to %ld, not \"%s\"", name, option->low, option->high,
                       value);
    case WORD:
        if (read_word(option, value, field)) return 0;
        return ag_fail(err, 2, "--%s: must be one of %s, not \"%s\"", name, argument, value);
    case SEED:
        if (read_digits(value, strlen(value), field)) return 0;
        return ag_fail(err, 2, "--%s: must be a whole number from 0 to 18446744073709551615, not \"%s\"", name, value);
    case SEEDS:
        return read_seeds(value, options, err);
    }
    return 0;
}

/* Reads one option, with its value if that is in the next argument. *used: the number of arguments read. */
static int read_one(char *const *argument, int left, int programs, struct ag_options *options, int *used,
                    struct ag_error *err)
{
    const char *text = argument[0], *value = NULL;
    const struct option *option;
    if (text[0] != '-' || !text[1]) return ag_fail(err, 2, "\"%s\": an option was expected; --help lists them", text);
    if (text[1] == '-') {
        size_t length = strcspn(text + 2, "=");
        option = find_option(text + 2, length, 0, programs);
        if (text[2 + length]) value = text + 3 + length;
    } else {
        option = find_option(NULL, 0, text[1], programs);
        if (text[2]) value = text + 2 + (text[2] == '=');
    }
    if (!option) return ag_fail(err, 2, "%s: there is no such option; --help lists them", text);
    if (!(option->programs & programs))
        return ag_fail(err, 2, "%s: an option of %s only; --help lists this program's", text, owners(option->programs));
    *used = 1;
    if (option->kind == FLAG && value) return ag_fail(err, 2, "%s: --%s takes no value", text, option->name);
    if (option->kind != FLAG && !value) {
        int missing = left < 2 || (option->kind == TEXT && argument[1][0] == '-' && argument[1][1]);
        if (missing) return ag_fail(err, 2, "--%s: %s is missing behind it", option->name, option->argument);
        value = argument[1];
        *used = 2;
    }
    return set_option(option, value, options, err);
}

/* Refuses a file name whose extension belongs to another format than the one that will be written. */
static int check_ending(const char *option, const char *path, enum ag_format written, struct ag_error *err)
{
    const enum ag_format format = ag_format_of(path);
    const int stem = format == AG_FORMAT_NONE ? 0 : (int)(strrchr(path, '.') - path);
    if (format == AG_FORMAT_NONE || format == written) return 0;
    if (written == AG_FORMAT_PNG)
        return ag_fail(err, 2,
                       "%s %s: a PNG is what is written; name it %.*s.png (for a video, or other pictures, -o - sends "
                       "raw frames to ffmpeg)",
                       option, path, stem, path);
    return ag_fail(err, 2, "%s %s: safetensors are what is written; name it %.*s.safetensors", option, path, stem,
                   path);
}

long ag_options_pictures(const struct ag_options *options)
{
    if (options->mix[0]) return 2 * options->mix[0];
    if (options->latents && !options->has_count) return 8;
    return options->seeds ? 1 : options->count;
}

static int check_seeds(const struct ag_options *options, struct ag_error *err)
{
    const char *other = options->has_count     ? "number"
                        : options->interpolate ? "interpolate"
                        : options->mix[0]      ? "mix"
                        : options->latents     ? "latents"
                                               : NULL;
    if (!options->seeds || !other) return 0;
    return ag_fail(err, 2, "--seed A-B and --%s: one at a time; A-B draws one picture for each seed", other);
}

static int check_first(const struct ag_options *options, struct ag_error *err)
{
    const long pictures = ag_options_pictures(options);
    if (options->first <= PICTURES - pictures) return 0;
    return ag_fail(err, 2, "--first %ld: %ld pictures from there on are too many; the last picture is number %ld",
                   options->first, pictures, PICTURES - 1);
}

/* Checks --interpolate. The noise does not change along the path. */
static int check_interpolation(const struct ag_options *options, int frames, struct ag_error *err)
{
    if (options->mix[0] || options->latents)
        return ag_fail(err, 2, "--interpolate and --%s: one at a time", options->mix[0] ? "mix" : "latents");
    if (options->has_noise && options->noise == AG_NOISE_RANDOM)
        return ag_fail(err, 2, "--interpolate and --noise random: along a walk it is fixed or none");
    if (!frames) return ag_fail(err, 2, "--interpolate: the frames go to -o DIR/ or -o -, not to one PNG");
    if (options->count < 2) return ag_fail(err, 2, "--interpolate: a walk has two pictures or more, as -n 2");
    if (options->interpolate > MAX_FRAMES / options->count)
        return ag_fail(err, 2, "--interpolate: %ld frames from each of %ld pictures are more than %d",
                       options->interpolate, options->count, MAX_FRAMES);
    return 0;
}

static int check_pictures(const struct ag_options *options, struct ag_error *err)
{
    const int frames = ag_frames_wanted(options->output);
    if (options->mix[0] && options->latents) return ag_fail(err, 2, "--mix and --latents: one at a time");
    if (options->mix[0] && options->has_count)
        return ag_fail(err, 2, "--mix and --number: one at a time; --mix N draws N x N pictures");
    if (options->info && options->bench) return ag_fail(err, 2, "--info and --bench: one at a time");
    if (options->info && options->weights)
        return ag_fail(err, 2, "--info and --weights: one at a time; --info tells of the program itself");
    if (options->info || options->bench) return 0;
    if (check_seeds(options, err) || check_first(options, err)) return 2;
    if (options->interpolate && check_interpolation(options, frames, err)) return 2;
    if (frames && (options->mix[0] || options->latents))
        return ag_fail(err, 2, "--%s: draws a grid; -o must be a PNG", options->mix[0] ? "mix" : "latents");
    if (!frames) return check_ending("-o", options->output, AG_FORMAT_PNG, err);
    return strcmp(options->output, "-") ? 0 : ag_frames_check(err);
}

static int check_combinations(const struct ag_options *options, struct ag_error *err)
{
    if (options->json && !options->bench) return ag_fail(err, 2, "--json: belongs to --bench N");
    if (options->kernels && !options->bench) return ag_fail(err, 2, "--kernels: belongs to --bench N");
    if (options->bench && options->replay) return ag_fail(err, 2, "--bench and --replay: one at a time");
    if (!options->replay && options->dump) return ag_fail(err, 2, "--dump: belongs to --replay IN");
    if (!options->replay && options->phase) return ag_fail(err, 2, "--phase: belongs to --replay IN");
    if (options->replay && !options->dump) return ag_fail(err, 2, "--replay: needs --dump OUT, the file to write");
    if (options->replay && !options->phase) return ag_fail(err, 2, "--replay: needs --phase NAME");
    if (options->dump && check_ending("--dump", options->dump, AG_FORMAT_SAFETENSORS, err)) return 2;
    return options->output ? check_pictures(options, err) : 0;
}

int ag_options_read(struct ag_options *options, const struct ag_program *program, int argc, char **argv,
                    struct ag_error *err)
{
    const struct ag_options defaults = *options;
    ag_open_standard();
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
    return check_combinations(options, err);
}

int ag_exit(const struct ag_program *program, int status, const struct ag_error *err)
{
    const int lost = fflush(stdout) || ferror(stdout);
    if (ag_device) ag_device->close();
    if (status > 0 && err->text[0]) fprintf(stderr, "%s: %s\n", program->kind, err->text);
    if (status <= 0 && lost) {
        fprintf(stderr, "%s: cannot write to standard output\n", program->kind);
        return 1;
    }
    return status > 0 ? status : 0;
}
