/* Tests which keys of a spec may change when a run is continued, and how a run that learns nothing is recognized. */
#include "check.h"

static const struct ag_program search = {.kind = "search"}, retrain = {.kind = "retrain"};
static struct ag_text changes;
static char other[AG_SPEC_KEY];
static int other_length;

static int compare(const struct ag_program *program, const char *before, const char *now)
{
    ag_text_free(&changes);
    other[0] = 0;
    return ag_spec_changes(program, before, now, &changes, &other_length, other);
}

static int says(const char *text)
{
    return changes.used ? !strcmp(changes.text, text) : !*text;
}

#define SPEC(search_lr, arch_lr, search_iterations, kimg, keep)                                                        \
    "{\"name\": \"a\", \"data\": {\"path\": \"\\\"}, {[\\\\\"}, \"generator\": {\"edges\": [[\"a\", \"in\", 1], [1, "  \
    "2]]}, "                                                                                                           \
    "\"search\": {\"iterations\": " search_iterations ", \"weights\": {\"lr\": " search_lr                             \
    ", \"betas\": [0, 0.9]}, \"arch\": {\"lr\": " arch_lr "}}, \"retrain\": {\"kimg\": " kimg keep "}}"

static void test_changes(void)
{
    const char *spec = SPEC("0.1", "0.2", "6", "15000", "");
    CHECK(compare(&search, spec, spec) == 0 && says("") && !other_length);
    CHECK(compare(&search, spec, SPEC("0.3", "0.2", "6", "15000", "")) == 0);
    CHECK(says("\"search.weights.lr\": [0.1, 0.3]") && !other_length);
    CHECK(compare(&search, spec, SPEC("0.1", "1e-05", "66", "15000", "")) == 0);
    CHECK(says("\"search.iterations\": [6, 66], \"search.arch.lr\": [0.2, 1e-05]") && other_length);
    CHECK(compare(&retrain, spec, SPEC("0.1", "0.2", "7", "15000", "")) == 0 && !other_length);
    CHECK(compare(&retrain, spec, SPEC("0.1", "0.2", "6", "5", "")) == 0 && other_length);
    CHECK(compare(&search, spec, SPEC("0.1", "0.2", "6", "5", "")) == 0 && !other_length);
    CHECK(compare(&retrain, spec, SPEC("0.1", "0.2", "6", "15000", ", \"keep_every\": 7")) == 0);
    CHECK(says("\"retrain.keep_every\": [\"default\", 7]"));
    CHECK(compare(&retrain, SPEC("0.1", "0.2", "6", "15000", ", \"keep_every\": 7"), spec) == 0);
    CHECK(says("\"retrain.keep_every\": [7, \"default\"]"));
}

static void test_others(void)
{
    const char *spec = SPEC("0.1", "0.2", "6", "15000", "");
    CHECK(compare(&search, spec, SPEC("0.1", "0.2", "6", "15000", ", \"new\": 1")) == 1 &&
          !strcmp(other, "retrain.new"));
    CHECK(compare(&search, SPEC("0.1", "0.2", "6", "15000", ", \"new\": 1"), spec) == 1);
    CHECK(compare(&search, "{\"name\": \"a\"}", "{\"name\": \"b\"}") == 1 && !strcmp(other, "name"));
    CHECK(compare(&search, "{\"lr\": 1}", "{\"lr\": 2}") == 1 && !strcmp(other, "lr"));
    CHECK(compare(&search, "{\"a\": [1, [2, 3]]}", "{\"a\": [1, [2, 4]]}") == 1 && !strcmp(other, "a"));
    CHECK(compare(&search, "{\"search\": {\"lr\": 1}}", "{\"retrain\": {\"lr\": 1}}") == 1);
    CHECK(compare(&search, "{\"search\": {\"iterations\": 1}}", "{\"search\": {}}") == 1); /* every spec has this key */
    CHECK(compare(&search, spec, "") == 1 && compare(&search, "nonsense", spec) == 1);
    CHECK(compare(&search, "{\"a\": {\"b\": {\"c\": 1}}, \"d\": 2}", "{\"a\": {\"b\": {\"c\": 1}}, \"d\": 3}") == 1 &&
          !strcmp(other, "d"));
}

/* Reading ends whatever the text is. */
static void test_nonsense(void)
{
    const char *spec = SPEC("0.1", "0.2", "6", "15000", "");
    char text[1024];
    for (size_t n = 0; n < strlen(spec); n++) {
        snprintf(text, sizeof text, "%.*s", (int)n, spec);
        compare(&search, spec, text);
        for (const char *c = "{}[]\",:\\"; *c; c++) {
            snprintf(text, sizeof text, "%s", spec);
            text[n] = *c;
            compare(&search, spec, text);
        }
    }
    CHECK(compare(&search, spec, "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":1}}}}}}}}}") == 1);
}

static void test_lifeless(void)
{
    struct ag_tally d = {0}, g = {0};
    real pictures[3 * 4] = {0};
    d.same = 16, g.same = 15;
    CHECK(!strcmp(ag_lifeless(&d, &g, 0), ""));
    g.same = 16;
    CHECK(strstr(ag_lifeless(&d, &g, 0), "losses"));
    d.same = 3;
    CHECK(strstr(ag_lifeless(&d, &g, 1), "pictures"));
    CHECK(ag_alike(pictures, 3, 4));
    pictures[7] = (real)0.00005;
    CHECK(ag_alike(pictures, 3, 4));
    pictures[11] = (real)-0.01;
    CHECK(!ag_alike(pictures, 3, 4));
    CHECK(!ag_alike(pictures, 1, 4));
}

int main(void)
{
    if (!mkdtemp(folder)) return 1;
    test_changes();
    test_others();
    test_nonsense();
    test_lifeless();
    ag_text_free(&changes);
    return finish();
}
