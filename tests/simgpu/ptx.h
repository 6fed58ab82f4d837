/*
 * PTX as a tree: what ptx_parse.c makes of a module's text and decode.c reads.
 */
#ifndef SIMGPU_PTX_H
#define SIMGPU_PTX_H

#include <stddef.h>
#include <stdint.h>

enum ptx_space { SPACE_REG, SPACE_GLOBAL, SPACE_CONST, SPACE_SHARED, SPACE_LOCAL, SPACE_PARAM, SPACE_GENERIC };

typedef struct ptx_symbol ptx_symbol;
typedef struct ptx_function ptx_function;

/* A piece of an initialiser that holds the address of another variable. */
typedef struct {
    size_t at;
    char *name;
    int64_t offset;
    int bytes;
} ptx_address;

/* A variable (or a kernel's parameter): of a module, or of a function. */
struct ptx_symbol {
    char *name;
    enum ptx_space space;
    int is_extern; /* .extern, or an array without a size: dynamic shared memory */
    size_t size, align;
    uint8_t *initial; /* `size` bytes, or NULL: zeros */
    ptx_address *addresses;
    int n_addresses;
    size_t offset;    /* of a parameter in its list; of others, set by decode.c */
    uint64_t address; /* of a module's variable once it is loaded */
    ptx_function *owner;
};

enum ptx_kind { OP_REGISTER, OP_IMMEDIATE, OP_SYMBOL, OP_SPECIAL, OP_MEMORY, OP_VECTOR, OP_LABEL, OP_SINK, OP_PAIR };

/*
 * REGISTER: reg. IMMEDIATE: value. SYMBOL: symbol + value. SPECIAL: name. MEMORY: [reg or symbol + value].
 * VECTOR, PAIR (`p|q`) and argument lists: `count` operands from `first` in the function's pool. LABEL: name.
 */
typedef struct {
    enum ptx_kind kind;
    int negated, reg, first, count;
    ptx_symbol *symbol;
    int64_t value;
    const char *name;
} ptx_operand;

typedef struct {
    const char *opcode; /* with all its modifiers; NULL at a label */
    const char *label;
    int line, file, file_line; /* in the PTX; in the source by .loc, 0 without */
    int guard, guard_not;      /* register, -1 for none */
    int first, count;          /* operands in the function's pool */
} ptx_insn;

/* A list of labels: .branchtargets */
typedef struct {
    const char *name;
    const char **labels;
    int count;
} ptx_targets;

struct ptx_function {
    char *name;
    int is_kernel, has_body;
    ptx_symbol **params, **results;
    int n_params, n_results;
    size_t params_size;
    ptx_insn *insns;
    int n_insns;
    ptx_operand *pool;
    int n_pool;
    uint8_t *reg_bits; /* of each register: 1 for a predicate, 16, 32, 64 */
    int n_regs;
    ptx_targets *targets;
    int n_targets;
    int max_threads;
};

typedef struct {
    char *text; /* own copy */
    size_t *lines;
    int n_lines;
    char **files; /* by the number of their .file, NULL for unknown ones */
    int n_files;
    ptx_symbol **symbols;
    int n_symbols;
    ptx_function **functions;
    int n_functions;
    int major, minor, target;
    struct ptx_block *memory; /* everything above lies in these blocks */
} ptx_module;

/* Reads a module. On failure returns NULL with what is wrong in `message`. */
ptx_module *ptx_parse(const char *text, size_t size, char *message, size_t room);
void ptx_free(ptx_module *module);
/* Memory that lives as long as the module, zeroed. */
void *ptx_alloc(ptx_module *module, size_t size);
ptx_function *ptx_find(const ptx_module *module, const char *name);
/* Line `line` of the text without leading blanks; its length in *size. */
const char *ptx_line(const ptx_module *module, int line, int *size);

#endif
