/*
 * For writing tables of keys: a macro for each kind of row, and macros for the rows that all families have. Rows stand
 * in the order of the canonical text.
 */
#ifndef KEY_ROWS_H
#define KEY_ROWS_H

#include "keys.h"

#define AT(field) offsetof(struct spec, field)
#define MILLION   1e6

/* clang-format off */
#define NAME(path, field) {path, KEY_NAME, AT(field), 0, 0, 0, 0, NULL, NULL, NULL}
#define OPTIONAL_NAME(path, field) {path, KEY_NAME, AT(field), 0, 0, 0, KEY_NULL | KEY_OFF, NULL, NULL, "null"}
#define PATH(path, field, fallback) {path, KEY_PATH, AT(field), 0, 0, 0, 0, NULL, NULL, fallback}
#define INT(path, field, lo, hi, fallback) {path, KEY_INT, AT(field), lo, hi, 1, 0, NULL, NULL, fallback}
#define STEPS(path, field, lo, hi, step, flags, fallback) {path, KEY_INT, AT(field), lo, hi, step, flags, NULL, NULL, fallback}
#define NUMBER(path, field, lo, hi, flags, fallback) {path, KEY_NUMBER, AT(field), lo, hi, 0, flags, NULL, NULL, fallback}
#define WORD(path, field, words) {path, KEY_WORD, AT(field), 0, 0, 0, 0, words, NULL, NULL}
#define CHOICE(path, field, words, fallback) {path, KEY_CHOICE, AT(field), 0, 0, 0, 0, words, NULL, fallback}
#define BOOL(path, field, fallback) {path, KEY_BOOL, AT(field), 0, 0, 0, 0, NULL, NULL, fallback}
#define POOL(path, field, first, last, fallback) {path, KEY_POOL, AT(field), first, last, 0, 0, NULL, NULL, fallback}
#define EDGES(path, field, fallback) {path, KEY_EDGES, AT(field), 0, 0, 0, 0, NULL, NULL, fallback}
#define TUPLE(path, items, flags, fallback) {path, KEY_TUPLE, 0, 0, 0, 0, flags, NULL, items, fallback}

/* Rows that all families have. K, R, B: defaults of the search's iterations, its steps of Algorithm 2, and its batch.
 * LOSS, RATE, MOMENTS: defaults of a retraining. EVERY: its intervals. KERNELS: the variant to take
 * (plan/variant.h). */
#define GENERATOR_FAMILY {"generator.family", KEY_GENERATOR, 0, 0, 0, 0, 0, NULL, NULL, NULL}
#define DISCRIMINATOR_FAMILY {"discriminator.family", KEY_DISCRIMINATOR, 0, 0, 0, 0, 0, NULL, NULL, NULL}
#define DATA_KEYS \
    STEPS("image.channels", image_channels, 1, 3, 2, 0, "3"), \
    WORD("data.format", data_format, words_formats), \
    PATH("data.path", data_path, "\"\""), \
    CHOICE("data.crop", data_center_crop, words_crops, "\"none\"")
#define SEARCH_KEYS(K, R, B) \
    INT("search.iterations", search.iterations, 1, MILLION, K), \
    INT("search.weight_steps", search.weight_steps, 1, MILLION, "20"), \
    INT("search.bar_steps", search.bar_steps, 0, MILLION, R), \
    INT("search.arch_steps", search.arch_steps, 0, MILLION, "20"), \
    INT("search.batch", search.batch, 1, 4096, B), \
    NUMBER("search.split", search.split, 0, 1, KEY_ABOVE | KEY_BELOW, "0.5"), \
    CHOICE("search.loss", search.loss, words_losses, "\"hinge\""), \
    INT("search.critic_steps", search.critic_steps, 1, 1000, "1"), \
    NUMBER("search.weights.lr", search.weights.lr, 0, 1, 0, "2e-4"), \
    TUPLE("search.weights.betas", items_search_betas, 0, "[0, 0.999]"), \
    NUMBER("search.arch.lr", search.arch.lr, 0, 1, 0, "3e-4"), \
    TUPLE("search.arch.betas", items_arch_betas, 0, "[0.5, 0.999]"), \
    NUMBER("search.arch.weight_decay", search.arch.weight_decay, 0, 1, 0, "1e-3"), \
    CHOICE("search.bar_updates", search.bar_updates, words_bar_updates, "\"weights\""), \
    CHOICE("search.arch_data", search.arch_both, words_arch_data, "\"validation\""), \
    NUMBER("search.gumbel_tau", search.gumbel_tau, 1e-6, 1e6, KEY_NULL, "null"), \
    NUMBER("search.warmup", search.warmup, 0, 1, 0, "0"), \
    TUPLE("search.bar_lr_decay", items_bar_decay, KEY_NULL, "null")
#define RETRAIN_KEYS(LOSS, RATE, MOMENTS) \
    CHOICE("retrain.loss", retrain.loss, words_losses, LOSS), \
    NUMBER("retrain.weights.lr", retrain.weights.lr, 0, 1, 0, RATE), \
    TUPLE("retrain.weights.betas", items_retrain_betas, 0, MOMENTS), \
    CHOICE("retrain.lr_decay", retrain.linear_decay, words_decays, "\"none\"")
#define EVERY_KEYS \
    INT("retrain.checkpoint_every", retrain.checkpoint_every, 1, 100 * MILLION, "500"), \
    INT("retrain.sample_every", retrain.sample_every, 1, 100 * MILLION, "500"), \
    STEPS("retrain.keep_every", retrain.keep_every, 0, 100 * MILLION, 1, KEY_OFF, "0")
#define KERNELS_KEY OPTIONAL_NAME("kernels", kernels)
/* clang-format on */

extern const char *const words_formats[], *const words_crops[], *const words_losses[], *const words_bar_updates[],
                                                                                           *const words_arch_data[],
                                                                                               *const words_decays[];
extern const struct key items_search_betas[], items_arch_betas[], items_retrain_betas[], items_bar_decay[];

#endif
