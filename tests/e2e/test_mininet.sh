#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Mininet with emulated links: delay, loss, rate and marks are what was asked for, mistakes are named, nothing stays behind.
. "$(dirname "$0")/lib.sh"
needs_root
[ -c /dev/net/tun ] || skip "needs /dev/net/tun"
PYTHON=/usr/bin/python3 # the one Mininet is installed for
"$PYTHON" -c 'import mininet' 2>/dev/null || skip "needs Mininet for $PYTHON"
needs_command mnexec ifconfig
export NETSIM
CASES=$ROOT/tests/e2e/mininet_links.py

gone() {
	local pid
	for pid in "$@"; do
		[ ! -e "/proc/$pid" ] || [ "$(awk '/^State/ {print $2}' "/proc/$pid/status")" = Z ] || return 1
	done
}

before=$(ls /sys/class/net)
for case in rtt loss goodput ecn refusals delete; do
	check_exit 0 timeout 120 "$PYTHON" "$CASES" "$case"
done

# an algorithm nobody registered: named, and no flow runs
check_exit 1 timeout 60 "$ROOT/netsim/mininet/dumbbell.py" --cc no_such_cc --time 1
contains "$ERR" "cannot use congestion control 'no_such_cc': it is not registered"
equals "$OUT" ""
check_exit 1 env NETSIM=/nowhere/netsim timeout 60 "$ROOT/netsim/mininet/dumbbell.py" --time 1
contains "$ERR" "dumbbell.py: cannot run '/nowhere/netsim': No such file or directory"

# killed without a chance to tidy up: emulator, hosts and devices go all the same
"$PYTHON" "$CASES" linger >"$TMP/pids" 2>"$TMP/err" &
network=$!
defer kill -9 "$network"
wait_until 20 grep -q . "$TMP/pids"
read -r -a pids <"$TMP/pids"
equals "${#pids[@]}" 3
holds not gone "${pids[@]}"
kill -9 "$network"
wait "$network" 2>/dev/null
wait_until 10 gone "${pids[@]}"
equals "$(ls /sys/class/net)" "$before"

# an algorithm of this test's own, from registration to unregistration: no socket keeps it when the network has gone
if "$CONGCTL" check "$OBJECTS/good.bpf.o" >/dev/null 2>&1; then
	cc=$(unique mn)
	check_exit 0 "$CONGCTL" register --as "$cc" "$OBJECTS/good.bpf.o"
	check_exit 0 timeout 60 "$ROOT/netsim/mininet/dumbbell.py" --cc "$cc,cubic" --time 1
	contains "$OUT" "$cc"
	check_exit 0 "$CONGCTL" unregister --force "$cc"
	lacks "$ERR" "keep $cc"
fi
