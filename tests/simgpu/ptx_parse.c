/*
 * Modules, variables and their initialisers. Bodies of functions: ptx_body.c.
 */
#include "ptx_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ptx_block {
    struct ptx_block *next;
    size_t used, room;
    _Alignas(16) char bytes[];
};

void *ptx_alloc(ptx_module *m, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (!m->memory || m->memory->room - m->memory->used < size) {
        const size_t room = size > 1 << 18 ? size : 1 << 18;
        struct ptx_block *block = calloc(1, sizeof *block + room);
        if (!block) abort();
        block->room = room;
        block->next = m->memory;
        m->memory = block;
    }
    void *result = m->memory->bytes + m->memory->used;
    m->memory->used += size;
    return result;
}

void ptx_free(ptx_module *m)
{
    if (!m) return;
    for (struct ptx_block *block = m->memory, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(m);
}

void parse_fail(parser *p, const char *what, ...)
{
    va_list arguments;
    va_start(arguments, what);
    const int n = snprintf(p->message, p->room, "PTX line %d: ", p->token.line);
    vsnprintf(p->message + n, p->room - (size_t)n, what, arguments);
    va_end(arguments);
    longjmp(p->failed, 1);
}

token parse_next(parser *p)
{
    const token t = p->token;
    p->token = lex(&p->lexer);
    return t;
}

int parse_accept(parser *p, const char *text)
{
    if (!token_is(&p->token, text)) return 0;
    parse_next(p);
    return 1;
}

void parse_expect(parser *p, const char *text)
{
    if (!parse_accept(p, text)) parse_fail(p, "'%s' expected before '%.*s'", text, (int)p->token.size, p->token.text);
}

int64_t parse_number(parser *p)
{
    const int negative = parse_accept(p, "-");
    if (!negative) parse_accept(p, "+");
    if (p->token.kind != TOKEN_NUMBER) parse_fail(p, "a number expected");
    const int64_t value = parse_next(p).value;
    return negative ? -value : value;
}

char *parse_copy(parser *p, const token *t)
{
    char *copy = ptx_alloc(p->module, t->size + 1);
    memcpy(copy, t->text, t->size);
    return copy;
}

void *parse_room(parser *p, void *array, size_t each, int used, int *room)
{
    if (used < *room) return array;
    *room = *room ? 2 * *room : 64;
    void *bigger = ptx_alloc(p->module, each * (size_t)*room);
    if (used) memcpy(bigger, array, each * (size_t)used);
    return bigger;
}

static int bucket_of(const char *text, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++) hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return (int)((hash ^ hash >> 15) % NAME_BUCKETS);
}

void name_add(parser *p, const char *text, size_t size, int reg, ptx_symbol *symbol)
{
    ptx_name *name = ptx_alloc(p->module, sizeof *name);
    const int bucket = bucket_of(text, size);
    *name = (ptx_name){text, size, reg, bucket, symbol, p->buckets[bucket], p->newest};
    p->buckets[bucket] = p->newest = name;
}

const ptx_name *name_find(const parser *p, const char *text, size_t size)
{
    const ptx_name *name = p->buckets[bucket_of(text, size)];
    while (name && (name->size != size || memcmp(name->text, text, size) != 0)) name = name->shadowed;
    return name;
}

void names_close(parser *p, const ptx_name *mark)
{
    for (; p->newest != mark; p->newest = p->newest->older) p->buckets[p->newest->bucket] = p->newest->shadowed;
}

int ptx_type_bits(const char *type, size_t size)
{
    if (size == 5 && !memcmp(type, ".pred", 5)) return 1;
    if (size < 3 || !strchr("busf", type[1])) return 0;
    return atoi(type + 2);
}

static const struct {
    const char *word;
    enum ptx_space space;
} spaces[] = {{".global", SPACE_GLOBAL},
              {".const", SPACE_CONST},
              {".shared", SPACE_SHARED},
              {".local", SPACE_LOCAL},
              {".param", SPACE_PARAM}};

static enum ptx_space parse_space(parser *p)
{
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (parse_accept(p, spaces[i].word)) return spaces[i].space;
    parse_fail(p, "'%.*s' is unknown here", (int)p->token.size, p->token.text);
}

typedef struct {
    enum ptx_space space;
    size_t align, element;
} declaration;

/* `.space .align N .v2 .type`, in any order up to the name. */
static declaration parse_declaration(parser *p)
{
    declaration d = {parse_space(p), 0, 0};
    size_t lanes = 1;
    while (p->token.kind == TOKEN_WORD && p->token.text[0] == '.') {
        if (parse_accept(p, ".align")) {
            d.align = (size_t)parse_number(p);
        } else if (parse_accept(p, ".v2")) {
            lanes = 2;
        } else if (parse_accept(p, ".v4")) {
            lanes = 4;
        } else if (parse_accept(p, ".attribute")) {
            while (!parse_accept(p, ")")) parse_next(p);
        } else if (parse_accept(p, ".ptr")) {
            /* a parameter's: .ptr .space .align N, of what it points to */
            while (token_is(&p->token, ".global") || token_is(&p->token, ".shared") || token_is(&p->token, ".const") ||
                   token_is(&p->token, ".local"))
                parse_next(p);
            if (parse_accept(p, ".align")) parse_number(p);
        } else {
            const token type = parse_next(p);
            const int bits = ptx_type_bits(type.text, type.size);
            if (bits < 8) parse_fail(p, "the type '%.*s' is unknown", (int)type.size, type.text);
            d.element = (size_t)bits / 8;
        }
    }
    d.element *= lanes;
    if (!d.align) d.align = d.element;
    return d;
}

static ptx_symbol *parse_declarator(parser *p, const declaration *d)
{
    ptx_symbol *symbol = ptx_alloc(p->module, sizeof *symbol);
    if (p->token.kind != TOKEN_WORD) parse_fail(p, "a name expected");
    const token name = parse_next(p);
    *symbol = (ptx_symbol){.name = parse_copy(p, &name), .space = d->space, .size = d->element, .align = d->align};
    symbol->owner = p->function;
    while (parse_accept(p, "[")) {
        if (parse_accept(p, "]")) {
            symbol->is_extern = 1;
            symbol->size = 0;
        } else {
            symbol->size *= (size_t)parse_number(p);
            parse_expect(p, "]");
        }
    }
    return symbol;
}

typedef struct {
    ptx_symbol *symbol;
    uint8_t *bytes;
    size_t used, room, element;
} initialiser;

static void put(parser *p, initialiser *i, int64_t value)
{
    if (i->room - i->used < i->element) {
        uint8_t *bigger = ptx_alloc(p->module, 2 * i->room + 64);
        if (i->used) memcpy(bigger, i->bytes, i->used);
        i->room = 2 * i->room + 64;
        i->bytes = bigger;
    }
    memcpy(i->bytes + i->used, &value, i->element < 8 ? i->element : 8);
    i->used += i->element;
}

static void parse_values(parser *p, initialiser *i)
{
    if (parse_accept(p, "{")) {
        while (!parse_accept(p, "}")) {
            parse_values(p, i);
            parse_accept(p, ",");
        }
        return;
    }
    if (p->token.kind != TOKEN_WORD) {
        put(p, i, parse_number(p));
        return;
    }
    token name = parse_next(p);
    if (token_is(&name, "generic")) {
        parse_expect(p, "(");
        name = parse_next(p);
        parse_expect(p, ")");
    }
    ptx_symbol *symbol = i->symbol;
    ptx_address *addresses = ptx_alloc(p->module, sizeof *addresses * (size_t)(symbol->n_addresses + 1));
    if (symbol->n_addresses) memcpy(addresses, symbol->addresses, sizeof *addresses * (size_t)symbol->n_addresses);
    ptx_address *address = addresses + symbol->n_addresses++;
    symbol->addresses = addresses;
    *address = (ptx_address){i->used, parse_copy(p, &name), 0, (int)i->element};
    if (token_is(&p->token, "+") || token_is(&p->token, "-")) address->offset = parse_number(p);
    put(p, i, 0);
}

void parse_variable(parser *p, int is_extern)
{
    const declaration d = parse_declaration(p);
    do {
        ptx_symbol *symbol = parse_declarator(p, &d);
        symbol->is_extern |= is_extern;
        if (parse_accept(p, "=")) {
            initialiser i = {.symbol = symbol, .element = d.element};
            parse_values(p, &i);
            if (symbol->is_extern) symbol->size = i.used;
            symbol->is_extern = 0;
            symbol->initial = ptx_alloc(p->module, symbol->size);
            if (i.used) memcpy(symbol->initial, i.bytes, i.used < symbol->size ? i.used : symbol->size);
        }
        name_add(p, symbol->name, strlen(symbol->name), -1, symbol);
        if (!p->function) {
            PARSE_ROOM(p, p->module->symbols, p->module->n_symbols, p->room_symbols);
            p->module->symbols[p->module->n_symbols++] = symbol;
        }
    } while (parse_accept(p, ","));
    parse_expect(p, ";");
}

ptx_symbol *parse_param(parser *p)
{
    const declaration d = parse_declaration(p);
    return parse_declarator(p, &d);
}

static ptx_symbol **parse_params(parser *p, int *count, size_t *bytes)
{
    ptx_symbol **params = NULL;
    int room = 0;
    *count = 0;
    size_t offset = 0;
    while (!parse_accept(p, ")")) {
        if (token_is(&p->token, ".reg")) parse_fail(p, "parameters in registers are not supported");
        ptx_symbol *param = parse_param(p);
        offset = (offset + param->align - 1) / param->align * param->align;
        param->offset = offset;
        offset += param->size;
        PARSE_ROOM(p, params, *count, room);
        params[(*count)++] = param;
        parse_accept(p, ",");
    }
    if (bytes) *bytes = offset;
    return params;
}

static void parse_function(parser *p, int is_kernel)
{
    ptx_function *f = ptx_alloc(p->module, sizeof *f);
    f->is_kernel = is_kernel;
    p->function = f;
    const ptx_name *mark = p->newest;
    if (parse_accept(p, "(")) f->results = parse_params(p, &f->n_results, NULL);
    const token name = parse_next(p);
    f->name = parse_copy(p, &name);
    if (parse_accept(p, "(")) f->params = parse_params(p, &f->n_params, &f->params_size);
    for (int i = 0; i < f->n_params; i++) name_add(p, f->params[i]->name, strlen(f->params[i]->name), -1, f->params[i]);
    for (int i = 0; i < f->n_results; i++)
        name_add(p, f->results[i]->name, strlen(f->results[i]->name), -1, f->results[i]);
    while (!token_is(&p->token, "{") && !token_is(&p->token, ";")) {
        if (p->token.kind == TOKEN_END) parse_fail(p, "the text ends in the head of a function");
        if (parse_accept(p, ".maxntid")) {
            f->max_threads = (int)parse_number(p);
            while (parse_accept(p, ",")) f->max_threads *= (int)parse_number(p);
        } else {
            parse_next(p);
        }
    }
    if (!parse_accept(p, ";")) {
        f->has_body = 1;
        p->room_insns = p->room_pool = p->room_regs = p->room_targets = 0;
        p->file = p->file_line = 0;
        parse_body(p);
    }
    names_close(p, mark);
    p->function = NULL;
    PARSE_ROOM(p, p->module->functions, p->module->n_functions, p->room_functions);
    p->module->functions[p->module->n_functions++] = f;
}

static void parse_file(parser *p)
{
    const int number = (int)parse_number(p);
    const token name = parse_next(p);
    if (number < 0 || number > 4096) parse_fail(p, "the file number %d is out of range", number);
    while (p->module->n_files <= number) {
        PARSE_ROOM(p, p->module->files, p->module->n_files, p->room_files);
        p->module->files[p->module->n_files++] = NULL;
    }
    p->module->files[number] = parse_copy(p, &name);
    while (parse_accept(p, ",")) parse_number(p);
}

static void parse_section(parser *p)
{
    while (!token_is(&p->token, "{") && p->token.kind != TOKEN_END) parse_next(p);
    while (!parse_accept(p, "}") && p->token.kind != TOKEN_END) parse_next(p);
}

static void parse_statement(parser *p)
{
    if (parse_accept(p, ".version")) {
        const token version = parse_next(p);
        p->module->major = atoi(version.text);
    } else if (parse_accept(p, ".target")) {
        const token target = parse_next(p);
        if (target.size > 3) p->module->target = atoi(target.text + 3);
        while (parse_accept(p, ",")) parse_next(p);
    } else if (parse_accept(p, ".address_size")) {
        if (parse_number(p) != 64) parse_fail(p, "only addresses of 64 bits are supported");
    } else if (parse_accept(p, ".file")) {
        parse_file(p);
    } else if (parse_accept(p, ".section")) {
        parse_section(p);
    } else if (token_is(&p->token, ".pragma") || token_is(&p->token, ".alias")) {
        while (!parse_accept(p, ";")) parse_next(p);
    } else {
        int is_extern = 0;
        while (token_is(&p->token, ".visible") || token_is(&p->token, ".weak") || token_is(&p->token, ".common") ||
               token_is(&p->token, ".extern"))
            is_extern |= token_is(&p->token, ".extern"), parse_next(p);
        if (parse_accept(p, ".entry"))
            parse_function(p, 1);
        else if (parse_accept(p, ".func"))
            parse_function(p, 0);
        else
            parse_variable(p, is_extern);
    }
}

static void find_lines(ptx_module *m, size_t size)
{
    m->n_lines = 1;
    for (size_t i = 0; i < size; i++) m->n_lines += m->text[i] == '\n';
    m->lines = ptx_alloc(m, sizeof *m->lines * (size_t)(m->n_lines + 1));
    int n = 1;
    for (size_t i = 0; i < size; i++)
        if (m->text[i] == '\n') m->lines[n++] = i + 1;
    m->lines[n] = size + 1;
}

static int parse_all(parser *p)
{
    if (setjmp(p->failed)) return 0;
    parse_next(p);
    if (!token_is(&p->token, ".version")) parse_fail(p, "this is no PTX: it does not begin with .version");
    while (p->token.kind != TOKEN_END) parse_statement(p);
    return 1;
}

ptx_module *ptx_parse(const char *text, size_t size, char *message, size_t room)
{
    ptx_module *m = calloc(1, sizeof *m);
    parser *p = calloc(1, sizeof *p);
    if (!m || !p) abort();
    while (size && !text[size - 1]) size--;
    m->text = ptx_alloc(m, size + 1);
    memcpy(m->text, text, size);
    find_lines(m, size);
    p->module = m;
    p->message = message;
    p->room = room;
    p->lexer = (lexer){m->text, m->text + size, 1};
    const int good = parse_all(p);
    free(p);
    if (!good) ptx_free(m);
    return good ? m : NULL;
}

ptx_function *ptx_find(const ptx_module *m, const char *name)
{
    ptx_function *found = NULL;
    for (int i = 0; i < m->n_functions; i++)
        if (!strcmp(m->functions[i]->name, name) && (!found || m->functions[i]->has_body)) found = m->functions[i];
    return found;
}

const char *ptx_line(const ptx_module *m, int line, int *size)
{
    *size = 0;
    if (line < 1 || line > m->n_lines) return "";
    const char *from = m->text + m->lines[line - 1], *end = m->text + m->lines[line] - 1;
    while (from < end && (*from == ' ' || *from == '\t')) from++;
    *size = (int)(end - from);
    return from;
}
