#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Live sockets move to another algorithm and back while they carry data: no reset, no byte lost or changed, none hangs. Ten
# seconds are the bound, besides what the process itself was late; bench/move.sh measures the stall.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command ip jq bpftool

a=$(unique a) b=$(unique b) c=$(unique c) ns=mv_$$_ns
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$a"
check_exit 0 "$CONGCTL" register "$ALGORITHMS/reno.bpf.o" --as "$b"
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$c"
ip netns add $ns
defer ip netns del $ns
ip -n $ns link set lo up

mkfifo "$TMP/orders"
ip netns exec $ns "$BUILD/tests/tools/connections" -n 1000 -a 20 -C "$a" <"$TMP/orders" >"$TMP/report" &
connections=$!
defer kill $connections
exec 9>"$TMP/orders"
wait_until 20 grep -q ready "$TMP/report"

lines() { [ "$(wc -l <"$TMP/report")" -ge "$1" ]; }
said=1
now() { # what the connections say: in $TMP/now
	echo >&9
	said=$((said + 1))
	wait_until 10 lines $said
	tail -n 1 "$TMP/report" >"$TMP/now"
}

use() { # `congctl use -j` with these arguments; its record goes at the end
	local id
	check_exit 0 "$CONGCTL" use -j "$@"
	id=$(jq -r '.undo // empty' <<<"$OUT")
	[ -z "$id" ] || defer "$CONGCTL" use --undo "$id"
}

# all of them, the listener too, and nothing else
now
told ".algorithms == {\"$a\": 2001}" "$TMP/now"
use "$b" --from "$a" --netns $ns
told '.moved == 2001 and .unmoved == 0' "$TMP/out"
undo=$(jq -r .undo <<<"$OUT")
now
told ".algorithms == {\"$b\": 2001}" "$TMP/now"
check_exit 0 "$CONGCTL" users -j "$b"
told ".holders == [{kind: \"sockets\", where: \"$ns\", sockets: 2001}]" "$TMP/out"
check_exit 0 "$CONGCTL" users "$a"
equals "$OUT" ""

# and back
check_exit 0 "$CONGCTL" use -j --undo "$undo"
told '.moved == 2001' "$TMP/out"
now
told ".algorithms == {\"$a\": 2001}" "$TMP/now"

# in this namespace there are none
use "$b" --from "$a"
told '.moved == 0' "$TMP/out"

# a process: its threads have the connecting ends and the accepted ones in file descriptors of their own
use "$b" --pid "$(pgrep -P $connections || echo $connections)"
told '.moved == 2001 and .unmoved == 0' "$TMP/out"
now
told ".algorithms == {\"$b\": 2001}" "$TMP/now"

# the record of the threads' sockets
cat >"$TMP/threads.py" <<'PY'
import ctypes, os, socket, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def sockets():
    assert not libc.unshare(0x400)  # CLONE_FILES
    kept = [socket.socket() for _ in range(3)]
    ready.wait()
    done.wait()
    os.write(1, b" ".join(s.getsockopt(6, 13, 16).rstrip(b"\0") for s in kept) + b"\n")  # print() would mix the lines of two threads
ready, done = threading.Barrier(3), threading.Event()
for _ in range(2):
    threading.Thread(target=sockets).start()
ready.wait()
print("ready", flush=True)
sys.stdin.readline()
done.set()
PY
coproc THREADS { exec ip netns exec $ns python3 "$TMP/threads.py"; }
defer kill "$THREADS_PID"
read -r -t 10 -u "${THREADS[0]}" _ || fail "no threads"
use "$b" --pid "$THREADS_PID"
undo=$(jq -r .undo <<<"$OUT")
told '.moved == 6 and .unmoved == 0' "$TMP/out"
use "$b" --pid "$THREADS_PID"
told '.moved == 0' "$TMP/out"
echo >&"${THREADS[1]}"
for _ in 1 2; do
	read -r -t 10 -u "${THREADS[0]}" line || fail "no threads"
	equals "$line" "$b $b $b"
done
of_threads=$undo

# narrowed to a prefix: the listener has no peer and stays
use "$a" --from "$b" --netns $ns --prefix 127.0.0.0/8
told '.moved == 2000' "$TMP/out"
now
told ".algorithms == {\"$a\": 2000, \"$b\": 1}" "$TMP/now"

# refused, and nothing has moved
check_exit 1 "$CONGCTL" use "$b" --from nobody_has --netns $ns
contains "$ERR" "'nobody_has' is not registered and no socket has it: 'congctl list' shows what is"
check_exit 1 "$CONGCTL" use nobody_has --from "$a" --netns $ns
contains "$ERR" "nobody_has"
check_exit 1 "$CONGCTL" use "$b" --from "$a" --netns mv_nosuch
contains "$ERR" "no network namespace 'mv_nosuch'"
check_exit 2 "$CONGCTL" use "$b" --from "$a" --prefix 127.0.0.1/8
contains "$ERR" "127.0.0.0/8"
check_exit 1 "$CONGCTL" use "$b" --from "$b"
contains "$ERR" "is what they have"
sleep 0 & gone=$!
wait $gone
check_exit 1 "$CONGCTL" use "$b" --pid $gone
contains "$ERR" "there is no process $gone"
now
told ".algorithms == {\"$a\": 2000, \"$b\": 1}" "$TMP/now"

# killed at any moment, each socket has the one or the other, and what was moved can be undone
hex=$(printf %s "$b" | od -An -tx1 | tr -d ' \n')
records() { # of moves to $b: their name stands in them
	local f
	for f in "$PINS/~undo"/*[0-9]; do
		bpftool map dump pinned "$f" 2>/dev/null | tr -d ' \n' | grep -q "$hex" && basename "$f"
	done | sort
}
use "$c" --from "$b" --netns $ns
for i in 1 2 3 4 5 6 7 8 9 10; do
	before=$(records)
	"$CONGCTL" use "$b" --from "$a" --netns $ns >/dev/null 2>&1 &
	mover=$!
	sleep "0.0$((i * 7))"
	kill -9 $mover 2>/dev/null
	wait $mover 2>/dev/null
	now
	told ".algorithms | (.[\"$a\"] // 0) + (.[\"$b\"] // 0) == 2000 and .[\"$c\"] == 1" "$TMP/now"
	for id in $(comm -13 <(echo "$before") <(records)); do
		"$CONGCTL" use --undo "$id" >/dev/null 2>&1
	done
	now
	told ".algorithms == {\"$a\": 2000, \"$c\": 1}" "$TMP/now"
done

# to and fro while data flows; of so many moves the first are forgotten, of the threads' not even the sockets are there
for _ in {1..17}; do
	use "$b" --from "$a" --netns $ns
	use "$a" --from "$b" --netns $ns
done
holds not test -e "$PINS/~undo/$of_threads"
holds not test -e "$PINS/~undo/$of_threads+sockets"
holds test -e "$PINS/~undo/$(jq -r .undo "$TMP/out")+sockets"
exec 9>&-
check_exit 0 wait $connections
tail -n 1 "$TMP/report" >"$TMP/now"
told '.resets == 0 and .corrupted == 0 and .lost == 0 and .sent > 0' "$TMP/now"
told '.stall_ms < 10000 + 2 * .late_ms' "$TMP/now"
