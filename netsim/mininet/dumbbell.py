#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A dumbbell in Mininet: N senders, N receivers, one emulated bottleneck; each pair may use another algorithm.

    sudo netsim/mininet/dumbbell.py --cc bpf_cubic,bbr                  # two pairs, 10 seconds, a table
    sudo netsim/mininet/dumbbell.py --pairs 4 --cc reno --bw 20 --cli   # look around in it
"""

import argparse
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import Host, Switch
from mininet.topo import Topo

from congctl_mininet import EmuLink, EmulatorError

FLOW = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'flow.py')
PORT = 5001
FINISH_S = 30  # after the sending is over: a bufferful of 1000 packets at 1 Mbit/s takes 12 s
PAYLOAD_SHARE = 1448 / 1514  # TCP payload of a full Ethernet frame, with timestamps


class NamespaceBridge(Switch):
    """A kernel bridge in a namespace of its own: nothing of it is seen outside, nothing is left behind."""

    def __init__(self, name, **params):
        params.pop('inNamespace', None)
        Switch.__init__(self, name, inNamespace=True, **params)

    def start(self, _controllers):
        self.cmd('ip link add name br0 type bridge && ip link set br0 up')
        for intf in self.intfList():
            if intf.name != 'lo':
                self.cmd(f'ip link set {intf.name} master br0')

    def connected(self):
        return True


class CcHost(Host):
    """A host that knows its algorithm (parameter cc). It is chosen per socket: a child namespace's default must never be set
    to an algorithm that is not in tcp_allowed_congestion_control, and need not be."""

    def config(self, cc='cubic', **params):
        self.cc = cc
        return Host.config(self, **params)


class Dumbbell(Topo):
    """Senders h1 … hN at switch s1, receivers r1 … rN at s2. `algorithms` go round the pairs."""

    def build(self, pairs=2, algorithms=('cubic',), bottleneck=None):
        left, right = self.addSwitch('s1'), self.addSwitch('s2')
        self.addLink(left, right, **(bottleneck or {}))
        for i in range(pairs):
            cc = algorithms[i % len(algorithms)]
            self.addLink(self.addHost(f'h{i + 1}', cc=cc), left)
            self.addLink(self.addHost(f'r{i + 1}', cc=cc), right)


def make_network(pairs, algorithms, **bottleneck):
    topo = Dumbbell(pairs=pairs, algorithms=algorithms, bottleneck=bottleneck)
    return Mininet(topo=topo, link=EmuLink, switch=NamespaceBridge, host=CcHost, controller=None, autoStaticArp=True)


def start_tool(host, *args):
    return host.popen(sys.executable, FLOW, *map(str, args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_ready(process):
    """Until the tool listens. Its complaint is ours."""
    if process.stdout.readline().strip() != 'ready':
        raise EmulatorError(process.stderr.read().strip())


def run_flows(net, pairs, seconds):
    """One flow per pair, all at once: [(algorithm as the kernel told it, goodput in Mbit/s)]. Goodput counts from the first
    connection to the last byte of all, the same for every flow: the sum can never be more than the link carries."""
    senders, receivers = [], []
    try:
        for i in range(1, pairs + 1):
            receivers.append(start_tool(net[f'r{i}'], 'receive', PORT, net[f'r{i}'].cc))
        for receiver in receivers:
            wait_ready(receiver)
        for i in range(1, pairs + 1):
            senders.append(start_tool(net[f'h{i}'], 'send', net[f'r{i}'].IP(), PORT, net[f'h{i}'].cc, seconds))
        algorithms, received = [], []
        for sender, receiver in zip(senders, receivers):
            told, complaint = sender.communicate(timeout=seconds + FINISH_S)
            if sender.returncode:
                raise EmulatorError(complaint.strip())
            algorithms.append(json.loads(told)['cc'])
            received.append(json.loads(receiver.communicate(timeout=FINISH_S)[0]))
        span = max(r['end'] for r in received) - min(r['begin'] for r in received)
        return [(cc, r['bytes'] * 8e-6 / span) for cc, r in zip(algorithms, received)]
    finally:
        for process in senders + receivers:
            process.kill()
            process.wait()


def print_table(flows, bw):
    total = sum(goodput for _, goodput in flows)
    print(f"{'pair':<6}{'algorithm':<18}{'Mbit/s':>8}{'share':>8}")
    for i, (cc, goodput) in enumerate(flows, 1):
        print(f"{i:<6}{cc:<18}{goodput:>8.2f}{goodput / total if total else 0:>8.1%}")
    print(f"{'sum':<24}{total:>8.2f}{total / (bw * PAYLOAD_SHARE):>8.1%} of what {bw:g} Mbit/s can carry")


def parse_arguments():
    parser = argparse.ArgumentParser(description='A dumbbell in Mininet with an emulated bottleneck.')
    parser.add_argument('--pairs', type=int, help='senders and receivers (as many as algorithms)')
    parser.add_argument('--cc', default='cubic', help='algorithms, separated by commas, for the pairs in turn (cubic)')
    parser.add_argument('--bw', type=float, default=20, help='bottleneck, Mbit/s (20)')
    parser.add_argument('--delay', default='10ms', help='one way (10ms)')
    parser.add_argument('--buffer', default='1bdp', help='100pkt, 150kB or 2bdp (1bdp)')
    parser.add_argument('--loss', type=float, help='per cent')
    parser.add_argument('--ecn', type=int, help='marking threshold, packets')
    parser.add_argument('--time', type=float, default=10, help='seconds (10)')
    parser.add_argument('--cli', action='store_true', help="Mininet's command line instead of flows")
    args = parser.parse_args()
    args.cc = args.cc.split(',')
    args.pairs = args.pairs or len(args.cc)
    if not 1 <= args.pairs <= 100:
        parser.error('--pairs: 1 to 100')
    return args


def main():
    args = parse_arguments()
    if os.geteuid():
        sys.exit('dumbbell.py: Mininet makes network namespaces: run it as root')
    setLogLevel('output' if args.cli else 'warning')
    net = None
    try:
        net = make_network(args.pairs, args.cc, bw=args.bw, delay=args.delay, buffer=args.buffer, loss=args.loss,
                           ecn_threshold=args.ecn)
        net.start()
        if args.cli:
            from mininet.cli import CLI
            CLI(net)
        else:
            print_table(run_flows(net, args.pairs, args.time), args.bw)
    except EmulatorError as error:
        sys.exit(f'dumbbell.py: {error}')
    finally:
        if net:
            net.stop()


if __name__ == '__main__':
    main()
