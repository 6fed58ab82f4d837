/* The program's weights as data: what its table says of them. */
    .section .rodata
    .balign 64
    .globl AG_PROGRAM_weights
AG_PROGRAM_weights:
    .incbin WEIGHTS
    .section .note.GNU-stack, "", %progbits
