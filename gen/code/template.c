#define _POSIX_C_SOURCE 200809L
#include "template.h"
#include "../../runtime/ag.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef AGGEN_PREFIX
#define AGGEN_PREFIX "/usr/local"
#endif

const char *template_home(void)
{
    static char home[4096];
    const char *set = getenv("AGGEN_HOME");
    if (set && *set) return set;
    ssize_t n = readlink("/proc/self/exe", home, sizeof home - 64);
    if (n > 0) {
        home[n] = 0;
        char *slash = strrchr(home, '/');
        if (slash) {
            strcpy(slash, "/templates");
            int here = access(home, R_OK) == 0;
            *slash = 0;
            if (here) return home;
            strcpy(slash, "/../share/aggen");
            if (access(home, R_OK) == 0) return home;
        }
    }
    return AGGEN_PREFIX "/share/aggen";
}

char *template_file(struct mem *mem, const char *name, struct ag_error *err)
{
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", template_home(), name);
    FILE *f = fopen(path, "rb");
    struct text t = {NULL, 0, 0};
    char buffer[65536];
    for (size_t n; f && (n = fread(buffer, 1, sizeof buffer, f)) > 0;) text_addn(&t, buffer, n);
    int failed = !f || ferror(f) || !t.s;
    if (failed)
        ag_fail(err, 1, "%s: %s; set AGGEN_HOME to the folder that holds templates/ and runtime/", path,
                f ? "cannot be read" : strerror(errno));
    char *s = failed ? NULL : mem_printf(mem, "%s", t.s);
    if (f) fclose(f);
    text_free(&t);
    return s;
}

const char *template_body(const char *file)
{
    const char *mark = strstr(file, TEMPLATE_MARK);
    return mark ? mark + strlen(TEMPLATE_MARK) : file;
}

void template_set(struct mem *mem, struct substitutions *s, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = mem_vprintf(mem, format, args);
    va_end(args);
    s->list = mem_grow(s->list, s->count, &s->capacity, sizeof *s->list);
    s->list[s->count++] = (struct substitution){mem_printf(mem, "%s", name), text};
}

void template_number(struct mem *mem, struct substitutions *s, const char *name, double value)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    template_set(mem, s, name, "%s", text);
}

static const char *find(const struct substitutions *s, const char *name, size_t n)
{
    for (int i = 0; i < s->count; i++)
        if (strlen(s->list[i].name) == n && memcmp(s->list[i].name, name, n) == 0) return s->list[i].text;
    return NULL;
}

/* Returns the length of the identifier or number at p; 0: none is there. */
static size_t word_length(const char *p)
{
    size_t n = 0;
    while (isalnum((unsigned char)p[n]) || p[n] == '_') n++;
    return n;
}

const char *template_token_left(struct mem *mem, const char *text)
{
    for (const char *p = text; *p;) {
        const size_t n = word_length(p);
        const char *comment_end = strncmp(p, "/*", 2) == 0 ? strstr(p + 2, "*/") : NULL;
        if (n > 3 && strncmp(p, "AG_", 3) == 0) return mem_printf(mem, "%.*s", (int)n, p);
        p = comment_end ? comment_end + 2 : p + (n ? n : 1);
    }
    return NULL;
}

void template_expand(struct text *out, const char *body, const struct substitutions *s)
{
    for (const char *p = body; *p;) {
        if (!isalpha((unsigned char)*p) && *p != '_') {
            text_addn(out, p++, 1);
            continue;
        }
        const size_t n = word_length(p);
        const char *text = strncmp(p, "AG_", 3) == 0 ? find(s, p, n) : NULL;
        if (text)
            text_add(out, text);
        else
            text_addn(out, p, n);
        p += n;
    }
}
