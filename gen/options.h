/* What the command line of aggen asks for. options.c has the table of all options, from which follow how they are read,
 * what is said of a wrong one, and the text of --help. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "emit.h"

enum command { COMMAND_EMIT, COMMAND_RUN, COMMAND_INFO, COMMAND_CHECK };
enum { OPTIONS_SETS = 256 };

/* Texts lie in argv. */
struct options {
    int help; /* --help was given: the rest does not count */
    enum command command;
    const char *aggen; /* argv[0] */
    const char *file;  /* a search space or a genotype */
    char *set[OPTIONS_SETS];
    int sets;
    int target; /* its number in `targets` */
    int no_merge;
    /* emit and run */
    const char *folder;
    /* emit */
    const char *weights;        /* the file whose weights the generator carries; NULL: none */
    enum ag_dtype weights_type; /* of the numbers that it carries */
    const char *embed;          /* the name of a library to write; NULL: programs are written */
    int embed_array;
    const char *kernel; /* the layer of which the library consists; NULL: all layers */
    /* run */
    const char *program; /* the name of the program to run; NULL: the first of the file's */
    char **word;         /* the program's command line; these pointers take the place of argv's first ones */
    int words;
    /* info */
    int json, dump_graph;
    int dump; /* the number of the pass or stage after which graphs and plans are printed (pass_name); -1: of none */
    const char *gpu;
};

/* Reads the command line. Returns 0, or 2 when it is wrong, and has said so. */
int options_read(struct options *o, int argc, char **argv);
/* Prints the text of --help. */
void options_help(void);
/* The words behind `aggen` that make it write the same files, as a shell takes them, each behind a space. */
char *options_words(struct mem *mem, const struct options *o);
/* Says on standard error what is wrong, `about` which word ("": the message says it). Returns 2. */
int options_fail(const char *about, const char *format, ...);

#endif
