#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# apply makes the machine match a policy, all or none, once; save writes one that apply finds nothing to do for.
# In a mount namespace with a bpf file system of its own: there is nothing of congctl's on the machine but what the test makes.
if [ "${1-}" != inside ] && [ "$(id -u)" = 0 ]; then
	exec unshare --mount --propagation private "$0" inside
fi
. "$(dirname "$0")/lib.sh"
needs_root
needs_command bpftool ip jq nsenter unshare
mount -t bpf bpf /sys/fs/bpf || skip "no bpf file system can be mounted"
needs_struct_ops

ns=po_$$ other=po_$$_2
lan=$(unique lan) wan=$(unique wan) new=$(unique new)
for n in $ns $other; do
	ip netns add $n
	defer ip netns del $n
done
# gone with the defaults that hold them, before the namespaces go
defer nsenter --net=/run/netns/$ns sh -c 'echo reno >/proc/sys/net/ipv4/tcp_congestion_control'
defer nsenter --net=/run/netns/$other sh -c 'echo reno >/proc/sys/net/ipv4/tcp_congestion_control'
export CONGCTL_ALGORITHMS=$TMP/catalogue
mkdir "$TMP/catalogue"
cp "$ALGORITHMS/reno.bpf.o" "$TMP/catalogue/"
cp "$OBJECTS/good.bpf.o" "$TMP/"

inside() { # congctl in the test's network namespace; `ip netns exec` would hide the pins
	nsenter --net=/run/netns/$ns "$CONGCTL" "$@"
}
inside_full() {
	inside "$@" >/dev/full
}
default_of() {
	nsenter --net="/run/netns/$1" cat /proc/sys/net/ipv4/tcp_congestion_control
}
state() { # all that a policy can be about
	inside save
	default_of $ns
	default_of $other
	nsenter --net=/run/netns/$ns ip route show
	for pin in "$PINS/~previous/"* "$PINS/~files/"*; do
		[ ! -f "$pin" ] || echo "$pin $(readlink "$pin") $(bpftool -j map show pinned "$pin" 2>/dev/null | jq .id)"
	done
}
policy() { # from stdin
	cat >"$TMP/policy.yaml"
}
# what can be known beforehand: a dry run says it as apply does, and nothing is shown or changed
refused_beforehand() { # SENTENCE ARGUMENT... FILE
	local sentence=$1 before
	shift
	before=$(state)
	for dry in --dry-run ''; do
		# shellcheck disable=SC2086 # no word if it is empty
		check_exit 1 inside apply $dry "$@"
		equals "$OUT$ERR" "congctl: $sentence"
	done
	equals "$(state)" "$before"
}
nothing_to_do() {
	check_exit 0 inside apply "$@"
	equals "$OUT" ""
	equals "$ERR" "no change: the machine matches ${!#}"
}

original=$(default_of $ns)
bare=$(state)
contains "$bare" "algorithms: []"

# a dry run says all of it and does none
policy <<P
algorithms:
  - register: ./good.bpf.o
    as: $lan
    set: {small: 7, middle: 80ms}
  - {register: reno, as: $wan}
selections:
  - {use: $lan, default: yes}
  - {use: $lan, netns: $other}
P
check_exit 0 inside apply --dry-run -j "$TMP/policy.yaml"
equals "$(jq -c '[.changes[] | [.kind, .what, .to]]' <<<"$OUT")" \
	"[[\"register\",\"$lan\",\"$TMP/./good.bpf.o\"],[\"register\",\"$wan\",\"reno\"],[\"use\",\"default\",\"$lan\"],[\"use\",\"netns $other\",\"$lan\"]]"
equals "$(state)" "$bare"

# neither does an apply that cannot show the difference
check_exit 1 inside_full apply "$TMP/policy.yaml"
equals "$ERR" "congctl: cannot write the output: No space left on device"
equals "$(state)" "$bare"

# done, and done once
check_exit 0 inside apply "$TMP/policy.yaml"
contains "$OUT" "register  $lan"
equals "$ERR" "4 changes made"
equals "$(default_of $ns) $(default_of $other)" "$lan $lan"
check_exit 0 inside info -j "$lan"
equals "$(jq -c '[.tunables[] | .value]' <<<"$OUT")" "[3,7,80000,5000000000]"
nothing_to_do "$TMP/policy.yaml"
nothing_to_do --prune "$TMP/policy.yaml"

# what is saved is what is there
inside save >"$TMP/saved.yaml"
nothing_to_do --prune "$TMP/saved.yaml"
contains "$(cat "$TMP/saved.yaml")" "register: reno"
contains "$(cat "$TMP/saved.yaml")" "register: $TMP/good.bpf.o"

# tunables that are not named go back to what they were to begin with
policy <<P
algorithms:
  - {register: ./good.bpf.o, as: $lan, set: {large: 1mbit}}
selections:
  - {use: reno, netns: /run/netns/$other}
P
check_exit 0 inside apply "$TMP/policy.yaml"
equals "$(awk 'NR > 1 {print $1, $2, $3, $4, $5}' <<<"$OUT" | sed 's/ *$//')" "set $lan.small 7 300
set $lan.middle 80000 70000
set $lan.large 5000000000 1000000
use netns /run/netns/$other $lan reno"
equals "$(default_of $ns) $(default_of $other)" "$lan reno"
holds is_available "$wan"
nothing_to_do "$TMP/policy.yaml"
# with -j there is one object, which tells the outcome too: then the changes are made, and that is told
sed 's/large: 1mbit/large: 2mbit/' "$TMP/policy.yaml" >"$TMP/larger.yaml"
check_exit 1 inside_full apply -j "$TMP/larger.yaml"
equals "$ERR" "congctl: cannot write the output: No space left on device: what was asked for is done all the same"
nothing_to_do "$TMP/larger.yaml"
check_exit 1 inside_full apply -j --dry-run "$TMP/policy.yaml"
equals "$ERR" "congctl: cannot write the output: No space left on device"
check_exit 0 inside apply "$TMP/policy.yaml"
check_exit 0 inside apply --prune -n -j "$TMP/policy.yaml"
told ".changes | map(.kind) == [\"drop\", \"unregister\"]" "$TMP/out"

# another build of an algorithm is swapped in, its tunables kept
cp "$TMP/good.bpf.o" "$TMP/older.bpf.o"
python3 - "$TMP/good.bpf.o" <<'PY'
import sys
data = open(sys.argv[1], 'rb').read()
assert b'with a comma' in data
open(sys.argv[1], 'wb').write(data.replace(b'with a comma', b'with a kommA'))
PY
check_exit 0 inside apply "$TMP/policy.yaml"
contains "$OUT" "update  $lan"
check_exit 0 inside info -j "$lan"
equals "$(jq -c '[.tunables[] | .value]' <<<"$OUT")" "[3,300,70000,1000000]"
contains "$OUT" kommA
nothing_to_do "$TMP/policy.yaml"

# all or none: the last of them cannot be, so nothing has changed, whatever came before
cp "$TMP/older.bpf.o" "$TMP/good.bpf.o"
before=$(state)
mkdir "$PINS/$new"
cat >"$TMP/wrong.yaml" <<P
algorithms:
  - {register: ./good.bpf.o, as: $lan, set: {tiny: 9}}
  - {register: reno, as: ${new}x}
  - {register: reno, as: $new}
P
check_exit 1 inside apply --prune "$TMP/wrong.yaml"
contains "$OUT" "register    ${new}x"
contains "$ERR" "cannot pin '$new'"
rmdir "$PINS/$new"
equals "$(state)" "$before"

# what another tool registered is adopted, and given back when something else fails
mv "$PINS/$lan" /sys/fs/bpf/po_elsewhere
mkdir "$PINS/$new"
cat >"$TMP/adopt.yaml" <<P
algorithms:
  - {register: ./good.bpf.o, as: $lan, set: {tiny: 9}}
  - {register: reno, as: $new}
P
check_exit 1 inside apply "$TMP/adopt.yaml"
contains "$ERR" "cannot pin '$new'"
contains "$OUT" "adopt     $lan"
equals "$(inside list -j | jq -r ".algorithms[] | select(.name == \"$lan\") | .origin")" foreign
rmdir "$PINS/$new"
sed -i '/reno/d' "$TMP/adopt.yaml"
check_exit 0 inside apply "$TMP/adopt.yaml"
rm /sys/fs/bpf/po_elsewhere
nothing_to_do "$TMP/adopt.yaml"
equals "$(inside info -j "$lan" | jq '.tunables[0].value')" 9
check_exit 0 inside apply "$TMP/policy.yaml"
before=$(state)

# a restricted algorithm is never written as the default of a namespace that is not the first, registered already or not
restricted="is restricted, so it cannot be the default of a network namespace other than the first: \
add it to net.ipv4.tcp_allowed_congestion_control of the first, or build it with .flags = TCP_CONG_NON_RESTRICTED"
for place in 'default: yes' "netns: $other"; do
	cat >"$TMP/wrong.yaml" <<-P
	algorithms:
	  - {register: ./good.bpf.o, as: $lan, set: {tiny: 8}}
	  - {register: reno, as: $new}
	selections:
	  - {use: $lan, port: 4711}
	  - {use: $new, $place}
	P
	refused_beforehand "$TMP/wrong.yaml:6: '$new' $restricted" "$TMP/wrong.yaml"
	printf 'selections: [{use: %s, %s}]\n' "$wan" "$place" >"$TMP/wrong.yaml"
	refused_beforehand "$TMP/wrong.yaml:1: '$wan' $restricted" "$TMP/wrong.yaml"
done
# but as the default of the first one it becomes everybody's: in this order alone
printf 'selections:\n  - {use: %s, default: yes}\n  - {use: %s, netns: %s}\n' "$wan" "$wan" "$other" >"$TMP/first.yaml"
check_exit 0 "$CONGCTL" apply --dry-run "$TMP/first.yaml"
printf 'selections:\n  - {use: %s, netns: %s}\n  - {use: %s, default: yes}\n' "$wan" "$other" "$wan" >"$TMP/first.yaml"
check_exit 1 "$CONGCTL" apply --dry-run "$TMP/first.yaml"
equals "$OUT$ERR" "congctl: $TMP/first.yaml:2: '$wan' $restricted"

# a prefix that no route leads to, or that is this machine itself
printf 'selections:\n  - {use: %s, port: 4711}\n  - {use: %s, prefix: 192.0.2.0/24}\n' "$lan" "$lan" >"$TMP/wrong.yaml"
refused_beforehand "$TMP/wrong.yaml:3: no route leads to 192.0.2.0/24: 'ip route add 192.0.2.0/24 …' first" "$TMP/wrong.yaml"
ip -n $ns link set lo up
sed -i s,192.0.2.0/24,127.0.0.0/9, "$TMP/wrong.yaml"
refused_beforehand "$TMP/wrong.yaml:3: 127.0.0.0/9 is this machine itself, where the kernel keeps the routes: use --default, --port or --cgroup" \
	"$TMP/wrong.yaml"
sed -i s,127.0.0.0/9,192.0.2.0/24, "$TMP/wrong.yaml"
ip -n $ns route add 192.0.0.0/16 dev lo
check_exit 0 inside apply --dry-run "$TMP/wrong.yaml"
contains "$OUT" "prefix 192.0.2.0/24"
ip -n $ns route delete 192.0.0.0/16

# another algorithm under a name that is registered is no build of it
printf 'algorithms:\n  - {register: reno, as: %s}\n  - {register: reno, as: %s}\n' "$new" "$lan" >"$TMP/wrong.yaml"
refused_beforehand "$TMP/wrong.yaml:3: '$TMP/catalogue/reno.bpf.o' holds 'bpf_reno', which is no build of '$lan': to change over, register it and use \
'congctl unregister $lan --drain --to bpf_reno'" "$TMP/wrong.yaml"

# what is wrong in the file is said with its line, before anything is touched
while IFS='|' read -r line sentence; do
	printf 'algorithms:\n- {%s}\n' "$line" >"$TMP/wrong.yaml"
	check_exit 1 inside apply "$TMP/wrong.yaml"
	equals "$OUT" ""
	equals "$ERR" "congctl: $TMP/wrong.yaml:2: $sentence"
done <<P
register: t_nobody|no algorithm 't_nobody' in $TMP/catalogue: 'congctl list' shows what there is
register: reno, as: reno|the name 'reno' is the kernel's own: give another one with 'as'
register: ./good.bpf.o, as: $new, set: {huge: 1}|'$new' has no tunable 'huge': it has tiny, small, middle, large
register: $OBJECTS/refused.bpf.o|$(inside check "$OBJECTS/refused.bpf.o" 2>&1 | sed 's/^congctl: //')
P
printf 'selections:\n- {use: reno, cgroup: /po_nowhere}\n' >"$TMP/wrong.yaml"
check_exit 1 inside apply "$TMP/wrong.yaml"
equals "$ERR" "congctl: $TMP/wrong.yaml:2: no cgroup '/po_nowhere': No such file or directory: make it first, or give its whole path"
printf 'selections:\n- {use: reno, cgroup: /tmp}\n' >"$TMP/wrong.yaml"
check_exit 1 inside apply --dry-run "$TMP/wrong.yaml"
contains "$ERR" "congctl: $TMP/wrong.yaml:2: '/tmp' is no cgroup2 directory: give one below "
printf 'selections:\n- {use: reno, netns: po_nowhere}\n' >"$TMP/wrong.yaml"
check_exit 1 inside apply --dry-run "$TMP/wrong.yaml"
equals "$ERR" "congctl: $TMP/wrong.yaml:2: no network namespace 'po_nowhere': 'ip netns' and 'lsns -t net' show what there is"
# one namespace by two names would be changed each time
printf 'selections:\n- {use: reno, netns: %s}\n- {use: cubic, netns: /run/netns/%s}\n' "$other" "$other" >"$TMP/wrong.yaml"
check_exit 1 inside apply "$TMP/wrong.yaml"
equals "$ERR" "congctl: $TMP/wrong.yaml:3: netns /run/netns/$other is the place of line 2: give it one algorithm"
printf 'selections:\n- {use: t_nobody, port: 80}\n' >"$TMP/wrong.yaml"
check_exit 1 inside apply "$TMP/wrong.yaml"
equals "$ERR" "congctl: $TMP/wrong.yaml:2: no algorithm 't_nobody': register it in the same file, or name one of 'congctl list'"
equals "$(state)" "$before"
check_exit 1 inside apply "$TMP/missing.yaml"
contains "$ERR" "cannot open policy $TMP/missing.yaml"
check_exit 2 inside apply

# one of several in an object; the other one of them is another algorithm
cat >"$TMP/two.yaml" <<P
algorithms: [{register: "$OBJECTS/two.bpf.o#t_two", as: $new}]
P
check_exit 0 inside apply "$TMP/two.yaml"
inside save >"$TMP/saved.yaml"
contains "$(cat "$TMP/saved.yaml")" "register: \"$(realpath "$OBJECTS")/two.bpf.o#t_two\""
nothing_to_do --prune "$TMP/saved.yaml"
sed 's/#t_two/#t_one/' "$TMP/two.yaml" >"$TMP/one.yaml"
refused_beforehand "$TMP/one.yaml:1: '$OBJECTS/two.bpf.o' holds 't_one', which is no build of '$new': to change over, register it and use \
'congctl unregister $new --drain --to t_one'" "$TMP/one.yaml"

# a name that the object itself has, with a dot: there is nothing to rename it to
dotted=t_$$.d
python3 - "$OBJECTS/foreign.bpf.o" "$TMP/dotted.bpf.o" "$dotted" <<'PY'
import sys
data = open(sys.argv[1], 'rb').read()
assert data.count(b't_for.eign'.ljust(16, b'\0')) == 1
open(sys.argv[2], 'wb').write(data.replace(b't_for.eign'.ljust(16, b'\0'), sys.argv[3].encode().ljust(16, b'\0')))
PY
check_exit 0 "$CONGCTL" register "$TMP/dotted.bpf.o"
defer "$CONGCTL" unregister "$dotted"
inside save >"$TMP/saved.yaml"
nothing_to_do --prune "$TMP/saved.yaml"
check_exit 0 "$CONGCTL" info -j "$dotted"
told ".name == \"$dotted\" and .registered" "$TMP/out"
check_exit 0 "$CONGCTL" unregister "$dotted"
check_exit 1 "$CONGCTL" info "$dotted"
contains "$ERR" "no file '$dotted'"

# chosen by hand: not pruned, and nothing else is either
hand=$(unique hand)
check_exit 0 "$CONGCTL" register "$TMP/good.bpf.o" --as "$hand"
nsenter --net=/run/netns/$other sh -c "echo $hand >/proc/sys/net/ipv4/tcp_congestion_control"
echo '{}' >"$TMP/empty.yaml"
refused_beforehand "cannot unregister '$hand': it is still the choice of netns $other: 'congctl unregister $hand --drain', or name it in the file" \
	--prune "$TMP/empty.yaml"
# the same change of mind in one go: what the file gives to somebody else is no choice any more
printf 'selections: [{use: reno, netns: /run/netns/%s}]\n' "$other" >"$TMP/other.yaml"
check_exit 0 inside apply --prune --dry-run "$TMP/other.yaml"
contains "$OUT" "unregister  $hand"
nsenter --net=/run/netns/$other sh -c "echo reno >/proc/sys/net/ipv4/tcp_congestion_control"

# and an empty policy takes all of it away again
echo 'selections: [{use: reno, default: yes}]' >"$TMP/empty.yaml"
check_exit 0 inside apply "$TMP/empty.yaml"
echo '{}' >"$TMP/empty.yaml"
nothing_to_do "$TMP/empty.yaml"
check_exit 0 inside apply --prune "$TMP/empty.yaml"
holds not is_available "$lan"
holds not is_available "$wan"
equals "$(default_of $ns)" "$original"
nothing_to_do --prune "$TMP/empty.yaml"
lacks "$(inside save)" "t_$$_"

# selections that lie on each other, of which the lower one cannot be taken back: the upper one is not either
for name in "$lan" "$wan" "$new"; do
	check_exit 0 "$CONGCTL" register "$TMP/good.bpf.o" --as "$name"
done
nsenter --net=/run/netns/$ns sh -c "echo $new >/proc/sys/net/ipv4/tcp_congestion_control"
check_exit 0 inside use "$lan" --default
check_exit 0 inside use "$wan" --default
check_exit 0 "$CONGCTL" unregister --force "$new"
before=$(state)
printf 'selections: [{use: reno, port: 4711}]\n' >"$TMP/port.yaml" # made before that, and undone after it
check_exit 1 inside apply --prune "$TMP/port.yaml"
contains "$OUT" "use         port 4711"
contains "$ERR" "'$new' is "
equals "$(state)" "$before"
