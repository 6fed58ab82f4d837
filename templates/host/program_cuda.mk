# From the folder above: make out/AG_PROGRAM. From the folder itself, wherever it lies: make -f AG_PROGRAM.mk.
# CUDA_HOME names the CUDA Toolkit. Where there is none the kernels are compiled by NVRTC when the program starts; where
# there is one, by nvcc for the architectures CUDA_ARCHS and as PTX, of CUDA_PTX, for newer ones.

CUDA_HOME ?= /usr/local/cuda
CUDA_ARCHS ?= 80 86 89 90 100 120
CUDA_PTX ?= 120
AG_FOLDER
AG_PROGRAM.nvcc := $(wildcard $(CUDA_HOME)/bin/nvcc)
AG_PROGRAM.codes := $(foreach a,$(CUDA_ARCHS),-gencode arch=compute_$a,code=sm_$a) -gencode arch=compute_$(CUDA_PTX),code=compute_$(CUDA_PTX)
AG_PROGRAM.flags := -O2 -ffp-contract=off
AG_PROGRAM.how := $(CC) $(AG_PROGRAM.flags) $(CFLAGS) $(LDFLAGS) $(AG_PROGRAM.nvcc) $(CUDA_ARCHS) $(CUDA_PTX) $(NVCCFLAGS)
AG_PROGRAM.stamp := $(AG_PROGRAM.dir)AG_PROGRAM.build/how
# What is built another way than before is built again.
ifneq ($(AG_PROGRAM.how),$(shell cat $(AG_PROGRAM.stamp) 2>/dev/null))
$(shell mkdir -p $(dir $(AG_PROGRAM.stamp)); printf '%s\n' '$(subst ','\'',$(AG_PROGRAM.how))' > $(AG_PROGRAM.stamp))
endif
AG_PROGRAM.objects := $(addprefix $(AG_PROGRAM.dir)AG_PROGRAM.build/,$(addsuffix .o,AG_PROGRAM AG_PROGRAM_phases AG_PROGRAM_image AG_RUNTIME AG_CARRIED))
AG_PROGRAM.fatbin := $(if $(AG_PROGRAM.nvcc),$(AG_PROGRAM.dir)AG_PROGRAM.build/kernels.fatbin)

.PHONY: AG_PROGRAM.default
AG_PROGRAM.default: $(AG_PROGRAM.dir)AG_PROGRAM

$(AG_PROGRAM.dir)AG_PROGRAM: $(AG_PROGRAM.objects)
	$(CC) $(LDFLAGS) -o $@ $^ -Wl,-Bstatic -lpng -ljpeg -lz -Wl,-Bdynamic -lm -lpthread -ldl

$(AG_PROGRAM.dir)AG_PROGRAM.build/kernels.fatbin: $(AG_PROGRAM.dir)AG_PROGRAM_kernels.cu $(AG_PROGRAM.stamp)
	@mkdir -p $(@D)
	$(AG_PROGRAM.nvcc) -fatbin --compress-mode=none -lineinfo --threads 0 $(AG_PROGRAM.codes) $(NVCCFLAGS) -o $@ $<

# The compiled kernels and their source, in the program itself.
$(AG_PROGRAM.dir)AG_PROGRAM.build/AG_PROGRAM_image.o: $(AG_PROGRAM.dir)AG_PROGRAM_image.S $(AG_PROGRAM.dir)AG_PROGRAM_kernels.cu $(AG_PROGRAM.fatbin) $(AG_PROGRAM.stamp)
	@mkdir -p $(@D)
	$(CC) $(if $(AG_PROGRAM.fatbin),-DIMAGE='"$(AG_PROGRAM.fatbin)"') -DSOURCE='"$(AG_PROGRAM.dir)AG_PROGRAM_kernels.cu"' -c -o $@ $<

$(AG_PROGRAM.dir)AG_PROGRAM.build/%.o: $(AG_PROGRAM.dir)%.c $(AG_PROGRAM.dir)AG_PROGRAM.mk $(AG_PROGRAM.stamp)
	@mkdir -p $(@D)
	$(CC) $(AG_PROGRAM.flags) $(CFLAGS) $(if $(findstring tcc,$(CC)),-MD,-MMD -MP) -c -o $@ $<

$(AG_PROGRAM.dir)AG_PROGRAM.build/AG_PROGRAM_weights.o: $(AG_PROGRAM.dir)AG_PROGRAM_weights.S $(AG_PROGRAM.dir)AG_PROGRAM_weights.bin $(AG_PROGRAM.stamp)
	@mkdir -p $(@D)
	$(CC) -DWEIGHTS='"$(AG_PROGRAM.dir)AG_PROGRAM_weights.bin"' -c -o $@ $<

-include $(AG_PROGRAM.objects:.o=.d)
