/* Dispatches work to the CPU, which works on the blocks, or to a device, which works on their mirrors. */
#include "ag.h"
#include <string.h>

const struct ag_device *ag_device;

int ag_device_open(const struct ag_program *program, struct ag_error *err)
{
    ag_device = program->device;
    return ag_device ? ag_device->open(program, err) : 0;
}

real *ag_mirror_new(long n, struct ag_error *err)
{
    real *host = ag_reals(n, err);
    if (host && ag_device && ag_device->new_mirror(host, n, n, err)) {
        ag_free(host);
        return NULL;
    }
    return host;
}

void ag_mirror_free(real *host)
{
    if (host && ag_device) ag_device->free_mirror(host);
    ag_free(host);
}

void ag_upload(const real *host, long n)
{
    if (ag_device) ag_device->upload(host, n);
}

int ag_download(real *host, long n, struct ag_error *err)
{
    return ag_device ? ag_device->download(host, n, err) : 0;
}

void ag_run(const struct ag_phase *phase, real *const block[AG_BLOCKS])
{
    if (ag_device)
        ag_device->run(phase, block);
    else
        phase->run(block);
}

void ag_wait(void)
{
    if (ag_device) ag_device->wait();
}

void ag_mirror_clear(real *x, long n)
{
    if (ag_device)
        ag_device->clear(x, n);
    else
        ag_clear(x, n);
}

void ag_mirror_copy(real *to, const real *from, long n)
{
    if (ag_device)
        ag_device->copy(to, from, n);
    else
        ag_copy(to, from, n);
}

void ag_add(real *to, const real *from, long n)
{
    for (long i = 0; !ag_device && i < n; i++) to[i] += from[i];
    if (ag_device) ag_device->add(to, from, n);
}

void ag_scale(real *to, double factor, long n)
{
    for (long i = 0; !ag_device && i < n; i++) to[i] *= (real)factor;
    if (ag_device) ag_device->scale(to, factor, n);
}
