"""The broker of one program: it connects sockets for it, to those of the program's own.

Landlock does not govern sockets that have a path, so a program must not connect any by itself.
The filter has the kernel hold each such call and tell the broker, a thread of the keeper outside
all walls, which is the same user as the program. It copies the address once, finds the socket
below the program's folders without following a link, and connects a socket of its own, that
nobody else holds. Only if one of the program's processes listens there does the caller get it, in
the place of the one it gave. So nothing that the program changes meanwhile makes a difference.
"""

from __future__ import annotations

# A caller must have an answer whatever goes wrong.
# ruff: noqa: BLE001, PTH115, PTH123, SIM105
import errno
import os
import select
import signal
import stat
import sys
import time

from mechagents.sandbox.inside import identity
from mechagents.sandbox.inside.kernel import control, open_below
from mechagents.sandbox.inside.processes import descendants

_RECEIVE, _SEND, _IS_VALID, _ADD = 0xC0502100, 0xC0182101, 0x40082102, 0x40182103
_REPLACE = 1
_FAMILY_UNIX, _LONGEST_ADDRESS = 1, 110
_KINDS = (1, 5)
_PEER_PROCESS = 77
_LISTENS = 0x10000
_UNCONNECTED = 1
_CLOSE_ON_EXEC = 0o2000000
_TOLD = (
    errno.EAGAIN, errno.EBADF, errno.ECONNREFUSED, errno.EFAULT, errno.EINVAL, errno.EISCONN,
    errno.ENOENT, errno.ENOTSOCK, errno.EPROTOTYPE,
)  # fmt: skip
"""Errors that a caller is told; for all others it is not permitted."""
_AGAIN_SECONDS = 0.02
"""How long a caller waits for room before it is tried again, at the least."""


class Request:
    """A call that the kernel holds.

    Args:
        number: The kernel's for it.
        task: The thread that calls.
        descriptor: The socket, as the caller has it.
    """

    def __init__(self, number: int, task: int, descriptor: int) -> None:
        self.number, self.task, self.descriptor = number, task, descriptor
        self.path = b""
        """Where it is to be connected to."""


class Broker:
    """Connects sockets for one program.

    Args:
        folders: The program's folders.
        user: The throw-away user it is; 0 if it is who we are.
        search: Whether it has the right to pass through closed folders.
    """

    def __init__(self, folders: list[str], user: int, search: bool) -> None:
        self._user, self._search = user, search
        self._folders = [place for path in folders for place in _opened(path)]
        self._calls = -1
        self._waiting: list[Request] = []
        self._next = 0.0
        self._poll = select.poll()

    def serve(self, calls: int) -> None:
        """Answer every call until no process of the program is left. For a thread of its own.

        Args:
            calls: The kernel's descriptor of the calls that it holds.
        """
        self._calls = calls
        self._poll.register(calls, select.POLLIN)
        try:
            # The keeper has handlers, and no call here must end half-way.
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            identity.become_in_thread(self._user, self._search)
            while self._hear():
                if self._waiting and time.monotonic() >= self._next:
                    self._try_again()
        finally:
            # Calls that come later fail at once.
            os.close(self._calls)

    def _hear(self) -> bool:
        """Wait for a call, or until those waiting are due; return whether there will be more."""
        seconds = max(0.0, self._next - time.monotonic()) if self._waiting else None
        for _, event in self._poll.poll(None if seconds is None else seconds * 1000):
            if not event & select.POLLIN:
                return False
            request = self._receive()
            if request is not None and not self._answer(request):
                self._waiting.append(request)
        return True

    def _try_again(self) -> None:
        """See to those whose listener had no room, and spend little time on it."""
        began = time.monotonic()
        self._waiting = [r for r in self._waiting if not self._answer(r)]
        now = time.monotonic()
        self._next = now + max(_AGAIN_SECONDS, 4 * (now - began))

    def _receive(self) -> Request | None:
        """Return the next call, with its address copied; none if that is answered already."""
        told = bytearray(80)
        try:
            control(self._calls, _RECEIVE, told)
        except OSError:  # the caller has been killed
            return None
        words = [int.from_bytes(told[at : at + 8], sys.byteorder) for at in (0, 8, 32, 40, 48)]
        request = Request(words[0], words[1] & 0xFFFFFFFF, words[2] & 0xFFFFFFFF)
        try:
            request.path = self._copy_path(request, words[3], words[4] & 0xFFFFFFFF)
        except Exception as error:
            self._tell(request, _told(error))
            return None
        return request

    def _copy_path(self, request: Request, address: int, length: int) -> bytes:
        """Return the path in an address, whole; the caller's memory is read this one time."""
        if not 2 < length <= _LONGEST_ADDRESS:
            raise OSError(errno.EINVAL, "no address of a socket in the file system")
        memory = os.open(f"/proc/{request.task}/mem", os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._make_sure_of(request)
            copied = os.pread(memory, length, address)
        finally:
            os.close(memory)
        if len(copied) < length:
            raise OSError(errno.EFAULT, "no such memory")
        family, path = int.from_bytes(copied[:2], sys.byteorder), copied[2:].partition(b"\0")[0]
        if family != _FAMILY_UNIX or not path:
            raise PermissionError(errno.EPERM, "no address of a socket in the file system")
        if not path.startswith(b"/"):
            path = os.path.join(os.readlink(b"/proc/%d/cwd" % request.task), path)  # noqa: PTH118
            self._make_sure_of(request)
        return path

    def _make_sure_of(self, request: Request) -> None:
        """Raise an error unless the kernel still holds a call: else its number may be another's."""
        control(self._calls, _IS_VALID, bytearray(request.number.to_bytes(8, sys.byteorder)))

    def _answer(self, request: Request) -> bool:
        """Do what a caller asks and tell it how that went; return whether it is done with."""
        try:
            self._make_sure_of(request)
        except OSError:
            return True
        blocks = True
        try:
            kind, flags = _socket_of(request)
            blocks = not flags & os.O_NONBLOCK
            self._make_sure_of(request)
            self._connect(request, kind, flags)
        except Exception as error:
            number = _told(error)
            if number == errno.EAGAIN and blocks:
                return False
            self._tell(request, number)
        else:
            self._tell(request, 0)
        return True

    def _connect(self, request: Request, kind: int, flags: int) -> None:
        """Connect a new socket and put it in the place of the caller's."""
        import _socket

        target = self._find(request.path)
        try:
            mine = _socket.socket(_socket.AF_UNIX, kind)
            try:
                mine.setblocking(False)
                mine.connect(f"/proc/self/fd/{target}")
                if not self._is_own(mine):
                    raise PermissionError(errno.EPERM, "somebody else listens there")
                mine.setblocking(not flags & os.O_NONBLOCK)
                self._hand_over(request, mine.fileno(), flags & _CLOSE_ON_EXEC)
            finally:
                mine.close()
        finally:
            os.close(target)

    def _find(self, path: bytes) -> int:
        """Return a descriptor of the socket at a path; it lies below one of the folders.

        Raises:
            OSError: If there is none, or it lies elsewhere, or a link is on the way.
        """
        path = os.path.normpath(b"/" + path.lstrip(b"/"))
        for name, folder in self._folders:
            if path.startswith(name + b"/"):
                found = open_below(folder, path[len(name) + 1 :])
                if stat.S_ISSOCK(os.fstat(found).st_mode):
                    return found
                os.close(found)
                raise ConnectionRefusedError(errno.ECONNREFUSED, "no socket")
        raise PermissionError(errno.EPERM, "it lies elsewhere")

    def _is_own(self, mine: object) -> bool:
        """Return whether the one who listens at the other end is of the program.

        A throw-away user is nobody else. Else it has to be a process below the keeper that has
        not ended, as Linux tells since 6.5: numbers of those that have ended come again.
        """
        import _socket

        assert isinstance(mine, _socket.socket)
        if self._user:
            who = mine.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
            return int.from_bytes(who[4:8], sys.byteorder) == self._user
        process = mine.getsockopt(_socket.SOL_SOCKET, _PEER_PROCESS)
        try:
            # A look at a tree that grows may miss a branch. Who is alive after it, was it before.
            return any(
                _number_of(process) in living
                for living in (descendants(os.getpid()) for _ in range(3))
            )
        finally:
            os.close(process)

    def _hand_over(self, request: Request, connected: int, close_on_exec: int) -> None:
        words = (_REPLACE, connected, request.descriptor, close_on_exec)
        told = request.number.to_bytes(8, sys.byteorder)
        told += b"".join(word.to_bytes(4, sys.byteorder) for word in words)
        control(self._calls, _ADD, bytearray(told))

    def _tell(self, request: Request, number: int) -> None:
        """Let a caller go on, with an error or with 0; it may be gone."""
        told = request.number.to_bytes(8, sys.byteorder) + bytes(8)
        told += (-number).to_bytes(4, sys.byteorder, signed=True) + bytes(4)
        try:
            control(self._calls, _SEND, bytearray(told))
        except OSError:
            pass


def _told(error: Exception) -> int:
    number = error.errno if isinstance(error, OSError) else None
    return number if number in _TOLD else errno.EPERM


def _opened(path: str) -> list[tuple[bytes, int]]:
    """Return a folder's names, with and without links, each with its one descriptor."""
    held = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    names = dict.fromkeys((os.path.normpath(path), os.path.realpath(path)))
    return [(os.fsencode(name), held) for name in names]


def _socket_of(request: Request) -> tuple[int, int]:
    """Return of which kind a caller's socket is, and the flags of its descriptor.

    Raises:
        OSError: If it is no socket of the local kind, or is connected or listens already.
    """
    place = f"/proc/{request.task}"
    try:
        with open(f"{place}/fdinfo/{request.descriptor}") as file:
            flags = int(next(x for x in file if x.startswith("flags:")).split()[1], 8)
        link = os.readlink(f"{place}/fd/{request.descriptor}")
    except FileNotFoundError as error:
        raise OSError(errno.EBADF, "no descriptor") from error
    state, kind, connected = _looked_up(link)
    if kind not in _KINDS:
        raise OSError(errno.ENOTSOCK, "no socket of the local kind")
    if state & _LISTENS:
        raise OSError(errno.EINVAL, "it listens")
    if connected != _UNCONNECTED:
        raise OSError(errno.EISCONN, "it is connected")
    return kind, flags


def _looked_up(link: str) -> list[int]:
    """Return flags, kind and connection of a socket, or zeros if it is not of the local kind.

    The list may miss one while others come and go. Names in it can hold anything.
    """
    for _ in range(3):
        with open("/proc/net/unix", errors="replace") as file:
            for line in file:
                words = line.split(maxsplit=7)
                if len(words) > 6 and f"socket:[{words[6]}]" == link:
                    return [int(word, 16) for word in words[3:6]]
    return [0, 0, 0]


def _number_of(process: int) -> int:
    """Return the number of the process that a descriptor stands for; below 1 if it has ended."""
    with open(f"/proc/self/fdinfo/{process}") as file:
        return int(next(x for x in file if x.startswith("Pid:")).split()[1])
