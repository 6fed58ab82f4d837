/*
 * From PTX to a program of the engine: calls are inlined and registers given their places (decode.c), each
 * instruction becomes one or a few of the engine's (emit.c).
 */
#ifndef SIMGPU_DECODE_H
#define SIMGPU_DECODE_H

#include "engine.h"
#include "ops.h"
#include "ptx.h"

#include <setjmp.h>

/* A function's body where it is inlined (or the kernel itself): its registers follow `regs`. */
typedef struct frame {
    ptx_function *function;
    int regs, end_label;
    struct {
        ptx_symbol *symbol;
        size_t offset; /* in a thread's local memory */
    } * places;
    int n_places, is_kernel;
} frame;

/* An instruction of the inlined kernel, a label, or a branch that inlining adds. */
typedef struct {
    enum { FLAT_INSN, FLAT_LABEL, FLAT_BRANCH } kind;
    const ptx_insn *insn;
    frame *frame;
    int label;
    int guard, guard_not; /* -1 for none; numbered for the whole kernel */
} flat;

typedef struct {
    frame *frame;
    const char *name;
    int at; /* index of the engine's instruction */
} label;

enum { MAX_PARTS = 16 };

typedef struct {
    ptx_module *module;
    program *program;
    jmp_buf failed;
    char *message;
    size_t room;
    flat *code;
    int n_code, room_code;
    label *labels;
    int n_labels, room_labels;
    uint8_t *bits; /* of each register of the inlined kernel */
    uint32_t *slots;
    int n_regs, depth;
    size_t local_size, shared_size;
    /* while emitting */
    int room_insns, room_presets;
    const flat *at;
    char word[160];
    const char *parts[MAX_PARTS]; /* of the opcode */
    int n_parts;
    uint32_t temps[3], next_temp[3]; /* scratch for 16, 32, 64 bits */
    uint32_t carry;
} decoder;

_Noreturn void decode_fail(decoder *d, const char *what, ...) __attribute__((format(printf, 2, 3)));
void *decode_room(decoder *d, void *array, size_t each, int used, int *room);
#define DECODE_ROOM(d, array, used, room) ((array) = decode_room(d, array, sizeof *(array), used, &(room)))

/* Operands of an instruction, by number. */
static inline const ptx_operand *operand_of(const flat *f, int n)
{
    return &f->frame->function->pool[f->insn->first + n];
}
int decode_has_result(const char *opcode); /* whether operand 0 is written */
int decode_label(decoder *d, frame *f, const char *name);
size_t decode_place(decoder *d, const frame *f, ptx_symbol *symbol); /* of a local variable */
uint64_t decode_shared(decoder *d, ptx_symbol *symbol);

/* Emits the engine's instructions for d->code into d->program. */
void emit_all(decoder *d);

/* Makes a program of a kernel, whose module's variables have their addresses; NULL with what is wrong in `message`. */
program *decode_kernel(ptx_module *module, ptx_function *kernel, char *message, size_t room);
void program_free(program *p);

/* Handlers that emit.c needs by name. */
const insn *op_block(warp *w, const insn *i);
const insn *op_guard(warp *w, const insn *i);
const insn *op_round(warp *w, const insn *i);
const insn *op_branch(warp *w, const insn *i);
const insn *op_branch_table(warp *w, const insn *i);
const insn *op_exit(warp *w, const insn *i);
const insn *op_trap(warp *w, const insn *i);
const insn *op_barrier(warp *w, const insn *i);
const insn *op_warp_barrier(warp *w, const insn *i);
const insn *op_shuffle(warp *w, const insn *i);
const insn *op_vote(warp *w, const insn *i);
const insn *op_match(warp *w, const insn *i);
const insn *op_redux(warp *w, const insn *i);
const insn *op_activemask(warp *w, const insn *i);
const insn *op_nothing(warp *w, const insn *i);
const insn *op_local_address(warp *w, const insn *i);
const insn *op_shared_base(warp *w, const insn *i);
const insn *op_is_space(warp *w, const insn *i);
const insn *op_param(warp *w, const insn *i);
const insn *op_load(warp *w, const insn *i);
const insn *op_store(warp *w, const insn *i);
const insn *op_atomic(warp *w, const insn *i);
const insn *op_async_copy(warp *w, const insn *i);
const insn *op_async_commit(warp *w, const insn *i);
const insn *op_async_wait(warp *w, const insn *i);
const insn *op_convert(warp *w, const insn *i);

enum {
    TYPE_U8,
    TYPE_U16,
    TYPE_U32,
    TYPE_U64,
    TYPE_S8,
    TYPE_S16,
    TYPE_S32,
    TYPE_S64,
    TYPE_F16,
    TYPE_BF16,
    TYPE_F32,
    TYPE_F64,
    TYPE_F16X2,
    TYPE_BF16X2,
    TYPE_TF32
};
enum {
    ROUND_NEAREST,
    ROUND_ZERO,
    ROUND_UP,
    ROUND_DOWN,
    ROUND_INTEGER = 4,
    ROUND_SATURATE = 8,
    ROUND_FLUSH = 16,
    ROUND_RELU = 32
};
enum { SHUFFLE_UP, SHUFFLE_DOWN, SHUFFLE_BFLY, SHUFFLE_IDX };
enum { VOTE_ALL, VOTE_ANY, VOTE_UNI, VOTE_BALLOT };
enum { ATOM_ADD, ATOM_MIN, ATOM_MAX, ATOM_AND, ATOM_OR, ATOM_XOR, ATOM_EXCH, ATOM_CAS, ATOM_INC, ATOM_DEC };
enum { BARRIER_SYNC, BARRIER_ARRIVE, BARRIER_POPC, BARRIER_AND, BARRIER_OR };

#endif
