/* Allocates a program's blocks; finds tensors and phases by name. */
#define _GNU_SOURCE
#include "ag.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Blocks are aligned to cache lines. Large blocks fill whole huge pages, if the system has them. A program uses more
 * small pages than a core's TLB holds. */
enum { LINE = 64, HUGE_PAGE = 2 << 20 };

/* Blocks of at least so many bytes are allocated only if that much memory is free. The system may grant more memory
 * than it has, and kill the process when it uses that memory. */
enum { CHECKED_BYTES = 64 << 20 };

real *ag_reals(long n, struct ag_error *err)
{
    void *memory = NULL;
    size_t bytes = (size_t)(n > 0 ? n : 1) * sizeof(real);
    if (bytes >= HUGE_PAGE) bytes = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    if (bytes >= CHECKED_BYTES && ag_check_memory((double)bytes, "one block of numbers", err)) return NULL;
    if (n < 0 || posix_memalign(&memory, bytes < HUGE_PAGE ? LINE : HUGE_PAGE, bytes)) {
        ag_fail(err, 1, "out of memory: %.1f MB more are needed", (double)bytes / 1e6);
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (bytes >= HUGE_PAGE) madvise(memory, bytes, MADV_HUGEPAGE); /* only makes it faster; a failure is harmless */
#endif
    return memset(memory, 0, bytes);
}

const struct ag_table *ag_block_table(const struct ag_program *program, enum ag_block block)
{
    return &program->block[block % AG_BAR_G];
}

/* 1 if the program has bar blocks. Only the duality gap, in the phase "arch", needs test weights. */
static int has_bar(const struct ag_program *program)
{
    return ag_phase_find(program, "arch") != NULL;
}

static int has_gradients(const struct ag_program *program)
{
    for (int i = 0; i < program->phases; i++)
        if (program->phase[i].updates_weights >= 0 || program->phase[i].updates_alpha) return 1;
    return 0;
}

static long block_size(const struct ag_program *program, int block)
{
    long g = program->block[AG_G].size, d = program->block[AG_D].size;
    switch (block) {
    case AG_IN:
        return program->in_size;
    case AG_OUT:
        return program->out_size;
    case AG_GRAD:
        return has_gradients(program) ? (g > d ? g : d) : 0;
    case AG_GRAD_ALPHA:
        return program->block[AG_ALPHA].size;
    case AG_FIXED:
        return program->fixed_size;
    case AG_ARENA:
        return program->arena_size;
    case AG_SCRATCH:
        return program->scratch_size * (program->device ? 1 : ag_threads());
    default:
        return block < AG_BAR_G || has_bar(program) ? program->block[block % AG_BAR_G].size : 0;
    }
}

/* 1 if the program carries AG_FIXED as numbers that kernels can read in place. */
static int is_carried(const struct ag_program *program)
{
    return program->fixed && program->weights_type == AG_F32;
}

/* Allocates one block. If phases run on a device, a block that only phases use has one real on the host. */
static real *new_block(const struct ag_program *program, int i, struct ag_error *err)
{
    if (i == AG_FIXED && is_carried(program)) return (real *)program->fixed;
    const long size = block_size(program, i), here = program->device && i >= AG_FIXED ? 1 : size;
    real *block = ag_reals(here, err);
    if (!block || !ag_device || !ag_device->new_mirror(block, here, size, err)) return block;
    ag_free(block);
    return NULL;
}

/* Checks that all blocks together fit the free memory, before the first is allocated. */
static int check_blocks(const struct ag_program *program, struct ag_error *err)
{
    double bytes = 0;
    for (int i = 0; i < AG_BLOCKS; i++)
        if (i < AG_FIXED || !(program->device || (i == AG_FIXED && is_carried(program))))
            bytes += (double)block_size(program, i) * sizeof(real);
    return bytes < CHECKED_BYTES ? 0 : ag_check_memory(bytes, "the networks and what they work in", err);
}

int ag_blocks_new(const struct ag_program *program, real *block[AG_BLOCKS], struct ag_error *err)
{
    memset(block, 0, AG_BLOCKS * sizeof *block);
    int status = ag_device_open(program, err);
    if (!status) status = check_blocks(program, err);
    for (int i = 0; !status && i < AG_BLOCKS; i++) {
        block[i] = new_block(program, i, err);
        status = !block[i];
    }
    if (status) ag_blocks_free(program, block);
    return status;
}

void ag_blocks_free(const struct ag_program *program, real *block[AG_BLOCKS])
{
    for (int i = 0; i < AG_BLOCKS; i++) {
        if (block[i] != program->fixed) ag_mirror_free(block[i]);
        block[i] = NULL;
    }
}

void ag_prepare(const struct ag_program *program, real *const block[AG_BLOCKS])
{
    struct ag_phase phase;
    memset(&phase, 0, sizeof phase);
    phase.name = "prepare";
    phase.run = program->prepare;
    if (program->prepare) ag_run(&phase, block);
}

void ag_copy_to_bar(const struct ag_program *program, real *const block[AG_BLOCKS])
{
    for (int i = AG_G; has_bar(program) && i < AG_BAR_G; i++)
        ag_mirror_copy(block[AG_BAR_G + i], block[i], program->block[i].size);
}

void ag_upload_blocks(const struct ag_program *program, real *const block[AG_BLOCKS])
{
    for (int i = AG_G; i < AG_BAR_G; i++) ag_upload(block[i], block_size(program, i));
}

long ag_tensor_size(const struct ag_tensor *tensor)
{
    long size = 1;
    for (int i = 0; i < tensor->rank; i++) size *= tensor->shape[i];
    return size;
}

const struct ag_phase *ag_phase_find(const struct ag_program *program, const char *name)
{
    for (int i = 0; i < program->phases; i++)
        if (!strcmp(program->phase[i].name, name)) return &program->phase[i];
    return NULL;
}

const struct ag_tensor *ag_table_find(const struct ag_table *table, const char *name)
{
    for (int i = 0; i < table->count; i++)
        if (!strcmp(table->tensor[i].name, name)) return &table->tensor[i];
    return NULL;
}

real *ag_tensor_find(const struct ag_table *table, const char *name, real *block)
{
    const struct ag_tensor *tensor = ag_table_find(table, name);
    return tensor ? block + tensor->offset : NULL;
}
