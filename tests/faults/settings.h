/* What aggen would write into the toy search; the other programs have such numbers of their own. */
#ifdef TOY_SEARCH
#define AG_WEIGHT_STEPS    2
#define AG_BAR_STEPS       2
#define AG_ARCH_STEPS      2
#define AG_BATCH           8
#define AG_SPLIT           0.5
#define AG_WEIGHTS_LR      0.001
#define AG_WEIGHTS_BETA1   0.1
#define AG_WEIGHTS_BETA2   0.99
#define AG_ARCH_LR         0.01
#define AG_ARCH_BETA1      0.5
#define AG_ARCH_BETA2      0.9
#define AG_ARCH_DECAY      0.001
#define AG_DATA_FORMAT     "shapes"
#define AG_DATA_PATH       ""
#define AG_CENTER_CROP     0
#define AG_ITERATIONS      6
#define AG_CRITIC_STEPS    1
#define AG_BAR_UPDATES     0
#define AG_ARCH_BOTH       0
#define AG_GUMBEL_TAU      0
#define AG_WARMUP          0
#define AG_BAR_DECAY_AFTER 0
#define AG_BAR_DECAY       1
#endif

/* As long as that of a large space, so that the header of a checkpoint outgrows its memory more than once. */
#define X64      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define X512     X64 X64 X64 X64 X64 X64 X64 X64
#define TOY_SPEC "{\"name\": \"toy\", \"long\": \"" X512 X512 X512 X512 X512 X512 X512 X512 X512 X512 "\"}"
