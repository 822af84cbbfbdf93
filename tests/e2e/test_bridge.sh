#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netsim bridge: one answer per line, mistakes named and without effect, devices that vanish with it.
. "$(dirname "$0")/lib.sh"
needs_root
needs_command unshare nsenter ip
[ -c /dev/net/tun ] || skip "needs /dev/net/tun"

host() {
	unshare -n sleep 120 &
	defer kill "$!"
	HOST=$!
	wait_until 10 is_apart "$HOST"
}
is_apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
has_device() {
	nsenter -t "$1" -n ip link show dev "$2" >/dev/null 2>&1
}
start_bridge() {
	coproc BRIDGE { exec "$NETSIM" bridge; }
	IN=${BRIDGE[1]} FROM=${BRIDGE[0]} PID=$BRIDGE_PID
	defer kill "$PID"
}
# tell LINE ANSWER: the answer begins like that
tell() {
	local answer
	echo "$1" >&"$IN"
	read -r -t 10 -u "$FROM" answer || fail "no answer to: $1"
	[[ $answer == "$2"* ]] || fail "$1"$'\n'"got:    $answer"$'\n'"wanted: $2"
}
cpu_ticks() {
	awk '{print $14 + $15}' "/proc/$1/stat"
}
addresses() {
	nsenter -t "$A" -n ip addr add 10.9.0.1/24 dev a0
	nsenter -t "$B" -n ip addr add 10.9.0.2/24 dev b0
}
# a handshake over the link and back
connects() {
	nsenter -t "$B" -n timeout 10 bash -c 'exec 3<>/dev/tcp/10.9.0.1/1' 2>&1 | grep -q refused
}

host && A=$HOST
host && B=$HOST
start_bridge

# mistakes, each with its reason; nothing was made
tell "up" "error: there is no link: define one with 'link' first"
tell "frobnicate" "error: cannot make sense of 'frobnicate' with 0 arguments"
tell "link one" "error: a link needs a name and two ends"
tell "link one rate=10 $A:a0 $B:b0" "error: rate '10' is not a rate: 1kbit to 100gbit"
tell "link one rtt=1ms $A:a0 $B:b0" "error: a link has no setting 'rtt'"
tell "link one 10mbit $A:a0 $B:b0" "error: '10mbit' is not a setting: KEY=VALUE"
tell "link one delay=11s $A:a0 $B:b0" "error: delay '11s' is not a time: 0 to 10s"
tell "link one buffer=5pkt $A:a0 $B:b0" "error: a link without a rate has no queue"
tell "link one rate=10mbit buffer=1513B $A:a0 $B:b0" "error: a buffer of 1513 bytes drops every full frame: at least 1514 bytes"
tell "link one rate=10mbit buffer=20pkt ecn=20pkt $A:a0 $B:b0" "error: ecn from 20 packets never marks in a buffer of 20"
tell "link one rate=10mbit buffer=3000B ecn=1487B $A:a0 $B:b0" "error: ecn from 1487 bytes never marks in a buffer of 3000 bytes"
tell "link one loss=100% $A:a0 $B:b0" "error: loss '100%' is out of range"
tell "link one $A:a0 12x:b0" "error: '12x' is not a process id"
tell "link one $A:a0 4194999:b0" "error: there is no process 4194999"
tell "link one $A:a0 $B:far_too_long_for_it" "error: 'far_too_long_for_it' is not a name for an interface"
tell "remove one" "error: there is no link 'one'"
holds not has_device "$A" a0

# a rate alone will do, with the buffer that the help names
tell "link one rate=50mbit $A:a0 $B:b0" "ok"
tell "remove one" "ok"

# a link works, and survives mistakes about it
tell "link one rate=50mbit delay=1ms buffer=100pkt ecn=20pkt loss=0% $A:a0 $B:b0" "ok"
tell "up" "ok"
tell "link one $A:a1 $B:b1" "error: there is a link 'one' already"
tell "link two $A:a0 $B:b1" "error: process $A has an interface 'a0' already"
holds not has_device "$B" b1
addresses
wait_until 10 connects

# a second link, and back to one
tell "link two $A:a1 $B:b1" "ok"
tell "up" "ok"
holds has_device "$B" b1
tell "remove two" "ok"
holds not has_device "$B" b1
wait_until 10 connects

# a device deleted under it costs no CPU: less than half of one second's 100 ticks
nsenter -t "$A" -n ip link del a0
ticks=$(cpu_ticks "$PID")
sleep 1
[ $(($(cpu_ticks "$PID") - ticks)) -lt 50 ] || fail "spins on a deleted device"
tell "remove one" "ok"

# the end of its input is the end of it and of its devices
tell "link one $A:a0 $B:b0" "ok"
tell "up" "ok"
eval "exec $IN>&-"
wait "$PID"
equals "$?" 0
holds not has_device "$A" a0

# killed: the same
start_bridge
tell "link one $A:a0 $B:b0" "ok"
kill -9 "$PID"
wait "$PID" 2>/dev/null
wait_until 10 not has_device "$A" a0

# misuse and help
check_exit 2 "$NETSIM" bridge --wait never
contains "$ERR" "cannot make sense of '--wait never'"
check_exit 2 "$NETSIM" bridge --wait
contains "$ERR" "cannot make sense of '--wait '"
check_exit 2 "$NETSIM" bridge --seed 12abc
check_exit 0 "$NETSIM" bridge --wait spin --seed 7 </dev/null
check_exit 0 "$NETSIM" bridge --help
contains "$OUT" "usage: netsim bridge"
