#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# doctor says of each thing needed whether it is there, and finds what is left of algorithms; it changes nothing.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command python3 jq bpftool setpriv unshare

verdict() { # of what is called $1, among the findings in $OUT
	jq -r --arg w "$1" '.findings[] | select(.what == $w) | .verdict' <<<"$OUT"
}
about() { # what is wrong, of the findings that speak of this text
	"$CONGCTL" doctor -j | jq -c --arg t "$1" '[.findings[] | select(.verdict != "pass" and (.found | contains($t))) | [.verdict, .what]]'
}

# a machine that can register passes what registering needs; no finding but a pass is without its remedy
check_exit 0 "$CONGCTL" doctor -j
for what in 'kernel BTF' struct_ops CAP_BPF CAP_PERFMON 'bpf file system' 'programs: iterators' libbpf; do
	equals "$(verdict "$what")" pass
done
equals "$(jq '[.findings[] | select(.verdict != "pass" and .remedy == null)] | length' <<<"$OUT")" 0
equals "$(jq '[.findings[] | select(.found == null)] | length' <<<"$OUT")" 0
check_exit 0 "$CONGCTL" doctor
contains "$OUT" "VERDICT  WHAT"

# without privilege: exit code 1, each thing missing by name
check_exit 1 setpriv --reuid 65534 --regid 65534 --clear-groups "$CONGCTL" doctor -j
equals "$(verdict CAP_BPF)$(verdict CAP_SYS_ADMIN)$(verdict leaks)" failwarnwarn
contains "$OUT" "run it as root or give it CAP_BPF"
check_exit 1 setpriv --bounding-set=-all,+bpf --inh-caps=-all "$CONGCTL" doctor -j
equals "$(verdict CAP_BPF)$(verdict CAP_PERFMON)" passfail
check_exit 0 setpriv --bounding-set=-all,+bpf,+perfmon,+dac_override --inh-caps=-all "$CONGCTL" doctor -j
equals "$(verdict CAP_PERFMON)$(verdict 'links of struct_ops')$(verdict CAP_NET_ADMIN)" passpasswarn
if unshare -Ur true 2>/dev/null; then
	check_exit 1 unshare -Ur "$CONGCTL" doctor -j
	equals "$(verdict 'user namespace')" fail
fi
# without a bpf file system, without a compiler
check_exit 1 unshare -m sh -c 'umount /sys/fs/bpf && exec "$1" doctor -j' sh "$CONGCTL"
equals "$(verdict 'bpf file system')" fail
contains "$OUT" "mount -t bpf bpf /sys/fs/bpf"
contains "$OUT" "nsenter --net"
check_exit 1 unshare -m sh -c 'mount -t bpf bpf /sys/fs/bpf && mkdir -m 777 "$2" && exec "$1" doctor -j' sh "$CONGCTL" "$PINS"
equals "$(verdict pins)" fail
check_exit 0 env PATH=/nowhere "$CONGCTL" doctor -j
equals "$(verdict compiler)" warn

# a pin whose registration was taken from it
name=$(unique d)
defer "$CONGCTL" list
defer rm -f "$PINS/$name"
check_exit 0 "$CONGCTL" register "$OBJECTS/build_one.bpf.o" --as "$name"
equals "$(about "$name")" '[]'
check_exit 0 bpftool link detach pinned "$PINS/$name"
equals "$(about "$PINS/$name")" '[["warn","pin of nothing"]]'
rm "$PINS/$name"

# the former build of what is not registered any more, and a build that only a socket holds; looking changes nothing
check_exit 0 "$CONGCTL" register "$OBJECTS/build_one.bpf.o" --as "$name"
check_exit 0 "$CONGCTL" update "$name" "$OBJECTS/build_two.bpf.o"
coproc HOLD { python3 -c "
import socket, sys
s = socket.socket()
s.setsockopt(6, 13, b'$name')
print('held', flush=True)
sys.stdin.read()"; }
holder=$HOLD_PID
defer kill "$holder"
read -r -t 10 -u "${HOLD[0]}" _ || fail "the socket cannot choose $name"
rm "$PINS/$name"
wait_until 10 not is_available "$name"
for _ in 1 2; do
	finding=$(about "$PINS/~previous/$name")
	# unless another command on this machine has put it in order meanwhile
	[ ! -e "$PINS/~previous/$name" ] || equals "$finding" '[["warn","former build"]]'
done
equals "$(about "'$name'")" '[["warn","old build in use"]]'
check_exit 0 "$CONGCTL" list
equals "$(about "$PINS/~previous/$name")" '[]'
holds not test -L "$PINS/~files/$name"
kill "$holder"
wait_until 10 eval '[ "$(about "$name")" = "[]" ]'

# a record of a choice whose place is gone, that somebody else has changed, or whose sockets are gone
told_of() { # WHAT: doctor says it of the record $undo
	wait_until 10 eval '"$CONGCTL" doctor | grep -q "$undo, the choice of .$name.: '"$1"'"'
	check_exit "$2" "$CONGCTL" use --undo "$undo"
	lacks "$("$CONGCTL" doctor)" "$undo, the choice of"
}
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$name"
chosen() {
	check_exit 0 "$CONGCTL" use -j "$name" "$@"
	undo=$(jq -r .undo <<<"$OUT")
	lacks "$("$CONGCTL" doctor)" "$undo, the choice of"
}
if ip netns add "$(unique n)" 2>/dev/null; then
	defer ip netns delete "$(unique n)"
	chosen --netns "$(unique n)"
	ip netns exec "$(unique n)" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
	told_of "it has been changed since" 1
	chosen --netns "$(unique n)"
	ip netns delete "$(unique n)"
	told_of "its network namespace is gone" 0
fi
coproc HOLD { exec python3 -c "
import socket, sys
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
print('held', flush=True)
sys.stdin.read()"; }
holder=$HOLD_PID
defer kill "$holder"
read -r -t 10 -u "${HOLD[0]}" _ || fail "no sockets"
chosen --pid "$holder"
told '.moved == 2' "$TMP/out"
kill "$holder"
told_of "its sockets are gone" 0
