# SPDX-License-Identifier: GPL-2.0-only
"""Mininet links that need no netem: delay, loss, rate, buffer and ECN come from netsim's emulator.

    from mininet.net import Mininet
    from congctl_mininet import EmuLink

    net = Mininet(topo=..., link=EmuLink)            # every link may have parameters, or
    net.addLink(h1, h2, bw=50, delay='10ms', max_queue_size=100, loss=0.1, ecn_threshold=20)

All links of a network are served by one process, `netsim bridge`, which holds a TAP device for each end inside the hosts'
namespaces. It lives as long as the Python process (or until the last link is deleted), however that ends, and everything
it made vanishes with it. Set NETSIM to the command's path if it is neither built beside this file nor in PATH.

A link's parameters, each optional:

    bw              Mbit/s, whole Ethernet frames; without it the link is not limited
    delay           one way: '10ms', or a number of milliseconds
    loss            per cent, each direction
    max_queue_size  packets; or buffer: '100pkt', '150kB', '2bdp'. Default 1000 packets
    ecn_threshold   packets: ECN-capable packets that find so many waiting are marked

Needs Mininet 2.3 and its python (/usr/bin/python3 on Debian).
"""

import atexit
import os
import shutil
import subprocess

from mininet.link import Intf, Link


class EmulatorError(Exception):
    """The emulator refused; its sentence says why and what to do."""


def find_netsim():
    """The command's path: $NETSIM, the build tree this file lies in, or PATH."""
    built = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../build/netsim')
    path = os.environ.get('NETSIM') or (built if os.access(built, os.X_OK) else shutil.which('netsim'))
    if not path:
        raise EmulatorError("cannot find the command 'netsim': build it with 'make', or set NETSIM to its path")
    return path


class Bridge:
    """The one `netsim bridge` of this Python process, and the links it carries."""

    _instance = None

    def __init__(self):
        # A session of its own: Ctrl-C in Mininet's command line is not for the emulator.
        command = [find_netsim(), 'bridge']
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                            start_new_session=True)
        except OSError as error:
            raise EmulatorError(f"cannot run '{command[0]}': {error.strerror}: set NETSIM to the command's path") from error
        self.links = set()

    @classmethod
    def get(cls):
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    def ask(self, line):
        try:
            self.process.stdin.write(line + '\n')
            answer = self.process.stdout.readline().strip()
        except BrokenPipeError:
            answer = ''
        if answer == 'ok':
            return
        if not answer:
            answer = f"error: 'netsim bridge' has ended with code {self.process.wait()}"
        raise EmulatorError(f"{answer.removeprefix('error: ')} (asked: {line})")

    def add(self, name, settings, ends):
        self.ask(' '.join(['link', name, *settings, *ends]))
        self.links.add(name)
        self.ask('up')

    def remove(self, name):
        self.links.discard(name)
        if self.links:
            self.ask(f'remove {name}')
        else:
            self.close()

    def close(self):
        """End the process and wait until its devices are gone."""
        Bridge._instance = None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@atexit.register
def _close_bridge():
    if Bridge._instance is not None:
        Bridge._instance.close()


class EmuIntf(Intf):
    """An end of an EmuLink: the device belongs to the emulator, which also removes it."""

    def delete(self):
        if self.node:
            self.node.delIntf(self)
        self.link = None


def link_settings(bw=None, delay=None, loss=None, max_queue_size=None, buffer=None, ecn_threshold=None):
    """The parameters of a link as `netsim bridge` reads them."""
    if max_queue_size is not None and buffer is not None:
        raise EmulatorError("give a link max_queue_size or buffer, not both")
    settings = []
    if bw is not None:
        settings.append(f'rate={bw}mbit')
    if delay is not None:
        settings.append(f'delay={delay}' if isinstance(delay, str) else f'delay={delay}ms')
    if loss is not None:
        settings.append(f'loss={loss}%')
    if max_queue_size is not None:
        settings.append(f'buffer={max_queue_size}pkt')
    if buffer is not None:
        settings.append(f'buffer={buffer}')
    if ecn_threshold is not None:
        settings.append(f'ecn={ecn_threshold}pkt')
    for setting in settings:
        if len(setting.split()) != 1:
            raise EmulatorError(f"a link's parameter must not contain blanks: '{setting}'")
    return settings


class EmuLink(Link):
    """A link through the emulator: see the module's text for the parameters."""

    PARAMETERS = ('bw', 'delay', 'loss', 'max_queue_size', 'buffer', 'ecn_threshold')

    def __init__(self, node1, node2, port1=None, port2=None, intfName1=None, intfName2=None, addr1=None, addr2=None,
                 params1=None, params2=None, **params):
        for side in (params1, params2):
            odd = sorted(set(side or ()) & set(self.PARAMETERS))
            if odd:
                raise EmulatorError(f"'{odd[0]}' is a property of the whole link here: give it to addLink() itself")
        self.settings = link_settings(**{k: params.pop(k) for k in self.PARAMETERS if k in params})
        self.emulated = None
        params.pop('fast', None)
        Link.__init__(self, node1, node2, port1=port1, port2=port2, intfName1=intfName1, intfName2=intfName2, addr1=addr1,
                      addr2=addr2, cls1=EmuIntf, cls2=EmuIntf, params1=params1, params2=params2, fast=True, **params)

    def makeIntfPair(self, intfname1, intfname2, addr1=None, addr2=None, node1=None, node2=None, deleteIntfs=True):
        """Make both devices where their nodes live. Overrides Link's, which makes a veth pair."""
        name = f'{node1.pid}.{intfname1}'
        Bridge.get().add(name, self.settings, [f'{node1.pid}:{intfname1}', f'{node2.pid}:{intfname2}'])
        self.emulated = name
        for node, intf, mac in ((node1, intfname1, addr1), (node2, intfname2, addr2)):
            complaint = node.cmd(f'ip link set dev {intf} address {mac}') if mac else ''
            if complaint:
                raise EmulatorError(f'cannot give {intf} the address {mac}: {complaint.strip()}')

    def delete(self):
        Link.delete(self)
        if self.emulated:
            Bridge.get().remove(self.emulated)
            self.emulated = None
