/* What an embedded generator's program calls. */
#define AG_FIXED_ROOM   0
#define AG_FIXED_SIZE   16
#define AG_IN_SIZE      16
#define AG_OUT_SIZE     16
#define AG_ARENA_SIZE   16
#define AG_SCRATCH_SIZE 16
/* AG_TEMPLATE */
/* ---------------------------------------------------------------- the interface */

/* Where the blocks lie, in numbers from the first line of cache in the memory, which tells that it is ready. */
enum { LINE = 64 };
#define IN_AT      (LINE / (long)sizeof(real))
#define OUT_AT     (IN_AT + AG_IN_SIZE)
#define ARENA_AT   (OUT_AT + AG_OUT_SIZE)
#define SCRATCH_AT (ARENA_AT + AG_ARENA_SIZE)
#define FIXED_AT   (SCRATCH_AT + AG_SCRATCH_SIZE)
#define END_AT     (FIXED_AT + AG_FIXED_ROOM)

static real *first_line(void *memory)
{
    const size_t over = (size_t)memory % LINE;
    if (over) memory = (char *)memory + (LINE - over);
    return memory;
}

/* Memory that is ready begins with its own address, as it may have been moved since, and a number that follows from the
 * code and the weights, as each library has its own use for it. */
struct ready {
    void *address;
    ag_u64 library;
};

static int is_ready(const real *base)
{
    struct ready ready;
    memcpy(&ready, base, sizeof ready);
    return ready.address == (const void *)base && ready.library == AG_MARK;
}

static void find_blocks(real *base, real *block[AG_BLOCKS])
{
    block[AG_IN] = base + IN_AT;
    block[AG_OUT] = base + OUT_AT;
    block[AG_FIXED] = AG_FIXED_BLOCK;
    block[AG_ARENA] = base + ARENA_AT;
    block[AG_SCRATCH] = base + SCRATCH_AT;
}

size_t AG_NAME_memory(void)
{
    return (size_t)END_AT * sizeof(real) + LINE;
}

int AG_NAME_init(void *memory, size_t bytes)
{
    real *const base = first_line(memory);
    struct ready ready;
    if (!memory || bytes < AG_NAME_memory()) return AG_UPPER_NO_MEMORY;
    memset(base, 0, (size_t)END_AT * sizeof(real));
    ready.address = base;
    ready.library = AG_MARK;
    memcpy(base, &ready, sizeof ready);
AG_EXPAND    return AG_UPPER_DONE;
}

AG_CALL
const char *AG_NAME_info(void)
{
    return info;
}
