/*
 * Operands: where values and results of an instruction lie in the register file, and its opcode in parts.
 */
#include "emit.h"

#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

insn *emit_add(decoder *d, handler all, handler some)
{
    program *p = d->program;
    DECODE_ROOM(d, p->insns, p->n_insns, d->room_insns);
    insn *i = &p->insns[p->n_insns++];
    *i = (insn){.run = {all, some}, .source = (int)(d->at - d->code)};
    return i;
}

insn *emit_add_row(decoder *d, const char *key, uint32_t to, uint32_t a, uint32_t b, uint32_t c)
{
    const op_row *row = op_find(key);
    if (!row) decode_fail(d, "the operation '%s' is not supported", key);
    insn *i = emit_add(d, row->run[0], row->run[1]);
    i->d[0] = to, i->a = a, i->b = b, i->c = c;
    return i;
}

static int kind_of(int bits)
{
    return bits == 64 ? 2 : bits == 16 || bits == 8 ? 0 : 1;
}

uint32_t emit_temp(decoder *d, int bits)
{
    const int kind = kind_of(bits);
    if (d->next_temp[kind] == TEMPS) decode_fail(d, "too many scratch registers");
    return d->temps[kind] + d->next_temp[kind]++ * (64u << kind);
}

uint32_t emit_preset(decoder *d, int bits, uint64_t value, const char *special)
{
    program *p = d->program;
    if (bits == 8) bits = 16;
    if (bits < 64 && !special) value &= ((uint64_t)1 << bits) - 1;
    for (int i = 0; i < p->n_presets; i++) {
        const preset *old = &p->presets[i];
        if (old->bits == bits && old->value == value && !old->special == !special &&
            (!special || !strcmp(special, old->special)))
            return old->offset;
    }
    DECODE_ROOM(d, p->presets, p->n_presets, d->room_presets);
    p->presets[p->n_presets] = (preset){(uint32_t)p->file_size, bits, value, special};
    p->file_size += 64u << kind_of(bits);
    return p->presets[p->n_presets++].offset;
}

int emit_reg_bits(const decoder *d, const ptx_operand *o)
{
    return d->bits[d->at->frame->regs + o->reg] == 1 ? 32 : d->bits[d->at->frame->regs + o->reg];
}

/* The value at `from`, of `has` bits, as one of `bits`: cut off, or filled with zeros or its sign. */
uint32_t emit_resize(decoder *d, uint32_t from, int has, int bits, int is_signed)
{
    if (kind_of(has) == kind_of(bits)) return from;
    const uint32_t to = emit_temp(d, bits);
    char key[32];
    snprintf(key, sizeof key, "cvt.%c%d.%c%d", is_signed ? 's' : 'u', bits == 8 ? 16 : bits, is_signed ? 's' : 'u',
             has);
    emit_add_row(d, key, to, from, 0, 0);
    return to;
}

/* Whether a parameter symbol is one of the kernel's own, and not of a call's argument list. */
int emit_is_kernel_param(const decoder *d, const ptx_symbol *symbol)
{
    const frame *f = d->at->frame;
    if (symbol->space != SPACE_PARAM || !f->is_kernel) return 0;
    for (int i = 0; i < f->function->n_params; i++)
        if (f->function->params[i] == symbol) return 1;
    return 0;
}

uint32_t emit_symbol(decoder *d, ptx_symbol *symbol, int64_t offset, int bits)
{
    if (emit_is_kernel_param(d, symbol)) return emit_preset(d, 64, symbol->offset + (uint64_t)offset, "%params");
    if (symbol->space == SPACE_PARAM || symbol->space == SPACE_LOCAL) {
        insn *i = emit_add(d, op_local_address, op_local_address);
        i->imm = (int64_t)decode_place(d, d->at->frame, symbol) + offset;
        const uint32_t to = i->d[0] = emit_temp(d, 64);
        return emit_resize(d, to, 64, bits, 0);
    }
    if (symbol->space == SPACE_SHARED) return emit_preset(d, bits, decode_shared(d, symbol) + (uint64_t)offset, NULL);
    if (!symbol->address) decode_fail(d, "the variable '%s' is not defined", symbol->name);
    return emit_preset(d, bits, symbol->address + (uint64_t)offset, NULL);
}

uint32_t emit_value_of(decoder *d, const ptx_operand *o, int bits)
{
    uint32_t at;
    switch (o->kind) {
    case OP_REGISTER:
        at = emit_resize(d, d->slots[d->at->frame->regs + o->reg], emit_reg_bits(d, o), bits, 0);
        break;
    case OP_IMMEDIATE:
        at = emit_preset(d, bits, (uint64_t)o->value, NULL);
        break;
    case OP_SYMBOL:
        at = emit_symbol(d, o->symbol, o->value, bits);
        break;
    case OP_SPECIAL:
        if (!strcmp(o->name, "WARP_SZ")) return emit_preset(d, bits, LANES, NULL);
        if (!strncmp(o->name, "%clock", 6) || !strncmp(o->name, "%globaltimer", 12)) {
            at = emit_temp(d, 64);
            emit_add_row(d, "clock.u64", at, emit_preset(d, 64, 0, NULL), 0, 0);
            return emit_resize(d, at, 64, bits, 0);
        }
        at = emit_resize(d, emit_preset(d, 32, 0, o->name), 32, bits, 0);
        break;
    default:
        decode_fail(d, "an operand of a kind that does not fit");
    }
    if (!o->negated) return at;
    const uint32_t to = emit_temp(d, 32);
    emit_add_row(d, "not.pred", to, at, 0, 0);
    return to;
}

uint32_t emit_value(decoder *d, int n, int bits)
{
    if (n >= d->at->insn->count) decode_fail(d, "an operand is missing");
    return emit_value_of(d, operand_of(d->at, n), bits);
}

/* Where a result of `bits` goes; where the register is of another size, a scratch one that store_result copies on. */
uint32_t emit_result(decoder *d, const ptx_operand *o, int bits)
{
    if (o->kind == OP_SINK) return emit_temp(d, bits);
    if (o->kind != OP_REGISTER) decode_fail(d, "a result that is no register");
    return kind_of(emit_reg_bits(d, o)) == kind_of(bits) ? d->slots[d->at->frame->regs + o->reg] : emit_temp(d, bits);
}

void emit_store_result(decoder *d, const ptx_operand *o, uint32_t from, int bits, int is_signed)
{
    if (o->kind == OP_SINK || kind_of(emit_reg_bits(d, o)) == kind_of(bits)) return;
    char key[32];
    snprintf(key, sizeof key, "cvt.%c%d.%c%d", is_signed ? 's' : 'u', emit_reg_bits(d, o), is_signed ? 's' : 'u',
             bits == 8 ? 16 : bits);
    emit_add_row(d, key, d->slots[d->at->frame->regs + o->reg], from, 0, 0);
}

const ptx_operand *emit_element(const decoder *d, const ptx_operand *list, int n)
{
    return &d->at->frame->function->pool[list->first + n];
}

void part_split(decoder *d, const char *opcode)
{
    snprintf(d->word, sizeof d->word, "%s", opcode);
    d->n_parts = 0;
    for (char *part = d->word; part && d->n_parts < MAX_PARTS;) {
        d->parts[d->n_parts++] = part;
        part = strchr(part, '.');
        if (part) *part++ = 0;
    }
}

int part_has(const decoder *d, const char *part)
{
    for (int i = 1; i < d->n_parts; i++)
        if (!strcmp(d->parts[i], part)) return 1;
    return 0;
}

const char *part_last(const decoder *d)
{
    return d->parts[d->n_parts - 1];
}

int type_bits(const char *type)
{
    if (!strcmp(type, "pred")) return 32;
    if (!strcmp(type, "bf16")) return 16;
    if (!strcmp(type, "f16x2") || !strcmp(type, "bf16x2") || !strcmp(type, "tf32")) return 32;
    return strchr("busf", type[0]) ? atoi(type + 1) : 0;
}

int type_is_float(const char *type)
{
    return type[0] == 'f' || !strncmp(type, "bf", 2);
}

/* The host's rounding mode for that of the opcode, -1 for nearest. */
int part_rounding(const decoder *d)
{
    return part_has(d, "rz") ? FE_TOWARDZERO : part_has(d, "rm") ? FE_DOWNWARD : part_has(d, "rp") ? FE_UPWARD : -1;
}

int type_number(decoder *d, const char *type)
{
    static const char *const names[] = {"u8",  "u16",  "u32", "u64", "s8",    "s16",    "s32", "s64",
                                        "f16", "bf16", "f32", "f64", "f16x2", "bf16x2", "tf32"};
    for (int i = 0; i < 15; i++)
        if (!strcmp(type, names[i])) return i;
    if (type[0] == 'b') return type_bits(type) == 8 ? 0 : type_bits(type) == 16 ? 1 : type_bits(type) == 32 ? 2 : 3;
    decode_fail(d, "the type '%s' is not supported", type);
}
