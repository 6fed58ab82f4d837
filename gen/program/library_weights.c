/* Writes the weights of a library: as numbers in its C file or, if compilers would need gigabytes for them, in
 * NAME.bin. Also tells files of earlier libraries from files of others. */
#define _POSIX_C_SOURCE 200809L
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { IN_C = 16000000 }; /* the most bytes of weights that go into the C file */

int emit_library_apart(const struct emission *e)
{
    return e->carried.bytes > IN_C && !e->array;
}

static const char *number_type(const struct library *l)
{
    return l->carried->type == AG_F32 ? "float" : "ag_u16";
}

/* Appends n values as an array that C reads without rounding: hexadecimal floating point, or the 16 bits of a number of
 * two bytes as a whole number. */
static void add_array(struct library *l, const char *name, long n, struct text *t)
{
    const size_t before = t->length;
    const int halves = l->carried->type != AG_F32;
    const float *whole = l->carried->values;
    const ag_u16 *half = l->carried->values;
    text_printf(t, "\nstatic const %s %s = {\n", number_type(l), name);
    for (long i = 0; i < n; i++) {
        char number[40];
        if (halves)
            snprintf(number, sizeof number, "%u,", half[i]);
        else if (whole[i] == 0)
            snprintf(number, sizeof number, "0,");
        else
            snprintf(number, sizeof number, "%af,", (double)whole[i]);
        text_add(t, number);
        if (i % 8 == 7) text_add(t, "\n");
    }
    text_add(t, n ? "};\n" : "0};\n");
    l->numbers += (size_t)n;
    l->digits += t->length - before;
}

void library_weights(struct library *l, struct substitutions *s, const char *name, const char *attribute,
                     struct text *t)
{
    struct mem *mem = l->w->mem;
    const size_t bytes = l->carried->bytes;
    const long n = (long)(bytes / (l->carried->type == AG_F32 ? sizeof(float) : sizeof(ag_u16)));
    if (!emit_library_apart(l->w->e)) {
        add_array(l, mem_printf(mem, "%s[%ld]%s", name, n ? n : 1, attribute), n, t);
        return;
    }
    const char *file = home_file(l->w, "templates/embed/apart.c");
    if (!file) return;
    template_set(mem, s, "AG_NUMBER", "%s", number_type(l));
    template_set(mem, s, "AG_COUNT", "%ld", n);
    template_set(mem, s, "AG_BYTES", "%zu", bytes);
    template_set(mem, s, "AG_WEIGHTS", "%s", name);
    text_add(t, "\n");
    template_expand(t, template_body(file), s);
}

/* The coefficients follow from measurements with gcc 12 and clang 14 on stylegan2_celeba128, which has 32 million
 * numbers and a quarter of a megabyte of code. With the numbers as an array, gcc took 7.9 GB and 79 s, clang 15.9 GB
 * and 108 s. With the numbers in NAME.bin they took 0.13 and 0.53 GB. The code alone took about 3 and 20 s. */
struct cost library_cost(const struct library *l, size_t c)
{
    const double code = (double)(c - l->digits), numbers = (double)l->numbers,
                 apart = emit_library_apart(l->w->e) ? (double)l->carried->bytes : 0;
    struct cost cost = {.c = c};
    cost.gcc.bytes = 0.1e9 + 245 * numbers + apart;
    cost.gcc.seconds = 1 + 10e-6 * code + 2.4e-6 * numbers;
    cost.clang.bytes = 0.2e9 + 490 * numbers + 2 * apart;
    cost.clang.seconds = 1 + 75e-6 * code + 2.8e-6 * numbers;
    return cost;
}

/* ---------------------------------------------------------------- files of earlier emissions */

static const char heading_start[] = "/* " LIBRARY, kernels_start[] = "/* Kernels of ";

/* Returns the second line of NAME.c and NAME.h if the weights are apart. It tells that NAME.bin is the library's. */
static const char *apart_line(const struct writer *w)
{
    return mem_printf(w->mem, "/* Its weights are in %s.bin. */\n", w->name);
}

void library_heading(const struct library *l, struct text *t)
{
    heading(l->w, t, LIBRARY);
    if (emit_library_apart(l->w->e)) text_add(t, apart_line(l->w));
}

static char *path_of(const struct writer *w, const char *ending)
{
    return mem_printf(w->mem, "%s/%s.%s", w->e->folder, w->name, ending);
}

enum owner { NOBODY, LIBRARYS, OTHERS };

/* Returns whose file NAME.ENDING is. A library's file begins with the given lines (second may be NULL). A file that is
 * missing or empty is nobody's. So is a folder: writing fails there anyway. */
static enum owner owner_of(const struct writer *w, const char *ending, const char *first, const char *second)
{
    const char *path = path_of(w, ending), *start[] = {first, second};
    struct stat status;
    char *line = NULL;
    size_t room = 0;
    if (stat(path, &status) != 0 || S_ISDIR(status.st_mode)) return NOBODY;
    if (S_ISREG(status.st_mode) && status.st_size == 0) return NOBODY;
    FILE *file = S_ISREG(status.st_mode) ? fopen(path, "r") : NULL;
    enum owner owner = file ? LIBRARYS : OTHERS;
    for (int i = 0; i < 2 && start[i] && owner == LIBRARYS; i++)
        if (getline(&line, &room, file) < 0 || strncmp(line, start[i], strlen(start[i])) != 0) owner = OTHERS;
    free(line);
    if (file) fclose(file);
    return owner;
}

static int exists(const struct writer *w, const char *ending)
{
    struct stat status;
    return stat(path_of(w, ending), &status) == 0;
}

/* Returns 1 if NAME.bin belongs to the library in the folder. An emission that was cut short may have left NAME.h
 * without NAME.c. */
static int has_bin(const struct writer *w)
{
    return owner_of(w, "c", heading_start, apart_line(w)) == LIBRARYS ||
           owner_of(w, "h", heading_start, apart_line(w)) == LIBRARYS;
}

/* Returns 1 if NAME.cu belongs to the library in the folder. */
static int has_kernels(const struct writer *w)
{
    return (owner_of(w, "c", heading_start, NULL) == LIBRARYS || owner_of(w, "h", heading_start, NULL) == LIBRARYS) &&
           owner_of(w, "cu", kernels_start, NULL) == LIBRARYS;
}

const char *library_taken(const struct writer *w)
{
    if (owner_of(w, "c", heading_start, NULL) == OTHERS) return path_of(w, "c");
    if (owner_of(w, "h", heading_start, NULL) == OTHERS) return path_of(w, "h");
    if (emit_library_apart(w->e) && exists(w, "bin") && !has_bin(w)) return path_of(w, "bin");
    if (w->e->target->library_source && exists(w, "cu") && !has_kernels(w)) return path_of(w, "cu");
    return NULL;
}

void library_clear(struct writer *w)
{
    if (has_bin(w) && !emit_library_apart(w->e)) add_removal(w, mem_printf(w->mem, "%s.bin", w->name));
    if (!w->e->target->library_source && has_kernels(w)) add_removal(w, mem_printf(w->mem, "%s.cu", w->name));
}

void library_write_apart(const struct library *l)
{
    struct writer *w = l->w;
    if (emit_library_apart(w->e))
        add_bytes(w, mem_printf(w->mem, "%s.bin", w->name), l->carried->values, l->carried->bytes);
}
