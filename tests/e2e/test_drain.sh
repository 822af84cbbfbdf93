#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# unregister refuses while somebody holds the algorithm; --drain moves all of them while they live, or puts all back; --force says what stays.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command cc python3 jq ip

name=$(unique d) other=$(unique o) ns=$(unique n) tool=$BUILD/tests/tools/connections n=200
[ -x "$tool" ] || skip "needs $tool: make fixtures"
in_ns() {
	ip netns exec "$ns" "$@"
}
default() {
	in_ns cat /proc/sys/net/ipv4/tcp_congestion_control
}
route() {
	ip -n "$ns" route show 10.9.0.0/16
}
algorithms() { # how many live sockets have which
	echo >&8
	read -r -t 20 -u 9 line || fail "the connections do not answer"
	jq -c .algorithms <<<"$line"
}

# misuse, and what cannot be drained
check_exit 2 "$CONGCTL" unregister x --to y
contains "$ERR" "--to goes with --drain"
check_exit 2 "$CONGCTL" unregister x --drain --force
contains "$ERR" "--drain and --force exclude each other"
for time in 10 -1s 1us 4294968s; do
	check_exit 2 "$CONGCTL" unregister x --drain --timeout "$time"
	contains "$ERR" "--timeout '$time' is not a time such as 10s"
done
if own=$(kernels_own); then
	check_exit 1 "$CONGCTL" unregister "$own" t_nobody --drain
	contains "$ERR" "'$own' is the kernel's own"
fi

ip netns add "$ns" || skip "no network namespaces here"
defer ip netns delete "$ns"
ip -n "$ns" link set lo up
ip -n "$ns" link add d0 type veth peer name d1 && ip -n "$ns" addr add 10.8.0.1/24 dev d0 && ip -n "$ns" link set d0 up ||
	skip "no veth here"
check_exit 0 "$CONGCTL" register "$OBJECTS/build_one.bpf.o" --as "$name"
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$other"
check_exit 1 "$CONGCTL" unregister "$name" --drain --to "$name"
contains "$ERR" "'$name' is what is to go"
check_exit 1 "$CONGCTL" unregister "$name" --drain --to no_such
contains "$ERR" "'no_such' is not registered"

# held by live sockets, a default, a route: refused, and nothing has changed
mkfifo "$TMP/in" "$TMP/answers"
in_ns "$tool" -n $n -a 10 -C "$name" <"$TMP/in" >"$TMP/answers" &
pid=$!
defer kill $pid
exec 8>"$TMP/in" 9<"$TMP/answers"
read -r -t 60 -u 9 _ || fail "the connections do not come about"
live=$((2 * n + 1))
before=$(default)
check_exit 0 "$CONGCTL" use -j "$name" --netns "$ns"
undo=$(jq -r .undo <<<"$OUT")
ip -n "$ns" route add 10.9.0.0/16 via 10.8.0.2 mtu 1300 congctl "$name"
check_exit 1 "$CONGCTL" unregister "$name"
contains "$ERR" "'$name' is held by $live sockets of $ns, the default of $ns, the route 10.9.0.0/16 in $ns: 'congctl use --undo "
contains "$ERR" "takes a choice back, --drain moves all of them elsewhere first, --force leaves them behind"
holds is_available "$name"

# a drain that cannot end: a socket that is not connected has it as well. All is put back
coproc HOLD { python3 -c "
import socket, sys
s = socket.socket()
s.setsockopt(6, 13, b'$name')
print('held', flush=True)
sys.stdin.read()"; }
holder=$HOLD_PID
defer kill "$holder"
read -r -t 10 -u "${HOLD[0]}" _ || fail "the socket cannot choose $name"
check_exit 1 "$CONGCTL" unregister "$name" --drain --to "$other" --timeout 2s
contains "$ERR" "'$name' has 1 users after 2000 ms"
equals "$(algorithms)" "{\"$name\":$live}"
equals "$(default)" "$name"
contains "$(route)" "congctl $name"
holds is_available "$name"
kill "$holder"
wait_until 10 eval '[ "$("$CONGCTL" list -j | jq --arg n "$name" ".algorithms[] | select(.name == \$n) | .users")" = $((live + 1)) ]'

# --to: all there is goes to the other
check_exit 0 "$CONGCTL" unregister -j "$name" --drain --to "$other"
equals "$(jq -c '[.unregistered[0] | .name, .users, .moved]' <<<"$OUT")" "[\"$name\",0,$live]"
holds not is_available "$name"
equals "$(algorithms)" "{\"$other\":$live}"
equals "$(default)" "$other"
contains "$(route)" "congctl $other"
contains "$(route)" "mtu 1300"

# and the choice that was made before can be taken back by the number it has
check_exit 0 "$CONGCTL" use --undo "$undo"
equals "$(default)" "$before"
in_ns tee /proc/sys/net/ipv4/tcp_congestion_control <<<"$other" >/dev/null

# without --to: to the namespace's default, and where that is it itself to one that all may have; locked routes as well
ip -n "$ns" route change 10.9.0.0/16 via 10.8.0.2 mtu 1300 congctl lock "$other"
check_exit 1 "$CONGCTL" unregister "$other" --force
contains "$ERR" "a route locks '$other'"
lacks "$ERR" "what stays behind"
equals "$OUT" ""
check_exit 1 "$CONGCTL" unregister "$other"
lacks "$ERR" "--force"
check_exit 0 "$CONGCTL" unregister "$other" --drain
holds not is_available "$other"
to=$(default)
case $to in cubic | reno) ;; *) fail "the default is $to" ;; esac
equals "$(algorithms)" "{\"$to\":$live}"
contains "$(route)" "congctl lock $to"

# a cgroup's and a port's rule go to the other as well, and back to none by the number they have
cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [ -n "$cgroups" ] && mkdir "$cgroups/$ns" 2>/dev/null; then
	defer rmdir "$cgroups/$ns"
	rule() { # the algorithm that the rule of the cgroup gives
		"$CONGCTL" users -j "$1" | jq -r --arg c "$ns" '.holders[] | select(.kind == "cgroup" and (.where | endswith($c))) | .kind'
	}
	check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$other"
	check_exit 0 "$CONGCTL" use -j "$other" --cgroup "$cgroups/$ns"
	undo=$(jq -r .undo <<<"$OUT")
	check_exit 1 "$CONGCTL" unregister "$other"
	contains "$ERR" "'$other' is held by the cgroup "
	contains "$ERR" "'congctl use --undo $undo' takes a choice back"
	check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$name"
	check_exit 0 "$CONGCTL" unregister "$other" --drain --to "$name"
	equals "$(rule "$name")" cgroup
	check_exit 0 "$CONGCTL" use --undo "$undo"
	equals "$(rule "$name")" ''
	check_exit 0 "$CONGCTL" unregister "$name"
fi

# a build that is swapped in meanwhile counts as well: a socket that chose it is not left behind
cat >"$TMP/swap.c" <<'C'
#include <dlfcn.h>
#include <stdlib.h>

int bpf_iter_create(int link)
{
	int (*real)(int link) = (int (*)(int link))dlsym(RTLD_NEXT, "bpf_iter_create");
	static int changed;

	if (!changed++ && system(getenv("CHANGE")))
		abort();
	return real(link);
}
C
cc -D_GNU_SOURCE -shared -fPIC -o "$TMP/swap.so" "$TMP/swap.c" -ldl || fail "cannot build swap.so"
check_exit 0 "$CONGCTL" register "$OBJECTS/build_one.bpf.o" --as "$name"
mkfifo "$TMP/choose" "$TMP/chosen"
python3 -c "import socket
open('$TMP/choose').read()
s = socket.socket()
s.setsockopt(6, 13, b'$name')
open('$TMP/chosen', 'w').close()
open('$TMP/choose').read()" &
chooser=$!
defer kill $chooser
check_exit 1 env LD_PRELOAD="$TMP/swap.so" CHANGE="LD_PRELOAD= '$CONGCTL' update $name '$OBJECTS/build_two.bpf.o' >'$TMP/change' &&
	: >'$TMP/choose' && : <'$TMP/chosen'" "$CONGCTL" unregister "$name" --drain --timeout 2s
contains "$ERR" "'$name' has 1 users after 2000 ms"
holds is_available "$name"
: >"$TMP/choose"
wait $chooser
check_exit 0 "$CONGCTL" unregister "$name" --drain

# --force: what stays behind is said, of each
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$other"
ip -n "$ns" route change 10.9.0.0/16 via 10.8.0.2 congctl "$other"
check_exit 0 "$CONGCTL" register "$OBJECTS/build_one.bpf.o" --as "$name"
in_ns tee /proc/sys/net/ipv4/tcp_congestion_control <<<"$name" >/dev/null
check_exit 0 "$CONGCTL" unregister -j "$other" "$name" --force
equals "$(jq -c '[.left[] | [.name, .holders[].kind]]' <<<"$OUT")" "[[\"$other\",\"route\"],[\"$name\",\"default\"]]"
equals "$(jq -c '[.unregistered[].name]' <<<"$OUT")" "[\"$other\",\"$name\"]"
in_ns tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
check_exit 0 "$CONGCTL" register "$OBJECTS/build_one.bpf.o" --as "$name"
in_ns tee /proc/sys/net/ipv4/tcp_congestion_control <<<"$name" >/dev/null
check_exit 0 "$CONGCTL" unregister "$name" --force
contains "$ERR" "what stays behind of $name:"
contains "$OUT" "default"
holds not is_available "$name"
check_exit 0 "$CONGCTL" users -j "$name"
equals "$(jq -c '[.holders[].kind]' <<<"$OUT")" '["default","old build"]'
in_ns tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null

exec 8>&-
wait $pid
equals $? 0
