"""The keeper of a program in a container: the container's first process.

It gets the program and its files on standard input, and says everything in ``frames`` on
standard output: what the program prints, what it uses, how it ended, and the files it made. When
it ends, the kernel kills all others in the container. It ends when standard input does, and by
itself some time after the program's limit, so that no container outlives a host that is gone.

The program has the same user, but can neither look into its keeper nor kill it, and holds none of
its descriptors. The host believes nothing that comes all the same.
"""

from __future__ import annotations

# What goes wrong while a program is started, whatever it is, has to be told.
# ruff: noqa: BLE001, PTH123, PTH208, SIM105
import json
import os
import select
import signal
import time
from pathlib import Path
from types import FrameType

from mechagents.sandbox import folder as folders
from mechagents.sandbox import watchdog
from mechagents.sandbox.inside import frames
from mechagents.sandbox.inside.keeper import (
    Keeper,
    offer_to_the_oom_killer,
    reap,
    refused_memory,
    used,
)
from mechagents.sandbox.inside.kernel import PR_SET_DUMPABLE, prctl
from mechagents.sandbox.inside.order import Order

LOOK_SECONDS = 0.025
"""How often it is told what the program uses."""
GRACE_SECONDS = 10.0
"""How long after the limit on time it waits for a word of the host."""
HAND_BACK_SECONDS = 120.0
"""How long it may take to hand back files."""
_OOM_COUNTS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")


class ContainedKeeper(Keeper):
    """Starts one program in a container that is for it alone."""

    def start(self, order: Order) -> None:
        """Start a program; return in its process only."""
        try:
            self._order = order
            self._next_look = 0.0
            self._before = folders.stamps(Path(order.workdir))
            self._leave_in(order.wall_seconds + GRACE_SECONDS)
            self.heed_signals()
            out, err, said = (os.pipe() for _ in range(3))
            child = os.fork()
            if not child:
                self.forget_signals()
                self.die_with_parent()
                offer_to_the_oom_killer()
                for pipe, descriptor in ((said, 0), (out, 1), (err, 2)):
                    os.dup2(pipe[1], descriptor)
                self.become_program(order)
                return
            prctl(PR_SET_DUMPABLE, 0)
            for _, theirs in (out, err, said):
                os.close(theirs)
            kinds = {out[0]: frames.OUT, err[0]: frames.ERR, said[0]: frames.LINE}
            self._serve(child, kinds)
        except Exception as error:
            if os.getpid() != self.pid:
                os.write(0, f"setup {error!r}".encode())
            else:
                _send(frames.LINE, f"setup {error!r}".encode())
        os._exit(1)

    def _leave_in(self, seconds: float) -> None:
        """End this process, and all others with it, after some time."""
        signal.signal(signal.SIGALRM, _leave)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def _serve(self, child: int, kinds: dict[int, bytes]) -> None:
        """Pass on what the program says and uses; when it is over, say how, and hand back."""
        _send(frames.LINE, b"began")
        poll = select.poll()
        for descriptor in (0, self.woken, *kinds):
            os.set_blocking(descriptor, False)
            poll.register(descriptor, select.POLLIN)
        status, refused, stopped = None, 0, False
        while status is None and not stopped:
            for descriptor, _ in poll.poll(1000 * LOOK_SECONDS):
                if descriptor in kinds and not _pass_on(descriptor, kinds[descriptor]):
                    poll.unregister(descriptor)
                elif descriptor == self.woken:
                    _drain(descriptor)
                elif descriptor == 0:
                    if not os.read(0, 100):
                        os._exit(1)
                    stopped = True
            refused = refused_memory(child)
            status, _ = reap(child, None)
            if time.monotonic() >= self._next_look:
                self._tell_usage()
                self._next_look = time.monotonic() + LOOK_SECONDS
        left = self._processes() if not stopped else []
        status = _kill_all(child, status)
        for descriptor, kind in kinds.items():
            while _pass_on(descriptor, kind):
                pass
        self._tell_usage()
        refused = refused or int(_out_of_memory() > 0)
        ended = f"ended {status} {used()} {len(left)} {refused} {self._largest():.6f}"
        _send(frames.LINE, ended.encode())
        self._hand_back()
        os._exit(0)

    def _processes(self) -> list[int]:
        """Return all processes of the container but this one."""
        return [int(n) for n in os.listdir("/proc") if n.isdigit() and int(n) != self.pid]

    def _tell_usage(self) -> None:
        there, most = self._processes(), self._order.processes
        if len(there) > most:
            # The host ends it when it hears of this; until then it shall not go on.
            _signal_all(signal.SIGSTOP)
        found = tuple(p for p in map(watchdog.process, there) if p is not None)
        mine = watchdog.process(self.pid)
        reaped = mine.reaped_seconds if mine is not None else 0.0
        cpu = reaped + sum(p.cpu_seconds + p.reaped_seconds for p in found)
        tree = watchdog.Tree(found, cpu)
        memory = tree.memory_mib
        if memory > self._order.memory_mib:
            memory = watchdog.memory_mib(tree)
        if tree.threads > 4 * most or memory > self._order.memory_mib:
            _signal_all(signal.SIGSTOP)
        told = {
            "processes": [
                (p.pid, p.cpu_seconds, p.reaped_seconds, p.threads, p.memory_mib) for p in found
            ],
            "cpu_seconds": cpu,
            "memory_mib": memory,
            **self._held(),
        }
        _send(frames.USAGE, json.dumps(told).encode())

    def _held(self) -> dict[str, float]:
        """Return how much the folder, the temporary files and shared memory hold together."""
        mib, files = 0.0, 0
        for place in self._order.folders:
            told = os.statvfs(place)
            mib += (told.f_blocks - told.f_bfree) * told.f_frsize / folders.MIB
            files += told.f_files - told.f_ffree - 1
        return {"folder_mib": mib, "folder_files": files - 1}

    def _largest(self) -> float:
        """Return the size of the largest file [MiB]."""
        return max(folders.largest_file(Path(place)) for place in self._order.folders)

    def _hand_back(self) -> None:
        """Send the files that the program made or changed."""
        self._leave_in(HAND_BACK_SECONDS)
        work = Path(self._order.workdir)
        found = folders.collect(work, self._before, self._order.artifacts)
        lost: list[str] = []
        for path in found.artifacts:
            try:
                given = os.open(work / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError as error:
                lost.append(f"{path} ({error.strerror})")
                continue
            _send(frames.FILE, path.encode())
            while part := os.read(given, 1 << 18):
                _send(frames.DATA, part)
            os.close(given)
        skipped = [*found.skipped, *lost]
        few = [len(skipped), *(text[:300] for text in skipped[:20])]
        _send(frames.SKIPPED, json.dumps(few).encode())
        _send(frames.END, b"")


def _send(kind: bytes, message: bytes) -> None:
    frames.write_all(1, frames.pack(kind, message))


def _pass_on(descriptor: int, kind: bytes) -> bool:
    """Send on what can be read at once; return whether there may be more later."""
    try:
        data = os.read(descriptor, 1 << 16)
    except BlockingIOError:
        return False
    if data:
        _send(kind, data)
    return bool(data)


def _drain(descriptor: int) -> None:
    try:
        os.read(descriptor, 4096)
    except BlockingIOError:
        pass


def _kill_all(child: int, status: int | None) -> int | None:
    """Kill every other process of the container; return the program's wait status."""
    more = True
    while more:
        _signal_all(signal.SIGKILL)
        status, more = reap(child, status)
        if more:
            select.select([], [], [], 0.002)
    return status


def _signal_all(number: int) -> None:
    try:
        os.kill(-1, number)
    except ProcessLookupError:
        pass


def _out_of_memory() -> int:
    """Return how many processes the container's control group had to kill for their memory."""
    for place in _OOM_COUNTS:
        try:
            with open(place) as file:
                words = [line.split() for line in file]
        except OSError:
            continue
        return sum(int(line[1]) for line in words if line[:1] == ["oom_kill"])
    return 0


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(1)
