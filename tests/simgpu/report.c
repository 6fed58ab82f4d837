#include "report.h"
#include "engine.h"
#include "memory.h"
#include "settings.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void report(const char *what, ...)
{
    va_list arguments;
    va_start(arguments, what);
    flockfile(stderr);
    fputs("simgpu: ", stderr);
    vfprintf(stderr, what, arguments);
    fputc('\n', stderr);
    funlockfile(stderr);
    va_end(arguments);
}

void report_end(void)
{
    if (!settings()->abort_on_fault) return;
    fflush(NULL);
    _exit(86);
}

static void print_address(const warp *w, const insn *i, uint64_t host)
{
    const region *shared = &w->worker->shared;
    const uint64_t device = host + DEVICE_BIAS;
    const region *r = memory_nearest(host);
    if (i->space == SPACE_SHARED || host - shared->base < shared->size) {
        fprintf(stderr, "  address: byte %lld of the block's %llu of shared memory\n", (long long)(host - shared->base),
                (unsigned long long)shared->size);
    } else if (i->space == SPACE_LOCAL) {
        fprintf(stderr, "  address: in local memory\n");
    } else if (device < DEVICE_BIAS || !r) {
        fprintf(stderr, "  address: 0x%llx, none of the device's%s\n", (unsigned long long)device,
                device > 4096 ? " (a host pointer?)" : "");
    } else {
        const long long from = (long long)(host - r->base);
        fprintf(stderr, "  address: 0x%llx, %s %lld of allocation %llu (%llu bytes at 0x%llx, %s)\n",
                (unsigned long long)device,
                from >= 0 && (uint64_t)from < r->size ? "byte" : "outside; the nearest: byte", from,
                (unsigned long long)r->serial, (unsigned long long)r->size, (unsigned long long)(r->base + DEVICE_BIAS),
                r->what);
    }
}

static void print_place(const warp *w, const insn *i)
{
    const program *p = w->worker->launch->program;
    if (i->source < 0 || i->source >= p->n_sources) return;
    const source *s = &p->sources[i->source];
    int size;
    const char *text = ptx_line(p->module, s->line, &size);
    fprintf(stderr, "  PTX line %d: %.*s\n", s->line, size, text);
    if (s->file > 0 && s->file < p->module->n_files && p->module->files[s->file])
        fprintf(stderr, "  source: %s:%d\n", p->module->files[s->file], s->file_line);
}

void fault(warp *w, const insn *i, int lane, uint64_t address, const char *what, ...)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    worker *k = w->worker;
    const launch *l = k->launch;
    pthread_mutex_lock(&lock);
    if (!__atomic_exchange_n(&k->launch->failed, 1, __ATOMIC_SEQ_CST)) {
        va_list arguments;
        va_start(arguments, what);
        fputs("simgpu: ", stderr);
        vfprintf(stderr, what, arguments);
        va_end(arguments);
        const uint32_t t = (uint32_t)(w->index * LANES + lane);
        fprintf(stderr, "\n  kernel: %s, block (%u,%u,%u) of (%u,%u,%u)", l->program->name, k->ctaid[0], k->ctaid[1],
                k->ctaid[2], l->grid[0], l->grid[1], l->grid[2]);
        if (lane >= 0)
            fprintf(stderr, ", thread (%u,%u,%u) of (%u,%u,%u)", t % l->block[0], t / l->block[0] % l->block[1],
                    t / l->block[0] / l->block[1], l->block[0], l->block[1], l->block[2]);
        fputc('\n', stderr);
        if (address) print_address(w, i, address);
        print_place(w, i);
        report_end();
    }
    pthread_mutex_unlock(&lock);
    longjmp(k->escape, 1);
}
