"""Messages on a pipe: a letter for the kind, the length, and the message itself."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

OUT, ERR = b"o", b"e"
"""What a program printed."""
LINE = b"l"
"""A line that a keeper says: ``began``, ``held``, ``setup`` or ``ended``, and more words."""
USAGE = b"u"
"""What a program uses at this moment, in JSON."""
FILE, DATA = b"f", b"d"
"""The path of a file that is handed back; then its bytes, in as many messages as it takes."""
SKIPPED = b"s"
"""In JSON, what was not handed back, in words."""
END = b"."
"""There is no more."""
LONGEST = 1 << 20
"""Bytes of a message at most."""
_HEAD = 5


def pack(kind: bytes, message: bytes) -> bytes:
    """Return a message as it is sent."""
    return kind + len(message).to_bytes(4, "big") + message


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of something, however long that takes."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read(source: Callable[[int], bytes]) -> tuple[bytes, bytes] | None:
    """Return the kind and the text of the next message, or None at the end.

    Args:
        source: Returns as many bytes as it is asked for, fewer only at the end.

    Raises:
        ValueError: If what comes is no message.
    """
    head = source(_HEAD)
    if not head:
        return None
    length = int.from_bytes(head[1:], "big")
    if len(head) < _HEAD or length > LONGEST:
        raise ValueError("what came is no message")
    message = source(length)
    if len(message) < length:
        raise ValueError("a message ends too early")
    return head[:1], message
