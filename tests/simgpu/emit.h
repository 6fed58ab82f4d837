/*
 * What the emit_*.c share. All work on d->at, the instruction being emitted; offsets are those of the register file.
 */
#ifndef SIMGPU_EMIT_H
#define SIMGPU_EMIT_H

#include "decode.h"

/* Adds an instruction of the engine; one from the tables. */
insn *emit_add(decoder *d, handler all, handler some);
insn *emit_add_row(decoder *d, const char *key, uint32_t to, uint32_t a, uint32_t b, uint32_t c);

enum { TEMPS = 8 }; /* scratch registers of each size */

/* Scratch until the end of the instruction; a constant (special NULL) or special register. */
uint32_t emit_temp(decoder *d, int bits);
uint32_t emit_preset(decoder *d, int bits, uint64_t value, const char *special);

/* The value of an operand (by number), as one of `bits`: cut off or filled up where its register is of another size. */
uint32_t emit_value(decoder *d, int n, int bits);
uint32_t emit_value_of(decoder *d, const ptx_operand *o, int bits);
uint32_t emit_symbol(decoder *d, ptx_symbol *symbol, int64_t offset, int bits); /* its address */
uint32_t emit_resize(decoder *d, uint32_t from, int has, int bits, int is_signed);
int emit_reg_bits(const decoder *d, const ptx_operand *o);
int emit_is_kernel_param(const decoder *d, const ptx_symbol *symbol);
const ptx_operand *emit_element(const decoder *d, const ptx_operand *list, int n);

/* Where a result of `bits` goes: the register, or scratch that emit_store_result copies on to one of another size. */
uint32_t emit_result(decoder *d, const ptx_operand *o, int bits);
void emit_store_result(decoder *d, const ptx_operand *o, uint32_t from, int bits, int is_signed);

/* The opcode's parts, "setp.lt.and.f32": d->parts[0] is "setp", the last one the type. */
void part_split(decoder *d, const char *opcode);
int part_has(const decoder *d, const char *part);
const char *part_last(const decoder *d);
int part_rounding(const decoder *d); /* the host's mode, -1 for nearest */
int part_space(const decoder *d);
int type_bits(const char *type);
int type_is_float(const char *type);
int type_number(decoder *d, const char *type);

void emit_load(decoder *d);
void emit_store(decoder *d);
void emit_atomic(decoder *d);
void emit_async(decoder *d);
void emit_cvta(decoder *d);
void emit_isspacep(decoder *d);

void emit_guard(const decoder *d, insn *i);
void emit_branch(decoder *d, int label);
void emit_branch_table(decoder *d);
void emit_barrier(decoder *d);
void emit_shuffle(decoder *d);
void emit_together(decoder *d, handler run);

#endif
