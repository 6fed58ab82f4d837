/*
 * What a library does by its header, whatever compiled it and however wide its vectors are.
 *
 *     check FAMILY           counted checks of `faces`, which is of that family
 *     check FAMILY calls     those of them that wrong arguments are for
 *     check FAMILY N SEED    the pixels of pictures 0 to N - 1 of a seed
 */
#define _POSIX_C_SOURCE 200809L
#include "../unit/tally.h"
#include "../../runtime/ag.h"
#include "faces.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) check(!!(condition), "%s:%d: %s", __FILE__, __LINE__, #condition)

enum { PICTURES = 7, LATENT = FACES_LATENT, NUMBERS = FACES_SIZE * FACES_SIZE * FACES_CHANNELS, SEED = 5 };

struct drawn {
    float values[PICTURES * NUMBERS];
    unsigned char pixels[PICTURES * NUMBERS];
};

static struct drawn drawn; /* pictures 0 to 6 of seed 5 */
static size_t bytes;
static int style;

static void *block(size_t size)
{
    void *memory = malloc(size);
    if (!memory) exit(1);
    return memory;
}

/* As much as is asked for and not a byte more, so that a sanitizer sees what lies outside. */
static void *ready(void)
{
    void *memory = block(bytes);
    CHECK(faces_init(memory, bytes) == FACES_DONE);
    return memory;
}

static int draw(void *memory, struct drawn *to)
{
    memset(to, 0, sizeof *to);
    return faces_generate(memory, NULL, SEED, 0, PICTURES, 1, to->values, to->pixels);
}

static int are_drawn(const float *values, const unsigned char *pixels, int first, int count)
{
    const size_t n = (size_t)count * NUMBERS;
    return (!values || memcmp(values, drawn.values + first * NUMBERS, n * sizeof *values) == 0) &&
           (!pixels || memcmp(pixels, drawn.pixels + first * NUMBERS, n) == 0);
}

/* ---------------------------------------------------------------- pictures */

static void check_numbers(void)
{
    int wrong = 0, beyond = 0, different = 0;
    for (int i = 0; i < PICTURES * NUMBERS; i++) {
        const float value = drawn.values[i], level = (value + 1) * 127.5f;
        wrong += fabsf(fminf(fmaxf(level, 0), 255) - (float)drawn.pixels[i]) > 0.501f;
        beyond += !(value >= -1 && value <= 1);
        different += drawn.pixels[i] != drawn.pixels[i % NUMBERS];
    }
    CHECK(wrong == 0);
    CHECK(style || beyond == 0);
    CHECK(different > NUMBERS);
}

static void check_results(void *memory)
{
    static float values[NUMBERS];
    static unsigned char pixels[NUMBERS];
    CHECK(faces_generate(memory, NULL, SEED, 3, 1, 1, values, NULL) == FACES_DONE && are_drawn(values, NULL, 3, 1));
    CHECK(faces_generate(memory, NULL, SEED, 4, 1, 1, NULL, pixels) == FACES_DONE && are_drawn(NULL, pixels, 4, 1));
    CHECK(faces_generate(memory, NULL, SEED, 0, 1, 1, NULL, NULL) == FACES_DONE);
    CHECK(faces_generate(memory, NULL, SEED, 0, 0, 1, values, pixels) == FACES_DONE && are_drawn(values, NULL, 3, 1) &&
          are_drawn(NULL, pixels, 4, 1));
    CHECK(faces_generate(memory, NULL, SEED + 1, 4, 1, 1, NULL, pixels) == FACES_DONE &&
          !are_drawn(NULL, pixels, 4, 1));
    CHECK(faces_generate(memory, NULL, SEED, 4, 1, 0.5, NULL, pixels) == FACES_DONE &&
          are_drawn(NULL, pixels, 4, 1) == !style);
}

/* The numbers that the library draws itself, given. */
static void check_latents(void *memory)
{
    static struct drawn given;
    float latents[PICTURES * LATENT];
    for (int i = 0; i < PICTURES; i++) ag_normals(SEED, AG_RNG_SAMPLE, (ag_u32)i, 0, LATENT, latents + i * LATENT);
    CHECK(faces_generate(memory, latents, SEED, 0, PICTURES, 1, given.values, given.pixels) == FACES_DONE);
    CHECK(are_drawn(given.values, given.pixels, 0, PICTURES));
    CHECK(faces_generate(memory, latents + 2 * LATENT, SEED, 2, 1, 1, given.values, given.pixels) == FACES_DONE);
    CHECK(are_drawn(given.values, given.pixels, 2, 1));
    /* what else is random is that of another picture */
    CHECK(faces_generate(memory, latents + 2 * LATENT, SEED, 3, 1, 1, given.values, NULL) == FACES_DONE);
    CHECK(are_drawn(given.values, NULL, 2, 1) == !style);
    latents[0] += 1;
    CHECK(faces_generate(memory, latents, SEED, 0, 1, 1, given.values, NULL) == FACES_DONE);
    CHECK(!are_drawn(given.values, NULL, 0, 1));
}

/* ---------------------------------------------------------------- memory */

static void check_memory(void)
{
    static struct drawn again;
    for (size_t offset = 1; offset < 64; offset += offset < 4 ? 1 : 15) {
        char *memory = block(offset + bytes);
        memset(memory, 0xff, offset + bytes); /* NaN, were it read before it is written */
        CHECK(faces_init(memory + offset, bytes) == FACES_DONE);
        CHECK(draw(memory + offset, &again) == FACES_DONE && are_drawn(again.values, again.pixels, 0, PICTURES));
        free(memory);
    }
    char *memory = ready(), *moved = block(bytes + 256);
    CHECK(faces_init(memory, bytes + 1) == FACES_DONE);
    CHECK(draw(memory, &again) == FACES_DONE && are_drawn(again.values, again.pixels, 0, PICTURES));
    for (size_t offset = 0; offset < 256; offset += 32) {
        memcpy(moved + offset, memory, bytes);
        CHECK(draw(moved + offset, &again) == FACES_NOT_READY);
    }
    CHECK(faces_init(moved, bytes) == FACES_DONE);
    CHECK(draw(moved, &again) == FACES_DONE && are_drawn(again.values, again.pixels, 0, PICTURES));
    free(moved);
    free(memory);
}

/* Pictures are numbered by 32 bits, none twice. */
static void check_last(void *memory)
{
    const long last = (long)0xffffffff;
    static float values[3][NUMBERS]; /* of the last picture; of the last two */
    if (sizeof last == 4) return;
    CHECK(faces_generate(memory, NULL, SEED, last, 1, 1, values[0], NULL) == FACES_DONE);
    CHECK(faces_generate(memory, NULL, SEED, last - 1, 2, 1, values[1], NULL) == FACES_DONE);
    CHECK(memcmp(values[0], values[2], sizeof *values) == 0 && !are_drawn(values[0], NULL, 0, 1));
    CHECK(faces_generate(memory, NULL, SEED, last + 1, 0, 1, values[1], NULL) == FACES_DONE);
    memset(values[1], 0, sizeof *values);
    memcpy(values[0], values[1], sizeof *values);
    CHECK(faces_generate(memory, NULL, SEED, last + 1, 1, 1, values[1], NULL) == FACES_WRONG);
    CHECK(faces_generate(memory, NULL, SEED, last, 2, 1, values[1], NULL) == FACES_WRONG);
    CHECK(faces_generate(memory, NULL, SEED, 1, LONG_MAX, 1, values[1], NULL) == FACES_WRONG);
    CHECK(faces_generate(memory, NULL, SEED, LONG_MAX, 1, 1, values[1], NULL) == FACES_WRONG);
    CHECK(faces_generate(memory, NULL, SEED, LONG_MAX, LONG_MAX, 1, values[1], NULL) == FACES_WRONG);
    CHECK(faces_generate(memory, NULL, SEED, LONG_MIN, LONG_MIN, 1, values[1], NULL) == FACES_WRONG);
    CHECK(faces_generate(memory, NULL, SEED, LONG_MAX, 0, 1, values[1], NULL) == FACES_WRONG);
    CHECK(memcmp(values[0], values[1], sizeof *values) == 0);
}

/* Numbers that are none, whatever the compiler makes of them. */
static void check_numberless(void *memory)
{
    const double psi[] = {(double)NAN, -(double)NAN, (double)INFINITY, -(double)INFINITY, 1e39, -1e300};
    static struct drawn result, untouched;
    float latents[2 * LATENT];
    for (int i = 0; i < 2 * LATENT; i++) latents[i] = (float)(i % 5) - 2;
    for (size_t i = 0; i < sizeof psi / sizeof *psi; i++) {
        CHECK(faces_generate(memory, NULL, 0, 0, 1, psi[i], result.values, result.pixels) == FACES_WRONG);
        CHECK(faces_generate(memory, latents, 0, 0, 0, psi[i], result.values, result.pixels) == FACES_WRONG);
    }
    for (int i = 0; i < 2 * LATENT; i += 2 * LATENT - 1)
        for (size_t k = 0; k < 5; k++) {
            const float right = latents[i];
            latents[i] = (float)psi[k];
            CHECK(faces_generate(memory, latents, 0, 0, 2, 1, result.values, result.pixels) == FACES_WRONG);
            latents[i] = right;
        }
    CHECK(memcmp(&result, &untouched, sizeof result) == 0);
    CHECK(faces_generate(memory, latents, 0, 0, 2, -FLT_MAX, NULL, result.pixels) == FACES_DONE);
    latents[0] = FLT_MAX;
    CHECK(faces_generate(memory, latents, 0, 0, 2, 1, NULL, result.pixels) == FACES_DONE);
}

static void check_wrong_calls(void *memory)
{
    static struct drawn result, untouched;
    char *small = block(bytes - 1), *zeros = block(bytes);
    memset(small, 1, bytes - 1);
    memset(zeros, 0, bytes);
    CHECK(faces_init(NULL, bytes) == FACES_NO_MEMORY);
    CHECK(faces_init(small, bytes - 1) == FACES_NO_MEMORY && faces_init(small, 0) == FACES_NO_MEMORY);
    CHECK(!memchr(small, 0, bytes - 1));
    CHECK(faces_generate(NULL, NULL, 0, 0, 1, 1, result.values, result.pixels) == FACES_NO_MEMORY);
    CHECK(faces_generate(zeros, NULL, 0, 0, 1, 1, result.values, result.pixels) == FACES_NOT_READY);
    CHECK(faces_generate(memory, NULL, 0, 0, -1, 1, result.values, result.pixels) == FACES_WRONG);
    CHECK(faces_generate(memory, NULL, 0, -1, 1, 1, result.values, result.pixels) == FACES_WRONG);
    CHECK(memcmp(&result, &untouched, sizeof result) == 0);
    free(zeros);
    free(small);
}

/* ---------------------------------------------------------------- threads */

static void *draw_in_thread(void *to)
{
    void *memory = malloc(bytes);
    long status = memory ? faces_init(memory, bytes) : FACES_NO_MEMORY;
    for (int i = 0; i < 5 && status == FACES_DONE; i++) status = draw(memory, to);
    free(memory);
    return status == FACES_DONE ? to : NULL;
}

static void check_threads(void)
{
    static struct drawn result[2];
    pthread_t thread[2];
    void *done;
    for (int i = 0; i < 2; i++) CHECK(pthread_create(&thread[i], NULL, draw_in_thread, &result[i]) == 0);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(thread[i], &done) == 0 && done);
        CHECK(are_drawn(result[i].values, result[i].pixels, 0, PICTURES));
    }
}

static void check_drawing(void *memory)
{
    check_numbers();
    check_results(memory);
    check_latents(memory);
    check_memory();
    check_threads();
}

static int write_pixels(void *memory, long count, unsigned long long seed)
{
    static unsigned char pixels[NUMBERS];
    for (long i = 0; i < count; i++)
        if (faces_generate(memory, NULL, seed, i, 1, 1, NULL, pixels) != FACES_DONE ||
            fwrite(pixels, 1, NUMBERS, stdout) != NUMBERS)
            return 1;
    return fflush(stdout) != 0;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 4) return 2;
    style = strcmp(argv[1], "stylegan2") == 0;
    bytes = faces_memory();
    void *memory = ready();
    int status = 0;
    if (argc == 4) {
        status = write_pixels(memory, atol(argv[2]), strtoull(argv[3], NULL, 10));
    } else {
        CHECK(draw(memory, &drawn) == FACES_DONE);
        check_wrong_calls(memory);
        check_last(memory);
        check_numberless(memory);
        if (argc == 2) check_drawing(memory);
        CHECK(strncmp(faces_info(), "{\"name\": \"", 10) == 0);
        status = finish();
    }
    free(memory);
    return status;
}
