/* The table of aggen's options, and that of its commands. From their rows follow how a command line is read, the
 * messages about a wrong one, and the text of --help. */
#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include "options.h"

/* A name that stands for a number. A list of names is a function: it returns number i of them, and after the last one a
 * NULL name. */
struct word {
    const char *name;
    int value;
};

/* A row of the commands. */
struct command_row {
    const char *name;   /* on the command line; NULL: the command that no word asks for */
    const char *called; /* for messages */
    const char *usage, *help;
};
enum { COMMANDS = COMMAND_CHECK + 1, OPTIONS_MOST = 32 };
extern const struct command_row commands[COMMANDS];
struct word command_word(int i); /* what messages call command i */
struct word program_word(int i); /* program i of those that `aggen run` runs */

/* What an option sets its field to. */
enum kind {
    FLAG,    /* int: 1. The option takes no value */
    TEXT,    /* const char *: its value, which is not empty */
    CHOICE,  /* int or enum: the number of its value, which is one of `choices` */
    C_NAME,  /* const char *: its value, with which names in C may begin */
    SETTING, /* nothing: KEY.PATH=VALUE is added to `set` */
    HELP     /* nothing: the row is one more line of help for an option above */
};

/* After the file of `aggen run`: whose option it is. */
enum owner {
    OWNER_PROGRAM,             /* the program's */
    OWNER_AGGEN_UNTIL_PROGRAM, /* aggen's, until the first word for the program */
    OWNER_AGGEN                /* aggen's everywhere */
};

enum { EMIT = 1 << COMMAND_EMIT, RUN = 1 << COMMAND_RUN, INFO = 1 << COMMAND_INFO, CHECK = 1 << COMMAND_CHECK };
enum { EVERY = EMIT | RUN | INFO | CHECK };

/* A row of the options. */
struct option {
    const char *name, *letter; /* its two spellings; letter NULL: it has one */
    enum kind kind;
    size_t field; /* offset of its field in struct options */
    /* its value: */
    const char *argument;          /* what the help calls it; NULL: its choices, listed */
    const char *wants;             /* what messages call it; NULL: its choices, listed */
    struct word (*choices)(int i); /* NULL: any. For a TEXT they are only listed: its user checks the value */
    const char *standard;          /* the value if it is not given; NULL: none, which is -1 for a CHOICE */
    /* where it may be given: */
    unsigned commands;      /* with these commands, a bit each */
    const char *target;     /* with this target; NULL: with all */
    const char *needs;      /* together with this option; NULL: alone too */
    const char *no_command; /* why other commands refuse it … */
    const char *no_target;  /* … and other targets; NULL: the message follows from the row */
    enum owner owner;
    int place;        /* its place, from 1, in the command that emitted files name; 0: they don't depend on it */
    const char *help; /* "%" stands for the list of its choices */
};

extern const struct option options[];
extern const int option_count;

/* Returns the names of a list whose bits are set in `which`, as text in mem: `last` stands before the last name, and
 * `between` between the others. */
char *option_names(struct mem *mem, struct word list(int i), unsigned which, const char *between, const char *last);
/* Returns all names of a list: "h100, a100 or rtx4090". */
char *option_any_of(struct mem *mem, struct word list(int i));

#endif
