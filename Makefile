# SPDX-License-Identifier: GPL-2.0-only
# congctl: TCP congestion control as a plugin. `make help` lists the targets.
# A new algorithms/*.bpf.c, loader/cmd/*.c, loader/bpf/*.bpf.c, netsim/cmd/*.c, netsim/engine/queue_*.c, netsim/scenarios/*.yaml,
# tests/unit/test_*.c or tests/e2e/test_*.sh is found by itself: no list to edit.

# what has to be installed (Debian names); one place
BUILD_PACKAGES := gcc make clang pkg-config libc6-dev libbpf-dev libelf-dev libdw-dev libyaml-dev libjson-c-dev
RUN_PACKAGES   := iproute2 gnuplot-nox
TEST_PACKAGES  := libcunit1-dev bpftool mininet jq python3 libcap2-bin man-db
BENCH_PACKAGES := libns3-dev g++ time
KERNEL_PACKAGES := qemu-system-x86 busybox-static cpio iperf3 bpftool xz-utils

# make SANITIZE=1: everything with the address and undefined-behaviour sanitizers, in a directory of its own
comma   := ,
B       := $(if $(SANITIZE),build-sanitize,build)
CC      ?= cc
CLANG   ?= clang
OBJCOPY ?= objcopy
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
CFLAGS  ?= $(if $(SANITIZE),-O1,-O2) -g
SANITIZERS := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
WARN    := -Wall -Wextra -Wshadow -Wno-unused-parameter $(if $(CI),-Werror)
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
# of the library, MAJOR.MINOR: another MAJOR where a program built against the former one would break
LIB_VERSION := 0.1
SONAME  := libcongctl.so.$(firstword $(subst ., ,$(LIB_VERSION)))

# -ffp-contract=off: the same figures from every compiler and processor
ALL_CFLAGS := -std=gnu11 $(CFLAGS) $(SANITIZERS) $(WARN) -fPIC -ffp-contract=off -D_GNU_SOURCE -Iinclude -DCONGCTL_VERSION='"$(VERSION)"'
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 $(WARN) -Iinclude
LOADER_LIBS := -lbpf -lelf -lyaml
LIBRARY_LIBS := $(LOADER_LIBS) -lm
# what a static libelf needs differs from version to version
ELF_LIBS = $(shell pkg-config --libs --static libelf 2>/dev/null)
NETSIM_LIBS := -ljson-c -ldw -ldl -lpthread -lm
# what plugins find in netsim: see cc.bpf.h
PLUGIN_HOST := $(addprefix -Wl$(comma)--export-dynamic-symbol=,cc_random_below cc_send_ack cc_clock_us)

Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-6s %s\n')

ALGORITHMS := $(patsubst algorithms/%.bpf.c,%,$(wildcard algorithms/*.bpf.c))
# what the commands and the tests link: the library with its inner functions
LOADER     := $(B)/obj/loader.a
LIBRARIES  := $(B)/libcongctl.a $(B)/$(SONAME) $(B)/libcongctl.so $(B)/libcongctl.pc
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
.PHONY: all help deps deps-test deps-bench demo check check-unit check-sim check-root check-kernels bench fuzz lint format install uninstall clean algorithms $(ALGORITHMS)

all: algorithms $(B)/congctl $(B)/netsim $(LIBRARIES) ## build the commands, the library and the plugins

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
sim-tests: $(SIM_TESTS) $(PLUGINS)
fixtures: $(FIXTURES) $(TOOLS) $(B)/tests/threads

check-unit: unit-tests algorithms ## unit tests: no root, no kernel feature
	@tests/run $(UNIT_TESTS)

check-sim: sim-tests algorithms ## algorithms against their papers, in the simulator: no root, no kernel feature
	@tests/run $(SIM_TESTS)

check-root: all fixtures ## end-to-end tests: root, own namespaces
	@$(SUDO) tests/run $(wildcard tests/e2e/test_*.sh)

check-kernels: all $(FIXTURES) $(TOOLS) $(B)/tests/test_held ## the same objects and commands on other kernels, in a virtual machine
	@.ci/deps $(KERNEL_PACKAGES)
	@tests/kernels/run

bench: all fixtures ## measure the hot paths
	@tests/bench/run

# each reader of files for FUZZ_SECONDS, one after the other; what crashes one is left in build-fuzz/
FUZZ_SECONDS ?= 60
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz: algorithms fixtures ## make up files for every reader of files, FUZZ_SECONDS=60 each (clang)
	@$(MAKE) --no-print-directory B=build-fuzz CC=$(CLANG) CFLAGS='-O1 -g' \
		SANITIZERS='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' \
		$(addprefix build-fuzz/fuzz_,$(FUZZERS))
	@set -e; for f in $(FUZZERS); do \
		mkdir -p build-fuzz/corpus/$$f; seeds=tests/fuzz/corpus/$$f; \
		[ $$f != object ] || { seeds=build-fuzz/seeds; mkdir -p $$seeds; cp $(B)/algorithms/*.bpf.o $(B)/tests/objects/*.bpf.o $$seeds; }; \
		nice -n 19 build-fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=65536 -print_final_stats=1 -verbosity=0 \
			-artifact_prefix=build-fuzz/$$f- build-fuzz/corpus/$$f $$seeds; \
	done

# a checker that is not installed checks nothing
SCRIPTS := $(shell git ls-files 2>/dev/null | xargs -r grep -lE '^\#!.*(bash|/sh)' 2>/dev/null)
LIBBPF_MACROS := $(foreach m,LIBBPF_OPTS DECLARE_LIBBPF_OPTS,-D'$(m)(type,name,...)=struct type name = {__VA_ARGS__}')

lint: ## static checks: C, shell, manual
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --enable=warning,performance,portability --force $(LIBBPF_MACROS) -Iinclude \
		loader/main.c loader/cmd loader/lib netsim
	$(Q)! command -v shellcheck >/dev/null || { shellcheck -S warning -x -P tests/e2e $(SCRIPTS) && shellcheck -S warning -s bash completion/*; }
	$(Q)! command -v mandoc >/dev/null || mandoc -Tlint -Wwarning docs/*.[1-8]

format: ## clang-format the C files
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

# what goes where below DESTDIR: its directory, mode and files; a file of ours to be found by itself is in a list above
SHARE   := $(PREFIX)/share
HEADERS := $(filter-out %/units.h %/document.h,$(wildcard include/congctl/*.h))
PLACES  := commands archive library algorithms plugins headers pkgconfig scenarios mininet examples man1 man8 completion systemd
place_commands   := $(PREFIX)/bin 755 $(B)/congctl $(B)/netsim
place_archive    := $(LIBDIR) 644 $(B)/libcongctl.a
place_library    := $(LIBDIR) 755 $(B)/$(SONAME)
place_algorithms := $(LIBDIR)/congctl/algorithms 644 $(ALGORITHMS:%=$(B)/algorithms/%.bpf.o)
place_plugins    := $(LIBDIR)/congctl/algorithms 755 $(ALGORITHMS:%=$(B)/algorithms/%.so)
place_headers    := $(PREFIX)/include/congctl 644 $(HEADERS)
place_pkgconfig  := $(LIBDIR)/pkgconfig 644 $(B)/libcongctl.pc
place_scenarios  := $(SHARE)/congctl/scenarios 644 $(wildcard netsim/scenarios/*.yaml netsim/scenarios/*.trace)
place_mininet    := $(SHARE)/congctl/mininet 644 $(wildcard netsim/mininet/*.py)
place_examples   := $(SHARE)/doc/congctl/examples 644 docs/example.c
place_man1       := $(SHARE)/man/man1 644 $(wildcard docs/*.1)
place_man8       := $(SHARE)/man/man8 644 $(wildcard docs/*.8)
place_completion := $(SHARE)/bash-completion/completions 644 $(wildcard completion/*)
place_systemd    := $(PREFIX)/lib/systemd/system 644 $(B)/congctl.service
# and these are nobody else's
OWN_DIRS := $(addprefix $(LIBDIR)/congctl,/algorithms /) $(PREFIX)/include/congctl $(addprefix $(SHARE)/congctl,/scenarios /mininet /) \
	    $(addprefix $(SHARE)/doc/congctl,/examples /)

place_dir   = $(DESTDIR)$(word 1,$(place_$(1)))
place_files = $(wordlist 3,$(words $(place_$(1))),$(place_$(1)))
define newline


endef

install: all $(B)/congctl.service ## into DESTDIR/PREFIX
	$(foreach p,$(PLACES),install -Dm$(word 2,$(place_$(p))) -t $(call place_dir,$(p)) $(call place_files,$(p))$(newline)$(Q))
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libcongctl.so
	$(Q)$(if $(DESTDIR),:,ldconfig 2>/dev/null || :)

uninstall: ## undo install
	rm -f $(foreach p,$(PLACES),$(addprefix $(call place_dir,$(p))/,$(notdir $(call place_files,$(p))))) $(DESTDIR)$(LIBDIR)/libcongctl.so
	$(Q)for d in $(addprefix $(DESTDIR),$(OWN_DIRS)); do [ ! -d $$d ] || rmdir --ignore-fail-on-non-empty $$d; done

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

$(LOADER): $(LIB_OBJ)
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# --- library: both kinds show what the symbol map names, nothing else ---
LIB_MAP := loader/lib/libcongctl.map

$(B)/$(SONAME): $(LIB_OBJ) $(LIB_MAP)
	$(say) LD $@
	$(Q)$(CC) $(SANITIZERS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=$(LIB_MAP) -o $@ $(LIB_OBJ) $(LIBRARY_LIBS)

$(B)/libcongctl.so: $(B)/$(SONAME)
	$(Q)ln -sf $(SONAME) $@

$(B)/libcongctl.a: $(LIB_OBJ) $(LIB_MAP)
	$(say) AR $@
	$(Q)$(LD) -r -o $(B)/obj/libcongctl.o $(LIB_OBJ)
	$(Q)sed -n 's/^\t\t\(congctl_[a-z_0-9]*\);$$/\1/p' $(LIB_MAP) >$(B)/obj/libcongctl.symbols
	$(Q)$(OBJCOPY) --keep-global-symbols=$(B)/obj/libcongctl.symbols $(B)/obj/libcongctl.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(B)/obj/libcongctl.o

# these change with PREFIX
.PHONY: always
$(B)/congctl.service: loader/congctl.service.in always
	$(Q)sed 's|@PREFIX@|$(PREFIX)|' $< >$@

$(B)/libcongctl.pc: libcongctl.pc.in always
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(LIB_VERSION)|; s|@LIBS@|$(LIBRARY_LIBS) $(ELF_LIBS)|' $< >$@

$(B)/congctl: $(CMD_OBJ) $(LOADER)
	$(say) LD $@
	$(Q)$(CC) $(SANITIZERS) $(LDFLAGS) -o $@ $^ $(LOADER_LIBS) -ljson-c -lm

$(B)/netsim: $(NETSIM_CMD) $(NETSIM_OBJ) $(LOADER)
	$(say) LD $@
	$(Q)$(CC) $(SANITIZERS) $(LDFLAGS) $(PLUGIN_HOST) -o $@ $^ $(LOADER_LIBS) $(NETSIM_LIBS)

# a unit test sees everything but the commands; a test of an algorithm includes its source; BUILD is where this build is
$(B)/tests/test_% $(B)/tests/sim_%: private ALL_CFLAGS += -DBUILD='"$(B)"'
$(B)/tests/%: tests/unit/%.c $(NETSIM_OBJ) $(LOADER)
	$(say) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(PLUGIN_HOST) -MMD -MP $< -o $@ $(NETSIM_OBJ) $(LOADER) $(LOADER_LIBS) $(NETSIM_LIBS) -lcunit

$(B)/tests/sim_%: tests/sim/test_%.c $(NETSIM_OBJ) $(LOADER)
	$(say) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(PLUGIN_HOST) -MMD -MP $< -o $@ $(NETSIM_OBJ) $(LOADER) $(LOADER_LIBS) $(NETSIM_LIBS) -lcunit

# the library and a test of it, under the thread sanitizer
$(B)/tests/threads: tests/library/threads.c $(LIB_OBJ)
	$(say) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(SANITIZERS),$(ALL_CFLAGS)) -O1 -fsanitize=thread -I$(B)/bpf $< $(wildcard loader/lib/*.c) -o $@ $(LIBRARY_LIBS) -lpthread

# --- fuzzing, in build-fuzz/ ---
$(B)/fuzz_%: tests/fuzz/fuzz_%.c $(patsubst %.c,$(B)/obj/%.o,$(wildcard netsim/scenario/*.c netsim/engine/*.c)) $(LOADER)
	$(say) FUZZ $@
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -MMD -MP $< -o $@ $(filter %.o,$^) $(LOADER) $(LOADER_LIBS) $(NETSIM_LIBS)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
