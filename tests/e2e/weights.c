/*
 * Weights of a StyleGAN2 generator for scripts, from a golden case: its tensors g.*, tRGB's so small that few pixels
 * are clamped, and running means of latents.
 *
 *     weights IN.safetensors OUT.safetensors MEANS.safetensors     OUT without means, MEANS with them
 */
#include "../../runtime/ag.h"
#include <stdio.h>
#include <string.h>

enum { LATENTS = 8, STYLE = 32, LARGEST = 1 << 16 };

static int is_rgb(const char *name)
{
    return strstr(name, ".rgb.weight") || strstr(name, ".rgb.bias");
}

static int write(const struct ag_st *st, const char *path, int means, struct ag_error *err)
{
    static real value[64][LARGEST], mean[LATENTS * STYLE];
    const long shape[2] = {LATENTS, STYLE};
    struct ag_st_writer writer;
    int kept = 0;
    ag_st_begin(&writer);
    for (int i = 0; i < st->tensors; i++) {
        const struct ag_st_tensor *tensor = &st->tensor[i];
        if (strncmp(tensor->name, "g.", 2)) continue;
        if (tensor->count > LARGEST || kept == 64) return ag_fail(err, 1, "%s: too large", tensor->name);
        real *to = value[kept++];
        memcpy(to, tensor->data, (size_t)tensor->count * sizeof *to);
        for (long k = 0; k < tensor->count && is_rgb(tensor->name); k++) to[k] /= 4;
        ag_st_add(&writer, tensor->name, AG_F32, tensor->rank, tensor->shape, to);
    }
    for (int i = 0; i < LATENTS * STYLE; i++) mean[i] = (real)(i % 7 - 3) / 8;
    if (means) ag_st_add(&writer, "g.map.w_avg", AG_F32, 2, shape, mean);
    return ag_st_write(&writer, path, err);
}

int main(int argc, char **argv)
{
    struct ag_error err = {"three files are wanted"};
    struct ag_st st;
    int status = argc == 4 ? ag_st_open(&st, argv[1], &err) : 2;
    if (!status) {
        status = write(&st, argv[2], 0, &err);
        if (!status) status = write(&st, argv[3], 1, &err);
        ag_st_close(&st);
    }
    if (status) fprintf(stderr, "weights: %s\n", err.text);
    return status;
}
