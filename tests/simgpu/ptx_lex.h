/*
 * Words of PTX. A word keeps its dots ("ld.global.v4.f32", ".reg"), for nothing in PTX needs them apart.
 */
#ifndef SIMGPU_PTX_LEX_H
#define SIMGPU_PTX_LEX_H

#include <stddef.h>
#include <stdint.h>

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_NUMBER, TOKEN_STRING, TOKEN_SIGN };

typedef struct {
    enum token_kind kind;
    const char *text;
    size_t size;
    int line;
    int64_t value; /* of a number: an integer, or the bits of a float (0f) or double (0d) */
} token;

typedef struct {
    const char *at, *end;
    int line;
} lexer;

/* The next token; comments and blanks are skipped. */
token lex(lexer *lexer);
int token_is(const token *token, const char *text);

#endif
