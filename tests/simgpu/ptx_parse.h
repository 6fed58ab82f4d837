/*
 * What the two halves of the parser share: its state, names in scopes, and reading tokens.
 */
#ifndef SIMGPU_PTX_PARSE_H
#define SIMGPU_PTX_PARSE_H

#include "ptx.h"
#include "ptx_lex.h"

#include <setjmp.h>

enum { NAME_BUCKETS = 4096 };

/* A register (symbol NULL) or a variable, visible until its scope closes. */
typedef struct ptx_name {
    const char *text;
    size_t size;
    int reg, bucket;
    ptx_symbol *symbol;
    struct ptx_name *shadowed, *older; /* in its bucket; in order of declaration */
} ptx_name;

/* A place in inlined code, and the one outside of all inlining that it belongs to. */
typedef struct {
    int file, line, column, outer_file, outer_line;
} ptx_inlined;

enum { RECENT_INLINED = 256 };

typedef struct {
    ptx_module *module;
    ptx_function *function; /* being read, or NULL */
    lexer lexer;
    token token; /* the next one */
    ptx_name *buckets[NAME_BUCKETS], *newest;
    int file, file_line;                 /* of the last .loc */
    ptx_inlined inlined[RECENT_INLINED]; /* a ring */
    unsigned n_inlined;
    int room_insns, room_pool, room_regs, room_symbols, room_functions, room_files, room_targets;
    jmp_buf failed;
    char *message;
    size_t room;
} parser;

_Noreturn void parse_fail(parser *p, const char *what, ...) __attribute__((format(printf, 2, 3)));
token parse_next(parser *p); /* returns the token it steps over */
int parse_accept(parser *p, const char *text);
void parse_expect(parser *p, const char *text);
int64_t parse_number(parser *p); /* with a sign */
char *parse_copy(parser *p, const token *t);

void name_add(parser *p, const char *text, size_t size, int reg, ptx_symbol *symbol);
const ptx_name *name_find(const parser *p, const char *text, size_t size);
void names_close(parser *p, const ptx_name *mark); /* forgets all names newer than the mark */

/* Makes room for one more element behind `used` of them. */
#define PARSE_ROOM(p, array, used, room) ((array) = parse_room(p, array, sizeof *(array), used, &(room)))
void *parse_room(parser *p, void *array, size_t each, int used, int *room);

/* `.space .align N .type name[dims] = …`, up to the semicolon; the space's word is next. */
void parse_variable(parser *p, int is_extern);
/* A parameter of a function: no semicolon, and no name added. */
ptx_symbol *parse_param(parser *p);
/* A function's body, its opening brace being next. */
void parse_body(parser *p);
int ptx_type_bits(const char *type, size_t size); /* ".b32" → 32, predicates 1, else 0 */

#endif
