/* What library.c has of a layer for itself. */
/* AG_TEMPLATE */
int AG_NAME_run(void *memory, AG_PARAMETERS)
{
    real *const base = first_line(memory), *block[AG_BLOCKS];
    if (!memory) return AG_UPPER_NO_MEMORY;
    if (!is_ready(base)) return AG_UPPER_NOT_READY;
    if (AG_IS_NULL) return AG_UPPER_WRONG;
    find_blocks(base, block);
AG_TAKE_INPUTS
    ag_layer_run(block);
    memcpy(y, block[AG_OUT], AG_Y_SIZE * sizeof *y);
    return AG_UPPER_DONE;
}
