/* Chooses the variant of every kernel. */
#include "ops.h"
#include "group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *refuses_bordered(const struct problem *p)
{
    return p->form <= FORM_PER_PICTURE ? NULL : "its convolution has a border of its own";
}

const char *refuses_plain(const struct problem *p)
{
    return p->form <= FORM_PER_PICTURE ? "its convolution has no border" : NULL;
}

struct work work_of_conv(const struct problem *p)
{
    const double x = (double)shape_size(p->x), y = (double)shape_size(p->y);
    return (struct work){.macs = y * p->k * p->k * p->x.d[3], .bytes = sizeof(float) * (x + y)};
}

long wgrad_partial(const struct node *n)
{
    const struct shape w = n->shape;
    return (long)w.d[2] * w.d[3] * w.d[1] * ((w.d[0] + 15) / 16 * 16);
}

/* Returns the cost as a number of multiply-adds. Moving a byte takes as long as two of them, and a real of scratch is
 * four bytes. */
static double total(struct work w)
{
    enum { MACS_A_BYTE = 2 };
    return w.macs + MACS_A_BYTE * (w.bytes + 4.0 * (double)w.scratch);
}

static double work_of(const struct variant *v, const struct problem *p)
{
    return v->work ? total(v->work(p)) : 0;
}

static void add_rival(struct choice_reasons *r, struct rival rival)
{
    if (r && r->rivals < RIVALS) r->rival[r->rivals++] = rival;
}

const struct variant *variant_choose(const struct variant *const *rows, const struct problem *p, const char *forced,
                                     struct choice_reasons *reasons)
{
    const struct variant *best = NULL;
    for (int i = 0; rows[i]; i++) {
        const struct variant *v = rows[i];
        if (v->op != p->op || (v->refuses && v->refuses(p))) continue;
        const int named = strcmp(v->name, forced) == 0;
        if (named || !best || work_of(v, p) < work_of(best, p)) best = v;
        if (named) break;
    }
    for (int i = 0; rows[i] && reasons; i++) {
        const char *why = rows[i]->op == p->op && rows[i]->refuses ? rows[i]->refuses(p) : NULL;
        if (rows[i]->op != p->op || rows[i] == best) continue;
        add_rival(reasons, (struct rival){rows[i], why, why ? 0 : work_of(rows[i], p)});
    }
    if (reasons && best) reasons->cost = work_of(best, p);
    return best;
}

void plan_select(struct plan *p)
{
    for (int n = 0; n < p->graph->count; n++) {
        const struct problem problem = problem_of(p->graph, n);
        if (p->live[n]) p->node[n].variant = variant_choose(p->policy->variants, &problem, p->forced, NULL);
    }
}

int plan_is_forced(const struct plan *p, int n)
{
    const struct variant *v = p->node[n].variant;
    return v && strcmp(v->name, p->forced) == 0;
}

int plan_has_forced(const struct plan *p)
{
    for (int n = 0; n < p->graph->count; n++)
        if (plan_is_forced(p, n)) return 1;
    return 0;
}

void variant_require(const struct plan *p, int n)
{
    const struct node *node = &p->graph->node[n];
    const struct problem problem = problem_of(p->graph, n);
    struct choice_reasons reasons = {.rivals = 0};
    if (p->node[n].variant || has_pointwise_kernel(p, n)) return;
    variant_choose(p->policy->variants, &problem, p->forced, &reasons);
    fprintf(stderr, "aggen: no kernel of this target computes node %d (%s, %s): ", n, op_table[node->op].name,
            node->path && *node->path ? node->path : "no path");
    if (!reasons.rivals) fprintf(stderr, "no variant has its operator");
    for (int i = 0; i < reasons.rivals; i++)
        fprintf(stderr, "%s%s refuses, as %s", i ? "; " : "", reasons.rival[i].variant->name, reasons.rival[i].why);
    fprintf(stderr, "; this is a fault of aggen's own\n");
    exit(1);
}

int chooser_packing(const void *chooser, const struct problem *conv)
{
    const struct chooser *c = chooser;
    const struct variant *v = variant_choose(c->rows, conv, c->forced, NULL);
    return v ? (int)v->packing : 0;
}
