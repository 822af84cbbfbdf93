#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The simulator through the command: no root, the same bytes for the same seed, the same files as the emulator, and every scenario of
# the repository. Topology: one bottleneck of 10 Mbit/s, round-trip time 40 ms.
. "$(dirname "$0")/lib.sh"
needs_command jq

net=(--engine sim --rate 10mbit --rtt 40ms)
printf 'link: {rate: 10mbit, rtt: 40ms}\nflows: [{cc: cubic}]\nduration: 2s\n' >"$TMP/good.yaml"

# without privilege where there is some to give up
simulate() { # CODE ARGUMENT...
	local code=$1 drop=()
	shift
	[ "$(id -u)" = 0 ] && drop=(setpriv --bounding-set=-all --inh-caps=-all)
	check_exit "$code" "${drop[@]}" "$NETSIM" run "$@"
}

refused() { # CODE SENTENCE ARGUMENT...
	local code=$1 sentence=$2
	shift 2
	simulate "$code" "$@" -o "$TMP/refused"
	equals "$OUT" ""
	equals "$ERR" "netsim run: $sentence"
	holds not test -e "$TMP/refused"
}

# one flow: measured from 2 s, after slow start. Goodput: the link's payload, less what the recovery from slow start may leave idle
simulate 0 "${net[@]}" --cc cubic --duration 10s --warmup 2s -o "$TMP/one"
contains "$OUT" "10 s simulated"
equals "$(cd "$TMP/one" && echo *)" "flows.csv manifest.json queue.csv report.html samples.csv scenario.yaml summary.json transfers.csv"
told '.valid and .engine == "sim" and .flows[0].name == "cubic" and .flows[0].cc == "bpf_cubic" and
	.flows[0].goodput_bps > 0.95 * .link.tcp_cap_bps and .flows[0].goodput_bps <= 1.001 * .link.tcp_cap_bps and
	.flows[0].rtt_us.p50 > 40000 and .flows[0].errno == null' "$TMP/one/summary.json"
# no kernel had a part in it
told '.engine == "sim" and .kernel == null and .cpus == null and .libbpf_version == null and .runs[0].valid and
	.runs[0].health == null and .algorithms[0].name == "cubic" and .algorithms[0].origin == "native plugin"' "$TMP/one/manifest.json"
equals "$(jq -r '.algorithms[0].sha256' "$TMP/one/manifest.json")" "$(sha256sum <"$ALGORITHMS/cubic.so" | cut -d' ' -f1)"
equals "$(jq -r '.algorithms[0].object' "$TMP/one/manifest.json")" "$ALGORITHMS/cubic.so"
lacks "$(cat "$TMP/one/report.html")" "Linux kernel"

# the same seed, the same bytes, of every workload; another seed, others, where there is chance in it
cat >"$TMP/mixed.yaml" <<EOF
link: {rate: 10mbit, rtt: 40ms, buffer: 4bdp, loss: 1%}
flows:
    - {cc: cubic, count: 3}
    - {cc: bbr, start: 1s, stop: 3s}
    - {name: web, cc: reno, workload: poisson, load: 0.3, sizes: web-search}
    - {name: ask, cc: cubic, workload: request, size: 20kB, pause: 10ms, count: 2}
    - {name: all, cc: dctcp, workload: incast, size: 5kB, count: 4}
    - {name: now and then, cc: aimd, workload: on-off, on: 300ms, off: 500ms, set: {beta: 900}}
    - {name: voice, workload: cbr, rate: 100kbit}
duration: 5s
EOF
same=("$TMP/mixed.yaml" --engine sim)
simulate 0 "${same[@]}" --seed 3 -o "$TMP/a"
simulate 0 "${same[@]}" --seed 3 -o "$TMP/b"
simulate 0 "${same[@]}" --seed 4 -o "$TMP/c"
for file in samples.csv queue.csv transfers.csv flows.csv summary.json scenario.yaml; do
	holds cmp "$TMP/a/$file" "$TMP/b/$file"
done
holds not cmp -s "$TMP/a/samples.csv" "$TMP/c/samples.csv"
told '[.flows[] | select(.received_bytes == 0)] | length == 0' "$TMP/a/summary.json"

# repeats are the seeds s, s + 1, … one by one
simulate 0 "${same[@]}" --seed 3 --repeat 2 -o "$TMP/two"
equals "$(grep '^2,' "$TMP/two/samples.csv" | cut -d, -f2-)" "$(grep '^1,' "$TMP/c/samples.csv" | cut -d, -f2-)"
told '.runs_valid == 2 and .runs[1].seed == 4' "$TMP/two/summary.json"

# the scenario as run can be run again
simulate 0 "$TMP/a/scenario.yaml" --engine sim -o "$TMP/again"
holds cmp "$TMP/a/samples.csv" "$TMP/again/samples.csv"

# a tunable's value as 'congctl set' takes it: its texts of the same number are the same run, and so is the scenario as run
tuned=("${net[@]}" --duration 3s --warmup 1s)
simulate 0 "${tuned[@]}" --flow aimd,set.beta=717 -o "$TMP/whole"
simulate 0 "${tuned[@]}" --flow aimd,set.beta=70% -o "$TMP/part"
simulate 0 "${tuned[@]}" --flow aimd -o "$TMP/untouched"
holds cmp "$TMP/whole/samples.csv" "$TMP/part/samples.csv"
holds not cmp -s "$TMP/whole/samples.csv" "$TMP/untouched/samples.csv"
holds grep -qF 'set: {beta: "70%"}' "$TMP/part/scenario.yaml"
simulate 0 "$TMP/part/scenario.yaml" --engine sim -o "$TMP/again"
holds cmp "$TMP/part/samples.csv" "$TMP/again/samples.csv"

# every scenario of the repository as it stands (one loses 1 % of its packets: 1.2 packets ÷ √0.01 in 40 ms are 8 % of the link), every
# algorithm
for file in "$ROOT"/netsim/scenarios/*.yaml; do
	grep -q '^vary:' "$file" && continue # a set, for netsim compare
	cc=()
	"$NETSIM" run "$file" --engine sim 2>&1 | grep -q 'names no algorithm' && cc=(--cc bpf_cubic)
	simulate 0 "$file" --engine sim "${cc[@]}" -j
	told '.valid and .link.utilisation > 0.04 and .link.utilisation <= 1.001 and ([.flows[] | select(.errno)] | length) == 0' "$TMP/out"
done
for plugin in "$ALGORITHMS"/*.so; do
	simulate 0 "${net[@]}" --cc "$(basename "$plugin" .so)" --duration 10s --warmup 2s -j
	told '.valid and .link.utilisation > 0.8' "$TMP/out"
done

# misuse, and what is not there
refused 2 "--engine 'ns3' is not an engine: emu or sim" --engine ns3 --rate 10mbit --rtt 40ms --cc cubic
refused 2 "--wait is for the emulator: the simulator waits for nothing" "${net[@]}" --cc cubic --wait spin
refused 2 "seed 'x' is not a whole number: 0 to 18446744073709551615" "${net[@]}" --cc cubic --seed x
refused 1 "no plugin of an algorithm 'nosuch' in $ALGORITHMS: there are $(cd "$ALGORITHMS" && ls -m -w 0 -- *.so | sed 's/\.so//g')" \
	"${net[@]}" --cc nosuch
refused 1 "flow 'a': 1.0, which is 1024, is out of range for tunable 'beta' of 'bpf_aimd': give 1 to 1023, which is 0.09766 % to 99.9 %" \
	"${net[@]}" --flow aimd,name=a,set.beta=1.0
refused 1 "flow 'aimd': 'bpf_aimd' has no tunable 'rats': it has alpha, beta" "${net[@]}" --flow aimd,set.rats=1
printf 'link: {rate: 10mbit, rtt: 40ms}\nflows: [{cc: aimd, set: {beta: 10ms}}]\n' >"$TMP/time.yaml"
refused 1 "flow 'aimd': '10ms' is not a value for tunable 'beta' of 'bpf_aimd': give a decimal number from 1 to 1023, or a fraction such as 0.7 \
or 70%" "$TMP/time.yaml" --engine sim
refused 2 "--flow aimd,set.beta=: beta '' is not a value: 1 to 63 printable characters, such as 0.7 or 10ms" "${net[@]}" --flow aimd,set.beta=
mkdir "$TMP/catalogue"
echo text >"$TMP/catalogue/text.so"
cp "$ALGORITHMS/cubic.bpf.o" "$TMP/catalogue/object.so"
export CONGCTL_ALGORITHMS=$TMP/catalogue
refused 1 "'$TMP/catalogue/text.so' is not a plugin for the simulator: it is not an ELF file; 'make' builds one from algorithms/*.bpf.c" \
	"${net[@]}" --cc text
refused 1 "'$TMP/catalogue/object.so' is not a plugin for the simulator: it is the BPF object, for the kernel; the simulator takes the .so \
beside it; 'make' builds one from algorithms/*.bpf.c" "${net[@]}" --cc object
unset CONGCTL_ALGORITHMS

# interrupted: exit 130, nothing written
at_work() { # it has computed for 0.1 s
	[ "$(cut -d' ' -f14 "/proc/$pid/stat")" -ge 10 ]
}
"$NETSIM" run --engine sim --rate 100gbit --rtt 40ms --cc cubic --duration 3600s --sample 10s -o "$TMP/partial" >"$TMP/out" 2>"$TMP/err" &
pid=$!
defer kill -9 "$pid"
wait_until 10 at_work
kill -TERM "$pid"
wait "$pid"
equals $? 130
equals "$(cat "$TMP/err")" "netsim run: interrupted: nothing was written"
holds not test -e "$TMP/partial"

# who may not emulate is told of the simulator
if [ "$(id -u)" != 0 ]; then
	check_exit 1 "$NETSIM" run "$TMP/good.yaml"
	contains "$ERR" "--engine sim"
elif command -v setpriv >/dev/null; then
	check_exit 1 setpriv --bounding-set=-all --inh-caps=-all "$NETSIM" run "$TMP/good.yaml"
	contains "$ERR" "or simulate it with --engine sim"
fi
