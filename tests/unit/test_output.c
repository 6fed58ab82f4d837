/* Tests of runtime/output.c with a simulated device, whose outputs arrive some time after they were asked for. */
#include "check.h"
#include <math.h>

static real slots[AG_SLOTS];
static int under_way[AG_SLOTS], arrived, most, waited, broken;

static void read_slot(int slot, const real *from)
{
    int count = 0;
    CHECK(!under_way[slot]);
    slots[slot] = *from;
    under_way[slot] = 1;
    for (int i = 0; i < AG_SLOTS; i++) count += under_way[i];
    if (count > most) most = count;
}

static int ready(int slot)
{
    CHECK(under_way[slot]);
    return arrived > 0;
}

static int take(int slot, real *value, struct ag_error *e)
{
    if (broken) return ag_fail(e, 1, "the device failed");
    CHECK(under_way[slot]);
    if (arrived > 0)
        arrived--;
    else
        waited++;
    under_way[slot] = 0;
    *value = slots[slot];
    return 0;
}

static const struct ag_device device = {.read = read_slot, .ready = ready, .take = take};
static const struct ag_tensor tensor = {.name = "out.loss", .rank = 0};
static const struct ag_phase phase = {.name = "d", .out = {&tensor, 1, 1}};
static real out[1], *block[AG_BLOCKS];

static int give(double value, long number, struct ag_tally *tally)
{
    out[0] = (real)value;
    return ag_output(&phase, "out.loss", block, "step", number, tally, &err);
}

static void test_without_device(void)
{
    struct ag_tally tally = {0};
    ag_device = NULL;
    CHECK(!give(1, 1, &tally) && !give(2, 2, &tally) && tally.sum == 3 && tally.last == 2 && tally.count == 2);
    CHECK(!ag_output_wait(&err) && tally.count == 2);
    CHECK(give(INFINITY, 3, &tally) == 1 && strstr(err.text, "out.loss of phase d is not a number in step 3 ("));
}

/* Sums are the same bits as on the CPU, whenever values arrive. The program waits for a value only when all slots are
 * taken. */
static void test_order(int at_once)
{
    struct ag_tally tally = {0}, wanted = {0};
    waited = most = 0;
    for (int i = 0; i < 5 * AG_SLOTS; i++) {
        const double value = (i % 7 - 3) / (1.0 + i);
        ag_device = NULL;
        CHECK(!give(value, i, &wanted));
        ag_device = &device;
        arrived = at_once;
        CHECK(!give(value, i, &tally) && tally.count >= i - AG_SLOTS && tally.count <= i);
    }
    CHECK(waited == (at_once ? 0 : 4 * AG_SLOTS) && most == (at_once ? 1 : AG_SLOTS));
    CHECK(!ag_output_wait(&err) && !memcmp(&tally, &wanted, sizeof tally));
    CHECK(!ag_output_wait(&err) && tally.count == 5 * AG_SLOTS);
}

/* A loss that is NaN is found when it arrives, and is reported with the step that it belongs to. */
static void test_divergence(void)
{
    struct ag_tally tally = {0};
    ag_device = &device;
    arrived = 0;
    CHECK(!give(1, 1, &tally) && !give(NAN, 2, &tally) && !give(3, 3, &tally) && tally.count == 0);
    CHECK(ag_output_wait(&err) == 1 && tally.count == 2 && strstr(err.text, "step 2 ("));
    CHECK(!ag_output_wait(&err) && tally.count == 3);
    CHECK(!give(NAN, 4, &tally));
    arrived = 1;
    CHECK(give(1, 5, &tally) == 1 && strstr(err.text, "step 4 (") && !ag_output_wait(&err));
}

static void test_failure(void)
{
    struct ag_tally tally = {0};
    CHECK(!give(1, 1, &tally));
    broken = 1;
    CHECK(ag_output_wait(&err) == 1 && !strcmp(err.text, "the device failed") && tally.count == 0);
}

int main(void)
{
    if (!mkdtemp(folder)) return 1;
    block[AG_OUT] = out;
    test_without_device();
    test_order(0);
    test_order(1);
    test_divergence();
    test_failure();
    ag_device = NULL;
    return finish();
}
