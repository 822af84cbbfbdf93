#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Objects that were not written for congctl: several algorithms in one, either section; and what another tool registered.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command python3 jq bpftool

a=$(unique a) b=$(unique b) one=$(unique 1) two=$(unique 2)

# a copy of object $1 with its names changed, each OLD NEW
renamed() {
	local from=$1 to=$TMP/$2.bpf.o
	shift 2
	python3 - "$OBJECTS/$from.bpf.o" "$to" "$@" <<-'PY'
	import sys
	data = open(sys.argv[1], 'rb').read()
	for old, new in zip(sys.argv[3::2], sys.argv[4::2]):
	    old, new = old.encode().ljust(16, b'\0'), new.encode().ljust(16, b'\0')
	    assert data.count(old) == 1 and len(new) == 16
	    data = data.replace(old, new)
	open(sys.argv[2], 'wb').write(data)
	PY
	echo "$to"
}

# --- several in one object ---------------------------------------------------------------------------------------
pair=$(renamed two pair t_one "$one" t_two "$two")
check_exit 0 "$CONGCTL" info -j "$pair"
equals "$(jq -c '[.algorithms[].name]' <<<"$OUT")" "[\"$one\",\"$two\"]"
check_exit 0 "$CONGCTL" check -j "$pair"
equals "$(jq -c '[.algorithms[] | [.name, (.programs | map(select(.verified_insns > 0)) | length)]]' <<<"$OUT")" "[[\"$one\",3],[\"$two\",3]]"
holds not is_available "$one"
check_exit 0 "$CONGCTL" check -j "$pair#$two"
equals "$(jq -r .name <<<"$OUT")" "$two"

check_exit 0 "$CONGCTL" register "$pair"
holds is_available "$one"
holds is_available "$two"
for name in "$one" "$two"; do
	holds python3 -c "import socket; socket.socket().setsockopt(6, 13, b'$name')"
done
check_exit 0 "$CONGCTL" unregister "$one"
holds is_available "$two"

# all or none: the second name is taken
check_exit 1 "$CONGCTL" register "$pair"
contains "$ERR" "cannot register '$two': it is registered already"
holds not is_available "$one"
check_exit 0 "$CONGCTL" unregister "$two"

# one of them, by name
check_exit 0 "$CONGCTL" register "$pair#$two" --as "$a"
holds is_available "$a"
lacks "$(cat "$AVAILABLE")" "$one"
check_exit 1 "$CONGCTL" register "$pair" --as "$b"
equals "$ERR" "congctl: '$pair' holds 2 algorithms: --as names one, add #NAME to the file, such as $pair#$one"
check_exit 1 "$CONGCTL" register "$pair#nobody"
equals "$ERR" "congctl: '$pair' has no algorithm 'nobody': it has $one, $two"
check_exit 1 "$CONGCTL" check "$TMP/none.bpf.o#$one"
contains "$ERR" "no file '$TMP/none.bpf.o'"
check_exit 1 "$CONGCTL" register "$pair" "$pair#$one"
equals "$ERR" "congctl: '$one' is given twice: name each algorithm once"
check_exit 0 "$CONGCTL" unregister "$a"

# in a catalogue each goes by the name that list shows, whatever the file is called
mkdir "$TMP/catalogue"
cp "$pair" "$OBJECTS/empty.bpf.o" "$TMP/catalogue"
: >"$TMP/catalogue/broken.bpf.o"
contains "$(CONGCTL_ALGORITHMS=$TMP/catalogue "$CONGCTL" list)" "$two"
check_exit 0 env CONGCTL_ALGORITHMS="$TMP/catalogue" "$CONGCTL" register -j "$two"
equals "$(jq -c '[.registered[] | [.name, .file]]' <<<"$OUT")" "[[\"$two\",\"$TMP/catalogue/pair.bpf.o\"]]"
check_exit 0 "$CONGCTL" unregister "$two"
check_exit 1 env CONGCTL_ALGORITHMS="$TMP/catalogue" "$CONGCTL" register "${two}x"
equals "$ERR" "congctl: no algorithm '${two}x' in $TMP/catalogue: 'congctl list' shows what there is"

# in two sections: as libbpf is able
if "$CONGCTL" check "$OBJECTS/both_sections.bpf.o" >"$TMP/out" 2>"$TMP/err"; then
	contains "$(cat "$TMP/out")" t_linked
else
	contains "$(cat "$TMP/err")" "has algorithms in both .struct_ops and .struct_ops.link: this libbpf (v1."
fi

# --- what another tool registered --------------------------------------------------------------------------------
origin() {
	"$CONGCTL" list -j | jq -r ".algorithms[] | select(.name == \"$1\") | .origin"
}

# plainly, by bpftool
check_exit 0 bpftool struct_ops register "$(renamed good plain t_good "$a")"
equals "$(origin "$a")" foreign
check_exit 0 "$CONGCTL" set "$a.tiny=8"
check_exit 0 "$CONGCTL" adopt -j "$a"
equals "$(jq -c .adopted <<<"$OUT")" "[{\"name\":\"$a\"}]"
equals "$(origin "$a")" congctl
holds test -e "$PINS/$a"
equals "$("$CONGCTL" get -j "$a.tiny" | jq '.tunables[0].value')" 8
check_exit 1 "$CONGCTL" adopt "$a"
equals "$ERR" "congctl: '$a' is congctl's already: there is nothing to adopt"
check_exit 0 "$CONGCTL" unregister "$a"
holds not is_available "$a"

# through a link that is pinned elsewhere, whose pin goes
elsewhere=/sys/fs/bpf/tu_elsewhere_$$
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$b"
defer rm -f "$elsewhere"
holds mv "$PINS/$b" "$elsewhere"
equals "$(origin "$b")" foreign
check_exit 0 "$CONGCTL" adopt "$b"
rm "$elsewhere"
equals "$(origin "$b")" congctl
holds python3 -c "import socket; socket.socket().setsockopt(6, 13, b'$b')"
check_exit 0 "$CONGCTL" unregister "$b"

# one whose name has a pin still, of a registration that was taken from it: what was noted of that one is not true of this one
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$b"
check_exit 0 bpftool link detach pinned "$PINS/$b"
wait_until 10 not is_available "$b"
check_exit 0 bpftool struct_ops register "$(renamed good plain t_good "$b")"
holds test -L "$PINS/~files/$b"
check_exit 0 "$CONGCTL" adopt "$b"
holds not test -L "$PINS/~files/$b"
check_exit 0 "$CONGCTL" unregister "$b"

# what cannot be adopted
check_exit 1 "$CONGCTL" adopt "$b"
equals "$ERR" "congctl: '$b' is not registered: 'congctl list' shows what is, 'congctl register' loads it from a file"
check_exit 1 "$CONGCTL" adopt reno
equals "$ERR" "congctl: 'reno' is the kernel's own: only what was registered through BPF can be adopted"
check_exit 0 bpftool struct_ops register "$(renamed good plain t_good "$a")"
mkdir "$PINS" 2>/dev/null
mkdir "$PINS/$a"
defer rmdir "$PINS/$a"
check_exit 1 "$CONGCTL" adopt "$a"
contains "$ERR" "congctl: cannot adopt '$a': nothing can be pinned at $PINS/$a: "
holds is_available "$a"
check_exit 1 setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$CONGCTL" adopt "$a"
contains "$ERR" "no privilege to look for '$a' in the kernel: run it as root or give it CAP_SYS_ADMIN"
rmdir "$PINS/$a"
check_exit 0 "$CONGCTL" unregister "$a"
