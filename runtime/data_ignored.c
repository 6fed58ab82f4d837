/* The files of a data set that are no pictures. They are counted by reason, and the first files of each reason are
 * named. */
#include "data.h"

#include <string.h>

/* Both separators count on every system, so that an archive made on old Windows is read like the folder it was made
 * from. */
int ag_is_separator(char c)
{
    return c == '/' || c == '\\';
}

static int hidden_component(const char *name, size_t n)
{
    if (n == 0 || name[0] != '.') return 0;
    if (n == 1 || (n == 2 && name[1] == '.')) return 0;
    return !(n >= 3 && name[1] == '.' && name[2] == '.');
}

int ag_is_hidden(const char *path)
{
    while (*path) {
        size_t n = 0;
        while (path[n] && !ag_is_separator(path[n])) n++;
        if (hidden_component(path, n)) return 1;
        path += n + (path[n] != 0);
    }
    return 0;
}

void ag_clean_name(const char *name, char *out, size_t size)
{
    size_t n = strlen(name), used = 0;
    if (n >= size) {
        name += n - (size - 4);
        while (((ag_u8)*name & 0xc0) == 0x80) name++; /* the name must not begin inside a UTF-8 character */
        memcpy(out, "...", 3);
        used = 3;
    }
    for (; *name && used + 1 < size; name++) {
        int control = ag_is_control(name);
        if (control && (ag_u8)*name >= 0x80) name++;
        out[used++] = control ? '?' : *name;
    }
    out[used] = 0;
}

void ag_ignore(struct ag_ignored ignored[AG_IGNORE_REASONS], enum ag_ignore_reason reason, const char *name)
{
    struct ag_ignored *these = &ignored[reason];
    if (these->count < AG_IGNORED_NAMED) ag_clean_name(name, these->name[these->count], AG_IGNORED_NAME);
    these->count++;
}

void ag_ignored_text(struct ag_text *text, const struct ag_ignored ignored[AG_IGNORE_REASONS], const char *before)
{
    static const char *const description[AG_IGNORE_REASONS] = {[AG_IGNORED_OTHER] = "neither PNG nor JPEG",
                                                               [AG_IGNORED_HIDDEN] = "hidden",
                                                               [AG_IGNORED_CLOSED] = "that can't be opened",
                                                               [AG_IGNORED_DANGLING] = "links that lead nowhere",
                                                               [AG_IGNORED_LINK] =
                                                                   "links, which are not followed in an archive",
                                                               [AG_IGNORED_SPECIAL] = "neither files nor folders"};
    const char *begin = "passed over: ";
    for (int reason = 0; reason < AG_IGNORE_REASONS; reason++) {
        const struct ag_ignored *these = &ignored[reason];
        if (!these->count) continue;
        ag_text_add(text, "%s%s%ld %s (", before, begin, these->count, description[reason]);
        for (int i = 0; i < these->count && i < AG_IGNORED_NAMED; i++)
            ag_text_add(text, "%s'%s'", i ? ", " : "", these->name[i]);
        ag_text_add(text, "%s)", these->count > AG_IGNORED_NAMED ? ", ..." : "");
        before = ", ";
        begin = "";
    }
}
