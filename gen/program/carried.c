/* Writes the weights that a program carries. */
#include "parts.h"

int carries(const struct writer *w)
{
    return w->e->carried.values && w->m->program->draws;
}

int carries_ready(const struct writer *w)
{
    return carries(w) && w->e->carried.ready;
}

int has_widths(const struct writer *w)
{
    return carries(w) && w->e->target->makefile_any != NULL;
}

void write_weights(struct writer *w)
{
    const struct carried *c = &w->e->carried;
    const char *bin = mem_printf(w->mem, "%s_weights.bin", w->name);
    if (!w->m->program->draws) return;
    if (carries(w))
        add_bytes(w, bin, c->values, c->bytes);
    else
        add_removal(w, bin);
    add_template(w, carries(w), "templates/host/weights.S", mem_printf(w->mem, "%s_weights.S", w->name));
    add_template(w, has_widths(w), "templates/host/widths.c", mem_printf(w->mem, "%s_widths.c", w->name));
}
