#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netsim demo, told to end: it ends at once with all its runs, whenever the signal comes, and says so. That it compares is
# seen by whoever runs it; a minute is too long here.
. "$(dirname "$0")/lib.sh"
needs_root
needs_struct_ops
[ -c /dev/net/tun ] || skip "needs /dev/net/tun"

children() { # no process of its own: it has to be quick
	CHILDREN=''
	[ -r "/proc/$1/task/$1/children" ] && read -r CHILDREN <"/proc/$1/task/$1/children"
	[ -n "$CHILDREN" ]
}
has_ended() {
	[ ! -e "/proc/$1" ] || [ "$(awk '{print $3}' "/proc/$1/stat" 2>/dev/null)" = Z ]
}
start_demo() {
	"$NETSIM" demo -o "$TMP/demo" >"$TMP/out" 2>"$TMP/err" &
	PID=$!
	defer kill -KILL "$PID" # also one that does not listen
}
# runs take 30 s: who is gone after 10 was told to
ends_at_once() {
	local child
	wait_until 10 has_ended "$PID"
	wait "$PID"
	equals "$?" 130
	equals "$(cat "$TMP/err")" "netsim demo: interrupted: nothing was written"
	equals "$(cat "$TMP/out")" ""
	holds not test -e "$TMP/demo"
	for child in $1; do
		wait_until 10 has_ended "$child"
	done
}

# while it still starts its runs: stopped at the first one, so that the signal is there before it comes to wait
for signal in TERM INT; do
	start_demo
	until children "$PID" || has_ended "$PID"; do :; done
	kill -STOP "$PID"
	kill -"$signal" "$PID"
	early=$CHILDREN
	kill -CONT "$PID"
	ends_at_once "$early"
done

# while six run
all_run() {
	children "$PID" && [ "$(wc -w <<<"$CHILDREN")" = 6 ]
}
start_demo
wait_until 10 all_run
kill -TERM "$PID"
ends_at_once "$CHILDREN"

# one of its runs killed: it ends the others, and says why
start_demo
wait_until 10 all_run
kill -KILL "${CHILDREN%% *}"
wait_until 10 has_ended "$PID"
wait "$PID"
equals "$?" 1
equals "$(cat "$TMP/err")" "netsim demo: a run ended without a result: it was killed, or the machine is out of memory"

# misuse, and places that cannot be
check_exit 2 "$NETSIM" demo -x
equals "$ERR" "netsim demo: option '-x' is unknown, or its value is missing: 'netsim demo -h' lists the options"
check_exit 0 "$NETSIM" demo --help
contains "$OUT" "usage: netsim demo"
check_exit 1 "$NETSIM" demo -o "$TMP/out/demo"
equals "$ERR" "netsim demo: cannot make the directory $TMP/out/demo: Not a directory"
