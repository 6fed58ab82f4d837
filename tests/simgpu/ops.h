/*
 * Instructions by name. A row's key is the opcode without what decode.c takes care of (rounding, .ftz, .sat, …):
 * "add.f32", "mul.wide.s32", "setp.lt.u32".
 */
#ifndef SIMGPU_OPS_H
#define SIMGPU_OPS_H

#include "engine.h"

typedef struct {
    const char *key;
    handler run[2];
    uint8_t d, a, b, c; /* bits of each operand, 0 for none; predicates are 32 (lanes of 0 or ~0) */
} op_row;

extern const op_row ops_int[], ops_float[], ops_convert[]; /* each ends in a row without a key */

const op_row *op_find(const char *key);

/* An operation on lanes, twice: for all and for some of them. X, Y, Z are the operands. */
#define OP_LOOP(D, value)                                                                                              \
    D *d = FILE_AT(D, i->d[0]);                                                                                        \
    EACH_LANE                                                                                                          \
    {                                                                                                                  \
        value;                                                                                                         \
    }                                                                                                                  \
    return i + 1;
#define OP1(name, D, A, value)                                                                                         \
    static const insn *name##_all(warp *w, const insn *i)                                                              \
    {                                                                                                                  \
        const A *a = FILE_AT(A, i->a);                                                                                 \
        OP_LOOP(D, const A X = a[l]; d[l] = (D)(value))                                                                \
    }                                                                                                                  \
    static const insn *name##_some(warp *w, const insn *i)                                                             \
    {                                                                                                                  \
        const A *a = FILE_AT(A, i->a);                                                                                 \
        OP_LOOP(D, const A X = a[l]; const D r = (D)(value); d[l] = w->lanes[l] ? r : d[l])                            \
    }
#define OP2(name, D, A, B, value)                                                                                      \
    static const insn *name##_all(warp *w, const insn *i)                                                              \
    {                                                                                                                  \
        const A *a = FILE_AT(A, i->a);                                                                                 \
        const B *b = FILE_AT(B, i->b);                                                                                 \
        OP_LOOP(D, const A X = a[l]; const B Y = b[l]; d[l] = (D)(value))                                              \
    }                                                                                                                  \
    static const insn *name##_some(warp *w, const insn *i)                                                             \
    {                                                                                                                  \
        const A *a = FILE_AT(A, i->a);                                                                                 \
        const B *b = FILE_AT(B, i->b);                                                                                 \
        OP_LOOP(D, const A X = a[l]; const B Y = b[l]; const D r = (D)(value); d[l] = w->lanes[l] ? r : d[l])          \
    }
#define OP3(name, D, A, B, C, value)                                                                                   \
    static const insn *name##_all(warp *w, const insn *i)                                                              \
    {                                                                                                                  \
        const A *a = FILE_AT(A, i->a);                                                                                 \
        const B *b = FILE_AT(B, i->b);                                                                                 \
        const C *c = FILE_AT(C, i->c);                                                                                 \
        OP_LOOP(D, const A X = a[l]; const B Y = b[l]; const C Z = c[l]; d[l] = (D)(value))                            \
    }                                                                                                                  \
    static const insn *name##_some(warp *w, const insn *i)                                                             \
    {                                                                                                                  \
        const A *a = FILE_AT(A, i->a);                                                                                 \
        const B *b = FILE_AT(B, i->b);                                                                                 \
        const C *c = FILE_AT(C, i->c);                                                                                 \
        OP_LOOP(D, const A X = a[l]; const B Y = b[l]; const C Z = c[l]; const D r = (D)(value);                       \
                d[l] = w->lanes[l] ? r : d[l])                                                                         \
    }
#define BITS(type) (8 * (uint8_t)sizeof(type))
#define ROW1(key, name, D, A)                                                                                          \
    {                                                                                                                  \
        key, {name##_all, name##_some}, BITS(D), BITS(A), 0, 0                                                         \
    }
#define ROW2(key, name, D, A, B)                                                                                       \
    {                                                                                                                  \
        key, {name##_all, name##_some}, BITS(D), BITS(A), BITS(B), 0                                                   \
    }
#define ROW3(key, name, D, A, B, C)                                                                                    \
    {                                                                                                                  \
        key, {name##_all, name##_some}, BITS(D), BITS(A), BITS(B), BITS(C)                                             \
    }

#endif
