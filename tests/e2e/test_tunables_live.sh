#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A connection that is on its way follows a tunable that is changed: at the next ACK or the next loss, as the tunable says.
#
#	client --- router --- server      the router sends 20 Mbit/s to the server and queues 30 kB: 20 packets, then loss
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command python3 ss ip tc

c=tu_c_$$ r=tu_r_$$ s=tu_s_$$
for ns in $c $r $s; do
	holds ip netns add $ns
	defer ip netns del $ns
done
holds ip -n $c link add out type veth peer name in netns $r
holds ip -n $s link add in type veth peer name out netns $r
holds ip -n $c address add 10.91.0.1/24 dev out
holds ip -n $r address add 10.91.0.2/24 dev in
holds ip -n $r address add 10.91.1.2/24 dev out
holds ip -n $s address add 10.91.1.1/24 dev in
for at in "$c out" "$r in" "$r out" "$s in"; do
	holds ip -n ${at% *} link set ${at#* } up
done
holds ip -n $c route add default via 10.91.0.2
holds ip -n $s route add default via 10.91.1.2
holds ip netns exec $r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
ip netns exec $r tc qdisc add dev out root tbf rate 20mbit burst 5kb limit 30kb 2>"$TMP/tc" || skip "no tbf here: $(cat "$TMP/tc")"

cat >"$TMP/server.py" <<'PY'
import socket
server = socket.create_server(('10.91.1.1', 5201))
while True:
    peer, _ = server.accept()
    while peer.recv(1 << 20):
        pass
PY
cat >"$TMP/client.py" <<'PY'
import socket, sys, time
client = socket.socket()
client.setsockopt(6, 13, sys.argv[1].encode())
client.connect(('10.91.1.1', 5201))
end = time.monotonic() + 60
while time.monotonic() < end:
    client.sendall(b'x' * 100000)
PY
ip netns exec $s python3 "$TMP/server.py" &
defer kill $!
wait_until 10 sh -c "ip netns exec $s ss -tln | grep -q :5201"

start() { # ALGORITHM
	ip netns exec $c python3 "$TMP/client.py" "$1" &
	flow=$!
	defer kill $flow
}
seen() { # FIELD of ss
	ip netns exec $c ss -tin state established dport = :5201 | grep -o "$1:[0-9]*" | head -n 1 | cut -d: -f2
}
is() {
	[ "$(seen "$1")" = "$2" ]
}
at_least() {
	[ "$(seen "$1")" -ge "$2" ]
}

# what it is from the next ACK on: the window
a=$(unique a)
check_exit 0 "$CONGCTL" register "$OBJECTS/window.bpf.o" --as "$a" --set window=6
start "$a"
wait_until 10 is cwnd 6
check_exit 0 "$CONGCTL" set "$a.window=9"
contains "$OUT" "next ack"
wait_until 10 is cwnd 9
check_exit 0 "$CONGCTL" set "$a.window=10" "$a.share=50%"
wait_until 10 is cwnd 5
check_exit 1 "$CONGCTL" set "$a.window=12" "$a.share=0"
holds is cwnd 5
kill $flow
check_exit 0 "$CONGCTL" unregister --force "$a" # the socket closes as slowly as the router sends

# what is left after a loss: AIMD's beta. Two instances, and the change of one leaves the other alone
b=$(unique b)
check_exit 0 "$CONGCTL" register "$ALGORITHMS/aimd.bpf.o" --as "$a" --set beta=90%
check_exit 0 "$CONGCTL" register "$ALGORITHMS/aimd.bpf.o" --as "$b" --set beta=90%
start "$a"
wait_until 20 at_least ssthresh 8
check_exit 0 "$CONGCTL" set "$b.beta=0.001"
lost=$(seen bytes_retrans)
wait_until 20 at_least bytes_retrans $((lost + 15000)) # ten losses later
holds at_least ssthresh 8
check_exit 0 "$CONGCTL" set "$a.beta=0.001"
contains "$OUT" "next loss"
wait_until 20 is ssthresh 2
check_exit 0 "$CONGCTL" set "$a.beta=90%"
wait_until 20 at_least ssthresh 8
kill $flow
