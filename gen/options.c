#include "option_table.h"
#include "target.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int is_spelt(const char *word, const char *name)
{
    const size_t n = strlen(name);
    return strncmp(word, name, n) == 0 && (word[n] == 0 || word[n] == '=');
}

/* Returns the row of an option, or of a word NAME=VALUE; NULL: there is none. */
static const struct option *find(const char *word)
{
    for (int i = 0; i < option_count; i++)
        if (is_spelt(word, options[i].name) || (options[i].letter && is_spelt(word, options[i].letter)))
            return &options[i];
    return NULL;
}

/* Returns the number of the option's choice `name`; -1: it has no such choice. */
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

static int fail_value(const struct option *row, const char *value)
{
    struct mem *mem = mem_new();
    const char *wants = row->wants ? row->wants : option_any_of(mem, row->choices);
    const int status = options_fail(value, "%s wants %s", row->name, wants);
    mem_free(mem);
    return status;
}

/* Says with which commands and target the option goes. */
static int fail_place(const struct options *o, const struct option *row, const char *value)
{
    struct mem *mem = mem_new();
    const int several = (row->commands & (row->commands - 1)) != 0;
    const char *why = row->target ? mem_printf(mem, " --target %s", row->target)
                      : several   ? mem_printf(mem, ", not with %s", commands[o->command].called)
                                  : " alone";
    const char *with = option_names(mem, command_word, row->commands, ", ", " and ");
    const int status = options_fail(value, "%s goes with %s%s", row->name, with, why);
    mem_free(mem);
    return status;
}

/* ---------------------------------------------------------------- reading */

struct command_line {
    struct options *o;
    const char *given[OPTIONS_MOST]; /* the option's value, "" for a flag; NULL: it was not given */
    int commanded;                   /* 1: a command was named */
    int begun, rest;                 /* run: 1 after the program's first word; 1 after -- */
};

/* 1 if names in C may begin with this word. */
static int is_c_name(const char *word)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", more[] = "0123456789_";
    const size_t first = strspn(word, letters);
    size_t n = first;
    while (word[n] && (strchr(letters, word[n]) || strchr(more, word[n]))) n++;
    return first && !word[n] && n <= 60;
}

/* 1 if C has a header of this name, which would be found in place of NAME.h. */
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
    for (int i = 0; i < option_count; i++) {
        void *field = (char *)o + options[i].field;
        if (options[i].kind == TEXT) *(const char **)field = options[i].standard;
        if (options[i].kind == CHOICE) *(int *)field = number_of(&options[i], options[i].standard);
    }
}

/* Reads the option word[0]. Its value stands after '=', or is the next word if that is no option. Sets *used to the
 * number of words read; `left` are left. */
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

/* Takes the word if it is for the program of `aggen run`, and returns 1. Such words follow the file. They begin with
 * the program's name, or with the first option that aggen does not have. From there on all words are the program's but
 * for options that are OWNER_AGGEN; after -- these are too. */
static int take_word(struct command_line *line, char *word)
{
    struct options *o = line->o;
    const struct option *row = find(word);
    if (o->command != COMMAND_RUN || !o->file) return 0;
    if (!line->rest && strcmp(word, "--") == 0) return line->begun = line->rest = 1;
    if (!line->rest && row && row->owner >= (line->begun ? OWNER_AGGEN : OWNER_AGGEN_UNTIL_PROGRAM)) return 0;
    for (int i = 0; program_word(i).name && !line->begun; i++) {
        if (strcmp(word, program_word(i).name) != 0) continue;
        o->program = program_word(i).name;
        return line->begun = 1;
    }
    if (!line->begun && word[0] != '-') return 0;
    o->word[o->words++] = word;
    return line->begun = 1;
}

/* Reads a word that is no option. The first one may name a command; else it is the file. */
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
    const int status = options_fail(word, "one file, and one program (%s)", option_any_of(mem, program_word));
    mem_free(mem);
    return status;
}

/* Refuses an option that the command or the target does not take, or that needs another one. A CHOICE with its standard
 * value is always allowed: check takes --target cpu. */
static int check(const struct command_line *line, const struct option *row, const char *value)
{
    const struct options *o = line->o;
    const int asks = row->kind != CHOICE || !row->standard || strcmp(value, row->standard) != 0;
    if (asks && !(row->commands >> o->command & 1)) {
        if (!row->no_command) return fail_place(o, row, value);
        return options_fail("", "%s: %s%s%s", row->no_command, row->name, *value ? " " : "", value);
    }
    if (row->target && strcmp(row->target, targets[o->target]->name) != 0)
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
    for (int i = 0; i < option_count; i++)
        if (line.given[i] && check(&line, &options[i], line.given[i])) return 2;
    return o->file ? 0 : options_fail("", "no file given");
}

/* ---------------------------------------------------------------- the command line again */

/* Returns the option's value as a word, "" for a flag. Returns NULL if it is what it would be without the option. */
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
    for (int place = 1; place <= option_count; place++)
        for (int i = 0; i < option_count; i++)
            if (options[i].place == place) words = add_words(mem, words, o, &options[i]);
    return words;
}
