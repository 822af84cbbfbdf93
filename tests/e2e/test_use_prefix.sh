#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A prefix's algorithm is an attribute of its route: the route keeps all others, a locked one lets no socket choose, undoing restores it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/use.sh"
needs_struct_ops
needs_command python3 jq ip

a=se_$$_a b=se_$$_b
two_namespaces
for name in "$a" "$b"; do
	check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$name"
	defer "$CONGCTL" unregister "$name"
done
ip netns exec "$c" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
ip netns exec "$s" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
used_there() {
	used "$@" --netns "$c"
}
routes() {
	{
		ip -n "$c" -4 route
		ip -n "$c" -6 route
	} | grep -v '^fe80' | sed 's/expires 9..sec/expires/' | sort
}
ends4=(10.77.0.2 7721 --client "$c" --server "$s")
ends6=(2001:db8:77::2 7721 --client "$c" --server "$s")
ip -n "$c" link set v0 mtu 1480
ip -n "$c" route add 10.80.0.0/16 via 10.77.0.2 metric 7 mtu lock 1400 initcwnd 20 rto_min 5ms src 10.77.0.1 proto 123
ip -n "$c" route add 10.81.0.0/16 metric 5 nexthop via 10.77.0.2 weight 2 nexthop via 10.77.0.3 weight 1
ip -n "$c" route add 10.82.0.0/16 via 10.77.0.2 metric 9
ip -n "$c" route add 10.82.0.0/16 via 10.77.0.3 metric 3
ip -n "$c" -6 route add 2001:db8:80::/48 via 2001:db8:77::2 metric 7 mtu 1400 initcwnd 20 pref high
ip -n "$c" -6 route add 2001:db8:81::/48 metric 5 nexthop via 2001:db8:77::2 nexthop via 2001:db8:77::3
ip -n "$c" -6 route add 2001:db8:82::/48 via 2001:db8:77::2 expires 1000
before=$(routes)

# a connection gets it, v4 and v6; the connected route is the kernel's own and stays it
used_there "$a" --prefix 10.77.0.0/24
v4=$UNDO
told '.moved == 0' "$TMP/out"
connects "$a reno no-ecn" "${ends4[@]}"
connects "reno reno no-ecn" "${ends6[@]}"
used_there "$b" --prefix 2001:db8:77::/64
v6=$UNDO
connects "$b reno no-ecn" "${ends6[@]}"
contains "$(routes)" "10.77.0.0/24 dev v0 proto kernel scope link src 10.77.0.1 congctl $a"
contains "$(routes)" "2001:db8:77::/64 dev v0 proto kernel metric 256 congctl $b pref medium"
# on the server's side as well: what it accepts
used "$b" --prefix 10.77.0.1 --netns "$s"
connects "$a $b no-ecn" "${ends4[@]}"
undone "$UNDO"
connects "$a reno no-ecn" "${ends4[@]}"

# a narrower prefix: a copy of the route that covers it, gone with the undoing
used_there "$b" --prefix 10.77.0.2
connects "$b reno no-ecn" "${ends4[@]}"
contains "$(routes)" "10.77.0.2 dev v0 proto kernel scope link src 10.77.0.1 congctl $b"
undone "$UNDO"
connects "$a reno no-ecn" "${ends4[@]}"
used_there "$a" --prefix 2001:db8:77::2/128
connects "$a reno no-ecn" "${ends6[@]}"
undone "$UNDO"
undone "$v4"
undone "$v6"
connects "reno reno no-ecn" "${ends4[@]}"
equals "$(routes)" "$before"

# every other attribute stays, in the change and in the undoing; a narrower one has them too
ids=()
for prefix in 10.80.0.0/16 10.81.0.0/16 10.82.0.0/16 2001:db8:80::/48 2001:db8:81::/48 2001:db8:82::/48 10.80.5.0/24 2001:db8:80:5::/64; do
	used_there "$a" --prefix "$prefix"
	ids+=("$UNDO")
done
now=$(routes)
contains "$now" "10.80.0.0/16 via 10.77.0.2 dev v0 proto 123 src 10.77.0.1 metric 7 mtu lock 1400 initcwnd 20 rto_min lock 5ms congctl $a"
contains "$now" "10.80.5.0/24 via 10.77.0.2 dev v0 proto 123 src 10.77.0.1 metric 7 mtu lock 1400 initcwnd 20 rto_min lock 5ms congctl $a"
contains "$now" "10.82.0.0/16 via 10.77.0.3 dev v0 metric 3 congctl $a"
contains "$now" "10.82.0.0/16 via 10.77.0.2 dev v0 metric 9 "
contains "$now" "2001:db8:80:5::/64 via 2001:db8:77::2 dev v0 metric 7 mtu 1400 initcwnd 20 congctl $a pref high"
equals "$(grep -c "congctl $a" <<<"$now")" 8
equals "$(sed "s/ congctl $a//" <<<"$now" | grep -v -e '^10.80.5' -e '^2001:db8:80:5')" "$before"
for ((i = ${#ids[@]} - 1; i >= 0; i--)); do
	undone "${ids[i]}"
done
equals "$(routes)" "$before"

# one that the kernel cannot tell ends its answer before the end: what comes behind it is not missing
untellable_route "$c" v0
refused 1 "cannot read the routes: one has more next hops than the kernel can tell: make it several routes" "$a" --prefix 10.80.0.0/16 --netns "$c"
check_exit 1 "$CONGCTL" users "$a"
equals "$ERR" "congctl: cannot read the routes of the network namespace $c: one has more next hops than the kernel can tell: make it several routes"
ip -n "$c" route del 10.79.0.0/16
equals "$(routes)" "$before"

# a prefix that changes its mind again and again, one that had a route and one that had none
many "$a" "$b" --prefix 10.80.0.0/16 --netns "$c"
many "$a" "$b" --prefix 10.80.5.0/24 --netns "$c"
equals "$(routes)" "$before"

# locked: no socket may choose otherwise; unlocked again by a second use
used_there "$a" --prefix 10.77.0.0/24 --lock
locked=$UNDO
contains "$(routes)" "congctl lock $a"
check_exit 0 python3 "$ROOT/tests/e2e/connect.py" "${ends4[@]}" --choose cubic
equals "$OUT" "$a reno no-ecn EPERM"
used_there "$a" --prefix 10.77.0.0/24
lacks "$(routes)" "congctl lock"
check_exit 0 python3 "$ROOT/tests/e2e/connect.py" "${ends4[@]}" --choose reno
equals "$OUT" "reno reno no-ecn"
undone "$UNDO"
contains "$(routes)" "congctl lock $a"
undone "$locked"
# undoing never locks a route to what is not registered: ip route would crash on it
used_there "$b" --prefix 10.77.0.0/24 --lock
under=$UNDO
used_there "$a" --prefix 10.77.0.0/24
check_exit 0 "$CONGCTL" unregister "$b"
refused 1 "'$b', which the route 10.77.0.0/24 had before, is not registered any more: register it first" --undo "$UNDO"
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$b"
undone "$UNDO"
undone "$under"

# changed since: stays as it is; what else was changed stays too
used_there "$a" --prefix 10.80.0.0/16
ip -n "$c" route change 10.80.0.0/16 via 10.77.0.2 metric 7 mtu 1300 congctl "$a"
undone "$UNDO"
contains "$(routes)" "10.80.0.0/16 via 10.77.0.2 dev v0 metric 7 mtu 1300"
lacks "$(routes)" congctl
used_there "$a" --prefix 10.80.0.0/16
ip -n "$c" route change 10.80.0.0/16 via 10.77.0.2 metric 7 congctl "$b"
refused 1 "the route 10.80.0.0/16 has '$b' by now, not '$a': it has been changed since and stays so, and $UNDO is forgotten" --undo "$UNDO"
holds not recorded "$UNDO"
contains "$(routes)" "metric 7 congctl $b"
# gone: its record goes as well
used_there "$a" --prefix 10.80.0.0/16
ip -n "$c" route del 10.80.0.0/16 metric 7
gone "$UNDO" "the route 10.80.0.0/16"
used_there "$a" --prefix 10.77.0.2
ip -n "$c" route del 10.77.0.2
gone "$UNDO" "the route 10.77.0.2/32"
# and it does when another prefix is chosen for, not when it is of another namespace
ip -n "$c" route add 10.83.0.0/16 via 10.77.0.2
used_there "$a" --prefix 10.83.0.0/16
swept=$UNDO
ip -n "$c" route del 10.83.0.0/16
used "$b" --prefix 10.77.0.1 --netns "$s"
holds recorded "$swept"
undone "$UNDO"
used_there "$a" --prefix 10.77.0.0/24
holds not recorded "$swept"
undone "$UNDO"
# an algorithm that is not registered is there still, though the kernel does not name it: undoing takes it off
for prefix in 10.77.0.0/24 10.77.0.2; do
	before=$(routes)
	used_there "$a" --prefix $prefix
	check_exit 0 "$CONGCTL" unregister --force "$a"
	check_exit 0 "$CONGCTL" use --netns "$s" reno # whoever comes next does not take it for gone
	undone "$UNDO"
	check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$a"
	equals "$(routes)" "$before"
done

# everywhere: the default routes, v4 and v6
ip -n "$c" route add default via 10.77.0.2 metric 4
ip -n "$c" -6 route add default via 2001:db8:77::2 metric 4
before=$(routes)
used_there "$a" --prefix 0.0.0.0/0
v4=$UNDO
contains "$(routes)" "default via 10.77.0.2 dev v0 metric 4 congctl $a"
used_there "$b" --prefix ::/0
contains "$(routes)" "default via 2001:db8:77::2 dev v0 metric 4 congctl $b"
undone "$UNDO"
undone "$v4"
equals "$(routes)" "$before"
ip -n "$c" route del default
ip -n "$c" -6 route del default

# refused
before=$(routes)
refused 1 "no route leads to 0.0.0.0/0: 'ip route add 0.0.0.0/0 …' first" "$a" --prefix 0.0.0.0/0 --netns "$c"
refused 2 "'10.77.0.9/24' has host bits set: give 10.77.0.0/24, or 10.77.0.9 for that host alone: 'congctl use -h' shows the usage" "$a" --prefix 10.77.0.9/24
refused 2 "'2001:db8::1/32' has host bits set: give 2001:db8::/32, or 2001:db8::1 for that host alone: 'congctl use -h' shows the usage" "$a" --prefix 2001:db8::1/32
refused 2 "'10.0.0.0/33' is not a prefix: its length is a number from 0 to 32: 'congctl use -h' shows the usage" "$a" --prefix 10.0.0.0/33
refused 2 "'10.0.0.0/' is not a prefix: its length is a number from 0 to 32: 'congctl use -h' shows the usage" "$a" --prefix 10.0.0.0/
refused 2 "'example.org' is not a prefix: write it like 10.0.0.0/8 or 2001:db8::/32: 'congctl use -h' shows the usage" "$a" --prefix example.org
refused 1 "no route leads to 192.0.2.0/24: 'ip route add 192.0.2.0/24 …' first" "$a" --prefix 192.0.2.0/24 --netns "$c"
refused 1 "no route leads to ::/0: 'ip route add ::/0 …' first" "$a" --prefix ::/0 --netns "$c"
refused 1 "10.77.0.1/32 is this machine itself, where the kernel keeps the routes: use --default, --port or --cgroup" "$a" --prefix 10.77.0.1 --netns "$c"
refused 1 "127.0.0.0/9 is this machine itself, where the kernel keeps the routes: use --default, --port or --cgroup" "$a" --prefix 127.0.0.0/9 --netns "$c"
equals "$(routes)" "$before"
