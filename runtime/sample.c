/* Sample pictures, which show how a network learns. They have the same latents and noise each time. */
#include "ag.h"

int ag_sample_pictures(const struct ag_program *program, const struct ag_phase *phase, real *const block[AG_BLOCKS],
                       ag_u64 seed, int n, real *pictures, struct ag_error *err)
{
    const long picture = (long)program->image_size * program->image_size * program->image_channels;
    real *in = block[AG_IN];
    for (int first = 0; first < n; first += phase->batch) {
        const int count = n - first < phase->batch ? n - first : phase->batch;
        ag_sample_latents(program, seed, first, phase->batch, ag_tensor_find(&phase->in, "in.z", in));
        ag_sample_noise(phase, seed, 0, first, 1, in);
        ag_fill_inputs(phase, "in.mix", 0, in);
        ag_fill_inputs(phase, "in.psi", 1, in);
        ag_run(phase, block);
        real *fake = ag_tensor_find(&phase->out, "out.fake", block[AG_OUT]);
        int status = ag_download(fake, count * picture, err);
        if (status) return status;
        ag_copy(pictures + first * picture, fake, count * picture);
    }
    return 0;
}
