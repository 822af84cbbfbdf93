#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# update swaps to the new build or changes nothing: bad builds, two at once, killed at any moment.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command python3 jq bpftool flock

name=$(unique u)
one=$OBJECTS/build_one.bpf.o two=$OBJECTS/build_two.bpf.o
window() { # of a new connection: tells the build
	python3 - "$name" <<-'PY'
	import socket, sys
	listener = socket.create_server(('127.0.0.1', 0))
	s = socket.socket()
	s.setsockopt(6, 13, sys.argv[1].encode())
	s.connect(listener.getsockname())
	print(int.from_bytes(s.getsockopt(6, 11, 104)[80:84], 'little')) # tcp_info.tcpi_snd_cwnd
	PY
}
tunables() {
	"$CONGCTL" info -j "$name" | jq -c '[.tunables[] | [.name, .value]] | sort'
}
builds() { # of this test, in the kernel
	bpftool -j struct_ops dump | jq --arg n "$name" '[.[] | .bpf_struct_ops_tcp_congestion_ops | select(.data.name == $n)] | length'
}
for kernel in reno cubic bbr; do # one for which no other stands
	! is_available "$kernel" || is_available "bpf_$kernel" || break
done

check_exit 0 "$CONGCTL" register "$one" --as "$name" --set kept=9 --set narrowed=30
equals "$(window)" 11

# what is not there, or not ours to swap; nothing changes
# shellcheck disable=SC2089
for wrong in "no_such_one_:is not registered: 'congctl register' it first" "$kernel:is the kernel's own: only what was registered" \
	"$name $TMP/missing.bpf.o:no file '$TMP/missing.bpf.o'" \
	"$name $OBJECTS/good.bpf.o:holds 't_good', which is no build of '$name'" \
	"$name $OBJECTS/build_refused.bpf.o:refused by the verifier at build_refused.bpf.c:9: " \
	"$name $OBJECTS/no_ssthresh.bpf.o:has no ssthresh"; do
	# shellcheck disable=SC2086,SC2090
	check_exit 1 "$CONGCTL" update ${wrong%%:*}
	contains "$ERR" "${wrong#*:}"
	equals "$(window)" 11
	holds not test -e "$PINS/~previous/$name"
done
check_exit 1 "$CONGCTL" rollback "$name"
equals "$ERR" "congctl: '$name' has no former build: 'congctl update' leaves one"
check_exit 1 "$CONGCTL" rollback "$kernel"
contains "$ERR" "'$kernel' is the kernel's own"

# without a file the one it came from is meant, not one of its name in the catalogue; what it came from may change, be gone, or not be known
mkdir "$TMP/catalogue"
cp "$two" "$TMP/catalogue/$name.bpf.o"
from=$(unique f)
cp "$two" "$TMP/from.bpf.o"
check_exit 0 "$CONGCTL" register "$TMP/from.bpf.o" --as "$from"
cp "$one" "$TMP/from.bpf.o"
check_exit 0 "$CONGCTL" update "$from"
equals "$("$CONGCTL" info -j "$from" | jq -c '[.tunables[].name] | sort')" '["dropped","kept","narrowed"]'
check_exit 0 "$CONGCTL" rollback "$from"
rm "$TMP/from.bpf.o"
check_exit 1 "$CONGCTL" update "$from"
equals "$ERR" "congctl: '$from' came from $TMP/from.bpf.o, which is not there any more: give the FILE of the new build"
rm "$PINS/~files/$from"
check_exit 1 "$CONGCTL" update "$from"
equals "$ERR" "congctl: it is not known which file '$from' came from: give the FILE of the new build"
cp "$OBJECTS/two.bpf.o" "$TMP/from.bpf.o"
ln -s "$TMP/from.bpf.o" "$PINS/~files/$from"
check_exit 1 "$CONGCTL" update "$from"
equals "$ERR" "congctl: '$from' came from $TMP/from.bpf.o, which holds 2 algorithms: give one of them as FILE#NAME"
check_exit 0 "$CONGCTL" unregister "$from"
check_exit 0 env CONGCTL_ALGORITHMS="$TMP/catalogue" "$CONGCTL" update "$name"
equals "$(window)" 11
check_exit 0 "$CONGCTL" unregister "$name"
check_exit 0 "$CONGCTL" register "$one" --as "$name" --set kept=9 --set narrowed=30

# the new build, its tunables as they are now where it has room for them; and back, and forth
check_exit 0 "$CONGCTL" update -j "$name" "$two"
equals "$(jq -r .unkept <<<"$OUT")" "narrowed (30 is out of its new range)"
equals "$(window)" 12
equals "$(tunables)" '[["added",1],["kept",9],["narrowed",50]]'
check_exit 0 "$CONGCTL" rollback "$name"
equals "$(window)" 11
equals "$(tunables)" '[["dropped",7],["kept",9],["narrowed",30]]'
check_exit 0 "$CONGCTL" rollback "$name"
equals "$(window)" 12
# nobody has the former build still: nothing is said of sockets
check_exit 0 "$CONGCTL" rollback "$name"
equals "$OUT$ERR" "swapped            $name"
check_exit 0 "$CONGCTL" rollback "$name"
# one former build, not a history: the one before, not the one before that
cp "$one" "$TMP/three.bpf.o"
sed -i 's/the next build has it as well/the third build has it as wel/g' "$TMP/three.bpf.o" # not longer: offsets stay
check_exit 0 "$CONGCTL" update "$name" "$TMP/three.bpf.o"
equals "$(window)" 11
check_exit 0 "$CONGCTL" rollback "$name"
equals "$(window)" 12
check_exit 0 "$CONGCTL" rollback "$name"
equals "$(window)" 11
# the build that runs already, as when an update that was killed is run again: what was before it stays the former one
check_exit 0 "$CONGCTL" update "$name" "$TMP/three.bpf.o"
equals "$(window)" 11
check_exit 0 "$CONGCTL" rollback "$name"
equals "$(window)" 12
equals "$(builds)" 2
# two builds differ though each instruction is the same, if a constant is not
check_exit 0 "$CONGCTL" update "$name" "$OBJECTS/build_constant_two.bpf.o"
check_exit 0 "$CONGCTL" update "$name" "$OBJECTS/build_constant_one.bpf.o"
equals "$(window)" 13
check_exit 0 "$CONGCTL" rollback "$name"
equals "$(window)" 14
printf 'algorithms: [{register: %s, as: %s}]\n' "$OBJECTS/build_constant_one.bpf.o" "$name" >"$TMP/policy.yaml"
check_exit 0 "$CONGCTL" apply --dry-run -j "$TMP/policy.yaml"
equals "$(jq -c '[.changes[] | .kind]' <<<"$OUT")" '["update"]'
sed -i s/constant_one/constant_two/ "$TMP/policy.yaml"
check_exit 0 "$CONGCTL" apply --dry-run -j "$TMP/policy.yaml"
equals "$(jq -c .changes <<<"$OUT")" '[]'

# one that has no former build goes without waiting for whoever swaps another
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$(unique alone)"
exec 8<"$PINS/~previous"
flock 8
check_exit 0 timeout 8 "$CONGCTL" unregister "$(unique alone)"
exec 8<&-

# nothing stays
check_exit 0 "$CONGCTL" unregister "$name"
holds not test -e "$PINS/~previous/$name"
wait_until 10 eval '[ "$(builds)" = 0 ]'
