/* The rows of aggen's commands and options. */
#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include "options.h"

/* One of the words that stand for a number. A list of them is a function that returns number i of them, and a name that
 * is NULL behind the last. */
struct word {
    const char *name;
    int value;
};

struct command_row {
    const char *name;   /* the word that asks for it; NULL: none does */
    const char *called; /* in messages */
    const char *usage, *help;
};
enum { COMMANDS = COMMAND_CHECK + 1, OPTIONS_MOST = 32 };
extern const struct command_row commands[COMMANDS];
struct word command_word(int i); /* what messages call it */
struct word program_word(int i); /* those that `aggen run` runs */

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
enum { EVERY = EMIT | RUN | INFO | CHECK };

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
    const char *target;     /* it is for this one; NULL: for any */
    const char *needs;      /* an option without which it is refused */
    const char *no_command; /* why another command refuses it, and */
    const char *no_target;  /* why another target does; NULL: the message follows from the rest of the row */
    enum owner owner;
    int place;        /* in the command that emitted files name, from 1 on; 0: what is emitted does not depend on it */
    const char *help; /* % stands for the names of all choices */
};

extern const struct option options[];
extern const int option_count;

/* The names of a list whose bits are set in `which`, with `between` and, before the last, `last` between them. */
char *option_names(struct mem *mem, struct word list(int i), unsigned which, const char *between, const char *last);
/* "h100, a100 or rtx4090" */
char *option_any_of(struct mem *mem, struct word list(int i));

#endif
