/* Scalar outputs of phases, such as losses. On the CPU they are read at once. From a device they are copied while the
 * next steps run, so that no step waits for the one before. */
#include "ag.h"

struct output {
    const struct ag_phase *phase;
    const char *name, *unit;
    long number;
    struct ag_tally *tally;
};

/* The outputs that are being copied from the device. Output number n is in slot n % AG_SLOTS. */
static struct {
    struct output slot[AG_SLOTS];
    unsigned long begun, taken;
} ring;

/* 1 if two values are equal up to rounding. */
static int is_same(double a, double b)
{
    const double difference = a > b ? a - b : b - a, size = a > 0 ? a : -a;
    return difference <= 1e-7 * (1 + size);
}

/* Adds a value to its tally, even if it is NaN or infinite, so that the progress line shows it. Status 1 then. */
static int count_value(const struct output *output, double value, struct ag_error *err)
{
    output->tally->last = value;
    output->tally->sum += value;
    output->tally->count++;
    if (!output->tally->same || !is_same(output->tally->first, value)) {
        output->tally->first = value;
        output->tally->same = 0;
    }
    output->tally->same++;
    if (ag_is_finite(value)) return 0;
    return ag_fail(err, 1,
                   "the training diverged: %s of phase %s is not a number in %s %ld (a smaller learning rate may help)",
                   output->name, output->phase->name, output->unit, output->number);
}

static int take_oldest(struct ag_error *err)
{
    const int slot = (int)(ring.taken++ % AG_SLOTS);
    real value;
    int status = ag_device->take(slot, &value, err);
    return status ? status : count_value(&ring.slot[slot], (double)value, err);
}

/* Takes all values that have been copied. If all slots are in use, waits for the oldest value. */
static int free_slot(struct ag_error *err)
{
    int status = 0;
    while (!status && ring.taken < ring.begun &&
           (ring.begun - ring.taken == AG_SLOTS || ag_device->ready((int)(ring.taken % AG_SLOTS))))
        status = take_oldest(err);
    return status;
}

int ag_output(const struct ag_phase *phase, const char *name, real *const block[AG_BLOCKS], const char *unit,
              long number, struct ag_tally *tally, struct ag_error *err)
{
    const struct output output = {phase, name, unit, number, tally};
    const real *at = ag_tensor_find(&phase->out, name, block[AG_OUT]);
    if (!ag_device) return count_value(&output, (double)*at, err);
    int status = free_slot(err);
    if (status) return status;
    const int slot = (int)(ring.begun++ % AG_SLOTS);
    ring.slot[slot] = output;
    ag_device->read(slot, at);
    return 0;
}

int ag_output_wait(struct ag_error *err)
{
    int status = 0;
    while (!status && ring.taken < ring.begun) status = take_oldest(err);
    return status;
}
