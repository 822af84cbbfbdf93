#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""One TCP flow, or a UDP ping, between two hosts: what runs inside them.

    flow.py receive PORT CC              accept one connection, read it to its end, print one line of JSON
    flow.py send ADDRESS PORT CC SECONDS send as fast as the algorithm lets it
    flow.py echo PORT                    send every datagram back
    flow.py ping ADDRESS PORT COUNT      print the smallest, median and largest round-trip time, in ms, as JSON

The algorithm is chosen on the socket, before connect() and on both ends: so any registered one can be used, and an ECN
algorithm negotiates ECN.
"""

import json
import socket
import statistics
import struct
import sys
import time

BLOCK = 256 * 1024
PING_INTERVAL_S = 0.05
PING_LAST_WAIT_S = 2  # for answers to the last ones: what comes later counts as lost
LISTENING = 'ready'


def tcp_socket(cc):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, cc.encode())
    except FileNotFoundError:
        sys.exit(f"cannot use congestion control '{cc}': it is not registered: `congctl register {cc}` first")
    return sock


def receive(port, cc):
    listener = tcp_socket(cc)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('', int(port)))
    listener.listen(1)
    print(LISTENING, flush=True)
    connection, _ = listener.accept()
    begin = time.monotonic()
    total = 0
    while True:
        n = connection.recv(BLOCK, socket.MSG_TRUNC)
        if not n:
            break
        total += len(n)
    end = time.monotonic()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.close()  # by RST: neither end keeps a socket, and with it the algorithm, after the network is gone
    print(json.dumps({'bytes': total, 'begin': begin, 'end': end}), flush=True)


def send(address, port, cc, seconds):
    sock = tcp_socket(cc)
    sock.connect((address, int(port)))
    block = bytes(BLOCK)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        sock.send(block)
    told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b'\0').decode()
    sock.shutdown(socket.SHUT_WR)
    try:
        sock.recv(1)  # until the receiver has everything
    except ConnectionResetError:
        pass
    print(json.dumps({'cc': told}))


def echo(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(('', int(port)))
    print(LISTENING, flush=True)
    while True:
        data, peer = sock.recvfrom(2048)
        sock.sendto(data, peer)


def ping(address, port, count):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((address, int(port)))
    count = int(count)
    sent, rtts_ms = [], {}
    deadline = time.monotonic()
    while len(rtts_ms) < count:
        now = time.monotonic()
        if now >= deadline and len(sent) == count:
            break
        if now >= deadline:
            sent.append(now)
            sock.send((len(sent) - 1).to_bytes(4, 'big'))
            deadline = now + (PING_INTERVAL_S if len(sent) < count else PING_LAST_WAIT_S)
        sock.settimeout(max(deadline - now, 1e-4))
        try:
            i = int.from_bytes(sock.recv(2048), 'big')
            rtts_ms.setdefault(i, (time.monotonic() - sent[i]) * 1e3)
        except TimeoutError:
            pass
    if not rtts_ms:
        sys.exit('no answer at all')
    print(json.dumps({'min': min(rtts_ms.values()), 'median': statistics.median(rtts_ms.values()), 'max': max(rtts_ms.values()),
                      'lost': count - len(rtts_ms)}))


if __name__ == '__main__':
    verbs = {'receive': receive, 'send': send, 'echo': echo, 'ping': ping}
    if len(sys.argv) < 2 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    verbs[sys.argv[1]](*sys.argv[2:])
