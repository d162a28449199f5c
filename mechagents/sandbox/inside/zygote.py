"""A warm interpreter: common libraries are imported, and each program starts as a fork of it.

It has one thread, and runs nothing of a program itself. A fork gets a new environment, new
seeds and new descriptors, and then goes the way of a new interpreter: keeper, walls, program.
For programs in namespaces, forks stand by that have all the walls which do not depend on the
program; each is for one program only.
"""

from __future__ import annotations

# ruff: noqa: BLE001, PTH208
import os
import select
import shutil
import signal
import sys
from types import FrameType

from mechagents.sandbox.inside.kernel import PR_SET_PDEATHSIG, prctl
from mechagents.sandbox.inside.messages import close_all_but, pair, receive, send, silence
from mechagents.sandbox.inside.order import Order

IDLE_SECONDS = 0.05
"""How long no order comes before the next fork is made to stand by, unless none does."""


class Zygote:
    """Forks a program for each order that comes on standard input.

    Args:
        words: ``root=FOLDER`` to build roots over, ``read=PATH`` to show there, ``user=NUMBER`` of
            the first throw-away user or 0, ``library=NAME`` to import, ``spares=NUMBER`` of forks
            to have standing by.
    """

    def __init__(self, words: list[str]) -> None:
        said = [(name, value) for name, _, value in (word.partition("=") for word in words)]
        self._root = dict(said)["root"]
        self._user = int(dict(said)["user"])
        self._most = int(dict(said)["spares"])
        self._libraries = [value for name, value in said if name == "library"]
        self._granted = [value for name, value in said if name == "read"]
        self._shown: list[str] = []
        self._spares: list[int] = []

    def serve(self) -> Order:
        """Import, say that all is ready, and fork for each order.

        Returns:
            In a program's process only, which is shut in: what to run.
        """
        signal.signal(signal.SIGTERM, _leave)
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        missing = self._import_all()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        if len(os.listdir("/proc/self/task")) > 1:
            os.write(0, b"an imported library started a thread")
            os._exit(1)
        os.write(0, "\n".join(["ready", *missing]).encode())
        while True:
            order = self._fill()
            if order is not None:
                return order
            message, given = receive(0)
            if not message:
                _leave()
            order = self._start(message, given)
            if order is not None:
                return order
            for descriptor in given:
                os.close(descriptor)

    def _import_all(self) -> list[str]:
        """Import the libraries; return what could not be imported, with why."""
        import gc
        import importlib

        from mechagents.sandbox.inside import places

        importlib.import_module("mechagents.sandbox.inside.walled")
        missing: list[str] = []
        for name in self._libraries:
            try:
                importlib.import_module(name)
            except Exception as error:
                missing.append(f"{name} ({type(error).__name__}: {error})"[:500])
        self._shown = places.readable(self._granted)
        gc.collect()
        gc.freeze()
        return missing

    def _fill(self) -> Order | None:
        """Fork until enough stand by; return an order in a program's process only."""
        from mechagents.sandbox.inside.walled import WalledKeeper

        while len(self._spares) < self._most:
            if self._spares and select.select([0], [], [], IDLE_SECONDS)[0]:
                # Programs come first: what stands by is made when there is time.
                return None
            mine, theirs = pair()
            user = self._user
            self._user += 1 if user else 0
            if os.fork() == 0:
                _become_fork(theirs)
                order = WalledKeeper().stand_by(self._root, user, self._shown, theirs)
                _forget(order)
                return order
            os.close(theirs)
            self._spares.append(mine)
        return None

    def _start(self, message: bytes, given: list[int]) -> Order | None:
        """Start a program; return an order in its process only."""
        if b"\0tier=namespaces\0" in message:
            while self._spares:
                spare = self._spares.pop(0)
                try:
                    send(spare, message, given)
                    return None
                except OSError:
                    continue
                finally:
                    os.close(spare)
        if os.fork():
            return None
        _become_fork(*given)
        return self._become_program(message, given)

    @staticmethod
    def _become_program(message: bytes, given: list[int]) -> Order:
        from mechagents.sandbox.inside.keeper import Keeper
        from mechagents.sandbox.inside.walled import WalledKeeper, take

        order = take(message, given, given[5:], announce=True)
        close_all_but(*order.doors)
        os.chdir(order.workdir)
        keeper = WalledKeeper() if order.tier == "namespaces" else Keeper()
        keeper.start(order)
        _forget(order)
        return order


def _leave(_number: int = 0, _frame: FrameType | None = None) -> None:
    """Remove our folder, which nobody else will when the supervisor was killed, and end."""
    try:
        shutil.rmtree(os.getcwd(), ignore_errors=True)  # noqa: PTH109
    finally:
        os._exit(0)


def _become_fork(*kept: int) -> None:
    """Hold nothing of the warm parent's but some descriptors."""
    silence(0)
    close_all_but(*kept)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()


def _forget(order: Order) -> None:
    """Be as new: with the program's environment, and seeds of its own."""
    os.environ.clear()
    os.environ.update(order.environment)
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None:
        tempfile.tempdir = None  # type: ignore[attr-defined]
    for name in ("random", "numpy.random"):
        module = sys.modules.get(name)
        if module is not None:
            module.seed()
