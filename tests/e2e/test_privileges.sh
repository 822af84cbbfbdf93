#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every command without the privilege it needs says which one is missing, in one sentence, and changes nothing: as nobody, with CAP_BPF
# and CAP_PERFMON only, with CAP_NET_ADMIN only, as root of a user namespace, and where no bpf file system can be had.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command jq capsh setpriv unshare nsenter ip

# nobody has to be able to read it
chmod 755 "$TMP"
mkdir "$TMP/bin"
cp "$CONGCTL" "$TMP/bin/congctl"
cp -r "$ALGORITHMS" "$TMP/bin/algorithms"
good=$TMP/good.bpf.o
cp "$OBJECTS/good.bpf.o" "$good"
chmod -R a+rX "$TMP/bin" "$good"
there=$(unique there) new=$(unique new)
check_exit 0 "$CONGCTL" register "$good" --as "$there"
printf 'algorithms:\n  - {register: %s, as: %s}\n' "$good" "$new" >"$TMP/policy.yaml"
chmod a+r "$TMP/policy.yaml"

# a network namespace and a cgroup to choose for
ns=$(unique ns | tr _ -)
holds ip netns add "$ns"
defer ip netns del "$ns"
holds ip -n "$ns" link set lo up
holds ip -n "$ns" route add 10.77.0.0/16 dev lo
inside=(nsenter "--net=/run/netns/$ns") # `ip netns exec` would hide the pins
default=$("${inside[@]}" cat /proc/sys/net/ipv4/tcp_congestion_control) route=$("${inside[@]}" ip route)
cgroups=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/self/mounts)
holds mkdir "$cgroups/$ns"
defer rmdir "$cgroups/$ns"

# --- five ways to lack something -----------------------------------------------------------------------------------------------
nobody() {
	"${inside[@]}" capsh --drop=all --user=nobody --shell="$TMP/bin/congctl" -- "$@"
}
only() { # CAP,CAP COMMAND...
	local caps=$1
	shift
	"${inside[@]}" capsh --keep=1 --user=nobody --inh="$caps" --addamb="$caps" --shell="$TMP/bin/congctl" -- "$@"
}
bpf() {
	only cap_bpf,cap_perfmon "$@"
}
net_admin() {
	only cap_net_admin "$@"
}
user_namespace() {
	"${inside[@]}" setpriv --reuid 65534 --regid 65534 --clear-groups unshare -U -r "$TMP/bin/congctl" "$@"
}
no_bpffs() {
	"${inside[@]}" unshare -m --propagation private bash -c 'umount /sys/fs/bpf || exit 99
		exec setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$@"' private "$TMP/bin/congctl" "$@"
}
ways=(nobody bpf net_admin no_bpffs)
setpriv --reuid 65534 --regid 65534 --clear-groups unshare -U -r true 2>/dev/null && ways+=(user_namespace)

# lacking WAY: what it needs to load an algorithm, to look at what runs, to pin
declare -A load=(
	[nobody]="CAP_BPF and CAP_PERFMON are missing, run it as root or give it CAP_BPF and CAP_PERFMON"
	[net_admin]="CAP_BPF and CAP_PERFMON are missing, run it as root or give it CAP_BPF and CAP_PERFMON"
	[no_bpffs]="no bpf file system at /sys/fs/bpf: 'mount -t bpf bpf /sys/fs/bpf' as root"
	[user_namespace]="in a user namespace of its own capabilities do not count for BPF: run it in the initial one"
	[bpf]=''
)
declare -A look=(
	[nobody]="run it as root or give it CAP_SYS_ADMIN"
	[net_admin]="run it as root or give it CAP_SYS_ADMIN"
	[bpf]="run it as root or give it CAP_SYS_ADMIN"
	[no_bpffs]="run it as root or give it CAP_SYS_ADMIN"
	[user_namespace]="in a user namespace of its own capabilities do not count for BPF: run it in the initial one"
)

# refused WAY SENTENCE COMMAND...: exit 1, one sentence with the remedy on stderr; with -j the same as JSON
refused() {
	local way=$1 sentence=$2
	shift 2
	check_exit 1 "$way" "$@"
	equals "$way: $* | $OUT" "$way: $* | "
	[[ $ERR == "congctl: "*"$sentence" ]] || fail "$way: $*"$'\n'"got:    $ERR"$'\n'"wanted: $sentence"
	equals "$(wc -l <<<"$ERR")" 1
	[ "$way" = nobody ] || return 0
	check_exit 1 "$way" "$1" -j "${@:2}"
	[[ $(jq -r .error <<<"$OUT") == *"$sentence" ]] || fail "$way: $1 -j: $OUT"
	equals "$ERR" ""
}
# first what loading needs, then what looking needs
refused_load() {
	refused "$1" "${load[$1]:-${look[$1]}}" "${@:2}"
}
refused_look() {
	refused "$1" "${look[$1]}" "${@:2}"
}
untouched() {
	is_available "$there" || fail "after $*: $there is gone: $(cat "$AVAILABLE")"
	holds not is_available "$new"
	equals "$("$CONGCTL" get -j "$there.tiny" | jq '.tunables[0].value')" 3
	equals "$("${inside[@]}" cat /proc/sys/net/ipv4/tcp_congestion_control)" "$default"
	equals "$("${inside[@]}" ip route)" "$route"
	equals "$("$CONGCTL" users -j "$there" | jq -c '[.holders[] | select(.kind != "sockets")]')" "[]"
}

# --- every command ---------------------------------------------------------------------------------------------------------------
declare -A tested=()
each() { # HOW COMMAND...
	local how=$1 way
	shift
	tested[$1]=1
	for way in "${ways[@]}"; do
		"$how" "$way" "$@"
	done
	untouched "$@"
}
works() {
	check_exit 0 "$@"
}
each works list
each works info cubic
each works info "$good"
each refused_look info "$there"
each refused_look get "$there"
each refused_look set "$there.tiny=4"
each refused_look unregister "$there"
each refused_look unregister --drain "$there"
each refused_look unregister --force "$there"
each refused_look users "$there"
each refused_look adopt "$there"
each refused_look save
each refused_load update "$there" "$good"
each refused_load rollback "$there"
each refused_load apply "$TMP/policy.yaml"
each refused_load apply --dry-run "$TMP/policy.yaml"

# loading without pinning: CAP_BPF and CAP_PERFMON do
check() {
	if [ "$1" = bpf ]; then
		works "$@"
	else
		refused "$1" "${load[$1]}" "${@:2}"
	fi
}
each check check "$good"
# and pinning takes the owner of the bpf file system
register() {
	refused "$1" "${load[$1]:-only its owner may write there: run it as root or give it CAP_DAC_OVERRIDE}" "${@:2}"
}
each register register "$good" --as "$new"

# a choice is recorded, so that it can be undone: that takes the same
use() {
	local elsewhere=''
	# a default and a route take no program, only the record does
	[[ $1 != nobody || "$*" != *--@(default|netns|prefix)* ]] || elsewhere="no privilege to record the choice: run it as root or give it CAP_BPF and CAP_NET_ADMIN"
	[[ $1 != net_admin || "$*" != *--@(default|netns|prefix)* ]] || elsewhere="no privilege to record the choice: run it as root or give it CAP_BPF"
	[ "$1" != no_bpffs ] || elsewhere="'mount -t bpf bpf /sys/fs/bpf' as root"
	refused "$1" "${elsewhere:-${load[$1]:-only its owner may write there: run it as root or give it CAP_DAC_OVERRIDE}}" "${@:2}"
}
each use use "$there" --default
each use use "$there" --netns "$ns"
each use use "$there" --cgroup "$cgroups/$ns"
each use use "$there" --prefix 10.77.0.0/16
each use use "$there" --port 7777
each use use "$there" --pid $$
each use use "$there" --from reno

# the owner of the bpf file system may register with these two; routes and cgroups take CAP_NET_ADMIN
owner() {
	"${inside[@]}" setpriv --bounding-set -all,+bpf,+perfmon "$TMP/bin/congctl" "$@"
}
check_exit 0 owner register "$good" --as "$new"
check_exit 0 "$CONGCTL" unregister "$new"
refused owner "no privilege to change the route 10.77.0.0/16: run it as root or give it CAP_NET_ADMIN" use "$there" --prefix 10.77.0.0/16
refused owner "run it as root or give it CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN" use "$there" --cgroup "$cgroups/$ns"
refused owner "run it as root or give it CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN" use "$there" --port 7777
untouched owner

# and so may another than the owner of it, with the capability that the sentence asks for
check_exit 0 "$CONGCTL" register "$good" --as "$new"
check_exit 0 only cap_bpf,cap_perfmon,cap_sys_admin,cap_dac_override unregister "$new"
holds not is_available "$new"

# another's process cannot be looked into; one's own connections can
explain() {
	local way=$1
	shift
	if [ "$way" = no_bpffs ]; then
		refused "$way" "'ss -tnp' shows what it has" "$@"
	elif [ "$way" = user_namespace ]; then
		refused "$way" "it is of another user namespace, or a security module guards it: do it where that process is at home" "$@"
	else
		refused "$way" "no privilege to look into process $$: run it as root or give it CAP_SYS_PTRACE" "$@"
	fi
}
each explain explain $$:999
sockets() {
	refused "$1" "'ss -tn' shows what there is" "${@:2}"
}
each sockets explain 127.0.0.1:1 127.0.0.1:2

# the check-up names all of it
doctor() {
	local way=$1 wanted
	shift
	check_exit "$([ "$way" = bpf ] && echo 0 || echo 1)" "$way" "$@" -j
	case $way in
	nobody | net_admin) wanted='"CAP_BPF","CAP_PERFMON"' ;;
	bpf) wanted='' ;;
	no_bpffs) wanted='"bpf file system"' ;;
	user_namespace) wanted='"user namespace"' ;;
	esac
	equals "$way: $(jq -c '[.. | objects | select(.verdict? == "fail") | .what]' <<<"$OUT")" "$way: [$wanted]"
	equals "$(jq '[.. | objects | select(.verdict? == "fail" and .remedy == null)] | length' <<<"$OUT")" 0
}
each doctor doctor

for verb in $("$CONGCTL" -h | sed -n 's/^  \([a-z]\+\)  .*/\1/p'); do
	[ -n "${tested[$verb]:-}" ] || fail "'$verb' is a command without a test of its privileges"
done
