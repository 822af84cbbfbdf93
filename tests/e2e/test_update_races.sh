#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Two updates at once, 100 times: one wins and the other says so, nothing leaks. test_killed.sh has those that are killed.
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

# two at once; a pair that the scheduler kept apart follows one another and both succeed
lost=0
for ((i = 0; i < 100; i++)); do
	old=$(running)
	"$CONGCTL" update "$name" "${builds[i % 2 * 2]}" >"$TMP/a.out" 2>"$TMP/a.err" &
	a=$!
	"$CONGCTL" update "$name" "${builds[i % 2 * 2 + 1]}" >"$TMP/b.out" 2>"$TMP/b.err" &
	b=$!
	wait $a
	codes=$?
	wait $b
	codes+=$?
	case $codes in
	01 | 10)
		lost=$((lost + 1))
		equals "$(cat "$TMP/a.err" "$TMP/b.err")" "congctl: '$name' was swapped by somebody else meanwhile: look at it and try again"
		equals "$(previous)" "$old"
		;;
	00) [ "$(previous)" != "$old" ] || fail "both succeeded and the first of them is not the former build" ;;
	*) fail "neither won: $(cat "$TMP/a.err" "$TMP/b.err")" ;;
	esac
	[ "$(running)" != "$old" ] || fail "one won and the old build runs still"
	holds not test -e "$half"
done
[ $lost -gt 0 ] || fail "not one of 100 pairs met"

wait_until 10 eval '[ "$(loaded)" = 2 ]'
echo "$lost of 100 pairs met"
check_exit 0 "$CONGCTL" unregister "$name"
holds not test -e "$former"
wait_until 10 eval '[ "$(loaded)" = 0 ]'
