"""An endpoint on loopback that speaks for any language model: each role gets its usual reply.

At ``/silent/v1`` it cannot say anything of use, at ``/asks/v1`` the formulator asks first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from engineer import code, engineer

from mechagents import Problem, full_team, solve_sync
from mechagents.models.recorded import RecordingModel

USELESS = "I cannot say."
QUESTION = '{"question": "Is the plate thin?"}'
REPLY = "It is 3 mm thick."
WORDS = "What force stretches a plate of 1 m by 1 m by 100 mm?"


def replies(folder: Path, program: str) -> dict[str, str]:
    """Return what the scripted engineer says to each system prompt of the usual team.

    Args:
        folder: Where the engineer solves the problem, to be asked everything.
        program: The source that the coder is to write.
    """
    recording = folder / "words.jsonl"
    model = RecordingModel(engineer(program=lambda _: code(program)), recording)
    solve_sync(Problem(statement=WORDS), full_team(model=model), folder=folder / "runs" / "words")
    _, *lines = recording.read_text(encoding="utf-8").splitlines()
    said = [json.loads(line) for line in lines]
    return {each["messages"][0]["content"]: each["reply"]["text"] for each in said}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    said: dict[str, str]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        data = json.dumps(_completion(self._said(asked["messages"]))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _said(self, shown: list[dict[str, str]]) -> str:
        text = self.server.said.get(shown[0]["content"], USELESS)
        if self.path.startswith("/silent/"):
            return USELESS
        asks = self.path.startswith("/asks/") and '"formulation"' in text
        return QUESTION if asks and REPLY not in shown[-1]["content"] else text


def _completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "x", "object": "chat.completion", "created": 0, "model": "fake",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15},
    }  # fmt: skip


@contextmanager
def endpoint(said: dict[str, str]) -> Iterator[str]:
    """Yield the address, without a path, of an endpoint that says these replies."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.said = said
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
