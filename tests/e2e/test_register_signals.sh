#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A signal between two pins of `congctl register a b c` ends the command, not what it does: they are all registered, or none when a
# later one fails; so with SIGKILL too.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command cc python3

# the signal comes for certain at the worst time: from within the first pin, which a process of its own makes
cat >"$TMP/signal.c" <<'C'
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int bpf_obj_pin(int fd, const char *path)
{
	static int (*real)(int, const char *);
	int ret, first = !real;

	real = (int (*)(int, const char *))dlsym(RTLD_NEXT, "bpf_obj_pin");
	ret = real(fd, path);
	if (first)
		kill(getppid(), atoi(getenv("SEND")));
	return ret;
}
C
cc -D_GNU_SOURCE -shared -fPIC -o "$TMP/signal.so" "$TMP/signal.c" -ldl || fail "cannot build signal.so"

names=()
files=()
for i in 1 2 3; do
	names+=("$(unique "s$i")")
	files+=("$TMP/$i.bpf.o")
	good_as "${names[-1]}" "${files[-1]}"
done

for signal in HUP INT TERM KILL; do
	number=$(kill -l $signal)
	check_exit $((128 + number)) env --default-signal SEND="$number" LD_PRELOAD="$TMP/signal.so" "$CONGCTL" register "${files[@]}"
	for name in "${names[@]}"; do
		wait_until 10 test -e "$PINS/$name"
		holds is_available "$name"
	done
	check_exit 0 "$CONGCTL" unregister "${names[@]}"
done

# and the way back is not cut short either: the last pin is impossible
mkdir -p "$PINS/${names[2]}"
defer rmdir "$PINS/${names[2]}" "$PINS"
number=$(kill -l TERM)
check_exit $((128 + number)) env --default-signal SEND="$number" LD_PRELOAD="$TMP/signal.so" "$CONGCTL" register "${files[@]}"
for name in "${names[@]}"; do
	wait_until 10 not is_available "$name"
done
for name in "${names[@]:0:2}"; do
	holds not test -e "$PINS/$name"
done
