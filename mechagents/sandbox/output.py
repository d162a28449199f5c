"""What a program printed: bounded while it comes in, harmless when it is shown."""

from __future__ import annotations

import re
import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_OWN_FRAME = re.compile(rb'^ *File "[^"\n]*launcher\.py", line \d+ in [^\n]+\n', re.MULTILINE)
"""A line of a crash dump (not of a traceback) that is about the launcher."""


class Stream:
    """Keeps the beginning and the end of what comes in, and counts it all.

    Args:
        limit: How much to keep [bytes], half of it from each end.
    """

    def __init__(self, limit: int) -> None:
        self.total = 0
        """Bytes that came in."""
        self._half = max(limit // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> None:
        """Take in more."""
        self.total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    @property
    def text(self) -> str:
        """What was kept, made safe, with a note where something was left out."""
        tail = self._tail[-self._half :]
        left_out = self.total - len(self._head) - len(tail)
        if not left_out:
            return safe_text(bytes(self._head + tail))
        note = f"\n[... {left_out:,} bytes left out ...]\n"
        return safe_text(bytes(self._head)) + note + safe_text(bytes(tail))


def safe_text(data: bytes) -> str:
    """Return text that a terminal or a page cannot be fooled with.

    What is no UTF-8 becomes U+FFFD, a carriage return a new line, and every control, format
    (bidirectional marks too), private or unassigned character is written as its escape.
    """
    text = _OWN_FRAME.sub(b"", data).decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return escaped(text, keep="\n\t")


def escaped(text: str, keep: str = "") -> str:
    """Return a text with its unsafe characters written as escapes.

    Args:
        text: Any text.
        keep: Characters to let through although they are control characters.
    """
    unsafe = (c for c in set(text) if c not in keep and unicodedata.category(c) in _UNSAFE)
    return text.translate({ord(c): c.encode("unicode_escape").decode() for c in unsafe})
