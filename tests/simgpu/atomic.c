/*
 * Atomic operations, lane by lane, by the host's compare-and-swap: other blocks run at the same time.
 */
#include "access.h"
#include "check.h"
#include "decode.h"
#include "half.h"
#include "settings.h"

static uint64_t combine_real(int op, int type, uint64_t old, uint64_t value)
{
    if (type == TYPE_F64) return double_bits(bits_double(old) + bits_double(value));
    (void)op;
    return float_bits(bits_float((uint32_t)old) + bits_float((uint32_t)value));
}

static uint64_t combine(const insn *i, uint64_t old, uint64_t value, uint64_t other)
{
    const int type = i->more;
    const uint64_t flip = type == TYPE_S32 ? 0x80000000u : type == TYPE_S64 ? (uint64_t)1 << 63 : 0;
    switch (i->op) {
    case ATOM_ADD:
        return type == TYPE_F32 || type == TYPE_F64 ? combine_real(i->op, type, old, value) : old + value;
    case ATOM_MIN:
        return (value ^ flip) < (old ^ flip) ? value : old;
    case ATOM_MAX:
        return (value ^ flip) > (old ^ flip) ? value : old;
    case ATOM_AND:
        return old & value;
    case ATOM_OR:
        return old | value;
    case ATOM_XOR:
        return old ^ value;
    case ATOM_EXCH:
        return value;
    case ATOM_CAS:
        return old == value ? other : old;
    case ATOM_INC:
        return old >= value ? 0 : old + 1;
    default:
        return !old || old > value ? value : old - 1;
    }
}

static void atomic_lane(warp *w, const insn *i, int l, uint8_t *at)
{
    if (i->size == 8) {
        uint64_t old = __atomic_load_n((uint64_t *)at, __ATOMIC_RELAXED), new;
        const uint64_t b = FILE_AT(uint64_t, i->b)[l], c = i->op == ATOM_CAS ? FILE_AT(uint64_t, i->c)[l] : 0;
        do new = combine(i, old, b, c);
        while (!__atomic_compare_exchange_n((uint64_t *)at, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
        FILE_AT(uint64_t, i->d[0])[l] = old;
    } else {
        uint32_t old = __atomic_load_n((uint32_t *)at, __ATOMIC_RELAXED), new;
        const uint32_t b = FILE_AT(uint32_t, i->b)[l], c = i->op == ATOM_CAS ? FILE_AT(uint32_t, i->c)[l] : 0;
        do new = (uint32_t)combine(i, old, b, c);
        while (!__atomic_compare_exchange_n((uint32_t *)at, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
        FILE_AT(uint32_t, i->d[0])[l] = old;
    }
}

const insn *op_atomic(warp *w, const insn *i)
{
    uint64_t at[LANES] __attribute__((aligned(64)));
    find_addresses(w, i->a, i->address_bits, i->space, i->imm, at);
    if (i->size < 4) fault(w, i, __builtin_ctz(w->bits), 0, "atomic operations on %d bytes are not supported", i->size);
    const int check = w->worker->launch->check, backward = w->worker->launch->order == ORDER_BACKWARD;
    if (check) check_bounds(w, i, i->space, at, i->size, recent_of(w, i));
    for (int n = 0; n < LANES; n++) {
        const int l = backward ? LANES - 1 - n : n;
        if (!(w->bits >> l & 1)) continue;
        if (check) {
            region *r = region_of_lane(w, i, l, i->space, at[l], i->size);
            for (size_t word = 0; word < i->size / 4u; word++) {
                check_read(w, i, l, r, (at[l] - r->base) / 4 + word);
                check_write(w, i, l, r, (at[l] - r->base) / 4 + word, NULL, 4, 0);
            }
        }
        atomic_lane(w, i, l, host_of(at[l]));
    }
    w->bytes_written += i->space <= SPACE_CONST ? (uint64_t)(i->size * __builtin_popcount(w->bits)) : 0;
    return i + 1;
}
