# From the folder above: make out/AG_PROGRAM. From the folder itself, wherever it lies: make -f AG_PROGRAM.mk.
# One file for every x86-64: it has the kernels of each of WIDTHS, and takes the widest that the machine it runs on has.
# For another processor, CC compiles one form, as it sees fit.

WIDTHS ?= $(if $(findstring x86_64,$(shell $(CC) -dumpmachine)),avx512 avx2 sse2,plain)
ifneq ($(filter-out avx512 avx2 sse2 plain,$(WIDTHS)),)
$(error WIDTHS: $(filter-out avx512 avx2 sse2 plain,$(WIDTHS)) is none of avx512, avx2, sse2 and plain)
endif
AG_FOLDER
AG_PROGRAM.flags := -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math -fno-asynchronous-unwind-tables
AG_PROGRAM.avx512 := -march=skylake-avx512 -mprefer-vector-width=512
AG_PROGRAM.avx2 := -march=haswell
AG_PROGRAM.sse2 := -march=x86-64
AG_PROGRAM.how := $(CC) $(AG_PROGRAM.flags) $(WIDTHS) $(CFLAGS) $(LDFLAGS)
AG_PROGRAM.stamp := $(AG_PROGRAM.dir)AG_PROGRAM.build/how
# What is built another way than before is built again.
ifneq ($(AG_PROGRAM.how),$(shell cat $(AG_PROGRAM.stamp) 2>/dev/null))
$(shell mkdir -p $(dir $(AG_PROGRAM.stamp)); printf '%s\n' '$(subst ','\'',$(AG_PROGRAM.how))' > $(AG_PROGRAM.stamp))
endif
AG_PROGRAM.objects := $(addprefix $(AG_PROGRAM.dir)AG_PROGRAM.build/,$(addsuffix .o,AG_PROGRAM AG_PROGRAM_widths AG_CARRIED AG_RUNTIME $(WIDTHS)))
AG_PROGRAM.parts := AG_PROGRAM_phases AG_KERNELS peak

.PHONY: AG_PROGRAM.default
AG_PROGRAM.default: $(AG_PROGRAM.dir)AG_PROGRAM

$(AG_PROGRAM.dir)AG_PROGRAM: $(AG_PROGRAM.objects)
	$(CC) $(LDFLAGS) AG_STATIC -o $@ $^ -lpng -ljpeg -lz -lm -lpthread

$(AG_PROGRAM.dir)AG_PROGRAM.build/%.o: $(AG_PROGRAM.dir)%.c $(AG_PROGRAM.dir)AG_PROGRAM.mk $(AG_PROGRAM.stamp)
	@mkdir -p $(@D)
	$(CC) $(AG_PROGRAM.flags) $(CFLAGS) -DAG_WIDTHS $(addprefix -DAG_HAS_,$(WIDTHS)) -MMD -MP -c -o $@ $<

$(AG_PROGRAM.dir)AG_PROGRAM.build/AG_PROGRAM_weights.o: $(AG_PROGRAM.dir)AG_PROGRAM_weights.S $(AG_PROGRAM.dir)AG_PROGRAM_weights.bin $(AG_PROGRAM.stamp)
	@mkdir -p $(@D)
	$(CC) -DWEIGHTS='"$(AG_PROGRAM.dir)AG_PROGRAM_weights.bin"' -c -o $@ $<

# The parts of a width as one object, of which the others see its table alone.
define AG_PROGRAM.width
$(AG_PROGRAM.dir)AG_PROGRAM.build/$(1)/%.o: $(AG_PROGRAM.dir)%.c $(AG_PROGRAM.dir)AG_PROGRAM.mk $(AG_PROGRAM.stamp)
	@mkdir -p $$(@D)
	$(CC) $(AG_PROGRAM.flags) $(AG_PROGRAM.$(1)) $(CFLAGS) -MMD -MP -c -o $$@ $$<

$(AG_PROGRAM.dir)AG_PROGRAM.build/$(1).o: $(addprefix $(AG_PROGRAM.dir)AG_PROGRAM.build/$(1)/,$(addsuffix .o,$(AG_PROGRAM.parts)))
	$(CC) -r -nostdlib -o $$@ $$^
	objcopy --redefine-sym AG_PROGRAM_program=AG_PROGRAM_program_$(1) $$@
	objcopy --keep-global-symbol=AG_PROGRAM_program_$(1) $$@
endef
$(foreach width,$(WIDTHS),$(eval $(call AG_PROGRAM.width,$(width))))

-include $(AG_PROGRAM.objects:.o=.d) $(wildcard $(AG_PROGRAM.dir)AG_PROGRAM.build/*/*.d)
