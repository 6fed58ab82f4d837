#include "option_table.h"
#include "info.h"
#include "plan.h"
#include "program_kind.h"
#include "target.h"

#include <stddef.h>

/* ---------------------------------------------------------------- names */

static struct word target(int i)
{
    return (struct word){targets[i] ? targets[i]->name : NULL, i};
}

static struct word type(int i)
{
    static const struct word list[] = {{"fp32", AG_F32}, {"bf16", AG_BF16}, {"fp16", AG_F16}, {NULL, 0}};
    return list[i];
}

static struct word gpu(int i)
{
    return (struct word){info_gpu(i), i};
}

struct word program_word(int i)
{
    for (int p = 0; programs[p]; p++)
        if (!programs[p]->is_library && i-- == 0) return (struct word){programs[p]->name, p};
    return (struct word){NULL, 0};
}

static struct word pass(int i)
{
    return (struct word){pass_name(i), i};
}

/* ---------------------------------------------------------------- commands */

const struct command_row commands[] = {
    [COMMAND_EMIT] = {NULL, "emitting", "FILE [-o DIR] [--set KEY.PATH=VALUE]…",
                      "write the programs of a search space or genotype"},
    [COMMAND_RUN] = {"run", "run", "run FILE [-o DIR] … [PROGRAM] [OPTION]…",
                     "write one, and run it with these options"},
    [COMMAND_INFO] = {"info", "info", "info FILE [--json] [--set KEY.PATH=VALUE]…", "print what they amount to"},
    [COMMAND_CHECK] = {"check", "check", "check FILE [--set KEY.PATH=VALUE]…",
                       "test a small one of the same kind, in seconds"},
};
struct word command_word(int i)
{
    return (struct word){i < COMMANDS ? commands[i].called : NULL, i};
}

/* ---------------------------------------------------------------- options */

#define AT(name) offsetof(struct options, name)
const struct option options[] = {
    {"-o", .kind = TEXT, .field = AT(folder), .argument = "DIR", .wants = "a folder", .standard = "out",
     .commands = EMIT | RUN, .owner = OWNER_AGGEN_UNTIL_PROGRAM, .help = "where to write"},
    {"--target", .kind = CHOICE, .field = AT(target), .choices = target, .standard = "cpu",
     .commands = EMIT | RUN | INFO, .no_command = "check computes on the CPU", .owner = OWNER_AGGEN, .place = 8,
     .help = "what to write for"},
    {"--weights", .kind = TEXT, .field = AT(weights), .argument = "FILE", .wants = "a file", .commands = EMIT,
     .place = 3,
     .help = "a genotype: out/generate carries the weights of this file (ema.safetensors), and needs no other"},
    {"--weights-type", .kind = CHOICE, .field = AT(weights_type), .argument = "TYPE", .choices = type,
     .standard = "fp32", .commands = EMIT, .needs = "--weights", .place = 4, .help = "as numbers of this type: %"},
    {"--embed", .kind = C_NAME, .field = AT(embed), .argument = "NAME",
     .wants = "a name for C: a letter, then letters, digits and _", .commands = EMIT, .needs = "--weights", .place = 5,
     .help = "with --weights: a library in place of programs, DIR/NAME.h and DIR/NAME.c, which C and C++\n"
             "programs compile along; more than 16 MB of weights are in DIR/NAME.bin"},
    {"--embed-array", .kind = FLAG, .field = AT(embed_array), .commands = EMIT, .needs = "--embed", .place = 6,
     .help = "with --embed: in DIR/NAME.c, however many, for other compilers than gcc and clang"},
    {"--kernel", .kind = TEXT, .field = AT(kernel), .argument = "LAYER", .wants = "a layer", .commands = EMIT,
     .target = "cpu", .needs = "--embed",
     .no_target = "--kernel is for the CPU; NAME.cu of a whole generator has every kernel by its name", .place = 7,
     .help = "with --embed: that layer for itself, e.g. cell3.normal1, b8.up"},
    {"--set", .kind = SETTING, .argument = "KEY.PATH=VALUE", .wants = "KEY.PATH=VALUE", .commands = EVERY,
     .owner = OWNER_AGGEN, .place = 1, .help = "as if the file said so, e.g. --set search.batch=32; may be repeated"},
    {"--no-merge", .kind = FLAG, .field = AT(no_merge), .commands = EMIT | RUN | INFO,
     .no_command = "check tries both, merged and not, by itself", .owner = OWNER_AGGEN, .place = 2,
     .help = "leave mixtures of linear operations unmerged: slower, the same results to rounding"},
    {"--json", .kind = FLAG, .field = AT(json), .commands = INFO, .help = "info: as JSON"},
    {"--target", .kind = HELP, .argument = "cuda",
     .help = "info: every kernel too, and its time on a GPU as fast as its peaks"},
    {"--gpu", .kind = TEXT, .field = AT(gpu), .argument = "NAME", .choices = gpu, .standard = "h100", .commands = INFO,
     .target = "cuda", .owner = OWNER_AGGEN_UNTIL_PROGRAM, .help = "that GPU: %"},
    {"--dump-graph", .kind = FLAG, .field = AT(dump_graph), .commands = INFO,
     .help = "info: the graphs of all phases too"},
    {"--dump", .kind = CHOICE, .field = AT(dump), .argument = "PASS", .choices = pass, .commands = INFO,
     .help = "info: the graphs of all phases, or their plans, after that pass:\n%"},
    {"--help", "-h", .kind = FLAG, .field = AT(help), .commands = EVERY, .owner = OWNER_AGGEN_UNTIL_PROGRAM,
     .help = "this text"},
};
const int option_count = sizeof options / sizeof *options;
_Static_assert(sizeof options / sizeof *options <= OPTIONS_MOST, "OPTIONS_MOST is too small");

char *option_names(struct mem *mem, struct word list(int i), unsigned which, const char *between, const char *last)
{
    char *text = mem_printf(mem, "%s", "");
    for (int i = 0; list(i).name; i++) {
        if (!(which >> i & 1)) continue;
        const int is_last = which >> i == 1 || !list(i + 1).name;
        text = mem_printf(mem, "%s%s%s", text, !*text ? "" : is_last ? last : between, list(i).name);
    }
    return text;
}

char *option_any_of(struct mem *mem, struct word list(int i))
{
    return option_names(mem, list, ~0u, ", ", " or ");
}
