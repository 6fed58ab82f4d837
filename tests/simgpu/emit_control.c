/*
 * Branches, barriers, and what lanes of a warp do together.
 */
#include "emit.h"

#include <string.h>

void emit_guard(const decoder *d, insn *i)
{
    if (d->at->guard < 0) return;
    i->flags |= (uint16_t)(FLAG_GUARD | (d->at->guard_not ? FLAG_NOT : 0));
    i->c = d->slots[d->at->guard];
}

void emit_branch(decoder *d, int label)
{
    insn *i = emit_add(d, op_branch, op_branch);
    i->imm = label;
    emit_guard(d, i);
}

void emit_branch_table(decoder *d)
{
    const uint32_t index = emit_value(d, 0, 32);
    const char *name = operand_of(d->at, 1)->name;
    const frame *f = d->at->frame;
    const ptx_targets *targets = NULL;
    for (int i = 0; i < f->function->n_targets && name; i++)
        if (!strcmp(f->function->targets[i].name, name)) targets = &f->function->targets[i];
    if (!targets) decode_fail(d, "there are no targets of this name");
    insn *i = emit_add(d, op_branch_table, op_branch_table);
    i->a = index;
    i->imm = targets->count;
    emit_guard(d, i);
    for (int k = 0; k < targets->count; k++) {
        const int to = decode_label(d, d->at->frame, targets->labels[k]);
        insn *entry = emit_add(d, op_branch, op_branch);
        entry->imm = to;
    }
}

void emit_barrier(decoder *d)
{
    const int reduces = part_has(d, "red"), n = d->at->insn->count;
    insn draft = {.run = {op_barrier, op_barrier}, .source = (int)(d->at - d->code)};
    if (part_has(d, "warp")) {
        draft.a = emit_value(d, 0, 32);
        draft.run[0] = draft.run[1] = op_warp_barrier;
    } else {
        draft.op = part_has(d, "arrive") ? BARRIER_ARRIVE
                   : !reduces            ? BARRIER_SYNC
                   : part_has(d, "popc") ? BARRIER_POPC
                   : part_has(d, "and")  ? BARRIER_AND
                                         : BARRIER_OR;
        int next = reduces;
        draft.a = next < n ? emit_value(d, next, 32) : emit_preset(d, 32, 0, NULL);
        next++;
        draft.count = (uint8_t)(n - reduces > 1 + reduces);
        draft.b = draft.count ? emit_value(d, next, 32) : 0;
        if (reduces) draft.d[1] = emit_value(d, n - 1, 32), draft.d[0] = emit_result(d, operand_of(d->at, 0), 32);
    }
    emit_guard(d, &draft);
    insn *i = emit_add(d, op_barrier, op_barrier);
    *i = draft;
}

void emit_shuffle(decoder *d)
{
    const ptx_operand *to = operand_of(d->at, 0);
    const ptx_operand *value_to = to->kind == OP_PAIR ? emit_element(d, to, 0) : to;
    insn draft = {.run = {op_shuffle, op_shuffle}};
    draft.op = part_has(d, "up")     ? SHUFFLE_UP
               : part_has(d, "down") ? SHUFFLE_DOWN
               : part_has(d, "bfly") ? SHUFFLE_BFLY
                                     : SHUFFLE_IDX;
    draft.a = emit_value(d, 1, 32), draft.b = emit_value(d, 2, 32), draft.c = emit_value(d, 3, 32);
    draft.d[2] = d->at->insn->count > 4 ? emit_value(d, 4, 32) : emit_preset(d, 32, 0xffffffff, NULL);
    draft.d[0] = emit_result(d, value_to, 32);
    draft.d[1] = to->kind == OP_PAIR ? emit_result(d, emit_element(d, to, 1), 32) : emit_temp(d, 32);
    insn *i = emit_add(d, op_shuffle, op_shuffle);
    draft.source = i->source;
    *i = draft;
}

void emit_together(decoder *d, handler run)
{
    const ptx_operand *to = operand_of(d->at, 0);
    insn draft = {.run = {run, run}};
    if (run == op_vote) {
        draft.op = part_has(d, "all")   ? VOTE_ALL
                   : part_has(d, "any") ? VOTE_ANY
                   : part_has(d, "uni") ? VOTE_UNI
                                        : VOTE_BALLOT;
        draft.a = emit_value(d, 1, 32);
        draft.d[2] = emit_value(d, 2, 32);
    } else if (run == op_redux || run == op_match) {
        static const char *const names[] = {"add", "min", "max", "and", "or", "xor"};
        for (int i = 0; i < 6; i++)
            if (part_has(d, names[i])) draft.op = (uint8_t)i;
        draft.flags = part_last(d)[0] == 's' ? FLAG_SIGNED : 0;
        draft.size = (uint8_t)type_bits(part_last(d));
        draft.imm = part_has(d, "all");
        draft.a = emit_value(d, 1, draft.size);
        draft.d[2] = emit_value(d, 2, 32);
    }
    if (run != op_activemask && part_last(d)[0] == 'f') decode_fail(d, "this type is not supported");
    const ptx_operand *first = to->kind == OP_PAIR ? emit_element(d, to, 0) : to;
    draft.d[0] = emit_result(d, first, 32);
    draft.d[1] = to->kind == OP_PAIR ? emit_result(d, emit_element(d, to, 1), 32) : emit_temp(d, 32);
    insn *i = emit_add(d, run, run);
    draft.source = i->source;
    *i = draft;
}
