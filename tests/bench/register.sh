#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# register.sh - registering and unregistering the whole catalogue with one command each: wall-clock seconds, median of 9.
set -euo pipefail
cd "$(dirname "$0")/../.."
names=()
for o in build/algorithms/*.bpf.o; do
	names+=("bpf_$(basename "$o" .bpf.o)")
done
trap 'build/congctl unregister "${names[@]}" >/dev/null 2>&1 || true' EXIT
median() { sort -n | sed -n 5p; }
up=() down=()
for _ in 1 2 3 4 5 6 7 8 9; do
	t0=$EPOCHREALTIME
	build/congctl register "${names[@]}" >/dev/null
	t1=$EPOCHREALTIME
	build/congctl unregister "${names[@]}" >/dev/null
	t2=$EPOCHREALTIME
	up+=("$(awk "BEGIN {print $t1 - $t0}")")
	down+=("$(awk "BEGIN {print $t2 - $t1}")")
done
printf 'register %d algorithms: %s s, unregister: %s s\n' ${#names[@]} \
	"$(printf '%s\n' "${up[@]}" | median)" "$(printf '%s\n' "${down[@]}" | median)"
