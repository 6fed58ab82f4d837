/* Writes NAME.mk, with which make builds a program. */
#include "emit_cpu.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

/* Returns the names of the runtime's C files without their endings, each behind a space. */
static const char *runtime_objects(const struct writer *w)
{
    const char *list = "";
    for (int i = 0; i < w->runtime_files; i++) {
        const char *name = base_name(w->runtime_file[i]), *dot = strrchr(name, '.');
        if (dot[1] == 'c') list = mem_printf(w->mem, "%s %.*s", list, (int)(dot - name), name);
    }
    return list;
}

static const char *kernel_objects(const struct writer *w)
{
    const char *list = "";
    for (int f = 0; f < KERNEL_FILES; f++) list = mem_printf(w->mem, "%s %s_kernels%d", list, w->name, f);
    return list;
}

void write_makefile(struct writer *w)
{
    const char *name = has_widths(w) ? w->e->target->makefile_any : w->e->target->makefile;
    const char *file = home_file(w, mem_printf(w->mem, "templates/host/%s.mk", name)),
               *folder = home_file(w, "templates/host/folder.mk");
    if (!file || !folder) return;
    struct substitutions s = {NULL, 0, 0};
    struct text t = {NULL, 0, 0}, head = {NULL, 0, 0};
    program_tokens(w, &s);
    template_expand(&head, folder, &s);
    template_set(w->mem, &s, "AG_FOLDER", "%s", head.s);
    template_set(w->mem, &s, "AG_CARRIED", "%s", carries(w) ? mem_printf(w->mem, "%s_weights", w->name) : "");
    template_set(w->mem, &s, "AG_RUNTIME", "%s", runtime_objects(w) + 1);
    template_set(w->mem, &s, "AG_KERNELS", "%s", kernel_objects(w) + 1);
    template_set(w->mem, &s, "AG_STATIC", "%s", w->m->program->is_static ? "-static -s -Wl,--gc-sections" : "");
    text_printf(&t, "# Builds %s, written by: %s\n", w->name, w->e->command);
    template_expand(&t, file, &s);
    add_file(w, mem_printf(w->mem, "%s.mk", w->name), t.s);
    text_free(&t);
    text_free(&head);
    free(s.list);
}
