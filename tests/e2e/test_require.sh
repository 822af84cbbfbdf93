#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A machine that cannot take algorithms is told so by the first thing it lacks; what congctl can mend itself it mends.
# Each case has its own mount namespace, where something is taken away.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command unshare setpriv jq
unshare -m true 2>/dev/null || skip "needs a mount namespace"

away() { # in a mount namespace of its own: $1 prepares it, the rest runs
	unshare -m --propagation private bash -c "$1"' || exit 99; shift; exec "$@"' away "$@"
}

# no bpf file system: mounted where that is allowed, else the command that does it
check_exit 0 away 'umount /sys/fs/bpf' bash -c "'$CONGCTL' check '$OBJECTS/good.bpf.o' && mountpoint -q /sys/fs/bpf"
check_exit 1 away 'umount /sys/fs/bpf' setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$CONGCTL" check "$OBJECTS/good.bpf.o"
equals "$ERR" "congctl: no bpf file system at /sys/fs/bpf: 'mount -t bpf bpf /sys/fs/bpf' as root"

# nobody can hold it up for ever by a lock on the directory that it is to be mounted at
check_exit 0 away 'umount /sys/fs/bpf' bash -c "
	coproc LOCK { exec setpriv --reuid 65534 --regid 65534 --clear-groups flock -o /sys/fs/bpf sh -c 'echo locked; exec sleep 30'; }
	read -r -t 10 -u \"\${LOCK[0]}\" _ || exit 98
	timeout 20 '$CONGCTL' check '$OBJECTS/good.bpf.o' && mountpoint -q /sys/fs/bpf
	code=\$?
	kill \$LOCK_PID
	exit \$code"

# registered there, it is gone with the file system: nothing was written anywhere else
name=$(unique m)
check_exit 0 away 'umount /sys/fs/bpf' bash -c "'$CONGCTL' register '$OBJECTS/good.bpf.o' --as $name && grep -qw $name $AVAILABLE"
wait_until 10 not is_available "$name"

# but not where it goes with this very command, as under 'ip netns exec': that would not be registered at all
ns=$(unique s)
if ip netns add "$ns" 2>/dev/null; then
	defer ip netns del "$ns"
	printf 'algorithms: [{register: "%s", as: %s}]\n' "$OBJECTS/good.bpf.o" "$name" >"$TMP/policy.yaml"
	for words in "register $OBJECTS/good.bpf.o --as $name" "apply $TMP/policy.yaml" save; do
		# shellcheck disable=SC2086 # words
		check_exit 1 ip netns exec "$ns" "$CONGCTL" $words
		equals "$ERR" "congctl: no bpf file system at /sys/fs/bpf that stays: use 'nsenter --net' instead of 'ip netns exec', or 'mount -t bpf bpf /sys/fs/bpf' as root"
		holds not is_available "$name"
	done
	check_exit 0 ip netns exec "$ns" "$CONGCTL" check "$OBJECTS/good.bpf.o"
	check_exit 0 nsenter --net=/run/netns/"$ns" "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$name"
	check_exit 1 ip netns exec "$ns" "$CONGCTL" adopt "$name"
	contains "$ERR" "no bpf file system at /sys/fs/bpf that stays"
	check_exit 0 "$CONGCTL" unregister "$name"
fi

# one that cannot be written to: that is said, and nothing is half done
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$name"
read_only='mount --bind /sys/fs/bpf /sys/fs/bpf && mount -o remount,ro,bind /sys/fs/bpf'
for words in "unregister $name" "unregister --force $name" "unregister --drain $name" "update $name $OBJECTS/good.bpf.o" \
	"register $OBJECTS/good.bpf.o --as $(unique n)" "use $name --port 7779"; do
	# shellcheck disable=SC2086 # words
	check_exit 1 away "$read_only" "$CONGCTL" $words
	contains "$ERR" "Read-only file system: 'mount -o remount,rw /sys/fs/bpf' as root"
	holds is_available "$name"
	holds test -e "$PINS/$name"
done
check_exit 1 away "$read_only" "$CONGCTL" doctor -j
equals "$(jq -r '.findings[] | select(.what == "bpf file system") | .remedy' <<<"$OUT")" "'mount -o remount,rw /sys/fs/bpf' as root"
check_exit 0 "$CONGCTL" unregister "$name"

# no BTF
if [ ! -e "/boot/vmlinux-$(uname -r)" ]; then # libbpf would look there next
	check_exit 1 away 'mount -t tmpfs none /sys/kernel/btf' "$CONGCTL" check "$OBJECTS/good.bpf.o"
	equals "$ERR" "congctl: this kernel has no /sys/kernel/btf/vmlinux: use one built with CONFIG_DEBUG_INFO_BTF"
fi

# root of a user namespace is not root of the kernel
if unshare -U -r true 2>/dev/null; then
	check_exit 1 unshare -U -r "$CONGCTL" check "$OBJECTS/good.bpf.o"
	contains "$ERR" "congctl: no privilege to load BPF programs: in a user namespace of its own capabilities do not count for BPF: "
fi
