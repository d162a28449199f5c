"""The conversation log: one envelope a line, appended and synced, each line chained to the last.

A line is a JSON object whose last field, ``chain``, is the SHA-256 of the chain before and of
the line without that field. A line without its line feed is a write that was cut off; it is
dropped on reading and cut away before the next append.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio
import anyio.to_thread

from mechagents.errors import LogError
from mechagents.messages import Envelope, Message, parse_message

if TYPE_CHECKING:
    from filelock import BaseFileLock

FILE_NAME = "conversation.jsonl"
PATIENCE = 0.2
"""How long a writer tries to have the lock: one who only looks has it for microseconds [s]."""
_MARK = b',"chain":"'
_M = TypeVar("_M", bound=Message)


Receivers = tuple[str, ...] | Callable[[], tuple[str, ...]]
"""Who receives a message, or how to find out once all that came before it is logged."""


class Conversation:
    """The envelopes of a run in their order, with the look-ups that decisions need.

    Reading it is all that flows and briefs do, so the same conversation always leads to the
    same next step.
    """

    def __init__(self, envelopes: Sequence[Envelope] = ()) -> None:
        self._envelopes: list[Envelope] = []
        self._by_kind: dict[str, list[Envelope]] = {}
        self._answers: dict[int, list[Envelope]] = {}
        for envelope in envelopes:
            self._take(envelope)

    def _take(self, envelope: Envelope) -> None:
        self._envelopes.append(envelope)
        self._by_kind.setdefault(envelope.message.kind, []).append(envelope)
        if envelope.cause is not None:
            self._answers.setdefault(envelope.cause, []).append(envelope)

    def __len__(self) -> int:
        return len(self._envelopes)

    def __iter__(self) -> Iterator[Envelope]:
        return iter(self._envelopes)

    def at(self, seq: int) -> Envelope:
        """Return the envelope with a sequence number.

        Raises:
            LogError: If there is none.
        """
        if not 1 <= seq <= len(self._envelopes):
            raise LogError(f"the conversation has no message {seq}")
        return self._envelopes[seq - 1]

    def of(self, kind: type[_M]) -> list[_M]:
        """Return all messages of a class, oldest first."""
        found = self.envelopes_of(str(kind.model_fields["kind"].default))
        return [e.message for e in found if isinstance(e.message, kind)]

    def envelopes_of(self, kind: str) -> list[Envelope]:
        """Return all envelopes of a kind, oldest first."""
        return self._by_kind.get(kind, [])

    def last(self, kind: type[_M]) -> _M | None:
        """Return the newest message of a class."""
        found = self.of(kind)
        return found[-1] if found else None

    def last_envelope(self, kind: str) -> Envelope | None:
        """Return the newest envelope of a kind."""
        found = self.envelopes_of(kind)
        return found[-1] if found else None

    def answers_to(self, seq: int) -> Sequence[Envelope]:
        """Return the envelopes that name a message as their cause, oldest first."""
        return self._answers.get(seq, [])


class LogReader(Conversation):
    """Reads a log, also while another process writes it.

    Args:
        folder: The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / FILE_NAME
        self._offset: int = 0
        self._chain = ""

    @property
    def chain(self) -> str:
        """The last hash of the chain, which stands for every line so far; empty without any."""
        return self._chain

    def read_new(self) -> list[Envelope]:
        """Return the whole lines that were added since the last call.

        Raises:
            LogError: If the log is missing or a line does not continue its chain.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError as error:
            raise LogError(f"{self.path}: cannot be read ({error.strerror})") from error
        whole, _, _ = data.rpartition(b"\n")
        fresh = [self._accept(line) for line in whole.split(b"\n")] if whole else []
        if whole:
            self._offset += len(whole) + 1
        return fresh

    def _accept(self, line: bytes) -> Envelope:
        number = len(self) + 1
        body, _, tail = line.rpartition(_MARK)
        chain = _link(self._chain, body)
        if tail != f'{chain}"}}'.encode():
            raise LogError(f"{self.path}:{number}: the line was changed after it was written")
        try:
            envelope = _envelope(json.loads(body + b"}"))
        except (ValueError, KeyError, TypeError) as error:
            raise LogError(f"{self.path}:{number}: {error}") from error
        if envelope.seq != number:
            raise LogError(f"{self.path}:{number}: message {envelope.seq} is out of order")
        self._chain = chain
        self._take(envelope)
        return envelope


class ConversationLog(LogReader):
    """The log of a run that this process writes; only one process can at a time.

    Args:
        folder: The run's folder; made if it is missing.
        run: The run's name.
        sync: Whether every append waits until the disk has the line.

    Raises:
        LogError: If the log is damaged or another process is writing it.
    """

    def __init__(self, folder: Path, run: str, *, sync: bool = True) -> None:
        super().__init__(folder)
        self.run = run
        self._sync = sync
        self._turn = anyio.Lock(fast_acquire=True)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = _hold(folder)
        except OSError as error:
            told = f"a run cannot be kept there ({error.strerror}); choose another folder"
            raise LogError(f"{folder}: {told}") from error
        try:
            self._file = self._open()
        except BaseException:
            self._writer.release()
            raise

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        file = os.open(self.path, flags, 0o644)
        try:
            self.read_new()
            os.ftruncate(file, self._offset)
        except BaseException:
            os.close(file)
            raise
        _sync_folder(self.path.parent)
        return file

    async def append(
        self, message: Message, *, sender: str, to: Receivers = (), cause: int | None = None
    ) -> Envelope:
        """Write a message and return its envelope once it is durable.

        Args:
            message: What is said.
            sender: Who says it.
            to: Who it will be delivered to, or a function that says so once every earlier message
                is in the log.
            cause: The sequence number of the message that it answers.

        Raises:
            LogError: If the disk refuses; the log is then as it was before.
        """
        async with self._turn:
            envelope = Envelope(
                run=self.run,
                seq=len(self) + 1,
                sender=sender,
                to=to() if callable(to) else to,
                cause=cause,
                time=datetime.now(UTC),
                message=message,
            )
            body = _body(envelope)
            chain = _link(self._chain, body)
            line = _line(body, chain)
            if self._sync:
                # Cut off here, the log would hold a line that this object does not know of.
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(self._write, line)
            else:
                self._write(line)
            self._offset += len(line)
            self._chain = chain
            self._take(envelope)
            return envelope

    def _write(self, line: bytes) -> None:
        try:
            done = os.write(self._file, line)
            while done < len(line):
                done += os.write(self._file, line[done:])
            if self._sync:
                os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, self._offset)
            raise LogError(f"{self.path}: cannot be written ({error.strerror})") from error

    def close(self) -> None:
        """Let another process write this log. Closing twice does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            self._writer.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_log(folder: Path) -> LogReader:
    """Return the conversation of a run as it stands.

    Raises:
        LogError: If the log is missing or damaged.
    """
    reader = LogReader(folder)
    reader.read_new()
    return reader


def chain_at(folder: Path, seq: int) -> str:
    """Return the chain of a message's line, which stands for it and all before it.

    Raises:
        LogError: If the log has no such line.
    """
    try:
        with (folder / FILE_NAME).open("rb") as file:
            line = next(islice(file, seq - 1, None), b"")
    except OSError as error:
        raise LogError(f"{folder / FILE_NAME}: cannot be read ({error.strerror})") from error
    if not line.endswith(b"\n"):
        raise LogError(f"{folder / FILE_NAME}: there is no line {seq}")
    return line.rpartition(_MARK)[2][:-3].decode()


def write_log(folder: Path, envelopes: Iterable[Envelope]) -> None:
    """Write a whole conversation as a new log; cut off at any instant, there is none yet.

    Args:
        folder: The run's folder; made if it is missing.
        envelopes: The messages in their order, from the first.

    Raises:
        LogError: If the folder cannot be written to or another process is writing there.
    """
    part = folder / f"{FILE_NAME}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _hold(folder):
            with part.open("wb") as file:
                chain = ""
                for envelope in envelopes:
                    body = _body(envelope)
                    chain = _link(chain, body)
                    file.write(_line(body, chain))
                file.flush()
                os.fsync(file.fileno())
            part.replace(folder / FILE_NAME)
            _sync_folder(folder)
    except OSError as error:
        told = f"a run cannot be kept there ({error.strerror}); choose another folder"
        raise LogError(f"{folder}: {told}") from error


def line_of(envelope: Envelope) -> str:
    """Return an envelope as one line of JSON, as the log has it but without the chain."""
    return _body(envelope).decode() + "}"


def _body(envelope: Envelope) -> bytes:
    """Return the line's JSON without its closing brace, so that the chain can follow."""
    head = json.dumps(
        {
            "id": envelope.id,
            "run": envelope.run,
            "seq": envelope.seq,
            "sender": envelope.sender,
            "to": envelope.to,
            "cause": envelope.cause,
            "time": envelope.time.isoformat(),
        },
        separators=(",", ":"),
    )
    return f'{head[:-1]},"message":{envelope.message.to_json()}'.encode()


def _envelope(data: dict[str, Any]) -> Envelope:
    return Envelope(
        run=data["run"],
        seq=data["seq"],
        sender=data["sender"],
        to=tuple(data["to"]),
        cause=data["cause"],
        time=datetime.fromisoformat(data["time"]),
        message=parse_message(data["message"]),
    )


def _line(body: bytes, chain: str) -> bytes:
    return b"".join((body, _MARK, chain.encode(), b'"}\n'))


def _link(before: str, body: bytes) -> str:
    return hashlib.sha256(before.encode() + body).hexdigest()


def _hold(folder: Path) -> BaseFileLock:
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".writer.lock", timeout=PATIENCE, poll_interval=PATIENCE / 10)
    try:
        lock.acquire()
    except Timeout as error:
        raise LogError(f"{folder}: another process is writing this run's log") from error
    return lock


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
