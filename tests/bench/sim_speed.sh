#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# sim_speed.sh - simulated data packets a second of wall-clock time, beside the same dumbbell in ns-3, and memory per flow.
# Reno, one drop-tail bottleneck of 1 BDP, 40 ms, MTU 1500; about 5 million packets for each row of netsim, median of 3, and of ns-3
# the first WALL seconds of the clock (default 15) of the same network. Netsim's time is that of the whole command, from start to
# summary; of ns-3 that of Simulator::Run() alone. Packets: delivered payload / 1448 bytes, on both sides.
set -euo pipefail
cd "$(dirname "$0")/../.."
wall=${WALL:-15}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# FLOWS RATE_MBIT SECONDS: "packets wall_s peak_kB", the last 0 without time(1)
netsim_run() {
	local begin end timed=()
	echo 0 >"$tmp/kb"
	[ -x /usr/bin/time ] && timed=(/usr/bin/time -o "$tmp/kb" -f %M)
	begin=$EPOCHREALTIME
	"${timed[@]}" build/netsim run --engine sim --rate "$2mbit" --rtt 40ms --buffer 1bdp --duration "$3s" --warmup 1s --sample 1s \
		--flow "reno*$1" -j >"$tmp/summary"
	end=$EPOCHREALTIME
	echo "$(jq '[.flows[].received_bytes] | add / 1448' "$tmp/summary") $(awk "BEGIN {print $end - $begin}") $(tail -n 1 "$tmp/kb")"
}

median_run() {
	for _ in 1 2 3; do netsim_run "$@"; done | sort -g -k 2 | sed -n 2p
}

rate() { # PACKETS SECONDS
	awk -v p="$1" -v s="$2" 'BEGIN {printf "%.0f", p / s}'
}

build_ns3() {
	[ -e /usr/include/ns3/core-module.h ] && command -v g++ >/dev/null || return 1
	# Debian's pkg-config files of ns-3 name directories that are not there
	# shellcheck disable=SC2046
	g++ -O2 tests/bench/ns3_dumbbell.cc -o "$tmp/ns3" \
		$(printf -- '-lns3-%s ' applications internet traffic-control point-to-point network core)
}

if build_ns3; then
	echo "ns-3: $(dpkg-query -W -f '${Package} ${Version}' libns3-dev 2>/dev/null || echo 'of this system'); Debian's build carries" \
		"its logging (no assertions): one without it is faster"
else
	echo "ns-3 is not here, its column stays empty: make deps-bench installs it"
fi
printf '%8s %10s %14s %14s %8s %12s %14s\n' flows Mbit/s 'ns-3 pkt/s' 'netsim pkt/s' ratio ns/packet 'of one flow'
one=
while read -r flows mbit seconds; do
	ns3=- ratio=-
	read -r packets s _ < <(median_run "$flows" "$mbit" "$seconds")
	ours=$(rate "$packets" "$s")
	one=${one:-$ours}
	if [ -x "$tmp/ns3" ] && [ "$flows" -le 1000 ]; then
		read -r packets s _ < <("$tmp/ns3" "$flows" "$mbit" 40 "$seconds" "$wall")
		ns3=$(rate "$packets" "$s")
		ratio=$(awk "BEGIN {printf \"%.0f\", $ours / $ns3}")
	fi
	awk -v f="$flows" -v m="$mbit" -v n="$ns3" -v o="$ours" -v r="$ratio" -v one="$one" \
		'BEGIN {printf "%8d %10d %14s %14d %8s %12.0f %13.2fx\n", f, m, n, o, r, 1e9 / o, one / o}'
done <<'ROWS'
1 100 600
10 100 600
100 100 600
1000 1000 60
10000 10000 6
ROWS

# the last row's flows have 1 Mbit/s each: one flow with as much has a window as small, and is alone in the cache
read -r packets s _ < <(median_run 1 1 3600)
alone=$(rate "$packets" "$s")
awk -v a="$alone" -v o="$ours" 'BEGIN {printf "one flow of 1 Mbit/s: %.0f ns/packet; each of 10,000: %.2fx\n", 1e9 / a, a / o}'
read -r _ s _ < <(median_run 1 100 60)
printf '60 s of 100 Mbit/s, one flow: %.3f s\n' "$s"
read -r _ _ few < <(netsim_run 1 1000 4)
read -r _ _ many < <(netsim_run 10000 1000 4)
[ "$few" != 0 ] || { echo "memory: not measured without time(1), make deps-bench installs it"; exit 0; }
awk -v a="$few" -v b="$many" 'BEGIN {printf "memory: %.0f bytes a flow (peak of 10,000 flows on 1 Gbit/s less that of one on the same link)\n",
	(b - a) * 1024 / 9999}'
