#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# `make install` puts everything below DESTDIR/PREFIX, from where it works; `make uninstall` takes exactly that away.
. "$(dirname "$0")/lib.sh"
needs_command make cc pkg-config man

export -n MAKEFLAGS MAKELEVEL
build() {
	make --no-print-directory -C "$ROOT" B="$BUILD" "$@"
}
files() { # below $1, without directories
	(cd "$1" && find . ! -type d | LC_ALL=C sort)
}

# into a DESTDIR
check_exit 0 build install DESTDIR="$TMP/image" PREFIX=/usr
image=$(files "$TMP/image")
for file in bin/congctl bin/netsim lib/libcongctl.a lib/libcongctl.so lib/libcongctl.so.0 lib/pkgconfig/libcongctl.pc \
	lib/congctl/algorithms/cubic.bpf.o lib/congctl/algorithms/cubic.so include/congctl/congctl.h include/congctl/cc.bpf.h \
	share/congctl/scenarios/dumbbell.yaml share/congctl/mininet/dumbbell.py share/doc/congctl/examples/example.c \
	share/man/man8/congctl.8 share/man/man1/netsim.1 share/bash-completion/completions/congctl \
	share/bash-completion/completions/netsim lib/systemd/system/congctl.service; do
	contains "$image" "./usr/$file"
done
lacks "$(grep -rlF "$TMP" "$TMP/image" | tr '\n' ' ')" / # nothing remembers where it was put together

contains "$(cat "$TMP/image/usr/lib/systemd/system/congctl.service")" "/usr/bin/congctl apply"

# a program built against it, from that image, finds the library and its algorithms
export PKG_CONFIG_PATH=$TMP/image/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$TMP/image
flags=$(pkg-config --cflags --libs libcongctl)
# shellcheck disable=SC2086 # words
holds cc -Wall -Werror "$TMP/image/usr/share/doc/congctl/examples/example.c" -o "$TMP/example" $flags
equals "$(pkg-config --modversion libcongctl)" "$(sed -n 's/^LIB_VERSION := //p' "$ROOT/Makefile")"
contains "$(pkg-config --libs --static libcongctl)" "-lbpf -lelf"
contains "$(LD_LIBRARY_PATH=$TMP/image/usr/lib ldd "$TMP/example")" "libcongctl.so.0 => $TMP/image/usr/lib/libcongctl.so.0"

# the commands find their algorithms from where they lie, and the shell and man theirs
check_exit 0 env -u CONGCTL_ALGORITHMS "$TMP/image/usr/bin/congctl" info cubic
contains "$OUT" "$TMP/image/usr/bin/../lib/congctl/algorithms/cubic.bpf.o"
check_exit 0 env -u CONGCTL_ALGORITHMS "$TMP/image/usr/bin/netsim" run "$TMP/image/usr/share/congctl/scenarios/single.yaml" \
	--engine sim --cc cubic --duration 2s --warmup 1s
for page in congctl netsim; do
	contains "$(man -M "$TMP/image/usr/share/man" -w $page)" "$TMP/image/usr/share/man/man"
	contains "$(man -M "$TMP/image/usr/share/man" -P cat $page)" "$page"
done

# an author's algorithm, out of the tree, builds against the installed headers
holds "${CLANG:-clang}" -O2 -g -target bpf -mcpu=v3 -I"$TMP/image/usr/include" -c "$ROOT/algorithms/aimd.bpf.c" -o "$TMP/aimd.bpf.o"

if [ "$(id -u)" = 0 ] && "$CONGCTL" check "$OBJECTS/good.bpf.o" >/dev/null 2>&1; then
	name=$(unique i)
	check_exit 0 env -u CONGCTL_ALGORITHMS LD_LIBRARY_PATH="$TMP/image/usr/lib" "$TMP/example" "$name"
	contains "$OUT" "$name	AIMD with chosen alpha and beta"
	holds not is_available "$name"
fi

# twice is once
check_exit 0 build install DESTDIR="$TMP/image" PREFIX=/usr
equals "$(files "$TMP/image")" "$image"

# uninstall takes what install brought, nothing else
: >"$TMP/image/usr/lib/congctl/algorithms/mine.bpf.o"
: >"$TMP/image/usr/bin/other"
check_exit 0 build uninstall DESTDIR="$TMP/image" PREFIX=/usr
equals "$(files "$TMP/image" | tr '\n' ' ')" "./usr/bin/other ./usr/lib/congctl/algorithms/mine.bpf.o "
rm "$TMP/image/usr/lib/congctl/algorithms/mine.bpf.o" "$TMP/image/usr/bin/other"
check_exit 0 build uninstall DESTDIR="$TMP/image" PREFIX=/usr
equals "$(files "$TMP/image")" ""
equals "$(find "$TMP/image" -type d -name congctl)" ""

# a PREFIX of one's own, and a LIBDIR; the .pc file follows
check_exit 0 build install PREFIX="$TMP/own" LIBDIR="$TMP/own/lib64"
unset PKG_CONFIG_SYSROOT_DIR
PKG_CONFIG_PATH=$TMP/own/lib64/pkgconfig
equals "$(pkg-config --variable=prefix libcongctl) $(pkg-config --variable=libdir libcongctl)" "$TMP/own $TMP/own/lib64"
# shellcheck disable=SC2046 # words
holds cc "$ROOT/docs/example.c" -o "$TMP/example" $(pkg-config --cflags --libs libcongctl)
check_exit 0 build uninstall PREFIX="$TMP/own" LIBDIR="$TMP/own/lib64"
equals "$(files "$TMP/own")" ""

# a place that cannot be written to fails, it does not seem to succeed
: >"$TMP/file"
check_exit 2 build install DESTDIR="$TMP/file"
