"""A program in a container: its start, what is heard of it, its end, and the files it made.

The container's first process is our own (``inside.contained``). All goes through the pipes of the
engine's command: no folder is shared, and the engine copies nothing. What comes out is taken for
no more than it says: a path is made anew from plain names, and counted against the limits.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from mechagents.errors import SandboxError, UsageError
from mechagents.sandbox import engine as engines
from mechagents.sandbox import folder as folders
from mechagents.sandbox.base import Limits
from mechagents.sandbox.child import Report
from mechagents.sandbox.engine import PACKAGE as THERE
from mechagents.sandbox.engine import WORK, Container
from mechagents.sandbox.folder import MIB, Found, Size
from mechagents.sandbox.inside import frames
from mechagents.sandbox.orders import MARKER, PACKAGE, Start, environment
from mechagents.sandbox.output import Stream, escaped
from mechagents.sandbox.watchdog import Process, Tree, resource_limits
from mechagents.sandbox.workspace import copy_out

START_SECONDS = 60.0
"""How long an engine may take to start a container."""
STOP_SECONDS = 0.3
"""How long the keeper may take to kill all; then the engine is told to."""
GRACE_SECONDS = 5.0
"""How long the engine may take for it."""
HAND_BACK_SECONDS = 150.0
"""How long files may take to come back."""
_FIRST_USER, _USERS = 20_000, 40_000
"""Users that nobody is, low enough to be there for an engine without root's rights."""
_BOOT = """
import json, os, sys
def take(many):
    got = bytearray()
    while len(got) < many:
        part = os.read(0, min(many - len(got), 1 << 20))
        if not part:
            os._exit(1)
        got += part
    return got
told = json.loads(take(int(take(16), 16)))
for place in told["folders"]:
    os.makedirs(place, exist_ok=True)
for place, size, changed in told["files"]:
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "xb") as file:
        file.write(take(size))
    os.utime(place, ns=(changed, changed))
own = told["environment"]
own["PATH"] = os.path.dirname(sys.executable) + ":" + own["PATH"]
os.execve(sys.executable, [sys.executable, "-s", "-P", *told["words"]], own)
"""
"""What a container's interpreter does first: it takes the files, and becomes the keeper."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file that goes into a container."""

    place: str
    source: Path
    size: int
    changed: int


class Contained:
    """A program's folder in a container, as far as it is heard of.

    Args:
        start: The program, in its place.
    """

    def __init__(self, start: Start) -> None:
        self._folder = start.job.workdir
        self._limits = start.job.limits
        self._staged = start.temp / "handed-back"
        self._staged.mkdir()
        self._room = folders.ARTIFACTS_MIB * MIB
        self._files = 0
        self._open: IO[bytes] | None = None
        self._size = Size()
        self._skipped: list[str] = []
        self.largest_mib = 0.0
        """Size of the largest file in the container."""

    def hear(self, size: Size) -> None:
        """Take in how much the folder holds now."""
        self._size = size

    def skip(self, told: list[Any]) -> None:
        """Take in what was not handed back."""
        many, texts = int(told[0]), [escaped(str(text))[:300] for text in told[1:21]]
        self._skipped += [*texts, *["..."] * min(many - len(texts), 100_000)]

    def begin(self, path: str) -> None:
        """Take in a new file, if its name is plain and there is room.

        Args:
            path: Where it was, relative to its folder.
        """
        self.end()
        self._files += 1
        parts = path.split("/")
        plain = all(part and part[0] != "." and folders.is_plain(part) for part in parts)
        if not plain or len(parts) > folders.DEPTH or self._files > self._limits.artifacts:
            self._skipped.append(f"{escaped(path)[:300]} (not as agreed)")
            return
        target = self._staged.joinpath(*parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._open = target.open("xb")
        except OSError as error:
            self._skipped.append(f"{escaped(path)[:300]} ({error.strerror})")

    def add(self, data: bytes) -> None:
        """Take in more of the present file, as long as there is room."""
        self._room -= len(data)
        if self._open is not None and self._room >= 0:
            self._open.write(data)

    def end(self) -> None:
        """Close the present file."""
        if self._open is not None:
            self._open.close()
        self._open = None

    def size(self, limits: Limits) -> Size:
        """Return how much the folder and temporary files held when last heard of."""
        return self._size

    def largest_file(self) -> float:
        """Return the size of the largest file [MiB]."""
        return self.largest_mib

    def collect(self, limits: Limits) -> Found:
        """Put what was handed back into the folder, and say what that is."""
        self.end()
        found = folders.collect(self._staged, {}, limits.artifacts)
        taken: list[str] = []
        lost: list[str] = []
        for path in found.artifacts:
            try:
                _put_back(self._staged / path, self._folder, path)
                taken.append(path)
            except OSError as error:
                lost.append(f"{path} ({error.strerror})")
        return Found(tuple(taken), (*self._skipped, *found.skipped, *lost))

    def receive(self, descriptor: int) -> None:
        """Close it: there should be none."""
        os.close(descriptor)

    def close(self) -> None:
        """Do nothing: what was handed back is in the temporary folder."""


def _put_back(source: Path, folder: Path, path: str) -> None:
    """Copy a file of our own below a folder, through no link.

    Raises:
        OSError: If something is in the way.
    """
    if os.name != "nt":
        copy_out(source, folder, path)
        return
    place = folder
    for part in path.split("/")[:-1]:
        place = place / part
        if place.is_symlink() or place.is_junction():  # type: ignore[attr-defined,unused-ignore]
            raise OSError(0, "a link is in the way")
        place.mkdir(exist_ok=True)
    target = folder / path
    if target.is_symlink():
        target.unlink()
    shutil.copyfile(source, target)


@dataclass(slots=True)
class _Heard:
    """What a container's keeper said so far."""

    lines: list[str] = field(default_factory=list[str])
    tree: Tree = field(default_factory=Tree)
    memory_mib: float = 0.0
    over: bool = False
    """Whether nothing more will come."""
    fault: str = ""
    """What was wrong with what came."""

    def told(self, what: str) -> str | None:
        """Return what it said about something, if it did."""
        return next((x[len(what) :].strip() for x in self.lines if x.split(" ")[0] == what), None)


class ContainerChild:
    """A running program in a container of its own.

    Args:
        start: The program, in its place.
        workspace: Its folder.
        stop: Set by another thread when it need not begin any more.

    Raises:
        UsageError: If the interpreter or something to be shown is not to be had.
        SandboxError: If no engine is there.
    """

    warm = False

    def __init__(self, start: Start, workspace: Contained, stop: threading.Event) -> None:
        self._engine = engines.find()
        engines.sweep(self._engine)
        self._name = f"mechagents-{start.marker[:20]}"
        self._workspace = workspace
        kept = int(start.job.limits.kept_output_mib * MIB)
        self.stdout, self.stderr = Stream(kept), Stream(kept)
        self._complaints = Stream(1 << 14)
        self._heard = _Heard()
        self._news = threading.Condition()
        words = [*container(start, self._name).words(self._engine), "-I", "-S", "-c", _BOOT]
        try:
            self._popen = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                # A file named oom may be left where an engine was started.
                start_new_session=True, cwd=start.temp,
            )  # fmt: skip
        except OSError as error:
            raise SandboxError(f"no process could be started: {error}") from error
        for work in (self._listen, self._hear_complaints, lambda: self._give(start)):
            threading.Thread(target=work, name="sandbox container", daemon=True).start()
        self._wait(lambda: self._has_begun() or stop.is_set(), START_SECONDS)
        if self._heard.told("began") is None:
            self._end()
            if start.job.python is not None and self._popen.returncode in (126, 127):
                raise UsageError(f"the image has no {start.job.python}", where="python")

    def _has_begun(self) -> bool:
        return self._heard.told("began") is not None or self._heard.over

    def _wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so; look at it whenever there is news, and now and then."""
        deadline = time.monotonic() + seconds
        with self._news:
            while not until() and (rest := deadline - time.monotonic()) > 0:
                self._news.wait(min(rest, 0.05))
            return until()

    # In threads of their own.

    def _give(self, start: Start) -> None:
        """Send the program and all its files."""
        pipe = self._popen.stdin
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError):
            for part in parcel(start):
                # Past its buffer, which could not be closed while an engine takes nothing.
                frames.write_all(pipe.fileno(), part)

    def _hear_complaints(self) -> None:
        """Take in what the engine has to say."""
        pipe = self._popen.stderr
        assert pipe is not None
        with pipe:
            while data := os.read(pipe.fileno(), 1 << 14):
                self._complaints.add(data)

    def _listen(self) -> None:
        """Take in all that the keeper says."""
        pipe = self._popen.stdout
        assert pipe is not None
        try:
            with pipe:
                while (message := frames.read(pipe.read)) and message[0] != frames.END:
                    self._take(*message)
        except (ValueError, TypeError, KeyError, IndexError, OSError) as error:
            self._heard.fault = f"what came from the container is not as agreed: {error!r:.200}"
            self._popen.kill()
        with self._news:
            self._heard.over = True
            self._news.notify_all()

    def _take(self, kind: bytes, message: bytes) -> None:
        if kind == frames.OUT:
            self.stdout.add(message)
        elif kind == frames.ERR:
            self.stderr.add(message)
        elif kind == frames.DATA:
            self._workspace.add(message)
        elif kind == frames.FILE:
            self._workspace.begin(message.decode())
        elif kind == frames.SKIPPED:
            self._workspace.skip(json.loads(message))
        elif kind == frames.USAGE:
            self._take_usage(json.loads(message))
        elif kind == frames.LINE and len(self._heard.lines) < 100:
            with self._news:
                self._heard.lines += message.decode(errors="replace")[:4000].splitlines()
                self._news.notify_all()
        else:
            raise ValueError(f"a message of the kind {kind!r}")

    def _take_usage(self, told: dict[str, Any]) -> None:
        processes = tuple(_process(one) for one in told["processes"])
        self._heard.tree = Tree(processes, float(told["cpu_seconds"]))
        self._heard.memory_mib = float(told["memory_mib"])
        self._workspace.hear(Size(float(told["folder_mib"]), int(told["folder_files"])))

    # What the supervisor asks.

    def tree(self) -> Tree:
        """Return what the program's processes use."""
        return self._heard.tree

    def memory_mib(self, tree: Tree) -> float:
        """Return their resident memory, shared pages counted once."""
        return self._heard.memory_mib

    def _all_dead(self) -> bool:
        return self._heard.told("ended") is not None or self._heard.over

    def ended_within(self, seconds: float) -> bool:
        """Wait for the end of the program and of all it started.

        Args:
            seconds: How long to wait.
        """
        return self._wait(self._all_dead, seconds)

    def kill(self) -> bool:
        """Kill the program and all it started; return whether all are known to be dead.

        The keeper does it. If it does not say so at once the engine is told to remove the
        container, however long that takes.
        """
        pipe = self._popen.stdin
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError):
            if os.name != "nt":
                os.set_blocking(pipe.fileno(), False)
            os.write(pipe.fileno(), b"stop")
        return self.ended_within(STOP_SECONDS) or self._end()

    def _end(self) -> bool:
        """Remove the container by force; return whether that is known to be done in time."""
        remove = threading.Thread(
            target=engines.remove, args=(self._engine, [self._name]), name="sandbox removal"
        )
        remove.start()
        if self._popen.stdin is not None:
            _close(self._popen.stdin)
        remove.join(GRACE_SECONDS)
        try:
            self._popen.wait(0.0 if remove.is_alive() else GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            return False
        return self._wait(lambda: self._heard.over, 1.0)

    def close(self) -> Report:
        """Take leave of an ended program: wait for its files and its container's removal."""
        heard = self._heard
        if not self._wait(lambda: heard.over, HAND_BACK_SECONDS):
            self._end()
        try:
            self._popen.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._end()
        if self._popen.stdin is not None:
            _close(self._popen.stdin)
        return self._report()

    def _report(self) -> Report:
        heard = self._heard
        held = f"{self._engine.promise}; {heard.told('held') or ''}"
        if (fault := heard.told("setup") or heard.fault) or heard.told("ended") is None:
            return Report(fault=fault or self._why_not())
        try:
            status, cpu, peak_kib, left, refused, largest = (heard.told("ended") or "").split()
            self._workspace.largest_mib = float(largest)
            return Report(
                int(status),
                float(cpu),
                int(peak_kib) / 1024,
                int(left),
                refused=refused == "1",
                held=held if heard.told("held") else "",
            )
        except ValueError:
            return Report(fault="the container did not say how its program ended")

    def _why_not(self) -> str:
        """Return why a container did not run to its end."""
        said = self._complaints.text.strip().splitlines()[-3:]
        begun = self._heard.told("began") is not None
        what = "the container was killed" if begun else "the container could not be started"
        return f"{what} ({self._engine.name} returned {self._popen.poll()}): {' '.join(said)[:500]}"


def _process(told: list[float]) -> Process:
    pid, cpu, reaped, threads, memory = told
    return Process(int(pid), float(cpu), float(reaped), int(threads), float(memory))


def _close(pipe: IO[bytes]) -> None:
    with contextlib.suppress(OSError):
        pipe.close()


def container(start: Start, name: str) -> Container:
    """Return the container for a program.

    Args:
        start: The program, in its place.
        name: What the container is called.
    """
    job = start.job
    return Container(
        name=name,
        image=engines.image_name(start.image),
        user=_FIRST_USER + secrets.randbelow(_USERS),
        limits=job.limits,
        python=job.python.as_posix() if job.python is not None else "python3",
        readable=tuple(path.absolute() for path in job.readable),
    )


def parcel(start: Start) -> list[bytes]:
    """Return all that a container is given on its standard input, in parts.

    Raises:
        OSError: If a file cannot be read.
    """
    job = start.job
    work = folder_there(job.workdir)
    files = [*_package(), *_below(job.workdir, work)]
    script = _script_there(start, work)
    if not script.is_relative_to(work):
        files.append(_file(start.script.resolve(), str(script)))
    told = {
        "folders": [str(work), "/tmp/matplotlib"],
        "files": [(f.place, f.size, f.changed) for f in files],
        "environment": _environment(start),
        "words": [f"{THERE}/mechagents/sandbox/launcher.py", *words(start, str(script))],
    }
    head = json.dumps(told).encode()
    return [b"%016x" % len(head), head, *(_content(file) for file in files)]


def folder_there(workdir: Path) -> PurePosixPath:
    """Return the path that a program's folder has in its container."""
    return PurePosixPath(WORK) / (workdir.absolute().name or "work")


def words(start: Start, script: str) -> list[str]:
    """Return what the launcher in a container is told.

    Args:
        start: The program, in its place.
        script: The program's file there.
    """
    limits, work = start.job.limits, folder_there(start.job.workdir)
    return [
        f"script={script}",
        "temp=/tmp",
        f"workdir={work}",
        "tier=container",
        f"wall={limits.wall_seconds}",
        f"memory={limits.memory_mib}",
        f"processes={limits.processes}",
        f"artifacts={limits.artifacts}",
        *(f"limit={n}:{v}" for n, v in resource_limits(limits, alone=True).items()),
        f"search={THERE}",
        f"search={work}",
    ]


def _script_there(start: Start, work: PurePosixPath) -> PurePosixPath:
    inside = start.job.workdir.absolute()
    if start.script.is_relative_to(inside):
        return work / start.script.relative_to(inside).as_posix()
    return PurePosixPath(THERE) / "script" / start.script.name


def _environment(start: Start) -> dict[str, str]:
    """Return all that a program in a container sees of the environment."""
    job = start.job
    own = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder_there(job.workdir)),
        MARKER: start.marker,
    }
    given = {**environment(job, PurePosixPath("/tmp")), **own}
    return {name: value for name, value in given.items() if name != "SYSTEMROOT"}


def _package() -> list[_File]:
    """Return the files of this package, which its version in an image need not be."""
    found = _below(PACKAGE, PurePosixPath(THERE) / PACKAGE.name)
    return [file for file in found if not file.place.endswith((".pyc", ".so"))]


def _below(folder: Path, place: PurePosixPath) -> list[_File]:
    """Return the regular files below a folder, with where they go; follow no link."""
    return [
        _File(str(place / path), folder / path, status.st_size, status.st_mtime_ns)
        for path, status in folders.walk(folder)
        if folders.is_regular(status)
    ]


def _file(source: Path, place: str) -> _File:
    status = source.stat()
    return _File(place, source, status.st_size, status.st_mtime_ns)


def _content(file: _File) -> bytes:
    """Return what a file holds, as long as it was when it was looked at."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(file.source, flags), "rb") as given:  # noqa: PTH123
        data = given.read(file.size)
    return data + bytes(file.size - len(data))
