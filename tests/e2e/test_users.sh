#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# `congctl users` shows each who holds an algorithm, and nobody else.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command ip jq capsh

a=$(unique a) ns=mv_$$_u
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$a"
check_exit 0 "$CONGCTL" users "$a"
equals "$OUT" ""
equals "$ERR" "nobody holds $a"
check_exit 0 "$CONGCTL" users -j "$a"
equals "$(jq -c .holders <<<"$OUT")" "[]"

ip netns add $ns
defer ip netns del $ns
ip -n $ns link set lo up

# a default: good.bpf.o is not restricted
ip netns exec $ns tee /proc/sys/net/ipv4/tcp_congestion_control <<<"$a" >/dev/null
check_exit 0 "$CONGCTL" users -j "$a"
told ".holders == [{kind: \"default\", where: \"$ns\", sockets: 0}]" "$TMP/out"
check_exit 0 ip netns exec $ns "$CONGCTL" users -j "$a"
told '.holders == [{kind: "default", where: "this namespace", sockets: 0}]' "$TMP/out"

# routes: both families, a table of its own, locked
ip -n $ns route add local 10.9.0.0/16 dev lo congctl "$a"
ip -n $ns route add local 10.8.0.0/16 dev lo table 77 congctl lock "$a"
ip -n $ns -6 route add local 2001:db8::/32 dev lo congctl "$a"
ip -n $ns route add local 10.7.0.0/16 dev lo congctl reno
check_exit 0 "$CONGCTL" users -j "$a"
equals "$(jq -c '[.holders[] | select(.kind == "route") | .where]' <<<"$OUT")" \
	"[\"10.8.0.0/16 in $ns, table 77, locked\",\"10.9.0.0/16 in $ns, table 255\",\"2001:db8::/32 in $ns, table 255\"]"
ip -n $ns route del local 10.8.0.0/16 table 77 # before its algorithm goes: `ip route` crashes on such a lock

# a table that changes while the kernel tells it, in many datagrams: each route once, or the sentence
seq 0 2999 | awk -v a="$a" '{ printf "route add 2001:db8:%x::/48 dev lo congctl %s\n", $1, a }' | ip -n $ns -6 -batch -
seq 0 10 2999 | awk '{ printf "route add 2001:db8:%x:1::/64 dev lo\nroute del 2001:db8:%x:1::/64 dev lo\n", $1, $1 + 500 }' >"$TMP/changes"
touch "$TMP/go"
while [ -e "$TMP/go" ]; do ip -n $ns -6 -force -batch "$TMP/changes" 2>/dev/null; done &
for ((i = 0; i < 20; i++)); do
	if "$CONGCTL" users -j "$a" >"$TMP/out"; then
		told '[.holders[] | select(.kind == "route" and (.where | contains("/48")))] | length == 3000 and (unique_by(.where) | length) == 3000' "$TMP/out"
	else
		told '.error == "cannot read the routes of the network namespace '$ns': they keep changing meanwhile: try again when they rest"' "$TMP/out"
	fi
done
rm "$TMP/go"
wait
"$CONGCTL" users -j "$a" >"$TMP/out"
told '[.holders[] | select(.kind == "route" and (.where | contains("/48")))] | length == 3000' "$TMP/out"
ip -n $ns -6 route flush root 2001:db8::/32

# rules for a cgroup and a port
new_cgroup() {
	local root
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	[ -n "$root" ] && mkdir "$root/mv_$$_u" && cgroup=$root/mv_$$_u && defer rmdir "$cgroup"
}
if new_cgroup; then
	for rule in "--cgroup $cgroup" '--port 47110'; do
		check_exit 0 "$CONGCTL" use -j "$a" $rule
		undo=$(jq -r .undo <<<"$OUT")
		check_exit 0 "$CONGCTL" users -j "$a"
		told "[.holders[] | select(.kind == \"cgroup\" or .kind == \"port\") | .where] == [\"${rule#* }\"]" "$TMP/out"
		check_exit 0 "$CONGCTL" use --undo "$undo"
	done
fi

# sockets, by the namespace; a process is found without a name of `ip netns`
mkfifo "$TMP/orders"
ip netns exec $ns "$BUILD/tests/tools/connections" -n 10 -a 2 <"$TMP/orders" >"$TMP/report" &
connections=$!
defer kill $connections
exec 9>"$TMP/orders"
wait_until 20 grep -q ready "$TMP/report"
check_exit 0 "$CONGCTL" users -j "$a"
told "[.holders[] | select(.kind == \"sockets\")] == [{kind: \"sockets\", where: \"$ns\", sockets: 21}]" "$TMP/out"
check_exit 0 "$CONGCTL" users "$a"
contains "$OUT" "HELD BY"

# unregistered, its sockets and the default keep the old build; a new one of the name has nobody
ip -n $ns route flush table 255 to 10.9.0.0/16
ip -n $ns -6 route del local 2001:db8::/32 dev lo
"$CONGCTL" unregister --force "$a" >/dev/null 2>&1 || check_exit 0 "$CONGCTL" unregister "$a"
check_exit 0 "$CONGCTL" users -j "$a"
told '[.holders[] | select(.kind == "old build") | .sockets >= 21] == [true]' "$TMP/out"
told "[.holders[] | select(.kind != \"old build\")] == [{kind: \"default\", where: \"$ns\", sockets: 0}]" "$TMP/out"
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$a"
check_exit 0 "$CONGCTL" users -j "$a"
told '[.holders[] | select(.kind == "sockets")] == []' "$TMP/out"
told '[.holders[] | select(.kind == "old build")] | length == 1' "$TMP/out"
exec 9>&-
check_exit 0 wait $connections
ip netns exec $ns tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
no_old() {
	[ "$("$CONGCTL" users -j "$a" | jq '.holders | length')" = 0 ]
}
wait_until 10 no_old

# what is not there, and who may not look
check_exit 1 "$CONGCTL" users mv_nobody
contains "$ERR" "'mv_nobody' is not registered, and nobody has it: 'congctl list' shows what is"
check_exit 1 "$CONGCTL" users a_name_of_sixteen
contains "$ERR" "'a_name_of_sixteen' is not registered"
check_exit 2 "$CONGCTL" users
check_exit 1 capsh --drop=all -- -c "$CONGCTL users $a"
contains "$ERR" "CAP_SYS_ADMIN"
