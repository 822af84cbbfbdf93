#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# An algorithm whose state does not fit in 104 bytes: it loads, every ACK of a real connection finds its state, and the state
# goes with the socket. The maths of fixed.h passes the verifier with it.
# Topology: one namespace, loopback. Tolerance: one ACK without state, that of the SYN, which comes before init.
set -u
cd "$(dirname "$0")/../.." || exit 1
object=build/tests/objects/bigstate.bpf.o ns=congctl-bigstate-$$ name=bpf_bigstate
fail() { echo "$*"; exit 1; }
skip() { echo "$*"; exit 77; }

[ "$(id -u)" = 0 ] || skip "needs root"
for tool in bpftool jq python3; do
	command -v $tool >/dev/null || skip "needs $tool"
done
[ -e /sys/kernel/btf/vmlinux ] || skip "this kernel has no BTF"
[ -f $object ] || fail "$object is missing: run 'make fixtures'"

cleanup() { bpftool struct_ops unregister name $name >/dev/null 2>&1; ip netns del "$ns" 2>/dev/null; }
trap cleanup EXIT
out=$(bpftool struct_ops register $object 2>&1) || fail "cannot register: $(tail -n 3 <<<"$out")"
grep -qw $name /proc/sys/net/ipv4/tcp_available_congestion_control || fail "$name is not available after registering: $out"
ip netns add "$ns" || fail "cannot make a namespace"
ip -n "$ns" link set lo up

counter() { # NAME: a variable in .data.tunables of the newest instance
	local map
	for map in $(bpftool -j prog show name bigstate_pkts_acked | jq -r 'if type == "array" then .[-1] else . end | .map_ids[]?'); do
		bpftool -j map show id "$map" | jq -e '.name == ".data.tunables"' >/dev/null || continue
		bpftool -j map dump id "$map" | jq ".. | objects | select(has(\"$1\")) | .$1" | head -n 1
	done
}

timeout 20 ip netns exec "$ns" python3 - $name <<'PY' || fail "no traffic with $name"
import socket, sys, threading
name, size = sys.argv[1].encode(), 8 << 20
server = socket.create_server(("127.0.0.1", 0))
def sink():
    peer, _ = server.accept()
    while peer.recv(1 << 16):
        pass
    peer.sendall(b"done")
    peer.close()
threading.Thread(target=sink).start()
client = socket.socket()
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, name)
client.connect(server.getsockname())
client.sendall(bytes(size))
client.shutdown(socket.SHUT_WR)
sys.exit(client.recv(4) != b"done")
PY

acks=$(counter acks) lost=$(counter lost_states) check=$(counter check)
[ "${acks:-0}" -gt 10 ] || fail "only '${acks:-}' ACKs found their state"
[ "$lost" -le 1 ] || fail "$lost ACKs did not find their state"
[ "${check:-0}" != 0 ] || fail "fixed.h returned nothing"
deadline=$((SECONDS + 10))
until [ "$(counter releases)" -gt 0 ]; do
	[ $SECONDS -lt $deadline ] || fail "the socket was not released within 10 s"
	read -rt 0.1 <> <(:)
done

# negative: the same object does not register twice, and a state of 104 bytes and one is refused by the compiler
out=$(bpftool struct_ops register $object 2>&1)
[ "$(grep -cw $name /proc/sys/net/ipv4/tcp_available_congestion_control)" = 1 ] || fail "registered twice: $out"
printf '#include <congctl/cc.bpf.h>\nstruct big { char bytes[105]; };\nCC_STATE(struct big);\n' |
	cc -std=gnu11 -Iinclude -fsyntax-only -xc - 2>&1 | grep -q 'use CC_BIG_STATE' || fail "105 bytes of CC_STATE compile"
echo "$acks ACKs found their state"
