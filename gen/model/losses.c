#include "losses.h"
#include "ops.h"

static int mean_over_batch(struct build *b, int x)
{
    return g_scale(b->g, g_sum(b->g, x, shape4(1, 1, 1, 1), 0), 1.0 / b->batch);
}

int discriminator_loss(struct build *b, enum loss kind, int real, int fake)
{
    struct graph *g = b->g;
    int r = g_scale(g, real, -1), f = fake;
    if (kind == LOSS_HINGE) {
        r = g_unary(g, OP_RELU, g_shift(g, r, 1));
        f = g_unary(g, OP_RELU, g_shift(g, f, 1));
    } else if (kind == LOSS_LOGISTIC) {
        r = g_unary(g, OP_SOFTPLUS, r);
        f = g_unary(g, OP_SOFTPLUS, f);
    }
    r = mean_over_batch(b, r);
    return g_add(g, r, mean_over_batch(b, f));
}

int generator_loss(struct build *b, enum loss kind, int fake)
{
    int minus = g_scale(b->g, fake, -1);
    return mean_over_batch(b, kind == LOSS_LOGISTIC ? g_unary(b->g, OP_SOFTPLUS, minus) : minus);
}
