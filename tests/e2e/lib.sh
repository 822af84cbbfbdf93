# SPDX-License-Identifier: GPL-2.0-only
# lib.sh - what end-to-end tests in bash share. Source it first:
#
#	. "$(dirname "$0")/lib.sh"
#
#	check_exit CODE COMMAND...      run it; its output is in $OUT, its talk in $ERR; another exit code fails the test
#	told JQ-EXPRESSION FILE         it holds for the JSON, or the test fails
#	contains TEXT PART, lacks TEXT PART, equals GOT WANTED, holds COMMAND...     or the test fails
#	wait_until SECONDS COMMAND...   poll until it succeeds, or the test fails
#	kernels_own                     an algorithm of the kernel's own that nobody's bpf_ one stands for just now, or none
#	unique SUFFIX                   a name of an algorithm of this test alone, e.g. t_4711_a; unregistered at the end
#	undisturbed ARGUMENT...         `netsim run` with them, its output in $OUT and $TMP/out; again if void, then skip
#	measured JQ-EXPRESSION ARGUMENT...     it holds for two of three runs `netsim run ... -j` at least, or the test fails
#	untellable_route NS DEVICE      10.79.0.0/16 in that namespace, with more next hops than the kernel can tell
#	defer COMMAND...                at the end, however the test ends; last come, first done
#	what a test leaves in the bpf file system under a name with its number in it, or as a record or rule that says such a name, fails it
#	skip REASON, fail REASON        end the test; needs_root, needs_command NAME..., needs_struct_ops skip by a probe
#
# $CONGCTL, $NETSIM, $OBJECTS, $ALGORITHMS are what was built; $TMP is a directory that vanishes with the test.

set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
CONGCTL=$BUILD/congctl
NETSIM=$BUILD/netsim
OBJECTS=$BUILD/tests/objects
ALGORITHMS=$BUILD/algorithms
PINS=/sys/fs/bpf/congctl
AVAILABLE=/proc/sys/net/ipv4/tcp_available_congestion_control
TMP=$(mktemp -d)
BPFFS=$(stat -c %d /sys/fs/bpf 2>/dev/null)
DEFERRED=()
OUT='' ERR='' TOO_BUSY=''

defer() {
	DEFERRED+=("$(printf '%q ' "$@")")
}

# what is left of this test in the bpf file system: by its name, or by the name that a record or the program of a rule has in it
lib_left() {
	local hex entry id maps
	[ "$(stat -c %d /sys/fs/bpf)" = "$BPFFS" ] || return # it mounted one of its own, which goes with it
	find /sys/fs/bpf -mindepth 1 -name "*_$$_*" 2>/dev/null
	hex=$(printf '_%d_' $$ | od -An -tx1 | tr -d ' ')
	for entry in "$PINS"/~undo/*[0-9] "$PINS"/~rules/*; do
		maps="pinned $entry"
		[ -e "$entry" ] || continue
		[[ $entry == */~undo/* ]] || maps=$(bpftool prog show id "$(bpftool link show pinned "$entry" | sed -n 's/.*  prog \([0-9]*\) .*/\1/p')" |
			sed -n 's/.*map_ids \([0-9,]*\).*/\1/p' | tr , '\n' | sed 's/^/id /')
		while read -r id; do
			bpftool -j map dump $id | sed 's/"0x\(..\)",*/\1/g' | grep -q "$hex" && echo "$entry" && break
		done <<<"$maps"
	done 2>/dev/null
}

lib_clean_up() {
	local code=$? i name left
	trap - EXIT
	for ((i = ${#DEFERRED[@]} - 1; i >= 0; i--)); do
		eval "${DEFERRED[i]}" >/dev/null 2>&1
	done
	for name in $(tr ' ' '\n' <"$AVAILABLE" | grep "^t_$$_"); do
		"$CONGCTL" unregister --force "$name" >/dev/null 2>&1 || rm -f "$PINS/$name"
	done
	left=$(lib_left)
	if [ -n "$left" ]; then
		echo "FAIL left in the bpf file system:" $left >&2
		xargs -d '\n' rm -f <<<"$left"
		[ $code != 0 ] && [ $code != 77 ] || code=1
	fi
	rm -rf "$TMP"
	[ "$code" != 0 ] || [ -z "$TOO_BUSY" ] || skip "$TOO_BUSY"
	exit "$code"
}
trap lib_clean_up EXIT
trap 'exit 130' INT TERM

# the line of the test, not of this library
lib_where() {
	local i
	for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
		[ "${BASH_SOURCE[i]}" != "${BASH_SOURCE[0]}" ] && break
	done
	echo "$(basename "${BASH_SOURCE[i]}"):${BASH_LINENO[i - 1]}"
}

fail() {
	echo "FAIL $(lib_where): $*" >&2
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

check_exit() {
	local wanted=$1 code
	shift
	"$@" >"$TMP/out" 2>"$TMP/err"
	code=$?
	OUT=$(cat "$TMP/out") ERR=$(cat "$TMP/err")
	[ "$code" = "$wanted" ] || fail "exit $code instead of $wanted: $*"$'\n'"stdout: $OUT"$'\n'"stderr: $ERR"
}

contains() {
	[[ $1 == *"$2"* ]] || fail "not in the text: $2"$'\n'"the text: $1"
}

lacks() {
	[[ $1 != *"$2"* ]] || fail "in the text: $2"$'\n'"the text: $1"
}

equals() {
	[ "$1" = "$2" ] || fail "got:    $1"$'\n'"wanted: $2"
}

holds() {
	"$@" || fail "does not hold: $*"
}

told() {
	jq -e "$1" "$2" >/dev/null || fail "not so: $1"$'\n'"$(jq -c . "$2" 2>&1 || cat "$2")"
}

wait_until() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || fail "still not so at the deadline: $*"
		sleep 0.02
	done
}

# a run that the machine disturbed is void, exit 1: again, twice at most, then TOO_BUSY says so
emulated() {
	local try
	for try in 1 2 3; do
		"$NETSIM" run "$@" >"$TMP/out" 2>"$TMP/err" && OUT=$(cat "$TMP/out") && return
		grep -q ' void' "$TMP/err" || fail "$(cat "$TMP/err")"
	done
	TOO_BUSY="this machine is too busy to emulate $*: $(grep -h VOID "$TMP/out" || tail -n 1 "$TMP/err")"
	return 1
}

undisturbed() {
	emulated "$@" || skip "$TOO_BUSY"
}

# What a machine that others share does to one run it does not do to most: one run that fulfils the condition is enough, after one that does
# not two more must. Where the machine is too busy for this one, the rest of the test is done, and the test ends as skipped.
measured() {
	local condition=$1 run
	shift
	emulated "$@" -j || return 0
	jq -e "$condition" "$TMP/out" >/dev/null && return
	echo "$(lib_where): once not so: $condition"$'\n'"$OUT"
	for run in 2 3; do
		emulated "$@" -j || return 0
		told "$condition" "$TMP/out"
	done
}

unique() {
	echo "t_$$_$1"
}

is_available() {
	grep -qw -- "$1" "$AVAILABLE"
}

kernels_own() {
	local name
	for name in reno cubic bbr; do
		is_available "$name" && ! is_available "bpf_$name" && echo "$name" && return
	done
	return 1
}

not() {
	! "$@"
}

# good_as NAME FILE: the fixture `good` as an object whose own name in the kernel is NAME
good_as() {
	python3 - "$OBJECTS/good.bpf.o" "$2" "$1" <<-'PY'
	import sys
	old, new = b't_good'.ljust(16, b'\0'), sys.argv[3].encode().ljust(16, b'\0')
	data = open(sys.argv[1], 'rb').read()
	assert data.count(old) == 1 and len(new) == 16
	open(sys.argv[2], 'wb').write(data.replace(old, new))
	PY
}

untellable_route() {
	check_exit 0 ip netns exec "$1" python3 - "$2" <<-'PY'
	import socket
	import struct
	import sys
	# rtnexthop: len, RTNH_F_ONLINK, hops, ifindex; RTA_GATEWAY
	hop = struct.pack('=HBBiHH4s', 16, 4, 0, socket.if_nametoindex(sys.argv[1]), 8, 5, bytes([10, 77, 0, 2]))
	hops = struct.pack('=HH', 4 + 2500 * len(hop), 9) + 2500 * hop # RTA_MULTIPATH: 40 kB
	body = struct.pack('=BBBBBBBBI', 2, 16, 0, 0, 254, 3, 0, 1, 0) + struct.pack('=HH4s', 8, 1, bytes([10, 79, 0, 0])) + hops
	s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
	s.send(struct.pack('=IHHII', 16 + len(body), 24, 0x405, 1, 0) + body) # RTM_NEWROUTE: request, ack, create
	assert struct.unpack_from('=i', s.recv(65536), 16)[0] == 0
	PY
}

needs_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

needs_command() {
	local c
	for c in "$@"; do
		command -v "$c" >/dev/null || skip "needs the command $c"
	done
}

# can this machine take an algorithm at all? asked of the kernel, never of a version
needs_struct_ops() {
	needs_root
	"$CONGCTL" check "$OBJECTS/good.bpf.o" >/dev/null 2>"$TMP/err" || skip "$(tail -n 1 "$TMP/err")"
}
