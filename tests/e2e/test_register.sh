#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What is registered can be chosen by a socket, is all or none, and leaves nothing when it goes.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command python3 jq

# nothing below may register these; should it, they do not stay
defer "$CONGCTL" unregister t_good
defer "$CONGCTL" unregister t_for.eign

a=$(unique a) b=$(unique b)
mine() { # the algorithms of this test; others may come and go meanwhile
	tr ' ' '\n' <"$AVAILABLE" | grep -E "^t_($$_|good|for.eign)"
}

# a socket can choose it, and unregistering leaves no trace
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$a"
contains "$OUT" "$a"
equals "$ERR" ""
holds is_available "$a"
holds test -e "$PINS/$a"
holds python3 -c "import socket; socket.socket().setsockopt(6, 13, b'$a')"
check_exit 0 "$CONGCTL" unregister "$a"
holds not is_available "$a"
holds not test -e "$PINS/$a"
check_exit 1 python3 -c "import socket; socket.socket().setsockopt(6, 13, b'$a')"

# the same object twice under two names, each with its own tunables
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$a" --set tiny=7 --set middle=4294967295
check_exit 0 "$CONGCTL" register -j "$OBJECTS/good.bpf.o" --as "$b"
equals "$(jq -r '.registered[0].name' <<<"$OUT")" "$b"
check_exit 0 "$CONGCTL" info -j "$a"
equals "$(jq -c '[.registered, .non_restricted, (.tunables[] | .value)]' <<<"$OUT")" "[true,true,7,300,4294967295,5000000000]"
equals "$(jq -c '[.programs[] | .name] | sort' <<<"$OUT")" '["good_ssthresh","minimal_cong_avoid","minimal_undo_cwnd"]'
check_exit 0 "$CONGCTL" info -j "$b"
equals "$(jq -c '[.tunables[] | .value]' <<<"$OUT")" "[3,300,70000,5000000000]"
check_exit 0 "$CONGCTL" unregister "$b"

# a name that is taken: by us, by the kernel
check_exit 1 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$a"
equals "$ERR" "congctl: cannot register '$a': it is registered already: 'congctl unregister $a' first, or give another name with --as"
holds is_available "$a"
check_exit 1 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as reno
equals "$ERR" "congctl: cannot register 'reno': the name is the kernel's own: give another name with --as"

# all or none: the second of three cannot be had, so the first goes as well
before=$(mine)
unchanged() {
	equals "$(mine)" "$before"
}
for wrong in refused.bpf.o no_undo_cwnd.bpf.o missing.bpf.o; do
	check_exit 1 "$CONGCTL" register "$OBJECTS/good.bpf.o" "$OBJECTS/$wrong" "$OBJECTS/foreign.bpf.o"
	equals "$OUT" ""
	unchanged
done
# all or none, the last name taken: seen only when the first is registered already
renamed() { # a copy of good.bpf.o whose algorithm has the name $1
	python3 - "$OBJECTS/good.bpf.o" "$TMP/$1.bpf.o" "$1" <<-'PY'
	import sys
	old, new = b't_good'.ljust(16, b'\0'), sys.argv[3].encode().ljust(16, b'\0')
	data = open(sys.argv[1], 'rb').read()
	assert data.count(old) == 1 and len(new) == 16
	open(sys.argv[2], 'wb').write(data.replace(old, new))
	PY
	echo "$TMP/$1.bpf.o"
}
first=$(renamed "$b")
check_exit 1 "$CONGCTL" register "$first" "$(renamed "$a")"
contains "$ERR" "cannot register '$a': it is registered already"
unchanged

# all or none, the last pin impossible: the first is pinned already
last=$(unique z)
mkdir "$PINS/$last"
defer rmdir "$PINS/$last"
check_exit 1 "$CONGCTL" register "$first" "$(renamed "$last")"
contains "$ERR" "cannot pin '$last' at $PINS/$last: "
unchanged
holds not test -e "$PINS/$b"

# the same twice: that of one word the command line shows, that of two files only the files
check_exit 2 "$CONGCTL" register "$OBJECTS/good.bpf.o" "$OBJECTS/good.bpf.o"
equals "$ERR" "congctl: '$OBJECTS/good.bpf.o' is given twice: 'congctl register -h' shows the usage"
check_exit 1 "$CONGCTL" register "$OBJECTS/good.bpf.o" "$OBJECTS/./good.bpf.o"
equals "$ERR" "congctl: 't_good' is given twice: name each algorithm once"

# names, before any file is looked at
for name in 'a-b' 'a b' 'a.b' 'a/b'; do
	check_exit 2 "$CONGCTL" register "$OBJECTS/missing.bpf.o" --as "$name"
	contains "$ERR" "congctl: the name '$name' contains '${name:1:1}': the kernel takes letters, digits and _ only"
done
check_exit 2 "$CONGCTL" register "$OBJECTS/missing.bpf.o" --as sixteen_letters_
equals "$ERR" "congctl: the name 'sixteen_letters_' is 16 characters long: the kernel takes at most 15: 'congctl register -h' shows the usage"
check_exit 2 "$CONGCTL" register "$OBJECTS/missing.bpf.o" --as 'naïve'
contains "$ERR" "the name 'naïve' is not ASCII"

# tunables
check_exit 1 "$CONGCTL" register "$OBJECTS/good.bpf.o" --set huge=1
equals "$ERR" "congctl: 't_good' has no tunable 'huge': it has tiny, small, middle, large"
check_exit 2 "$CONGCTL" register "$OBJECTS/good.bpf.o" --set small=5 --set tiny=5 --set small=6
equals "$ERR" "congctl: 'small' is given twice: 'congctl register -h' shows the usage"
for word in small =5 small= =; do
	check_exit 2 "$CONGCTL" register "$OBJECTS/missing.bpf.o" --set "$word"
	equals "$ERR" "congctl: --set '$word' is not TUNABLE=VALUE: 'congctl register -h' shows the usage"
done
for value in 12abc -1 +1 1.5 0x10 ' 1'; do
	check_exit 1 "$CONGCTL" register "$OBJECTS/good.bpf.o" --set small="$value"
	equals "$ERR" "congctl: '$value' is not a value for tunable 'small' of 't_good': give a decimal number from 1 to 65535"
done
for value in 0 65536 18446744073709551616; do
	check_exit 1 "$CONGCTL" register "$OBJECTS/good.bpf.o" --set small=$value
	equals "$ERR" "congctl: $value is out of range for tunable 'small' of 't_good': give 1 to 65535"
done
check_exit 1 "$CONGCTL" register -j "$OBJECTS/good.bpf.o" --set small=0
equals "$ERR" ""
contains "$(jq -r .error <<<"$OUT")" "0 is out of range for tunable 'small'"
unchanged

# five at once, in a second of CPU at most: 0.1 s is usual
children_ticks() { # of CPU, by what this shell has waited for
	local stat
	read -ra stat <"/proc/$$/stat"
	echo $((stat[15] + stat[16]))
}
five=()
for i in 1 2 3 4 5; do
	five+=("$(renamed "$(unique "m$i")")")
done
before=$(children_ticks)
check_exit 0 "$CONGCTL" register "${five[@]}"
ticks=$(($(children_ticks) - before))
for i in 1 2 3 4 5; do
	holds is_available "$(unique "m$i")"
done
[ $ticks -lt "$(getconf CLK_TCK)" ] || fail "five objects took $ticks ticks of CPU, a second's allowed"
# shellcheck disable=SC2046 # names
check_exit 0 "$CONGCTL" unregister $(for i in 1 2 3 4 5; do unique "m$i"; done)
check_exit 0 "$CONGCTL" unregister "$a"
lacks "$(cat "$AVAILABLE")" "t_$$_"
