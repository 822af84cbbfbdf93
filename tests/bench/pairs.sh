#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# pairs.sh [PAIRS] - each BPF algorithm against the kernel's own on the same link, in alternating runs: the median of the ratios
# pair by pair, goodput and retransmits. 100 Mbit/s, 40 ms, 1 BDP and 0.2 BDP, one flow, 30 s.
set -euo pipefail
cd "$(dirname "$0")/../.."
pairs=${1:-5}
one() { # CC BUFFER SEED -> goodput retransmits
	build/netsim run --rate 100mbit --rtt 40ms --buffer "$2" --duration 30s --warmup 5s --seed "$3" --flow "$1" -j 2>/dev/null |
		jq -r 'if .valid then [.flows[0].goodput_bps, .flows[0].retransmits] else ["void", .void_reason] end | @tsv'
}
median() { sort -g | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
printf '%-8s %-7s %16s %16s %20s\n' cc buffer goodput_ratio retransmit_ratio "retransmits bpf/own"
for buffer in 1bdp 0.2bdp; do
	for cc in reno cubic bbr; do
		goodput='' retransmits='' counts=''
		for ((i = 1; i <= pairs; i++)); do
			read -r g1 r1 < <(one "bpf_$cc" $buffer "$i")
			read -r g2 r2 < <(one "$cc" $buffer "$i")
			[[ $g1 != void && $g2 != void ]] || { echo "pair $i void: $r1 $r2" >&2; continue; }
			goodput+=$(awk "BEGIN {print $g1 / $g2}")$'\n'
			retransmits+=$(awk "BEGIN {print ($r1 + 1) / ($r2 + 1)}")$'\n'
			counts+="$r1/$r2 "
		done
		printf '%-8s %-7s %16.4f %16.3f %20s\n' $cc $buffer "$(printf %s "$goodput" | median)" \
			"$(printf %s "$retransmits" | median)" "$counts"
	done
done
