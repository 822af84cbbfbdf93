#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# list tells what the kernel has and whose it is; unregister takes only what can be taken.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command python3 jq setpriv

name=$(unique x)
row() { # what list says about $1, as JSON
	"$CONGCTL" -j | jq -c --arg n "$1" '.algorithms[] | select(.name == $n)'
}

# the kernel's own and its default
equals "$(row reno | jq -r .origin)" kernel
default=$(cat /proc/sys/net/ipv4/tcp_congestion_control)
equals "$(row "$default" | jq .is_default)" true
same() {
	[ "$("$CONGCTL")" = "$("$CONGCTL" list)" ]
}
wait_until 20 same # others may register between the two

# the catalogue: a file, a broken file, and its name without "bpf_"
mkdir "$TMP/catalogue"
cp "$OBJECTS/good.bpf.o" "$TMP/catalogue/good.bpf.o"
head -c 1000 "$OBJECTS/good.bpf.o" >"$TMP/catalogue/half.bpf.o"
export CONGCTL_ALGORITHMS=$TMP/catalogue
equals "$(row t_good | jq -c '[.origin, .status, .users, .map_id]')" '["catalogue","tested",null,null]'
equals "$(row t_good | jq -r .file)" "$TMP/catalogue/good.bpf.o"
equals "$(row bpf_half | jq -r .status)" broken
contains "$(row bpf_half | jq -r .title)" "is cut short"

# registered: ours, and its users counted
check_exit 0 "$CONGCTL" register good --as "$name"
equals "$(row "$name" | jq -c '[.origin, .users, .allowed, .title]')" \
	'["congctl",0,true,"A \"good\" one, with a comma and two literals"]'
cat >"$TMP/hold.py" <<'PY'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[2]))]
for s in held:
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, sys.argv[1].encode())
print("held", flush=True)
sys.stdin.read()
PY
mkfifo "$TMP/end"
python3 "$TMP/hold.py" "$name" 3 <"$TMP/end" >"$TMP/held" &
holder=$!
exec 9>"$TMP/end"
defer kill $holder
wait_until 10 grep -q held "$TMP/held"
equals "$(row "$name" | jq .users)" 3

# unregistered while used, which has to be forced: the sockets keep it, the name is free again
check_exit 1 "$CONGCTL" unregister "$name"
contains "$ERR" "'$name' is held by 3 sockets not connected"
holds is_available "$name"
check_exit 0 "$CONGCTL" unregister --force "$name"
contains "$ERR" "$name stays with 3 users: a connection until it ends"
holds not is_available "$name"
check_exit 0 "$CONGCTL" register good --as "$name"
equals "$(row "$name" | jq .users)" 0
check_exit 0 "$CONGCTL" unregister "$name"
exec 9>&-
wait $holder

# foreign: registered by a process that never heard of congctl
python3 - "$OBJECTS/good.bpf.o" "$TMP/foreign.bpf.o" "$(unique f)" <<'PY'
import sys
data = open(sys.argv[1], 'rb').read()
open(sys.argv[2], 'wb').write(data.replace(b't_good'.ljust(16, b'\0'), sys.argv[3].encode().ljust(16, b'\0')))
PY
if bpftool struct_ops register "$TMP/foreign.bpf.o" >/dev/null 2>&1; then # bpftool is not on every machine
	equals "$(row "$(unique f)" | jq -r .origin)" foreign
	check_exit 1 "$CONGCTL" register good --as "$(unique f)"
	contains "$ERR" "it is registered already, by something else (struct_ops map "
	check_exit 0 "$CONGCTL" unregister "$(unique f)"
	holds not is_available "$(unique f)"
fi

# a name with a dot, which bpffs does not take
defer "$CONGCTL" unregister t_for.eign
check_exit 0 "$CONGCTL" register "$OBJECTS/foreign.bpf.o"
holds test -e "$PINS/t_for+eign"
equals "$(row t_for.eign | jq -c '[.origin, .title]')" '["congctl",null]'
check_exit 0 "$CONGCTL" unregister t_for.eign
holds not is_available t_for.eign

# the way back is the way in: a name stands for that with bpf_ before it
stem=u$$
defer "$CONGCTL" unregister "bpf_$stem"
check_exit 0 "$CONGCTL" register good --as "bpf_$stem"
check_exit 1 "$CONGCTL" unregister "$stem" "bpf_$stem"
equals "$ERR" "congctl: 'bpf_$stem' is given twice: name each algorithm once"
check_exit 0 "$CONGCTL" unregister -j "$stem"
equals "$(jq -r '.unregistered[0].name' <<<"$OUT")" "bpf_$stem"
holds not is_available "bpf_$stem"

# what cannot be unregistered; one wrong name and nothing is done
check_exit 0 "$CONGCTL" register good --as "$name"
if own=$(kernels_own); then
	check_exit 1 "$CONGCTL" unregister "$name" "$own" t_nobody
	equals "$ERR" "congctl: '$own' is the kernel's own: only what was registered through BPF can be unregistered"
fi
check_exit 1 "$CONGCTL" unregister "$name" t_nobody
equals "$ERR" "congctl: 't_nobody' is not registered: 'congctl list' shows what is"
check_exit 2 "$CONGCTL" unregister "$name" "$name"
equals "$ERR" "congctl: '$name' is given twice: 'congctl unregister -h' shows the usage"
holds is_available "$name"

# without CAP_SYS_ADMIN: what is known is listed, the users are not
check_exit 0 setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$CONGCTL" -j
equals "$(jq -c '.algorithms[] | select(.name == "reno") | [.origin, .users]' <<<"$OUT")" '["unknown",null]'
equals "$(jq -c --arg n "$name" '.algorithms[] | select(.name == $n) | .users' <<<"$OUT")" null
chmod 755 "$TMP"
cp "$CONGCTL" "$TMP/congctl"
check_exit 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/congctl" list
contains "$OUT" "$name"
check_exit 1 setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/congctl" unregister "$name"
contains "$ERR" "no privilege to look for '$name' in the kernel: run it as root or give it CAP_SYS_ADMIN"
holds is_available "$name"

# one's own pin is enough to unregister: no CAP_SYS_ADMIN; but then nobody can tell who holds it
check_exit 1 setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$CONGCTL" unregister "$name"
contains "$ERR" "no privilege to see who holds '$name': run it as root or give it CAP_SYS_ADMIN, or --force"
holds is_available "$name"
check_exit 0 setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$CONGCTL" unregister -j --force "$name"
equals "$(jq -c .unregistered <<<"$OUT")" "[{\"name\":\"$name\",\"users\":null,\"moved\":0}]"
holds not is_available "$name"

# the command itself
check_exit 2 "$CONGCTL" frobnicate
equals "$ERR" "congctl: no command 'frobnicate': 'congctl -h' shows what there is"
check_exit 2 "$CONGCTL" frobnicate -j
equals "$(jq -r .error <<<"$OUT")" "no command 'frobnicate': 'congctl -h' shows what there is"
check_exit 0 "$CONGCTL" -h
contains "$OUT" "unregister"
# an empty word, such as a variable that is not set, is never taken for anything
for words in 'use x --from' 'use x --cgroup' 'use x --default --netns' 'use --undo' 'register x --as' 'unregister x --drain --to'; do
	# shellcheck disable=SC2086 # words
	check_exit 2 "$CONGCTL" $words ''
	equals "$ERR" "congctl: option '--${words##*--}' is empty: 'congctl ${words%% *} -h' shows the usage"
done
for verb in info check register unregister get users adopt update rollback apply explain; do
	check_exit 2 "$CONGCTL" $verb ''
	equals "$ERR" "congctl: '$verb' is given an empty word: 'congctl $verb -h' shows the usage"
done
# the option that is wrong, also among letters that are not; what it is said as
check_exit 2 "$CONGCTL" list -xd
equals "$ERR" "congctl: no option '-x': 'congctl list -h' shows the usage"
check_exit 2 "$CONGCTL" list --frob
equals "$ERR" "congctl: no option '--frob': 'congctl list -h' shows the usage"
for json in -dj -xj --js; do
	check_exit "$([ $json = -xj ] && echo 2 || echo 0)" "$CONGCTL" list $json
	told . "$TMP/out"
	equals "$ERR" ""
done
check_exit 1 "$CONGCTL" info -- -j
contains "$ERR" "congctl: no algorithm '-j' in "
# before the command, where ip and bpftool have them
check_exit 0 "$CONGCTL" -j list
told '.algorithms | length > 0' "$TMP/out"
check_exit 2 "$CONGCTL" -d -j unregister
equals "$(jq -r .error <<<"$OUT")" "'unregister' needs NAME...: 'congctl unregister -h' shows the usage"
for words in '-h use' 'help use'; do
	# shellcheck disable=SC2086 # words
	check_exit 0 "$CONGCTL" $words
	equals "$OUT" "$("$CONGCTL" use -h)"
done
check_exit 2 "$CONGCTL" -d frobnicate
equals "$ERR" "congctl: no command 'frobnicate': 'congctl -h' shows what there is"
for verb in list info check register unregister; do
	check_exit 0 "$CONGCTL" $verb -h
	contains "$OUT" "usage: congctl $verb"
	equals "$ERR" ""
done
if [ -c /dev/full ]; then
	full() { # congctl ARGUMENT... with nowhere to write to
		check_exit 1 bash -c '"$@" >/dev/full' bash "$CONGCTL" "$@"
		equals "$(tail -n 1 <<<"$ERR")" "congctl: cannot write the output: No space left on device$told"
	}
	told=''
	for words in '' -h -V 'info good' '-j list'; do
		# shellcheck disable=SC2086 # words
		full $words
	done
	# in JSON too, what failed is told all the same
	for json in '' -j; do
		# shellcheck disable=SC2086 # none or one
		check_exit 1 bash -c '"$@" >/dev/full' bash "$CONGCTL" users t_nobody $json
		equals "$(head -n 1 <<<"$ERR")" "congctl: 't_nobody' is not registered, and nobody has it: 'congctl list' shows what is"
	done
	# what was to be changed is changed, and that is told
	told=': what was asked for is done all the same'
	for json in '' -j; do
		# shellcheck disable=SC2086 # none or one
		{
			full $json register good --as "$name"
			holds is_available "$name"
			full $json set "$name.small=77"
			equals "$("$CONGCTL" get -j "$name.small" | jq .tunables[0].value)" 77
			full $json unregister "$name"
			holds not is_available "$name"
		}
	done
fi
