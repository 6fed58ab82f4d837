/* Is a number one? */
/* AG_TEMPLATE */
/* By its bits, as comparisons count for nothing under -ffast-math; volatile, so that nothing is known of them either. */
static int is_finite(float value)
{
    volatile union {
        float value;
        unsigned bits;
    } number;
    number.value = value;
    return (number.bits >> 23 & 0xff) != 0xff;
}
