/* AG_TEMPLATE */
/*
 * Computes y, in ready memory; all are [height, width, channels] in rows, and none overlaps another or the memory. What
 * is made of numbers that are infinite or NaN is so too.
 *
AG_INPUTS_TEXT *
 * AG_UPPER_WRONG: one of them is NULL; nothing is computed then.
 */
int AG_NAME_run(void *memory, AG_PARAMETERS);
