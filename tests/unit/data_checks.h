/* What the tests of the data loader share beside data_files.h: opening sets, and checks of batches. */
#ifndef DATA_CHECKS_H
#define DATA_CHECKS_H

#include "data_files.h"

#include <fcntl.h>
#include <math.h>

enum { PICTURES = 60, SIDE = 8 };

static inline struct ag_data_options options(const char *format, const char *path, int size)
{
    struct ag_data_options o = {format, path, size, 3, 0, 0.5, 7, 0};
    return o;
}

static inline struct ag_data *open_data(const struct ag_data_options *o)
{
    struct ag_data *data;
    struct ag_error err;
    int status = ag_data_open(&data, o, &err);
    check(status == 0, "opening %s '%s': status %d, %s", o->format, o->path, status, status ? err.text : "");
    if (status) exit(1);
    return data;
}

/* Checks that opening fails with this status, and with a message of one line that contains all the words (separated by
 * |). */
static inline void check_refused(const struct ag_data_options *o, int status, const char *words)
{
    struct ag_data *data;
    struct ag_error err = {"no message"};
    char copy[512];
    int got = ag_data_open(&data, o, &err);
    check(got == status, "%s '%s': status %d, not %d", o->format, o->path ? o->path : "NULL", got, status);
    check(data == NULL, "a data set in spite of a failure");
    ag_data_close(data);
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok(copy, "|"); word; word = strtok(NULL, "|"))
        check(strstr(err.text, word) != NULL, "'%s' is not in: %s", word, err.text);
    check(!strchr(err.text, '\n'), "more than one line: %s", err.text);
}

static inline int to_byte(real value)
{
    return (int)floor((double)(value + 1) * 127.5 + 0.5);
}

/* caught_stderr gives what was written to stderr since catch_stderr. */
static int kept_stderr;
static inline void catch_stderr(void)
{
    fflush(stderr);
    kept_stderr = dup(2);
    int file = open(at("stderr"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(file, 2);
    close(file);
}

static inline void caught_stderr(char *text, size_t size)
{
    fflush(stderr);
    dup2(kept_stderr, 2);
    close(kept_stderr);
    FILE *file = fopen(at("stderr"), "r");
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

static inline int occurrences(const char *text, const char *word)
{
    int n = 0;
    for (const char *found = text; (found = strstr(found, word)); found++) n++;
    return n;
}

static inline void check_same_batches(const struct ag_data_options *a, const struct ag_data_options *b, int same)
{
    enum { BATCH = 8 };
    static const long indices[] = {0, 1, 2, 9, 3, 4, 400, 399, 4, 5, 6, 7, 8, 9};
    size_t reals = (size_t)BATCH * a->size * a->size * a->channels;
    real *x = malloc(sizeof(real) * reals), *y = malloc(sizeof(real) * reals);
    ag_set_threads(1);
    struct ag_data *one = open_data(a);
    ag_set_threads(5);
    struct ag_data *two = open_data(b);
    struct ag_error err;
    int equal = 1;
    for (long index = 0; index < 10; index++) ag_data_batch(two, 0, BATCH, index, y, &err); /* read before `one` */
    for (size_t i = 0; i < sizeof indices / sizeof *indices; i++)
        for (int half = 0; half < 2; half++) {
            memset(x, 0, sizeof(real) * reals);
            memset(y, 1, sizeof(real) * reals);
            check(!ag_data_batch(one, half, BATCH, indices[i], x, &err), "%s", err.text);
            check(!ag_data_batch(two, half, BATCH, indices[i], y, &err), "%s", err.text);
            equal &= memcmp(x, y, sizeof(real) * reals) == 0;
        }
    check(equal == same, "batches of two opens (%s, %s) are %s", a->format, a->path,
          same ? "not the same" : "the same");
    ag_data_close(one);
    ag_data_close(two);
    free(x);
    free(y);
}

/* Reads all batches of the first epoch of a half, and checks that each picture is one of write_number.
 * times[number]: how often that picture came. Returns how many different pictures came. */
static inline int visit_images(struct ag_data *data, int half, int batch, int times[256])
{
    real *out = malloc(sizeof(real) * (size_t)batch * SIDE * SIDE * 3);
    struct ag_error err;
    int kinds = 0, whole = 1;
    memset(times, 0, 256 * sizeof *times);
    for (long index = 0; index < ag_data_count(data, half) / batch; index++) {
        check(!ag_data_batch(data, half, batch, index, out, &err), "%s", err.text);
        for (int k = 0; k < batch; k++) {
            const real *picture = out + k * SIDE * SIDE * 3;
            int number = to_byte(picture[0]);
            for (int i = 0; i < SIDE * SIDE; i++)
                whole &= to_byte(picture[i * 3]) == number && to_byte(picture[i * 3 + 1]) == 255 - number &&
                         to_byte(picture[i * 3 + 2]) == 77;
            kinds += !times[number]++;
        }
    }
    check(whole, "a picture that is none of the files");
    free(out);
    return kinds;
}

#endif
