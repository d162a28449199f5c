"""The keeper of one program: it starts it, waits for it, and leaves nothing of it alive.

The keeper stays outside all walls, holds the socket to the supervisor (standard input) and
reports on it, a line each: ``keeper`` with its own id, ``root`` with a descriptor of the
program's files, ``leader`` with the id of the process below which the program is, ``held`` with
what isolates it, ``setup`` with why it was not started, and ``ended`` with how it ended.
"""

from __future__ import annotations

# What goes wrong while a program is started, whatever it is, has to be told.
# ruff: noqa: BLE001, PTH123
import os
import select
import signal
import sys
from types import FrameType

from mechagents.sandbox.inside.messages import close_all_but, pair, receive, say, send, silence
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


TYPE_CHECKING = False
if TYPE_CHECKING:
    from mechagents.sandbox.inside.broker import Broker

REFUSED = "MemoryError"
"""What a program's process is called when it ends because it was refused memory."""


class Keeper:
    """Starts one program below itself, among the processes of the machine."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        """The process that the program must not outlive."""
        self.woken, self._wake = os.pipe()
        self.told, self.tell = os.pipe()
        self._broker: Broker | None = None
        self._offers: list[int] = []
        self._offer = -1
        # Later there may be no file left to import from.
        for name in ("_socket", "mechagents.sandbox.inside.isolation"):
            __import__(name)

    def start(self, order: Order) -> None:
        """Start a program; return in its process only.

        Args:
            order: The program.
        """
        try:
            self.heed_signals()
            if order.tier == "landlock":
                self._prepare_broker(order)
            child = os.fork()
            if not child:
                self.forget_signals()
                self.die_with_parent()
                offer_to_the_oom_killer()
                self.become_program(order)
                return
        except Exception as error:
            say(f"setup {error!r}")
            os._exit(1)
        self.keep(child, os.open(order.temp, os.O_RDONLY))

    def _prepare_broker(self, order: Order) -> None:
        """Get ready to connect sockets for a program, which offers what that takes later."""
        from mechagents.sandbox.inside.broker import Broker
        from mechagents.sandbox.inside.isolation import must_search

        self._broker = Broker([order.workdir, order.temp], order.user, must_search(order))
        mine, self._offer = pair()
        self._offers = [mine]

    def _start_broker(self) -> None:
        """Connect sockets for the program from now on, if the kernel asks us to."""
        import _thread

        _, given = receive(self._offers.pop())
        if given and self._broker is not None:
            _thread.start_new_thread(self._broker.serve, (given[0],))

    def heed_signals(self) -> None:
        """Adopt every orphan below; wake up when a child ends or the parent dies."""
        if sys.platform == "linux":
            prctl(PR_SET_CHILD_SUBREAPER, 1)
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _wake_up)

    def forget_signals(self) -> None:
        """Undo ``heed_signals`` in a child."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.close(self.told)

    def die_with_parent(self) -> None:
        """Be killed when the parent ends, which must not have happened yet."""
        if sys.platform != "linux":
            return
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # From within a tree of processes of its own, a parent outside has the id 0.
        if os.getppid() not in (self.pid, 0):
            os._exit(1)
        watch = select.poll()
        watch.register(self.tell, 0)
        if watch.poll(0):
            os._exit(1)

    def become_program(self, order: Order) -> None:
        """Take the limits and put up the walls, in the process that is the program."""
        os.setsid()
        grouped = _enter(order.doors)
        for name, value in order.limits.items():
            which = getattr(resource, f"RLIMIT_{name}", None)
            if which is not None:
                _lower(which, value)
        if order.tier != "none":
            from mechagents.sandbox.inside import isolation

            os.chdir(order.workdir)
            held, asked = isolation.shut_in(order)
            # A change of the user has undone this.
            self.die_with_parent()
            say(f"held {held}{'; cgroup' if grouped else ''}")
            if asked >= 0:
                send(self._offer, b"calls", [asked])
        silence(0)
        close_all_but()

    def keep(self, child: int, temp: int, leader: int | None = None) -> None:
        """Wait for the program or the supervisor's end, kill what is left, report, and exit.

        Args:
            child: The process that ends when the program does.
            temp: A descriptor of the program's temporary folder outside.
            leader: The process below which there is the program, if it is another.
        """
        os.close(self.tell)
        if self._offers:
            os.close(self._offer)
        if sys.platform == "linux":
            prctl(PR_SET_DUMPABLE, 0)
        silence(1, 2)
        try:
            say(f"leader {leader or child}")
            say(f"ended {self.wait(child)}")
            # The end of a large process takes time, which nobody need wait for.
            os.close(0)
        except OSError:
            _remove(temp)
        os._exit(0)

    def wait(self, child: int) -> str:
        """Wait for the end of all.

        Returns:
            Status, processor time, memory, how many were left, and whether memory was refused.
        """
        status, refused = None, 0
        while status is None:
            heard = select.select([0, self.woken, *self._offers], [], [])[0]
            if 0 in heard:
                break
            if self.woken in heard:
                os.read(self.woken, 4096)
                refused = refused_memory(child)
                status, _ = reap(child, None)
            elif self._offers:
                self._start_broker()
        left = kill_all(self.pid, child)
        status, more = reap(child, status)
        while more:
            if select.select([self.woken], [], [], 0.05)[0]:
                os.read(self.woken, 4096)
            else:
                kill_all(self.pid, child)
            status, more = reap(child, status)
        return f"{status} {used()} {left} {refused}"


def refused_memory(pid: int) -> int:
    """Return 1 if a child that ended was refused memory and said so by its name, else 0.

    Args:
        pid: The child, not yet collected.
    """
    if sys.platform != "linux":
        return 0
    if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        return 0
    try:
        with open(f"/proc/{pid}/comm") as file:
            return int(file.read().strip() == REFUSED)
    except OSError:
        return 0


def used() -> str:
    """Return the processor time [s] and the largest memory [KiB] of all children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak_kib = used.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    return f"{used.ru_utime + used.ru_stime:.6f} {peak_kib}"


def reap(child: int, status: int | None) -> tuple[int | None, bool]:
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


def offer_to_the_oom_killer() -> None:
    """When the machine runs out of memory, let the program go before its host."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def _enter(doors: list[int]) -> bool:
    """Go into a control group; return whether there is one and we are in it."""
    try:
        for descriptor in doors:
            os.write(descriptor, b"0")
    except OSError:
        return False
    return bool(doors)


def _wake_up(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the wake-up descriptor has what is needed."""


def _lower(which: int, value: int) -> None:
    """Set a resource limit, or leave it where the system's own is lower."""
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except (OSError, ValueError):
        if sys.platform == "linux":
            raise


def _remove(folder: int) -> None:
    """Remove a folder that a descriptor leads to, wherever our own root is."""
    import shutil

    inode = os.fstat(folder).st_ino
    os.fchdir(folder)
    os.chdir("..")
    for entry in os.scandir("."):
        if entry.inode() == inode and entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.name, ignore_errors=True)
