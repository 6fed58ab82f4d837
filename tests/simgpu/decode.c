/*
 * Inlines calls, finds where registers live, and gives them slots of a warp's register file: registers that are never
 * live together share one, so that the file of an unrolled kernel stays in cache.
 */
#include "decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void decode_fail(decoder *d, const char *what, ...)
{
    va_list arguments;
    va_start(arguments, what);
    int n = 0;
    if (d->at && d->at->insn) {
        int size;
        const char *text = ptx_line(d->module, d->at->insn->line, &size);
        n = snprintf(d->message, d->room, "PTX line %d, '%.*s': ", d->at->insn->line, size, text);
    }
    if (n < (int)d->room) vsnprintf(d->message + n, d->room - (size_t)n, what, arguments);
    va_end(arguments);
    longjmp(d->failed, 1);
}

void *decode_room(decoder *d, void *array, size_t each, int used, int *room)
{
    (void)d;
    if (used < *room) return array;
    *room = *room ? 2 * *room : 64;
    array = realloc(array, each * (size_t)*room);
    if (!array) abort();
    return array;
}

static int starts(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

int decode_has_result(const char *opcode)
{
    static const char *const without[] = {"st.",
                                          "red.",
                                          "bra",
                                          "brx",
                                          "bar.sync",
                                          "bar.warp",
                                          "bar.arrive",
                                          "barrier.sync",
                                          "cp.",
                                          "ret",
                                          "exit",
                                          "trap",
                                          "brkpt",
                                          "barrier.cta.sync",
                                          "barrier.arrive",
                                          "membar",
                                          "fence",
                                          "nanosleep",
                                          "pmevent",
                                          "discard",
                                          "call",
                                          "barrier.cta.arrive",
                                          "prefetch",
                                          "setmaxnreg",
                                          "griddepcontrol",
                                          "applypriority"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (starts(opcode, without[i])) return 0;
    return 1;
}

/* --- inlining --- */

int decode_label(decoder *d, frame *f, const char *name)
{
    for (int i = 0; i < d->n_labels; i++)
        if (d->labels[i].frame == f && d->labels[i].name && !strcmp(d->labels[i].name, name)) return i;
    decode_fail(d, "there is no label '%s'", name);
}

static int new_label(decoder *d, frame *f, const char *name)
{
    DECODE_ROOM(d, d->labels, d->n_labels, d->room_labels);
    d->labels[d->n_labels] = (label){f, name, -1};
    return d->n_labels++;
}

static flat *new_flat(decoder *d, int kind, frame *f, const ptx_insn *insn)
{
    DECODE_ROOM(d, d->code, d->n_code, d->room_code);
    flat *result = &d->code[d->n_code++];
    *result = (flat){.kind = kind, .insn = insn, .frame = f, .guard = -1};
    if (insn && insn->guard >= 0) {
        result->guard = f->regs + insn->guard;
        result->guard_not = insn->guard_not;
    }
    return result;
}

static void place(decoder *d, frame *f, ptx_symbol *symbol, size_t offset)
{
    if (!(f->n_places & (f->n_places + 1))) {
        void *bigger = ptx_alloc(d->module, sizeof *f->places * 2 * (size_t)(f->n_places + 1));
        if (f->n_places) memcpy(bigger, f->places, sizeof *f->places * (size_t)f->n_places);
        f->places = bigger;
    }
    f->places[f->n_places].symbol = symbol;
    f->places[f->n_places++].offset = offset;
}

size_t decode_place(decoder *d, const frame *f, ptx_symbol *symbol)
{
    for (int i = 0; i < f->n_places; i++)
        if (f->places[i].symbol == symbol) return f->places[i].offset;
    const size_t align = symbol->align ? symbol->align : 1;
    d->local_size = (d->local_size + align - 1) / align * align;
    const size_t offset = d->local_size;
    place(d, (frame *)f, symbol, offset);
    d->local_size += symbol->size;
    return offset;
}

static void inline_function(decoder *d, frame *f);

static void bind(decoder *d, const flat *call, const ptx_operand *list, frame *callee, ptx_symbol **formal, int count)
{
    if (list->count != count) decode_fail(d, "a call with %d arguments in place of %d", list->count, count);
    for (int i = 0; i < count; i++) {
        const ptx_operand *o = &call->frame->function->pool[list->first + i];
        if (o->kind != OP_SYMBOL) decode_fail(d, "an argument that is no .param variable");
        place(d, callee, formal[i], decode_place(d, call->frame, o->symbol));
    }
}

static frame *new_frame(decoder *d, ptx_function *function)
{
    frame *f = ptx_alloc(d->module, sizeof *f);
    f->function = function;
    f->regs = d->n_regs;
    d->n_regs += function->n_regs;
    d->bits = realloc(d->bits, (size_t)d->n_regs + 1);
    if (!d->bits) abort();
    if (function->n_regs) memcpy(d->bits + f->regs, function->reg_bits, (size_t)function->n_regs);
    return f;
}

static void inline_call(decoder *d, frame *caller, const ptx_insn *insn)
{
    const flat call = {.kind = FLAT_INSN, .insn = insn, .frame = caller, .guard = -1};
    d->at = &call;
    const ptx_operand *results = NULL, *name = NULL, *arguments = NULL;
    for (int i = 0; i < insn->count; i++) {
        const ptx_operand *o = operand_of(&call, i);
        if (o->kind != OP_VECTOR)
            name = name ? name : o;
        else if (name)
            arguments = o;
        else
            results = o;
    }
    if (!name || name->kind != OP_LABEL) decode_fail(d, "only calls by name are supported");
    ptx_function *function = ptx_find(d->module, name->name);
    if (!function || !function->has_body) decode_fail(d, "the function '%s' has no body here", name->name);
    if (d->depth > 20) decode_fail(d, "recursion is not supported");
    frame *callee = new_frame(d, function);
    if (function->n_results && results) bind(d, &call, results, callee, function->results, function->n_results);
    if (function->n_params && arguments) bind(d, &call, arguments, callee, function->params, function->n_params);
    callee->end_label = new_label(d, callee, NULL);
    d->depth++;
    inline_function(d, callee);
    d->depth--;
    new_flat(d, FLAT_LABEL, caller, NULL)->label = callee->end_label;
    d->at = NULL;
}

/* A call of what assert() calls; emit.c makes a trap of it. */
static int is_assertion(const frame *f, const ptx_insn *insn)
{
    for (int i = 0; i < insn->count; i++) {
        const ptx_operand *o = &f->function->pool[insn->first + i];
        if (o->kind == OP_LABEL && !strcmp(o->name, "__assertfail")) return 1;
    }
    return 0;
}

static void inline_function(decoder *d, frame *f)
{
    for (int i = 0; i < f->function->n_insns; i++)
        if (f->function->insns[i].label) new_label(d, f, f->function->insns[i].label);
    for (int i = 0; i < f->function->n_insns; i++) {
        const ptx_insn *insn = &f->function->insns[i];
        if (insn->label) {
            const int at = decode_label(d, f, insn->label);
            new_flat(d, FLAT_LABEL, f, NULL)->label = at;
        } else if (starts(insn->opcode, "call") && !is_assertion(f, insn)) {
            const int after = new_label(d, f, NULL);
            if (insn->guard >= 0) {
                flat *skip = new_flat(d, FLAT_BRANCH, f, insn);
                skip->label = after;
                skip->guard_not = !skip->guard_not;
            }
            inline_call(d, f, insn);
            new_flat(d, FLAT_LABEL, f, NULL)->label = after;
        } else if (starts(insn->opcode, "ret") && !f->is_kernel) {
            new_flat(d, FLAT_BRANCH, f, insn)->label = f->end_label;
        } else {
            new_flat(d, FLAT_INSN, f, insn);
        }
    }
}

uint64_t decode_shared(decoder *d, ptx_symbol *symbol)
{
    if (symbol->is_extern) return (d->shared_size + 15) & ~(uint64_t)15; /* behind all static ones */
    if (symbol->offset == 0) {
        const size_t align = symbol->align ? symbol->align : 1;
        d->shared_size = (d->shared_size + align - 1) / align * align;
        symbol->offset = d->shared_size + 1;
        d->shared_size += symbol->size;
    }
    return symbol->offset - 1;
}

static void each_symbol(decoder *d, void (*visit)(decoder *, const frame *, ptx_symbol *))
{
    for (int i = 0; i < d->n_code; i++) {
        const flat *f = &d->code[i];
        if (f->kind != FLAT_INSN) continue;
        for (int k = 0; k < f->insn->count; k++) {
            const ptx_operand *o = operand_of(f, k);
            if ((o->kind == OP_SYMBOL || o->kind == OP_MEMORY) && o->symbol) visit(d, f->frame, o->symbol);
        }
    }
}

static void forget_shared(decoder *d, const frame *f, ptx_symbol *symbol)
{
    (void)d, (void)f;
    if (symbol->space == SPACE_SHARED) symbol->offset = 0;
}

static void place_variable(decoder *d, const frame *f, ptx_symbol *symbol)
{
    if (symbol->space == SPACE_SHARED && !symbol->is_extern) decode_shared(d, symbol);
    if (symbol->space == SPACE_LOCAL) decode_place(d, f, symbol);
}

/* --- where registers live --- */

typedef struct {
    int from, to; /* instructions of the block */
    int next[2];  /* blocks, -1 for none; a branch table follows all labels */
    int table;
    uint64_t *in, *out, *use, *def;
} block_info;

typedef void visitor(void *context, int reg, int is_written);

static void visit_operand(const flat *f, const ptx_operand *o, int is_written, visitor *visit, void *context)
{
    if (o->kind == OP_REGISTER || (o->kind == OP_MEMORY && o->reg >= 0 && !o->symbol))
        visit(context, f->frame->regs + o->reg, is_written && o->kind == OP_REGISTER);
    if (o->kind == OP_VECTOR || o->kind == OP_PAIR)
        for (int i = 0; i < o->count; i++)
            visit_operand(f, &f->frame->function->pool[o->first + i], is_written, visit, context);
}

/* Reads first, then writes; what a guard may leave alone counts as read too. */
static void visit_insn(const flat *f, visitor *visit, void *context)
{
    if (f->guard >= 0) visit(context, f->guard, 0);
    if (f->kind != FLAT_INSN) return;
    const int written = f->insn->count && decode_has_result(f->insn->opcode);
    if (written && f->guard >= 0) visit_operand(f, operand_of(f, 0), 0, visit, context);
    for (int i = written; i < f->insn->count; i++) visit_operand(f, operand_of(f, i), 0, visit, context);
    if (written) visit_operand(f, operand_of(f, 0), 1, visit, context);
}

static void note_use(void *context, int reg, int is_written)
{
    block_info *b = context;
    const uint64_t bit = (uint64_t)1 << (reg & 63);
    if (is_written)
        b->def[reg >> 6] |= bit;
    else if (!(b->def[reg >> 6] & bit))
        b->use[reg >> 6] |= bit;
}

static int is_branch(const flat *f)
{
    return f->kind == FLAT_BRANCH ||
           (f->kind == FLAT_INSN && (starts(f->insn->opcode, "bra") || starts(f->insn->opcode, "brx")) &&
            !starts(f->insn->opcode, "brev"));
}

static int is_end(const flat *f)
{
    return f->kind == FLAT_INSN && f->guard < 0 &&
           (starts(f->insn->opcode, "ret") || starts(f->insn->opcode, "exit") || starts(f->insn->opcode, "trap"));
}

static block_info *find_blocks(decoder *d, int *count)
{
    block_info *blocks = calloc((size_t)d->n_code + 2, sizeof *blocks);
    int *of_label = calloc((size_t)d->n_labels + 1, sizeof *of_label);
    if (!blocks || !of_label) abort();
    int n = 0;
    for (int i = 0; i < d->n_code; i++) {
        const flat *f = &d->code[i];
        if (i == 0 || f->kind == FLAT_LABEL || is_branch(&d->code[i - 1]) || is_end(&d->code[i - 1]))
            blocks[n++].from = i;
        blocks[n - 1].to = i + 1;
        if (f->kind == FLAT_LABEL) of_label[f->label] = n - 1;
    }
    for (int b = 0; b < n; b++) {
        const flat *last = &d->code[blocks[b].to - 1];
        d->at = last;
        blocks[b].next[0] = b + 1 < n && !is_end(last) && !(is_branch(last) && last->guard < 0) ? b + 1 : -1;
        blocks[b].next[1] = -1;
        if (last->kind == FLAT_BRANCH)
            blocks[b].next[1] = of_label[last->label];
        else if (is_branch(last) && starts(last->insn->opcode, "brx"))
            blocks[b].table = 1;
        else if (is_branch(last))
            blocks[b].next[1] = of_label[decode_label(d, last->frame, operand_of(last, 0)->name)];
    }
    d->at = NULL;
    free(of_label);
    *count = n;
    return blocks;
}

static int flow_in(const decoder *d, block_info *blocks, int n, int b, size_t words)
{
    int changed = 0;
    block_info *to = &blocks[b];
    for (int k = 0; k < 2; k++)
        if (to->next[k] >= 0)
            for (size_t i = 0; i < words; i++) to->out[i] |= blocks[to->next[k]].in[i];
    if (to->table)
        for (int o = 0; o < n; o++)
            if (d->code[blocks[o].from].kind == FLAT_LABEL)
                for (size_t i = 0; i < words; i++) to->out[i] |= blocks[o].in[i];
    for (size_t i = 0; i < words; i++) {
        const uint64_t in = to->use[i] | (to->out[i] & ~to->def[i]);
        changed |= in != to->in[i];
        to->in[i] = in;
    }
    return changed;
}

typedef struct {
    int *first, *last, now;
} intervals;

static void note_interval(void *context, int reg, int is_written)
{
    (void)is_written;
    intervals *v = context;
    if (v->now < v->first[reg]) v->first[reg] = v->now;
    if (v->now > v->last[reg]) v->last[reg] = v->now;
}

static void extend(intervals *v, const uint64_t *live, size_t words, int at)
{
    v->now = at;
    for (size_t i = 0; i < words; i++)
        for (uint64_t rest = live[i]; rest; rest &= rest - 1)
            note_interval(v, (int)(i * 64) + __builtin_ctzll(rest), 0);
}

static void find_intervals(decoder *d, intervals *v)
{
    int n;
    block_info *blocks = find_blocks(d, &n);
    const size_t words = (size_t)(d->n_regs + 63) / 64;
    uint64_t *sets = calloc((size_t)n * 4 * words + 1, sizeof *sets);
    if (!sets) abort();
    for (int b = 0; b < n; b++) {
        uint64_t *own = sets + (size_t)b * 4 * words;
        blocks[b].in = own;
        blocks[b].out = own + words;
        blocks[b].use = own + 2 * words;
        blocks[b].def = own + 3 * words;
        for (int i = blocks[b].from; i < blocks[b].to; i++) visit_insn(&d->code[i], note_use, &blocks[b]);
    }
    for (int changed = 1; changed;) {
        changed = 0;
        for (int b = n - 1; b >= 0; b--) changed |= flow_in(d, blocks, n, b, words);
    }
    for (int b = 0; b < n; b++) {
        extend(v, blocks[b].in, words, blocks[b].from);
        extend(v, blocks[b].out, words, blocks[b].to - 1);
        for (v->now = blocks[b].from; v->now < blocks[b].to; v->now++) visit_insn(&d->code[v->now], note_interval, v);
    }
    free(sets);
    free(blocks);
}

typedef struct {
    int reg, first;
} start;

static int by_start(const void *a, const void *b)
{
    const start *x = a, *y = b;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : x->reg - y->reg;
}

static size_t slot_bytes(int bits)
{
    return bits == 64 ? 256 : bits == 16 ? 64 : 128;
}

/* Linear scan: in the order in which registers begin to live, each takes the first slot that is free again. */
static void give_slots(decoder *d)
{
    const size_t n = (size_t)d->n_regs + 1;
    intervals v = {malloc(n * sizeof(int)), malloc(n * sizeof(int)), 0};
    start *starts_of = malloc(n * sizeof *starts_of);
    struct {
        uint32_t at;
        int until;
    } * slots[3];
    int n_slots[3] = {0};
    for (int k = 0; k < 3; k++) slots[k] = malloc(n * sizeof **slots);
    d->slots = calloc(n, sizeof *d->slots);
    if (!v.first || !v.last || !starts_of || !slots[0] || !slots[1] || !slots[2] || !d->slots) abort();
    for (size_t i = 0; i < n; i++) v.first[i] = 1 << 30, v.last[i] = -1;
    find_intervals(d, &v);
    int used = 0;
    for (int i = 0; i < d->n_regs; i++)
        if (v.last[i] >= 0) starts_of[used++] = (start){i, v.first[i]};
    qsort(starts_of, (size_t)used, sizeof *starts_of, by_start);
    for (int s = 0; s < used; s++) {
        const int reg = starts_of[s].reg, kind = d->bits[reg] == 64 ? 2 : d->bits[reg] == 16 ? 0 : 1;
        int k = 0;
        while (k < n_slots[kind] && slots[kind][k].until >= v.first[reg]) k++;
        if (k == n_slots[kind]) {
            slots[kind][n_slots[kind]++].at = (uint32_t)d->program->file_size;
            d->program->file_size += slot_bytes(d->bits[reg]);
        }
        slots[kind][k].until = v.last[reg];
        d->slots[reg] = slots[kind][k].at;
    }
    for (int k = 0; k < 3; k++) free(slots[k]);
    free(starts_of);
    free(v.first);
    free(v.last);
}

program *decode_kernel(ptx_module *module, ptx_function *kernel, char *message, size_t room)
{
    decoder d = {.module = module, .message = message, .room = room};
    decoder *volatile kept = &d;
    d.program = calloc(1, sizeof *d.program);
    if (!d.program) abort();
    if (setjmp(d.failed)) {
        program_free(kept->program);
        d.program = NULL;
    } else {
        program *p = d.program;
        p->name = kernel->name;
        p->module = module;
        p->params_size = kernel->params_size;
        p->max_threads = kernel->max_threads ? kernel->max_threads : MAX_THREADS;
        frame *f = new_frame(&d, kernel);
        f->is_kernel = 1;
        inline_function(&d, f);
        each_symbol(&d, forget_shared);
        each_symbol(&d, place_variable);
        give_slots(&d);
        emit_all(&d);
        p->local_size = (d.local_size + 15) & ~(size_t)15;
        p->shared_size = d.shared_size;
    }
    free(d.code);
    free(d.labels);
    free(d.bits);
    free(d.slots);
    return d.program;
}

void program_free(program *p)
{
    if (!p) return;
    free(p->insns);
    free(p->sources);
    free(p->presets);
    free(p);
}
