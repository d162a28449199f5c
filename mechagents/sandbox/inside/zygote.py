"""A warm interpreter: common libraries are imported, and each program starts as a fork of it.

It has one thread, and runs nothing of a program itself. A fork gets a new environment, new
seeds and new descriptors, and then goes the way of a new interpreter: keeper, walls, program.
"""

from __future__ import annotations

# ruff: noqa: BLE001
import os
import signal
import sys

from mechagents.sandbox.inside.kernel import PR_SET_PDEATHSIG, prctl
from mechagents.sandbox.inside.order import Order

LONGEST = 1 << 17
"""Bytes of an order at most."""


def serve(libraries: list[str]) -> Order:
    """Import libraries, say that all is ready, and fork for each order that comes.

    Standard input is a socket that keeps messages apart; with each order come three
    descriptors: the socket to the supervisor, standard output and standard error.

    Returns:
        In a fork only: what it should run.
    """
    import _socket

    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _import_all(libraries)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control = _socket.socket(fileno=0)
    if len(os.listdir("/proc/self/task")) > 1:
        control.send(b"an imported library started a thread")
        os._exit(1)
    control.send(b"ready")
    room = _socket.CMSG_SPACE(12)
    while True:
        message, ancillary, _, _ = control.recvmsg(LONGEST, room, _socket.MSG_CMSG_CLOEXEC)
        if not message:
            os._exit(0)
        given = [
            int.from_bytes(data[i : i + 4], sys.byteorder)
            for _, _, data in ancillary
            for i in range(0, len(data), 4)
        ]
        if os.fork() == 0:
            control.detach()
            return _take(message, given)
        for descriptor in given:
            os.close(descriptor)


def _import_all(libraries: list[str]) -> None:
    import gc
    import importlib

    for name in libraries:
        try:
            importlib.import_module(name)
        except Exception as error:
            os.write(2, f"{name}: {error!r}\n".encode())
    gc.collect()
    gc.freeze()


def _take(message: bytes, given: list[int]) -> Order:
    """Become what a new interpreter would be that was started with an order."""
    for target, descriptor in enumerate(given):
        os.dup2(descriptor, target)
    os.closerange(3, 256)
    os.write(0, f"keeper {os.getpid()}\n".encode())
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order = Order(message.decode().split("\0"))
    os.environ.clear()
    os.environ.update(order.environment)
    os.chdir(order.workdir)
    _forget_state()
    return order


def _forget_state() -> None:
    """Give the libraries that keep some a state of this process's own."""
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None:
        tempfile.tempdir = None  # type: ignore[attr-defined]
    for name in ("random", "numpy.random"):
        module = sys.modules.get(name)
        if module is not None:
            module.seed()
