#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Two updates at once, 100 times, and two rollbacks, 50 times: one wins and the other says so, nothing leaks. test_killed.sh has those that
# are killed.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command python3 bpftool jq

name=$(unique u)
builds=() # none of them the same as one that may run when it comes
for i in 0 1 2 3; do
	builds+=("$TMP/$i.bpf.o")
	python3 - "$OBJECTS/build_one.bpf.o" "${builds[i]}" "$i" <<-'PY'
	import sys
	data = open(sys.argv[1], 'rb').read()
	assert b'next build has it as well' in data
	open(sys.argv[2], 'wb').write(data.replace(b'next build has it as well', b'next build has it as w%sll' % sys.argv[3].encode()))
	PY
done
former=$PINS/~previous/$name half=$PINS/~previous/~$name
running() { # id of the map that runs
	"$CONGCTL" list -j | jq --arg n "$name" '.algorithms[] | select(.name == $n) | .map_id'
}
previous() {
	bpftool -j map show pinned "$former" | jq .id
}
loaded() { # builds of this test that are in the kernel
	bpftool -j struct_ops dump | jq --arg n "$name" '[.[] | .bpf_struct_ops_tcp_congestion_ops | select(.data.name == $n)] | length'
}

check_exit 0 "$CONGCTL" register "$OBJECTS/build_two.bpf.o" --as "$name"

at_once() { # ARGUMENTS... -- ARGUMENTS...: two commands; $won says how many succeeded, the other says that it lost and counts in $lost
	local first=()
	while [ "$1" != -- ]; do
		first+=("$1")
		shift
	done
	shift
	"$CONGCTL" "${first[@]}" >"$TMP/a.out" 2>"$TMP/a.err" &
	a=$!
	"$CONGCTL" "$@" >"$TMP/b.out" 2>"$TMP/b.err" &
	b=$!
	won=0
	wait $a && won=$((won + 1))
	wait $b && won=$((won + 1))
	[ $won -gt 0 ] || fail "neither won: $(cat "$TMP/a.err" "$TMP/b.err")"
	[ $won = 2 ] && return
	lost=$((lost + 1))
	equals "$(cat "$TMP/a.err" "$TMP/b.err")" "congctl: '$name' was swapped by somebody else meanwhile: look at it and try again"
}

# two at once; a pair that the scheduler kept apart follows one another and both succeed
lost=0
for ((i = 0; i < 100; i++)); do
	old=$(running)
	at_once update "$name" "${builds[i % 2 * 2]}" -- update "$name" "${builds[i % 2 * 2 + 1]}"
	if [ $won = 1 ]; then
		equals "$(previous)" "$old"
	else
		[ "$(previous)" != "$old" ] || fail "both succeeded and the first of them is not the former build"
	fi
	[ "$(running)" != "$old" ] || fail "one won and the old build runs still"
	holds not test -e "$half"
done
[ $lost -gt 0 ] || fail "not one of 100 pairs met"
echo "$lost of 100 pairs of updates met"

# who looks meanwhile sees it, whichever build runs
touch "$TMP/go"
while [ -e "$TMP/go" ]; do "$CONGCTL" update "$name" "${builds[0]}" >/dev/null 2>&1; done &
for ((i = 0; i < 30; i++)); do
	equals "$("$CONGCTL" list -j | jq -r --arg n "$name" '.algorithms[] | select(.name == $n) | .origin')" congctl
done
rm "$TMP/go"
wait

# a rollback that comes while another moves its sockets is no second half of it: it loses, or it swaps back
lost=0
for ((i = 0; i < 50; i++)); do
	old=$(running) former_id=$(previous)
	at_once rollback "$name" --migrate -- rollback "$name" --migrate
	if [ $won = 1 ]; then
		equals "$(running) $(previous)" "$former_id $old"
	else
		equals "$(running) $(previous)" "$old $former_id"
	fi
	holds not test -e "$half"
	holds not test -e "$PINS/~previous/~~$name"
done
[ $lost -gt 0 ] || fail "not one of 50 pairs met"
echo "$lost of 50 pairs of rollbacks met"

wait_until 10 eval '[ "$(loaded)" = 2 ]'
check_exit 0 "$CONGCTL" unregister "$name"
holds not test -e "$former"
wait_until 10 eval '[ "$(loaded)" = 0 ]'
