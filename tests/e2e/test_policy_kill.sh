#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# apply killed at any moment: the machine comes to rest at the old state or at the new one, and the next apply finds one of the two.
# In a mount namespace with a bpf file system of its own: see test_policy.sh.
if [ "${1-}" != inside ] && [ "$(id -u)" = 0 ]; then
	exec unshare --mount --propagation private "$0" inside
fi
. "$(dirname "$0")/lib.sh"
needs_root
needs_command ip nsenter unshare
mount -t bpf bpf /sys/fs/bpf || skip "no bpf file system can be mounted"
needs_struct_ops

TIMES=${TIMES:-20}
ns=po_$$ seed=$$
ip netns add $ns
defer ip netns del $ns
defer nsenter --net=/run/netns/$ns sh -c 'echo reno >/proc/sys/net/ipv4/tcp_congestion_control'
for side in a b; do
	cat >"$TMP/$side.yaml" <<-P
	algorithms:
	  - {register: $OBJECTS/good.bpf.o, as: $(unique $side), set: {small: 7}}
	  - {register: $OBJECTS/good.bpf.o, as: $(unique both), set: {small: $([ $side = a ] && echo 8 || echo 9)}}
	selections:
	  - {use: $(unique $side), default: yes}
	  - {use: $(unique both), port: 8080}
	P
done
inside() {
	nsenter --net=/run/netns/$ns "$CONGCTL" "$@"
}
state() {
	inside save | grep -v '^ *#'
	nsenter --net=/run/netns/$ns cat /proc/sys/net/ipv4/tcp_congestion_control
}
for side in a b; do
	check_exit 0 inside apply --prune "$TMP/$side.yaml"
	declare "state_$side=$(state)"
done
# shellcheck disable=SC2154 # declared above
holds [ "$state_a" != "$state_b" ]
start=$(date +%s%N)
check_exit 0 inside apply --prune "$TMP/a.yaml"
took_us=$((($(date +%s%N) - start) / 1000))

at_rest() { # the process that makes the changes is gone
	! grep -qsa "${TMP}[/]" /proc/[0-9]*/cmdline
}
RANDOM=$seed
echo "seed $seed, one apply takes $took_us us"
side=a ended=
for ((i = 0; i < TIMES; i++)); do
	[ $side = a ] && side=b || side=a
	nsenter --net=/run/netns/$ns "$CONGCTL" apply --prune "$TMP/$side.yaml" >/dev/null 2>&1 & # no subshell: the victim is congctl
	victim=$!
	sleep "0.$(printf %06d $((RANDOM * 32768 % took_us + RANDOM % 100)))"
	kill -9 $victim 2>/dev/null
	wait $victim 2>/dev/null
	wait_until 10 at_rest
	now=$(state)
	[ "$now" = "$state_a" ] && ended+=a || { [ "$now" = "$state_b" ] && ended+=b; } || fail "neither: $now"
	side=${ended: -1}
done
echo "ended at $ended"
