/* The commands that a program names when a run is done: what to do with its result. */
#include "ag.h"
#include <stdio.h>
#include <string.h>

void ag_next_retrain(struct ag_training *t)
{
    struct ag_text text = {0, 0, 0, 0};
    const char *folder = t->run.folder;
    char genotype[AG_PATH + 16] = "";
    ag_join(genotype, folder, "genotype.json", t->err);
    ag_text_add(&text, "%s%s ",
                ag_aggen              ? ag_aggen
                : ag_is_file("aggen") ? "./aggen"
                                      : "aggen",
                ag_aggen ? " run" : "");
    ag_text_shell(&text, genotype);
    if (t->method->program->device) ag_text_add(&text, " --target cuda");
    if (!ag_aggen) {
        ag_text_add(&text, "\n    ");
        ag_text_make(&text, "out", "retrain");
        ag_text_add(&text, " && ./out/retrain");
    }
    ag_run_add_data(&t->run, &text);
    ag_progress_note(&t->progress,
                     "\nThe architecture is in %s; %s/samples shows how the search went.\nNext, retrain it:\n\n    "
                     "%s\n",
                     genotype, folder, text.failed ? "" : text.text);
    ag_text_free(&text);
}

void ag_next_generate(struct ag_training *t)
{
    struct ag_text text = {0, 0, 0, 0};
    const char *folder = t->run.folder, *program = t->run.options->program, *slash = strrchr(program, '/');
    const int usual = !slash || !strcmp(program, "./out/retrain") || !strcmp(program, "out/retrain");
    char place[AG_PATH + 16] = "out", weights[AG_PATH + 32];
    if (!usual) snprintf(place, AG_PATH, "%.*s", (int)(slash - program), program);
    snprintf(weights, sizeof weights, "%s/ema.safetensors", folder);
    if (ag_command) {
        ag_text_add(&text, "%s generate", ag_command);
    } else {
        ag_text_make(&text, place, "generate");
        ag_text_add(&text, " && %s", usual ? "./" : "");
        strcat(place, "/generate");
        ag_text_shell(&text, place);
    }
    ag_text_add(&text, " -n 64 --weights ");
    ag_text_shell(&text, weights);
    ag_progress_note(&t->progress,
                     "\nThe generator's weights are in %s, its pictures in %s/samples.\nNext, draw some:\n\n    %s\n",
                     weights, folder, text.failed ? "" : text.text);
    ag_text_free(&text);
}
