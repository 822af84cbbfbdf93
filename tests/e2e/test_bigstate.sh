#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# An algorithm whose state does not fit in 104 bytes: it loads, every ACK of a real connection finds its state, and the state
# goes with the socket. The maths of fixed.h passes the verifier with it.
# Topology: one link of 50 Mbit/s, 20 ms. Tolerance: one ACK without state, that of the SYN, which comes before init.
. "$(dirname "$0")/lib.sh"
needs_root
needs_command jq cc
needs_struct_ops

name=$(unique big)
check_exit 0 "$CONGCTL" register "$OBJECTS/bigstate.bpf.o" --as "$name"
undisturbed --rate 50mbit --rtt 20ms --flow "$name" --duration 2s -j
told '.flows[0].received_bytes > 1000000' "$TMP/out" # a tenth of what the link can carry

# its tunables are counters, read from the running algorithm
counts() {
	"$CONGCTL" info "$name" -j >"$TMP/info" && jq -e "[.tunables[] | {(.name): .value}] | add | $1" "$TMP/info" >/dev/null
}
wait_until 10 counts '.releases > 0' # closed sockets are released a moment later
holds counts '.acks > 100 and .lost_states <= 1 and .check != 0'

# negative: a state of 104 bytes and one is refused by the compiler, with the remedy
printf '#include <congctl/cc.bpf.h>\nstruct big { char bytes[105]; };\nCC_STATE(struct big);\n' >"$TMP/big.c"
check_exit 1 cc -std=gnu11 -I"$ROOT/include" -fsyntax-only "$TMP/big.c"
contains "$ERR" "use CC_BIG_STATE"
