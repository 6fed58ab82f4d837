/* The progress line of a long loop. */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#include "ag.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW 0.1  /* seconds between two drawings on a terminal */
#define MEMORY 30.0 /* seconds until a measurement counts about half */

double ag_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void ag_format_time(double seconds, char text[16])
{
    if (!(seconds >= 0 && seconds < 1e9)) {
        strcpy(text, "?");
        return;
    }
    ag_u32 s = (ag_u32)(seconds + 0.5), m = s / 60, h = m / 60, d = h / 24;
    if (d)
        snprintf(text, 16, "%ud%02uh", d, h % 24);
    else if (h)
        snprintf(text, 16, "%uh%02um", h, m % 60);
    else if (m)
        snprintf(text, 16, "%um%02us", m, s % 60);
    else
        snprintf(text, 16, "%us", s);
}

/* Width of the terminal: $COLUMNS, else what the terminal says, else 80. Windows change, so it is asked each time. */
static int terminal_columns(const struct ag_progress *progress)
{
    const char *variable = getenv("COLUMNS");
    int count = variable ? atoi(variable) : 0;
    struct winsize window;
    if (count <= 0 && !ioctl(progress->fd, TIOCGWINSZ, &window)) count = window.ws_col;
    return count > 0 ? count : 80;
}

/* Bytes of the first `width` characters of UTF-8 text. Each character is assumed to be one column wide. */
static int fitting(const char *text, int width)
{
    int bytes = 0;
    for (; text[bytes]; bytes++) {
        int begins = ((ag_u8)text[bytes] & 0xC0) != 0x80;
        if (begins && width-- <= 0) break;
    }
    return bytes;
}

static void update_rate(struct ag_progress *progress)
{
    double now = ag_seconds(), passed = now - progress->measured;
    double kept = MEMORY / (MEMORY + passed); /* about exp(-passed / MEMORY), but without the mathematics library */
    progress->recent_steps = progress->recent_steps * kept + (double)(progress->done - progress->measured_done);
    progress->recent_seconds = progress->recent_seconds * kept + passed;
    progress->measured = now;
    progress->measured_done = progress->done;
}

static void format_rate(const struct ag_progress *progress, char *text, size_t room)
{
    double steps = progress->recent_steps, seconds = progress->recent_seconds;
    if (steps <= 0 || seconds <= 0)
        snprintf(text, room, "-");
    else if (steps >= seconds)
        snprintf(text, room, steps < 100 * seconds ? "%.1f/s" : "%.0f/s", steps / seconds);
    else
        snprintf(text, room, seconds < 100 * steps ? "%.1f s each" : "%.0f s each", seconds / steps);
}

static void format_line(const struct ag_progress *progress, char *text, size_t room)
{
    char rate[48], left[16];
    double steps = progress->recent_steps;
    long total = progress->total, done = progress->done;
    format_rate(progress, rate, sizeof rate);
    ag_format_time(steps > 0 ? (double)(total - done) * progress->recent_seconds / steps : -1, left);
    snprintf(text, room, "%s %ld/%ld (%ld%%)  %s  %s left%s%s", progress->label, done, total,
             total > 0 ? (long)(100.0 * (double)done / (double)total) : 100, rate, left,
             progress->message[0] ? "  " : "", progress->message);
}

static FILE *stream(const struct ag_progress *progress)
{
    return progress->fd == STDERR_FILENO ? stderr : stdout;
}

void ag_progress_clear(struct ag_progress *progress)
{
    if (progress->drawn) fputs("\r\033[K", stream(progress));
    progress->drawn = 0;
}

static void show(struct ag_progress *progress)
{
    char line[512];
    format_line(progress, line, sizeof line);
    if (progress->terminal) {
        /* leaves one column free: some terminals go to the next line when the last one is filled */
        ag_progress_clear(progress);
        fprintf(stream(progress), "%.*s", fitting(line, terminal_columns(progress) - 1), line);
        progress->drawn = 1;
    } else {
        fprintf(stream(progress), "%s\n", line);
    }
    fflush(stream(progress));
    progress->shown = progress->measured;
}

void ag_progress_start(struct ag_progress *progress, const char *label, long total, long done_already)
{
    ag_progress_start_on(progress, STDOUT_FILENO, label, total, done_already);
}

void ag_progress_start_on(struct ag_progress *progress, int fd, const char *label, long total, long done_already)
{
    const char *kind = getenv("TERM");
    memset(progress, 0, sizeof *progress);
    progress->fd = fd;
    progress->label = label;
    progress->total = total;
    progress->done = progress->measured_done = done_already;
    progress->interval = 10;
    progress->terminal = isatty(fd) && !(kind && !strcmp(kind, "dumb"));
    progress->started = progress->measured = progress->shown = ag_seconds();
    if (progress->terminal) show(progress);
}

void ag_progress_step(struct ag_progress *progress, long done, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(progress->message, sizeof progress->message, format, arguments);
    va_end(arguments);
    progress->done = done;
    if (ag_seconds() - progress->shown < (progress->terminal ? REDRAW : progress->interval)) return;
    update_rate(progress);
    show(progress);
}

void ag_progress_note(struct ag_progress *progress, const char *format, ...)
{
    va_list arguments;
    int drawn = progress->drawn;
    ag_progress_clear(progress);
    va_start(arguments, format);
    vfprintf(stream(progress), format, arguments);
    va_end(arguments);
    fputc('\n', stream(progress));
    if (drawn) show(progress);
    fflush(stream(progress));
}

void ag_progress_end(struct ag_progress *progress)
{
    char time[16];
    ag_progress_clear(progress);
    ag_format_time(ag_seconds() - progress->started, time);
    fprintf(stream(progress), "%s %ld/%ld  in %s%s%s\n", progress->label, progress->done, progress->total, time,
            progress->message[0] ? "  " : "", progress->message);
    fflush(stream(progress));
}
