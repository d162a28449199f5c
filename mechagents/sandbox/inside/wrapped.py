"""The keeper of a program in bubblewrap, and what becomes the program there.

The keeper stays outside and starts ``bwrap``, which starts a new interpreter as the first process
of its tree. That hands out descriptors of the program's file systems, gets the order and the
program's streams for them, and goes on as the first process in ``walled`` does.
"""

from __future__ import annotations

# What goes wrong while a program is started, whatever it is, has to be told.
# ruff: noqa: BLE001, PTH100
import os
import sys

from mechagents.sandbox.inside import bubblewrap, identity, mounts, places
from mechagents.sandbox.inside.keeper import offer_to_the_oom_killer, reap
from mechagents.sandbox.inside.kernel import PR_SET_CHILD_SUBREAPER, prctl
from mechagents.sandbox.inside.messages import close_all_but, pair, receive, say, send, silence
from mechagents.sandbox.inside.order import Order
from mechagents.sandbox.inside.processes import children_of, kill_all
from mechagents.sandbox.inside.walled import WalledKeeper, take


class WrappedKeeper(WalledKeeper):
    """Has ``bwrap`` start one program, and never returns."""

    def start(self, order: Order) -> None:
        """Start a program, wait for its end, and exit."""
        try:
            prctl(PR_SET_CHILD_SUBREAPER, 1)
            folder, temp = (os.open(path, os.O_RDONLY) for path in (order.workdir, order.temp))
            connection, theirs = pair()
            errors, to_errors = os.pipe()
            child = os.fork()
            if not child:
                self._become_bwrap(order, theirs, to_errors)
            os.close(theirs)
            os.close(to_errors)
            _, inner = receive(connection)
            if not inner:
                raise OSError(_last_words(errors))
            for descriptor in inner:
                say("root", descriptor)
            _fill(inner, [folder, temp], order.user)
            # To the program it is the user who it is in there already.
            words = [word for word in order.words if not word.startswith("user=")]
            send(connection, "\0".join(words).encode(), [0, 1, 2, self.tell, *order.doors])
            leader = children_of(child)
        except Exception as error:
            say(f"setup {error!r}")
            os._exit(1)
        self.keep(child, temp, *leader[:1])

    def _become_bwrap(self, order: Order, connection: int, errors: int) -> None:
        """Become ``bwrap``, in the keeper's child; it passes on what it has open."""
        try:
            os.dup2(errors, 2)
            os.dup2(connection, 0)
            silence(1)
            close_all_but(self.tell)
            offer_to_the_oom_killer()
            shown = places.readable([*order.readable, order.script])
            sources = bubblewrap.open_up(shown, order.temp) if order.user else {}
            told = bubblewrap.arguments(order, shown, sources)
            if order.user:
                identity.become(order.user)
            self.die_with_parent()
            inner = [sys.executable, "-s", "-P", os.path.abspath(sys.argv[0]), "wrapped"]
            os.execv(order.bwrap, [order.bwrap, *told, "--", *inner])
        except Exception as error:
            os.write(2, repr(error).encode())
        finally:
            os._exit(1)

    def kill(self, child: int) -> None:
        """Kill ``bwrap`` and all below it, whichever it has started by now."""
        kill_all(self.pid)

    def wait(self, child: int) -> str:
        """Wait for the end of all; return what the keeper of a program without walls does."""
        told = super().wait(child)
        while reap(child, None)[1]:
            os.waitpid(-1, 0)
        return told


def _last_words(errors: int) -> str:
    """Return what ``bwrap`` said before it ended."""
    said = os.read(errors, 1 << 16).decode(errors="replace").strip()
    return said.splitlines()[-1] if said else "bwrap ended before the program began"


def _fill(inner: list[int], folders: list[int], user: int) -> None:
    """Copy what a program's folders hold into its file systems in memory.

    Done by a process that is the program's user, to whom these belong, and that may read what is
    root's if root has started it.

    Args:
        inner: Descriptors of file systems.
        folders: Descriptors of folders, in the same order.
        user: The throw-away user; 0 stays who we are.
    """
    child = os.fork()
    if child == 0:
        try:
            identity.become(user, search=True)
            for source, target in zip(folders, inner, strict=False):
                mounts.copy(source, f"/proc/self/fd/{target}", -1)
            os._exit(0)
        except Exception as error:
            say(f"setup {error!r}")
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise OSError("the program's folder could not be filled")


class First(WalledKeeper):
    """The first process of the tree that ``bwrap`` has made."""

    def start_inside(self) -> Order:
        """Become the program.

        Returns:
            What to run, in the program's process only, which is shut in.
        """
        folders = (".", *bubblewrap.MEMORY)
        inner = [os.open(path, os.O_RDONLY | os.O_DIRECTORY) for path in folders]
        send(0, b"in", inner)
        message, given = receive(0)
        if not message:
            os._exit(1)
        os.close(self.told)
        os.close(self.tell)
        self.tell = given[3]
        order = take(message, given, given[4:], announce=False)
        os.environ.pop("PWD", None)
        try:
            self.die_with_parent()
            self.split_in_two()
            self.become_program(order)
        except Exception as error:
            say(f"setup {error!r}")
            os._exit(1)
        return order
