"""The keeper of a program in namespaces, started at once or standing by for an order.

Below the keeper there are two processes. The first of the program's own tree waits for the
program; when it ends, the kernel kills all others. Then the program.
"""

from __future__ import annotations

# What goes wrong while a program is started, whatever it is, has to be told.
# ruff: noqa: BLE001, PTH208
import os
import select
import signal

from mechagents.sandbox.inside import identity, mounts, namespaces, places
from mechagents.sandbox.inside.keeper import (
    Keeper,
    offer_to_the_oom_killer,
    reap,
    refused_memory,
    used,
)
from mechagents.sandbox.inside.kernel import PR_SET_DUMPABLE, prctl
from mechagents.sandbox.inside.messages import close_all_but, pair, receive, say, send, silence
from mechagents.sandbox.inside.order import Order


class WalledKeeper(Keeper):
    """Starts one program in a tree of processes, a root and a network of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._scratch = -1

    def start(self, order: Order) -> None:
        """Start a program; return in its process only."""
        try:
            folder, temp = (os.open(path, os.O_RDONLY) for path in (order.workdir, order.temp))
            shown = places.readable([*order.readable, order.script])
            within = [path for path in shown if path.startswith(f"{order.workdir}/")]
            self._prepare(order.temp, order.user, [p for p in shown if p not in within])
            within = [path for path in within if path != order.script]
            self._furnish(order.temp, order, [folder, temp], within)
            child = self._split(order.temp)
            if not child:
                self.become_program(order)
                return
        except Exception as error:
            say(f"setup {error!r}")
            os._exit(1)
        self.keep(child, temp)

    def stand_by(self, root: str, user: int, shown: list[str], orders: int) -> Order:
        """Prepare all that does not depend on the program; wait for it; become it.

        Args:
            root: A folder to build the root over.
            user: The throw-away user it becomes.
            shown: What it may read besides the system.
            orders: A socket that an order comes on, with descriptors of the supervisor's socket,
                standard output, standard error, the folder and the temporary folder.

        Returns:
            What to run, in the program's process only, which is shut in.
        """
        silence(0, 1, 2)
        try:
            self._prepare(root, user, shown)
            mine, theirs = pair()
            child = self._split(root)
            if child:
                # The root changes under us when the first of the tree goes into its own.
                receive(mine)
            else:
                os.write(theirs, b"in")
            message, given = receive(orders if child else theirs)
            if not message:
                os._exit(0)
            doors = given[5:] if child else given[3:]
            order = take(message, given, doors, announce=bool(child))
            if not child:
                self.become_program(order)
                return order
            self._furnish("", order, given[3:5])
            send(mine, message, [0, 1, 2, *doors])
        except Exception as error:
            say(f"setup {error!r}")
            os._exit(1)
        os.close(mine)
        self.keep(child, given[4])
        raise AssertionError("the keeper does not return")

    def wait(self, child: int) -> str:
        """Wait for the end of all; return what the keeper of a program without walls does."""
        heard = select.select([0, self.told], [], [])[0]
        told = os.read(self.told, 100).decode().split() if self.told in heard else []
        if told and told[3] == "0":
            return " ".join(told)
        if not told:
            self.kill(child)
        status = os.waitpid(child, 0)[1]
        reap(child, status)
        ended, left, refused = (told[0], *told[3:]) if told else (status, 0, 0)
        return f"{ended} {used()} {left} {refused}"

    def kill(self, child: int) -> None:
        """Kill the first of the program's tree, and so all of it."""
        os.kill(child, signal.SIGKILL)

    def _prepare(self, root: str, user: int, shown: list[str]) -> None:
        namespaces.leave(user)
        self._scratch = mounts.lay_out(root, shown)

    def _furnish(
        self, root: str, order: Order, folders: list[int], within: list[str] | None = None
    ) -> None:
        mounts.furnish(root, order, folders, within or [])
        say("root", self._scratch)
        os.close(self._scratch)

    def _split(self, root: str) -> int:
        """Fork the first of a new tree of processes, and the program's from it.

        Returns:
            In the keeper the first's id, and 0 in the program.
        """
        child = os.fork()
        if child:
            return child
        os.close(self.told)
        self.die_with_parent()
        offer_to_the_oom_killer()
        namespaces.enter(root)
        self.split_in_two()
        return 0

    def split_in_two(self) -> None:
        """Fork the program, and wait for it as the first of its tree; return in it only."""
        self.pid = os.getpid()
        program = os.fork()
        if program:
            identity.become(0)
            prctl(PR_SET_DUMPABLE, 0)
            silence(0, 1, 2)
            close_all_but(self.tell)
            _wait_as_first(program, self.tell)
        self.die_with_parent()


def take(message: bytes, given: list[int], doors: list[int], announce: bool) -> Order:
    """Become what a new interpreter would be that was started with an order.

    Args:
        message: The order.
        given: Descriptors of the supervisor's socket, standard output and standard error first.
        doors: Those of the control group.
        announce: Whether to tell the supervisor that we are the keeper.
    """
    for target, descriptor in enumerate(given[:3]):
        os.dup2(descriptor, target)
        os.close(descriptor)
    if announce:
        say(f"keeper {os.getpid()}")
    order = Order(message.decode().split("\0"))
    order.doors = doors
    return order


def _wait_as_first(program: int, tell: int) -> None:
    """Collect every process that ends; when the program has, say so and take all others along."""
    refused, ended, status = 0, 0, 0
    while ended != program:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        assert found is not None, "it waits until there is one"
        if found.si_pid == program:
            refused = refused_memory(program)
        ended, status = os.waitpid(found.si_pid, 0)
    reap(program, status)
    try:
        left = sum(name.isdigit() for name in os.listdir("/proc")) - 1
    except OSError:
        left = 1
    os.write(tell, f"{status} {used()} {max(left, 0)} {refused}".encode())
    os._exit(0)
