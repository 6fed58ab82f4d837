/* What a search decides, and which parts of an architecture each choice decides. */
#include "family.h"

#include <stdio.h>
#include <string.h>

/* A choice for each place. */
static int choose_places(const struct spec *spec, struct choice *choice)
{
    struct place place[SPEC_GENES];
    int count = spec->family->places(spec, place);
    for (int i = 0; i < count; i++) {
        memcpy(choice[i].name, place[i].name, SPEC_NAME);
        choice[i].up = place[i].up;
    }
    return count;
}

int spec_choices(const struct spec *spec, struct choice choice[SPEC_GENES])
{
    memset(choice, 0, SPEC_GENES * sizeof *choice);
    return spec->family->choices ? spec->family->choices(spec, choice) : choose_places(spec, choice);
}

/* Returns the choice that decides a place's operation: the one of that name, else the one of its pool. */
static int choice_of(const struct place *place, const struct choice *choice, int choices)
{
    int found = -1;
    for (int i = 0; i < choices; i++) {
        if (choice[i].latents || choice[i].up != place->up) continue;
        if (found < 0 || !strcmp(choice[i].name, place->name)) found = i;
    }
    return found;
}

int spec_parts(const struct spec *spec, struct part part[2 * SPEC_GENES])
{
    struct choice choice[SPEC_GENES];
    struct place place[SPEC_GENES];
    int choices = spec_choices(spec, choice), places = spec->family->places(spec, place), count = 0;
    for (int i = 0; i < places; i++) {
        memcpy(part[count].name, place[i].name, SPEC_NAME);
        part[count++].choice = choice_of(&place[i], choice, choices);
    }
    for (int i = 0; i < choices; i++) {
        if (!choice[i].latents) continue;
        snprintf(part[count].name, SPEC_NAME, "%.*s", (int)(strlen(choice[i].name) - strlen(".w")), choice[i].name);
        part[count++].choice = i;
    }
    return count;
}
