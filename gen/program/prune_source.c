#include "prune_source.h"
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Lines that are taken or left together. */
struct piece {
    const char *text;
    int length, function; /* function: where the head of a function begins in text; -1: it is no function */
    int taken;
};

struct shaker {
    struct piece *piece;
    int pieces, capacity;
};

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

static int begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* A line with a condition of the preprocessor is a piece of its own, which is always taken. */
static int is_condition(const char *line)
{
    return begins(line, "#if") || begins(line, "#el") || begins(line, "#endif");
}

/* Returns 1 for the lines of a header guard: #ifndef …_H, #define …_H, and an #endif that ends the file. */
static int is_guard(const char *line)
{
    const size_t n = strcspn(line, "\n");
    if (begins(line, "#endif")) return !line[n + strspn(line + n, "\n")];
    return n > 2 && strncmp(line + n - 2, "_H", 2) == 0 && (begins(line, "#ifndef ") || begins(line, "#define "));
}

/* Returns 1 if the head of a function begins at this line. The first line of its body is a brace. */
static int is_function(const char *line)
{
    if (!isalpha((unsigned char)*line)) return 0;
    const char *brace = strstr(line, "\n{\n"), *end = strchr(line, ';'), *blank = strstr(line, "\n\n");
    return brace && (!end || brace < end) && (!blank || brace < blank);
}

/* Returns the end of the piece that begins at this line. *function: as in struct piece. */
static const char *end_of(const char *line, int *function)
{
    const char *p = line;
    *function = -1;
    if (is_condition(line)) return next_line(line);
    for (int comment = 0; *p && *p != '\n' && !is_condition(p); p = next_line(p)) {
        if (!comment && is_function(p)) {
            const char *end = strstr(p, "\n}\n");
            *function = (int)(p - line);
            return end ? end + 3 : p + strlen(p);
        }
        const char *newline = next_line(p), *close = strstr(p, "*/");
        comment = begins(p, "/*") || comment ? !close || close >= newline : 0;
    }
    return p;
}

/* Cuts a text into pieces. */
static void cut(struct shaker *s, const char *text)
{
    while (*text) {
        if (*text == '\n' || begins(text, "#include") || is_guard(text)) {
            text = next_line(text);
            continue;
        }
        s->piece = mem_grow(s->piece, s->pieces, &s->capacity, sizeof *s->piece);
        struct piece *piece = &s->piece[s->pieces++];
        piece->text = text;
        text = end_of(text, &piece->function);
        piece->length = (int)(text - piece->text);
        piece->taken = is_condition(piece->text);
    }
}

/* ---------------------------------------------------------------- names */

static int is_identifier_part(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Returns the last character of the comment or string that begins here; NULL: neither begins here. */
static const char *skipped(const char *p)
{
    const char quote = *p, *close = begins(p, "/*") ? strstr(p, "*/") : NULL;
    if (quote != '"' && quote != '\'') return close ? close + 1 : NULL;
    for (p++; *p && *p != quote && *p != '\n'; p++)
        if (*p == '\\' && p[1]) p++;
    return *p ? p : p - 1;
}

/* Returns 1 if the name, of n characters, occurs in the text as a word outside comments and strings. */
static int occurs(const char *text, size_t length, const char *name, size_t n)
{
    const char *const end = text + length;
    for (const char *p = text; p + n <= end; p++) {
        const char *close = skipped(p);
        if (close)
            p = close;
        else if (is_identifier_part(*p) && (p == text || !is_identifier_part(p[-1])) && memcmp(p, name, n) == 0 &&
                 (p + n == end || !is_identifier_part(p[n])))
            return 1;
    }
    return 0;
}

/* Returns the name that a line declares, and its length *n. function: 1: the line is the head of a function; 0: it may
 * declare a macro, a struct or a union; *n is 0 if it does not. */
static const char *name_in(const char *line, int function, size_t *n)
{
    const char *end = line;
    *n = 0;
    if (function) {
        end = strchr(line, '(');
    } else {
        static const char *const before[] = {"#define ", "struct ", "union "};
        for (int i = 0; i < 3; i++)
            if (begins(line, before[i])) end = line + strlen(before[i]);
        if (end == line) return line;
        while (is_identifier_part(*end)) end++;
    }
    const char *name = end;
    while (name > line && is_identifier_part(name[-1])) name--;
    *n = (size_t)(end - name);
    return name;
}

/* Returns 1 if the text uses a name that the piece declares. */
static int is_used(const struct piece *piece, const char *text, size_t length)
{
    size_t n;
    if (piece->function >= 0) {
        const char *name = name_in(piece->text + piece->function, 1, &n);
        return occurs(text, length, name, n);
    }
    for (const char *line = piece->text; line < piece->text + piece->length; line = next_line(line)) {
        const char *name = name_in(line, 0, &n);
        if (n && occurs(text, length, name, n)) return 1;
    }
    return 0;
}

char *prune_source(struct mem *mem, char *const *file, int files, const char *root)
{
    struct shaker s = {NULL, 0, 0};
    struct text t = {NULL, 0, 0};
    for (int f = 0; f < files; f++) cut(&s, file[f]);
    for (int i = s.pieces - 1; i >= 0; i--) {
        struct piece *piece = &s.piece[i];
        if (!piece->taken) piece->taken = is_used(piece, root, strlen(root));
        for (int k = i + 1; k < s.pieces && !piece->taken; k++)
            piece->taken = s.piece[k].taken && is_used(piece, s.piece[k].text, (size_t)s.piece[k].length);
    }
    text_add(&t, "");
    for (int i = 0; i < s.pieces; i++) {
        const struct piece *piece = &s.piece[i];
        const int head = piece->function > 0 ? piece->function : 0;
        if (!piece->taken) continue;
        if (!is_condition(piece->text)) text_add(&t, "\n");
        text_addn(&t, piece->text, (size_t)head);
        if (piece->function >= 0 && !begins(piece->text + head, "static ")) text_add(&t, "static ");
        text_addn(&t, piece->text + head, (size_t)(piece->length - head));
    }
    char *taken = mem_printf(mem, "%s", t.s);
    text_free(&t);
    free(s.piece);
    return taken;
}
