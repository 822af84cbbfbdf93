#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The manual pages have the commands' verbs, usages and options, and no others: held against `-h`. The bash completion offers what
# they are.
. "$(dirname "$0")/lib.sh"
needs_command man jq

# groff has nothing to say against the pages
for page in congctl.8 netsim.1; do
	check_exit 0 env MANROFFSEQ='' LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings -E UTF-8 -l "$ROOT/docs/$page"
	equals "$ERR" ""
done

# section VERB of a page
section() {
	awk -v verb="$2" '/^\.S[hs] /{inside = $0 == ".Ss " verb} inside' "$ROOT/docs/$1"
}
verbs() { # those of `$1 -h`
	"$1" -h | sed -n 's/^  \([a-z]\+\)  .*/\1/p' | LC_ALL=C sort
}
# every --long and -x of a help text that begins a line of its table
help_options() {
	sed -nE 's/^ +(-[a-zA-Z])?,? *(--[a-z-]+)?( |$).*/\1 \2/p' | tr ' ' '\n' | grep '^-' | LC_ALL=C sort -u
}
page_options() {
	sed -n 's/^\.It Fl \(.*\)/\1/p' | sed -E 's/ Ar .*//; s/ , /\n/' | sed 's/^/-/' | LC_ALL=C sort -u
}
for command in congctl:8 netsim:1; do
	page=${command/:/.} program=$BUILD/${command%:*}
	[ "$(verbs "$program" | wc -l)" -ge 5 ] || fail "'$program -h' shows hardly a command"
	equals "$(sed -n 's/^\.Ss //p' "$ROOT/docs/$page" | LC_ALL=C sort)" "$(verbs "$program")"
	for verb in $(verbs "$program"); do
		help=$("$program" "$verb" -h)
		# each line of usage, word by word
		while read -r usage; do
			section "$page" "$verb" | grep -qxF ".Dl $usage" || fail "$page lacks: .Dl $usage"
		done < <(sed -nE "s/^(usage:|      ) (${command%:*} .*)/\2/p" <<<"$help")
		equals "$verb: $(section "$page" "$verb" | grep -c '^\.Dl ')" "$verb: $(grep -cE "^(usage:|      ) ${command%:*} " <<<"$help")"
	done
done

for verb in $(verbs "$CONGCTL"); do
	own=$("$CONGCTL" "$verb" -h | sed -n '/^options:/,$p' | grep -vE -- '--(json|debug|help)')
	equals "$verb: $(section congctl.8 "$verb" | page_options)" "$verb: $(help_options <<<"$own")"
	equals "$verb: $(section congctl.8 "$verb" | sed -nE 's/^\.It Fl (. , )?-([a-z-]+) Ar (.*)/--\2 \3/p' | LC_ALL=C sort)" \
		"$verb: $(sed -nE 's/^ +(-., )?(--[a-z-]+ [^ ]+) .*/\2/p' <<<"$own" | LC_ALL=C sort)"
done
equals "$(awk '/^\.Sh OPTIONS/{o = 1} /^\.Sh COMMANDS/{o = 0} o' "$ROOT/docs/congctl.8" | page_options | tr '\n' ' ')" \
	"$("$CONGCTL" list -h | help_options | tr '\n' ' ')"

for verb in $(verbs "$NETSIM"); do
	help=$("$NETSIM" "$verb" -h)
	if [ "$verb" = bridge ]; then # its options are in the usage
		wanted=$(head -n 1 <<<"$help" | grep -oE -- '--[a-z]+' | LC_ALL=C sort)
	else
		wanted=$(help_options <<<"$help")
	fi
	equals "$verb: $(section netsim.1 "$verb" | page_options)" "$verb: $wanted"
done

# --- completion: by the command's own help, so what is held against it here is that it answers, and with what -----------------------
for command in congctl netsim; do
	# shellcheck source=/dev/null
	. "$ROOT/completion/$command"
	equals "$(complete -p $command)" "complete -F _$command $command"
done
# offers COMMAND LINE: what comes for its last word
offers() {
	local program=$1
	COMP_LINE="$program $2" COMP_POINT=$((${#program} + ${#2} + 1)) COMP_WORDS=("$program") COMPREPLY=()
	"_$(basename "$program")"
	echo "${COMPREPLY[*]}"
}
compopt() { :; } # only a shell that is completing has it
equals "$(offers "$CONGCTL" '')" "$(verbs "$CONGCTL" | tr '\n' ' ' | sed 's/ $//')"
equals "$(offers "$CONGCTL" reg)" "register"
equals "$(offers "$CONGCTL" '-j reg')" "register"
equals "$(offers "$CONGCTL" '-j -d register --se')" "--set"
equals "$(offers "$CONGCTL" 'help reg')" "register"
equals "$(offers "$CONGCTL" 'register --')" "--as --debug --help --json --set"
equals "$(offers "$CONGCTL" 'register --se')" "--set"
contains "$(offers "$CONGCTL" 'register ')" "bpf_aimd"
equals "$(offers "$CONGCTL" 'register bpf_cu')" "bpf_cubic"
equals "$(offers "$CONGCTL" 'register --as ')" ""
equals "$(offers "$CONGCTL" 'register aimd --set ')" "alpha= beta="
equals "$(offers "$CONGCTL" 'register aimd --as x --set be')" "beta="
equals "$(offers "$CONGCTL" 'register aimd --set alpha=')" ""
equals "$(offers "$CONGCTL" "register $ROOT/algorithms/aimd.bpf")" "$ROOT/algorithms/aimd.bpf.c"
lacks " $(offers "$CONGCTL" 'unregister ') " " cubic "
contains " $(offers "$CONGCTL" 'info ') " " cubic "
contains " $(offers "$CONGCTL" 'use ') " " cubic "
lacks "$(offers "$CONGCTL" 'use ')" "catalogue"
equals "$(offers "$CONGCTL" 'use cubic --cg')" "--cgroup"
contains " $(offers "$CONGCTL" 'use cubic --from re') " " reno "
equals "$(offers "$CONGCTL" "use cubic --cgroup $ROOT/docs/al")" "$ROOT/docs/algorithms"
equals "$(offers "$CONGCTL" "apply $ROOT/READ")" "$ROOT/README.md"
equals "$(offers "$CONGCTL" 'frobnicate ')" ""
equals "$(offers "$CONGCTL" 'x;y ')" ""
# of what is registered: its name with a dot, then its tunables
if [ "$(id -u)" = 0 ] && "$CONGCTL" check "$OBJECTS/good.bpf.o" >/dev/null 2>&1; then
	name=$(unique c)
	check_exit 0 "$CONGCTL" register "$OBJECTS/good.bpf.o" --as "$name"
	equals "$(offers "$CONGCTL" "unregister $name")" "$name"
	equals "$(offers "$CONGCTL" "set $name")" "$name."
	equals "$(offers "$CONGCTL" "set $name.")" "$name.large= $name.middle= $name.small= $name.tiny="
	equals "$(offers "$CONGCTL" "get $name.ti")" "$name.tiny"
	ns=$(unique ns)
	holds ip netns add "$ns"
	defer ip netns del "$ns"
	equals "$(offers "$CONGCTL" "use $name --netns $ns")" "$ns"
	# the number of a move, not what is kept beside it
	coproc SOCKET { exec python3 -c 'import socket, time; s = socket.socket(); s.listen(); print(flush=True); time.sleep(60)'; }
	socket=$SOCKET_PID
	defer kill "$socket"
	read -r -t 10 -u "${SOCKET[0]}" _ || fail "no socket"
	check_exit 0 "$CONGCTL" use "$name" --pid "$socket" -j
	undo=$(jq -r .undo <<<"$OUT")
	equals "$(offers "$CONGCTL" "use --undo $undo")" "$undo"
	check_exit 0 "$CONGCTL" use --undo "$undo"
	kill "$socket"
	check_exit 0 "$CONGCTL" unregister "$name"
fi
equals "$(offers "$NETSIM" '')" "$(verbs "$NETSIM" | tr '\n' ' ' | sed 's/ $//')"
equals "$(offers "$NETSIM" 'run --engine ')" "emu sim"
contains "$(offers "$NETSIM" 'run --')" "--return-rate"
equals "$(offers "$NETSIM" 'bridge --')" "--wait --seed"
contains " $(offers "$NETSIM" 'run --cc ') " " bpf_dctcp "
equals "$(offers "$NETSIM" "run $ROOT/netsim/scenarios/sing")" "$ROOT/netsim/scenarios/single.yaml"
equals "$(offers "$NETSIM" "run $ROOT/README")" "" # no scenario
# what a file is called is never run
mkdir "$TMP/files"
touch "$TMP/files/\$(touch hit)"
(cd "$TMP/files" && offers "$CONGCTL" 'check ./' && offers "$NETSIM" 'run --trace ./') >/dev/null
holds not test -e "$TMP/files/hit"
