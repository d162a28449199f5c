"""The keeper of one program: it starts it behind its walls, and leaves nothing of it alive.

Three processes at most. The keeper stays outside the walls, holds the socket to the supervisor
(standard input) and reports. With namespaces, the first process of the program's own tree of
processes waits for the program; when it is killed, the kernel kills all others. Then the program.

What is said on the socket, a line each: ``root`` with a descriptor of the program's files,
``leader`` with the id of the process below which the program is, ``held`` with what isolates
it, ``setup`` with why it was not started, and ``ended`` with how it did.
"""

from __future__ import annotations

# ruff: noqa: BLE001, PTH119, PTH120, PTH123, PTH208
# What goes wrong while a program is started, whatever it is, has to be told.
import os
import select
import signal
import sys
from types import FrameType

from mechagents.sandbox.inside.order import Order
from mechagents.sandbox.inside.processes import kill_all

if sys.platform != "win32":
    import resource

    from mechagents.sandbox.inside.kernel import (
        PR_SET_CHILD_SUBREAPER,
        PR_SET_DUMPABLE,
        PR_SET_PDEATHSIG,
        prctl,
    )


def keep_and_become(order: Order) -> None:
    """Fork; return in the child only, which is limited and shut in."""
    Keeper(order).start()


class Keeper:
    """Starts one program, waits for it, and kills what it leaves.

    Args:
        order: The program.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._walled = order.tier == "namespaces"
        self._pid = os.getpid()
        self._woken, self._wake = os.pipe()
        self._told, self._tell = os.pipe()
        self._temp_parent = os.open(os.path.dirname(order.temp), os.O_RDONLY)
        if order.tier != "none":
            # Later there may be no file left to import from.
            for name in ("_socket", "mechagents.sandbox.inside.isolation"):
                __import__(name)

    def start(self) -> None:
        """Start the program; return in its process only."""
        self._heed_signals()
        try:
            if self._walled:
                self._leave_namespaces()
            child = os.fork()
        except Exception as error:
            _say(f"setup {error!r}")
            os._exit(1)
        if child:
            os.close(self._tell)
            _say(f"leader {child}")
            self._keep(child)
        try:
            self._become_program()
        except Exception as error:
            _say(f"setup {error!r}")
            os._exit(1)

    def _heed_signals(self) -> None:
        """Adopt every orphan below; wake up when a child ends or the parent dies."""
        if sys.platform == "linux":
            prctl(PR_SET_CHILD_SUBREAPER, 1)
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _wake_up)

    def _leave_namespaces(self) -> None:
        from mechagents.sandbox.inside import namespaces

        scratch = namespaces.leave(self._order)
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        _say("root", scratch)
        os.close(scratch)

    def _keep(self, child: int) -> None:
        """Wait for the program or the supervisor's end, kill what is left, report, and exit."""
        if sys.platform == "linux":
            prctl(PR_SET_DUMPABLE, 0)
        _silence(1, 2)
        status, _ = _reap(child, None)
        while status is None and 0 not in select.select([0, self._woken], [], [])[0]:
            os.read(self._woken, 4096)
            status, _ = _reap(child, status)
        status, left = self._end(child, status)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak_kib = used.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
        try:
            _say(f"ended {status} {used.ru_utime + used.ru_stime:.6f} {peak_kib} {left}")
        except OSError:
            self._remove_temp()
        os._exit(0)

    def _end(self, child: int, status: int | None) -> tuple[int | None, int]:
        """Kill all that is left.

        Returns:
            The program's wait status, and how many other processes there were.
        """
        if self._walled and status is None:
            os.kill(child, signal.SIGKILL)
        left = 0 if self._walled else kill_all(self._pid, child)
        status, more = _reap(child, status)
        while more:
            if select.select([self._woken], [], [], 0.05)[0]:
                os.read(self._woken, 4096)
            elif not self._walled:
                kill_all(self._pid, child)
            status, more = _reap(child, status)
        os.set_blocking(self._told, False)
        try:
            words = os.read(self._told, 100).split()
        except BlockingIOError:
            words = []
        return (int(words[0]), int(words[1])) if words else (status, left)

    def _remove_temp(self) -> None:
        import shutil

        os.fchdir(self._temp_parent)
        shutil.rmtree(os.path.basename(self._order.temp), ignore_errors=True)

    def _become_program(self) -> None:
        """Take the limits and put up the walls; die with the keeper."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.close(self._told)
        if sys.platform == "linux":
            self._die_with_parent()
            _offer_to_the_oom_killer()
        if self._walled:
            self._enter_namespaces()
        os.setsid()
        for name, value in self._order.limits.items():
            which = getattr(resource, f"RLIMIT_{name}", None)
            if which is not None:
                _lower(which, value)
        if self._order.tier != "none":
            self._shut_in()
        _silence(0)
        os.closerange(3, 65536)

    def _die_with_parent(self) -> None:
        """Be killed when the parent ends, which must not have happened yet."""
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # From within a tree of processes of its own, a parent outside has the id 0.
        if os.getppid() not in (self._pid, 0):
            os._exit(1)
        watch = select.poll()
        watch.register(self._tell, 0)
        if watch.poll(0):
            os._exit(1)

    def _shut_in(self) -> None:
        from mechagents.sandbox.inside import isolation

        os.chdir(self._order.workdir)
        held = isolation.shut_in(self._order)
        # Another user does not inherit this.
        self._die_with_parent()
        _say(f"held {held}")

    def _enter_namespaces(self) -> None:
        """Be the first process of a new tree, and return in the second only: the program."""
        from mechagents.sandbox.inside import identity, namespaces

        namespaces.enter(self._order)
        first = os.getpid()
        program = os.fork()
        if program:
            identity.become(0)
            prctl(PR_SET_DUMPABLE, 0)
            _silence(0, 1, 2)
            os.dup2(self._tell, 3)
            os.closerange(4, 65536)
            _wait_as_first(program, 3)
        self._pid = first
        self._die_with_parent()


def _wait_as_first(program: int, tell: int) -> None:
    """Collect every process that ends; when the program has, say so and take all others along."""
    ended, status = os.wait()
    while ended != program:
        ended, status = os.wait()
    _reap(program, status)
    try:
        left = sum(name.isdigit() for name in os.listdir("/proc")) - 1
    except OSError:
        left = 0
    os.write(tell, f"{status} {max(left, 0)}".encode())
    os._exit(0)


def _wake_up(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the wake-up descriptor has what is needed."""


def _say(line: str, descriptor: int | None = None) -> None:
    """Tell the supervisor something, and hand over a descriptor with it."""
    if descriptor is None:
        os.write(0, f"{line}\n".encode())
        return
    import _socket

    control = _socket.socket(fileno=0)
    try:
        word = descriptor.to_bytes(4, sys.byteorder)
        control.sendmsg([f"{line}\n".encode()], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, word)])
    finally:
        control.detach()


def _silence(*descriptors: int) -> None:
    """Let descriptors lead nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(null, descriptor)
    if null not in descriptors:
        os.close(null)


def _lower(which: int, value: int) -> None:
    """Set a resource limit, or leave it where the system's own is lower."""
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except (OSError, ValueError):
        if sys.platform == "linux":
            raise


def _offer_to_the_oom_killer() -> None:
    """When the machine runs out of memory, let the program go before its host."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def _reap(child: int, status: int | None) -> tuple[int | None, bool]:
    """Collect every child that has ended.

    Returns:
        The child's wait status, if it ended now or before, and whether there are others left.
    """
    while True:
        try:
            pid, ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status, False
        if not pid:
            return status, True
        if pid == child:
            status = ended
