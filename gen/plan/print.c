/* Prints a plan as it is after one of its stages. */
#include "ops.h"
#include "plan.h"

#include <stdio.h>
#include <string.h>

static void print_rivals(const struct plan *p, int n)
{
    const struct problem problem = problem_of(p->graph, n);
    struct choice_reasons reasons = {.rivals = 0};
    variant_choose(p->policy->variants, &problem, p->forced, &reasons);
    for (int i = 0; i < reasons.rivals; i++) {
        const struct rival *r = &reasons.rival[i];
        printf("        not %s: ", r->variant->name);
        if (r->why)
            printf("%s\n", r->why);
        else if (r->cost == reasons.cost)
            printf("the same work\n");
        else if (reasons.cost == 0)
            printf("more work; that of %s counts as 0\n", p->node[n].variant->name);
        else
            printf("%.3g times the work\n", r->cost / reasons.cost);
    }
}

static void print_node(const struct plan *p, int n, int with_rivals)
{
    static const char *const storage[] = {
        [VALUE_INLINE] = "inline", [VALUE_PER_GROUP] = "per group", [VALUE_STORED] = "stored",
        [VALUE_FUSED] = "fused",   [VALUE_ALIAS] = "alias",         [VALUE_LEAF] = "leaf"};
    const struct node *node = &p->graph->node[n];
    const struct node_plan *np = &p->node[n];
    if (with_rivals) {
        if (!np->variant) return;
        printf("%5d %-12s %-18s %s\n", n, op_table[node->op].name, np->variant->name, node->path);
        print_rivals(p, n);
        return;
    }
    printf("%5d %-12s %-18s %s, section %d, level %d, group %d, block %d + %ld  %s\n", n, op_table[node->op].name,
           np->variant ? np->variant->name : "", storage[plan_storage(p, n)], np->section, np->level, plan_group(p, n),
           np->block, np->offset, node->path);
}

static void print_kernel(const struct plan *p, const struct kernel *k)
{
    const struct variant *v = k->kind == KERNEL_NODE ? p->node[k->root[0]].variant : NULL;
    printf("    %s of", v ? v->name : "pointwise");
    for (int r = 0; r < k->roots; r++) printf(" %d%s", k->root[r], k->copy[r] ? " (copy)" : "");
    printf(", reads");
    for (int r = 0; r < k->reads; r++) printf(" %d", k->read[r]);
    if (k->fused_depthwise) printf(", makes %d on the way", k->fused_depthwise);
    if (k->prologue) printf(", makes %d first", k->prologue);
    if (k->shares > 1) printf(", %d shares%s", k->shares, k->chained ? ", runs on" : "");
    printf("\n");
}

static void print_locals(const struct group *g)
{
    for (int i = 0; i < g->locals; i++)
        printf("    scratch of %d%s: halo %d, pixels %d apart, kernels %d to %d, at %ld\n", g->local[i].node,
               g->local[i].copy ? " (copy)" : "", g->local[i].halo, g->local[i].pixel_stride, g->local[i].first,
               g->local[i].last, g->local[i].offset);
}

void plan_print(const struct plan *p, const char *stage)
{
    for (int n = 0; n < p->graph->count; n++)
        if (p->live[n]) print_node(p, n, strcmp(stage, plan_stages[0].name) == 0);
    for (int s = 0; s < p->steps; s++) {
        int count;
        const struct kernel *k = plan_kernels(p, s, &count);
        const int group = p->step[s].group;
        if (p->step[s].combine >= 0) printf("step %d: adds up %d\n", s, p->step[s].combine);
        if (count) printf(group < 0 ? "step %d:\n" : "step %d: group %d\n", s, group);
        for (int i = 0; i < count; i++) print_kernel(p, &k[i]);
        if (group >= 0) print_locals(&p->group[group]);
    }
    if (p->arena_size) printf("arena %ld reals, scratch %ld reals a thread\n", p->arena_size, p->scratch_size);
}
