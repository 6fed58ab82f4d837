/*
 * Answers questions about pictures and sets of them, for corpus.py. A question is a line of standard input, its parts
 * separated by tabs; so is an answer.
 *
 *   picture FILE          ->  0, width, height, the pixels in hexadecimal; or 1 (broken) or 2 (no memory), and why
 *   set FORMAT PATH SIZE  ->  0, summary, count, hash, the pixels of all of it in the order of the first epoch; or the
 *                             status of ag_data_open, and its message
 *   peak                  ->  the most kilobytes that this process has had
 *   descriptors N         ->  N, which is from now on the limit of open files
 */
#define _XOPEN_SOURCE 700
#include "data.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void print_bytes(const ag_u8 *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) printf("%02x", bytes[i]);
    printf("\n");
}

static void answer_picture(const char *path)
{
    char fault[AG_FAULT];
    ag_u8 *rgb = NULL;
    int width, height;
    FILE *file = fopen(path, "rb");
    if (!file) exit(3);
    int outcome = ag_picture_read(file, &rgb, &width, &height, fault);
    fclose(file);
    if (outcome) {
        printf("%d\t%s\n", outcome, fault);
    } else {
        printf("0\t%d\t%d\t", width, height);
        print_bytes(rgb, (size_t)width * (size_t)height * 3);
    }
    free(rgb);
}

static void print_set(struct ag_data *data, int size)
{
    struct ag_error err;
    int n = (int)ag_data_count(data, 0);
    size_t reals = (size_t)n * (size_t)size * (size_t)size * 3;
    real *pixels = malloc(reals * sizeof *pixels), *again = malloc(reals * sizeof *again);
    ag_u8 *bytes = malloc(reals);
    ag_u64 count, hash;
    if (!pixels || !again || !bytes || ag_data_preview(data, n, pixels, &err)) exit(4);
    if (ag_data_batch(data, 0, n, 0, again, &err) || memcmp(pixels, again, reals * sizeof *again)) exit(5);
    for (size_t i = 0; i < reals; i++) bytes[i] = (ag_u8)((pixels[i] + 1) * 127.5f + 0.5f);
    ag_data_identity(data, &count, &hash);
    printf("0\t%s\t%llu\t%llu\t", ag_data_summary(data), count, hash);
    print_bytes(bytes, reals);
    free(pixels);
    free(again);
    free(bytes);
}

static void answer_set(const char *format, const char *path, int size)
{
    struct ag_data_options options = {format, path, size, 3, 0, 1, 7, 0};
    struct ag_data *data;
    struct ag_error err;
    int status = ag_data_open(&data, &options, &err);
    if (status)
        printf("%d\t%s\n", status, err.text);
    else
        print_set(data, size);
    ag_data_close(data);
}

/* Not getrusage's, which begins with that of the process that started this one. */
static void answer_peak(void)
{
    char line[256];
    long kilobytes = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1) break;
    if (file) fclose(file);
    printf("%ld\n", kilobytes);
}

static void answer_descriptors(int n)
{
    struct rlimit limit = {(rlim_t)n, (rlim_t)n};
    printf("%d\n", setrlimit(RLIMIT_NOFILE, &limit) ? -1 : n);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        char *part[4];
        for (int i = 0; i < 4; i++) part[i] = strtok(i ? NULL : line, "\t\n");
        if (part[1] && !strcmp(part[0], "picture"))
            answer_picture(part[1]);
        else if (part[3] && !strcmp(part[0], "set"))
            answer_set(part[1], part[2], atoi(part[3]));
        else if (part[1] && !strcmp(part[0], "descriptors"))
            answer_descriptors(atoi(part[1]));
        else
            answer_peak();
        fflush(stdout);
    }
    free(line);
    return 0;
}
