#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# pairs.sh [PAIRS] - each BPF algorithm beside the kernel's own: the two runs of a pair go on two links of their own at the same
# moment, so that both meet the same disturbances; the medians of the ratios pair by pair, of goodput and of retransmits.
# 100 Mbit/s, 40 ms, a buffer of 1 BDP and of 0.2 BDP, one flow, 30 s of which 25 are measured. BUFFERS and CCS choose other cells.
set -euo pipefail
cd "$(dirname "$0")/../.."
pairs=${1:-5}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

one() { # CC BUFFER SEED: "goodput retransmits", or "void reason"
	{ build/netsim run --rate 100mbit --rtt 40ms --buffer "$2" --duration 30s --warmup 5s --seed "$3" --flow "$1" -j 2>/dev/null || true; } |
		jq -r 'if .valid then [.flows[0].goodput_bps, .flows[0].retransmits] else ["void", .void_reason] end | @tsv'
}

median() {
	sort -g | awk 'NF {v[++n] = $1} END {print n ? n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2 : "none"}'
}

printf '%-6s %-7s %13s %16s  %s\n' cc buffer goodput_ratio retransmit_ratio 'retransmits bpf/own'
for buffer in ${BUFFERS:-1bdp 0.2bdp}; do
	for cc in ${CCS:-reno cubic bbr}; do
		goodput='' retransmits='' counts=''
		for ((i = n = 0; n < pairs && i < 4 * pairs; i++)); do # void pairs are run again
			one "bpf_$cc" "$buffer" "$i" >"$tmp/bpf" &
			one "$cc" "$buffer" "$i" >"$tmp/own"
			wait $!
			IFS=$'\t' read -r g1 r1 <"$tmp/bpf"
			IFS=$'\t' read -r g2 r2 <"$tmp/own"
			[[ $g1 != void && $g2 != void ]] || continue
			n=$((n + 1))
			goodput+=$(awk "BEGIN {print $g1 / $g2}")$'\n'
			retransmits+=$(awk "BEGIN {print ($r1 + 1) / ($r2 + 1)}")$'\n'
			counts+="$r1/$r2 "
		done
		printf '%-6s %-7s %13s %16s  %s\n' "$cc" "$buffer" "$(median <<<"$goodput")" "$(median <<<"$retransmits")" "$counts"
	done
done
