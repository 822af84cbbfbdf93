#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# life.sh [CONNECTIONS] - a whole life under 10000 live connections, 20 of them carrying data: milliseconds of each command, and what the
# connections noticed; `list` with 30 registered and all of them there. A connection is two sockets here.
set -euo pipefail
cd "$(dirname "$0")/../.."
connections=${1:-10000}
tmp=$(mktemp -d) ns=li_$$_ns a=li_$$_a b=li_$$_b
many=() # names registered one by one
undo=() # what `use` changed
finish() {
	exec 9>&- || true
	wait || true
	for id in "${undo[@]}"; do build/congctl use --undo "$id" || true; done
	ip netns del $ns || true
	for name in $a $b "${many[@]}"; do build/congctl unregister --force "$name" || true; done
	rm -rf "$tmp"
}
trap 'finish >/dev/null 2>&1' EXIT
timed() { # LABEL COMMAND...
	local label=$1 t0=$EPOCHREALTIME t1
	shift
	"$@" >"$tmp/said"
	t1=$EPOCHREALTIME
	awk -v l="$label" "BEGIN {printf \"%-36s %7.1f ms\n\", l, ($t1 - $t0) * 1000}"
}
congctl() {
	timed "$*" build/congctl "$@" -j
	[ "$1" != use ] || undo+=("$(jq -r .undo "$tmp/said")")
}

ip netns add $ns
ip -n $ns link set lo up
build/congctl register build/tests/objects/build_one.bpf.o --as $a >/dev/null
mkfifo "$tmp/orders"
ip netns exec $ns build/tests/tools/connections -n "$connections" -C $a <"$tmp/orders" >"$tmp/out" &
exec 9>"$tmp/orders"
until grep -q ready "$tmp/out"; do sleep 0.05; done
echo "$connections connections:"
congctl register build/tests/objects/good.bpf.o --as $b
timed "use $b --default" nsenter --net=/run/netns/$ns build/congctl use $b --default -j # a /sys of its own would lack the pins
undo+=("$(jq -r .undo "$tmp/said")")
congctl update $a build/tests/objects/build_two.bpf.o
congctl update $a build/tests/objects/build_one.bpf.o --migrate
congctl rollback $a --migrate
congctl use $b --from $a --netns $ns
congctl use $a --from $b --netns $ns
while [ ${#many[@]} -lt 28 ]; do
	many+=("li_$$_${#many[@]}")
	build/congctl register build/algorithms/reno.bpf.o --as "${many[-1]}" >/dev/null
done
congctl list
congctl unregister $b --drain
congctl unregister $a --drain
exec 9>&-
wait || true
tail -n 1 "$tmp/out" | jq -c '{stall_ms, late_ms, resets, corrupted, lost}'
