/*
 * Branches, barriers and what lanes of a warp do together.
 *
 * A warp's lanes run together while they are at the same place. At a branch that not all take the same way, those with
 * the lower place go on, the others wait; they join where the former arrive at theirs. Lanes at a barrier leave that
 * game until engine.c lets them go on.
 */
#include "decode.h"

#include <fenv.h>
#include <string.h>

void warp_lanes(warp *w, uint32_t bits)
{
    w->bits = bits;
    w->partial = bits != ~0u;
    EACH_LANE
    {
        w->lanes[l] = -(bits >> l & 1);
    }
}

void warp_wait(warp *w, uint32_t lanes, uint32_t pc)
{
    if (!lanes) return;
    w->active &= ~lanes;
    w->waiting |= lanes;
    for (int l = 0; l < LANES; l++)
        if (lanes >> l & 1) w->pc[l] = pc;
    if (pc < w->next_pc) w->next_pc = pc;
}

/* A set of lanes that all stand at the collective they wait for, or none. */
static const insn *release_collecting(warp *w)
{
    if (!w->collecting) return NULL;
    const insn *i = &w->insns[w->pc[__builtin_ctz(w->collecting)]];
    fault(w, i, __builtin_ctz(w->collecting), 0,
          "lanes wait for others of the warp that never come: they have exited or stand elsewhere (waiting: %08x, "
          "exited: "
          "%08x, at a barrier: %08x)",
          w->collecting, w->all & ~w->alive, w->at_barrier);
}

const insn *warp_schedule(warp *w)
{
    w->switches++;
    if (!w->waiting) {
        w->active = 0;
        w->next_pc = UINT32_MAX;
        return release_collecting(w);
    }
    uint32_t least = UINT32_MAX, lanes = 0, next = UINT32_MAX;
    const uint32_t waiting = w->waiting;
    EACH_LANE
    {
        const uint32_t pc = w->pc[l] | ((waiting >> l & 1) - 1); /* all ones where the lane does not wait */
        least = pc < least ? pc : least;
    }
    EACH_LANE
    {
        const uint32_t pc = w->pc[l] | ((waiting >> l & 1) - 1);
        const uint32_t other = pc | -(uint32_t)(pc == least);
        lanes |= -(uint32_t)(pc == least) & 1u << l;
        next = other < next ? other : next;
    }
    w->waiting &= ~lanes;
    w->active = lanes;
    w->next_pc = next;
    warp_lanes(w, lanes);
    return &w->insns[least];
}

static uint32_t mask_of(const uint32_t *lanes)
{
    uint32_t mask = 0;
    EACH_LANE
    {
        mask |= lanes[l] & 1u << l;
    }
    return mask;
}

/* Of the lanes that run, those that the guard lets through. */
static uint32_t guarded(const warp *w, const insn *i)
{
    if (!(i->flags & FLAG_GUARD)) return w->bits;
    const uint32_t mask = mask_of(FILE_AT(uint32_t, i->c));
    return w->bits & (i->flags & FLAG_NOT ? ~mask : mask);
}

static uint32_t place_of(const warp *w, const insn *i)
{
    return (uint32_t)(i - w->insns);
}

const insn *op_block(warp *w, const insn *i)
{
    w->steps += (uint64_t)i->imm;
    const uint32_t here = place_of(w, i);
    if (w->waiting && here >= w->next_pc) {
        warp_wait(w, w->active, here);
        i = warp_schedule(w);
    }
    w->thread_insns += (uint64_t)i->imm * (uint64_t)__builtin_popcount(w->bits);
    if (w->steps > w->worker->launch->budget)
        fault(w, i + 1, __builtin_ctz(w->bits), 0,
              "the warp has run %llu instructions: an endless loop? (SIMGPU_BUDGET=N allows more)",
              (unsigned long long)w->steps);
    return i->run[0] == op_block ? i + 1 : i;
}

const insn *op_guard(warp *w, const insn *i)
{
    const uint32_t lanes = guarded(w, i), switches = w->switches;
    const insn *end = i + 1 + i->imm;
    if (!lanes) return end;
    warp_lanes(w, lanes);
    w->guard_end = place_of(w, end);
    for (const insn *n = i + 1; n < end;) {
        n = n->run[1](w, n);
        if (w->switches != switches) {
            w->guard_end = 0;
            return n;
        }
    }
    w->guard_end = 0;
    warp_lanes(w, w->active);
    return end;
}

const insn *op_round(warp *w, const insn *i)
{
    fesetround((int)i->imm);
    const insn *next = i[1].run[w->partial || w->guard_end](w, i + 1);
    fesetround(FE_TONEAREST);
    return next;
}

const insn *op_branch(warp *w, const insn *i)
{
    const uint32_t taken = guarded(w, i);
    if (taken == w->bits) return &w->insns[i->imm];
    if (!taken) return i + 1;
    const uint32_t others = w->bits & ~taken;
    warp_wait(w, taken, (uint32_t)i->imm);
    warp_wait(w, others, place_of(w, i) + 1);
    return warp_schedule(w);
}

/* The targets follow as branches, each to be reached by its index; indices outside are undefined. */
const insn *op_branch_table(warp *w, const insn *i)
{
    const uint32_t *index = FILE_AT(uint32_t, i->a);
    const uint32_t taken = guarded(w, i), others = w->bits & ~taken;
    for (int l = 0; l < LANES; l++) {
        if (!(taken >> l & 1)) continue;
        if (index[l] >= (uint64_t)i->imm)
            fault(w, i, l, 0, "the index %u of a branch is out of its table's range", index[l]);
        warp_wait(w, 1u << l, (uint32_t)i[1 + index[l]].imm);
    }
    warp_wait(w, others, place_of(w, i) + 1 + (uint32_t)i->imm);
    return warp_schedule(w);
}

const insn *op_exit(warp *w, const insn *i)
{
    const uint32_t lanes = guarded(w, i), others = w->bits & ~lanes;
    w->alive &= ~lanes;
    w->active &= ~lanes;
    if (!w->active) return warp_schedule(w);
    if (others) warp_lanes(w, others);
    return i + 1;
}

const insn *op_trap(warp *w, const insn *i)
{
    const uint32_t lanes = guarded(w, i);
    if (lanes) fault(w, i, __builtin_ctz(lanes), 0, "the kernel trapped, or an assertion failed");
    return i + 1;
}

const insn *op_nothing(warp *w, const insn *i)
{
    (void)w;
    return i + 1;
}

const insn *op_barrier(warp *w, const insn *i)
{
    const uint32_t lanes = guarded(w, i), others = w->bits & ~lanes;
    const uint32_t *id = FILE_AT(uint32_t, i->a), *count = FILE_AT(uint32_t, i->b);
    for (int l = 0; l < LANES; l++) {
        if (!(lanes >> l & 1)) continue;
        if (id[l] >= BARRIERS) fault(w, i, l, 0, "there is no barrier %u", id[l]);
        const uint32_t expected = i->count ? count[l] : (uint32_t)w->worker->launch->threads;
        if (i->count && (!expected || expected % LANES))
            fault(w, i, l, 0, "a barrier for %u threads, which is no multiple of the warp's 32", expected);
        w->worker->barriers[id[l]].expected = expected;
        w->worker->barriers[id[l]].arrived++;
        w->barrier[l] = id[l];
        w->pc[l] = place_of(w, i) + 1;
        if (i->op >= BARRIER_POPC) {
            w->worker->barriers[id[l]].reduces = 1;
            w->worker->barriers[id[l]].votes += FILE_AT(uint32_t, i->d[1])[l] & 1;
        }
    }
    if (i->op == BARRIER_ARRIVE) return i + 1;
    w->at_barrier |= lanes;
    w->active &= ~lanes;
    warp_wait(w, others, place_of(w, i) + 1);
    return lanes ? warp_schedule(w) : i + 1;
}

/*
 * Whether the lanes named in `members` are all here. If not, those that are here wait: the last to arrive takes the
 * others along and carries out the instruction for all. Members of the lanes must be the same.
 */
static int gathered(warp *w, const insn *i, uint32_t members, const insn **next)
{
    const uint32_t here = place_of(w, i);
    for (int l = 0; l < LANES; l++)
        if ((w->collecting >> l & 1) && w->pc[l] == here && (members >> l & 1)) {
            w->collecting &= ~(1u << l);
            w->active |= 1u << l;
            w->bits |= 1u << l;
        }
    warp_lanes(w, w->bits);
    if (!w->worker->launch->check) members &= w->alive; /* as on a device */
    if (!(members & ~w->bits)) return 1;
    if (w->worker->launch->check && (members & ~w->alive))
        fault(w, i, __builtin_ctz(w->bits), 0, "the member mask %08x names lanes that have exited (%08x) or never were",
              members, members & ~w->alive);
    for (int l = 0; l < LANES; l++)
        if (w->bits >> l & 1) w->pc[l] = here;
    w->collecting |= w->bits;
    const uint32_t left = w->active & ~w->bits;
    w->active &= ~w->bits;
    warp_wait(w, left, w->guard_end);
    *next = warp_schedule(w);
    return 0;
}

static uint32_t members_of(warp *w, const insn *i, uint32_t offset)
{
    const uint32_t *masks = FILE_AT(uint32_t, offset);
    const int first = __builtin_ctz(w->bits);
    if (w->worker->launch->check && !(masks[first] >> first & 1))
        fault(w, i, first, 0, "the member mask %08x lacks the lane itself", masks[first]);
    return masks[first];
}

const insn *op_warp_barrier(warp *w, const insn *i)
{
    const insn *next;
    const uint32_t lanes = guarded(w, i);
    if (!lanes) return i + 1;
    if (!gathered(w, i, members_of(w, i, i->a), &next)) return next;
    w->synced = 1;
    return i + 1;
}

const insn *op_shuffle(warp *w, const insn *i)
{
    const insn *next;
    if (!gathered(w, i, members_of(w, i, i->d[2]), &next)) return next;
    const uint32_t *b = FILE_AT(uint32_t, i->b), *c = FILE_AT(uint32_t, i->c);
    uint32_t a[LANES], *d = FILE_AT(uint32_t, i->d[0]), *p = FILE_AT(uint32_t, i->d[1]);
    memcpy(a, w->file + i->a, sizeof a);
    uint32_t values[LANES], inside[LANES];
    for (int l = 0; l < LANES; l++) {
        const int segment = (int)(c[l] >> 8 & 31), clamp = (int)(c[l] & 31), by = (int)(b[l] & 31);
        const int most = (l & segment) | (clamp & ~segment), least = l & segment;
        int j = i->op == SHUFFLE_UP     ? l - by
                : i->op == SHUFFLE_DOWN ? l + by
                : i->op == SHUFFLE_BFLY ? l ^ by
                                        : least | (by & ~segment);
        /* up: c's clamp is the lowest lane */
        inside[l] = i->op == SHUFFLE_UP ? j >= most : j <= most;
        if (!inside[l]) j = l;
        if (w->worker->launch->check && (w->bits >> l & 1) && !(w->bits >> j & 1))
            fault(w, i, l, 0, "the lane reads lane %d, which does not take part", j);
        values[l] = a[j];
    }
    EACH_LANE
    {
        d[l] = w->lanes[l] ? values[l] : d[l];
        p[l] = w->lanes[l] ? -(uint32_t)(inside[l] != 0) : p[l];
    }
    return i + 1;
}

const insn *op_vote(warp *w, const insn *i)
{
    const insn *next;
    const uint32_t members = members_of(w, i, i->d[2]);
    if (!gathered(w, i, members, &next)) return next;
    const uint32_t yes = mask_of(FILE_AT(uint32_t, i->a)) & w->bits & members, *lanes = w->lanes;
    const uint32_t all = w->bits & members;
    const uint32_t result = i->op == VOTE_BALLOT ? yes
                            : (i->op == VOTE_ALL   ? yes == all
                               : i->op == VOTE_ANY ? yes != 0
                                                   : yes == all || !yes)
                                ? ~0u
                                : 0;
    uint32_t *d = FILE_AT(uint32_t, i->d[0]);
    EACH_LANE
    {
        d[l] = lanes[l] ? result : d[l];
    }
    return i + 1;
}

static uint64_t lane_value(const warp *w, const insn *i, int l)
{
    return i->size == 64 ? FILE_AT(uint64_t, i->a)[l] : FILE_AT(uint32_t, i->a)[l];
}

const insn *op_match(warp *w, const insn *i)
{
    const insn *next;
    const uint32_t members = members_of(w, i, i->d[2]);
    if (!gathered(w, i, members, &next)) return next;
    uint32_t result[LANES] = {0};
    for (int l = 0; l < LANES; l++)
        for (int k = 0; k < LANES; k++)
            if ((w->bits & members) >> k & 1 && lane_value(w, i, k) == lane_value(w, i, l)) result[l] |= 1u << k;
    for (int l = 0; l < LANES; l++) {
        if (!(w->bits >> l & 1)) continue;
        const int all = result[l] == (w->bits & members);
        FILE_AT(uint32_t, i->d[0])[l] = !i->imm ? result[l] : all ? result[l] : 0;
        FILE_AT(uint32_t, i->d[1])[l] = all ? ~0u : 0;
    }
    return i + 1;
}

const insn *op_redux(warp *w, const insn *i)
{
    const insn *next;
    const uint32_t members = members_of(w, i, i->d[2]);
    if (!gathered(w, i, members, &next)) return next;
    const uint32_t *a = FILE_AT(uint32_t, i->a);
    uint32_t *d = FILE_AT(uint32_t, i->d[0]), r = a[__builtin_ctz(w->bits)];
    const uint32_t flip = i->flags & FLAG_SIGNED ? 0x80000000u : 0;
    for (int l = __builtin_ctz(w->bits) + 1; l < LANES; l++) {
        if (!(w->bits >> l & 1)) continue;
        const uint32_t x = a[l];
        switch (i->op) {
        case ATOM_ADD:
            r += x;
            break;
        case ATOM_MIN:
            r = (x ^ flip) < (r ^ flip) ? x : r;
            break;
        case ATOM_MAX:
            r = (x ^ flip) > (r ^ flip) ? x : r;
            break;
        case ATOM_AND:
            r &= x;
            break;
        case ATOM_OR:
            r |= x;
            break;
        default:
            r ^= x;
            break;
        }
    }
    EACH_LANE
    {
        d[l] = w->lanes[l] ? r : d[l];
    }
    return i + 1;
}

const insn *op_activemask(warp *w, const insn *i)
{
    uint32_t *d = FILE_AT(uint32_t, i->d[0]);
    const uint32_t bits = w->bits;
    EACH_LANE
    {
        d[l] = w->lanes[l] ? bits : d[l];
    }
    return i + 1;
}
