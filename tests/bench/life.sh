#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# life.sh [CONNECTIONS] - a whole life under 10000 live connections, 20 of them carrying data: milliseconds of each command, and what the
# connections noticed. Then registering and unregistering one by one, `list` with 30 registered, and the same by bpftool.
set -euo pipefail
cd "$(dirname "$0")/../.."
connections=${1:-10000}
tmp=$(mktemp -d) ns=li_$$_ns a=li_$$_a b=li_$$_b
many=() # names registered one by one
finish() {
	exec 9>&- || true
	wait || true
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
}
elapsed_ms() {
	awk "BEGIN {printf \"%.1f\", ($EPOCHREALTIME - $1) * 1000}"
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
congctl use $b --netns $ns
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

build/congctl unregister "${many[@]}" >/dev/null
many=()
objects=() names=()
for o in build/algorithms/*.bpf.o; do
	objects+=("$o")
	names+=("bpf_$(basename "$o" .bpf.o)")
done
many=("${names[@]}")
one=() all=() down=() tool=()
for _ in 1 2 3 4 5 6 7; do
	t=$EPOCHREALTIME
	build/congctl register "${objects[0]}" >/dev/null
	one+=("$(elapsed_ms "$t")")
	build/congctl unregister "${names[0]}" >/dev/null
	t=$EPOCHREALTIME
	build/congctl register "${objects[@]}" >/dev/null
	all+=("$(elapsed_ms "$t")")
	t=$EPOCHREALTIME
	build/congctl unregister "${names[@]}" >/dev/null
	down+=("$(elapsed_ms "$t")")
	t=$EPOCHREALTIME
	for o in "${objects[@]}"; do bpftool struct_ops register "$o" >/dev/null 2>&1; done
	tool+=("$(elapsed_ms "$t")")
	build/congctl unregister "${names[@]}" >/dev/null
done
median() {
	printf '%s\n' "$@" | sort -g | sed -n 4p
}
awk -v one="$(median "${one[@]}")" -v all="$(median "${all[@]}")" -v down="$(median "${down[@]}")" -v tool="$(median "${tool[@]}")" \
	-v n=${#objects[@]} 'BEGIN {
	printf "register one: %.1f ms; %d in one command: %.1f ms, each after the first %.1f ms; a loop of bpftool: %.1f ms, %.1f times\n",
		one, n, all, (all - one) / (n - 1), tool, tool / all
	printf "unregister %d: %.1f ms, %.1f ms each\n", n, down, down / n
}'
