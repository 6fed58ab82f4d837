/* The program's weights as data: AG_G, then AG_STAT. */
    .section .rodata
    .balign 64
    .globl AG_PROGRAM_weights
AG_PROGRAM_weights:
    .incbin WEIGHTS
    .section .note.GNU-stack, "", %progbits
