#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A tunable of a running algorithm is read and changed in its unit, and what does not fit changes nothing.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command python3 jq setpriv

a=$(unique a) b=$(unique b)
value() { # NAME.TUNABLE
	"$CONGCTL" get -j "$1" | jq -r ".tunables[0].value // .error"
}

# --- units, both ways --------------------------------------------------------------------------------------------
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$a" --set small=12pkts --set middle=100ms
check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$b"
check_exit 0 "$CONGCTL" get -j "$a"
equals "$(jq -c '[.tunables[] | [.tunable, .value, .means]]' <<<"$OUT")" \
	'[["tiny",3,"3"],["small",12,"12 pkts"],["middle",100000,"100 ms"],["large",5000000000,"5.00 Gbit/s"]]'
check_exit 0 "$CONGCTL" set -j "$a.middle=1.5s" "$b.large=100mbit" "$b.tiny=9"
equals "$(jq -c '[.set[] | [.name, .tunable, .was, .value, .means, .effect]]' <<<"$OUT")" \
	"[[\"$a\",\"middle\",100000,1500000,\"1.50 s\",\"next round\"],[\"$b\",\"large\",5000000000,100000000,\"100 Mbit/s\",\"new connections\"],[\"$b\",\"tiny\",3,9,\"9\",\"next ack\"]]"
equals "$(value "$a.middle") $(value "$b.middle") $(value "$b.large") $(value "$a.large")" "1500000 70000 100000000 5000000000"

# --- refused: nothing changed, not even the assignments that were right ------------------------------------------
before=$("$CONGCTL" get "$a" "$b")
refused() { # SENTENCE ASSIGNMENT...
	local sentence=$1
	shift
	check_exit 1 "$CONGCTL" set "$@"
	equals "$OUT" ""
	contains "$ERR" "congctl: $sentence"
	equals "$(wc -l <<<"$ERR")" 1
	equals "$("$CONGCTL" get "$a" "$b")" "$before"
}
refused "256 is out of range for tunable 'tiny' of '$a': give 0 to 255" "$a.tiny=256"
refused "1ms, which is 1000, is out of range for tunable 'middle' of '$a': give 70000 to 4294967295, which is 70.0 ms to 4295 s" "$a.middle=1ms"
refused "1ns is too little for tunable 'middle' of '$a', which counts whole us" "$a.middle=1ns"
refused "'100mbit' is not a value for tunable 'middle' of '$a': give a decimal number from 70000 to 4294967295, or a time such as 10ms" "$a.middle=100mbit"
refused "'10ms' is not a value for tunable 'small' of '$a': give a decimal number from 1 to 65535" "$a.small=10ms"
refused "'-1' is not a value for tunable 'large'" "$a.large=-1"
refused "'$a' has no tunable 'huge': it has tiny, small, middle, large" "$a.huge=1"
refused "0 is out of range for tunable 'small' of '$b'" "$a.tiny=1" "$b.tiny=2" "$b.small=0"
refused "'9x' is not a value for tunable 'small' of '$b': give a decimal number from 1 to 65535" "$a.tiny=1" "$b.tiny=2" "$b.small=9x"
refused "'$b' has no tunable 'huge': it has tiny, small, middle, large" "$a.tiny=1" "$b.huge=1"
refused "'t_nobody' is not registered: 'congctl list' shows what is" "$a.tiny=1" t_nobody.tiny=1
! own=$(kernels_own) || refused "'$own' is the kernel's own: " "$a.tiny=1" "$own.tiny=1"
check_exit 1 "$CONGCTL" get "$a.huge"
contains "$ERR" "'$a' has no tunable 'huge': 'congctl info $a' shows which it has"
for word in "$a." .tiny .; do
	check_exit 2 "$CONGCTL" get "$a" "$word"
	equals "$ERR" "congctl: '$word' is not NAME[.TUNABLE]: 'congctl get -h' shows the usage"
done
for word in "$a.tiny" "$a=1" "$a.=1" ".tiny=1" "$a.large=" =; do
	check_exit 2 "$CONGCTL" set "$a.tiny=1" "$word"
	equals "$ERR" "congctl: '$word' is not NAME.TUNABLE=VALUE: 'congctl set -h' shows the usage"
done
check_exit 2 "$CONGCTL" set "$a.tiny=1" "$b.tiny=1" "$a.tiny=2"
equals "$ERR" "congctl: '$a.tiny' is given twice: 'congctl set -h' shows the usage"
equals "$("$CONGCTL" get "$a" "$b")" "$before"
check_exit 1 setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$CONGCTL" set "$a.tiny=1"
contains "$ERR" "no privilege to look at '$a' in the kernel: run it as root or give it CAP_SYS_ADMIN"

# one that has none says so
none=$(unique n)
check_exit 0 "$CONGCTL" register "$OBJECTS/two.bpf.o#t_one" --as "$none"
check_exit 0 "$CONGCTL" get "$none"
equals "$OUT$ERR" "$none has no tunables"
check_exit 0 "$CONGCTL" get -j "$none"
equals "$(jq -c .tunables <<<"$OUT")" "[]"
check_exit 0 "$CONGCTL" unregister "$none"

# two changes at once, of different tunables: none is lost
for i in $(seq 10); do
	"$CONGCTL" set "$a.tiny=$i" "$a.small=$i" >/dev/null &
	"$CONGCTL" set "$a.large=$i" >/dev/null
	wait $!
	equals "$(value "$a.tiny") $(value "$a.small") $(value "$a.large")" "$i $i $i"
done

# killed at any moment, it has set both or none
RANDOM=4711
for i in $(seq 40); do
	"$CONGCTL" set "$b.tiny=$i" "$b.small=$i" >/dev/null 2>&1 &
	sleep "0.0$(printf %02d $((RANDOM % 30)))"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	pair=$("$CONGCTL" get -j "$b" | jq -c '[.tunables[] | select(.tunable == "tiny" or .tunable == "small") | .value]')
	[ "$pair" = "[$i,$i]" ] || equals "$pair" "${last:-[9,300]}"
	last=$pair
done
check_exit 0 "$CONGCTL" unregister "$a" "$b"

# --- tags in any section, variables beside them that change ------------------------------------------------------
check_exit 0 "$CONGCTL" register "$OBJECTS/scattered.bpf.o" --as "$a" --set in_rodata=40% --set in_data=9pkts
check_exit 0 "$CONGCTL" set "$a.in_bss=yes" "$a.in_data=7"
equals "$(value "$a.in_data") $(value "$a.in_bss") $(value "$a.in_rodata")" "7 1 40"
check_exit 1 "$CONGCTL" set "$a.in_data=8" "$a.in_rodata=41"
contains "$ERR" "tunable 'in_rodata' of '$a' is constant once it is loaded: 'congctl register FILE --as NAME --set in_rodata=VALUE' starts another"
equals "$(value "$a.in_data")" 7
check_exit 0 "$CONGCTL" register "$OBJECTS/scattered.bpf.o" --as "$b" --set in_bss=yes
equals "$(value "$b.in_data") $(value "$b.in_bss") $(value "$b.in_rodata")" "5 1 30"
check_exit 1 "$CONGCTL" register "$OBJECTS/scattered.bpf.o" --as "$(unique c)" --set in_bss=2
contains "$ERR" "2 is out of range for tunable 'in_bss'"
check_exit 0 "$CONGCTL" unregister "$a" "$b"

# --- a name with a dot, an algorithm without tunables ------------------------------------------------------------
dotted=$(unique .d)
python3 - "$OBJECTS/foreign.bpf.o" "$TMP/dotted.bpf.o" "$dotted" <<'PY'
import sys
old, new = b't_for.eign'.ljust(16, b'\0'), sys.argv[3].encode().ljust(16, b'\0')
data = open(sys.argv[1], 'rb').read()
assert data.count(old) == 1 and len(new) == 16
open(sys.argv[2], 'wb').write(data.replace(old, new))
PY
check_exit 0 "$CONGCTL" register "$TMP/dotted.bpf.o"
check_exit 0 "$CONGCTL" get -j "$dotted"
told '.tunables == []' "$TMP/out"
check_exit 1 "$CONGCTL" set "$dotted.gain=1"
contains "$ERR" "'$dotted' has no tunable 'gain': it has none"
check_exit 1 "$CONGCTL" set "$dotted=1"
equals "$ERR" "congctl: '$dotted' is an algorithm, not NAME.TUNABLE: 'congctl get $dotted' shows its tunables"
