#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The example of docs/policy.md is a policy, and the unit that applies one at boot is a unit.
# In a mount namespace with a bpf file system of its own: see test_policy.sh.
if [ "${1-}" != inside ] && [ "$(id -u)" = 0 ]; then
	exec unshare --mount --propagation private "$0" inside
fi
. "$(dirname "$0")/lib.sh"
needs_root
needs_command ip make nsenter unshare
mount -t bpf bpf /sys/fs/bpf || skip "no bpf file system can be mounted"
needs_struct_ops

cgroups=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
[ -n "$cgroups" ] || skip "needs cgroup2"
ns=po_$$ group=$cgroups/po_$$
ip netns add $ns
defer ip netns del $ns
mkdir "$group"
defer rmdir "$group"
nsenter --net=/run/netns/$ns ip link set lo up
nsenter --net=/run/netns/$ns ip route add 198.51.100.0/24 dev lo

# the example with names of this test alone
sed -n '/^```yaml$/,/^```$/p' "$ROOT/docs/policy.md" | sed '/^```/d' |
	sed "s|\blan\b|$(unique lan)|; s|\bwan\b|$(unique wan)|; s|/sys/fs/cgroup/batch|$group|" >"$TMP/whole.yaml"
contains "$(cat "$TMP/whole.yaml")" "$(unique wan)"
inside() {
	nsenter --net=/run/netns/$ns "$CONGCTL" "$@"
}
bare=$(inside save)

# the algorithms are restricted, so not for the default of this namespace; then none of it is done
check_exit 1 inside apply "$TMP/whole.yaml"
equals "$OUT" ""
contains "$ERR" "$TMP/whole.yaml:$(grep -n "use: $(unique wan)" "$TMP/whole.yaml" | cut -d: -f1): '$(unique wan)' is restricted"
equals "$(inside save)" "$bare"

grep -v 'default: yes' "$TMP/whole.yaml" | grep -v "use: $(unique wan)" >"$TMP/policy.yaml"
check_exit 0 inside apply "$TMP/policy.yaml"
equals "$ERR" "5 changes made"
for _ in 1 2; do
	check_exit 0 inside apply --prune "$TMP/policy.yaml"
	equals "$OUT" ""
	inside save >"$TMP/policy.yaml"
done
contains "$(nsenter --net=/run/netns/$ns ip route show)" "congctl lock $(unique lan)"

# away with it: the route has neither name nor lock when its algorithm goes
echo '{}' >"$TMP/empty.yaml"
check_exit 0 inside apply --prune "$TMP/empty.yaml"
equals "$(inside save)" "$bare"
lacks "$(nsenter --net=/run/netns/$ns ip route show)" congctl

# the unit; test_install.sh tells where it goes
check_exit 0 make -s -C "$ROOT" B="$TMP" PREFIX=/usr "$TMP/congctl.service"
unit=$TMP/congctl.service
holds grep -q '^ExecStart=/usr/bin/congctl apply /etc/congctl/policy.yaml$' "$unit"
if command -v systemd-analyze >/dev/null; then
	sed -i "s|/usr/bin/congctl|$CONGCTL|" "$unit"
	check_exit 0 systemd-analyze verify --man=no "$unit"
fi
