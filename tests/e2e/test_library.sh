#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# libcongctl, shared and static: exactly the functions of congctl.h, the example program, and handles of their own in threads of their own.
. "$(dirname "$0")/lib.sh"
needs_command cc clang nm readelf

# every function congctl.h declares is there, and nothing else
declared=$(cc -E -P -I"$ROOT/include" "$ROOT/include/congctl/congctl.h" | grep -oE '\bcongctl_[a-z0-9_]+\(' | tr -d '(' | LC_ALL=C sort -u)
[ "$(wc -l <<<"$declared")" -gt 15 ] || fail "congctl.h declares only: $declared"
exported() { # of nm's output: name without version; no version node
	awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | LC_ALL=C sort -u
}
equals "$(nm -D --defined-only "$BUILD/libcongctl.so.0" | exported)" "$declared"
equals "$(nm -g --defined-only "$BUILD/libcongctl.a" | awk 'NF == 3' | exported)" "$declared"
equals "$(sed -n 's/^\t\t\(congctl_[a-z0-9_]*\);$/\1/p' "$ROOT/loader/lib/libcongctl.map")" "$declared"
contains "$(readelf -d "$BUILD/libcongctl.so.0")" "Library soname: [libcongctl.so.0]"

# a strict compiler takes the header, and a C++ one
cat >"$TMP/only.c" <<'C'
#include <congctl/congctl.h>
int main(void)
{
	return !congctl_catalogue();
}
C
holds cc -std=c11 -pedantic-errors -Wall -Werror -I"$ROOT/include" "$TMP/only.c" -o "$TMP/only" -L"$BUILD" -lcongctl
check_exit 0 env LD_LIBRARY_PATH="$BUILD" "$TMP/only"
holds "${CLANG:-clang}" -x c++ -Wall -Werror -I"$ROOT/include" -c "$TMP/only.c" -o "$TMP/only.o"
contains "$(nm -u "$TMP/only.o")" " congctl_catalogue"

private=$(sed -n 's/^Libs.private: //p' "$BUILD/libcongctl.pc")

# what is not of congctl.h cannot be reached
cat >"$TMP/inner.c" <<'C'
int congctl_parse_u64(const char *text, unsigned long *value);
int registry_find(const char *name, void *found);
int main(void)
{
	unsigned long v;
	return congctl_parse_u64("1", &v) + registry_find("", 0);
}
C
for link in "-L$BUILD -lcongctl" "$BUILD/libcongctl.a $private"; do
	# shellcheck disable=SC2086 # words
	check_exit 1 cc "$TMP/inner.c" -o "$TMP/inner" $link
	contains "$ERR" "congctl_parse_u64"
	contains "$ERR" "registry_find"
done

# the example of the documentation, with either, and with nothing shared
for link in "-L$BUILD -lcongctl" "-static $BUILD/libcongctl.a $private" "$BUILD/libcongctl.a $private"; do
	# shellcheck disable=SC2086 # words
	check_exit 0 cc -Wall -Wextra -Werror -I"$ROOT/include" "$ROOT/docs/example.c" -o "$TMP/example" $link
done
holds cc -I"$ROOT/include" "$ROOT/docs/example.c" -o "$TMP/example_shared" -L"$BUILD" -lcongctl

needs_struct_ops
export LD_LIBRARY_PATH=$BUILD
name=$(unique x)
for example in example example_shared; do
	check_exit 0 env CONGCTL_ALGORITHMS="$ALGORITHMS" "$TMP/$example" "$name"
	contains "$OUT" "$name	AIMD with chosen alpha and beta"
	holds not is_available "$name"
	holds not test -e "$PINS/$name"
done
# the shared library finds the catalogue beside itself
check_exit 0 "$TMP/example_shared" "$name"
# a name that is taken: told, and nobody's registration touched
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$name"
check_exit 1 "$TMP/example_shared" "$name"
contains "$ERR" "cannot register '$name': it is registered already"
holds is_available "$name"
check_exit 0 "$CONGCTL" unregister "$name"

# threads
export TSAN_OPTIONS="halt_on_error=1 io_sync=0" # no order between threads from what they do to files
setarch=
"$BUILD/tests/threads" 2>"$TMP/err"
# old sanitizers cannot live with as much randomness of addresses as this kernel has
! grep -q 'unexpected memory mapping' "$TMP/err" || setarch="setarch -R"
# shellcheck disable=SC2086 # a word or none
check_exit 0 timeout 300 $setarch "$BUILD/tests/threads" "$OBJECTS/good.bpf.o" "$OBJECTS/refused.bpf.o" "$(unique t)" "$TMP"

# another's rmdir() of the empty pin directory between mkdir() and pin: tried again. In a bpf file system of its own.
cat >"$TMP/rmdir.c" <<'C'
#include <dlfcn.h>
#include <unistd.h>

int bpf_obj_pin(int fd, const char *path)
{
	int (*real)(int, const char *) = (int (*)(int, const char *))dlsym(RTLD_NEXT, "bpf_obj_pin");
	static int calls;

	if (calls++ < 3 && rmdir("/sys/fs/bpf/congctl"))
		return -1;
	return real(fd, path);
}
C
holds cc -D_GNU_SOURCE -shared -fPIC -o "$TMP/rmdir.so" "$TMP/rmdir.c" -ldl
check_exit 0 unshare -m --propagation private bash -c 'umount /sys/fs/bpf; "$@"; exit' private \
	env LD_PRELOAD="$TMP/rmdir.so" "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$name"
wait_until 10 not is_available "$name"

# many at once mount one bpf file system, not several over each other, although each of them takes its time
cat >"$TMP/slow.c" <<'C'
#include <dlfcn.h>
#include <unistd.h>

int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
	usleep(200000);
	return ((int (*)(const char *, const char *, const char *, unsigned long, const void *))dlsym(RTLD_NEXT, "mount"))(
		source, target, type, flags, data);
}
C
holds cc -D_GNU_SOURCE -shared -fPIC -o "$TMP/slow.so" "$TMP/slow.c" -ldl
# shellcheck disable=SC2016 # for the inner shell
check_exit 0 unshare -m --propagation private bash -c '
	umount /sys/fs/bpf
	for i in 1 2 3 4; do LD_PRELOAD=$1 "$2" check "$3" & done
	wait
	[ "$(grep -c " /sys/fs/bpf " /proc/self/mounts)" = 1 ]' private "$TMP/slow.so" "$CONGCTL" "$OBJECTS/good.bpf.o"
