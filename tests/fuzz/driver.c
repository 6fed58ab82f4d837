/*
 * What calls a harness: libFuzzer (-DLIBFUZZER; the environment's FUZZ_READER names the reader), or this:
 *
 *     fuzz READER RUNS FILE…      reads each file, then RUNS inputs mutated from them, always the same ones
 *
 * An input that breaks something is left in the file that the environment's FUZZ_BROKEN names.
 */
#define _POSIX_C_SOURCE 200809L
#include "fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A picture of 2^27 pixels, the most that is taken, is decoded into 512 MiB: no reader may ask for more at once. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "max_allocation_size_mb=600:hard_rss_limit_mb=2048:allocator_may_return_null=0:handle_abort=1";
}

static const struct reader {
    const char *name;
    int (*read)(const uint8_t *data, size_t size);
} readers[] = {{"safetensors", fuzz_safetensors},
               {"picture", fuzz_picture},
               {"zip", fuzz_zip},
               {"checkpoint", fuzz_checkpoint},
               {"log", fuzz_log},
               {"options", fuzz_options},
               {"spec", fuzz_spec},
               {"set", fuzz_set},
               {"command", fuzz_command},
               {"genotype", fuzz_genotype}};

static const struct reader *find(const char *name)
{
    for (size_t i = 0; name && i < sizeof readers / sizeof *readers; i++)
        if (!strcmp(name, readers[i].name)) return &readers[i];
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) printf("%s ", readers[i].name);
    exit(2);
}

/* The descriptor that standard error was: what readers say goes nowhere. */
static int said = 2;

void fuzz_broken(const char *file, int line, const char *promise)
{
    dprintf(said, "%s:%d: broken promise: %s\n", file, line, promise);
    abort();
}

#ifdef LIBFUZZER
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    said = dup(2);
    return !argc || !argv;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct reader *reader;
    if (!reader) reader = find(getenv("FUZZ_READER"));
    return reader->read(data, size);
}
#else

void __sanitizer_set_death_callback(void (*callback)(void));
void __sanitizer_set_report_fd(void *fd);
int __lsan_do_recoverable_leak_check(void);

enum { SECONDS = 10, LARGEST = 1 << 16 };

struct input {
    size_t size;
    uint8_t *data;
};

static struct {
    const struct reader *reader;
    struct input now;
} fuzz;

/* Keeps the input at hand. */
static void broken(void)
{
    const char *path = getenv("FUZZ_BROKEN");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (fd >= 0 && write(fd, fuzz.now.data, fuzz.now.size) < 0) dprintf(said, "cannot write %s\n", path);
    dprintf(said, "%s: broken by %zu bytes%s%s\n", fuzz.reader->name, fuzz.now.size, path ? ", kept in " : "",
            path ? path : "");
}

static void too_slow(int signal)
{
    (void)signal;
    dprintf(said, "%s: more than %d seconds\n", fuzz.reader->name, SECONDS);
    broken();
    _exit(1);
}

/* The input lies at the end of memory of its own, so that reading past it is noticed. */
static void run(const uint8_t *data, size_t size)
{
    fuzz.now.data = malloc(size + !size);
    fuzz.now.size = size;
    HOLDS(fuzz.now.data);
    if (size) memcpy(fuzz.now.data, data, size);
    alarm(SECONDS);
    fuzz.reader->read(fuzz.now.data, size);
    alarm(0);
    free(fuzz.now.data);
    fuzz.now = (struct input){0, NULL};
}

static struct input load(const char *path)
{
    struct input input = {0, malloc(LARGEST)};
    FILE *file = fopen(path, "rb");
    if (!file || !input.data) {
        printf("%s: cannot be read\n", path);
        exit(2);
    }
    input.size = fread(input.data, 1, LARGEST, file);
    fclose(file);
    return input;
}

/* xorshift64*: the upper half of each state's product, below n */
static size_t any(uint64_t *state, size_t n)
{
    *state ^= *state >> 12, *state ^= *state << 25, *state ^= *state >> 27;
    return n ? (size_t)((*state * 2685821657736338717ull) >> 32) % n : 0;
}

/* Puts count bytes in place of `gone` ones at `at`; `from` may lie in the input itself. */
static void replace(struct input *input, size_t at, size_t gone, const uint8_t *from, size_t count)
{
    uint8_t kept[64];
    if (count > sizeof kept || input->size - gone + count > LARGEST) return;
    memcpy(kept, from, count);
    memmove(input->data + at + count, input->data + at + gone, input->size - at - gone);
    memcpy(input->data + at, kept, count);
    input->size += count - gone;
}

/* One change: a bit, a byte, a number, a stretch removed, doubled, or taken from another input. */
static void mutate(struct input *input, const struct input *other, uint64_t *state)
{
    static const char *const word[] = {"-1",    "0",  "65536", "2147483648", "9223372036854775807",
                                       "1e999", "\n", "\"",    "{"};
    static const uint8_t number[][8] = {
        {0},           {255, 255, 255, 255, 255, 255, 255, 255}, {127, 255, 255, 255}, {128}, {255, 255, 255, 127},
        {0, 0, 0, 128}};
    const size_t at = any(state, input->size + 1), left = input->size - at;
    const size_t some = 1 + any(state, left < 64 ? left : 64), from = any(state, other->size);
    const size_t taken = other->size - from < some ? other->size - from : some, width = (size_t)1 << any(state, 4);
    const char *text = word[any(state, sizeof word / sizeof *word)];
    const uint8_t byte = (uint8_t)any(state, 256);
    switch (any(state, 8)) {
    case 0:
        if (left) input->data[at] ^= (uint8_t)(1 << any(state, 8));
        break;
    case 1:
        if (left) input->data[at] = byte;
        break;
    case 2:
        if (left >= width) memcpy(input->data + at, number[any(state, 6)], width);
        break;
    case 3:
        if (left) replace(input, at, some < left ? some : left, &byte, 0);
        break;
    case 4:
        if (left >= some) replace(input, at, 0, input->data + at, some < 64 ? some : 63);
        break;
    case 5:
        replace(input, at, 0, other->data + from, taken < 64 ? taken : 63);
        break;
    case 6:
        if (left) replace(input, at, 1, (const uint8_t *)text, strlen(text));
        break;
    case 7:
        replace(input, at, 0, &byte, 1);
        break;
    }
}

/* What readers print goes nowhere; what sanitizers report stays. */
static void set_up(const char *name)
{
    fuzz.reader = find(name);
    fflush(stdout);
    said = dup(2);
    int nowhere = open("/dev/null", O_WRONLY);
    if (said < 0 || nowhere < 0 || dup2(nowhere, 1) < 0 || dup2(nowhere, 2) < 0) exit(2);
    __sanitizer_set_report_fd((void *)(intptr_t)said);
    __sanitizer_set_death_callback(broken);
    signal(SIGALRM, too_slow);
}

int main(int argc, char **argv)
{
    static uint8_t room[LARGEST + 64];
    struct input *input = calloc((size_t)argc + 1, sizeof *input);
    uint64_t state = 88172645463325252ull;
    const int inputs = argc - 3;
    const long runs = argc > 2 ? atol(argv[2]) : 0;
    set_up(argc > 1 ? argv[1] : NULL);
    if (!input || inputs < 1) exit(2);
    for (int i = 0; i < inputs; i++) {
        input[i] = load(argv[i + 3]);
        run(input[i].data, input[i].size);
    }
    for (long n = 0; n < runs; n++) {
        const struct input *first = &input[any(&state, (size_t)inputs)];
        struct input now = {first->size, room};
        memcpy(room, first->data, first->size);
        for (size_t left = 1 + any(&state, 4); left; left--) mutate(&now, &input[any(&state, (size_t)inputs)], &state);
        run(now.data, now.size);
    }
    for (int i = 0; i < inputs; i++) free(input[i].data);
    free(input);
    if (__lsan_do_recoverable_leak_check()) return 1;
    dprintf(said, "%s: %ld inputs\n", argv[1], runs + inputs);
    return 0;
}
#endif
