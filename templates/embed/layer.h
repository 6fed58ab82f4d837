/* AG_TEMPLATE */
/*
 * Computes y, in ready memory; all are [height, width, channels] in rows, and none overlaps another.
 *
AG_INPUTS_TEXT */
int AG_NAME_run(void *memory, AG_PARAMETERS);
