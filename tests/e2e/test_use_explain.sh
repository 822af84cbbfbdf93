#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# explain names the rule that gave a live connection its algorithm, and says when none did.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/use.sh"
needs_struct_ops
needs_command python3 jq ip

two_namespaces
new_cgroup x
for letter in a b d k p; do
	check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "se_$$_$letter"
	defer "$CONGCTL" unregister "se_$$_$letter"
done
a=se_$$_a b=se_$$_b d=se_$$_d k=se_$$_k p=se_$$_p
ip netns exec "$s" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
port=$((30000 + $$ % 10000))
inside() {
	nsenter --net=/run/netns/"$c" "$@"
}

# a connection to be looked at: $CLIENT and $SERVER are PID:FD, $NEAR is the client's address; it ends with the next or the test
HELD=''
held() {
	let_go
	coproc HOLD { exec python3 "$ROOT/tests/e2e/connect.py" "$@" --client "$c" --server "$s" --hold; }
	HELD=$HOLD_PID TO_HELD=${HOLD[1]}
	read -r -t 10 _ <&"${HOLD[0]}" || fail "no connection"
	read -r -t 10 CLIENT SERVER NEAR <&"${HOLD[0]}" || fail "no connection"
}
let_go() {
	[ -z "$HELD" ] && return
	exec {TO_HELD}>&-
	wait "$HELD"
	HELD=''
}
defer let_go
explained() { # FIELD WANTED ARGUMENT...
	local field=$1 wanted=$2
	shift 2
	check_exit 0 inside "$CONGCTL" explain -j "$@"
	equals "$(jq -r "$field" "$TMP/out")" "$wanted"
}
default='the default of its network namespace'

# nothing but the default; by process and by addresses, from both ends
used "$d" --netns "$c"
by_default=$UNDO
held 10.77.0.2 "$port" --client-cgroup "$CGROUP"
explained .given_by "$default" "$CLIENT"
told ".name == \"$d\" and .local == \"$NEAR\" and .remote == \"10.77.0.2:$port\"" "$TMP/out"
told ".cgroup == \"$CGROUP\" and .rules == [{rule: \"$default\", name: \"$d\", decides: true, undo: \"$by_default\"}]" "$TMP/out"
explained .given_by "$default" "$NEAR" "10.77.0.2:$port"
told ".name == \"$d\"" "$TMP/out"
explained .name reno "$SERVER"
told '.rules[-1] | .name == "reno" and .undo == null' "$TMP/out"

# all kinds of rules at once: the closest to the socket's cgroup decides, the others are listed in order
used "$p" --prefix 10.77.0.0/24 --netns "$c"
route=$UNDO
held 10.77.0.2 "$port" --client-cgroup "$CGROUP"
explained .given_by "the route 10.77.0.0/24" "$CLIENT"
told ".rules[0].undo == \"$route\"" "$TMP/out"
used "$a" --port "$port"
by_port=$UNDO
used "$k" --cgroup "$CGROUP"
held 10.77.0.2 "$port" --client-cgroup "$CGROUP"
explained .given_by "the cgroup $CGROUP" "$CLIENT"
told "[.rules[].name] == [\"$k\", \"$a\", \"$p\", \"$d\"] and [.rules[].decides] == [true, false, false, false]" "$TMP/out"
told ".rules[1].undo == \"$by_port\" and .rules[1].rule == \"port $port\"" "$TMP/out"
explained .given_by "port $port" "$SERVER"
check_exit 0 inside "$CONGCTL" explain "$CLIENT"
contains "$OUT" "given by   the cgroup $CGROUP"

# a locked route comes before all of them
undone "$route"
used "$p" --prefix 10.77.0.0/24 --netns "$c" --lock
held 10.77.0.2 "$port" --client-cgroup "$CGROUP"
explained .given_by "the route 10.77.0.0/24, locked" "$CLIENT"
told ".name == \"$p\" and .rules[0].decides and .rules[1].name == \"$k\"" "$TMP/out"
undone "$UNDO"

# IPv6, and IPv4 on an IPv6 socket
held 2001:db8:77::2 "$port" --client-cgroup "$CGROUP"
explained .given_by "the cgroup $CGROUP" "$CLIENT"
explained .remote "[2001:db8:77::2]:$port" "$NEAR" "[2001:db8:77::2]:$port"

# the application's own choice is no rule
held 10.77.0.2 "$port" --client-cgroup "$CGROUP" --choose "$b"
check_exit 0 inside "$CONGCTL" explain -j "$CLIENT"
told ".name == \"$b\" and (.given_by | startswith(\"none of the standing rules\")) and .rules[0].decides" "$TMP/out"
let_go

refuses() {
	check_exit 1 inside "$CONGCTL" explain "${@:2}"
	equals "$ERR" "congctl: $1"
}
misused() { # before any socket is looked at
	check_exit 2 "$CONGCTL" explain "${@:2}"
	equals "$ERR" "congctl: $1: 'congctl explain -h' shows the usage"
}
refuses "there is no process 4194999: 'ss -tnp' shows those with connections" 4194999:3
refuses "process $$ has no file descriptor 999: 'ss -tnp' shows what it has" "$$:999"
refuses "file descriptor 255 of process $$ is no TCP socket: 'ss -tnp' shows which are" "$$:255"
for text in 12:x 12: :3 12 12:-1 +12:3 12:3x 1234567890:3; do
	misused "'$text' is not PID:FD: write it like 4711:5, or give both ends of a connection" "$text"
done
misused "'10.0.0.1' is not ADDRESS:PORT: write it like 10.0.0.1:80 or [2001:db8::1]:80" 10.0.0.1 10.0.0.2:1
misused "'[::1]:0' is not ADDRESS:PORT: write it like 10.0.0.1:80 or [2001:db8::1]:80" '[::1]:0' '[::1]:1'
misused "'10.0.0.1:1' and '[::1]:1' are not of one kind: both IPv4 or both IPv6" 10.0.0.1:1 '[::1]:1'
misused "'[::1]x:1' is not ADDRESS:PORT: write it like 10.0.0.1:80 or [2001:db8::1]:80" '[::1]x:1' '[::1]:1'
refuses "no device 'none' in this network namespace: 'ip link' shows what there is" '[fe80::1]%none:1' '[::1]:1'
refuses "no connection from 10.77.0.1:1 to 10.77.0.2:$port in this network namespace: 'ss -tn' shows what there is" 10.77.0.1:1 "10.77.0.2:$port"
check_exit 2 "$CONGCTL" explain -1:2
contains "$ERR" "no option '-1'"

# sockets that are no connection, a thread, a connection that has ended; one on a link-local address as ss shows it
cat >"$TMP/sockets.py" <<'PY'
import os, socket, sys, threading, time
udp, fresh = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
fresh.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, sys.argv[1].encode())
listener = socket.create_server(("::", 0), family=socket.AF_INET6)
local = socket.socket(socket.AF_INET6)
local.bind(("fe80::77", 0, 0, socket.if_nametoindex("v0")))
local.connect(("fe80::77", listener.getsockname()[1], 0, socket.if_nametoindex("v0")))
ended = socket.create_connection(("::1", listener.getsockname()[1]))
names = ended.getsockname(), ended.getpeername()
ended.shutdown(socket.SHUT_WR)
for _ in range(2):
    peer = listener.accept()[0]
    if peer.getpeername()[0] == "::1":
        peer.close()
        ended.recv(1)
        ended.close()
    else:
        kept = peer
thread = threading.Thread(target=lambda: time.sleep(60), daemon=True)
thread.start()
print(os.getpid(), udp.fileno(), fresh.fileno(), thread.native_id, local.fileno(), *("[%s]:%d" % n[:2] for n in names),
      *("[fe80::77]%%v0:%d" % n[1] for n in (local.getsockname(), local.getpeername())), flush=True)
sys.stdin.read()
PY
ip -n "$c" addr add fe80::77/64 dev v0 nodad
coproc SOCKETS { exec nsenter --net=/run/netns/"$c" python3 "$TMP/sockets.py" "$b"; }
sockets=$SOCKETS_PID
defer kill "$sockets"
read -r -t 10 -u "${SOCKETS[0]}" pid udp fresh thread linked ended_here ended_there link_here link_there || fail "no sockets"
refuses "file descriptor $udp of process $pid is no TCP socket: 'ss -tnp' shows which are" "$pid:$udp"
refuses "file descriptor $fresh of process $pid is not connected, and what it has by now is '$b': 'ss -tnp' shows its connections" "$pid:$fresh"
refuses "$thread is a thread: give the pid of its process, the Tgid in /proc/$thread/status" "$thread:3"
refuses "the connection from $ended_here to $ended_there has ended, in TIME_WAIT it has no algorithm any more" "$ended_here" "$ended_there"
wanted=$d
explained .name "$wanted" "$link_here" "$link_there"
told '.cgroup != null' "$TMP/out"
explained .name "$wanted" "$pid:$linked"
told '.cgroup != null' "$TMP/out"
to_sockets=${SOCKETS[1]}
exec {to_sockets}>&-
wait "$sockets"

# the number of a namespace that is gone comes again: what was chosen there is not what another one has
again=$(unique again | tr _ -)
same_number() {
	ip netns add "$again" && [ "$(stat -Lc %i "/run/netns/$again")" = "$number" ] && return
	ip netns del "$again"
	return 1
}
ip netns add "$again" && defer ip netns del "$again"
used "$d" --netns "$again"
number=$(stat -Lc %i "/run/netns/$again")
ip netns del "$again"
wait_until 10 same_number
ip netns exec "$again" tee /proc/sys/net/ipv4/tcp_congestion_control <<<"$d" >/dev/null
ip -n "$again" link set lo up
c=$again s=$again port=$((port + 1))
held 127.0.0.1 "$port"
explained .given_by "$default" "$CLIENT"
told '.rules[-1].undo == null' "$TMP/out"
explained .given_by "$default" "$NEAR" "127.0.0.1:$port"
told '.rules[-1].undo == null' "$TMP/out"
let_go
