#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The emulator does what the model says. What is exact must be exact on any machine; delay and rate are the machine's too, so they
# only have to be of the right size here: `netsim selftest` itself holds them to its limits.
. "$(dirname "$0")/lib.sh"
needs_root
needs_command jq

"$NETSIM" selftest -j >"$TMP/out" 2>"$TMP/err"
code=$?
[ $code -le 1 ] || fail "exit $code: $(cat "$TMP/err")"
[ $code = 0 ] || contains "$(cat "$TMP/err")" "outside its limits"

value() {
	jq -e --arg name "$1" '.checks[] | select(.name == $name) | .value' "$TMP/out" || fail "no check named $1: $(cat "$TMP/out")"
}

for name in $(jq -r '.checks[] | select(.min == .max) | .name' "$TMP/out"); do
	equals "$name $(value "$name")" "$name $(jq --arg name "$name" '.checks[] | select(.name == $name) | .min' "$TMP/out")"
done
told '[.checks[] | select(.min == .max)] | length == 4' "$TMP/out" # drop-tail, marks, order, conservation
told '.checks[] | select(.name == "losses") | .pass' "$TMP/out"   # from a fixed seed
# 10 ms each way: a delay that forgot one direction, the queue or the unit is off by milliseconds
told '.checks[] | select(.name == "delay_p50") | .value > 0 and .value < 3000' "$TMP/out"
told '.checks[] | select(.name == "rate_error_schedule") | .pass' "$TMP/out" # virtual time: exact whatever the load

# without the privilege: one sentence
check_exit 1 setpriv --bounding-set -net_admin --inh-caps -net_admin "$NETSIM" selftest
contains "$ERR" "CAP_NET_ADMIN"
