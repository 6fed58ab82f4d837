# From the folder above: make out/AG_PROGRAM. From the folder itself, wherever it lies: make -f AG_PROGRAM.mk.
# MARCH names the machine to build for (native; x86-64 for any).

MARCH ?= native
AG_FOLDER
AG_PROGRAM.flags := -O3 -march=$(MARCH) -ffp-contract=fast -fno-math-errno -fno-trapping-math
AG_PROGRAM.how := $(CC) $(AG_PROGRAM.flags) $(CFLAGS) $(LDFLAGS)
AG_PROGRAM.stamp := $(AG_PROGRAM.dir)AG_PROGRAM.build/how
# What is built another way than before is built again.
ifneq ($(AG_PROGRAM.how),$(shell cat $(AG_PROGRAM.stamp) 2>/dev/null))
$(shell mkdir -p $(dir $(AG_PROGRAM.stamp)); printf '%s\n' '$(subst ','\'',$(AG_PROGRAM.how))' > $(AG_PROGRAM.stamp))
endif
AG_PROGRAM.objects := $(addprefix $(AG_PROGRAM.dir)AG_PROGRAM.build/,$(addsuffix .o,AG_PROGRAM AG_PROGRAM_phases AG_KERNELS AG_RUNTIME))

.PHONY: AG_PROGRAM.default
AG_PROGRAM.default: $(AG_PROGRAM.dir)AG_PROGRAM

$(AG_PROGRAM.dir)AG_PROGRAM: $(AG_PROGRAM.objects)
	$(CC) $(LDFLAGS) AG_STATIC -o $@ $^ -lpng -ljpeg -lz -lm -lpthread

$(AG_PROGRAM.dir)AG_PROGRAM.build/%.o: $(AG_PROGRAM.dir)%.c $(AG_PROGRAM.dir)AG_PROGRAM.mk $(AG_PROGRAM.stamp)
	@mkdir -p $(@D)
	$(CC) $(AG_PROGRAM.flags) $(CFLAGS) $(if $(findstring tcc,$(CC)),-MD,-MMD -MP) -c -o $@ $<

-include $(AG_PROGRAM.objects:.o=.d)
