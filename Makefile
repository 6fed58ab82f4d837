# aggen: builds and tests it; `make help` lists the targets. Programs know this file by its first word (ag_is_home).
CC ?= cc
PREFIX ?= /usr/local
WARNINGS = -Wall -Wextra -Werror
ROOMS = gen $(addprefix gen/,spec graph family model pass plan code target/cpu target/cuda program)
INCLUDES = $(addprefix -I,$(ROOMS)) -Igen/run
GEN = $(patsubst gen/%.c,build/gen/%.o,$(wildcard $(addsuffix /*.c,$(ROOMS))))

# For `aggen run`, aggen contains libtcc and the runtime, compiled with the flags of programs for the CPU. MARCH names
# the machine to build for (native; x86-64 for any). If the header of a library is missing, aggen is built without `run`,
# and of the runtime it contains only what writes files.
MARCH ?= native
HEADERS = stdio.h libtcc.h png.h jpeglib.h zlib.h
RUN := $(if $(shell $(CC) $(CFLAGS) -E $(addprefix -include ,$(HEADERS)) -x c /dev/null > /dev/null 2>&1 || echo no),none,run)
RUNS = build/run-$(MARCH)
$(eval RUNTIME_FLAGS := $(shell sed -n 's/^AG_PROGRAM.flags := //p' templates/host/program.mk))
CARRIED = $(patsubst %.c,$(RUNS)/%.o,$(filter-out gen/run/none.c,$(wildcard gen/run/*.c runtime/*.c runtime/cuda/*.c)))
SHARED = $(addprefix $(RUNS)/runtime/,error.o file.o text.o)
PARTS = $(if $(filter run,$(RUN)),$(CARRIED),build/gen/run/none.o $(SHARED))
LIBRARIES = $(if $(filter run,$(RUN)),-Wl$(comma)-Bstatic -ltcc -lpng -ljpeg -lz -Wl$(comma)-Bdynamic -lpthread -ldl)
comma := ,

aggen: $(GEN) $(PARTS) build/how
	$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBRARIES) -lm

# This file changes when aggen is to consist of other parts than before, and then aggen is linked again.
build/how: always
	@mkdir -p build
	@echo $(RUN) $(MARCH) | cmp -s - $@ || echo $(RUN) $(MARCH) > $@

build/gen/%.o: gen/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 $(WARNINGS) $(CFLAGS) $(INCLUDES) -DAGGEN_PREFIX='"$(PREFIX)"' -MMD -MP -c -o $@ $<

$(RUNS)/%.o: %.c templates/host/program.mk
	@mkdir -p $(@D)
	$(CC) $(RUNTIME_FLAGS) $(WARNINGS) $(CFLAGS) -Iruntime -Ibuild $(INCLUDES) -MMD -MP -c -o $@ $<

# symbols.h: the functions and variables of ag.h, which programs may use. header.h: the text of ag.h as string literals.
$(RUNS)/gen/run/symbols.o: build/symbols.h build/header.h
build/symbols.h: runtime/ag.h
	@mkdir -p build
	sed -n 's/^extern [^(;]*[ *]\(ag_[a-z0-9_]*\);.*/AG_SYMBOL(\1)/p; s/^[a-z][^(;]*[ *]\(ag_[a-z0-9_]*\)(.*/AG_SYMBOL(\1)/p' $< > $@
build/header.h: runtime/ag.h
	@mkdir -p build
	sed 's/["\\]/\\&/g; s/.*/"&\\n"/' $< > $@

-include $(CARRIED:.o=.d)
-include $(GEN:.o=.d)
-include out/*.mk

.PHONY: always help deps demo test fuzz faults emitted bench cuda-check gpu-check install clean

help:
	@echo "make            builds ./aggen"
	@echo "make demo       installs what is missing, searches a small space, retrains, draws a grid (minutes)"
	@echo "make test       installs what is missing, runs all tests (some twenty minutes on two slow cores)"
	@echo "make fuzz       feeds all readers changed files for FUZZ_SECONDS (20) each, and prints what broke (minutes)"
	@echo "make faults     lets memory, disks and files fail under whole programs (minutes; FAULTS=all: at every call)"
	@echo "make emitted    compares what aggen writes with tests/emitted.txt, or with what COMMIT=... wrote (minutes)"
	@echo "make bench      measures the phases and kernels of spaces/g32.json and spaces/g64.json"
	@echo "make cuda-check all that is known of the CUDA target, on the stand-in GPU (half an hour)"
	@echo "make gpu-check  parity, races and speed on this machine's NVIDIA GPU"
	@echo "make deps       installs what is missing (Debian); prints the packages elsewhere"
	@echo "make data/icons fetches a small set of real pictures (Debian)"
	@echo "make install    puts aggen, its templates and its runtime under PREFIX ($(PREFIX))"
	@echo "make clean      removes what was built; out/ keeps its runs"
	@echo "README.md has the first steps; doc/ the keys of spaces, the programs, shipping, GPUs, the method, and how it is made"

deps:
	@sh tests/tools/deps.sh

demo: deps
	@$(MAKE) -s --no-print-directory aggen
	@sh tests/tools/demo.sh

test: deps
	@$(MAKE) -s --no-print-directory aggen
	@sh tests/run.sh

# libFuzzer is a separate package of clang; without it a simple driver changes the inputs.
fuzz: deps
	-@sh tests/tools/deps.sh libclang-rt-$$(clang -dumpversion | cut -d. -f1)-dev
	@sh tests/fuzz/run.sh all

faults: deps
	@$(MAKE) -s --no-print-directory aggen
	@sh tests/faults/run.sh all

emitted: aggen
	@sh tests/tools/emitted.sh $(COMMIT)

bench: aggen
	@sh tests/tools/bench.sh

cuda-check: aggen
	@sh tests/cuda/run.sh all

gpu-check: aggen
	@sh tests/cuda/gpu.sh

data/icons:
	@sh tests/tools/icons.sh $@

install: aggen
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/aggen
	install -m 755 aggen $(DESTDIR)$(PREFIX)/bin
	cp -R templates runtime spaces README.md doc $(DESTDIR)$(PREFIX)/share/aggen

clean:
	rm -rf build aggen out/*.build out/*.bin out/*.c out/*.h out/*.cu out/*.S out/*.mk $(patsubst %.mk,%,$(wildcard out/*.mk))
