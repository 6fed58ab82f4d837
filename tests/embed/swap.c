/*
 * Two libraries called faces, of other weights or another architecture, one after the other: swap A.so B.so. Neither
 * draws in memory that the other has made ready.
 */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DONE = 0, NOT_READY = 2 }; /* as faces.h has them */

struct library {
    size_t (*memory)(void);
    int (*init)(void *memory, size_t bytes);
    int (*generate)(void *memory, const float *latents, unsigned long long seed, long first, long count, double psi,
                    float *values, unsigned char *pixels);
};

static void find(void *handle, const char *name, void *function)
{
    void *found = handle ? dlsym(handle, name) : NULL;
    if (!found) {
        fprintf(stderr, "swap: %s\n", dlerror());
        exit(1);
    }
    memcpy(function, &found, sizeof found);
}

static struct library load(const char *path)
{
    struct library library;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    find(handle, "faces_memory", &library.memory);
    find(handle, "faces_init", &library.init);
    find(handle, "faces_generate", &library.generate);
    return library;
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    const struct library library[] = {load(argv[1]), load(argv[2])};
    const size_t sizes[] = {library[0].memory(), library[1].memory()};
    const size_t bytes = sizes[0] > sizes[1] ? sizes[0] : sizes[1];
    void *memory = malloc(bytes);
    for (int i = 0; i < 4; i++) {
        const struct library *by = &library[i % 2], *other = &library[1 - i % 2];
        if (by->init(memory, bytes) != DONE || by->generate(memory, NULL, 5, 0, 1, 1, NULL, NULL) != DONE) return 1;
        if (other->generate(memory, NULL, 5, 0, 1, 1, NULL, NULL) != NOT_READY) {
            fprintf(stderr, "swap: library %d draws in memory of library %d\n", 1 - i % 2, i % 2);
            return 1;
        }
    }
    free(memory);
    return 0;
}
