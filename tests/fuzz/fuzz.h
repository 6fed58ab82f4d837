/* Harnesses: each gives the bytes to one reader of what comes from outside, and checks what the reader promises. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A promise of the reader's; one that is broken ends the process as a crash does. */
#define HOLDS(promise)                                                                                                 \
    do {                                                                                                               \
        if (!(promise)) fuzz_broken(__FILE__, __LINE__, #promise);                                                     \
    } while (0)
_Noreturn void fuzz_broken(const char *file, int line, const char *promise); /* driver.c */

enum { FUZZ_WORDS = 64 };
/* The input as text, and that cut into words at line ends behind a first word; all to be freed by free(*text). */
int fuzz_words(const uint8_t *data, size_t size, char **text, char *word[FUZZ_WORDS]);

/* runtime.c */
int fuzz_safetensors(const uint8_t *data, size_t size);
int fuzz_picture(const uint8_t *data, size_t size);
int fuzz_zip(const uint8_t *data, size_t size);
int fuzz_checkpoint(const uint8_t *data, size_t size);
int fuzz_log(const uint8_t *data, size_t size);
int fuzz_options(const uint8_t *data, size_t size);
int fuzz_genotype(const uint8_t *data, size_t size);
/* gen.c */
int fuzz_spec(const uint8_t *data, size_t size);
int fuzz_set(const uint8_t *data, size_t size);
int fuzz_command(const uint8_t *data, size_t size);

#endif
