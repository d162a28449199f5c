"""What language models were shown, kept beside the log: a line for each text, named by its hash.

The log holds every reply; a prompt is written from the log, so it is not part of it. It is kept
all the same, since the code that writes prompts changes: for a person who asks what a role knew,
and for training data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from io import FileIO
from pathlib import Path
from typing import Any

from mechagents.models.base import Chat

FILE_NAME = "prompts.jsonl"


def fingerprint(messages: Sequence[Chat]) -> str:
    """Return a short hash of what a model was shown."""
    text = json.dumps([[chat.role, chat.content] for chat in messages])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Prompts:
    """Keeps the prompts of a run in its folder, in a file that is opened once.

    Args:
        folder: The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._file: FileIO | None = None

    def keep(self, messages: Sequence[Chat]) -> str:
        """Keep a prompt and return its fingerprint."""
        name = fingerprint(messages)
        turns = [{"role": chat.role, "content": chat.content} for chat in messages]
        line = json.dumps({"prompt": name, "messages": turns}, ensure_ascii=False)
        if self._file is None:
            self._file = self._path.open("ab", buffering=0)
        self._file.write(f"{line}\n".encode())
        return name

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def copy_shown(source: Path, target: Path, names: Collection[str]) -> None:
    """Keep those prompts of a run in another run's folder, too, that have these fingerprints."""
    shown = read_shown(source) if names else {}
    kept = {name: shown[name] for name in dict.fromkeys(names) if name in shown}
    if kept:
        lines = [json.dumps({"prompt": n, "messages": m}, ensure_ascii=False) + "\n"
                 for n, m in kept.items()]  # fmt: skip
        (target / FILE_NAME).write_bytes("".join(lines).encode())


def read_shown(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the prompts of a run by fingerprint, each a list of ``role`` and ``content``.

    A line that was cut off is left out.
    """
    path = folder / FILE_NAME
    found: dict[str, list[dict[str, Any]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        found[entry["prompt"]] = entry["messages"]
    return found
