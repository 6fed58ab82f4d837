/*
 * Bodies of functions: registers and variables in scopes, labels, instructions and their operands.
 */
#include "ptx_parse.h"

#include <string.h>

static void parse_registers(parser *p, int bits)
{
    ptx_function *f = p->function;
    do {
        const token name = parse_next(p);
        int count = 1, numbered = 0;
        if (parse_accept(p, "<")) {
            count = (int)parse_number(p);
            numbered = 1;
            parse_expect(p, ">");
        }
        for (int i = 0; i < count; i++) {
            char *text = ptx_alloc(p->module, name.size + 12);
            memcpy(text, name.text, name.size);
            size_t size = name.size;
            if (numbered) {
                char digits[12];
                int n = 0;
                for (int rest = i; n == 0 || rest; rest /= 10) digits[n++] = (char)('0' + rest % 10);
                while (n) text[size++] = digits[--n];
            }
            PARSE_ROOM(p, f->reg_bits, f->n_regs, p->room_regs);
            f->reg_bits[f->n_regs] = (uint8_t)(bits == 8 ? 16 : bits);
            name_add(p, text, size, f->n_regs++, NULL);
        }
    } while (parse_accept(p, ","));
    parse_expect(p, ";");
}

static ptx_operand parse_operand(parser *p);

/* A list up to `close`; its operands lie side by side in the pool. */
static ptx_operand parse_list(parser *p, const char *close)
{
    ptx_function *f = p->function;
    ptx_operand list[64];
    int count = 0;
    while (!parse_accept(p, close)) {
        if (count == 64) parse_fail(p, "a list of more than 64 operands");
        list[count++] = parse_operand(p);
        parse_accept(p, ",");
    }
    const ptx_operand result = {.kind = OP_VECTOR, .first = f->n_pool, .count = count};
    for (int i = 0; i < count; i++) {
        PARSE_ROOM(p, f->pool, f->n_pool, p->room_pool);
        f->pool[f->n_pool++] = list[i];
    }
    return result;
}

static int is_special(const token *t)
{
    static const char *const names[] = {"%tid.x",           "%tid.y",       "%tid.z",          "%ntid.x",
                                        "%ntid.y",          "%ntid.z",      "%ctaid.x",        "%ctaid.y",
                                        "%ctaid.z",         "%nctaid.x",    "%nctaid.y",       "%nctaid.z",
                                        "%laneid",          "%warpid",      "%nwarpid",        "%smid",
                                        "%nsmid",           "%gridid",      "%clock",          "%clock64",
                                        "%clock_hi",        "%globaltimer", "%lanemask_eq",    "%lanemask_lt",
                                        "%lanemask_le",     "%lanemask_gt", "%lanemask_ge",    "%dynamic_smem_size",
                                        "%total_smem_size", "WARP_SZ",      "%globaltimer_lo", "%globaltimer_hi"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (token_is(t, names[i])) return 1;
    return 0;
}

static ptx_operand parse_memory(parser *p)
{
    ptx_operand o = {.kind = OP_MEMORY, .reg = -1};
    if (p->token.kind == TOKEN_WORD) {
        const token base = parse_next(p);
        const ptx_name *name = name_find(p, base.text, base.size);
        if (!name) parse_fail(p, "'%.*s' is unknown", (int)base.size, base.text);
        o.reg = name->reg;
        o.symbol = name->symbol;
        if (parse_accept(p, "+") || token_is(&p->token, "-")) o.value = parse_number(p);
    } else {
        o.value = parse_number(p);
    }
    parse_expect(p, "]");
    return o;
}

static ptx_operand parse_word(parser *p)
{
    const token word = parse_next(p);
    if (token_is(&word, "_")) return (ptx_operand){.kind = OP_SINK};
    const ptx_name *name = name_find(p, word.text, word.size);
    ptx_operand o = {.kind = OP_LABEL};
    if (name && !name->symbol) {
        o.kind = OP_REGISTER;
        o.reg = name->reg;
    } else if (name) {
        o.kind = OP_SYMBOL;
        o.symbol = name->symbol;
        if (parse_accept(p, "+") || token_is(&p->token, "-")) o.value = parse_number(p);
    } else {
        if (word.text[0] == '%' || token_is(&word, "WARP_SZ")) {
            if (!is_special(&word)) parse_fail(p, "the register '%.*s' is unknown", (int)word.size, word.text);
            o.kind = OP_SPECIAL;
        }
        o.name = parse_copy(p, &word);
    }
    return o;
}

static ptx_operand parse_operand(parser *p)
{
    if (parse_accept(p, "[")) return parse_memory(p);
    if (parse_accept(p, "{")) return parse_list(p, "}");
    if (parse_accept(p, "(")) return parse_list(p, ")");
    ptx_operand o = {.kind = OP_IMMEDIATE};
    const int negated = parse_accept(p, "!");
    if (p->token.kind == TOKEN_NUMBER || token_is(&p->token, "-"))
        o.value = parse_number(p);
    else if (p->token.kind == TOKEN_WORD)
        o = parse_word(p);
    else
        parse_fail(p, "an operand expected before '%.*s'", (int)p->token.size, p->token.text);
    o.negated = negated;
    if (parse_accept(p, "|")) {
        ptx_function *f = p->function;
        const ptx_operand pair[2] = {o, parse_operand(p)};
        o = (ptx_operand){.kind = OP_PAIR, .first = f->n_pool, .count = 2};
        for (int i = 0; i < 2; i++) {
            PARSE_ROOM(p, f->pool, f->n_pool, p->room_pool);
            f->pool[f->n_pool++] = pair[i];
        }
    }
    return o;
}

static ptx_insn *new_insn(parser *p, int line)
{
    ptx_function *f = p->function;
    PARSE_ROOM(p, f->insns, f->n_insns, p->room_insns);
    f->insns[f->n_insns] = (ptx_insn){.guard = -1, .line = line, .file = p->file, .file_line = p->file_line};
    return &f->insns[f->n_insns++];
}

static void parse_insn(parser *p)
{
    ptx_insn insn = {.guard = -1, .line = p->token.line};
    if (parse_accept(p, "@")) {
        insn.guard_not = parse_accept(p, "!");
        const token guard = parse_next(p);
        const ptx_name *name = name_find(p, guard.text, guard.size);
        if (!name || name->symbol) parse_fail(p, "'%.*s' is unknown", (int)guard.size, guard.text);
        insn.guard = name->reg;
    }
    if (p->token.kind != TOKEN_WORD) parse_fail(p, "an instruction expected");
    const token opcode = parse_next(p);
    ptx_operand list[64];
    int count = 0;
    while (!parse_accept(p, ";")) {
        if (count == 64) parse_fail(p, "more than 64 operands");
        list[count++] = parse_operand(p);
        if (!token_is(&p->token, ";")) parse_expect(p, ",");
    }
    insn.opcode = parse_copy(p, &opcode);
    ptx_function *f = p->function;
    insn.first = f->n_pool;
    insn.count = count;
    for (int i = 0; i < count; i++) {
        PARSE_ROOM(p, f->pool, f->n_pool, p->room_pool);
        f->pool[f->n_pool++] = list[i];
    }
    insn.file = p->file;
    insn.file_line = p->file_line;
    *new_insn(p, insn.line) = insn;
}

static void parse_label(parser *p, const token *label)
{
    ptx_function *f = p->function;
    if (!parse_accept(p, ".branchtargets")) {
        if (token_is(&p->token, ".callprototype") || token_is(&p->token, ".calltargets")) {
            while (!parse_accept(p, ";")) parse_next(p);
            return;
        }
        ptx_insn *insn = new_insn(p, label->line);
        insn->label = parse_copy(p, label);
        return;
    }
    ptx_targets targets = {.name = parse_copy(p, label)};
    int room = 0;
    do {
        const token name = parse_next(p);
        PARSE_ROOM(p, targets.labels, targets.count, room);
        targets.labels[targets.count++] = parse_copy(p, &name);
    } while (parse_accept(p, ","));
    parse_expect(p, ";");
    PARSE_ROOM(p, f->targets, f->n_targets, p->room_targets);
    f->targets[f->n_targets++] = targets;
}

/* `.loc file line column, function_name …, inlined_at file line column`, to the end of the line. What a place is
 * inlined at may be inlined itself: then an earlier .loc says where. */
static void parse_loc(parser *p)
{
    const int line = p->token.line;
    ptx_inlined here = {0};
    here.file = p->file = (int)parse_number(p);
    here.line = p->file_line = (int)parse_number(p);
    here.column = p->token.line == line && p->token.kind == TOKEN_NUMBER ? (int)parse_number(p) : 0;
    while (p->token.line == line && p->token.kind != TOKEN_END) {
        const token word = parse_next(p);
        if (!token_is(&word, "inlined_at")) continue;
        p->file = (int)parse_number(p);
        p->file_line = (int)parse_number(p);
        const int column = (int)parse_number(p);
        const unsigned kept = p->n_inlined < RECENT_INLINED ? p->n_inlined : RECENT_INLINED;
        for (unsigned k = 1; k <= kept; k++) {
            const ptx_inlined *outer = &p->inlined[(p->n_inlined - k) % RECENT_INLINED];
            if (outer->file != p->file || outer->line != p->file_line || outer->column != column) continue;
            p->file = outer->outer_file;
            p->file_line = outer->outer_line;
            break;
        }
        here.outer_file = p->file;
        here.outer_line = p->file_line;
        p->inlined[p->n_inlined++ % RECENT_INLINED] = here;
    }
}

static void parse_dot(parser *p)
{
    if (token_is(&p->token, ".reg")) {
        parse_next(p);
        const token type = parse_next(p);
        const int bits = ptx_type_bits(type.text, type.size);
        if (!bits || bits > 64) parse_fail(p, "registers of type '%.*s' are not supported", (int)type.size, type.text);
        parse_registers(p, bits);
    } else if (p->token.size > 5 && !memcmp(p->token.text, ".reg.", 5)) {
        const token type = parse_next(p);
        parse_registers(p, ptx_type_bits(type.text + 4, type.size - 4));
    } else if (parse_accept(p, ".loc")) {
        parse_loc(p);
    } else if (token_is(&p->token, ".pragma")) {
        while (!parse_accept(p, ";")) parse_next(p);
    } else {
        parse_variable(p, 0);
    }
}

void parse_body(parser *p)
{
    const ptx_name *marks[64];
    int depth = 0;
    do {
        if (p->token.kind == TOKEN_END) parse_fail(p, "the text ends inside of a function");
        if (parse_accept(p, "{")) {
            if (depth == 64) parse_fail(p, "scopes nested too deep");
            marks[depth++] = p->newest;
        } else if (parse_accept(p, "}")) {
            names_close(p, marks[--depth]);
        } else if (token_is(&p->token, "@")) {
            parse_insn(p);
        } else if (p->token.kind == TOKEN_WORD && p->token.text[0] == '.') {
            parse_dot(p);
        } else {
            const lexer lexer_before = p->lexer;
            const token token_before = p->token;
            const token word = parse_next(p);
            if (word.kind == TOKEN_WORD && parse_accept(p, ":")) {
                parse_label(p, &word);
            } else {
                p->lexer = lexer_before;
                p->token = token_before;
                parse_insn(p);
            }
        }
    } while (depth);
}
