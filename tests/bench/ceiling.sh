#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ceiling.sh - the kernel's cubic through the emulator at rising rates, as a fraction of the most TCP payload the link can carry.
set -euo pipefail
cd "$(dirname "$0")/../.."
printf '%-10s %14s %10s %s\n' rate goodput_mbit of_cap validity
for rate in 10mbit 100mbit 500mbit 1gbit 2gbit 4gbit 8gbit 12gbit; do
	{ build/netsim run --rate $rate --rtt 20ms --buffer 1bdp --duration 8s --warmup 3s --wait hybrid --flow cubic -j 2>/dev/null || true; } |
		jq -r --arg rate $rate '[$rate, (.flows[0].goodput_bps // 0) / 1e6,
			(.flows[0].goodput_bps // 0) / .link.tcp_cap_bps, .void_reason // "valid"] | @tsv' |
		while IFS=$'\t' read -r r g c v; do printf '%-10s %14.1f %10.4f %s\n' "$r" "$g" "$c" "$v"; done
done
