"""Reads a run's log for the page: where each line is, who said it, and no more than is asked for.

Unlike ``mechagents.log`` it makes no messages and checks no chain, so a log of a hundred thousand
lines is shown at once, as is one of messages whose classes are not loaded here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from mechagents.log import FILE_NAME
from mechagents.messages import Message
from mechagents.view.respond import as_object
from mechagents.view.told import as_message

_M = TypeVar("_M", bound=Message)

HEAD = 16_384
"""Bytes at the start of a line that hold all but its message."""
LONGEST = 1000
"""Bytes of a line that is no envelope that are shown."""
_HEAD_OF_ENVELOPE = {"seq", "sender", "to", "cause", "time"}
STEP = 4 << 20
"""Bytes read at a time."""


_USAGE = re.compile(
    rb',"prompt_tokens":(\d+),"completion_tokens":(\d+),"cost":([0-9.eE+-]+),"seconds":'
)


@dataclass(slots=True)
class Spent:
    """What the messages of a run say it took."""

    attempts: int = 0
    executions: int = 0
    model_calls: int = 0
    tokens: int = 0
    cost: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return what was spent by name, as in a budget."""
        return asdict(self)

    def count(self, kind: str, line: bytes) -> None:
        """Count what one line took."""
        self.attempts += kind == "program"
        self.executions += kind == "execution"
        if kind != "model_call":
            return
        self.model_calls += 1
        # In a text the quotes are escaped, so this can only be the message's own.
        used = _USAGE.search(line)
        if used is not None:
            self.tokens += int(used[1]) + int(used[2])
            self.cost += float(used[3])


class Line(NamedTuple):
    """One envelope of a log, without its message."""

    seq: int
    start: int
    """Where it begins [bytes]."""
    size: int
    """Bytes, without the line feed."""
    sender: str
    to: tuple[str, ...]
    cause: int | None
    time: str
    kind: str


class RunLog:
    """The lines of a log that may be growing. Several threads may use one at a time.

    Args:
        folder: The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self._begin()
        self._turn = Lock()

    def _begin(self) -> None:
        self.lines: list[Line] = []
        self.spent = Spent()
        self._by_kind: dict[str, list[int]] = {}
        self._end = 0

    def read_new(self) -> int:
        """Read the whole lines that were added, and return how many lines there are.

        Raises:
            OSError: If the log cannot be read.
        """
        with self._turn:
            with self.path.open("rb") as file:
                if file.seek(0, 2) < self._end:  # it was cut, or is another run's
                    self._begin()
                file.seek(self._end)
                rest = b""
                while data := file.read(STEP):
                    rest = self._take(rest + data)
            return len(self.lines)

    def _take(self, data: bytes) -> bytes:
        """Note the whole lines in what was read, and return what is left after them."""
        *whole, rest = data.split(b"\n")
        for line in whole:
            noted = _line(line, self._end, len(self.lines) + 1)
            self.lines.append(noted)
            self._by_kind.setdefault(noted.kind, []).append(noted.seq)
            self.spent.count(noted.kind, line)
            self._end += len(line) + 1
        return rest

    def envelopes(self, first: int, last: int, most_bytes: int = 1 << 62) -> list[dict[str, Any]]:
        """Return the envelopes from one sequence number to another, both included.

        Args:
            first: From 1.
            last: Beyond the last there is, all there are.
            most_bytes: Stop after the envelope with which so much was read; at least one is.
        """
        with self._turn:
            wanted = self.lines[max(first - 1, 0) : last]
        return self._envelopes(wanted, most_bytes)

    def pick(self, seqs: Iterable[int]) -> list[dict[str, Any]]:
        """Return the envelopes with some sequence numbers, which must be there."""
        with self._turn:
            wanted = [self.lines[seq - 1] for seq in seqs]
        return self._envelopes(wanted, 1 << 62)

    def _envelopes(self, lines: list[Line], most_bytes: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        with self.path.open("rb") as file:
            for line in lines:
                file.seek(line.start)
                found.append(_read(file.read(line.size), line.seq))
                most_bytes -= line.size
                if most_bytes <= 0:
                    break
        return found

    def envelope(self, seq: int) -> dict[str, Any] | None:
        """Return one envelope, None where there is none."""
        found = self.envelopes(seq, seq) if seq >= 1 else []
        return found[0] if found else None

    def numbers(self, *kinds: str) -> list[int]:
        """Return the sequence numbers of all messages of some kinds, in order."""
        with self._turn:
            found = [self._by_kind.get(kind, []) for kind in kinds]
            return sorted(chain(*found)) if len(found) > 1 else list(*found)

    def every(self, *kinds: str) -> list[dict[str, Any]]:
        """Return all envelopes of some kinds, in order."""
        return self.pick(self.numbers(*kinds))

    def last(self, kind: str) -> dict[str, Any] | None:
        """Return the newest envelope of a kind."""
        with self._turn:
            seq = self._by_kind.get(kind, [0])[-1]
        return self.envelope(seq)

    def message(self, kind: type[_M]) -> _M | None:
        """Return the newest message of a class, None where there is none that can be read."""
        found = self.last(str(kind.model_fields["kind"].default))
        message = as_message(found["message"]) if found is not None else None
        return message if isinstance(message, kind) else None


def _line(data: bytes, start: int, seq: int) -> Line:
    told = _head(data)
    return Line(
        seq=seq,
        start=start,
        size=len(data),
        sender=str(told.get("sender", "")),
        to=tuple(map(str, told.get("to") or ())),
        cause=told.get("cause"),
        time=str(told.get("time", "")),
        kind=str(told.get("kind", "")),
    )


def _head(data: bytes) -> dict[str, Any]:
    """Return a line's envelope and its message's kind, by its first bytes where they suffice."""
    head, found, message = data[:HEAD].partition(b',"message":{"kind":"')
    if found:
        try:
            return {**json.loads(head + b"}"), "kind": message.split(b'"', 1)[0].decode()}
        except ValueError:
            pass
    whole = _read(data, 0)
    return {**whole, "kind": whole["message"].get("kind", "")}


def _read(data: bytes, seq: int) -> dict[str, Any]:
    """Return the envelope that a line holds; what is no envelope comes back as one that says so."""
    try:
        told = as_object(json.loads(data))
    except ValueError:
        told = {}
    told.pop("chain", None)
    if as_object(told.get("message")) and told.keys() >= _HEAD_OF_ENVELOPE:
        return told
    text = data[:LONGEST].decode("utf-8", "replace")
    unreadable = {"kind": "unreadable", "text": text}
    return {"seq": seq, "sender": "", "to": [], "cause": None, "time": "", "message": unreadable}
