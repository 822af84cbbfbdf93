#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netsim compare: the cells of a set, algorithms seed by seed in the simulator, the simulator beside the kernel, what is refused, and
# that an interrupt leaves nothing. Everything but the kernel's part needs no root.
. "$(dirname "$0")/lib.sh"
needs_command jq

set_of() { # FILE VARY-LINES: a set of short scenarios
	printf 'name: small\nlink: {rate: 10mbit, rtt: 20ms}\nflows: [{count: 1}]\nduration: 4s\nwarmup: 1s\n%s\n' "$2" >"$1"
}
set_of "$TMP/plain.yaml" ''
set_of "$TMP/set.yaml" 'vary: [{rate: [5mbit, 10mbit], buffer: [0.5bdp, 2bdp]}, {loss: 1%, cc: [reno, cubic]}]'

# two algorithms on one engine: cells in order, an interval from each pair of runs with the same seed
check_exit 0 "$NETSIM" compare "$TMP/plain.yaml" --cc reno,cubic --vary rate=5mbit,10mbit --vary buffer=0.5bdp --vary loss=0.1% --repeat 4 \
	-o "$TMP/out.d"
contains "$OUT" "small on sim: 2 cells, medians of 4 runs, seed 1 [95 % confidence]"
contains "$OUT" "difference to reno, run by run"
json=$TMP/out.d/compare.json csv=$TMP/out.d/compare.csv
told '.compared == "cc" and .engine == "sim" and .reference == "reno" and (.cells | length) == 2' "$json"
told '[.cells[].settings.rate] == ["5mbit", "10mbit"] and all(.cells[]; .settings.buffer == "0.5bdp")' "$json"
told 'all(.cells[]; [.arms[].cc] == ["reno", "cubic"] and .arms[0].difference == null and all(.arms[]; .runs_valid == 4))' "$json"
# payload is 95.6 % of the rate: more would be a fault of the counting, less than half one of the algorithm
told 'all(.cells[]; (.settings.rate | rtrimstr("mbit") | tonumber * 1e6) as $r
	| all(.arms[]; .goodput_bps > 0.5 * $r and .goodput_bps < 0.957 * $r and .rtt_p50_us >= 20000))' "$json"
equals "$(head -n 1 "$csv")" "cell,rate,buffer,loss,cc,seed,valid,goodput_bps,rtt_p50_us,retransmits"
equals "$(wc -l <"$csv")" 17
equals "$(cut -d, -f 6 "$csv" | sort -u | tr '\n' ' ')" "1 2 3 4 seed "
# random loss: another seed is another run (but for one that happens to lose as much), and run k has the seed that 'netsim run' would give it
holds test "$(awk -F, '$1 == 1 && $5 == "reno" {print $8}' "$csv" | sort -u | wc -l)" -gt 1
check_exit 0 "$NETSIM" run --engine sim "$TMP/plain.yaml" --cc cubic --rate 10mbit --buffer 0.5bdp --loss 0.1% --seed 3 -j
equals "$(jq '.flows[0].goodput_bps | round' "$TMP/out")" "$(awk -F, '$1 == 2 && $5 == "cubic" && $6 == 3 {print $8}' "$csv")"
# the paired difference is of runs of one seed, worked out again from the lines of the runs
paired=$(awk -F, '$1 == 1 && $5 == "reno" {a[$6] = $8} $1 == 1 && $5 == "cubic" {print $8 - a[$6]}' "$csv" | sort -g |
	awk '{v[NR] = $1} END {print (v[2] + v[3]) / 2}')
told "(.cells[0].arms[1].difference.goodput_bps - ($paired) | fabs) < 2" "$json"

# the same again is the same to the byte
check_exit 0 "$NETSIM" compare "$TMP/plain.yaml" --cc reno,cubic --vary rate=5mbit,10mbit --vary buffer=0.5bdp --vary loss=0.1% --repeat 4 \
	-o "$TMP/again"
holds cmp "$csv" "$TMP/again/compare.csv"
holds cmp "$json" "$TMP/again/compare.json"

# the set of a file; an option goes over it; -j is the file's content
check_exit 0 "$NETSIM" compare "$TMP/set.yaml" --cc reno,cubic -j
told '[.cells[].settings | [.rate, .buffer, .loss]] == [["5mbit","0.5bdp",null],["5mbit","2bdp",null],["10mbit","0.5bdp",null],
	["10mbit","2bdp",null],[null,null,"1%"]]' "$TMP/out"

# refused: one sentence, nothing run, nothing written
refused() { # CODE SENTENCE ARGUMENT...
	local code=$1 sentence=$2
	shift 2
	check_exit "$code" "$NETSIM" compare "$@"
	equals "$OUT" ""
	equals "$ERR" "netsim compare: $sentence"
}
set_of "$TMP/empty.yaml" 'vary: {rtt: []}'
set_of "$TMP/rats.yaml" 'vary: {rats: [1, 2]}'
printf 'link: {rate: 1mbit, rtt: 20ms}\nflows: [{cc: reno}]\n' >"$TMP/named.yaml"
nothing="one engine and one algorithm, nothing to compare: --engines sim,emu, or two with --cc A,B"
refused 2 "there is no scenario file: one such as netsim/scenarios/fidelity.yaml" --cc a,b
refused 2 "'b' is one argument too many: a single scenario file" a b
refused 2 "option '--rats' is unknown, or its value is missing: 'netsim compare -h' lists the options" --rats
refused 2 "--engines 'ns3' is not an engine: sim, emu or sim,emu" "$TMP/plain.yaml" --engines ns3
refused 2 "--engines '' is not an engine: sim, emu or sim,emu" "$TMP/plain.yaml" --engines sim,
refused 2 "--engines has 'sim' twice: sim, emu or sim,emu" "$TMP/plain.yaml" --engines sim,sim
refused 2 "$nothing" "$TMP/plain.yaml"
refused 2 "$nothing" "$TMP/plain.yaml" --cc reno
refused 2 "cc 'reno' is there twice: each value once" "$TMP/plain.yaml" --cc reno,reno
refused 2 "rtt has an empty value to vary: at least one character" "$TMP/plain.yaml" --cc reno,cubic --vary rtt=
refused 2 "'rtt' does not say what to vary: KEY=VALUE,VALUE such as rtt=10ms,40ms" "$TMP/plain.yaml" --cc reno,cubic --vary rtt
refused 1 "the maps of vary differ in cc: the same list in each, or --vary cc=…" "$TMP/set.yaml" # the file's own doing
refused 2 "with rate 10: rate '10' is not a rate: 1kbit to 100gbit, such as 10mbit" "$TMP/plain.yaml" --cc reno,cubic --vary rate=1mbit,10
refused 2 "--cc reno has no flow to go to: every flow names its algorithm" "$TMP/named.yaml" --cc reno,cubic
refused 1 "$TMP/empty.yaml:6: rtt has an empty list to vary: at least one value" "$TMP/empty.yaml" --cc reno,cubic -o "$TMP/no"
refused 1 "cannot make the directory $TMP/empty.yaml/no: Not a directory" "$TMP/plain.yaml" --cc reno,cubic -o "$TMP/empty.yaml/no"
check_exit 1 "$NETSIM" compare "$TMP/rats.yaml" --cc reno,cubic -o "$TMP/no"
contains "$ERR" "$TMP/rats.yaml:6: cannot vary 'rats': one of cc, "
check_exit 1 "$NETSIM" compare "$TMP/plain.yaml" --cc reno,none -o "$TMP/no"
contains "$ERR" "none"
holds not test -e "$TMP/no"
check_exit 1 "$NETSIM" run --engine sim "$TMP/set.yaml" --cc reno
contains "$ERR" "$TMP/set.yaml:6: vary makes this a set of scenarios: for netsim compare"

# interrupted: its runs end with it, nothing is written
"$NETSIM" compare "$TMP/plain.yaml" --cc reno,cubic --vary duration=3600s --vary rate=1gbit -o "$TMP/cut" >"$TMP/out" 2>"$TMP/err" &
pid=$!
defer kill -KILL "$pid"
running() {
	CHILDREN=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
	[ -n "$CHILDREN" ]
}
wait_until 10 running
kill -TERM "$pid"
wait "$pid"
equals "$?" 130
equals "$(cat "$TMP/out" "$TMP/err")" "netsim compare: interrupted: nothing was written"
holds not test -e "$TMP/cut"
for child in $CHILDREN; do
	wait_until 2 test ! -e "/proc/$child"
done

# the simulator beside the kernel: needs root and the tunnel device
needs_struct_ops
[ -c /dev/net/tun ] || skip "needs /dev/net/tun"
"$NETSIM" compare "$TMP/plain.yaml" --engines sim,emu --vary cc=bpf_reno -j >"$TMP/out" 2>"$TMP/err" ||
	{ grep -q ' void' "$TMP/err" && skip "this machine is too busy: $(cat "$TMP/err")"; } || fail "$(cat "$TMP/err")"
told '.compared == "engine" and .reference == "emu" and [.cells[].arms[].engine] == ["sim", "emu"] and .cells[0].settings.cc == "bpf_reno"' \
	"$TMP/out"
# four seconds with one recovery in them, and what the machine does to one run: a quarter is far above that and far below a wrong unit or window
told '(.median_difference.goodput_bps | fabs) < 0.25 and .cells[0].arms[1].difference == null' "$TMP/out"
