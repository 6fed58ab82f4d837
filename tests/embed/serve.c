/*
 * Serves pictures by a generator that aggen has written as faces.h and faces.c to browsers on this machine.
 *
 *     aggen out/run/genotype.json --weights out/run/retrain/ema.safetensors --embed faces -o .
 *     cc -O3 -march=native -fno-math-errno -fno-trapping-math -o serve serve.c faces.c -lm
 *     ./serve 8080
 */
#define _POSIX_C_SOURCE 200809L
#include "faces.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = FACES_SIZE, CHANNELS = FACES_CHANNELS, HEAD = 54, ROW = (3 * SIZE + 3) / 4 * 4, BMP = HEAD + SIZE * ROW };

static const char page[] =
    "<!DOCTYPE html><title>faces</title>\n"
    "<img width=320 style='image-rendering: pixelated'>\n"
    "<p>seed <input type=number min=0 value=5 autofocus> <output></output>\n"
    "<script>\n"
    "const [image, input, output] = document.querySelectorAll('img, input, output')\n"
    "const draw = () => image.src = `/${input.value}.bmp`\n"
    "image.onload = () => output.value = `${image.naturalWidth} x ${image.naturalHeight} pixels`\n"
    "input.oninput = draw\n"
    "draw()\n"
    "</script>\n";

/* A bitmap: a head of little-endian numbers; rows from the top, as the height is negative, padded to words; pixels as
 * blue, green, red. */
static void write_bmp(const unsigned char *pixels, unsigned char *bmp)
{
    static const int number[][2] = {{2, BMP}, {10, HEAD}, {14, 40}, {18, SIZE}, {22, -SIZE}, {26, 24 << 16 | 1}};
    memcpy(bmp, "BM", 2);
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        for (int k = 0; k < 4; k++) bmp[number[i][0] + k] = (unsigned char)((unsigned)number[i][1] >> 8 * k);
    for (int i = 0; i < SIZE * SIZE; i++)
        for (int c = 0; c < 3; c++)
            bmp[HEAD + i / SIZE * ROW + i % SIZE * 3 + c] = pixels[i * CHANNELS + (CHANNELS == 3 ? 2 - c : 0)];
}

/* Moves *text behind the decimal digits that it begins with, which are *number. 0: there are none, or the number is
 * more than `most`. */
static int read_number(const char **text, unsigned long long most, unsigned long long *number)
{
    const char *from = *text;
    for (*number = 0; **text >= '0' && **text <= '9'; ++*text) {
        const unsigned digit = (unsigned)(**text - '0');
        if (*number > (most - digit) / 10) return 0;
        *number = *number * 10 + digit;
    }
    return *text > from;
}

/* Reads until a blank line, or as much as there is room for; returns how many bytes. */
static size_t read_request(int client, char *request, size_t room)
{
    size_t n = 0;
    ssize_t got;
    memset(request, 0, room);
    while (!strstr(request, "\r\n\r\n") && (got = read(client, request + n, room - 1 - n)) > 0) n += (size_t)got;
    return n;
}

/* What is asked for, which ends the request then; NULL, and the answer's status, for nothing that can be answered. A
 * request is "GET PATH HTTP/1.x", lines that don't matter here, and a blank one. */
static const char *read_path(char *request, int full, const char **status)
{
    const char *blank = strstr(request, "\r\n\r\n"), *line_end = strstr(request, "\r\n");
    char *path = strchr(request, ' '), *end = path ? strchr(path + 1, ' ') : NULL;
    *status = full && !blank ? "431 Request Header Fields Too Large" : "400 Bad Request";
    if (!blank || !end || strncmp(end, " HTTP/1.", 8) != 0 || !strchr("01", end[8]) || end + 9 != line_end) return NULL;
    *end = 0;
    *status = "405 Method Not Allowed\r\nAllow: GET";
    return strncmp(request, "GET ", 4) == 0 ? path + 1 : NULL;
}

/* /SEED.bmp is the first picture of a seed; / is the page. */
static void answer(FILE *to, const char *path, void *memory)
{
    static unsigned char pixels[SIZE * SIZE * CHANNELS], bmp[BMP];
    unsigned long long seed;
    const char *rest = path + 1;
    if (strcmp(path, "/") == 0) {
        fprintf(to, "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n%s", page);
    } else if (*path != '/' || !read_number(&rest, ~0ull, &seed) || strcmp(rest, ".bmp") != 0) {
        fprintf(to, "HTTP/1.0 404 Not Found\r\n\r\n");
    } else if (faces_generate(memory, NULL, seed, 0, 1, 1, NULL, pixels) != FACES_DONE) {
        fprintf(to, "HTTP/1.0 500 Internal Server Error\r\n\r\n");
    } else {
        write_bmp(pixels, bmp);
        fprintf(to, "HTTP/1.0 200 OK\r\nContent-Type: image/bmp\r\n\r\n");
        fwrite(bmp, 1, BMP, to);
    }
}

/* One request and its answer. What is left to read is read, as the answer might be lost otherwise. */
static void serve(int client, void *memory)
{
    static char request[8192];
    const size_t n = read_request(client, request, sizeof request);
    const char *status, *path = read_path(request, n + 1 == sizeof request, &status);
    FILE *to = fdopen(client, "w");
    if (!to) return;
    if (path)
        answer(to, path, memory);
    else
        fprintf(to, "HTTP/1.0 %s\r\n\r\n", status);
    fflush(to);
    shutdown(client, SHUT_WR);
    while (read(client, request, sizeof request) > 0) continue;
    fclose(to);
}

static int usage(void)
{
    fprintf(stderr, "usage: serve PORT (1 to 65535)\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    const char *rest = argc == 2 ? argv[1] : "";
    unsigned long long port;
    if (!read_number(&rest, 65535, &port) || *rest || !port) return usage();
    void *memory = malloc(faces_memory());
    if (faces_init(memory, faces_memory()) != FACES_DONE) {
        fprintf(stderr, "serve: out of memory\n");
        return 1;
    }
    address.sin_port = htons((unsigned short)port);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0) {
        perror(argv[1]);
        return 1;
    }
    signal(SIGCHLD, SIG_IGN);
    for (int client; (client = accept(listener, NULL, NULL)) >= 0; close(client))
        if (fork() == 0) { /* browsers open connections before they ask for anything: a process for each, 10 s long */
            alarm(10);
            serve(client, memory);
            _exit(0);
        }
    perror("accept");
    return 1;
}
