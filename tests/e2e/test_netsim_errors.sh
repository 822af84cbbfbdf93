#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Wrong use of netsim ends with one sentence, the right exit code, before anything starts and with nothing written. The sentences
# about files are in tests/unit/test_scenario.c; here is what only the command says.
. "$(dirname "$0")/lib.sh"

link='link: {rate: 10mbit, rtt: 40ms}'
printf '%s\nflows: [{cc: cubic}]\n' "$link" >"$TMP/good.yaml"
printf '%s\nrats: 1\nflows: [{cc: cubic}]\n' "$link" >"$TMP/bad.yaml"

refused() { # CODE SENTENCE ARGUMENT...
	local code=$1 sentence=$2
	shift 2
	check_exit "$code" "$NETSIM" "$@"
	equals "$OUT" ""
	equals "$ERR" "$sentence"
}

# dispatch
check_exit 0 "$NETSIM"
contains "$OUT" "run        run a scenario"
check_exit 0 "$NETSIM" -V
version=$OUT
check_exit 0 "$NETSIM" --version
equals "$OUT" "$version"
contains "$OUT" "netsim "
check_exit 0 "$NETSIM" run -h
usage=$OUT
contains "$usage" "--rate"
equals "$ERR" ""
check_exit 0 "$NETSIM" help run
equals "$OUT" "$usage"
check_exit 0 "$NETSIM" help
contains "$OUT" "usage: netsim COMMAND"
refused 2 "netsim: unknown command 'dance': 'netsim' alone lists them" dance

# demo: misuse
refused 2 "netsim demo: 'x' is one argument too many: demo takes none, only -o DIR" demo x
refused 2 "netsim demo: option '-x' is unknown, or its value is missing: 'netsim demo -h' lists the options" demo -x
refused 2 "netsim demo: option '--rats' is unknown, or its value is missing: 'netsim demo -h' lists the options" demo --rats
refused 2 "netsim demo: option '-o' is unknown, or its value is missing: 'netsim demo -h' lists the options" demo -o

# run: misuse
refused 2 "netsim run: there is no network: a scenario file, or --rate and --rtt" run
refused 2 "netsim run: there is no network: a scenario file, or --rate and --rtt" run --rate 10mbit --cc cubic
refused 2 "netsim run: flow 1 names no algorithm: add cc to the flow, or --cc NAME" run --rate 10mbit --rtt 40ms
refused 2 "netsim run: rate '10' is not a rate: 1kbit to 100gbit, such as 10mbit" run --rate 10 --rtt 40ms --cc cubic
refused 2 "netsim run: rtt '-1ms' is not a time: 1us to 10s, such as 40ms" run --rate 1mbit --rtt=-1ms --cc cubic
refused 2 "netsim run: repeat '0' is out of range: 1 to 1000" run "$TMP/good.yaml" --repeat 0
refused 2 "netsim run: seed '1e3' is not a whole number: 0 to 18446744073709551615" run "$TMP/good.yaml" --seed 1e3
refused 2 "netsim run: --wait 'long' is not a way to wait: sleep, hybrid or spin" run "$TMP/good.yaml" --wait long
refused 2 "netsim run: option '--rats' is unknown, or its value is missing: 'netsim run -h' lists the options" run --rats
refused 2 "netsim run: option '--rate' is unknown, or its value is missing: 'netsim run -h' lists the options" run --rate
refused 2 "netsim run: option '-x' is unknown, or its value is missing: 'netsim run -h' lists the options" run -xj
refused 2 "netsim run: 'b' is one argument too many: a single scenario file" run a b
refused 2 "netsim run: --cc reno has no flow to go to: every flow names its algorithm" run "$TMP/good.yaml" --cc reno
refused 2 "netsim run: --flow cubic*9,x=1: unknown key 'x': one of name, cc, set, count, pacing, workload, start, stop, size, rtt, from, to, load, sizes, \
request, pause, on, off, rate" \
	run "$TMP/good.yaml" --flow 'cubic*9,x=1'
refused 2 "netsim run: the flow starts at 20 s, after the end: less than the duration, 10 s" run "$TMP/good.yaml" --flow cubic@20s

# a queue that takes no frame, or can never mark one
refused 2 "netsim run: a buffer of 1513 bytes drops every full frame: at least 1514 bytes, the mtu and 14" \
	run "$TMP/good.yaml" --buffer 1513B
refused 2 "netsim run: ecn from 20 packets never marks in a buffer of 20: less than the buffer" \
	run "$TMP/good.yaml" --buffer 20pkt --ecn 20pkt

# a topology on the command line, and what a graph has no one link for
printf 'topology: graph\nlinks: [{from: a, to: b, rate: 10mbit, delay: 5ms}]\nflows: [{cc: cubic}]\n' >"$TMP/graph.yaml"
refused 2 "netsim run: topology 'ring' is not known: dumbbell, chain, parking-lot, star or graph" run "$TMP/good.yaml" --topology ring
refused 2 "netsim run: hops belong to chain and parking-lot, not to topology dumbbell" run "$TMP/good.yaml" --hops 3
refused 2 "netsim run: a graph has many links: loss of each in the file" run "$TMP/graph.yaml" --loss 1%

# what a file that is named is like is no misuse, in whatever way it is named
: >"$TMP/empty.trace"
refused 1 "netsim run: cannot open trace $(cd . && pwd -P)/none.trace: No such file or directory" \
	run "$TMP/good.yaml" --trace none.trace
refused 1 "netsim run: $TMP/empty.trace:1: the trace is empty: a moment in ms on each line" run "$TMP/good.yaml" --trace "$TMP/empty.trace"
refused 1 "netsim run: there is no distribution of sizes '/nowhere/sizes' (No such file or directory): web-search, data-mining or a file" \
	run "$TMP/good.yaml" --engine sim --flow cubic,workload=poisson,load=0.1,sizes=/nowhere/sizes
refused 1 "netsim compare: with trace $TMP/empty.trace: $TMP/empty.trace:1: the trace is empty: a moment in ms on each line" \
	compare "$TMP/good.yaml" --engines sim,emu --vary "trace=$TMP/empty.trace"

# an empty word, such as a variable that is not set
for words in 'run' 'run --output' 'run --engine sim --cc' 'compare -o' 'demo -o' 'keys' 'selftest --rate' 'bridge --wait'; do
	# shellcheck disable=SC2086 # words
	refused 2 "netsim: '${words%% *}' is given an empty word: 'netsim ${words%% *} -h' shows the usage" $words ''
done
refused 2 "netsim: 'run' is given an empty word: 'netsim run -h' shows the usage" run "$TMP/good.yaml" --output=

# run: bad files
refused 1 "netsim run: cannot open scenario $TMP/none.yaml: No such file or directory" run "$TMP/none.yaml" -o "$TMP/dir"
check_exit 1 "$NETSIM" run "$TMP/bad.yaml" -o "$TMP/dir"
contains "$ERR" "netsim run: $TMP/bad.yaml:2: unknown key 'rats': one of name, description,"
holds not test -e "$TMP/dir"

# what cannot be printed is said, and fails; a reader that has gone has what it wanted
"$NETSIM" keys >/dev/full 2>"$TMP/err"
equals "$? $(cat "$TMP/err")" "1 netsim: cannot write to standard output: No space left on device: is the disk full?"
"$NETSIM" keys 2>"$TMP/err" | head -n 1 >/dev/null
equals "${PIPESTATUS[0]} $(cat "$TMP/err")" "0 "

# an unknown algorithm and a bad place for the results are told before anything runs
needs_root
ln -s /nonexistent "$TMP/nowhere"
refused 1 "netsim run: cannot make the directory $TMP/nowhere/a/b: $TMP/nowhere must be a directory that can be written to" \
	run "$TMP/good.yaml" -o "$TMP/nowhere/a/b"
refused 1 "netsim run: cannot write results to $TMP/good.yaml/a/b: Not a directory" run "$TMP/good.yaml" -o "$TMP/good.yaml/a/b"
mkdir "$TMP/thesis" && echo precious >"$TMP/thesis/main.tex"
refused 1 "netsim run: $TMP/thesis is there and holds other files, main.tex for one: another directory with -o" \
	run "$TMP/good.yaml" -o "$TMP/thesis"
equals "$(cat "$TMP/thesis/main.tex")" precious
check_exit 1 "$NETSIM" run --rate 10mbit --rtt 40ms --cc "t_$$_none" -o "$TMP/dir/deep"
contains "$ERR" "netsim run: there is no algorithm 't_$$_none': the kernel has "
contains "$ERR" "further ones are looked for in "
holds not test -e "$TMP/dir"

# a full file system, in a mount namespace of its own: said, and nothing half written stays
on_full() { # ARGUMENT... with -o full/results; what is left is in $TMP/left
	(cd "$TMP" && unshare -m sh -c 'mount -t tmpfs -o size=16k tmpfs full && { "$@"; code=$?; ls -A full >left; exit $code; }' sh \
		"$NETSIM" "$@" -o full/results)
}
mkdir "$TMP/full"
check_exit 1 on_full run --engine sim --rate 10mbit --rtt 40ms --cc cubic --duration 10s --sample 1ms
holds grep -qE '^netsim run: cannot write full/results\..*/samples.csv: No space left on device$' "$TMP/err"
equals "$(cat "$TMP/left")" ""
printf '%s\nvary: {buffer: [%s]}\nflows: [{}]\nduration: 100ms\n' "$link" "$(seq -s, -f %gpkt 2 17)" >"$TMP/many.yaml"
check_exit 1 on_full compare "$TMP/many.yaml" --cc cubic,reno
holds grep -qE '^netsim compare: cannot write full/results\..*/compare.json: No space left on device$' "$TMP/err"
equals "$(cat "$TMP/left")" ""
# nor does a file that may not grow any more
limited() { (ulimit -f 200 && cd "$TMP/full" && "$@"); } # KiB
check_exit 1 limited "$NETSIM" run --engine sim --rate 10mbit --rtt 40ms --cc cubic --duration 20s --sample 1ms -o results
holds grep -qE '^netsim run: cannot write results\..*/samples.csv: File too large$' "$TMP/err"
equals "$(ls -A "$TMP/full")" ""

# the kernel has one of each tunable
refused 1 "netsim run: cannot set tunables of cubic, which is in the kernel already: unregister it, or --engine sim" \
	run --rate 10mbit --rtt 40ms --flow cubic,set.beta=717
name=$(unique aimd)
mkdir "$TMP/catalogue"
cp "$ALGORITHMS/aimd.bpf.o" "$TMP/catalogue/$name.bpf.o"
export CONGCTL_ALGORITHMS=$TMP/catalogue
refused 1 "netsim run: 'a' and 'b' want different tunables of $name, of which the kernel has one each: the same for both, or --engine sim" \
	run --rate 10mbit --rtt 40ms --flow "$name,name=a,set.beta=700" --flow "$name,name=b"
refused 1 "netsim run: 'a' and 'c' want different tunables of $name, of which the kernel has one each: the same for both, or --engine sim" \
	run --rate 10mbit --rtt 40ms --flow "$name,name=a,set.beta=50%" --flow "$name,name=b" --flow "$name,name=c,set.alpha=2"
# what a value is, the algorithm says, in the words of 'congctl set'; tests/e2e/test_sim.sh has the same of the simulator
refused 1 "netsim run: flow 'b': 1.0, which is 1024, is out of range for tunable 'beta' of 'bpf_aimd': give 1 to 1023, which is 0.09766 % to 99.9 %" \
	run --rate 10mbit --rtt 40ms --flow "$name,name=a,set.beta=50%" --flow "$name,name=b,set.beta=1.0" -o "$TMP/dir"
holds not test -e "$TMP/dir"
holds not is_available "$name"
unset CONGCTL_ALGORITHMS

# selftest: misuse
refused 2 "netsim selftest: rate '10': allowed is 1mbit to 1gbit" selftest --rate 10
refused 2 "netsim selftest: rtt '-20ms': allowed is 0 to 1s" selftest --rtt=-20ms
refused 2 "netsim selftest: wait 'long': allowed is sleep, hybrid or spin" selftest --wait long
refused 2 "netsim selftest: argument 'now': allowed is none, only options" selftest now

# the reference in the manual is the table the program reads by
check_exit 0 "$NETSIM" keys
told=$(grep -E '^(\| `|###)' <<<"$OUT")
equals "$(grep -xF -- "$told" "$ROOT/docs/scenarios.md")" "$told"
