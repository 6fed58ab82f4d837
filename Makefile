# aggen: a search space in, a program out. See README.md.
CC ?= cc
CFLAGS ?= -O2
PREFIX ?= /usr/local
WARNINGS = -Wall -Wextra -Werror

GEN = $(patsubst gen/%.c,build/gen/%.o,$(wildcard gen/*.c))

aggen: $(GEN)
	$(CC) $(LDFLAGS) -o $@ $^ -lm

build/gen/%.o: gen/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARNINGS) $(CFLAGS) -DAGGEN_PREFIX='"$(PREFIX)"' -MMD -c -o $@ $<

-include $(GEN:.o=.d)
-include out/*.mk
