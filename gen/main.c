/* The command line of aggen. */
#define _POSIX_C_SOURCE 200809L
#include "extract_layer.h"
#include "emit.h"
#include "info.h"
#include "check.h"
#include "run.h"
#include "text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 256 };

struct options {
    int info, run, check, json, merge, dump, help;
    enum target_kind target;
    const char *aggen, *file, *folder, *gpu;
    char *set[SETS];
    int sets;
    const char *program; /* to run: search, retrain or generate; NULL: the first of the file's */
    const char *weights; /* for the generator to carry; NULL: none */
    enum ag_dtype weights_type;
    const char *embed, *kernel; /* the name of a library to write; NULL: programs. One layer of it alone; NULL: all */
    int has_type, array;        /* --weights-type, --embed-array */
    char **word;                /* of its command line */
    int words, begun, rest;
};

static const char usage[] =
    "usage: aggen FILE [-o DIR] [--set KEY.PATH=VALUE]…       write the programs of a search space or genotype\n"
    "       aggen run FILE [-o DIR] … [PROGRAM] [OPTION]…     write one, and run it with these options\n"
    "       aggen info FILE [--json] [--set KEY.PATH=VALUE]…  print what they amount to\n"
    "       aggen check FILE [--set KEY.PATH=VALUE]…          test a small one of the same kind, in seconds\n"
    "\n"
    "FILE is a search space (spaces/*.json) or a genotype (out/run/genotype.json). A search space becomes\n"
    "DIR/search.c, to build with `make DIR/search`; a genotype becomes DIR/retrain.c and DIR/generate.c.\n"
    "\n"
    "  -o DIR                where to write; default: out\n"
    "  --target cpu|cuda     what to write for; default: cpu\n"
    "  --weights FILE        a genotype: out/generate carries the weights of this file (ema.safetensors), and needs no "
    "other\n"
    "  --weights-type TYPE   as numbers of this type: fp32, bf16 or fp16; default: fp32\n"
    "  --embed NAME          with --weights: a library in place of programs, DIR/NAME.h and DIR/NAME.c, which C and "
    "C++\n"
    "                        programs compile along; more than 16 MB of weights are in DIR/NAME.bin\n"
    "  --embed-array         with --embed: in DIR/NAME.c, however many, for other compilers than gcc and clang\n"
    "  --kernel LAYER        with --embed: that layer for itself, e.g. cell3.normal1, b8.up\n"
    "  --set KEY.PATH=VALUE  as if the file said so, e.g. --set search.batch=32; may be repeated\n"
    "  --no-merge            leave mixtures of linear operations unmerged: slower, the same results to rounding\n"
    "  --json                info: as JSON\n"
    "  --target cuda         info: every kernel too, and its time on a GPU as fast as its peaks\n"
    "  --gpu NAME            that GPU: h100, a100 or rtx4090; default: h100\n"
    "  --dump-graph          info: the graphs of all phases too\n"
    "  --help                this text\n"
    "\n"
    "aggen run compiles what it writes in memory: the host program by libtcc; the kernels on a GPU (--target cuda) by\n"
    "NVRTC, on the CPU by cc, or what CC names, if there is one, else by libtcc too, which is slow. PROGRAM is search\n"
    "for a search space, retrain (the default) or generate for a genotype. What follows it, or the first option that\n"
    "aggen doesn't know, is for the program, but for --set, --target and --no-merge; behind -- these too:\n"
    "\n"
    "  aggen run spaces/shapes_tiny.json --target cuda --iterations 5\n"
    "  aggen run out/run/genotype.json generate -n 16 -o grid.png\n"
    "  aggen run out/run/genotype.json generate --help\n"
    "\n"
    "aggen check makes pictures and channels few, keeps the rest of the space, and compares, in double precision, the\n"
    "program whose mixtures are merged with the unmerged one, the gradient in the parameters of each operation and of\n"
    "each part of the networks with finite differences of the loss, and one thread with two; no compiler is needed.\n";

static int fail(const char *what, const char *about)
{
    fprintf(stderr, "aggen: %s%s%s; try aggen --help\n", what, *about ? ": " : "", about);
    return 2;
}

static int read_type(const char *name, enum ag_dtype *type)
{
    *type = strcmp(name, "bf16") == 0 ? AG_BF16 : strcmp(name, "fp16") == 0 ? AG_F16 : AG_F32;
    return *type == AG_F32 && strcmp(name, "fp32") != 0;
}

/* The value of an option that takes one: behind '=', or the next word. Another option is no value: "" then. */
static const char *value(const char *name, int argc, char **argv, int *i)
{
    size_t n = strlen(name);
    if (strncmp(argv[*i], name, n) != 0) return NULL;
    if (argv[*i][n] == '=') return argv[*i] + n + 1;
    if (argv[*i][n] != 0) return NULL;
    return *i + 1 < argc && argv[*i + 1][0] != '-' ? argv[++*i] : "";
}

/* A name that C functions may begin with. */
static int is_name(const char *word)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", more[] = "0123456789_";
    const size_t first = strspn(word, letters);
    size_t n = first;
    while (word[n] && (strchr(letters, word[n]) || strchr(more, word[n]))) n++;
    return first && !word[n] && n <= 60;
}

/* A header of C's own: NAME.h would be found in its place. */
static int is_header(const char *name)
{
    static const char *const headers[] = {
        "assert", "complex",     "ctype",  "errno",    "fenv",    "float",     "inttypes", "iso646", "limits", "locale",
        "math",   "setjmp",      "signal", "stdalign", "stdarg",  "stdatomic", "stdbool",  "stddef", "stdint", "stdio",
        "stdlib", "stdnoreturn", "string", "tgmath",   "threads", "time",      "uchar",    "wchar",  "wctype"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (strcmp(headers[i], name) == 0) return 1;
    return 0;
}

static int is_option(const char *word, const char *name)
{
    size_t n = strlen(name);
    return strncmp(word, name, n) == 0 && (word[n] == 0 || word[n] == '=');
}

/* Behind the file to run: is this one for the program? From its name on, or the first option that aggen doesn't know,
 * all are but those that no program has, and from -- on all. */
static int take_word(struct options *o, char *word)
{
    static const char *const known[] = {"--set", "--target", "--no-merge", "-o", "--gpu", "--help", "-h"},
                             *const name[] = {"search", "retrain", "generate"};
    const size_t knowns = o->begun ? 3 : sizeof known / sizeof *known;
    if (!o->run || !o->file) return 0;
    if (!o->rest && strcmp(word, "--") == 0) return o->begun = o->rest = 1;
    for (size_t i = 0; i < knowns && !o->rest; i++)
        if (is_option(word, known[i])) return 0;
    for (size_t i = 0; i < sizeof name / sizeof *name && !o->begun; i++) {
        if (strcmp(word, name[i]) != 0) continue;
        o->program = name[i];
        return o->begun = 1;
    }
    if (!o->begun && word[0] != '-') return 0;
    o->word[o->words++] = word;
    return o->begun = 1;
}

/* The first plain word may say what to do with the file. */
static int take_command(struct options *o, const char *word)
{
    if (o->info || o->run || o->check) return 0;
    o->info = strcmp(word, "info") == 0;
    o->run = strcmp(word, "run") == 0;
    o->check = strcmp(word, "check") == 0;
    return o->info || o->run || o->check;
}

/* Options that what is to be done has no use for. */
static int check_options(const struct options *o)
{
    if (o->info && o->folder) return fail("-o goes with emitting and run, not with info", o->folder);
    if (o->check && o->folder) return fail("-o goes with emitting and run, not with check", o->folder);
    if (o->check && !o->merge) return fail("check tries both, merged and not, by itself", "--no-merge");
    if (o->check && o->target != TARGET_CPU) return fail("check computes on the CPU", "--target cuda");
    if (!o->info && (o->json || o->dump)) return fail("only info takes", o->json ? "--json" : "--dump-graph");
    if (o->gpu && !(o->info && o->target == TARGET_CUDA)) return fail("--gpu goes with info --target cuda", o->gpu);
    if (o->weights && (o->info || o->check)) return fail("--weights goes with emitting alone", o->weights);
    if (o->embed && !o->weights) return fail("--embed goes with --weights", o->embed);
    if (o->kernel && o->target == TARGET_CUDA)
        return fail("--kernel is for the CPU; NAME.cu of a whole generator has every kernel by its name", o->kernel);
    if (o->kernel && !o->embed) return fail("--kernel goes with --embed", o->kernel);
    if (o->array && !o->embed) return fail("--embed-array goes with --embed", "");
    if (o->has_type && !o->weights) return fail("--weights-type goes with --weights", "");
    return 0;
}

static int parse(struct options *o, int argc, char **argv)
{
    int plain = 0;
    o->aggen = argc ? argv[0] : "aggen";
    o->word = argv; /* those that were read make room */
    for (int i = 1; i < argc; i++) {
        const char *v;
        if (take_word(o, argv[i])) continue;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            o->help = 1;
            return 0;
        } else if (strcmp(argv[i], "--json") == 0)
            o->json = 1;
        else if (strcmp(argv[i], "--no-merge") == 0)
            o->merge = 0;
        else if (strcmp(argv[i], "--dump-graph") == 0)
            o->dump = 1;
        else if (!o->run && strcmp(argv[i], "--embed-array") == 0)
            o->array = 1;
        else if ((v = value("--target", argc, argv, &i))) {
            if (!*v) return fail("--target wants cpu or cuda", "");
            if (strcmp(v, "cpu") != 0 && strcmp(v, "cuda") != 0)
                return fail("no such target (there are: cpu, cuda)", v);
            o->target = strcmp(v, "cuda") == 0 ? TARGET_CUDA : TARGET_CPU;
        } else if ((v = value("--gpu", argc, argv, &i))) {
            if (!*v) return fail("--gpu wants h100, a100 or rtx4090", "");
            o->gpu = v;
        } else if (!o->run && (v = value("--weights", argc, argv, &i))) {
            if (!*v) return fail("--weights wants a file", "");
            o->weights = v;
        } else if (!o->run && (v = value("--embed", argc, argv, &i))) {
            if (!is_name(v)) return fail("--embed wants a name for C: a letter, then letters, digits and _", v);
            if (is_header(v)) return fail("--embed wants another name: C has a header of this one", v);
            o->embed = v;
        } else if (!o->run && (v = value("--kernel", argc, argv, &i))) {
            if (!*v) return fail("--kernel wants a layer", "");
            o->kernel = v;
        } else if (!o->run && (v = value("--weights-type", argc, argv, &i))) {
            if (read_type(v, &o->weights_type)) return fail("--weights-type wants fp32, bf16 or fp16", v);
            o->has_type = 1;
        } else if ((v = value("--set", argc, argv, &i))) {
            if (!strchr(v, '=')) return fail("--set wants KEY.PATH=VALUE", v);
            if (o->sets == SETS) return fail("too many --set", "");
            o->set[o->sets++] = (char *)v;
        } else if ((v = value("-o", argc, argv, &i))) {
            if (!*v) return fail("-o wants a folder", "");
            o->folder = v;
        } else if (argv[i][0] == '-')
            return fail("no such option", argv[i]);
        else if (plain == 0 && take_command(o, argv[i]))
            continue;
        else if (plain++ == 0)
            o->file = argv[i];
        else
            return o->run ? fail("one file, and one program (search, retrain or generate)", argv[i])
                          : fail("one file at a time", argv[i]);
    }
    if (check_options(o)) return 2;
    if (!o->folder) o->folder = "out";
    return o->file ? 0 : fail("no file given", "");
}

/* The weights that generator m is to carry. */
static int read_weights(const struct options *o, const struct model *m, struct emission *e, struct mem *mem, char *err,
                        size_t errsize)
{
    struct carried carried = {.type = o->weights_type};
    int status = run_carry(m, e, o->weights, mem, &carried, err, errsize);
    e->carried = carried;
    return status;
}

/* The command line, as a shell takes it. */
static char *command_line(struct mem *mem, const struct options *o)
{
    char *s = mem_printf(mem, "aggen %s", text_shell(mem, o->file));
    for (int i = 0; i < o->sets; i++) s = mem_printf(mem, "%s --set %s", s, text_shell(mem, o->set[i]));
    if (!o->merge) s = mem_printf(mem, "%s --no-merge", s);
    if (o->weights) s = mem_printf(mem, "%s --weights %s", s, text_shell(mem, o->weights));
    if (o->weights && o->weights_type != AG_F32)
        s = mem_printf(mem, "%s --weights-type %s", s, o->weights_type == AG_BF16 ? "bf16" : "fp16");
    if (o->embed) s = mem_printf(mem, "%s --embed %s", s, o->embed);
    if (o->array) s = mem_printf(mem, "%s --embed-array", s);
    if (o->kernel) s = mem_printf(mem, "%s --kernel %s", s, text_shell(mem, o->kernel));
    if (o->target == TARGET_CUDA) s = mem_printf(mem, "%s --target cuda", s);
    return s;
}

/* The same for the headings of what it wrote: on one line, and nothing that would end a comment there. */
static char *command_text(struct mem *mem, const struct options *o)
{
    char *s = command_line(mem, o);
    for (char *c = s; *c; c++)
        if ((unsigned char)*c < ' ' || *c == '\\' || (*c == '*' && c[1] == '/') || (*c == '/' && c[1] == '*')) *c = ' ';
    return s;
}

/* The run folder of a retraining: below the search's when the genotype lies in one. */
static char *retrain_folder(struct mem *mem, const struct options *o, const struct spec *spec)
{
    const char *slash = strrchr(o->file, '/');
    int in_run = slash && strcmp(slash, "/genotype.json") == 0;
    if (in_run) return mem_printf(mem, "%.*s/retrain", (int)(slash - o->file), o->file);
    return mem_printf(mem, "out/retrain-%s", spec->name);
}

/* What was written, and what to type next. */
static void say_next(struct mem *mem, const char *folder, const char *program, const char *files)
{
    const char *file = mem_printf(mem, "%s%s/%s", *folder == '/' ? "" : "./", folder, program);
    struct ag_text make = {0, 0, 0, 0};
    ag_text_make(&make, folder, program);
    printf("%s written to %s; next: %s && %s\n", files, folder, (char *)mem_checked(make.failed ? NULL : make.text),
           text_shell(mem, file));
    ag_text_free(&make);
}

/* The one that was asked for, or the first. */
static int choose_program(const struct options *o, const struct genotype *geno, enum program *program)
{
    *program = geno->genes ? PROGRAM_RETRAIN : PROGRAM_SEARCH;
    if (!o->program || strcmp(o->program, program_name(*program)) == 0) return 0;
    *program = PROGRAM_GENERATE;
    if (geno->genes && strcmp(o->program, program_name(*program)) == 0) return 0;
    return fail(geno->genes ? "a genotype's programs are retrain and generate" : "a search space's program is search",
                o->program);
}

/* The command line that ran a program, without the program's part. */
static char *run_command(struct mem *mem, const struct options *o)
{
    const char *words = command_line(mem, o) + strlen("aggen"), *aggen = text_shell(mem, o->aggen);
    if (strcmp(o->folder, "out") == 0) return mem_printf(mem, "%s run%s", aggen, words);
    return mem_printf(mem, "%s run%s -o %s", aggen, words, text_shell(mem, o->folder));
}

/* Pictures that a program draws at a time: the CPU's threads share each. */
static int pictures(const struct options *o, enum program program)
{
    return program >= PROGRAM_GENERATE && o->target == TARGET_CPU;
}

static int emit_and_run(const struct options *o, const struct spec *spec, const struct genotype *geno,
                        const struct emission *e, struct mem *mem)
{
    char err[2048] = "";
    enum program program;
    int status = choose_program(o, geno, &program);
    if (status) return status;
    status = run_possible(err, sizeof err);
    if (!status) {
        struct model *m = model_new(spec, geno, program, o->merge, pictures(o, program));
        status = emit_program(m, e, err, sizeof err);
        model_free(m);
    }
    if (!status) {
        const struct run run = {.folder = o->folder,
                                .name = program_name(program),
                                .device = o->target == TARGET_CUDA,
                                .command = run_command(mem, o),
                                .aggen = text_shell(mem, o->aggen),
                                .word = o->word,
                                .words = o->words};
        status = run_program(&run, err, sizeof err);
    }
    if (err[0]) fprintf(stderr, "aggen: %s\n", err);
    return status;
}

/* What was written, how to compile it, and what that takes. */
static void say_library(const struct options *o, const struct emission *e, const struct cost *cost, struct mem *mem)
{
    const int cuda = o->target == TARGET_CUDA, apart = emit_library_apart(e);
    const char *name = o->embed;
    const char *more = apart && cuda ? mem_printf(mem, ", %s.c, %s.cu and %s.bin", name, name, name)
                       : apart       ? mem_printf(mem, ", %s.c and %s.bin", name, name)
                       : cuda        ? mem_printf(mem, ", %s.c and %s.cu", name, name)
                                     : mem_printf(mem, " and %s.c", name);
    printf("%s.h%s written to %s; next: cc %s%s -c %s\n", name, more, o->folder,
           cuda ? "-O2 -I/usr/local/cuda/include" : "-O3 -march=native -fno-math-errno -fno-trapping-math",
           apart ? mem_printf(mem, " -I%s", text_shell(mem, o->folder)) : "",
           text_shell(mem, mem_printf(mem, "%s/%s.c", o->folder, name)));
    printf("%s.c: %.1f MB%s; it takes gcc about %.1f GB of memory and %.0f s to compile, clang %.1f GB and %.0f s\n",
           name, cost->c / 1e6, apart ? mem_printf(mem, ", %s.bin: %.1f MB", name, (double)e->carried.bytes / 1e6) : "",
           cost->gcc.bytes / 1e9, cost->gcc.seconds, cost->clang.bytes / 1e9, cost->clang.seconds);
    struct emission without = *e;
    without.array = 0;
    if (e->array && emit_library_apart(&without))
        fprintf(stderr,
                "aggen: warning: %s.c is large; without --embed-array its weights are in %s.bin, which gcc and clang "
                "take in within a second\n",
                name, name);
}

/* A generator, or a layer of it, as a library. */
static int embed(const struct options *o, const struct spec *spec, const struct genotype *geno, struct emission *e,
                 struct mem *mem)
{
    char err[2048] = "";
    struct cost cost;
    struct model *m = model_new(spec, geno, PROGRAM_LIBRARY, o->merge, pictures(o, PROGRAM_LIBRARY));
    int status = o->kernel ? cut_layer(m, o->kernel, err, sizeof err) : 0;
    if (!status) status = read_weights(o, m, e, mem, err, sizeof err);
    if (!status) status = emit_library(m, e, o->embed, o->kernel, &cost, err, sizeof err);
    model_free(m);
    if (status)
        fprintf(stderr, "aggen: %s\n", err);
    else
        say_library(o, e, &cost, mem);
    return status;
}

/* A search space's program, or both of a genotype's. Weights that don't fit are refused before anything is written. */
static int emit_all(const struct options *o, const struct spec *spec, const struct genotype *geno, struct emission *e,
                    struct mem *mem)
{
    char err[1024] = "";
    const int genotype = geno->genes != 0;
    const enum program first = genotype ? PROGRAM_RETRAIN : PROGRAM_SEARCH, last = genotype ? PROGRAM_GENERATE : first;
    struct model *carrier =
        o->weights ? model_new(spec, geno, PROGRAM_GENERATE, o->merge, pictures(o, PROGRAM_GENERATE)) : NULL;
    int status = carrier ? read_weights(o, carrier, e, mem, err, sizeof err) : 0;
    if (carrier) model_free(carrier);
    for (enum program p = first; p <= last && !status; p++) {
        struct model *m = model_new(spec, geno, p, o->merge, pictures(o, p));
        e->next = p < last ? program_name(last) : NULL;
        status = emit_program(m, e, err, sizeof err);
        model_free(m);
    }
    if (status)
        fprintf(stderr, "aggen: %s\n", err);
    else
        say_next(mem, o->folder, o->weights ? "generate" : program_name(first),
                 genotype ? "retrain.c and generate.c" : "search.c");
    return status;
}

static int emit(const struct options *o, const struct spec *spec, const struct genotype *geno)
{
    struct mem *mem = mem_new();
    char *spec_json = spec_text(spec), *geno_json = geno->genes ? genotype_text(spec, geno) : NULL;
    struct emission e = {.target = o->target,
                         .folder = o->folder,
                         .command = command_text(mem, o),
                         .spec = spec_json,
                         .genotype = geno_json,
                         .array = o->array,
                         .ptx = run_ptx};
    if (o->weights && !geno->genes) return fail("--weights goes with a genotype; this is a search space", o->file);
    e.run = geno->genes ? retrain_folder(mem, o, spec) : "out/run";
    int status = o->run     ? emit_and_run(o, spec, geno, &e, mem)
                 : o->embed ? embed(o, spec, geno, &e, mem)
                            : emit_all(o, spec, geno, &e, mem);
    free(spec_json);
    free(geno_json);
    mem_free(mem);
    return status;
}

static int check(const struct spec *spec, const struct genotype *geno)
{
    char err[2048];
    int status = check_space(spec, geno, err, sizeof err);
    if (err[0]) fprintf(stderr, "aggen: %s\n", err);
    return status;
}

static int info(const struct options *o, const struct spec *spec, const struct genotype *geno)
{
    char err[1024];
    int status = 0;
    struct model *m = model_new(spec, geno, geno->genes ? PROGRAM_RETRAIN : PROGRAM_SEARCH, o->merge, 0);
    for (int i = 0; i < m->phases && o->dump; i++) {
        printf("phase %s\n", m->phase[i].name);
        graph_print(m->phase[i].graph);
    }
    if (o->target == TARGET_CUDA)
        status = info_print_cuda(m, o->gpu ? o->gpu : "h100", o->json, err, sizeof err);
    else
        info_print(m, o->json);
    model_free(m);
    if (status) fprintf(stderr, "aggen: %s\n", err);
    return status;
}

/* What has been printed may not have arrived. */
static int say_lost(int status)
{
    if ((fflush(stdout) || ferror(stdout)) && !status) {
        fprintf(stderr, "aggen: cannot write to standard output\n");
        return 1;
    }
    return status;
}

int main(int argc, char **argv)
{
    struct options o = {.merge = 1};
    static struct spec spec;
    static struct genotype geno;
    char err[2048];
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
    ag_open_standard();
    if (parse(&o, argc, argv)) return 2;
    if (o.help) {
        fputs(usage, stdout);
        return say_lost(0);
    }
    if (spec_read(o.file, o.set, o.sets, &spec, &geno, err, sizeof err)) {
        fprintf(stderr, "aggen: %s\n", err);
        return 2;
    }
    if (o.check) return say_lost(check(&spec, &geno));
    if (o.info) return say_lost(info(&o, &spec, &geno));
    return say_lost(emit(&o, &spec, &geno));
}
