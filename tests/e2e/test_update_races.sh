#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Two updates at once, 100 times: one wins and the other says so. Killed at 50 moments: the old build or the new one, nothing leaks.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command python3 bpftool jq ip

name=$(unique u)
builds=("$OBJECTS/build_one.bpf.o" "$OBJECTS/build_two.bpf.o")
former=$PINS/~previous/$name half=$PINS/~previous/~$name
running() { # id of the map that runs
	"$CONGCTL" list -j | jq --arg n "$name" '.algorithms[] | select(.name == $n) | .map_id'
}
previous() {
	bpftool -j map show pinned "$former" | jq .id
}
loaded() { # builds of this test that are in the kernel
	bpftool -j map list | jq '[.[] | select(.type == "struct_ops" and .name == "build")] | length'
}

# shellcheck disable=SC2034 # in conditions below
before=$(loaded)
check_exit 0 "$CONGCTL" register "${builds[0]}" --as "$name"

# two at once; a pair that the scheduler kept apart follows one another and both succeed
lost=0
for ((i = 0; i < 100; i++)); do
	old=$(running)
	"$CONGCTL" update "$name" "${builds[0]}" >"$TMP/a.out" 2>"$TMP/a.err" &
	a=$!
	"$CONGCTL" update "$name" "${builds[1]}" >"$TMP/b.out" 2>"$TMP/b.err" &
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

# killed, every other time with sockets to move; what it left is finished by the next command, whichever it is
ns=$(unique n) tool=$BUILD/tests/tools/connections
ip netns add "$ns" || skip "no network namespaces here"
defer ip netns delete "$ns"
ip -n "$ns" link set lo up
mkfifo "$TMP/in" "$TMP/answers"
ip netns exec "$ns" "$tool" -n 200 -a 10 -C "$name" <"$TMP/in" >"$TMP/answers" &
connections=$!
defer kill $connections
exec 8>"$TMP/in" 9<"$TMP/answers"
read -r -t 60 -u 9 || fail "the connections do not come about"
swapped=0
for ((i = 0; i < 50; i++)); do
	old=$(running) older=$(previous) migrate=
	[ $((i & 2)) = 0 ] || migrate=--migrate
	"$CONGCTL" update "$name" "${builds[i & 1]}" $migrate >/dev/null 2>&1 &
	pid=$!
	sleep "0.$(printf '%03d' $((RANDOM % 100)))"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	check_exit 0 "$CONGCTL" list
	if [ "$(running)" = "$old" ]; then
		equals "$(previous)" "$older"
	else
		swapped=$((swapped + 1))
		equals "$(previous)" "$old"
	fi
	holds not test -e "$half"
	holds is_available "$name"
done
check_exit 0 "$CONGCTL" update "$name" "${builds[0]}" --migrate
wait_until 10 eval '[ "$(loaded)" = $((before + 2)) ]'
exec 8>&-
wait $connections
equals $? 0
echo "$lost of 100 pairs met; $swapped of 50 killed after the swap"
check_exit 0 "$CONGCTL" unregister "$name" --drain
holds not test -e "$former"
wait_until 10 eval '[ "$(loaded)" = "$before" ]'
