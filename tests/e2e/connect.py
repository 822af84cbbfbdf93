#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""One TCP connection with data both ways; prints which algorithm the client and the server have.

usage: connect.py ADDRESS PORT [--client NETNS] [--server NETNS] [--client-cgroup DIR] [--server-cgroup DIR] [--choose ALGORITHM]
       [--hold]

With --hold it then prints PID:FD of both, their addresses, and keeps them until its standard input ends. ECN says whether
the client negotiated it. --choose: the connected client asks for that algorithm; if it may not, the errno is said.
"""
import argparse
import ctypes
import errno
import os
import socket
import struct
import sys

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def enter(netns, cgroup):
    if cgroup:
        with open(cgroup + "/cgroup.procs", "w") as procs:
            procs.write(str(os.getpid()))
    if netns:
        with open("/run/netns/" + netns) as ns:
            if libc.setns(ns.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")


def algorithm(s):
    return s.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()


def serve(args, pipe, last):
    enter(args.server, args.server_cgroup)
    family = socket.AF_INET6 if ":" in args.address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((args.address, args.port))
    listener.listen()
    os.write(pipe, b"ready\n")
    s = listener.accept()[0]
    s.sendall(s.recv(1000))
    os.write(pipe, ("%s %d:%d\n" % (algorithm(s), os.getpid(), s.fileno())).encode())
    os.read(last, 1)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("address")
    p.add_argument("port", type=int)
    for name in "--client", "--server", "--client-cgroup", "--server-cgroup", "--choose":
        p.add_argument(name)
    p.add_argument("--hold", action="store_true")
    args = p.parse_args()
    told, tell = os.pipe()
    last, end = os.pipe()
    if not os.fork():
        os.close(end)
        serve(args, tell, last)
        os._exit(0)
    os.close(tell)
    told = os.fdopen(told)
    if told.readline() != "ready\n":
        sys.exit("the server did not start")
    enter(args.client, args.client_cgroup)
    s = socket.create_connection((args.address, args.port), timeout=10)
    s.settimeout(10)
    s.sendall(b"x" * 1000)
    got = s.recv(1000)
    if got != b"x" * len(got):
        sys.exit("the data is not what was sent")
    theirs, where = told.readline().split()
    # struct tcp_info: tcpi_options is byte 5, TCPI_OPT_ECN is 8
    ecn = struct.unpack_from("8B", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104))[5] & 8
    refused = ""
    try:
        if args.choose:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, args.choose.encode())
    except OSError as e:
        refused = " " + errno.errorcode[e.errno]
    print(algorithm(s), theirs, ("ecn" if ecn else "no-ecn") + refused)
    if args.hold:
        print("%d:%d" % (os.getpid(), s.fileno()), where,
              ("[%s]:%d" if ":" in args.address else "%s:%d") % s.getsockname()[:2])
        sys.stdout.flush()
        sys.stdin.read()
    os.close(end)
    os.wait()


main()
