#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# check says what the kernel would say, in one sentence, and changes nothing.
. "$(dirname "$0")/lib.sh"
needs_struct_ops
needs_command jq setpriv


# good ones, ours and foreign
check_exit 0 "$CONGCTL" check "$OBJECTS/good.bpf.o"
contains "$OUT" 'title         A "good" one, with a comma and two literals'
contains "$ERR" "nothing was registered"
check_exit 0 "$CONGCTL" check -j "$OBJECTS/good.bpf.o"
equals "$(jq -c '[.title, .reference, .status, .needs_ecn, .needs_pacing, .kernel, .non_restricted]' <<<"$OUT")" \
	'["A \"good\" one, with a comma and two literals","RFC 5681, 3.1","tested",true,true,"5.15",true]'
equals "$(jq '[.programs[] | select(.insns > 0 and .verified_insns > 0)] | length' <<<"$OUT")" 3
check_exit 0 "$CONGCTL" check -j "$OBJECTS/foreign.bpf.o"
equals "$(jq -c '[.name, .title, .tunables]' <<<"$OUT")" '["t_for.eign",null,[]]'

# refusal OBJECT SENTENCE
refusal() {
	check_exit 1 "$CONGCTL" check "$OBJECTS/$1.bpf.o"
	equals "$OUT" ""
	contains "$ERR" "congctl: $2"
	equals "$(wc -l <<<"$ERR")" 1
}
refusal no_struct_ops "'$OBJECTS/no_struct_ops.bpf.o' is a BPF object without struct_ops: it holds no congestion-control algorithm"
refusal other_structure "'$OBJECTS/other_structure.bpf.o' holds a struct frob_ops, not a congestion-control algorithm"
refusal hyphen "the name 't-hyphen' contains '-': the kernel takes letters, digits and _ only"
refusal long_name "the name 't_sixteen_chars_…' in '$OBJECTS/long_name.bpf.o' is longer than 15 characters"
refusal no_ssthresh "'t_no_ssthresh' in '$OBJECTS/no_ssthresh.bpf.o' has no ssthresh: every algorithm needs"
refusal no_undo_cwnd "'t_no_undo' in '$OBJECTS/no_undo_cwnd.bpf.o' has no undo_cwnd: every algorithm needs"
refusal no_growth "'t_no_growth' in '$OBJECTS/no_growth.bpf.o' has no cong_avoid or cong_control: every algorithm needs"
refusal proprietary "'$OBJECTS/proprietary.bpf.o' has the license 'Proprietary': the kernel takes struct_ops programs under the GPL only"
refusal malformed_tunable "the declaration of tunable 'gain' is malformed: \"7:1:5::next ack:out of its own range\""
refusal unused_program "cannot load 't_unused': one of its programs is not used by the structure"
refusal unknown_operation "cannot load 't_teleport': this kernel's struct tcp_congestion_ops has no operation 'teleport'"
refusal no_such_function "cannot load 't_no_function': this kernel has no function dctcp_frobnicate for BPF: it needs CONFIG_TCP_CONG_DCTCP"

refusal too_new "cannot load 't_too_new': it needs kernel 99.1 or later, this is $(uname -r)"

# the verifier's reason with the source line (from 6.4; before it the log has no line)
check_exit 1 "$CONGCTL" check "$OBJECTS/refused.bpf.o"
if [[ $ERR == *" at refused"* ]]; then
	contains "$ERR" "congctl: refused by the verifier at refused.bpf.c:12: no write support to tcp_sock at off "
else
	contains "$ERR" "congctl: refused by the verifier in refused_cong_avoid: no write support to tcp_sock at off "
fi
lacks "$ERR" "BEGIN PROG LOAD LOG"
check_exit 1 "$CONGCTL" check -d "$OBJECTS/refused.bpf.o"
contains "$ERR" "BEGIN PROG LOAD LOG"

# an algorithm of before 6.10, where the kernel has the four arguments
check_exit 1 "$CONGCTL" check -j "$OBJECTS/old_cong_control.bpf.o"
contains "$(jq -r .error <<<"$OUT")" "cong_control has 4 arguments since 6.10, not 2: declare it with CC_OP_CONG_CONTROL"

# what is no object at all
check_exit 1 "$CONGCTL" check /etc/passwd
equals "$ERR" "congctl: '/etc/passwd' is not an ELF file: build it with clang -target bpf"
check_exit 1 "$CONGCTL" check "$CONGCTL"
equals "$ERR" "congctl: '$CONGCTL' is not a BPF object: build it with clang -target bpf"
check_exit 1 "$CONGCTL" check "$TMP"
equals "$ERR" "congctl: '$TMP' is not a regular file: name a BPF object such as cubic.bpf.o"
check_exit 1 "$CONGCTL" check "$TMP/none.bpf.o"
equals "$ERR" "congctl: no file '$TMP/none.bpf.o': build it, or name an algorithm of 'congctl list'"
CONGCTL_ALGORITHMS=$OBJECTS check_exit 1 "$CONGCTL" check nobody
equals "$ERR" "congctl: no algorithm 'nobody' in $OBJECTS: 'congctl list' shows what there is"
CONGCTL_ALGORITHMS=$TMP/none check_exit 1 "$CONGCTL" check nobody
equals "$ERR" "congctl: no algorithm 'nobody': there is no catalogue $TMP/none: set CONGCTL_ALGORITHMS to the directory with nobody.bpf.o, or give its path"
: >"$TMP/empty.bpf.o"
check_exit 1 "$CONGCTL" check "$TMP/empty.bpf.o"
contains "$ERR" "is not an ELF file"

# cut short: in the header, in the code, in BTF, one byte before the end
size=$(stat -c %s "$OBJECTS/good.bpf.o")
for cut in 5 40 63 64 100 1000 $((size / 4)) $((size / 2)) $((size * 3 / 4)) $((size - 100)) $((size - 1)); do
	head -c "$cut" "$OBJECTS/good.bpf.o" >"$TMP/cut.bpf.o"
	check_exit 1 "$CONGCTL" check "$TMP/cut.bpf.o"
	contains "$ERR" "congctl: '$TMP/cut.bpf.o' is cut short: "
done

# without privilege: the first thing missing, by name
run_without() {
	setpriv --bounding-set "$1" --inh-caps "$1" "$CONGCTL" check "$OBJECTS/good.bpf.o"
}
check_exit 1 run_without -sys_admin,-bpf
contains "$ERR" "congctl: no privilege to load BPF programs: CAP_BPF is missing, run it as root or give it CAP_BPF and CAP_PERFMON"
check_exit 1 run_without -sys_admin,-perfmon
contains "$ERR" "no privilege to load BPF programs: CAP_PERFMON is missing"
check_exit 0 run_without -sys_admin
chmod 755 "$TMP"
cp "$OBJECTS/good.bpf.o" "$TMP/good.bpf.o"
cp "$CONGCTL" "$TMP/congctl"
check_exit 1 setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/congctl" check "$TMP/good.bpf.o"
contains "$ERR" "no privilege to load BPF programs: CAP_BPF and CAP_PERFMON are missing"

# misuse
check_exit 2 "$CONGCTL" check
equals "$ERR" "congctl: 'check' needs NAME|FILE[#NAME]: 'congctl check -h' shows the usage"
check_exit 2 "$CONGCTL" check a b
equals "$ERR" "congctl: 'check' does not take 'b': 'congctl check -h' shows the usage"
check_exit 2 "$CONGCTL" check --fast a
equals "$ERR" "congctl: no option '--fast': 'congctl check -h' shows the usage"

for name in t_good t_for.eign t_refused t_unused; do
	holds not is_available $name
done
