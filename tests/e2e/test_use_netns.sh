#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A namespace's default: set, restored, never a restricted algorithm in any but the first; and everything that is misuse.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/use.sh"
needs_struct_ops
needs_command python3 jq ip setpriv

a=se_$$_a b=se_$$_b r=se_$$_r
two_namespaces
for name in "$a" "$b"; do
	check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$name"
	defer "$CONGCTL" unregister "$name"
done
check_exit 0 "$CONGCTL" register aimd --as "$r"
defer "$CONGCTL" unregister "$r"

default() {
	ip netns exec "$1" cat /proc/sys/net/ipv4/tcp_congestion_control
}
inside() { # in the namespace, with this mount namespace's /sys
	nsenter --net=/run/netns/"$c" "$@"
}
ip netns exec "$c" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
ip netns exec "$s" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null

# by name, by path, by pid, and one's own
used "$a" --netns "$c"
first=$UNDO
told '.moved == 0' "$TMP/out"
equals "$(default "$c") $(default "$s")" "$a reno"
connects "$a reno no-ecn" 10.77.0.2 7711 --client "$c" --server "$s"
used "$b" --netns "/run/netns/$c"
second=$UNDO
equals "$(default "$c")" "$b"
refused 1 "the network namespace has '$b' by now, not '$a': 'congctl use --undo $second' first, a later choice" --undo "$first"
undone "$second"
equals "$(default "$c")" "$a"
undone "$first"
equals "$(default "$c")" reno
check_exit 0 inside "$CONGCTL" use -j "$b" --default
UNDO=$(jq -r .undo "$TMP/out")
equals "$(default "$c")" "$b"
undone "$UNDO"
ip netns exec "$c" sleep 60 &
sleeper=$!
defer kill "$sleeper"
wait_until 10 test "/proc/$sleeper/ns/net" -ef "/run/netns/$c"
used "$a" --netns "$sleeper"
equals "$(default "$c")" "$a"

# the same again: nothing to undo
check_exit 0 "$CONGCTL" use "$a" --netns "$c"
contains "$ERR" "nothing to do: it is so already"
# somebody else put back what was there: undoing is done
ip netns exec "$c" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
undone "$UNDO"
equals "$(default "$c")" reno
# changed by somebody else: it stays so, and the record is of no use to anybody
used "$a" --netns "$c"
ip netns exec "$c" tee /proc/sys/net/ipv4/tcp_congestion_control <<<"$b" >/dev/null
refused 1 "the network namespace has '$b' by now, not '$a': it has been changed since and stays so, and $UNDO is forgotten" --undo "$UNDO"
equals "$(default "$c")" "$b"
holds not recorded "$UNDO"
ip netns exec "$c" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null

# a namespace that is gone takes its record along: told when it is undone, swept by the next choice
temporary() { # $there: a namespace with the default $a
	there=se_$$_x
	ip netns add "$there" && defer ip netns del "$there"
	ip netns exec "$there" tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
	used "$a" --netns "$there"
}
is_gone() {
	"$CONGCTL" doctor | grep -q "$1, the choice of .*: its network namespace is gone"
}
temporary
ip netns del "$there"
wait_until 10 is_gone "$UNDO"
gone "$UNDO" "its network namespace"
temporary
ip netns del "$there"
wait_until 10 is_gone "$UNDO"
check_exit 0 "$CONGCTL" use reno --netns "$c"
holds not recorded "$UNDO"
# one that only a mount or a file descriptor keeps is not gone
temporary
touch "$TMP/mounted"
holds mount --bind "/run/netns/$there" "$TMP/mounted"
defer umount "$TMP/mounted"
ip netns del "$there"
check_exit 0 "$CONGCTL" use reno --netns "$c"
holds recorded "$UNDO"
check_exit 0 "$CONGCTL" users -j "$a"
told ".holders == [{kind: \"default\", where: \"$TMP/mounted\", sockets: 0}]" "$TMP/out"
exec 7<"$TMP/mounted"
umount -l "$TMP/mounted"
check_exit 0 "$CONGCTL" use reno --netns "$c"
# before 6.18 nobody can tell
if recorded "$UNDO"; then
	undone "$UNDO"
	equals "$(nsenter --net=/proc/$$/fd/7 cat /proc/sys/net/ipv4/tcp_congestion_control)" reno
fi
exec 7<&-

# a kernel that has no handles of namespaces, before 6.18: what neither a process nor a mount has is gone, if all processes are in sight
cat >"$TMP/older.c" <<'C'
#include <errno.h>

int name_to_handle_at(int directory, const char *path, void *handle, int *mount, int flags)
{
	errno = EOPNOTSUPP;
	return -1;
}
C
if cc -shared -fPIC -o "$TMP/older.so" "$TMP/older.c" 2>/dev/null; then
	older() {
		env LD_PRELOAD="$TMP/older.so" "$@"
	}
	for way in mounted process; do
		temporary
		if [ $way = mounted ]; then
			mount --bind "/run/netns/$there" "$TMP/mounted"
		else
			ip netns exec "$there" sleep 60 &
			sleeper=$!
			defer kill "$sleeper"
			wait_until 10 test "/proc/$sleeper/ns/net" -ef "/run/netns/$there"
		fi
		ip netns del "$there"
		check_exit 0 older "$CONGCTL" use reno --netns "$c"
		holds recorded "$UNDO"
		check_exit 1 older unshare -p -f --mount-proc --propagation private sh -c 'umount "$2"; exec "$1" use --undo "$3"' sh "$CONGCTL" "$TMP/mounted" "$UNDO"
		contains "$ERR" "cannot reach its network namespace, which may be there or gone: run it as root and in the first PID namespace"
		holds recorded "$UNDO"
		if [ $way = mounted ]; then
			umount "$TMP/mounted"
		else
			kill "$sleeper"
			wait "$sleeper"
		fi
		check_exit 0 older "$CONGCTL" use reno --netns "$c"
		holds not recorded "$UNDO"
	done
fi

# who may not enter another namespace does not take it for gone
confined() {
	nsenter --net=/run/netns/"$s" setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$@"
}
for kernel in this older; do
	preload=
	[ $kernel = this ] || preload=$TMP/older.so
	[ -z "$preload" ] || [ -e "$preload" ] || continue
	used "$a" --netns "$c"
	other=$UNDO
	check_exit 0 confined env LD_PRELOAD="$preload" "$CONGCTL" use -j "$b" --default
	own=$(jq -r .undo "$TMP/out")
	defer "$CONGCTL" use --undo "$own"
	holds recorded "$other"
	check_exit 1 confined env LD_PRELOAD="$preload" "$CONGCTL" use --undo "$other"
	contains "$ERR" "cannot reach its network namespace, which may be there or gone"
	holds recorded "$other"
	undone "$own"
	undone "$other"
done

# nobody but root can hold the lock
coproc LOCK { exec setpriv --reuid 65534 --regid 65534 --clear-groups flock -o /sys/fs/bpf sh -c 'echo locked; exec sleep 60'; }
defer kill "$LOCK_PID"
read -r -t 10 -u "${LOCK[0]}" _ || fail "no lock"
used "$a" --netns "$c"
equals "$(stat -c '%a %u' "$PINS/~undo")" "700 0"
undone "$UNDO"
kill "$LOCK_PID"
# in a bpf file system of its own: a directory that others can open is no lock, nor one in a directory of another's
elsewhere() {
	check_exit 1 unshare -m --propagation private sh -c 'mount -t bpf bpf /sys/fs/bpf && eval "$1" && shift && exec "$@"' sh "$1" \
		"$CONGCTL" use "$a" --netns "$c"
	equals "$ERR" "congctl: $PINS/~undo or the directory it is in may be changed by others: look at who made it and remove it"
	equals "$(default "$c")" reno
}
elsewhere "mkdir -p -m 755 $PINS/~undo"
elsewhere "mkdir -p $PINS && mkdir -m 700 $PINS/~undo && chown 65534 $PINS/~undo"
elsewhere "mkdir -p $PINS/theirs && chown 65534 $PINS"
elsewhere "mkdir -p $PINS/theirs && chmod 777 $PINS"

# a restricted one is never written
check_exit 1 "$CONGCTL" use "$r" --netns "$c"
equals "$ERR" "congctl: '$r' is restricted, so it cannot be the default of a network namespace other than the first: add it to net.ipv4.tcp_allowed_congestion_control of the first, or build it with .flags = TCP_CONG_NON_RESTRICTED"
equals "$(default "$c")" reno
check_exit 1 inside "$CONGCTL" use "$r" --default
contains "$ERR" "'$r' is restricted"
check_exit 0 "$CONGCTL" list -j
told ".algorithms[] | select(.name == \"$r\") | .users == 0" "$TMP/out" # no reference leaked

# refused
refused 1 "no network namespace 'se_$$_none': 'ip netns' and 'lsns -t net' show what there is" "$a" --netns "se_$$_none"
refused 1 "no process '4294967' and no network namespace of that name: 'ip netns' and 'lsns -t net' show what there is" "$a" --netns 4294967
refused 1 "'/etc/passwd' is not a network namespace: give a name of 'ip netns', a path or a pid" "$a" --netns /etc/passwd
refused 1 "'/proc/self/ns/mnt' is not a network namespace: give a name of 'ip netns', a path or a pid" "$a" --netns /proc/self/ns/mnt
check_exit 1 "$CONGCTL" use se_none --netns "$c"
contains "$ERR" "no algorithm 'se_none': there are reno"
contains "$ERR" "$a"
mkdir "$TMP/catalogue"
cp "$ALGORITHMS/aimd.bpf.o" "$TMP/catalogue/se_stem.bpf.o"
check_exit 1 env CONGCTL_ALGORITHMS="$TMP/catalogue" "$CONGCTL" use se_stem --netns "$c"
equals "$ERR" "congctl: 'se_stem' is not registered: 'congctl register se_stem' first"
refused 1 "nothing to undo has the number '4294967295': 'congctl use' says it when it changes something" --undo 4294967295
check_exit 1 ip netns exec "$c" "$CONGCTL" use "$a" --default
contains "$ERR" "use 'nsenter --net' instead of 'ip netns exec'"
check_exit 1 setpriv --reuid=65534 --clear-groups --bounding-set=-all "$CONGCTL" use "$a" --netns "$c"
contains "$ERR" "no privilege"
equals "$(default "$c")" reno

# misuse: one selection, no more, no less
usage="'congctl use -h' shows the usage"
scopes="--default, --netns, --cgroup, --prefix, --port, --pid, --from"
refused 2 "no selection: give one of $scopes: $usage" "$a"
refused 2 "two selections at once: give one of $scopes: $usage" "$a" --default --port 80
refused 2 "two selections at once: give one of $scopes: $usage" "$a" --netns "$c" --cgroup /
refused 2 "--lock is for --prefix alone: $usage" "$a" --port 80 --lock
refused 2 "'use' needs a NAME: $usage" --default
refused 2 "--undo stands alone: $usage" "$a" --undo 1

# values that do not parse: before the algorithm is looked for, and whoever asks
for id in ../x 12x -1 18446744073709551616; do
	refused 2 "--undo '$id' is not a number: give the one that 'congctl use' said: $usage" --undo="$id"
done
for pid in 0 x 1x 1073741825; do
	refused 2 "'$pid' is not a pid: give the number of a process: $usage" se_none --pid $pid
done
check_exit 2 setpriv --reuid=65534 --clear-groups --bounding-set=-all "$CONGCTL" use se_none --port 0
equals "$ERR" "congctl: '0' is not a port: give a number from 1 to 65535: $usage"
