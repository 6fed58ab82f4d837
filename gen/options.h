/* What the command line of aggen asks for. It is read by the rows of option_table.c. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "emit.h"

enum command { COMMAND_EMIT, COMMAND_RUN, COMMAND_INFO, COMMAND_CHECK };
enum { OPTIONS_SETS = 256 };

/* Texts are those of argv. */
struct options {
    int help; /* 1: --help was given, and nothing else counts */
    enum command command;
    const char *aggen; /* argv[0] */
    const char *file;  /* a search space or a genotype */
    char *set[OPTIONS_SETS];
    int sets;
    int target; /* index in `targets` */
    int no_merge;
    /* with the commands emit and run */
    const char *folder;
    /* with emit */
    const char *weights;        /* a file of weights for the generator to carry; NULL: none */
    enum ag_dtype weights_type; /* the type of numbers that it carries */
    const char *embed;          /* name of the library to write; NULL: programs are written */
    int embed_array;            /* 1: a library has its weights in a C array, however many */
    const char *kernel;         /* the library has this layer alone; NULL: the whole generator */
    /* with run */
    const char *program; /* name of the program to run; NULL: the first one of the file */
    char **word;         /* the program's command line; the pointers stand in argv, from its first one on */
    int words;
    /* with info */
    int json, dump_graph;
    int dump; /* number of the pass or stage after which graphs or plans are printed (pass_name); -1: none */
    const char *gpu;
};

/* Reads the command line. Returns 0, or 2 after a message if it is wrong. */
int options_read(struct options *o, int argc, char **argv);
/* Prints the text of --help. */
void options_help(void);
/* Returns the words that, after `aggen`, would write the same files. They are quoted for a shell; each has a space
 * before it. */
char *options_words(struct mem *mem, const struct options *o);
/* Prints a message to standard error; `about` is the word that it is about, or "". Returns 2. */
int options_fail(const char *about, const char *format, ...);

#endif
