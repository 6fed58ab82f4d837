/*
 * Makes a search space or genotype small for `aggen check`: pools, cell, paradigm, latents, losses and image channels
 * stay, and there are few pictures and channels. Loads its program with merged and with unmerged mixtures; compare.c
 * compares the two.
 */
#include "passes.h"
#include "check.h"
#include "emit.h"
#include "family.h"
#include "in_memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { PICTURES = 2, LATENT = 6 };

static struct spec shrink(const struct spec *spec)
{
    struct spec s = *spec;
    s.latent = LATENT;
    s.search.batch = s.retrain.batch_g = s.retrain.batch_d = PICTURES;
    s.family->shrink(&s);
    return s;
}

static int load(const struct spec *spec, const struct genotype *geno, int merge, struct loaded **program,
                struct ag_error *err)
{
    char *text = spec_text(spec);
    const struct emission e = {.command = "aggen check", .spec = text, .run = ""};
    struct model *m = model_new(spec, geno, program_of(geno->genes > 0, 0), merge, 0);
    int status = run_load_model(m, &e, program, err);
    model_free(m);
    free(text);
    return status;
}

static int check_small(const struct spec *spec, const struct genotype *geno, int quiet, struct tally *tally,
                       struct ag_error *err)
{
    struct loaded *merged = NULL, *unmerged = NULL;
    int status = load(spec, geno, 1, &merged, err);
    if (!status) status = load(spec, geno, 0, &unmerged, err);
    if (!status) run_check(spec->family, merged, unmerged, quiet, tally);
    run_unload(merged);
    run_unload(unmerged);
    return status;
}

/* Finds the operation that is wrong: checks spaces with each operation alone in its pool, and only the first operation
 * of the other pool. An operation without parameters shows only in the gradients of layers before it. */
static int check_alone(const struct spec *spec, const struct genotype *geno, struct ag_error *err)
{
    int status = 0;
    for (int up = 0; up < 2; up++) {
        const struct pool *pool = up ? &spec->up : &spec->normal;
        for (int i = 0; i < pool->count && !status; i++) {
            struct spec alone = *spec;
            struct pool *own = up ? &alone.up : &alone.normal, *other = up ? &alone.normal : &alone.up;
            struct tally tally = {0, 0};
            *own = (struct pool){1, {pool->op[i]}};
            other->count = 1;
            status = check_small(&alone, geno, 1, &tally, err);
            printf("%-13s alone, with %-13s %d passed, %d failed\n", candidate_name(own->op[0]),
                   candidate_name(other->op[0]), tally.passed, tally.failed);
        }
    }
    return status;
}

int check_space(const struct spec *spec, const struct genotype *geno, struct ag_error *err)
{
    struct spec small = shrink(spec);
    struct tally tally = {0, 0};
    err->text[0] = 0;
    int status = run_possible(err);
    if (!status) status = check_small(&small, geno, 0, &tally, err);
    if (tally.failed && !geno->genes && small.normal.count + small.up.count > 2)
        status = check_alone(&small, geno, err);
    if (!status) printf("%d passed, %d failed\n", tally.passed, tally.failed);
    return status ? 1 : tally.failed > 0;
}
