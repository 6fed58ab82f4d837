/* A library's weights that lie in a file beside it. */
#define AG_NUMBER float
#define AG_COUNT  16
/* AG_TEMPLATE */
/* They are in AG_NAME.bin, AG_COUNT numbers, which the assembler takes in. It looks for that file where -I says;
 * -DAG_UPPER_BIN='"PATH"' names another place (with -flto this is needed, and a path from the root). */
#ifndef AG_UPPER_BIN
#define AG_UPPER_BIN "AG_NAME.bin"
#endif
#if !defined __GNUC__ || defined __TINYC__ || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || \
    !(defined __ELF__ || defined __APPLE__ || defined _WIN32 || defined __CYGWIN__)
#error "AG_NAME.bin needs gcc or clang, and a little-endian machine; for others, aggen --embed-array writes AG_NAME.c"
#elif defined __ELF__
#define WEIGHTS_BEGIN  ".pushsection .rodata, \"a\", %progbits\n"
#define WEIGHTS_END    ".popsection\n"
#define WEIGHTS_HIDDEN __attribute__((visibility("hidden")))
#elif defined __APPLE__
#define WEIGHTS_BEGIN  ".pushsection __TEXT, __const\n"
#define WEIGHTS_END    ".popsection\n"
#define WEIGHTS_HIDDEN __attribute__((visibility("hidden")))
#else
#define WEIGHTS_BEGIN ".section .rdata, \"dr\"\n"
#define WEIGHTS_END   ".text\n"
#define WEIGHTS_HIDDEN
#endif
/* A file of another size is not the one: clang has no .if for what is known only at the end, but refuses to make room
 * for less than nothing. */
#ifdef __clang__
#define WEIGHTS_CHECK ".space AG_BYTES - (1b - AG_NAME_weights)\n.space (1b - AG_NAME_weights) - AG_BYTES\n"
#else
#define WEIGHTS_CHECK \
    ".if 1b - AG_NAME_weights - AG_BYTES\n.error \"AG_NAME.bin is not the one that AG_NAME.c was written with\"\n.endif\n"
#endif
__asm__(WEIGHTS_BEGIN ".p2align 6\n"
                      "AG_NAME_weights:\n"
                      ".incbin \"" AG_UPPER_BIN "\"\n"
                      "1:\n" WEIGHTS_CHECK WEIGHTS_END);
extern const AG_NUMBER AG_WEIGHTS[AG_COUNT] __asm__("AG_NAME_weights") WEIGHTS_HIDDEN;
