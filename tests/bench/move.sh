#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# move.sh [SOCKETS] - moving live sockets (10000) to another algorithm and undoing it, while 20 of the connections carry data:
# wall-clock milliseconds of the whole command, median and worst of 15; what it costs without sockets; the connections' longest stall.
set -euo pipefail
cd "$(dirname "$0")/../.."
sockets=${1:-10000}
tmp=$(mktemp -d) ns=mv_$$_bench a=mv_$$_a b=mv_$$_b
trap 'exec 9>&- || true; wait || true; ip netns del $ns || true; build/congctl unregister $a $b >/dev/null || true; rm -rf "$tmp"' EXIT
build/congctl register build/algorithms/reno.bpf.o --as $a >/dev/null
build/congctl register build/algorithms/cubic.bpf.o --as $b >/dev/null
ip netns add $ns
ip -n $ns link set lo up

timed() { # COMMAND...: milliseconds; its output in $tmp/said
	local t0=$EPOCHREALTIME
	"$@" >"$tmp/said"
	local t1=$EPOCHREALTIME
	awk "BEGIN {printf \"%.1f\n\", ($t1 - $t0) * 1000}"
}
summary() {
	sort -g | awk '{v[NR] = $1} END {printf "median %.1f ms, worst %.1f ms\n", v[(NR + 1) / 2], v[NR]}'
}
measure() { # there and back
	: >"$tmp/there"
	: >"$tmp/back"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		timed build/congctl use -j $b --from $a --netns $ns >>"$tmp/there"
		cp "$tmp/said" "$tmp/moved"
		undo=$(jq -r '.undo // empty' "$tmp/said")
		[ -z "$undo" ] || timed build/congctl use -j --undo "$undo" >>"$tmp/back"
	done
	printf '%d sockets: use --from %s' "$(jq .moved "$tmp/moved")" "$(summary <"$tmp/there")"
	[ ! -s "$tmp/back" ] || printf ', --undo %s' "$(summary <"$tmp/back")"
	echo
}

measure
mkfifo "$tmp/orders"
ip netns exec $ns build/tests/tools/connections -n $((sockets / 2)) -C $a <"$tmp/orders" >"$tmp/out" &
exec 9>"$tmp/orders"
until grep -q ready "$tmp/out"; do sleep 0.05; done
sleep 1 # a second undisturbed, to compare with
echo >&9
until [ "$(wc -l <"$tmp/out")" = 2 ]; do sleep 0.05; done
measure
exec 9>&-
wait || true
printf 'before: %s\nafter:  %s\n' "$(sed -n 2p "$tmp/out" | jq -c '{stall_ms, late_ms}')" \
	"$(tail -n 1 "$tmp/out" | jq -c '{stall_ms, late_ms, resets, corrupted, lost}')"
