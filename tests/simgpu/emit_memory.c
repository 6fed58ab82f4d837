/*
 * Instructions on memory: loads, stores, atomic operations, asynchronous copies, addresses.
 */
#include "emit.h"
#include "sectors.h"

#include <string.h>

int part_space(const decoder *d)
{
    return part_has(d, "global")                                                               ? SPACE_GLOBAL
           : part_has(d, "shared") || part_has(d, "shared::cta")                               ? SPACE_SHARED
           : part_has(d, "const")                                                              ? SPACE_CONST
           : part_has(d, "local")                                                              ? SPACE_LOCAL
           : part_has(d, "param") || part_has(d, "param::entry") || part_has(d, "param::func") ? SPACE_PARAM
                                                                                               : SPACE_GENERIC;
}

/* Sets an access's address: a register, or a variable, plus an offset. */
static void set_address(decoder *d, insn *draft, const ptx_operand *o, int space)
{
    if (o->kind != OP_MEMORY) decode_fail(d, "an address expected");
    draft->imm = 0;
    draft->address_bits = 64;
    if (o->symbol) {
        if (o->symbol->space == SPACE_SHARED) space = SPACE_SHARED;
        draft->a = emit_symbol(d, o->symbol, o->value, 64);
    } else if (o->reg < 0) {
        draft->a = emit_preset(d, 64, (uint64_t)o->value, NULL);
    } else {
        draft->a = d->slots[d->at->frame->regs + o->reg];
        draft->address_bits = (uint8_t)d->bits[d->at->frame->regs + o->reg];
        draft->imm = o->value;
    }
    draft->space = (uint8_t)space;
}

static int memory_flags(const decoder *d)
{
    const int is_volatile = part_has(d, "volatile") || part_has(d, "relaxed") || part_has(d, "acquire") ||
                            part_has(d, "release") || part_has(d, "mmio");
    return is_volatile ? FLAG_VOLATILE : 0;
}

void emit_load(decoder *d)
{
    const ptx_operand *to = operand_of(d->at, 0), *from = operand_of(d->at, 1);
    const char *type = part_last(d);
    const int size = type_bits(type) / 8, bits = size == 1 ? 16 : size * 8,
              count = to->kind == OP_VECTOR ? to->count : 1;
    if (count > 4 || !size || size > 8) decode_fail(d, "a vector of this size is not supported");
    insn draft = {.size = (uint8_t)size, .count = (uint8_t)count};
    int space = part_space(d);
    const int param = space == SPACE_PARAM && from->symbol && emit_is_kernel_param(d, from->symbol);
    if (param)
        draft.imm = (int64_t)from->symbol->offset + from->value;
    else
        set_address(d, &draft, from, space);
    if (space == SPACE_PARAM && from->symbol && !param) draft.space = SPACE_LOCAL;
    uint32_t results[4];
    for (int i = 0; i < count; i++)
        results[i] = emit_result(d, to->kind == OP_VECTOR ? emit_element(d, to, i) : to, bits);
    const handler run = param ? op_param : sectors_handler(op_load);
    insn *i = emit_add(d, run, run);
    const insn kept = *i;
    *i = draft;
    memcpy(i->run, kept.run, sizeof i->run);
    i->source = kept.source;
    memcpy(i->d, results, sizeof *results * (size_t)count);
    i->flags = (uint16_t)(memory_flags(d) | (type[0] == 's' ? FLAG_SIGNED : 0) | (size < 4 ? FLAG_NARROW : 0));
    for (int k = 0; k < count; k++)
        emit_store_result(d, to->kind == OP_VECTOR ? emit_element(d, to, k) : to, results[k], bits, type[0] == 's');
}

void emit_store(decoder *d)
{
    const ptx_operand *to = operand_of(d->at, 0), *from = operand_of(d->at, 1);
    const int size = type_bits(part_last(d)) / 8, bits = size == 1 ? 16 : size * 8,
              count = from->kind == OP_VECTOR ? from->count : 1;
    if (count > 4 || !size || size > 8) decode_fail(d, "a vector of this size is not supported");
    insn draft = {.size = (uint8_t)size, .count = (uint8_t)count};
    set_address(d, &draft, to, part_space(d));
    if (draft.space == SPACE_PARAM) draft.space = SPACE_LOCAL;
    for (int i = 0; i < count; i++)
        draft.d[i] = emit_value_of(d, from->kind == OP_VECTOR ? emit_element(d, from, i) : from, bits);
    const handler run = sectors_handler(op_store);
    insn *i = emit_add(d, run, run);
    draft.run[0] = draft.run[1] = run;
    draft.source = i->source;
    draft.flags = (uint16_t)(memory_flags(d) | (size < 4 ? FLAG_NARROW : 0));
    *i = draft;
}

void emit_atomic(decoder *d)
{
    static const char *const names[] = {"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"};
    const int result = !strcmp(d->parts[0], "atom");
    const char *type = part_last(d);
    const int bits = type_bits(type);
    insn draft = {.size = (uint8_t)(bits / 8), .count = 1, .op = 255, .flags = FLAG_ATOMIC};
    for (int i = 0; i < 10; i++)
        if (part_has(d, names[i])) draft.op = (uint8_t)i;
    if (draft.op == 255 || part_has(d, "noftz") + (bits == 16) > 2)
        decode_fail(d, "this atomic operation is not supported");
    draft.more = (uint8_t)type_number(d, type);
    const ptx_operand *list = operand_of(d->at, result + 1);
    const int count = list->kind == OP_VECTOR ? list->count : 1;
    set_address(d, &draft, operand_of(d->at, result), part_space(d));
    if (count > 1) decode_fail(d, "vectors in atomic operations are not supported");
    draft.b = emit_value(d, result + 1, bits);
    if (draft.op == ATOM_CAS) draft.c = emit_value(d, result + 2, bits);
    draft.d[0] = result ? emit_result(d, operand_of(d->at, 0), bits) : emit_temp(d, bits);
    const handler run = sectors_handler(op_atomic);
    insn *i = emit_add(d, run, run);
    draft.run[0] = draft.run[1] = run;
    draft.source = i->source;
    *i = draft;
    if (result) emit_store_result(d, operand_of(d->at, 0), draft.d[0], bits, 0);
}

void emit_async(decoder *d)
{
    if (part_has(d, "commit_group") || part_has(d, "wait_group") || part_has(d, "wait_all")) {
        const handler run = part_has(d, "commit_group") ? op_async_commit : op_async_wait;
        insn *i = emit_add(d, run, run);
        i->imm = part_has(d, "wait_all") ? -1 : part_has(d, "wait_group") ? operand_of(d->at, 0)->value : 0;
        return;
    }
    if (!part_has(d, "async") || part_has(d, "bulk") || part_has(d, "mbarrier"))
        decode_fail(d, "this copy is not supported");
    insn draft = {0}, source = {0};
    set_address(d, &draft, operand_of(d->at, 0), SPACE_SHARED);
    set_address(d, &source, operand_of(d->at, 1), SPACE_GLOBAL);
    draft.size = (uint8_t)operand_of(d->at, 2)->value;
    draft.b = source.a;
    draft.more = source.address_bits;
    draft.c = 0;
    draft.flags = 0;
    if (source.address_bits != 64) decode_fail(d, "an address of 64 bits expected");
    if (d->at->insn->count > 3 && operand_of(d->at, 3)->kind == OP_REGISTER &&
        d->bits[d->at->frame->regs + operand_of(d->at, 3)->reg] == 1) {
        /* ignore-src: nothing is read */
        draft.c = emit_temp(d, 32);
        emit_add_row(d, "selp.b32", draft.c, emit_preset(d, 32, 0, NULL), emit_preset(d, 32, draft.size, NULL),
                     emit_value(d, 3, 32));
        draft.flags = FLAG_GUARD;
    } else if (d->at->insn->count > 3 && !part_has(d, "L2::cache_hint")) {
        draft.c = emit_value(d, 3, 32);
        draft.flags = FLAG_GUARD;
    }
    const handler run = sectors_handler(op_async_copy);
    insn *i = emit_add(d, run, run);
    draft.run[0] = draft.run[1] = run;
    draft.source = i->source;
    draft.d[0] = (uint32_t)(int32_t)source.imm;
    *i = draft;
    d->program->uses_async = 1;
}

void emit_cvta(decoder *d)
{
    const ptx_operand *to = operand_of(d->at, 0);
    const int space = part_space(d);
    const uint32_t a = emit_value(d, 1, 64);
    const uint32_t result = emit_result(d, to, 64);
    if (space != SPACE_SHARED) {
        emit_add_row(d, "mov.b64", result, a, 0, 0);
    } else {
        insn *i = emit_add(d, op_shared_base, op_shared_base);
        i->d[0] = result, i->a = a, i->imm = part_has(d, "to") ? -1 : 1;
    }
    emit_store_result(d, to, result, 64, 0);
}

void emit_isspacep(decoder *d)
{
    insn draft = {.run = {op_is_space, op_is_space}, .op = (uint8_t)part_space(d)};
    draft.a = emit_value(d, 1, 64);
    draft.d[0] = emit_result(d, operand_of(d->at, 0), 32);
    insn *i = emit_add(d, op_is_space, op_is_space);
    draft.source = i->source;
    *i = draft;
}
