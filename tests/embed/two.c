/* Two generators in one program: the pixels of two pictures of each, of seed 5. Neither draws in the other's memory. */
#include "faces.h"
#include "other.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static unsigned char face[2 * FACES_SIZE * FACES_SIZE * FACES_CHANNELS];
    static unsigned char other[2 * OTHER_SIZE * OTHER_SIZE * OTHER_CHANNELS];
    const size_t bytes = faces_memory() > other_memory() ? faces_memory() : other_memory();
    void *const memory[] = {malloc(bytes), malloc(bytes)};
    if (faces_init(memory[0], bytes) != FACES_DONE || other_init(memory[1], bytes) != OTHER_DONE) return 1;
    if (faces_generate(memory[1], NULL, 5, 0, 1, 1, NULL, face) != FACES_NOT_READY) return 2;
    if (other_generate(memory[0], NULL, 5, 0, 1, 1, NULL, other) != OTHER_NOT_READY) return 2;
    for (long i = 0; i < 2; i++) { /* in turns */
        unsigned char *to = face + (size_t)i * sizeof face / 2, *other_to = other + (size_t)i * sizeof other / 2;
        if (faces_generate(memory[0], NULL, 5, i, 1, 1, NULL, to) != FACES_DONE) return 1;
        if (other_generate(memory[1], NULL, 5, i, 1, 1, NULL, other_to) != OTHER_DONE) return 1;
    }
    fwrite(face, 1, sizeof face, stdout);
    fwrite(other, 1, sizeof other, stdout);
    for (int i = 0; i < 2; i++) free(memory[i]);
    return fflush(stdout) != 0;
}
