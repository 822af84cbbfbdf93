#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# `congctl use` and its undoing, killed at random moments: the old or the new state, never half, and nothing left behind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/use.sh"
needs_struct_ops
needs_command jq ip bpftool

a=se_$$_a
two_namespaces
new_cgroup x
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$a"
defer "$CONGCTL" unregister --force "$a"
ip netns exec "$c" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null

state() { # of the three places
	printf '%s %s %s\n' "$(ip netns exec "$c" cat /proc/sys/net/ipv4/tcp_congestion_control)" \
		"$(ip -n "$c" route show 10.77.0.0/24 | grep -o 'congctl.*' | tr -d ' ')" "$(bpftool cgroup show "$CGROUP" | grep -c sock_ops)"
}
records() { # the IDs of this test's own records
	bpftool map -j dump pinned "$PINS/~undo/$1" 2>/dev/null | grep -q "$(printf '%s' "$a" | od -An -tx1 | sed 's/ /","0x/g; s/^",//')"
}
mine() {
	local id
	for id in "$PINS/~undo/"*; do
		id=${id##*/}
		records "$id" && echo "$id"
	done
}
killed() { # after at most $1 microseconds; use takes 20 ms, its undoing 40
	local at=$((RANDOM * $1 / 32768 + 1))
	(timeout -s KILL "$(printf '0.%06d' "$at")" "$CONGCTL" "${@:2}"; true) >/dev/null 2>&1
}

seed=${SEED:-$$}
echo "seed $seed"
RANDOM=$seed
clean='reno  0'
equals "$(state)" "$clean"
for ((i = 0; i < 60; i++)); do
	case $((i % 3)) in
	0) where=(--netns "$c") new="$a  0" ;;
	1) where=(--prefix 10.77.0.0/24 --netns "$c" --lock) new="reno congctllock$a 0" ;;
	2) where=(--cgroup "$CGROUP") new='reno  1' ;;
	esac
	killed 25000 use "$a" "${where[@]}"
	now=$(state)
	[ "$now" = "$clean" ] || equals "$now" "$new"
	# whoever comes next finds out what it was, and can undo it
	check_exit 0 "$CONGCTL" use "$a" "${where[@]}"
	equals "$(state)" "$new"
	found=$(mine)
	[ "$(wc -w <<<"$found")" = 1 ] || fail "$i ${where[*]}: records $found"
	killed 45000 use --undo "$found"
	now=$(state)
	[ "$now" = "$clean" ] || equals "$now" "$new"
	"$CONGCTL" use --undo "$found" >/dev/null 2>&1
	equals "$(state)" "$clean"
	equals "$(mine)" ""
done

# killed while it sweeps: the next one does the rest
swept() {
	"$CONGCTL" use reno --netns "$c" && [ -z "$(mine)" ] && ! test -e "$PINS/~rules/$id"
}
for ((i = 0; i < 20; i++)); do
	mkdir "$CGROUP/gone"
	check_exit 0 "$CONGCTL" use -j "$a" --cgroup "$CGROUP/gone"
	id=$(jq -r .undo <<<"$OUT")
	rmdir "$CGROUP/gone"
	killed 6000 use reno --netns "$c"
	killed 6000 use --undo "$id"
	wait_until 10 swept
done
