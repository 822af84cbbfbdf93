#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A cgroup's rule and a port's give new connections their algorithm, in both directions, outlive the command, and can be taken back.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/use.sh"
needs_struct_ops
needs_command python3 jq ip bpftool cc setpriv

a=se_$$_a b=se_$$_b e=se_$$_e
two_namespaces
new_cgroup outer
outer=$CGROUP
new_cgroup outer/inner
inner=$CGROUP
new_cgroup other
other=$CGROUP
for name in "$a" "$b"; do
	check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$name"
	defer "$CONGCTL" unregister "$name"
done
check_exit 0 "$CONGCTL" register dctcp --as "$e"
defer "$CONGCTL" unregister "$e"
for n in "$c" "$s"; do
	ip netns exec "$n" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
done
ends=(10.77.0.2 7701 --client "$c" --server "$s")

# outgoing and incoming, children included; others are left alone
connects "reno reno no-ecn" "${ends[@]}" --client-cgroup "$outer"
used "$a" --cgroup "$outer"
first=$UNDO
told '.moved == 0' "$TMP/out"
connects "$a reno no-ecn" "${ends[@]}" --client-cgroup "$outer"
connects "reno $a no-ecn" "${ends[@]}" --server-cgroup "$outer"
connects "$a $a no-ecn" 2001:db8:77::2 7702 --client "$c" --server "$s" --client-cgroup "$inner" --server-cgroup "$inner"
connects "reno reno no-ecn" "${ends[@]}" --client-cgroup "$other" --server-cgroup "$other"

# the same again changes nothing
check_exit 0 "$CONGCTL" use -j "$a" --cgroup "$outer"
told '.undo == null' "$TMP/out"

# the closest cgroup wins, whichever rule came first
used "$b" --cgroup "$inner"
connects "$b $a no-ecn" "${ends[@]}" --client-cgroup "$inner" --server-cgroup "$outer"
undone "$UNDO"
connects "$a reno no-ecn" "${ends[@]}" --client-cgroup "$inner"

# another algorithm for the same cgroup: one rule that changes its mind, undone in order only
used "$b" --cgroup "$(basename "$outer")"
second=$UNDO
connects "$b reno no-ecn" "${ends[@]}" --client-cgroup "$outer"
refused 1 "a later choice of the same place is $b: 'congctl use --undo $second' first" --undo "$first"
undone "$second"
connects "$a reno no-ecn" "${ends[@]}" --client-cgroup "$outer"
undone "$first"
connects "reno reno no-ecn" "${ends[@]}" --client-cgroup "$outer"
holds not test -e "$PINS/~rules/$first"

# a place that changes its mind again and again
many "$a" "$b" --cgroup "$outer"
connects "reno reno no-ecn" "${ends[@]}" --client-cgroup "$outer"

# a rule that changes its mind while it is read is not missed
cat >"$TMP/swap.c" <<'C'
#include <dlfcn.h>
#include <stdlib.h>

int bpf_prog_get_fd_by_id(unsigned int id)
{
	int (*real)(unsigned int id) = (int (*)(unsigned int))dlsym(RTLD_NEXT, "bpf_prog_get_fd_by_id");

	if (id == strtoul(getenv("PROGRAM"), NULL, 10) && system(getenv("CHANGE")))
		abort();
	return real(id);
}
C
cc -D_GNU_SOURCE -shared -fPIC -o "$TMP/swap.so" "$TMP/swap.c" -ldl || fail "cannot build swap.so"
used "$a" --cgroup "$outer"
first=$UNDO
check_exit 0 env LD_PRELOAD="$TMP/swap.so" CHANGE="LD_PRELOAD= '$CONGCTL' use -j $b --cgroup $outer >$TMP/change" \
	PROGRAM="$(bpftool -j link show pinned "$PINS/~rules/$UNDO" | jq .prog_id)" "$CONGCTL" users -j "$b"
told "[.holders[] | select(.kind == \"cgroup\") | .where] == [\"$outer\"]" "$TMP/out"
undone "$(jq -r .undo "$TMP/change")"
undone "$first"

# ECN is negotiated for an algorithm that needs it, on both sides alone as well as together
used "$e" --cgroup "$outer"
check_exit 0 python3 "$ROOT/tests/e2e/connect.py" "${ends[@]}" --client-cgroup "$outer" --server-cgroup "$outer"
equals "$OUT" "$e $e ecn"
undone "$UNDO"

# who may not read the rules there are neither makes another for the same cgroup nor forgets one
confined() {
	setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$@"
}
used "$a" --cgroup "$outer"
for words in "$b --cgroup $outer" "--undo $UNDO"; do
	# shellcheck disable=SC2086 # words
	check_exit 1 confined "$CONGCTL" use $words
	equals "$ERR" "congctl: no privilege to read the rules that cgroups and ports have: run it as root or give it CAP_SYS_ADMIN"
done
connects "$a reno no-ecn" "${ends[@]}" --client-cgroup "$outer"
holds recorded "$UNDO"
undone "$UNDO"
connects "reno reno no-ecn" "${ends[@]}" --client-cgroup "$outer"

# a port: to it and from it, no other; the closer cgroup's rule comes first
port=$((20000 + $$ % 10000))
used "$a" --port "$port"
by_port=$UNDO
connects "$a $a no-ecn" 10.77.0.2 "$port" --client "$c" --server "$s"
connects "$a $a no-ecn" 2001:db8:77::2 "$port" --client "$c" --server "$s"
connects "reno reno no-ecn" 10.77.0.2 $((port + 1)) --client "$c" --server "$s"
used "$b" --cgroup "$other"
connects "$b $a no-ecn" 10.77.0.2 "$port" --client "$c" --server "$s" --client-cgroup "$other"
undone "$by_port"
connects "$b reno no-ecn" 10.77.0.2 "$port" --client "$c" --server "$s" --client-cgroup "$other"

# an algorithm that goes takes its effect along, not its rule; the cgroup that goes takes the rule
check_exit 0 "$CONGCTL" unregister --force "$b"
connects "reno reno no-ecn" "${ends[@]}" --client-cgroup "$other"
rmdir "$other"
gone "$UNDO" "its cgroup"
holds not test -e "$PINS/~rules/$UNDO"
# swept by the next choice, and so is a rule without a record
for record in kept lost; do
	new_cgroup brief
	used "$a" --cgroup "$CGROUP"
	swept=$UNDO
	[ $record = kept ] || rm "$PINS/~undo/$swept"
	rmdir "$CGROUP"
	none() {
		"$CONGCTL" use reno --netns "$c" && ! recorded "$swept" && ! test -e "$PINS/~rules/$swept"
	}
	wait_until 10 none # the kernel takes its time to let go of the program
done

# refused: nothing is left behind
root=$(dirname "$outer")
refused 1 "no cgroup '/nowhere/at/all' (No such file or directory): give a directory below $root" "$a" --cgroup /nowhere/at/all
refused 1 "'/tmp' is no cgroup2 directory: give one below $root" "$a" --cgroup /tmp
refused 1 "'.' is no cgroup2 directory: give one below $root" "$a" --cgroup . # from here it is not the root of all
for port in 0 65536 80x -1; do
	refused 2 "'$port' is not a port: give a number from 1 to 65535: 'congctl use -h' shows the usage" "$a" --port=$port
done
check_exit 1 unshare -m sh -c 'umount -R /sys/fs/cgroup && exec "$@"' sh "$CONGCTL" use "$a" --cgroup "$outer"
contains "$ERR" "no cgroup2 is mounted: 'mount -t cgroup2"
equals "$(bpftool cgroup show "$outer")" ""
