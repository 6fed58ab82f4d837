/* The program's kernels as data: compiled, if there was a compiler, and as a text. */
    .section .rodata
    .balign 16
    .globl AG_PROGRAM_image, AG_PROGRAM_image_end, AG_PROGRAM_source
AG_PROGRAM_image:
#ifdef IMAGE
    .incbin IMAGE
#endif
AG_PROGRAM_image_end:
    .byte 0
AG_PROGRAM_source:
    .incbin SOURCE
    .byte 0
    .section .note.GNU-stack, "", %progbits
