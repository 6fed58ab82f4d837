/* What the rows that all families have point to: words, and items of lists. */
#include "key_rows.h"

_Static_assert(sizeof(enum loss) == sizeof(int) && sizeof(enum bar_updates) == sizeof(int), "KEY_CHOICE stores an int");

const char *const words_formats[] = {"cifar10", "stl10", "images", "zip", "shapes", NULL};
const char *const words_crops[] = {"none", "center", NULL};
const char *const words_losses[] = {"hinge", "logistic", "wgan", NULL};
const char *const words_bar_updates[] = {"weights", "alpha", "both", NULL};
const char *const words_arch_data[] = {"validation", "both", NULL};
const char *const words_decays[] = {"none", "linear", NULL};

/* clang-format off */
#define BETAS(name, adam) \
    const struct key name[] = { \
        NUMBER("beta1", adam.beta1, 0, 1, KEY_BELOW, NULL), \
        NUMBER("beta2", adam.beta2, 0, 1, KEY_BELOW, NULL), \
        {0}}
BETAS(items_search_betas, search.weights);
BETAS(items_arch_betas, search.arch);
BETAS(items_retrain_betas, retrain.weights);

const struct key items_bar_decay[] = {
    INT("iteration", search.bar_decay_after, 1, MILLION, NULL),
    NUMBER("factor", search.bar_decay, 0, 1, KEY_ABOVE, NULL),
    {0}};
/* clang-format on */
