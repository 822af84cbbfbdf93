# SPDX-License-Identifier: GPL-2.0-only
# use.sh - what the tests of `congctl use` share; source it after lib.sh:
#
#	two_namespaces              $c and $s, linked: 10.77.0.1 and .2, 2001:db8:77::1 and ::2; gone at the end
#	new_cgroup NAME             a cgroup2 directory of this test alone, in $CGROUP; gone at the end
#	connects WANTED ARGUMENT... the algorithms that connect.py says, of client, server and ECN
#	refused, undone, recorded, gone, many    see below
#	used ARGUMENT...            `congctl use`, which must succeed; its undo ID is in $UNDO, undone at the end if it is not by then

c=se_$$_c s=se_$$_s UNDO=''

two_namespaces() {
	ip netns add "$c" && defer ip netns del "$c"
	ip netns add "$s" && defer ip netns del "$s"
	ip -n "$c" link add v0 type veth peer name v0 netns "$s" || skip "this kernel has no veth"
	ip -n "$c" addr add 10.77.0.1/24 dev v0
	ip -n "$s" addr add 10.77.0.2/24 dev v0
	ip -n "$c" addr add 2001:db8:77::1/64 dev v0 nodad
	ip -n "$s" addr add 2001:db8:77::2/64 dev v0 nodad
	local n
	for n in "$c" "$s"; do
		ip -n "$n" link set lo up
		ip -n "$n" link set v0 up
	done
}

new_cgroup() {
	local root
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	[ -n "$root" ] || skip "no cgroup2 is mounted"
	CGROUP=$root/se_$$_$1
	mkdir -p "$CGROUP"
	defer rmdir "$CGROUP"
}

connects() {
	local wanted=$1
	shift
	check_exit 0 python3 "$ROOT/tests/e2e/connect.py" "$@"
	equals "$OUT" "$wanted"
}

used() {
	check_exit 0 "$CONGCTL" use -j "$@"
	UNDO=$(jq -r .undo <<<"$OUT")
	defer "$CONGCTL" use --undo "$UNDO"
}

# ARGUMENT... must fail with exit code $1 and the sentence $2
refused() {
	local code=$1 sentence=$2
	shift 2
	check_exit "$code" "$CONGCTL" use "$@"
	equals "$ERR" "congctl: $sentence"
	equals "$OUT" ""
}

recorded() { # is there a record ID?
	[ -e "$PINS/~undo/$1" ]
}

# undoing ID says that $2 is gone, and forgets it
gone() {
	check_exit 0 "$CONGCTL" use --undo "$1"
	equals "$ERR" "there was nothing to undo: $2 is gone"
	holds not recorded "$1"
}

undone() {
	check_exit 0 "$CONGCTL" use --undo "$1"
	check_exit 1 "$CONGCTL" use --undo "$1"
	equals "$ERR" "congctl: nothing to undo has the number '$1': 'congctl use' says it when it changes something"
}

# 34 choices, in turn $1 and $2, where the other arguments say: the last 32 can be undone, and that puts back what was there before the first
many() {
	local i numbers=()
	for ((i = 0; i < 34; i++)); do
		check_exit 0 "$CONGCTL" use -j "${@:i % 2 + 1:1}" "${@:3}"
		numbers+=("$(jq -r .undo <<<"$OUT")")
	done
	holds not recorded "${numbers[0]}"
	holds not recorded "${numbers[1]}"
	for ((i = 33; i > 1; i--)); do
		check_exit 0 "$CONGCTL" use --undo "${numbers[i]}"
		equals "$ERR" ""
	done
}
