"""``mechagents view``: how it begins and ends."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

from viewing import Serve


def test_it_serves_until_it_is_interrupted_and_ends_normally(runs: Path, serve: Serve) -> None:
    served = serve(runs)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=\S+", served.address)
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")
    assert served.stop() == 0


def test_a_taken_port_and_a_missing_folder_are_told(runs: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _view(str(runs), "--port", str(port))
        assert done.returncode == 2
        assert f"--port {port}: cannot be listened at" in done.stderr
    done = _view(str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "there is no such folder" in done.stderr


def _view(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mechagents", "view", "--no-browser", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
