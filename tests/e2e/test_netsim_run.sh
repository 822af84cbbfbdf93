#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A run gives figures that fit the network, a whole result directory, and leaves nothing behind, however it ends.
# Topology: one bottleneck of 10 Mbit/s, round-trip time 100 ms (a long one: the emulator's own lateness is small beside it).
. "$(dirname "$0")/lib.sh"
needs_root
needs_command jq
needs_struct_ops

net=(--rate 10mbit --rtt 100ms)

# the kernel's own algorithm, from the command line, measured from the beginning. Goodput: never above the link's 95.6 % payload, and
# at least 70 % of that: two seconds of 8 may go for connecting, slow start and the recovery from its overshoot
measured '.valid and .engine == "emu" and .flows[0].cc == "cubic" and .flows[0].goodput_bps > 0.7 * 9.564e6 and
	.flows[0].goodput_bps <= 9.565e6 and .flows[0].rtt_us.p50 > 100000 and .flows[0].rtt_us.p95 < 250000 and
	.link.utilisation > 0.75 and .link.utilisation <= 1.001 and .jain == 1' "${net[@]}" --cc cubic --duration 8s --warmup 0s

# a whole result directory
undisturbed "${net[@]}" --cc cubic --duration 3s --warmup 0s -o "$TMP/result"
contains "$OUT" "cubic"
contains "$OUT" "link: utilisation"
equals "$(cd "$TMP/result" && echo *)" "flows.csv manifest.json queue.csv report.html samples.csv scenario.yaml summary.json transfers.csv"
equals "$(ls -d "$TMP"/result.* 2>/dev/null)" ""
told '.kernel.release and .seed == 1 and .algorithms[0].origin == "in the kernel already" and .runs[0].health.lateness_us_p99'  \
	"$TMP/result/manifest.json"
equals "$(jq -r .command_line "$TMP/result/manifest.json")" \
	"netsim run ${net[*]} --cc cubic --duration 3s --warmup 0s -o $TMP/result"
holds [ "$(wc -l <"$TMP/result/samples.csv")" -gt 200 ] # 3 s at 10 ms, less the handshake
holds grep -q '<svg' "$TMP/result/report.html"

# the scenario as run can be run again, repeated, in place of the earlier result; JSON on stdout is the summary of the directory
undisturbed "$TMP/result/scenario.yaml" --duration 2s --warmup 500ms --repeat 2 -j -o "$TMP/result"
equals "$OUT" "$(cat "$TMP/result/summary.json")"
told '.runs_valid == 2 and (.runs | length) == 2 and .runs[1].seed == 2 and .ci95.utilisation[0] <= .median.utilisation' \
	"$TMP/result/summary.json"
equals "$(cut -d, -f1 "$TMP/result/flows.csv" | sort -u | tr '\n' ' ')" "1 2 run "

# a transfer of known size completes: 1 MB take at least their time on the wire, 0.84 s, and less than 5 s
measured '.flows[0].received_bytes == 1000000 and .flows[0].fct_s > 0.84 and .flows[0].fct_s < 5' \
	"${net[@]}" --flow 'reno,size=1MB' --duration 6s

# IPv6, and the smallest and the largest packets: half of the rate at least, as slow start takes up to a second of the two
for other in "--family 6" "--mtu 576" "--mtu 9000"; do
	# shellcheck disable=SC2086 # an option and its value
	measured '.flows[0].goodput_bps > 0.5 * .link.tcp_cap_bps' "${net[@]}" --cc reno $other --duration 2s
done

# a plugin is registered for the run, under a name that the process has for itself, told under the one asked for, and gone afterwards
name=$(unique run)
own_name() { # PID
	local number
	number=$(printf '_%x' "$1")
	echo "${name:0:15-${#number}}$number"
}
mkdir "$TMP/catalogue"
cp "$ALGORITHMS/aimd.bpf.o" "$TMP/catalogue/$name.bpf.o"
export CONGCTL_ALGORITHMS=$TMP/catalogue
undisturbed "${net[@]}" --cc "$name" --duration 2s -o "$TMP/plugin"
equals "$(jq -r '.flows[0].cc' "$TMP/plugin/summary.json")" "$name"
equals "$(jq -r '.algorithms[0].sha256' "$TMP/plugin/manifest.json")" "$(sha256sum <"$TMP/catalogue/$name.bpf.o" | cut -d' ' -f1)"
holds not is_available "$name"

# two runs at the same time with the same plugin: each has its own, with its own tunables, two texts of one value
# here, and the end of one takes nothing from the other
"$NETSIM" run "${net[@]}" --flow "$name,set.beta=70%" --flow "$name,set.beta=717,start=4s" --duration 6s -j >"$TMP/first" 2>"$TMP/first.err" &
pid=$!
defer kill -9 "$pid"
wait_until 10 is_available "$(own_name "$pid")"
equals "$("$CONGCTL" get -j "$(own_name "$pid").beta" | jq '.tunables[0].value')" 717
undisturbed "${net[@]}" --flow "$name,set.beta=300" --duration 2s -j
equals "$(jq -r '.flows[0].cc' "$TMP/out")" "$name"
if wait "$pid"; then
	told "[.flows[].cc] == [\"$name\", \"$name\"]" "$TMP/first"
else
	contains "$(cat "$TMP/first.err")" "runs are void" # the neighbour disturbed it
fi
holds not is_available "$(own_name "$pid")"

# interrupted: exit 130, nothing written, nothing left registered
"$NETSIM" run "${net[@]}" --cc "$name" --duration 60s -o "$TMP/partial" >"$TMP/out" 2>"$TMP/err" &
pid=$!
defer kill -9 "$pid"
wait_until 10 is_available "$(own_name "$pid")"
kill -TERM "$pid"
wait "$pid"
equals $? 130
equals "$(cat "$TMP/err")" "netsim run: interrupted: nothing was written"
equals "$(cat "$TMP/out")" ""
holds not test -e "$TMP/partial"
holds not is_available "$(own_name "$pid")"

# killed while data is under way: the kernel removes what was registered (before 6.4, the next command that lists does), and no
# connection is left behind to keep it
maps() { # of the plugin, registered or only kept by sockets
	bpftool -j struct_ops list | jq '[.[] | select(.name == "bpf_aimd")] | length'
}
in_use() {
	"$CONGCTL" list -j | jq -e --arg name "$(own_name "$pid")" '.algorithms[] | select(.name == $name) | .users >= 3' >/dev/null
}
all_gone() {
	[ "$(maps)" -le "$before" ]
}
needs_command bpftool
before=$(maps)
"$NETSIM" run "${net[@]}" --cc "$name" --duration 60s -o "$TMP/partial" >"$TMP/out" 2>"$TMP/err" &
pid=$!
defer kill -9 "$pid"
wait_until 10 in_use # listener, receiver and sender
kill -KILL "$pid"
wait "$pid" 2>/dev/null
check_exit 0 "$CONGCTL" list
wait_until 10 not is_available "$(own_name "$pid")"
wait_until 10 all_gone
holds not test -e "$TMP/partial"
