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

/* /SEED.bmp is the first picture of a seed; / is the page. */
static void answer(int client, void *memory)
{
    static unsigned char pixels[SIZE * SIZE * CHANNELS], bmp[BMP];
    static char request[8192];
    unsigned long long seed;
    size_t n = 0;
    for (ssize_t got; !strstr(request, "\r\n\r\n") && (got = read(client, request + n, sizeof request - 1 - n)) > 0;)
        n += (size_t)got;
    FILE *to = fdopen(client, "w");
    if (sscanf(request, "GET /%llu.bmp ", &seed) == 1) {
        faces_generate(memory, NULL, seed, 0, 1, 1, NULL, pixels);
        write_bmp(pixels, bmp);
        fprintf(to, "HTTP/1.0 200 OK\r\nContent-Type: image/bmp\r\n\r\n");
        fwrite(bmp, 1, BMP, to);
    } else if (strncmp(request, "GET / ", 6) == 0) {
        fprintf(to, "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n%s", page);
    } else {
        fprintf(to, "HTTP/1.0 404 Not Found\r\n\r\n");
    }
    fclose(to);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    void *memory = malloc(faces_memory());
    if (argc != 2 || faces_init(memory, faces_memory()) != FACES_DONE) return 2;
    address.sin_port = htons((unsigned short)atoi(argv[1]));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0) {
        perror(argv[1]);
        return 1;
    }
    signal(SIGCHLD, SIG_IGN);
    for (int client; (client = accept(listener, NULL, NULL)) >= 0; close(client))
        if (fork() == 0) { /* browsers open connections before they ask for anything: a process for each, 10 s long */
            alarm(10);
            answer(client, memory);
            _exit(0);
        }
    perror("accept");
    return 1;
}
