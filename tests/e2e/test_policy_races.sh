#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Two applies at once, 20 times two policies that want different things: one after the other, or one wins and the other says so; the
# machine is as the last one wants it. The same policy twice: it is done once, and both are content.
# In a mount namespace with a bpf file system of its own: see test_policy.sh.
if [ "${1-}" != inside ] && [ "$(id -u)" = 0 ]; then
	exec unshare --mount --propagation private "$0" inside
fi
. "$(dirname "$0")/lib.sh"
needs_root
needs_command cc ip nsenter unshare
mount -t bpf bpf /sys/fs/bpf || skip "no bpf file system can be mounted"
needs_struct_ops

ns=$(unique n)
ip netns add "$ns" || skip "no network namespaces here"
defer ip netns del "$ns"
defer nsenter --net="/run/netns/$ns" sh -c 'echo reno >/proc/sys/net/ipv4/tcp_congestion_control'
ip -n "$ns" link set lo up
ip -n "$ns" route add 10.9.0.0/16 dev lo
for side in a b; do
	cat >"$TMP/$side.yaml" <<-P
	algorithms:
	  - {register: $OBJECTS/good.bpf.o, as: $(unique $side), set: {small: 7}}
	  - {register: $OBJECTS/good.bpf.o, as: $(unique both), set: {small: $([ $side = a ] && echo 8 || echo 9)}}
	selections:
	  - {use: $(unique $side), default: yes}
	  - {use: $(unique $side), prefix: 10.9.0.0/16}
	  - {use: $(unique both), port: 47813}
	P
done
inside() {
	nsenter --net="/run/netns/$ns" "$@"
}
state() {
	inside "$CONGCTL" save | grep -v '^ *#'
	inside cat /proc/sys/net/ipv4/tcp_congestion_control
	inside ip route show
	find /sys/fs/bpf -mindepth 1 ! -name '*.debug' | sed -E 's,/~(undo|rules)/[0-9]+,/~\1/ID,' | sort
}
both() { # their exit codes are in $first and $second
	inside "$CONGCTL" apply --prune "$1" >/dev/null 2>"$TMP/1.err" &
	local pid=$!
	inside "$CONGCTL" apply --prune "$2" >/dev/null 2>"$TMP/2.err" &
	wait $pid
	first=$?
	wait $!
	second=$?
}
refused() { # with this sentence
	equals "$(cat "$1")" "congctl: somebody else changed the machine meanwhile: look at the difference and apply $2 again"
}

for side in a b a; do
	check_exit 0 inside "$CONGCTL" apply --prune "$TMP/$side.yaml"
	declare "state_$side=$(state)"
done
# shellcheck disable=SC2154 # declared above
holds [ "$state_a" != "$state_b" ]
for ((i = 0; i < 20; i++)); do
	both "$TMP/a.yaml" "$TMP/b.yaml"
	now=$(state)
	case $first$second in
	00) [ "$now" = "$state_a" ] || equals "$now" "$state_b" ;;
	01) refused "$TMP/2.err" "$TMP/b.yaml" && equals "$now" "$state_a" ;;
	10) refused "$TMP/1.err" "$TMP/a.yaml" && equals "$now" "$state_b" ;;
	*) fail "neither: $(cat "$TMP/1.err" "$TMP/2.err")" ;;
	esac
done
for side in b a b a b; do
	both "$TMP/$side.yaml" "$TMP/$side.yaml"
	equals "$first$second" 00
	wanted=state_$side
	equals "$(state)" "${!wanted}"
done

# for certain: one is held between its difference and its changes, which a process of its own makes, until the other is done
cat >"$TMP/hold.c" <<'C'
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

int pipe2(int fds[2], int flags)
{
	while (access(getenv("UNTIL"), F_OK))
		usleep(1000);
	return ((int (*)(int *, int))dlsym(RTLD_NEXT, "pipe2"))(fds, flags);
}
C
cc -D_GNU_SOURCE -shared -fPIC -o "$TMP/hold.so" "$TMP/hold.c" -ldl || fail "cannot build hold.so"
held() { # exit code $1 of the apply of $2 after that of $3
	rm -f "$TMP/go" "$TMP/shown"
	inside env LD_PRELOAD="$TMP/hold.so" UNTIL="$TMP/go" "$CONGCTL" apply --prune "$2" >"$TMP/shown" 2>"$TMP/1.err" &
	local pid=$!
	wait_until 10 test -s "$TMP/shown"
	check_exit 0 inside "$CONGCTL" apply --prune "$3"
	touch "$TMP/go"
	wait $pid
	equals $? "$1"
}
check_exit 0 inside "$CONGCTL" apply --prune "$TMP/a.yaml"
echo '{}' >"$TMP/empty.yaml"
held 1 "$TMP/b.yaml" "$TMP/empty.yaml"
refused "$TMP/1.err" "$TMP/b.yaml"
check_exit 0 inside "$CONGCTL" apply --prune "$TMP/a.yaml"
held 0 "$TMP/b.yaml" "$TMP/b.yaml"
equals "$(state)" "$state_b"
held 1 "$TMP/empty.yaml" "$TMP/a.yaml"
equals "$(state)" "$state_a"
# a directory that others can open is no lock
mkdir -m 755 "$PINS/~apply"
check_exit 1 inside "$CONGCTL" apply --prune "$TMP/empty.yaml"
equals "$ERR" "congctl: $PINS/~apply or the directory it is in may be changed by others: look at who made it and remove it"
check_exit 0 inside "$CONGCTL" apply --dry-run "$TMP/a.yaml"
equals "$OUT" ""
rmdir "$PINS/~apply"
check_exit 0 inside "$CONGCTL" apply --prune "$TMP/empty.yaml"
equals "$(find /sys/fs/bpf -mindepth 1 ! -name '*.debug')" ''
