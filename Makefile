# SPDX-License-Identifier: GPL-2.0-only
# congctl: TCP congestion control as a plugin. `make help` lists the targets.
# A new algorithms/*.bpf.c, loader/cmd/*.c, loader/bpf/*.bpf.c, netsim/cmd/*.c, netsim/engine/queue_*.c, netsim/scenarios/*.yaml,
# tests/unit/test_*.c or tests/e2e/test_*.sh is found by itself: no list to edit.

# what has to be installed (Debian names); one place
BUILD_PACKAGES := gcc make clang pkg-config libc6-dev libbpf-dev libelf-dev libdw-dev libyaml-dev libjson-c-dev
RUN_PACKAGES   := iproute2 gnuplot-nox
TEST_PACKAGES  := libcunit1-dev bpftool mininet jq python3 libcap2-bin
BENCH_PACKAGES := libns3-dev g++ time
KERNEL_PACKAGES := qemu-system-x86 busybox-static cpio iperf3

# make SANITIZE=1: everything with the address and undefined-behaviour sanitizers, in a directory of its own
comma   := ,
B       := $(if $(SANITIZE),build-sanitize,build)
CC      ?= cc
CLANG   ?= clang
PREFIX  ?= /usr/local
CFLAGS  ?= $(if $(SANITIZE),-O1,-O2) -g
SANITIZERS := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
WARN    := -Wall -Wextra -Wshadow -Wno-unused-parameter $(if $(CI),-Werror)
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)

# -ffp-contract=off: the same figures from every compiler and processor
ALL_CFLAGS := -std=gnu11 $(CFLAGS) $(SANITIZERS) $(WARN) -fPIC -ffp-contract=off -D_GNU_SOURCE -Iinclude -DCONGCTL_VERSION='"$(VERSION)"'
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 $(WARN) -Iinclude
LOADER_LIBS := -lbpf -lelf
NETSIM_LIBS := -lyaml -ljson-c -ldw -ldl -lpthread -lm
# what plugins find in netsim: see cc.bpf.h
PLUGIN_HOST := $(addprefix -Wl$(comma)--export-dynamic-symbol=,cc_random_below cc_send_ack cc_clock_us)

Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-6s %s\n')

ALGORITHMS := $(patsubst algorithms/%.bpf.c,%,$(wildcard algorithms/*.bpf.c))
BPF_OBJ    := $(patsubst loader/bpf/%.bpf.c,$(B)/bpf/%.bpf.o,$(wildcard loader/bpf/*.bpf.c))
LIB_OBJ    := $(patsubst %.c,$(B)/obj/%.o,$(wildcard loader/lib/*.c))
CMD_OBJ    := $(patsubst %.c,$(B)/obj/%.o,loader/main.c $(wildcard loader/cmd/*.c))
NETSIM_DIRS := scenario engine sim emu traffic measure report
NETSIM_OBJ := $(patsubst %.c,$(B)/obj/%.o,$(foreach d,$(NETSIM_DIRS),$(wildcard netsim/$(d)/*.c)))
NETSIM_CMD := $(patsubst %.c,$(B)/obj/%.o,netsim/main.c $(wildcard netsim/cmd/*.c))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
SIM_TESTS  := $(patsubst tests/sim/test_%.c,$(B)/tests/sim_%,$(wildcard tests/sim/test_*.c))
FIXTURES   := $(patsubst tests/objects/%.bpf.c,$(B)/tests/objects/%.bpf.o,$(wildcard tests/objects/*.bpf.c))
# programs the end-to-end tests use
TOOLS      := $(patsubst tests/tools/%.c,$(B)/tests/tools/%,$(wildcard tests/tools/*.c))
# plugins that misbehave, for the simulator
PLUGINS    := $(patsubst tests/plugins/%.bpf.c,$(B)/tests/plugins/%.so,$(wildcard tests/plugins/*.bpf.c))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help deps deps-test deps-bench demo check check-unit check-sim check-root check-kernels bench lint format install uninstall clean algorithms $(ALGORITHMS)

all: algorithms $(B)/congctl $(B)/netsim ## build the commands and the plugins

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "  V=1 shows the commands; CC, CLANG, CFLAGS, DESTDIR, PREFIX are honoured; 'make cubic' builds one algorithm"
	@echo "  SANITIZE=1 builds everything with sanitizers, into build-sanitize/"

deps: ## install what building and running need (Debian, root)
	@.ci/deps $(BUILD_PACKAGES) $(RUN_PACKAGES)

deps-test: ## and what the tests need
	@.ci/deps $(BUILD_PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES)

deps-bench: ## and what the benchmarks compare with: ns-3
	@.ci/deps $(BUILD_PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES) $(BENCH_PACKAGES)

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

demo: deps ## install what is missing, build, compare four algorithms on an emulated link
	@$(MAKE) --no-print-directory -j2 all
	@$(SUDO) $(B)/netsim demo

check: deps-test ## install what is missing, build, run every test
	@$(MAKE) --no-print-directory -j2 all unit-tests sim-tests fixtures
	@$(MAKE) --no-print-directory check-unit check-sim check-root

.PHONY: unit-tests sim-tests fixtures
unit-tests: $(UNIT_TESTS) $(PLUGINS)
sim-tests: $(SIM_TESTS)
fixtures: $(FIXTURES) $(TOOLS)

check-unit: unit-tests algorithms ## unit tests: no root, no kernel feature
	@tests/run $(UNIT_TESTS)

check-sim: $(SIM_TESTS) algorithms ## algorithms against their papers, in the simulator: no root, no kernel feature
	@tests/run $(SIM_TESTS)

check-root: all fixtures ## end-to-end tests: root, own namespaces
	@$(SUDO) tests/run $(wildcard tests/e2e/test_*.sh)

check-kernels: all $(TOOLS) $(B)/tests/test_held ## the same objects on other kernels, in a virtual machine
	@.ci/deps $(KERNEL_PACKAGES)
	@tests/kernels/run

bench: all fixtures ## measure the hot paths
	@tests/bench/run

lint: ## static checks
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --enable=warning,performance,portability -Iinclude loader netsim

format: ## clang-format the C files
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

install: all ## into DESTDIR/PREFIX
	install -Dm755 -t $(DESTDIR)$(PREFIX)/bin $(B)/congctl $(B)/netsim
	install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/congctl/algorithms $(wildcard $(B)/algorithms/*.bpf.o)
	install -Dm755 -t $(DESTDIR)$(PREFIX)/lib/congctl/algorithms $(wildcard $(B)/algorithms/*.so)
	install -Dm644 -t $(DESTDIR)$(PREFIX)/include/congctl include/congctl/*.h
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/congctl/scenarios $(wildcard netsim/scenarios/*.yaml netsim/scenarios/*.trace)
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/congctl/mininet netsim/mininet/*.py

uninstall: ## undo install
	rm -f $(DESTDIR)$(PREFIX)/bin/congctl $(DESTDIR)$(PREFIX)/bin/netsim
	rm -rf $(DESTDIR)$(PREFIX)/lib/congctl $(DESTDIR)$(PREFIX)/include/congctl $(DESTDIR)$(PREFIX)/share/congctl

clean: ## remove what was built
	rm -rf $(B)

# --- algorithms: one source, two plugins ---
algorithms: $(foreach a,$(ALGORITHMS),$(B)/algorithms/$(a).bpf.o $(B)/algorithms/$(a).so)
$(foreach a,$(ALGORITHMS),$(eval $(a): $(B)/algorithms/$(a).bpf.o $(B)/algorithms/$(a).so))

$(B)/algorithms/%.bpf.o: algorithms/%.bpf.c
	$(say) BPF $@
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

define build_plugin
	$(say) SO $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -fvisibility=hidden -shared -MMD -MP $< -o $@
endef

$(B)/algorithms/%.so: algorithms/%.bpf.c
	$(build_plugin)

$(B)/tests/plugins/%.so: tests/plugins/%.bpf.c
	$(build_plugin)

$(B)/tests/objects/%.bpf.o: tests/objects/%.bpf.c
	$(say) BPF $@
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(B)/tests/tools/%: tests/tools/%.c
	$(say) TOOL $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -pthread -MMD -MP $< -o $@

# --- the loader's own BPF programs, inside the library: see loader/lib/embedded.h ---
$(B)/bpf/%.bpf.o: loader/bpf/%.bpf.c
	$(say) BPF $@
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

# the directory changes when a file comes or goes
$(B)/bpf/embedded.list: $(BPF_OBJ) loader/bpf
	$(Q)printf 'EMBED(%s, "%s")\n' $(foreach o,$(BPF_OBJ),$(notdir $(o:.bpf.o=)) $(o)) > $@

$(B)/obj/loader/lib/embedded.o: ALL_CFLAGS += -I$(B)/bpf
$(B)/obj/loader/lib/embedded.o: $(B)/bpf/embedded.list $(BPF_OBJ)

# --- commands ---
$(B)/obj/%.o: %.c
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/libcongctl.a: $(LIB_OBJ)
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/congctl: $(CMD_OBJ) $(B)/libcongctl.a
	$(say) LD $@
	$(Q)$(CC) $(SANITIZERS) $(LDFLAGS) -o $@ $^ $(LOADER_LIBS) -ljson-c -lm

$(B)/netsim: $(NETSIM_CMD) $(NETSIM_OBJ) $(B)/libcongctl.a
	$(say) LD $@
	$(Q)$(CC) $(SANITIZERS) $(LDFLAGS) $(PLUGIN_HOST) -o $@ $^ $(LOADER_LIBS) $(NETSIM_LIBS)

# a unit test sees everything but the commands; a test of an algorithm includes its source
$(B)/tests/%: tests/unit/%.c $(NETSIM_OBJ) $(B)/libcongctl.a
	$(say) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(PLUGIN_HOST) -MMD -MP $< -o $@ $(NETSIM_OBJ) $(B)/libcongctl.a $(LOADER_LIBS) $(NETSIM_LIBS) -lcunit

$(B)/tests/sim_%: tests/sim/test_%.c $(NETSIM_OBJ) $(B)/libcongctl.a
	$(say) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(PLUGIN_HOST) -MMD -MP $< -o $@ $(NETSIM_OBJ) $(B)/libcongctl.a $(LOADER_LIBS) $(NETSIM_LIBS) -lcunit

-include $(shell find $(B) -name '*.d' 2>/dev/null)
