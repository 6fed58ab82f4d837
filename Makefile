# aggen: a search space in, a program out. `make help` lists what there is.
CC ?= cc
PREFIX ?= /usr/local
WARNINGS = -Wall -Wextra -Werror
GEN = $(patsubst gen/%.c,build/gen/%.o,$(wildcard gen/*.c))

aggen: $(GEN)
	$(CC) $(LDFLAGS) -o $@ $^ -lm

build/gen/%.o: gen/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 $(WARNINGS) $(CFLAGS) -DAGGEN_PREFIX='"$(PREFIX)"' -MMD -c -o $@ $<

-include $(GEN:.o=.d)
-include out/*.mk

.PHONY: help deps demo test bench cuda-check gpu-check install clean

help:
	@echo "make            builds ./aggen"
	@echo "make demo       installs what is missing, searches a small space, retrains, draws a grid (minutes)"
	@echo "make test       installs what is missing, runs all tests (some twelve minutes)"
	@echo "make bench      measures the phases and kernels of spaces/g32.json and spaces/g64.json"
	@echo "make cuda-check all that is known of the CUDA target, on the stand-in GPU (half an hour)"
	@echo "make gpu-check  parity, races and speed on this machine's NVIDIA GPU"
	@echo "make deps       installs what is missing (Debian); prints the packages elsewhere"
	@echo "make data/icons fetches a small set of real pictures (Debian)"
	@echo "make install    puts aggen, its templates and its runtime under PREFIX ($(PREFIX))"
	@echo "make clean      removes what was built; out/ keeps its runs"

deps:
	@sh tests/tools/deps.sh

demo: deps
	@$(MAKE) -s --no-print-directory aggen
	@sh tests/tools/demo.sh

test: deps
	@$(MAKE) -s --no-print-directory aggen
	@sh tests/run.sh

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
	cp -R templates runtime spaces $(DESTDIR)$(PREFIX)/share/aggen

clean:
	rm -rf build aggen out/*.build out/*.c out/*.h out/*.cu out/*.S out/*.mk out/search out/retrain out/generate
