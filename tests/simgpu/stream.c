/*
 * Streams, events and graphs. A stream carries out what it is given at once, or puts it off (late.c), unless it is
 * captured: then a graph collects it. A graph is a list in the order of capture, which is one of the orders its streams
 * allow.
 */
#include "driver.h"
#include "settings.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct CUgraph_st {
    work *works;
    int n, room, joined; /* streams that capture into it */
    int invalid, relaxed;
    CUstream origin;
};

struct CUgraphExec_st {
    struct CUgraph_st graph;
};

struct CUstream_st {
    CUgraph capture;
    struct CUstream_st *next;
};

struct CUevent_st {
    double at;
    int recorded, timed;
    CUgraph capture;
    uint64_t behind, queries; /* the last work before it; how often it was asked for since */
};

static struct CUstream_st *streams;
static int n_captures;  /* graphs that are being captured */
static CUresult broken; /* by a launch that failed: no call works after it */

static int is_legacy(CUstream stream)
{
    return !stream || stream == CU_STREAM_LEGACY || stream == CU_STREAM_PER_THREAD;
}

CUresult driver_allowed(void)
{
    for (CUstream s = n_captures ? streams : NULL; s; s = s->next)
        if (s->capture && !s->capture->relaxed) {
            s->capture->invalid = 1;
            return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
    return broken;
}

static void graph_add(CUgraph g, const work *w)
{
    if (g->n == g->room) {
        g->room = 2 * g->room + 64;
        g->works = realloc(g->works, sizeof *g->works * (size_t)g->room);
        if (!g->works) abort();
    }
    g->works[g->n++] = *w;
}

void work_copy_params(work *w)
{
    if (w->kind != WORK_LAUNCH) return;
    const size_t size = w->function->function->params_size;
    uint8_t *copy = calloc(1, size + 1);
    if (!copy) abort();
    memcpy(copy, w->params, size);
    w->params = copy;
}

CUresult stream_do(const work *w)
{
    const CUresult result = broken ? broken : work_do(w);
    if (result == CUDA_ERROR_LAUNCH_FAILED) broken = result;
    return result;
}

/* Copies from and to memory that isn't pinned are waited for. */
static int may_be_late(const work *w)
{
    if (!settings()->late) return 0;
    return (w->kind != WORK_TO_DEVICE && w->kind != WORK_TO_HOST) || host_is_pinned(w->host);
}

CUresult stream_add(CUstream stream, work *w)
{
    if (broken) return broken;
    if (!is_legacy(stream) && stream->capture) {
        if (stream->capture->invalid) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
        work_copy_params(w);
        graph_add(stream->capture, w);
        return CUDA_SUCCESS;
    }
    if (is_legacy(stream) && n_captures) {
        driver_allowed();
        return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    }
    if (may_be_late(w)) return late_add(w);
    const CUresult result = late_wait(late_added());
    return result ? result : stream_do(w);
}

CUresult cuCtxSynchronize(void)
{
    CUresult result = driver_context();
    if (!result) result = driver_allowed();
    return result ? result : late_wait(late_added());
}

CUresult cuStreamCreate(CUstream *stream, unsigned flags)
{
    (void)flags;
    const CUresult result = driver_context();
    if (result) return result;
    *stream = calloc(1, sizeof **stream);
    if (!*stream) return CUDA_ERROR_OUT_OF_MEMORY;
    (*stream)->next = streams;
    streams = *stream;
    return CUDA_SUCCESS;
}

CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned flags, int priority)
{
    (void)priority;
    return cuStreamCreate(stream, flags);
}

CUresult cuStreamDestroy(CUstream stream)
{
    if (is_legacy(stream)) return CUDA_ERROR_INVALID_HANDLE;
    struct CUstream_st **at = &streams;
    while (*at && *at != stream) at = &(*at)->next;
    if (!*at) return CUDA_ERROR_INVALID_HANDLE;
    *at = stream->next;
    free(stream);
    return CUDA_SUCCESS;
}

static CUresult not_captured(CUstream stream)
{
    const CUresult result = driver_context();
    if (result) return result;
    if (!is_legacy(stream) && stream->capture) {
        stream->capture->invalid = 1;
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    if (is_legacy(stream)) return driver_allowed();
    return broken;
}

CUresult cuStreamSynchronize(CUstream stream)
{
    const CUresult result = not_captured(stream);
    return result ? result : late_wait(late_added());
}

CUresult cuStreamQuery(CUstream stream)
{
    const CUresult result = not_captured(stream);
    return result ? result : late_do(late_added());
}

CUresult cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode mode)
{
    const CUresult result = driver_context();
    if (result) return result;
    if (is_legacy(stream)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (stream->capture) return CUDA_ERROR_ILLEGAL_STATE;
    stream->capture = calloc(1, sizeof *stream->capture);
    if (!stream->capture) return CUDA_ERROR_OUT_OF_MEMORY;
    stream->capture->origin = stream;
    stream->capture->relaxed = mode == CU_STREAM_CAPTURE_MODE_RELAXED;
    n_captures++;
    return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph)
{
    const CUresult result = driver_context();
    if (result) return result;
    *graph = NULL;
    if (is_legacy(stream) || !stream->capture) return CUDA_ERROR_ILLEGAL_STATE;
    CUgraph g = stream->capture;
    if (g->origin != stream) return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
    for (CUstream s = streams; s; s = s->next)
        if (s->capture == g) s->capture = NULL;
    n_captures--;
    if (g->invalid) {
        cuGraphDestroy(g);
        return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    }
    *graph = g;
    return CUDA_SUCCESS;
}

CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus *status)
{
    const CUgraph g = is_legacy(stream) ? NULL : stream->capture;
    *status = !g           ? CU_STREAM_CAPTURE_STATUS_NONE
              : g->invalid ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                           : CU_STREAM_CAPTURE_STATUS_ACTIVE;
    return driver_context();
}

static void copy_works(CUgraph to, const struct CUgraph_st *from)
{
    for (int k = 0; k < from->n; k++) {
        work w = from->works[k];
        work_copy_params(&w);
        graph_add(to, &w);
    }
}

static void free_works(CUgraph g)
{
    for (int k = 0; k < g->n; k++)
        if (g->works[k].kind == WORK_LAUNCH) free(g->works[k].params);
    free(g->works);
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph, unsigned long long flags)
{
    (void)flags;
    const CUresult result = driver_context();
    if (result) return result;
    if (!graph) return CUDA_ERROR_INVALID_VALUE;
    *exec = calloc(1, sizeof **exec);
    if (!*exec) return CUDA_ERROR_OUT_OF_MEMORY;
    copy_works(&(*exec)->graph, graph);
    return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphInstantiate_v2(CUgraphExec *exec, CUgraph graph, CUgraphNode *node, char *log, size_t size);
EXPORT CUresult cuGraphInstantiate_v2(CUgraphExec *exec, CUgraph graph, CUgraphNode *node, char *log, size_t size)
{
    if (node) *node = NULL;
    if (log && size) *log = 0;
    return cuGraphInstantiateWithFlags(exec, graph, 0);
}

CUresult cuGraphUpload(CUgraphExec exec, CUstream stream)
{
    (void)stream;
    return exec ? driver_context() : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream)
{
    CUresult result = driver_context();
    if (result) return result;
    if (!exec) return CUDA_ERROR_INVALID_VALUE;
    for (int k = 0; k < exec->graph.n && !result; k++) {
        work w = exec->graph.works[k];
        result = stream_add(stream, &w);
    }
    return result;
}

CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode *nodes, size_t *count)
{
    if (!graph || !count) return CUDA_ERROR_INVALID_VALUE;
    if (!nodes)
        *count = (size_t)graph->n;
    else
        for (size_t k = 0; k < *count; k++)
            nodes[k] = k < (size_t)graph->n ? (CUgraphNode)(void *)&graph->works[k] : NULL;
    return driver_context();
}

CUresult cuGraphDestroy(CUgraph graph)
{
    if (!graph) return CUDA_ERROR_INVALID_VALUE;
    free_works(graph);
    free(graph);
    return CUDA_SUCCESS;
}

CUresult cuGraphExecDestroy(CUgraphExec exec)
{
    if (!exec) return CUDA_ERROR_INVALID_VALUE;
    free_works(&exec->graph);
    free(exec);
    return CUDA_SUCCESS;
}

CUresult cuEventCreate(CUevent *event, unsigned flags)
{
    const CUresult result = driver_context();
    if (result) return result;
    *event = calloc(1, sizeof **event);
    if (!*event) return CUDA_ERROR_OUT_OF_MEMORY;
    (*event)->timed = !(flags & CU_EVENT_DISABLE_TIMING);
    return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream)
{
    if (!event) return CUDA_ERROR_INVALID_HANDLE;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    event->at = (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
    event->capture = is_legacy(stream) ? NULL : stream->capture;
    event->recorded = !event->capture;
    event->behind = late_added();
    event->queries = 0;
    return driver_context();
}

CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags)
{
    (void)flags;
    if (!event) return CUDA_ERROR_INVALID_HANDLE;
    if (!event->capture) return driver_context();
    if (is_legacy(stream)) return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    if (stream->capture && stream->capture != event->capture) return CUDA_ERROR_STREAM_CAPTURE_MERGE;
    stream->capture = event->capture;
    return driver_context();
}

static CUresult event_allowed(CUevent event)
{
    if (!event) return CUDA_ERROR_INVALID_HANDLE;
    if (event->capture) return CUDA_ERROR_CAPTURED_EVENT;
    return broken ? broken : driver_context();
}

CUresult cuEventSynchronize(CUevent event)
{
    const CUresult result = event_allowed(event);
    return result ? result : late_wait(event->behind);
}

CUresult cuEventQuery(CUevent event)
{
    const CUresult result = event_allowed(event);
    if (result || late_is_done(event->behind)) return result;
    return ++event->queries < settings()->late ? CUDA_ERROR_NOT_READY : late_do(event->behind);
}

static CUresult elapsed(float *ms, CUevent start, CUevent end)
{
    if (!start || !end || !start->recorded || !end->recorded || !start->timed || !end->timed)
        return CUDA_ERROR_INVALID_HANDLE;
    *ms = (float)(end->at - start->at);
    return driver_context();
}

#undef cuEventElapsedTime
EXPORT CUresult cuEventElapsedTime(float *ms, CUevent start, CUevent end);
EXPORT CUresult cuEventElapsedTime(float *ms, CUevent start, CUevent end)
{
    return elapsed(ms, start, end);
}
EXPORT CUresult cuEventElapsedTime_v2(float *ms, CUevent start, CUevent end);
EXPORT CUresult cuEventElapsedTime_v2(float *ms, CUevent start, CUevent end)
{
    return elapsed(ms, start, end);
}

CUresult cuEventDestroy(CUevent event)
{
    if (!event) return CUDA_ERROR_INVALID_HANDLE;
    free(event);
    return CUDA_SUCCESS;
}
