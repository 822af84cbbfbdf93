#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# op_cost.sh - what each operation costs per call, from the kernel's BPF statistics, beside an empty operation.
# Each algorithm carries one flow for 4 s over an emulated 100 Mbit/s, 20 ms link. The statistics' own clock reads are in
# every figure, so what an operation's body costs is its figure less the empty one's.
set -euo pipefail
cd "$(dirname "$0")/../.."
stats=/proc/sys/kernel/bpf_stats_enabled
before=$(cat $stats)
names=()
cleanup() {
	echo "$before" >$stats
	[ ${#names[@]} = 0 ] || build/congctl unregister "${names[@]}" >/dev/null
}
trap cleanup EXIT

# the names the kernel keeps are cut to 15 characters: match programs by the map's program ids instead
measure() { # NAME LAST-PROGRAM-ID
	local out
	# a disturbed run is void for the network's figures, not for the cost of a call: exit 1 is looked into below
	build/netsim run --rate 100mbit --rtt 20ms --ecn 40pkt --duration 4s --warmup 1s --flow "$1" >/dev/null 2>&1 || true
	out=$(bpftool prog show -j | jq -r --argjson before "$2" --arg stem "${1#bench_}_" '.[]
		| select(.type == "struct_ops" and .run_cnt > 0 and .id > $before and (.name | startswith($stem)))
		| [.name, .run_cnt, (.run_time_ns / .run_cnt)] | @tsv')
	[ -n "$out" ] || { echo "no operation of $1 was called" >&2; return 1; }
	while IFS=$'\t' read -r op count ns; do
		printf '%-14s %-18s %10d %8.0f\n' "$1" "$op" "$count" "$ns"
	done <<<"$out"
}

echo 1 >$stats
printf '%-14s %-18s %10s %8s\n' algorithm operation calls ns/call
for o in build/tests/objects/empty.bpf.o build/algorithms/{reno,cubic,dctcp,bbr,aimd}.bpf.o; do
	stem=$(basename "$o" .bpf.o)
	name=bench_$stem
	last=$(bpftool prog show -j | jq '[.[].id] | max // 0')
	build/congctl register "$o" --as "$name" >/dev/null
	names+=("$name")
	measure "$name" "$last"
done
