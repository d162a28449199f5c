"""What processes of a run say to each other, with descriptors where they need some."""

from __future__ import annotations

import os
import sys

LONGEST = 1 << 17
"""Bytes of an order at most."""


def say(line: str, descriptor: int | None = None) -> None:
    """Tell the supervisor, on standard input, something; and hand over a descriptor with it."""
    if descriptor is None:
        os.write(0, f"{line}\n".encode())
    else:
        send(0, f"{line}\n".encode(), [descriptor])


def send(connection: int, message: bytes, descriptors: list[int]) -> None:
    """Send a message and descriptors on a socket, which stays open."""
    import _socket

    words = b"".join(d.to_bytes(4, sys.byteorder) for d in descriptors)
    end = _socket.socket(fileno=connection)
    try:
        end.sendmsg([message], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, words)])
    finally:
        end.detach()


def receive(connection: int) -> tuple[bytes, list[int]]:
    """Wait for a message on a socket; nothing means that the other end is gone."""
    import _socket

    end = _socket.socket(fileno=connection)
    try:
        room = _socket.CMSG_SPACE(64)
        message, given, _, _ = end.recvmsg(LONGEST, room, _socket.MSG_CMSG_CLOEXEC)
    finally:
        end.detach()
    words = b"".join(data for _, _, data in given)
    found = [int.from_bytes(words[i : i + 4], sys.byteorder) for i in range(0, len(words), 4)]
    return message, found


def pair() -> tuple[int, int]:
    """Return the two ends of a socket that keeps messages apart."""
    import _socket

    ends = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    return ends[0].detach(), ends[1].detach()


def silence(*descriptors: int) -> None:
    """Let descriptors lead nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(null, descriptor)
    if null not in descriptors:
        os.close(null)


def close_all_but(*kept: int) -> None:
    """Close every descriptor past the three standard ones, but some."""
    first = 3
    for descriptor in (*sorted(kept), 65536):
        os.closerange(first, descriptor)
        first = descriptor + 1
