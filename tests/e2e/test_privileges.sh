#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every command without the privilege it needs says which one is missing, in one sentence, and changes nothing: as nobody, with CAP_BPF
# and CAP_PERFMON only, with CAP_NET_ADMIN only, as root of a user namespace, and where no bpf file system can be had.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command jq capsh setpriv unshare

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

# --- five ways to lack something -----------------------------------------------------------------------------------------------
nobody() {
	capsh --drop=all --user=nobody --shell="$TMP/bin/congctl" -- "$@"
}
only() { # CAP,CAP COMMAND...
	local caps=$1
	shift
	capsh --keep=1 --user=nobody --inh="$caps" --addamb="$caps" --shell="$TMP/bin/congctl" -- "$@"
}
bpf() {
	only cap_bpf,cap_perfmon "$@"
}
net_admin() {
	only cap_net_admin "$@"
}
user_namespace() {
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare -U -r "$TMP/bin/congctl" "$@"
}
no_bpffs() {
	unshare -m --propagation private bash -c 'umount /sys/fs/bpf || exit 99
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
	check_exit 1 "$way" "$1" -j "${@:2}"
	equals "$(jq -r .error <<<"$OUT")" "${ERR:+}$(jq -r .error <<<"$OUT")"
	[[ $(jq -r .error <<<"$OUT") == *"$sentence" ]] || fail "$way: $1 -j: $OUT"
	equals "$ERR" ""
	untouched
}
# first what loading needs, then what looking needs
refused_load() {
	refused "$1" "${load[$1]:-${look[$1]}}" "${@:2}"
}
refused_look() {
	refused "$1" "${look[$1]}" "${@:2}"
}
untouched() {
	is_available "$there" || fail "gone after: ${FUNCNAME[*]} $ERR $OUT $(cat /proc/sys/net/ipv4/tcp_available_congestion_control)"
	holds not is_available "$new"
	equals "$("$CONGCTL" get -j "$there" | jq -c '[.. | .value? // empty][0]')" "3"
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
}
works() {
	check_exit 0 "$@"
	untouched
}
each works list
each works info cubic
each works info "$good"
each refused_look info "$there"
each refused_look get "$there"
each refused_look set "$there.tiny=4"
each refused_look unregister "$there"
each refused_look save
each refused_load update "$there" "$good"
each refused_load rollback "$there"
each refused_load adopt "$there"
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
