/*
 * The quick tests of tags: for all lanes at once, whether an access is clear of doubt. They also bring the tags up to
 * date. Where one says no, nothing is decided yet: check.c looks at each word again, with the same rules.
 *
 * A read is clear if its word was written, and by nobody else since the last barrier. Its reader's tag replaces an old
 * one, or is merged with one of the same time (merge_readers in check.c). Without `races` all threads have one tag.
 */
#ifndef SIMGPU_TAGS_H
#define SIMGPU_TAGS_H

#include "check.h"

#include <string.h>

typedef uint32_t u32x4 __attribute__((vector_size(16)));
#define INLINE static inline __attribute__((always_inline))

/* Of a warp: what the tests compare with. `own` is lane 0's tag, `step` what each lane adds. */
typedef struct {
    uint32_t fresh, from, many, phase, own, step, index, of_warp, several;
} tag_view;

INLINE tag_view tags_of(const warp *w, const tag_clock *c, int races)
{
    return (tag_view){c->fresh,
                      c->from,
                      c->many,
                      c->phase,
                      races ? c->phase + (uint32_t)(w->index * LANES) : c->phase,
                      (uint32_t)races,
                      (uint32_t)w->index,
                      c->phase | (uint32_t)(THREADS_OF_WARP + w->index),
                      c->phase | THREAD_MANY};
}

#define YES(condition) (-(uint32_t)(condition))

/* All ones if a read by `own` of a word last written by `tag` is in doubt. */
INLINE uint32_t doubt_read(const tag_view *v, uint32_t tag, uint32_t own)
{
    return YES(tag < v->fresh) | (YES(tag >= v->from) & YES(tag != own));
}

/* The reader's tag that takes the place of `old`; *doubt grows where that takes more thought. */
INLINE uint32_t merged(const tag_view *v, uint32_t old, uint32_t own, uint32_t *doubt)
{
    const uint32_t free = YES(old < v->from) | YES(old == own), age = old - v->phase, now = YES(age <= THREAD_MANY);
    const uint32_t mine = YES(age / LANES == v->index) | YES(old == v->of_warp);
    *doubt |= ~(free | now | YES(old == v->many));
    return (free & own) | (~free & ((now & ((mine & v->of_warp) | (~mine & v->several))) | (~now & old)));
}

/* The same for the four words of a vector. */
INLINE u32x4 doubt_read4(const tag_view *v, const uint32_t *written, uint32_t own)
{
    u32x4 tag;
    memcpy(&tag, written, 16);
    return (u32x4)(tag < v->fresh) | ((u32x4)(tag >= v->from) & (u32x4)(tag != own));
}

INLINE u32x4 merge4(const tag_view *v, uint32_t *read, uint32_t own)
{
    u32x4 old;
    memcpy(&old, read, 16);
    const u32x4 free = (u32x4)(old < v->from) | (u32x4)(old == own), age = old - v->phase;
    const u32x4 now = (u32x4)(age <= THREAD_MANY);
    const u32x4 mine = (u32x4)(age / LANES == v->index) | (u32x4)(old == v->of_warp);
    const u32x4 doubt = ~(free | now | (u32x4)(old == v->many));
    old = (free & own) | (~free & ((now & ((mine & v->of_warp) | (~mine & v->several))) | (~now & old)));
    memcpy(read, &old, 16);
    return doubt;
}

INLINE int any_set(u32x4 x)
{
    const u32x4 y = x | __builtin_shufflevector(x, x, 2, 3, 0, 1);
    return (y[0] | y[1]) != 0;
}

/* Each lane reads `words` words, anywhere. */
INLINE int lanes_read(const warp *w, const tag_view *v, region *r, const uint64_t at[LANES], const int words)
{
    u32x4 doubts = {0};
    uint32_t doubt = 0;
    for (int l = 0; l < LANES; l++) {
        if (!(w->bits >> l & 1)) continue;
        const size_t k = (at[l] - r->base) / 4;
        const uint32_t own = v->own + v->step * (uint32_t)l;
        if (words == 4) {
            doubts |= doubt_read4(v, r->written + k, own);
            if (v->step) doubts |= merge4(v, r->read + k, own);
            continue;
        }
        for (int j = 0; j < words; j++) {
            doubt |= doubt_read(v, r->written[k + (size_t)j], own);
            if (v->step) r->read[k + (size_t)j] = merged(v, r->read[k + (size_t)j], own, &doubt);
        }
    }
    return !doubt && !any_set(doubts);
}

/* All lanes read the same words. */
INLINE int one_read(const tag_view *v, region *r, uint64_t at, int words)
{
    uint32_t doubt = 0;
    for (size_t k = (at - r->base) / 4, end = k + (size_t)words; k < end; k++) {
        const uint32_t tag = r->written[k];
        doubt |= YES(tag < v->fresh) | YES(tag >= v->from && (v->step || tag != v->own));
        if (v->step) r->read[k] = merged(v, r->read[k], v->of_warp, &doubt);
    }
    return !doubt;
}

INLINE int lanes_write(const warp *w, const tag_view *v, region *r, const uint64_t at[LANES], const int words)
{
    for (int l = 0; l < LANES; l++) {
        if (!(w->bits >> l & 1)) continue;
        const size_t k = (at[l] - r->base) / 4;
        const uint32_t own = v->own + v->step * (uint32_t)l;
        uint32_t doubt = 0;
        for (int j = 0; j < words; j++) {
            const uint32_t tag = r->written[k + (size_t)j], old = v->step ? r->read[k + (size_t)j] : 0;
            doubt |= (YES(tag >= v->from) & YES(tag != own)) | (YES(old >= v->from) & YES(old != own));
        }
        if (doubt) return 0;
        for (int j = 0; j < words; j++) r->written[k + (size_t)j] = own;
    }
    return 1;
}

/* All lanes side by side, a word each. */
INLINE int row_read(const tag_view *view, region *r, uint64_t from)
{
    const tag_view v = *view;
    const uint32_t *written = r->written + (from - r->base) / 4;
    uint32_t doubt = 0;
    EACH_LANE
    {
        doubt |= doubt_read(&v, written[l], v.own + (uint32_t)l * v.step);
    }
    if (!v.step || doubt) return !doubt;
    uint32_t *read = r->read + (from - r->base) / 4;
    EACH_LANE
    {
        read[l] = merged(&v, read[l], v.own + (uint32_t)l, &doubt);
    }
    return !doubt;
}

INLINE int row_write(const tag_view *view, region *r, uint64_t from)
{
    const tag_view v = *view;
    uint32_t *written = r->written + (from - r->base) / 4, doubt = 0;
    const uint32_t *read = v.step ? r->read + (from - r->base) / 4 : written;
    EACH_LANE
    {
        const uint32_t own = v.own + (uint32_t)l * v.step;
        doubt |= YES(written[l] >= v.from) & YES(written[l] != own);
        doubt |= YES(read[l] >= v.from) & YES(read[l] != own);
    }
    if (doubt) return 0;
    EACH_LANE
    {
        written[l] = v.own + (uint32_t)l * v.step;
    }
    return 1;
}

#endif
