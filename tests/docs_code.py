"""What a page of the docs shows to be typed in: files to save, programs and commands, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCED = re.compile(r"```(?P<label>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|^)(?P<lines>(?:    [^\n]*\n|\n(?=    ))+)", re.MULTILINE)
_SAVED = re.compile(r"Save this as `(?P<name>[^`]+)`[^\n]*\n\n$")
_COMMAND = re.compile(r"(?:PYTHONPATH=\. |uv run )?mechagents ")


@dataclass(frozen=True)
class File:
    """A block that the reader saves under a name."""

    name: str
    text: str


@dataclass(frozen=True)
class Script:
    """A complete program in Python."""

    text: str


@dataclass(frozen=True)
class Command:
    """A call of ``mechagents``, and the first line that is shown to be printed."""

    line: str
    prints: str


def steps(page: Path) -> Iterator[File | Script | Command]:
    """Return what a page shows to be typed in, from its top to its end."""
    text = page.read_text(encoding="utf-8")
    at = 0
    for fence in _FENCED.finditer(text):
        yield from _commands(text[at : fence.start()])
        at = fence.end()
        saved = _SAVED.search(text[: fence.start()])
        if saved:
            yield File(saved["name"], fence["body"])
        elif fence["label"] == "python complete":
            yield Script(fence["body"])
    yield from _commands(text[at:])


def _commands(text: str) -> Iterator[Command]:
    for block in _INDENTED.finditer(text):
        lines = [line[4:] for line in block["lines"].splitlines()]
        shown = any(line.startswith("$ ") for line in lines)
        for line, after in zip(lines, [*lines[1:], ""], strict=True):
            if shown and not line.startswith("$ "):
                continue
            typed = line.removeprefix("$ ").split("  #")[0].strip()
            if _COMMAND.match(typed):
                yield Command(typed, after if shown and not after.startswith("$ ") else "")
