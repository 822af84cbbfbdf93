#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Live connections through update, update --migrate and rollback: none reset, no byte lost or changed; new ones have the new build
# at once.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command cc python3 jq ip ss

name=$(unique r) ns=$(unique n) tool=$BUILD/tests/tools/connections n=400
one=$OBJECTS/build_one.bpf.o two=$OBJECTS/build_two.bpf.o
[ -x "$tool" ] || skip "needs $tool: make fixtures"
default_window() { # of a new connection that takes the namespace's default
	ip netns exec "$ns" python3 - <<-'PY'
	import socket
	listener = socket.create_server(('127.0.0.1', 0))
	s = socket.create_connection(listener.getsockname())
	print(int.from_bytes(s.getsockopt(6, 11, 104)[80:84], 'little')) # tcp_info.tcpi_snd_cwnd
	PY
}
ask() { # what the connections say now goes to $TMP/said
	echo >&8
	read -r -t 20 -u 9 line || fail "the connections do not answer"
	echo "$line" >"$TMP/said"
}

ip netns add "$ns" || skip "no network namespaces here"
defer ip netns delete "$ns"
ip -n "$ns" link set lo up
check_exit 0 "$CONGCTL" register "$one" --as "$name"
ip netns exec "$ns" tee /proc/sys/net/ipv4/tcp_congestion_control <<<"$name" >/dev/null || fail "cannot make it the default"
mkfifo "$TMP/in" "$TMP/answers"
ip netns exec "$ns" "$tool" -n $n -a 20 -C "$name" <"$TMP/in" >"$TMP/answers" &
pid=$!
defer kill $pid
exec 8>"$TMP/in" 9<"$TMP/answers"
read -r -t 60 -u 9 line || fail "the connections do not come about"
equals "$line" ready
sockets=$((2 * n + 1)) # both ends, and the listener

# new connections at once, by the namespace's default; live ones keep what they have
equals "$(default_window)" 11
check_exit 0 "$CONGCTL" update -j "$name" "$two"
equals "$(jq -c '[.moved, .unmoved]' <<<"$OUT")" "[0,$sockets]"
equals "$(jq -r .why <<<"$OUT")" "they keep the former build unless --migrate moves them"
equals "$(default_window)" 12
# and back before any was moved: all that is live has what runs
check_exit 0 "$CONGCTL" rollback -j "$name"
equals "$(default_window)" 11
# with --migrate all of them, listeners too; twice moves nothing more
check_exit 0 "$CONGCTL" update -j "$name" "$two" --migrate
equals "$(jq -c '[.moved, .unmoved]' <<<"$OUT")" "[$sockets,0]"
ask
told '.resets == 0 and .corrupted == 0' "$TMP/said"
# a rollback that cannot move them says so, and run again it goes on and does not swap a second time
cat >"$TMP/no_pass.c" <<'C'
#include <errno.h>
int bpf_iter_create(int link)
{
	return link, errno = ENOMEM, -ENOMEM;
}
C
cc -shared -fPIC -o "$TMP/no_pass.so" "$TMP/no_pass.c" || fail "cannot build no_pass.so"
check_exit 0 env LD_PRELOAD="$TMP/no_pass.so" "$CONGCTL" rollback "$name" --migrate
contains "$OUT" "cannot go through the TCP sockets: Cannot allocate memory"
equals "$(default_window)" 11
check_exit 0 "$CONGCTL" rollback -j "$name" --migrate
equals "$(jq -c '[.moved, .unmoved]' <<<"$OUT")" "[$sockets,0]"
equals "$(default_window)" 11
check_exit 0 "$CONGCTL" rollback "$name"
contains "$OUT" "sockets not moved  $sockets"
contains "$OUT" "they keep the former build unless --migrate moves them"
check_exit 0 "$CONGCTL" rollback -j "$name" --migrate
equals "$(jq -c '[.moved, .unmoved]' <<<"$OUT")" "[0,0]"
# a build that is refused moves nobody
check_exit 1 "$CONGCTL" update "$name" "$OBJECTS/build_refused.bpf.o" --migrate
contains "$ERR" "refused by the verifier"
equals "$("$CONGCTL" list -j | jq --arg n "$name" '.algorithms[] | select(.name == $n) | .users')" $((sockets + 1))

exec 8>&-
wait $pid
equals $? 0
cat <&9
