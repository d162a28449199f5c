"""Serves the viewer on this machine alone, until Ctrl-C."""

from __future__ import annotations

import contextlib
import logging
import secrets
import socket
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from threading import Thread
from types import FrameType

import uvicorn

from mechagents.errors import UsageError
from mechagents.view.app import make_app
from mechagents.view.place import Place

ADDRESS = "127.0.0.1"
GRACE_SECONDS = 2
"""How long open connections may take to end [s]."""
TOKEN_BYTES = 32


class _Server(uvicorn.Server):
    """Ends the streams when it is told to end, so that nobody waits for them."""

    def __init__(self, config: uvicorn.Config, place: Place) -> None:
        super().__init__(config)
        self._place = place

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._place.closing = True
        # Whoever still waits for an answer is cut off, which is no error then.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        super().handle_exit(sig, frame)


def serve(
    folder: Path,
    *,
    port: int = 0,
    token: str | None = None,
    ready: Callable[[str], None],
    ending: Callable[[list[Path]], None],
) -> list[Path]:
    """Serve a folder until the process is interrupted; return the runs that were stopped with it.

    Args:
        folder: Holds runs and studies, or is one.
        port: Where to listen; 0 takes a free one.
        token: What requests have to show; None makes one.
        ready: Is called with the address when requests are answered.
        ending: Is called with the runs that are about to be stopped, which may take a while.

    Raises:
        UsageError: If the port cannot be had.
    """
    token = token or secrets.token_urlsafe(TOKEN_BYTES)
    place = Place(folder.resolve())
    config = uvicorn.Config(
        make_app(folder, token, place=place),
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    Thread(target=_warm, daemon=True).start()
    with _listening(port) as listener:
        ready(f"http://{ADDRESS}:{listener.getsockname()[1]}/?token={token}")
        try:
            with contextlib.suppress(KeyboardInterrupt):
                _Server(config, place).run([listener])
        finally:
            ending(place.children.at_work())
            stopped = place.children.stop_all()
    return stopped


def _warm() -> None:
    """Load what the first page needs, which takes longer than to begin listening."""
    import_module("mechagents.report.html")
    import_module("mechagents.report.page")


def _listening(port: int) -> socket.socket:
    """Return a socket that takes connections from now on; they wait until they are served."""
    try:
        return socket.create_server((ADDRESS, port))
    except (OSError, OverflowError) as error:
        told = f"cannot be listened at ({error}); name another one, or 0 for a free one"
        raise UsageError(told, where=f"--port {port}") from error
