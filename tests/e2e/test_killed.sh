#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Commands killed (SIGKILL) after each of their steps and at random moments: the old state or the new one, never half, nothing left
# behind; of those that move live sockets some may be moved and others not, each is wholly on one, and the command run again completes.
#
#	[TIMES=200] [SEED=NUMBER] tests/e2e/test_killed.sh [CASE...]
#
# TIMES: how many random moments for each case; from 100 each of the steps as well, else one in seven. A step is a call that changes
# something, such as bpf_obj_pin() or rename().
# In a mount namespace with a bpf file system of its own: there is nothing of congctl's in it but what the test makes.
if [ "${1-}" != inside ] && [ "$(id -u)" = 0 ]; then
	exec unshare --mount --propagation private "$0" inside "$@"
fi
shift
. "$(dirname "$0")/lib.sh"
needs_root
needs_command bpftool cc ip jq nsenter python3 unshare
mount -t bpf bpf /sys/fs/bpf || skip "no bpf file system can be mounted"
needs_struct_ops

TIMES=${TIMES:-3} SEED=${SEED:-$$} STEPS_MAX=400 STRIDE=1
[ "$TIMES" -ge 100 ] || STRIDE=7
ns=$(unique n) x=$(unique x) y=$(unique y) tool=$BUILD/tests/tools/connections
one=$OBJECTS/build_one.bpf.o two=$OBJECTS/build_two.bpf.o
DEFAULT=/proc/sys/net/ipv4/tcp_congestion_control
ln -s "$CONGCTL" "$TMP/congctl" # a name by which the test's own processes are found

# --- the victim ----------------------------------------------------------------------------------------------------------------

# kills the command after the step STEP; a process of its own that the command makes counts on
cat >"$TMP/step.c" <<'C'
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

struct opts;
static pid_t victim;
static long left;

__attribute__((constructor)) static void begin(void)
{
	victim = getpid();
	left = atol(getenv("STEP"));
}

static void step(void)
{
	int error = errno;

	if (!--left)
		kill(victim, SIGKILL);
	errno = error;
}

#define STEP(type, function, parameters, ...)                                                                          \
	type function parameters                                                                                       \
	{                                                                                                              \
		type(*real) parameters = (type(*) parameters)dlsym(RTLD_NEXT, #function);                              \
		type ret = real(__VA_ARGS__);                                                                          \
                                                                                                                       \
		step();                                                                                                \
		return ret;                                                                                            \
	}

STEP(int, bpf_obj_pin, (int fd, const char *path), fd, path)
STEP(int, bpf_link_create, (int prog, int target, int type, const struct opts *opts), prog, target, type, opts)
STEP(int, bpf_link_update, (int link, int prog, const struct opts *opts), link, prog, opts)
STEP(int, bpf_link_detach, (int link), link)
STEP(int, bpf_map_update_elem, (int fd, const void *key, const void *value, unsigned long long flags), fd, key, value, flags)
STEP(int, bpf_map_delete_elem, (int fd, const void *key), fd, key)
STEP(int, bpf_iter_create, (int link), link)
STEP(int, rename, (const char *from, const char *to), from, to)
STEP(int, unlink, (const char *path), path)
STEP(int, rmdir, (const char *path), path)
STEP(int, mkdir, (const char *path, mode_t mode), path, mode)
STEP(int, symlink, (const char *to, const char *path), to, path)
STEP(ssize_t, send, (int fd, const void *data, size_t n, int flags), fd, data, n, flags)
STEP(ssize_t, sendto, (int fd, const void *data, size_t n, int flags, const void *to, unsigned int len), fd, data, n, flags, to, len)
STEP(ssize_t, write, (int fd, const void *data, size_t n), fd, data, n)
C
cc -D_GNU_SOURCE -shared -fPIC -o "$TMP/step.so" "$TMP/step.c" -ldl || fail "cannot build step.so"

inside() { # in the test's network namespace; `ip netns exec` would hide the pins
	nsenter --net="/run/netns/$ns" "$@"
}
at_rest() { # a process that goes on when the command is killed is at its end
	! grep -qsa "^${TMP}[/]congctl" /proc/[0-9]*/cmdline
}
start_victim() { # no subshell: $victim is congctl
	"$@" nsenter --net="/run/netns/$ns" "$TMP/congctl" "${command[@]}" >"$TMP/victim.out" 2>"$TMP/victim.err" &
	victim=$!
}
end_victim() { # its exit code is in $code
	wait $victim 2>/dev/null
	code=$?
	wait_until 20 at_rest
}
killed_at_step() {
	start_victim env LD_PRELOAD="$TMP/step.so" STEP="$1"
	end_victim
}
killed_after() { # microseconds
	start_victim
	sleep "$(printf '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000)))"
	kill -9 $victim 2>/dev/null
	end_victim
}
complete() { # run the command, unharmed; how long it takes is in $took_us
	local start
	start=$(date +%s%N)
	start_victim
	wait $victim
	code=$?
	took_us=$((($(date +%s%N) - start) / 1000))
	[ $code = 0 ] || fail "$case: exit $code: $(cat "$TMP/victim.err")"
	wait_until 20 at_rest
}

# --- the state -----------------------------------------------------------------------------------------------------------------

declare -A label # of struct_ops maps, by id: builds are known by what they were before the command; what is new is N
set_label() {
	[ -z "$1" ] || label[$1]=$2
}
running() { # id of the map of the algorithm $1
	"$CONGCTL" list -j | jq --arg n "$1" '.algorithms[] | select(.name == $n) | .map_id'
}
former() {
	bpftool -j map show pinned "$PINS/~previous/$1" 2>/dev/null | jq .id
}
relabel() {
	local id
	for id in $(grep -oE 'map=[0-9]+' <<<"$1" | cut -d= -f2 | sort -un); do
		sed -E "s/map=$id( |$)/map=${label[$id]-N}\1/" <<<"$1" >"$TMP/state"
		set -- "$(cat "$TMP/state")"
	done
	echo "$1"
}
# All that a command of this test can leave: what is registered, every pin, every build in the kernel, default, routes, chosen rules
raw_state() {
	local pin
	inside "$CONGCTL" list -j | jq -r '.algorithms[] | select(.name | startswith("t_'$$'_")) | "\(.name) \(.origin) map=\(.map_id)"'
	find /sys/fs/bpf -mindepth 1 ! -name '*.debug' | sort | while read -r pin; do
		case $pin in
		*/~previous/*+*) echo "pin $pin $(readlink "$pin")" ;;
		*/~previous/*) echo "pin $pin map=$(bpftool -j map show pinned "$pin" | jq .id) " ;;
		*/~files/*) echo "pin $pin $(readlink "$pin")" ;;
		*) sed -E 's,/~(undo|rules)/[0-9]+,/~\1/ID,; s/^/pin /' <<<"$pin" ;;
		esac
	done
	bpftool -j struct_ops dump | jq -r '[.[] | .bpf_map_info.id // .bpf_struct_ops_tcp_congestion_ops.data.name] |
		[range(0; length; 2) as $i | "build \(.[$i + 1]) map=\(.[$i])"] | .[] | select(startswith("build t_'$$'_"))'
	echo "default $(inside cat $DEFAULT)"
	inside ip route show
	inside "$CONGCTL" save | grep -v '^ *#'
}
state() {
	local all
	all=$(relabel "$(raw_state 2>/dev/null)")
	grep -v '^build ' <<<"$all"
	grep '^build ' <<<"$all" | sort # by label, not by number
}
users() { # of all builds of $1: sockets, the default, the link
	bpftool -j struct_ops dump | jq --arg n "$1" '[.[] | .bpf_struct_ops_tcp_congestion_ops | select(.data.name == $n) | .common.refcnt.refs.counter] | add'
}

users_of_former() {
	bpftool -j struct_ops dump | jq --arg n "$1" --argjson r "$(running "$1")" '[range(0; length; 2) as $i |
		select(.[$i].bpf_map_info.id != $r) | .[$i + 1].bpf_struct_ops_tcp_congestion_ops |
		select(.data.name == $n) | .common.refcnt.refs.counter] | add // 0'
}

# --- live connections ----------------------------------------------------------------------------------------------------------

connect() { # 50 connections of the algorithm $1: 101 sockets with the listener
	mkfifo "$TMP/in" "$TMP/answers"
	inside "$tool" -n 50 -a 10 -C "$1" <"$TMP/in" >"$TMP/answers" &
	connections=$!
	defer kill $connections
	exec 8>"$TMP/in" 9<"$TMP/answers"
	read -r -t 60 -u 9 || fail "the connections do not come about"
	sockets=101
}
ask() {
	echo >&8
	read -r -t 20 -u 9 line || fail "the connections do not answer"
	echo "$line" >"$TMP/said"
	told '.resets == 0 and .corrupted == 0' "$TMP/said"
}
disconnect() {
	exec 8>&-
	wait $connections
	equals $? 0
	exec 9<&-
	rm "$TMP/in" "$TMP/answers"
}

# --- cases: begin_CASE sets `command`, reset_CASE makes the old state; between_CASE STATE: is it what a killed one may leave that
# --- is neither? whole_CASE: is all moved in the new one? ------------------------------------------------------------------------

begin_register() {
	command=(register "$OBJECTS/good.bpf.o" --as "$x" --set small=7)
}
reset_register() {
	! is_available "$x" || check_exit 0 "$CONGCTL" unregister "$x"
}
end_register() {
	reset_register
}

begin_several() {
	local i
	several=()
	for i in 1 2 3; do
		several+=("$(unique "s$i")")
		good_as "${several[-1]}" "$TMP/$i.bpf.o"
	done
	command=(register "$TMP/1.bpf.o" "$TMP/2.bpf.o" "$TMP/3.bpf.o")
}
reset_several() {
	! is_available "${several[0]}" || check_exit 0 "$CONGCTL" unregister "${several[@]}"
}
end_several() {
	reset_several
}

begin_update() { # build one runs, build two was before
	command=(update "$x" "$two")
	check_exit 0 "$CONGCTL" register "$two" --as "$x"
	check_exit 0 "$CONGCTL" update "$x" "$one"
	inside tee $DEFAULT <<<"$x" >/dev/null
	set_label "$(running "$x")" A
}
reset_update() {
	local now
	now=$(running "$x")
	[ "${label[$now]-}" = A ] || check_exit 0 "$CONGCTL" rollback "$x" "$@"
	now=$(running "$x")
	equals "${label[$now]-}" A
	label=([$now]=A)
	set_label "$(former "$x")" F
}
whole_update() { # the default is of the build that runs
	[ "$(users_of_former "$x")" = 0 ]
}
end_update() {
	inside tee $DEFAULT <<<reno >/dev/null
	check_exit 0 "$CONGCTL" unregister "$x"
}

begin_again() { # the build that runs already: build one was before, and stays the former one
	command=(update "$x" "$two")
	check_exit 0 "$CONGCTL" register "$one" --as "$x"
	check_exit 0 "$CONGCTL" update "$x" "$two"
	inside tee $DEFAULT <<<"$x" >/dev/null
}
reset_again() {
	label=()
	set_label "$(running "$x")" A
	set_label "$(former "$x")" F
}
whole_again() {
	whole_update
}
end_again() {
	end_update
}

begin_migrate() { # as begin_update, with live connections
	begin_update
	command+=(--migrate)
	connect "$x"
	all=$(users "$x")
}
reset_migrate() {
	reset_update --migrate
	wait_until 10 eval '[ "$(users "$x")" = $all ]'
	ask
}
between_migrate() { # the swap is done; some sockets are moved, others not: both builds have users and nobody else
	local now=$1
	[ "$(sed -E '/^build .* map=F$/d' <<<"$now")" = "$(sed -E '/^build .* map=F$/d' <<<"$new_state")" ] && [ "$(users "$x")" -ge "$all" ]
}
whole_migrate() {
	[ "$(users_of_former "$x") $(users "$x")" = "0 $all" ]
}
end_migrate() {
	disconnect
	end_update
}

begin_rollback() { # build one runs with all the connections; two was before
	begin_migrate
	command=(rollback "$x" --migrate)
}
reset_rollback() {
	reset_migrate
}
between_rollback() { # as in a migration; its mark says that it is to go on
	local now=$1
	[ "$(grep -v '/~previous/~~' <<<"$now")" = "$new_state" ] && [ -e "$PINS/~previous/~~$x" ] && [ "$(users "$x")" -ge "$all" ]
}
whole_rollback() {
	whole_migrate
}
end_rollback() {
	end_migrate
}

begin_drain() { # a default, a route, live connections
	command=(unregister "$x" --drain --to "$y")
	check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$y"
	check_exit 0 "$CONGCTL" register "$one" --as "$x"
	inside ip route replace 10.9.0.0/16 dev lo mtu 1300 congctl "$x"
	inside tee $DEFAULT <<<reno >/dev/null
	check_exit 0 inside "$CONGCTL" use -j "$x" --default
	undo=$(jq -r .undo <<<"$OUT")
	connect "$x"
}
reset_drain() {
	local id
	if ! is_available "$x"; then
		check_exit 0 inside "$CONGCTL" use --undo "$undo"
		equals "$(inside cat $DEFAULT)" reno
		check_exit 0 "$CONGCTL" register "$one" --as "$x"
		inside ip route replace 10.9.0.0/16 dev lo mtu 1300 congctl "$x"
		check_exit 0 inside "$CONGCTL" use -j "$x" --default
		undo=$(jq -r .undo <<<"$OUT")
		check_exit 0 inside "$CONGCTL" use -j "$x" --from "$y"
		id=$(jq -r .undo <<<"$OUT")
		equals "$(jq -r .moved <<<"$OUT")" $sockets
		rm "$PINS/~undo/$id" "$PINS/~undo/$id+sockets"
	fi
	label=()
	set_label "$(running "$x")" A
	set_label "$(running "$y")" Y
	ask
	equals "$(jq -c .algorithms "$TMP/said")" "{\"$x\":$sockets}"
}
between_drain() { # still registered; the default and the route are of one or the other, and so is each socket
	is_available "$x" || return 1
	case $(inside cat $DEFAULT) in "$x" | "$y") ;; *) return 1 ;; esac
	inside ip route show | grep -qE "^10.9.0.0/16 .*congctl ($x|$y)" || return 1
	ask
	[ "$(jq --arg x "$x" --arg y "$y" '.algorithms | (.[$x] // 0) + (.[$y] // 0)' "$TMP/said")" = $sockets ]
}
whole_drain() {
	ask
	[ "$(jq -c .algorithms "$TMP/said")" = "{\"$y\":$sockets}" ]
}
end_drain() {
	disconnect
	inside ip route del 10.9.0.0/16
	check_exit 0 inside "$CONGCTL" use --undo "$undo"
	check_exit 0 "$CONGCTL" unregister "$x" "$y"
}

begin_apply() { # registered, updated, set, unregistered; a default, a route, a port
	local side
	for side in a b; do
		cp "$([ $side = a ] && echo "$one" || echo "$two")" "$TMP/$side.bpf.o"
		cat >"$TMP/$side.yaml" <<-P
		algorithms:
		  - {register: $OBJECTS/good.bpf.o, as: $(unique $side), set: {small: 7}}
		  - {register: $OBJECTS/good.bpf.o, as: $x, set: {small: $([ $side = a ] && echo 8 || echo 9)}}
		  - {register: $TMP/$side.bpf.o, as: $y}
		selections:
		  - {use: $(unique $side), default: yes}
		  - {use: $(unique $side), prefix: 10.9.0.0/16}
		  - {use: $x, port: $([ $side = a ] && echo 47811 || echo 47812)}
		P
	done
	inside ip route replace 10.9.0.0/16 dev lo mtu 1300
	inside tee $DEFAULT <<<reno >/dev/null
	for side in a b a; do
		check_exit 0 inside "$CONGCTL" apply --prune "$TMP/$side.yaml"
	done
	command=(apply --prune "$TMP/b.yaml")
}
reset_apply() {
	check_exit 0 inside "$CONGCTL" apply --prune "$TMP/a.yaml"
	label=()
	set_label "$(running "$(unique a)")" A
	set_label "$(running "$x")" X
}
end_apply() {
	echo '{}' >"$TMP/empty.yaml"
	check_exit 0 inside "$CONGCTL" apply --prune "$TMP/empty.yaml"
	inside ip route del 10.9.0.0/16
}

# --- the loop ------------------------------------------------------------------------------------------------------------------

# Where did it come to rest? One letter is added to $ended: old, new, between.
judge() {
	local now deadline=$((SECONDS + 10))
	until now=$(state) && { [ "$now" = "$old_state" ] || [ "$now" = "$new_state" ] || $between "$now"; }; do
		[ $SECONDS -lt $deadline ] || fail "$case $1: neither old nor new:"$'\n'"$(diff <(echo "$old_state") <(echo "$now"))"$'\n'"--- from the new one:"$'\n'"$(diff <(echo "$new_state") <(echo "$now"))"
		sleep 0.02
	done
	[ "$now" = "$new_state" ] && ! $between "$now" && { ended+=n; wait_until 10 is_new; return; }
	[ "$now" = "$old_state" ] && ended+=o || ended+=b
	complete
	[ "${ended: -1}" = b ] || whole_us=$(((3 * whole_us + took_us) / 4)) # the machine may be busier by now
	wait_until 10 is_new
}
is_new() {
	[ "$(state)" = "$new_state" ] && $whole
}
tally() {
	echo "$case, $1: $(tr -dc o <<<"$ended" | wc -c) old, $(tr -dc n <<<"$ended" | wc -c) new, $(tr -dc b <<<"$ended" | wc -c) between"
	ended=''
}
run_case() {
	local i
	case=$1 ended='' between=false whole=true
	! declare -F "between_$case" >/dev/null || between=between_$case
	! declare -F "whole_$case" >/dev/null || whole=whole_$case
	label=()
	"begin_$case"
	"reset_$case"
	old_state=$(state)
	complete
	whole_us=$took_us
	new_state=$(state)
	[ "$old_state" != "$new_state" ] || fail "$case changes nothing"
	RANDOM=$SEED
	for ((i = 1 + RANDOM % STRIDE; i <= STEPS_MAX; i += STRIDE)); do
		"reset_$case"
		killed_at_step $i
		[ "$code" = 137 ] || break
		judge "at step $i"
	done
	equals "$code" 0
	tally "killed after $([ $STRIDE = 1 ] && echo each || echo "one in $STRIDE") of $((i - 1)) steps, seed $SEED"
	for ((i = 0; i < TIMES; i++)); do
		"reset_$case"
		killed_after $(((RANDOM * 32768 + RANDOM) % (whole_us + whole_us / 10)))
		judge "at random moment $i"
	done
	tally "killed at $TIMES random moments of $whole_us us, seed $SEED"
	"reset_$case"
	"end_$case"
	equals "$(find /sys/fs/bpf -mindepth 1 ! -name '*.debug')" ''
	wait_until 10 eval 'not grep -q "^build" <<<"$(raw_state)"'
}

ip netns add "$ns" || skip "no network namespaces here"
defer ip netns del "$ns"
defer inside tee $DEFAULT <<<reno
ip -n "$ns" link set lo up
[ $# -gt 0 ] || set -- register several update again migrate rollback drain apply
for case in "$@"; do
	declare -F "begin_$case" >/dev/null || fail "no case '$case'"
done
for case in "$@"; do
	run_case "$case"
done
