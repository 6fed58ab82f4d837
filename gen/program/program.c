/* Writes the files of a program. */
#include "parts.h"

/* Lists all files. The makefile comes last, so that make sees it only when the others are complete. */
static void list_files(struct writer *w, struct code *c, struct sizes sizes, const double *executed)
{
    write_phases(w, c, sizes, executed);
    c->target->write_kernels(w, c);
    write_weights(w);
    write_host(w);
    write_runtime(w);
    remove_other_targets(w);
    write_makefile(w);
}

int emit_program(const struct model *m, const struct emission *e, struct ag_error *err)
{
    struct mem *mem = mem_new();
    struct writer w = {.mem = mem, .m = m, .e = e, .name = m->program->name, .err = err};
    struct code c = {.mem = mem, .target = e->target, .model = m, .err = err};
    struct sizes sizes = {0, 0, 0, 0, 0, 1};
    double executed[MODEL_PHASES];
    err->text[0] = 0;
    if (list_runtime(&w, "runtime") && (!e->target->runtime || list_runtime(&w, e->target->runtime)))
        emit_phases(&w, &c, &sizes, executed);
    if (!w.failed) make_folder(&w); /* only now, so that a refused program leaves no folder */
    if (!w.failed) {
        list_files(&w, &c, sizes, executed);
        write_all(&w);
    }
    code_free(&c);
    mem_free(mem);
    return w.failed;
}
