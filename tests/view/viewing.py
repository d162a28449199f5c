"""What the tests of the viewer share: a client of the application, and a viewer in a process."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from mechagents.view.app import make_app

TOKEN = "a-token-of-the-tests"
HOST = "http://127.0.0.1:8000"


def make_client(folder: Path, *, token: str | None = TOKEN) -> TestClient:
    """Return a client of a viewer of a folder; its cookie holds ``token``."""
    client = TestClient(make_app(folder, TOKEN), base_url=HOST, raise_server_exceptions=False)
    if token is not None:
        client.cookies.set("mechagents-view-8000", token)
    return client


@dataclass
class Served:
    """A viewer in a process of its own."""

    address: str
    """With the token."""
    process: subprocess.Popen[str]

    @property
    def origin(self) -> str:
        """The address without the token."""
        return f"http://{urlsplit(self.address).netloc}"

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.address).port or 0

    def at(self, path: str) -> str:
        """Return the address of a page, with the token."""
        return f"{self.origin}{path}?{urlsplit(self.address).query}"

    def stop(self) -> int:
        """End it as Ctrl-C does, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=20)
        return self.process.returncode


Serve = Callable[..., Served]
