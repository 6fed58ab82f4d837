/*
 * One PTX instruction becomes one or a few of the engine's. What a row of the tables (ops_*.c) does not say in itself
 * is put around it here: a guard before, a rounding mode before, denormals flushed before and after, saturation after,
 * conversions where an operand is wider or narrower than the instruction wants.
 */
#include "emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The row of a key whose type begins at `type_at`; where only the bits matter, rows may have another type for them. */
static const op_row *find_row(char *key, size_t type_at)
{
    const op_row *row = op_find(key);
    if (row || key[type_at + 1] == 'f') return row;
    for (const char *other = key[type_at] == 'f' ? "b" : "bus"; !row && *other; other++) {
        key[type_at] = *other;
        row = op_find(key);
    }
    return row;
}

static void emit_row(decoder *d)
{
    static const char *const ignored[] = {"rn", "rz", "rm", "rp", "ftz", "approx", "full", "lo", "cc", "noftz"};
    const char *type = part_last(d);
    char key[96];
    size_t n = (size_t)snprintf(key, sizeof key, "%s", d->parts[0]), type_at = 0;
    for (int i = 1; i < d->n_parts; i++) {
        int skip = !strcmp(d->parts[i], "sat") && type_is_float(type);
        for (size_t k = 0; k < sizeof ignored / sizeof *ignored; k++) skip |= !strcmp(d->parts[i], ignored[k]);
        if (skip) continue;
        type_at = n + 1;
        n += (size_t)snprintf(key + n, sizeof key - n, ".%s", d->parts[i]);
    }
    char asked[96];
    strcpy(asked, key);
    const op_row *row = find_row(key, type_at);
    if (!row) decode_fail(d, "the operation '%s' is not supported", asked);
    const uint8_t bits[3] = {row->a, row->b, row->c};
    uint32_t sources[3] = {0};
    const int flush = part_has(d, "ftz") && !strcmp(type, "f32");
    for (int k = 0; k < 3 && bits[k]; k++) {
        sources[k] = emit_value(d, k + 1, bits[k]);
        if (flush && k < 3 && !(k == 2 && !strcmp(d->parts[0], "selp"))) {
            const uint32_t flushed = emit_temp(d, 32);
            emit_add_row(d, "flush.f32", flushed, sources[k], 0, 0);
            sources[k] = flushed;
        }
    }
    const ptx_operand *to = operand_of(d->at, 0);
    const uint32_t result = emit_result(d, to, row->d);
    if (part_rounding(d) >= 0) emit_add(d, op_round, op_round)->imm = part_rounding(d);
    insn *i = emit_add(d, row->run[0], row->run[1]);
    i->d[0] = result, i->a = sources[0], i->b = sources[1], i->c = sources[2];
    if (flush && strcmp(d->parts[0], "setp") != 0) emit_add_row(d, "flush.f32", result, result, 0, 0);
    if (part_has(d, "sat") && type_is_float(type))
        emit_add_row(d, !strcmp(type, "f64") ? "saturate.f64" : "saturate.f32", result, result, 0, 0);
    emit_store_result(d, to, result, row->d, type[0] == 's');
}

/* Operations with a number or one more operand at the end. */
static void emit_extra(decoder *d)
{
    const int n = d->at->insn->count;
    const char *base = d->parts[0];
    uint32_t fourth = 0;
    int64_t number = 0;
    if (!strcmp(base, "bfi"))
        fourth = emit_value(d, 4, 32);
    else if (!strcmp(base, "lop3"))
        number = operand_of(d->at, n - 1)->value;
    else
        for (int i = 2; i < d->n_parts; i++) {
            static const char *const modes[] = {"", "f4e", "b4e", "rc8", "ecl", "ecr", "rc16"};
            for (int k = 1; k < 7; k++)
                if (!strcmp(d->parts[i], modes[k])) number = k, d->n_parts = i;
        }
    emit_row(d);
    insn *i = &d->program->insns[d->program->n_insns - 1];
    i->d[1] = fourth;
    i->imm = number;
}

static void emit_carry(decoder *d)
{
    const char *base = d->parts[0], *type = part_last(d);
    const int in = strlen(base) == 4; /* addc, subc, madc */
    char key[32];
    snprintf(key, sizeof key, "%.3sc.%s%d", base, part_has(d, "hi") ? "hi." : "", type_bits(type));
    const int bits = type_bits(type);
    insn draft = {0};
    draft.a = emit_value(d, 1, bits), draft.b = emit_value(d, 2, bits);
    if (!strcmp(d->parts[0], "mad") || !strcmp(d->parts[0], "madc")) draft.c = emit_value(d, 3, bits);
    insn *i = emit_add_row(d, key, emit_result(d, operand_of(d->at, 0), bits), draft.a, draft.b, draft.c);
    i->d[1] = d->carry;
    i->imm = in;
    i->flags = part_has(d, "cc") ? FLAG_SIGNED : 0;
}

/* setp.lt.and.f32 p|q, a, b, c: the comparison, then both results of the boolean operation with c. */
static void emit_setp(decoder *d)
{
    const ptx_operand *to = operand_of(d->at, 0);
    const ptx_operand *p = to->kind == OP_PAIR ? emit_element(d, to, 0) : to,
                      *q = to->kind == OP_PAIR ? emit_element(d, to, 1) : NULL;
    const char *logic = part_has(d, "and")   ? "and.pred"
                        : part_has(d, "or")  ? "or.pred"
                        : part_has(d, "xor") ? "xor.pred"
                                             : NULL;
    char key[48];
    const char *type = part_last(d);
    const int bits = type_bits(type);
    snprintf(key, sizeof key, "setp.%s.%s", d->parts[1], type);
    const op_row *row = find_row(key, strlen("setp.") + strlen(d->parts[1]) + 1);
    if (!row) decode_fail(d, "the comparison '%s' is not supported", key);
    uint32_t a = emit_value(d, 1, bits), b = emit_value(d, 2, bits);
    if (part_has(d, "ftz") && bits == 32) {
        const uint32_t flushed[2] = {emit_temp(d, 32), emit_temp(d, 32)};
        emit_add_row(d, "flush.f32", flushed[0], a, 0, 0);
        emit_add_row(d, "flush.f32", flushed[1], b, 0, 0);
        a = flushed[0], b = flushed[1];
    }
    const uint32_t c = logic ? emit_value(d, 3, 32) : 0;
    const uint32_t is = logic || q ? emit_temp(d, 32) : emit_result(d, p, 32);
    insn *i = emit_add(d, row->run[0], row->run[1]);
    i->d[0] = is, i->a = a, i->b = b;
    if (!logic && !q) return;
    const uint32_t is_not = emit_temp(d, 32);
    emit_add_row(d, "not.pred", is_not, is, 0, 0);
    emit_add_row(d, logic ? logic : "mov.pred", emit_result(d, p, 32), is, c, 0);
    if (q) emit_add_row(d, logic ? logic : "mov.pred", emit_result(d, q, 32), is_not, c, 0);
}

/* set.lt.u32.f32 d, a, b: all ones, or 1.0 */
static void emit_set(decoder *d)
{
    const char *to_type = d->parts[d->n_parts - 2], *type = part_last(d);
    const int bits = type_bits(type), to_bits = type_bits(to_type);
    char key[48];
    snprintf(key, sizeof key, "setp.%s.%s", d->parts[1], type);
    const op_row *row = find_row(key, strlen("setp.") + strlen(d->parts[1]) + 1);
    if (!row || part_has(d, "and") || part_has(d, "or") || part_has(d, "xor"))
        decode_fail(d, "'%s' is not supported", key);
    const uint32_t a = emit_value(d, 1, bits), b = emit_value(d, 2, bits), is = emit_temp(d, 32);
    insn *i = emit_add(d, row->run[0], row->run[1]);
    i->d[0] = is, i->a = a, i->b = b;
    const uint64_t one = !strcmp(to_type, "f32")    ? 0x3f800000
                         : !strcmp(to_type, "f16")  ? 0x3c00
                         : !strcmp(to_type, "bf16") ? 0x3f80
                                                    : ~(uint64_t)0;
    const ptx_operand *to = operand_of(d->at, 0);
    const uint32_t result = emit_result(d, to, to_bits);
    emit_add_row(d, to_bits == 16 ? "selp.b16" : "selp.b32", result, emit_preset(d, to_bits, one, NULL),
                 emit_preset(d, to_bits, 0, NULL), is);
    emit_store_result(d, to, result, to_bits, 0);
}

/* slct.b32.f32 d, a, b, c: a where c >= 0, b elsewhere */
static void emit_slct(decoder *d)
{
    const int bits = type_bits(d->parts[d->n_parts - 2]);
    const uint32_t is = emit_temp(d, 32), a = emit_value(d, 1, bits), b = emit_value(d, 2, bits),
                   c = emit_value(d, 3, 32);
    emit_add_row(d, part_last(d)[0] == 'f' ? "setp.ge.f32" : "setp.ge.s32", is, c, emit_preset(d, 32, 0, NULL), 0);
    const char *key = bits == 64 ? "selp.b64" : bits == 16 ? "selp.b16" : "selp.b32";
    emit_add_row(d, key, emit_result(d, operand_of(d->at, 0), bits), a, b, is);
}

static void emit_mov(decoder *d)
{
    const ptx_operand *to = operand_of(d->at, 0), *from = operand_of(d->at, 1);
    const int bits = type_bits(part_last(d));
    if (from->kind == OP_VECTOR) {
        const int each = bits / from->count;
        uint32_t parts[4];
        if (from->count > 4) decode_fail(d, "too many parts");
        for (int i = 0; i < from->count; i++) parts[i] = emit_value_of(d, emit_element(d, from, i), each);
        const uint32_t result = emit_result(d, to, bits);
        if (from->count == 4) {
            const uint32_t low = emit_temp(d, 32), high = emit_temp(d, 32);
            emit_add_row(d, "pack.b32", low, parts[0], parts[1], 0);
            emit_add_row(d, "pack.b32", high, parts[2], parts[3], 0);
            parts[0] = low, parts[1] = high;
        }
        emit_add_row(d, bits == 64 ? "pack.b64" : "pack.b32", result, parts[0], parts[1], 0);
        emit_store_result(d, to, result, bits, 0);
    } else if (to->kind == OP_VECTOR) {
        uint32_t whole = emit_value_of(d, from, bits);
        if (to->count == 4) {
            const uint32_t halves[2] = {emit_temp(d, 32), emit_temp(d, 32)};
            emit_add_row(d, "low.b64", halves[0], whole, 0, 0);
            emit_add_row(d, "high.b64", halves[1], whole, 0, 0);
            for (int i = 0; i < 4; i++)
                emit_add_row(d, i & 1 ? "high.b32" : "low.b32", emit_result(d, emit_element(d, to, i), 16),
                             halves[i / 2], 0, 0);
            return;
        }
        for (int i = 0; i < 2; i++) {
            char key[16];
            snprintf(key, sizeof key, "%s.b%d", i ? "high" : "low", bits);
            const uint32_t result = emit_result(d, emit_element(d, to, i), bits / 2);
            emit_add_row(d, key, result, whole, 0, 0);
            emit_store_result(d, emit_element(d, to, i), result, bits / 2, 0);
        }
    } else {
        const uint32_t a = emit_value_of(d, from, bits), result = emit_result(d, to, bits);
        char key[16];
        snprintf(key, sizeof key, "mov.b%d", bits);
        emit_add_row(d, key, result, a, 0, 0);
        emit_store_result(d, to, result, bits, 0);
    }
}

static void emit_cvt(decoder *d)
{
    const char *to_type = d->parts[d->n_parts - 2], *type = part_last(d);
    const ptx_operand *to = operand_of(d->at, 0);
    int mode = part_has(d, "rz") || part_has(d, "rzi")   ? ROUND_ZERO
               : part_has(d, "rm") || part_has(d, "rmi") ? ROUND_DOWN
               : part_has(d, "rp") || part_has(d, "rpi") ? ROUND_UP
                                                         : ROUND_NEAREST;
    const int host = part_rounding(d);
    if (part_has(d, "rni") || part_has(d, "rzi") || part_has(d, "rmi") || part_has(d, "rpi")) mode |= ROUND_INTEGER;
    if (part_has(d, "sat") || part_has(d, "satfinite")) mode |= ROUND_SATURATE;
    if (part_has(d, "ftz")) mode |= ROUND_FLUSH;
    if (part_has(d, "relu")) mode |= ROUND_RELU;
    const int pair = d->at->insn->count == 3;
    char key[48];
    snprintf(key, sizeof key, "cvt.%s.%s", to_type, type);
    const ptx_operand *from = operand_of(d->at, 1);
    const int from_bits = from->kind == OP_REGISTER ? emit_reg_bits(d, from)
                          : type_bits(type) < 16    ? 16
                                                    : type_bits(type);
    const int to_bits = to->kind == OP_REGISTER   ? emit_reg_bits(d, to)
                        : type_bits(to_type) < 16 ? 16
                                                  : type_bits(to_type);
    const op_row *row = mode & ~3 ? NULL : op_find(key);
    const uint32_t a = emit_value_of(d, from, from_bits), b = pair ? emit_value(d, 2, 32) : 0,
                   result = emit_result(d, to, to_bits);
    if (host >= 0) emit_add(d, op_round, op_round)->imm = host;
    if (row && row->a == from_bits && row->d == to_bits && !pair) {
        emit_add_row(d, key, result, a, 0, 0);
        return;
    }
    insn *i = emit_add(d, op_convert, op_convert);
    i->d[0] = result, i->a = a, i->b = b;
    i->op = (uint8_t)type_number(d, to_type), i->more = (uint8_t)type_number(d, type);
    i->imm = mode;
    i->size = (uint8_t)to_bits, i->count = (uint8_t)from_bits;
}

static int one_of(const char *word, const char *list)
{
    const size_t n = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n])) return 1;
    return 0;
}

/* Everything but control, which has guards of its own. */
static void emit_plain(decoder *d)
{
    const char *base = d->parts[0];
    if (one_of(base,
               "membar fence prefetch prefetchu nanosleep griddepcontrol pmevent discard applypriority setmaxnreg"))
        emit_add(d, op_nothing, op_nothing);
    else if (part_has(d, "cc") || one_of(base, "addc subc madc"))
        emit_carry(d);
    else if (one_of(base, "lop3 bfi prmt"))
        emit_extra(d);
    else if (one_of(base, "ld ldu"))
        emit_load(d);
    else if (!strcmp(base, "st"))
        emit_store(d);
    else if (one_of(base, "atom red"))
        emit_atomic(d);
    else if (!strcmp(base, "cp"))
        emit_async(d);
    else if (!strcmp(base, "setp"))
        emit_setp(d);
    else if (!strcmp(base, "set"))
        emit_set(d);
    else if (!strcmp(base, "slct"))
        emit_slct(d);
    else if (!strcmp(base, "mov"))
        emit_mov(d);
    else if (!strcmp(base, "cvt"))
        emit_cvt(d);
    else if (!strcmp(base, "cvta"))
        emit_cvta(d);
    else if (!strcmp(base, "isspacep"))
        emit_isspacep(d);
    else if (!strcmp(base, "shfl"))
        emit_shuffle(d);
    else if (!strcmp(base, "vote"))
        emit_together(d, op_vote);
    else if (!strcmp(base, "match"))
        emit_together(d, op_match);
    else if (!strcmp(base, "redux"))
        emit_together(d, op_redux);
    else if (!strcmp(base, "activemask"))
        emit_together(d, op_activemask);
    else
        emit_row(d);
}

static void emit_insn(decoder *d)
{
    part_split(d, d->at->insn->opcode);
    memset(d->next_temp, 0, sizeof d->next_temp);
    const char *base = d->parts[0];
    if (!strcmp(base, "bra")) {
        emit_branch(d, decode_label(d, d->at->frame, operand_of(d->at, 0)->name ? operand_of(d->at, 0)->name : ""));
    } else if (!strcmp(base, "brx")) {
        emit_branch_table(d);
    } else if (one_of(base, "ret exit trap brkpt call")) {
        const handler run = one_of(base, "ret exit") ? op_exit : op_trap;
        emit_guard(d, emit_add(d, run, run));
    } else if (one_of(base, "bar barrier")) {
        emit_barrier(d);
    } else {
        int guard = -1;
        if (d->at->guard >= 0) {
            guard = d->program->n_insns;
            emit_guard(d, emit_add(d, op_guard, op_guard));
        }
        emit_plain(d);
        if (guard >= 0) d->program->insns[guard].imm = d->program->n_insns - guard - 1;
    }
}

static int begins_block(const decoder *d, int i)
{
    if (i == 0 || d->code[i].kind == FLAT_LABEL) return 1;
    const flat *before = &d->code[i - 1];
    return before->kind == FLAT_BRANCH ||
           (before->kind == FLAT_INSN &&
            (!strncmp(before->insn->opcode, "bra", 3) || !strncmp(before->insn->opcode, "brx", 3) ||
             !strncmp(before->insn->opcode, "bar", 3) || !strncmp(before->insn->opcode, "ret", 3) ||
             !strncmp(before->insn->opcode, "exit", 4)));
}

static void place_temps(decoder *d)
{
    program *p = d->program;
    for (int kind = 0; kind < 3; kind++) {
        d->temps[kind] = (uint32_t)p->file_size;
        p->file_size += (size_t)TEMPS * (64u << kind);
    }
    d->carry = (uint32_t)p->file_size;
    p->file_size += 128;
}

static void note_sources(decoder *d)
{
    program *p = d->program;
    p->sources = calloc((size_t)d->n_code + 1, sizeof *p->sources);
    if (!p->sources) abort();
    p->n_sources = d->n_code;
    for (int i = 0; i < d->n_code; i++)
        if (d->code[i].insn)
            p->sources[i] = (source){d->code[i].insn->line, d->code[i].insn->file, d->code[i].insn->file_line};
}

void emit_all(decoder *d)
{
    program *p = d->program;
    place_temps(d);
    int block = -1;
    for (int i = 0; i < d->n_code; i++) {
        d->at = &d->code[i];
        if (begins_block(d, i)) {
            block = p->n_insns;
            emit_add(d, op_block, op_block);
        }
        if (d->at->kind == FLAT_LABEL) {
            d->labels[d->at->label].at = block;
            continue;
        }
        p->insns[block].imm++;
        if (d->at->kind == FLAT_BRANCH)
            emit_branch(d, d->at->label);
        else
            emit_insn(d);
    }
    d->at = &d->code[d->n_code ? d->n_code - 1 : 0];
    emit_add(d, op_block, op_block);
    emit_add(d, op_exit, op_exit);
    for (int i = 0; i < p->n_insns; i++)
        if (p->insns[i].run[0] == op_branch) p->insns[i].imm = d->labels[p->insns[i].imm].at;
    note_sources(d);
}
