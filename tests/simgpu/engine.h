/*
 * The machine that runs a decoded kernel. A kernel is an array of instructions, each with the function that carries it
 * out for 32 lanes; a warp's registers are arrays of 32 lanes in one register file, addressed by byte offsets.
 * Constants and special registers lie in that file too, so that an operand is always an offset.
 */
#ifndef SIMGPU_ENGINE_H
#define SIMGPU_ENGINE_H

#include "ptx.h"

#include <setjmp.h>
#include <stdint.h>

enum { LANES = 32, MAX_THREADS = 1024, MAX_WARPS = MAX_THREADS / LANES, BARRIERS = 16 };
enum { CHECK_NONE, CHECK_BOUNDS, CHECK_ALL };

/* Device addresses are host addresses plus this, so that neither serves as the other. */
#define DEVICE_BIAS ((uint64_t)1 << 56)

typedef struct warp warp;
typedef struct insn insn;
typedef const insn *(*handler)(warp *w, const insn *i); /* returns the next instruction, NULL: nothing to run */

enum { FLAG_GUARD = 1, FLAG_NOT = 2, FLAG_SIGNED = 4, FLAG_NARROW = 8, FLAG_VOLATILE = 16, FLAG_ATOMIC = 32 };

struct insn {
    handler run[2]; /* with all lanes active; with some (w->bits, w->lanes) */
    uint32_t a, b, c;
    uint32_t d[4];
    uint16_t flags;
    uint8_t size, count; /* of memory accesses: bytes of an element, elements */
    int64_t imm;
    uint8_t space, address_bits, op, more;
    int32_t source; /* index of the PTX instruction */
};

/* A constant or a special register, to be put into every warp's register file. */
typedef struct {
    uint32_t offset;
    int bits;
    uint64_t value;
    const char *special;
} preset;

typedef struct {
    int line, file, file_line;
} source;

/* Sectors of global memory (sectors.h). */
typedef struct {
    uint64_t read, written; /* distinct ones within a launch */
    uint64_t requested;     /* distinct ones within a warp's instruction */
} traffic;

typedef struct program {
    const char *name;
    const ptx_module *module;
    insn *insns;
    int n_insns;
    source *sources;
    int n_sources;
    preset *presets;
    int n_presets;
    size_t file_size;   /* bytes of a warp's registers */
    size_t shared_size; /* static shared memory */
    size_t local_size;  /* bytes a thread */
    size_t params_size;
    int max_threads;
    int uses_async;
    uint64_t launches, blocks, threads, thread_insns, bytes_read, bytes_written;
    traffic sectors;
} program;

/* Memory with its shadow: a tag each for the last write and read of every word (check.h), NULL without checks. */
typedef struct region {
    uint64_t base, size; /* host address */
    uint32_t *written, *read;
    uint32_t *sector_read, *sector_written; /* the launch that did so last, of each sector (sectors.h), or NULL */
    const char *what;
    uint64_t serial;
} region;

/* Where the tags of now begin and end (check.h). */
typedef struct {
    uint32_t fresh; /* tags below: never written */
    uint32_t from;  /* tags from here on may conflict */
    uint32_t phase; /* of this block between two barriers; a thread's tag is phase + thread */
    uint32_t many;  /* readers of several blocks, or threads */
} tag_clock;

typedef struct {
    uint64_t from[LANES];
    uint32_t to[LANES], group[LANES];
    uint32_t lanes;
    uint8_t size;
    uint8_t from_size[LANES];
    region *source; /* holds what most lanes copy, NULL if unknown */
    const insn *at;
} async_copy;

struct worker;

struct warp {
    uint32_t lanes[LANES] __attribute__((aligned(64))); /* ~0 for each lane in `bits` */
    uint8_t *file;
    uint32_t partial, bits; /* bits: lanes that carry out this instruction */
    const insn *insns;
    struct worker *worker;
    uint32_t all, alive, active, waiting, at_barrier, collecting;
    uint32_t pc[LANES], next_pc; /* next_pc: the lowest of a waiting lane */
    uint32_t barrier[LANES];
    int index;
    uint32_t switches, guard_end; /* times other lanes took over; the place behind a guarded group, 0 outside */
    int synced;                   /* the warp synchronised by itself since the last barrier of the block */
    uint64_t steps, thread_insns, bytes_read, bytes_written;
    traffic sectors;
    uint64_t local; /* host address of lane 0's local memory */
    async_copy *copies;
    int n_copies, room_copies;
    uint32_t committed[LANES];
};

typedef struct launch {
    program *program;
    unsigned grid[3], block[3];
    int threads, warps, dynamic;
    uint64_t blocks;
    uint8_t *params;
    int check, order;
    uint64_t seed, budget;
    uint64_t next_block; /* taken atomically */
    int failed;
    uint32_t tags_from; /* first tag of this launch */
    uint32_t number;    /* of this launch, from 1 */
} launch;

typedef struct worker {
    launch *launch;
    uint32_t ctaid[3];
    uint64_t block;
    region shared, locals;
    size_t shared_room, locals_room, files_room;
    uint8_t *files;
    warp warps[MAX_WARPS];
    tag_clock clock[2]; /* of global, of shared memory */
    uint32_t next_shared_tag;
    uint32_t *shared_read;
    struct {
        uint32_t expected, arrived, votes, reduces;
    } barriers[BARRIERS];
    struct {
        uint32_t offset;
        int special, axis;
    } of_block[4]; /* presets that change from block to block */
    int n_of_block;
    jmp_buf escape;
    region *recent[64]; /* where an instruction's last access went */
} worker;

/* Runs a launch on all cores; nonzero if it failed (and its report has been printed). */
int engine_run(launch *l);

/* Reports a fault and ends the launch. `address` is the host's; 0 for none. */
_Noreturn void fault(warp *w, const insn *i, int lane, uint64_t address, const char *what, ...)
    __attribute__((format(printf, 5, 6)));

/* Lanes: w->bits becomes `bits` for one instruction, or from now on. */
void warp_lanes(warp *w, uint32_t bits);
/* Runs the waiting lanes of the lowest pc; NULL if there are none. */
const insn *warp_schedule(warp *w);
/* The lanes wait at `pc` until warp_schedule picks them. */
void warp_wait(warp *w, uint32_t lanes, uint32_t pc);

#define FILE_AT(type, offset) ((type *)__builtin_assume_aligned(w->file + (offset), 64))
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpass-failed"
#define EACH_LANE _Pragma("clang loop vectorize(assume_safety)") for (int l = 0; l < LANES; l++)
#else
#define EACH_LANE _Pragma("GCC ivdep") for (int l = 0; l < LANES; l++)
#endif

#endif
