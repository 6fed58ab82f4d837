#include "expression.h"
#include "ops.h"

static void constant_text(struct text *t, double value)
{
    if (value == (double)(long)value && value > -1e6 && value < 1e6)
        text_printf(t, "(real)%ld", (long)value);
    else
        text_printf(t, "(real)%.17g", value);
}

void expression_value(const struct expression *e, struct text *t, int node)
{
    if (e->graph->node[node].op == OP_CONST)
        constant_text(t, e->graph->node[node].value);
    else
        text_printf(t, "t%d", e->temp[node] - 1);
}

void expression_evaluate(struct expression *e, int node)
{
    const struct node *n = &e->graph->node[node];
    if (e->temp[node] || n->op == OP_CONST) return;
    int read = e->find(e->context, node);
    if (read < 0)
        for (int k = 0; k < n->ins; k++) expression_evaluate(e, n->in[k]);
    text_printf(&e->body, "%sconst real t%d = ", e->indent, e->temps);
    if (read >= 0) {
        e->read(e->context, read, &e->body);
    } else {
        for (const char *c = op_table[n->op].expression; *c; c++)
            if (*c == '$')
                expression_value(e, &e->body, n->in[*++c - '0']);
            else
                text_addn(&e->body, c, 1);
    }
    text_add(&e->body, ";\n");
    e->temp[node] = ++e->temps;
}
