#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# register.sh - registering and unregistering the whole catalogue with one command each, beside a loop of
# `bpftool struct_ops register` in the same rounds: wall-clock milliseconds, medians of 9 rounds.
set -euo pipefail
cd "$(dirname "$0")/../.."
objects=(build/algorithms/*.bpf.o) names=()
for o in "${objects[@]}"; do
	names+=("bpf_$(basename "$o" .bpf.o)")
done
forget() {
	build/congctl unregister "${names[@]}" >/dev/null 2>&1 || true
	for n in "${names[@]}"; do
		bpftool struct_ops unregister name "${n#bpf_}" >/dev/null 2>&1 || true
	done
}
trap forget EXIT

round=()
# timed COMMAND...: one more figure of this round
timed() {
	local t0=$EPOCHREALTIME
	"$@" >/dev/null
	round+=("$(awk "BEGIN {print 1e3 * ($EPOCHREALTIME - $t0)}")")
}
each_with_bpftool() {
	for o in "${objects[@]}"; do
		bpftool struct_ops register "$o" 2>&1
	done
}

for _ in 1 2 3 4 5 6 7 8 9; do
	timed build/congctl register "${names[0]}"
	timed build/congctl unregister "${names[0]}"
	timed build/congctl register "${names[@]}"
	timed build/congctl unregister "${names[@]}"
	if command -v bpftool >/dev/null; then
		timed each_with_bpftool
		forget
	fi
	echo "${round[*]}"
	round=()
done | awk -v n="${#names[@]}" '
	{ for (i = 1; i <= NF; i++) ms[i, NR] = $i; columns = NF }
	function median(column, i, j, swap, a) {
		for (i = 1; i <= NR; i++) a[i] = ms[column, i]
		for (i = 1; i <= NR; i++) for (j = i + 1; j <= NR; j++) if (a[j] < a[i]) { swap = a[i]; a[i] = a[j]; a[j] = swap }
		return a[int((NR + 1) / 2)]
	}
	END {
		printf "register 1: %.1f ms, %d: %.1f ms, each after the first: %.1f ms\n", median(1), n, median(3), (median(3) - median(1)) / (n - 1)
		printf "unregister 1: %.1f ms, %d: %.1f ms, each: %.1f ms\n", median(2), n, median(4), median(4) / n
		if (columns > 4) printf "a loop of bpftool struct_ops register: %.1f ms, %.2f times as long\n", median(5), median(5) / median(3)
	}'
