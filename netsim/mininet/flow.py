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
import sys
import time

BLOCK = 256 * 1024
PING_TIMEOUT_S = 2
LISTENING = 'ready'


def tcp_socket(cc):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, cc.encode())
    except FileNotFoundError:
        sys.exit(f"cannot use congestion control '{cc}': it is not registered: `congctl list` shows what is")
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
    print(json.dumps({'bytes': total, 'seconds': time.monotonic() - begin}), flush=True)


def send(address, port, cc, seconds):
    sock = tcp_socket(cc)
    sock.connect((address, int(port)))
    block = bytes(BLOCK)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        sock.send(block)
    sock.shutdown(socket.SHUT_WR)
    print(json.dumps({'cc': sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b'\0').decode()}))


def echo(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(('', int(port)))
    print(LISTENING, flush=True)
    while True:
        data, peer = sock.recvfrom(2048)
        sock.sendto(data, peer)


def ping(address, port, count):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(PING_TIMEOUT_S)
    sock.connect((address, int(port)))
    rtts_ms = []
    lost = 0
    for i in range(int(count)):
        begin = time.monotonic()
        sock.send(i.to_bytes(4, 'big'))
        try:
            while int.from_bytes(sock.recv(2048), 'big') != i:
                pass
            rtts_ms.append((time.monotonic() - begin) * 1e3)
        except TimeoutError:
            lost += 1
    if not rtts_ms:
        sys.exit('no answer at all')
    print(json.dumps({'min': min(rtts_ms), 'median': statistics.median(rtts_ms), 'max': max(rtts_ms), 'lost': lost}))


if __name__ == '__main__':
    verbs = {'receive': receive, 'send': send, 'echo': echo, 'ping': ping}
    if len(sys.argv) < 2 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    verbs[sys.argv[1]](*sys.argv[2:])
