#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What tells each algorithm from the others, with the kernel's TCP over emulated links. Short runs: the full figures are
# `make bench`. The plugins run under names of this test alone.
. "$(dirname "$0")/lib.sh"
needs_root
needs_command jq
needs_struct_ops

mkdir "$TMP/catalogue"
for stem in reno cubic dctcp bbr; do
	cp "$ALGORITHMS/$stem.bpf.o" "$TMP/catalogue/$(unique $stem).bpf.o"
done
export CONGCTL_ALGORITHMS=$TMP/catalogue

# Three DCTCP flows on 100 Mbit/s, 1 ms, marking at K = 20 packets: the queue stays there without a drop (SIGCOMM'10, Mininet-HiFi's
# replication: 20.4, hardware 19.0 packets), at 95 % of what the link can carry. 20 +- 2, and 1 for the shorter run.
measured '.link.queue_pkts.mean > 17 and .link.queue_pkts.mean < 23 and .link.drops == 0 and
	([.flows[].goodput_bps] | add) > 0.95 * .link.tcp_cap_bps and ([.flows[].marks] | min) > 100' \
	"$ROOT/netsim/scenarios/datacentre.yaml" --cc "$(unique dctcp)" --duration 8s --warmup 2s --wait hybrid

# without ECN it halves on loss and fills the same buffer of 425 packets, as the kernel's cubic does: mean above 300 (same source)
shallow=(--rate 100mbit --rtt 1ms --buffer 425pkt --duration 8s --warmup 3s --wait hybrid)
measured '.link.queue_pkts.max >= 400 and .link.marks == 0' "${shallow[@]}" --flow "$(unique dctcp)*3"
measured '.link.queue_pkts.max >= 400 and .link.marks == 0 and .link.queue_pkts.mean > 300' "${shallow[@]}" --flow 'cubic*3'

# One packet in a hundred lost at random, 50 Mbit/s, 100 ms: BBR gets 0.85 * rate * (1 - p) at least (CACM 2017, figure 8; the simulator
# holds it to that), 0.7 here, as each pause of the machine costs it some; CUBIC is held near its response function, 1.4 Mbit/s (RFC 9438
# 5.1), 0.7 to 3.5 for a short run
lossy=(--rate 50mbit --rtt 100ms --loss 1%)
measured '.flows[0].goodput_bps > 0.7 * .link.rate_bps and .link.losses > 100' \
	"${lossy[@]}" --flow "$(unique bbr)" --duration 12s --warmup 4s
measured '.flows[0].goodput_bps > 0.7e6 and .flows[0].goodput_bps < 3.5e6' \
	"${lossy[@]}" --flow "$(unique cubic)" --duration 20s --warmup 5s

# a buffer of 4 BDP: BBR, with a cwnd of twice its estimate of the BDP at most, has a median RTT below twice the path's own; within a quarter
# of that (CACM 2017, figure 4) is for the simulator, as after each pause of the machine BBR overestimates the bandwidth for ten rounds. Reno
# and CUBIC, which only a full buffer stops, have 2.5 times the path's own after a loss
deep=(--rate 20mbit --rtt 40ms --buffer 4bdp --duration 10s --warmup 4s)
measured '.flows[0].rtt_us.p50 < 80000 and .link.utilisation > 0.9' "${deep[@]}" --flow "$(unique bbr)"
for stem in reno cubic; do
	measured '.flows[0].rtt_us.p50 > 80000 and .link.utilisation > 0.98' "${deep[@]}" --flow "$(unique $stem)"
done
