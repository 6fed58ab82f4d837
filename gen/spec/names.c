/* Names of operations, which names are allowed, and what a misspelt word may have meant. */
#include "keys.h"

#include <stdio.h>
#include <string.h>

static const char *const candidates[CANDIDATE_COUNT] = {
    [CANDIDATE_CONV_1X1] = "conv_1x1",
    [CANDIDATE_CONV_3X3] = "conv_3x3",
    [CANDIDATE_CONV_5X5] = "conv_5x5",
    [CANDIDATE_SEP_CONV_3X3] = "sep_conv_3x3",
    [CANDIDATE_SEP_CONV_5X5] = "sep_conv_5x5",
    [CANDIDATE_SEP_CONV_7X7] = "sep_conv_7x7",
    [CANDIDATE_DECONV] = "deconv",
    [CANDIDATE_NEAREST] = "nearest",
    [CANDIDATE_BILINEAR] = "bilinear",
    [CANDIDATE_NEAREST_CONV] = "nearest_conv",
    [CANDIDATE_BILINEAR_CONV] = "bilinear_conv",
};

const char *candidate_name(enum candidate op)
{
    return candidates[op];
}

int candidate_find(const char *name)
{
    for (int op = 0; op < CANDIDATE_COUNT; op++)
        if (!strcmp(candidates[op], name)) return op;
    return -1;
}

int is_name(const char *text, int lower)
{
    static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789_-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t allowed = lower ? 37 : sizeof all - 1, n = 0;
    while (text[n] && memchr(all, text[n], allowed)) n++;
    return n > 0 && !text[n];
}

void list_words(const char *const *words, char *list, size_t size)
{
    size_t used = 0;
    *list = 0;
    for (int i = 0; words[i] && used < size; i++) {
        const char *joint = i == 0 ? "" : words[i + 1] ? ", " : " or ";
        used += (size_t)snprintf(list + used, size - used, "%s\"%s\"", joint, words[i]);
    }
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Returns how many insertions, deletions, replacements and swaps of neighbours lead from a to b; of long words a large
 * number. */
static int edit_distance(const char *a, const char *b)
{
    int d[SPEC_NAME + 1][SPEC_NAME + 1];
    size_t na = strlen(a), nb = strlen(b);
    if (na > SPEC_NAME || nb > SPEC_NAME) return 2 * SPEC_NAME;
    for (size_t i = 0; i <= na; i++)
        for (size_t j = 0; j <= nb; j++) {
            if (!i || !j) {
                d[i][j] = (int)(i + j);
                continue;
            }
            d[i][j] = least(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]), 1 + least(d[i - 1][j], d[i][j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[na][nb];
}

int nearest_word(const char *text, const char *const *words, int count, char *hint, size_t size)
{
    int best = -1, distance = strlen(text) < 5 ? 1 : 2;
    for (int i = 0; i < count; i++) {
        int d = edit_distance(text, words[i]);
        if (d > distance || (best >= 0 && d == distance)) continue;
        best = i;
        distance = d;
    }
    *hint = 0;
    if (best < 0) return 0;
    snprintf(hint, size, ", did you mean \"%s\"?", words[best]);
    return 1;
}
