#include "passes.h"
#include "commands.h"
#include "extract_layer.h"
#include "info.h"
#include "check.h"
#include "run.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the commands that emit need. */
struct job {
    const struct options *o;
    const struct spec *spec;
    const struct genotype *geno;
    struct emission e;
    int lock; /* on the folder that it writes to, see struct emission; -1: none */
    struct mem *mem;
};

/* Prints what went wrong, unless that has been said already. */
static int report(int status, const struct ag_error *err)
{
    if (status && err->text[0]) fprintf(stderr, "aggen: %s\n", err->text);
    return status;
}

static const struct target *target_of(const struct options *o)
{
    return targets[o->target];
}

int check_kernels_key(const struct options *o, const struct spec *spec)
{
    const struct target *target = target_of(o);
    const struct variant *const *rows = target->training->variants;
    int found = !*spec->kernels;
    for (int i = 0; rows[i] && !found; i++) found = strcmp(rows[i]->name, spec->kernels) == 0;
    if (found) return 0;
    fprintf(stderr, "aggen: %s: kernels: the target %s has no kernel \"%s\"; it has %s", o->file, target->name,
            spec->kernels, rows[0]->name);
    for (int i = 1; rows[i]; i++) fprintf(stderr, ", %s", rows[i]->name);
    fprintf(stderr, "\n");
    return 2;
}

/* ---------------------------------------------------------------- what is emitted */

/* Returns number i of the programs that are written for the file; NULL: there are no more. */
static const struct program_kind *program_of_file(const struct genotype *geno, int i)
{
    return program_of(geno->genes > 0, i);
}

static struct model *new_model(const struct job *job, const struct program_kind *program)
{
    return model_new(job->spec, job->geno, program, !job->o->no_merge, target_of(job->o)->device);
}

/* Reads the weights that generator m is to carry. */
static int read_weights(const struct job *job, const struct model *m, struct carried *carried, struct ag_error *err)
{
    *carried = (struct carried){.type = job->o->weights_type};
    return run_carry(m, &job->e, job->o->weights, job->mem, carried, err);
}

/* Returns the command that writes the same files, for their headings. It is one line, without what would begin or end a
 * comment. */
static char *command_text(struct mem *mem, const struct options *o)
{
    char *s = mem_printf(mem, "aggen%s", options_words(mem, o));
    for (char *c = s; *c; c++)
        if ((unsigned char)*c < ' ' || *c == '\\' || (*c == '*' && c[1] == '/') || (*c == '/' && c[1] == '*')) *c = ' ';
    return s;
}

/* Returns the run folder of a retraining. If the genotype lies in a search's run folder, it is below that. */
static char *retrain_folder(struct mem *mem, const struct options *o, const struct spec *spec)
{
    const char *slash = strrchr(o->file, '/');
    int in_run = slash && strcmp(slash, "/genotype.json") == 0;
    if (in_run) return mem_printf(mem, "%.*s/retrain", (int)(slash - o->file), o->file);
    return mem_printf(mem, "out/retrain-%s", spec->name);
}

static struct job begin(const struct options *o, const struct spec *spec, const struct genotype *geno)
{
    struct mem *mem = mem_new();
    struct job job = {.o = o, .spec = spec, .geno = geno, .lock = -1, .mem = mem};
    job.e = (struct emission){.target = target_of(o),
                              .folder = o->folder,
                              .command = command_text(mem, o),
                              .spec = spec_text(spec),
                              .genotype = geno->genes ? genotype_text(spec, geno) : NULL,
                              .run = geno->genes ? retrain_folder(mem, o, spec) : "out/run",
                              .array = o->embed_array,
                              .ptx = run_ptx};
    return job;
}

static void end(struct job *job)
{
    free((char *)job->e.spec);
    free((char *)job->e.genotype);
    if (job->lock >= 0) close(job->lock);
    mem_free(job->mem);
}

/* ---------------------------------------------------------------- a library */

/* Says what was written, how to compile it, and what that takes. */
static void say_library(const struct job *job, const struct cost *cost)
{
    const struct options *o = job->o;
    struct mem *mem = job->mem;
    const struct target *target = job->e.target;
    const int apart = emit_library_apart(&job->e);
    const char *name = o->embed;
    const char *more = apart && target->library_source ? mem_printf(mem, ", %s.c, %s.cu and %s.bin", name, name, name)
                       : apart                         ? mem_printf(mem, ", %s.c and %s.bin", name, name)
                       : target->library_source        ? mem_printf(mem, ", %s.c and %s.cu", name, name)
                                                       : mem_printf(mem, " and %s.c", name);
    printf("%s.h%s written to %s; next: cc %s%s -c %s\n", name, more, o->folder, target->library_flags,
           apart ? mem_printf(mem, " -I%s", text_shell(mem, o->folder)) : "",
           text_shell(mem, mem_printf(mem, "%s/%s.c", o->folder, name)));
    const char *bin = apart ? mem_printf(mem, ", %s.bin: %.1f MB", name, (double)job->e.carried.bytes / 1e6) : "";
    printf("%s.c: %.1f MB%s; it takes gcc about %.1f GB of memory and %.0f s to compile, clang %.1f GB and %.0f s\n",
           name, cost->c / 1e6, bin, cost->gcc.bytes / 1e9, cost->gcc.seconds, cost->clang.bytes / 1e9,
           cost->clang.seconds);
    struct emission without = job->e;
    without.array = 0;
    if (job->e.array && emit_library_apart(&without))
        fprintf(stderr,
                "aggen: warning: %s.c is large; without --embed-array its weights are in %s.bin, which gcc and clang "
                "take in within a second\n",
                name, name);
}

/* Emits a generator, or a layer of it, as a library. */
static int emit_embedded(struct job *job)
{
    const struct options *o = job->o;
    struct ag_error err = {""};
    struct cost cost;
    struct carried carried = {0};
    struct model *m = new_model(job, &program_library);
    int status = o->kernel ? extract_layer(m, o->kernel, &err) : 0;
    if (!status) status = read_weights(job, m, &carried, &err);
    job->e.carried = carried;
    if (!status) status = emit_library(m, &job->e, o->embed, o->kernel, &cost, &err);
    model_free(m);
    if (!status) say_library(job, &cost);
    return report(status, &err);
}

/* ---------------------------------------------------------------- programs */

/* Says what was written, and what to type next. */
static void say_programs(const struct job *job)
{
    const struct program_kind *next = program_of_file(job->geno, 0);
    for (int i = 1; job->o->weights && !next->draws; i++) next = program_of_file(job->geno, i);
    const char *folder = job->o->folder;
    const char *file = mem_printf(job->mem, "%s%s/%s", *folder == '/' ? "" : "./", folder, next->name);
    struct ag_text make = {0, 0, 0, 0};
    ag_text_make(&make, folder, next->name);
    printf("%s written to %s; next: %s && %s\n", program_list(job->mem, job->geno->genes > 0, "", ".c", " and "),
           folder, (char *)mem_checked(make.failed ? NULL : make.text), text_shell(job->mem, file));
    ag_text_free(&make);
}

/* The weights that each of the file's programs carries. */
static int read_all_weights(const struct job *job, struct carried *carried, struct ag_error *err)
{
    const struct program_kind *program;
    int status = 0;
    for (int i = 0; !status && (program = program_of_file(job->geno, i)); i++) {
        if (!job->o->weights || !program->draws) continue;
        struct model *m = new_model(job, program);
        status = read_weights(job, m, &carried[i], err);
        model_free(m);
    }
    return status;
}

/* Emits all programs of the file. Weights that don't fit are refused before anything is written. */
static int emit_programs(struct job *job)
{
    struct ag_error err = {""};
    int count = 0;
    while (program_of_file(job->geno, count)) count++;
    struct carried *carried = mem_alloc(job->mem, (size_t)count * sizeof *carried);
    const char **name = mem_alloc(job->mem, ((size_t)count + 1) * sizeof *name);
    for (int i = 0; i < count; i++) name[i] = program_of_file(job->geno, i)->name;
    int status = read_all_weights(job, carried, &err);
    for (int i = 0; i < count && !status; i++) {
        struct model *m = new_model(job, program_of_file(job->geno, i));
        job->e.later_programs = name + i + 1;
        job->e.carried = carried[i];
        status = emit_program(m, &job->e, &err);
        model_free(m);
    }
    if (!status) say_programs(job);
    return report(status, &err);
}

int command_emit(const struct options *o, const struct spec *spec, const struct genotype *geno)
{
    if (o->weights && !geno->genes)
        return options_fail(o->file, "--weights goes with a genotype; this is a search space");
    struct job job = begin(o, spec, geno);
    job.e.lock = &job.lock;
    int status = o->embed ? emit_embedded(&job) : emit_programs(&job);
    end(&job);
    return status;
}

/* ---------------------------------------------------------------- run */

/* Returns the program that was asked for, or the first one; NULL, after a message, if the file has no such program. */
static const struct program_kind *choose_program(const struct options *o, const struct genotype *geno)
{
    const struct program_kind *program;
    for (int i = 0; (program = program_of_file(geno, i)); i++)
        if (!o->program || strcmp(o->program, program->name) == 0) return program;
    struct mem *mem = mem_new();
    options_fail(o->program, "a %s %s %s", geno->genes ? "genotype's" : "search space's",
                 program_of_file(geno, 1) ? "programs are" : "program is",
                 program_list(mem, geno->genes > 0, "", "", " and "));
    mem_free(mem);
    return NULL;
}

/* Returns the command line that runs the program again, without the program's own words. */
static char *run_command(struct mem *mem, const struct options *o)
{
    const char *words = options_words(mem, o), *aggen = text_shell(mem, o->aggen);
    if (strcmp(o->folder, "out") == 0) return mem_printf(mem, "%s run%s", aggen, words);
    return mem_printf(mem, "%s run%s -o %s", aggen, words, text_shell(mem, o->folder));
}

static int emit_and_run(struct job *job, const struct program_kind *program)
{
    const struct options *o = job->o;
    struct ag_error err = {""};
    struct model *m = new_model(job, program);
    int status = emit_program(m, &job->e, &err);
    model_free(m);
    if (!status) {
        const struct run run = {.folder = o->folder,
                                .name = program->name,
                                .device = target_of(o)->device,
                                .command = run_command(job->mem, o),
                                .aggen = text_shell(job->mem, o->aggen),
                                .word = o->word,
                                .words = o->words};
        status = run_program(&run, &err);
    }
    return report(status, &err);
}

int command_run(const struct options *o, const struct spec *spec, const struct genotype *geno)
{
    const struct program_kind *program = choose_program(o, geno);
    struct ag_error err = {""};
    if (!program) return 2;
    if (run_possible(&err)) return report(1, &err);
    struct job job = begin(o, spec, geno);
    int status = emit_and_run(&job, program);
    end(&job);
    return status;
}

/* ---------------------------------------------------------------- info and check */

/* What print_after has to know. */
struct dump {
    const char *pass, *program, *phase;
};

static void print_after(void *context, const char *pass, const struct phase_graph *phase, const struct graph *g,
                        const struct plan *plan)
{
    struct dump *dump = context;
    if (phase) dump->phase = phase->name; /* plans that follow are of this phase */
    if (strcmp(pass, dump->pass) != 0) return;
    printf("%s, phase %s, after %s\n", dump->program, dump->phase, pass);
    if (plan)
        plan_print(plan, pass);
    else
        graph_print(g);
}

/* Prints graphs or plans of all programs of the file, since some passes run only for programs that draw. */
static void dump_pass(const struct options *o, const struct spec *spec, const struct genotype *geno)
{
    struct dump dump = {.pass = pass_name(o->dump)};
    pass_watcher = (struct watcher){print_after, &dump};
    for (int i = 0; program_of_file(geno, i); i++) {
        dump.program = program_of_file(geno, i)->name;
        struct model *m = model_new(spec, geno, program_of_file(geno, i), !o->no_merge, target_of(o)->device);
        trace_plans(m, target_of(o));
        model_free(m);
    }
    pass_watcher = (struct watcher){NULL, NULL};
}

int command_info(const struct options *o, const struct spec *spec, const struct genotype *geno)
{
    struct ag_error err = {""};
    int status = 0;
    if (o->dump >= 0) {
        dump_pass(o, spec, geno);
        return 0;
    }
    struct model *m = model_new(spec, geno, program_of_file(geno, 0), !o->no_merge, 0);
    for (int i = 0; i < m->phases && o->dump_graph; i++) {
        printf("phase %s\n", m->phase[i].name);
        graph_print(m->phase[i].graph);
    }
    if (target_of(o)->device)
        status = info_print_cuda(m, o->gpu, o->json, &err);
    else
        info_print(m, o->json);
    model_free(m);
    return report(status, &err);
}

int command_check(const struct options *o, const struct spec *spec, const struct genotype *geno)
{
    struct ag_error err = {""};
    (void)o;
    return report(check_space(spec, geno, &err), &err);
}
