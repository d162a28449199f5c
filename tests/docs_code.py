"""What a page of the docs shows, in order: files to save, programs, commands, data and output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCED = re.compile(r"```(?P<label>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|^)(?P<lines>(?:    [^\n]*\n(?:\n+(?=    ))?)+)", re.MULTILINE)
_SAVED = re.compile(r"Save this as `(?P<name>[^`]+)`[^\n]*\n\n$")
_TYPED = re.compile(
    r"\$ |(?:PYTHONPATH=\. |uv run )?mechagents |(?:pip|uv|export|podman|sha256sum|python) "
)


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
    """A line that the reader types at a shell, and what is shown to be printed below it."""

    line: str
    prints: str


@dataclass(frozen=True)
class Shown:
    """An indented block that nobody types: what was printed, a part of a file, a formula."""

    text: str


@dataclass(frozen=True)
class Data:
    """A fenced block that is neither saved nor a program."""

    label: str
    text: str


Step = File | Script | Command | Shown | Data


def steps(page: Path) -> Iterator[Step]:
    """Return what a page shows, from its top to its end."""
    text = page.read_text(encoding="utf-8")
    at = 0
    for fence in _FENCED.finditer(text):
        yield from _indented(text[at : fence.start()])
        at = fence.end()
        saved = _SAVED.search(text[: fence.start()])
        if saved:
            yield File(saved["name"], fence["body"])
        elif fence["label"] == "python complete":
            yield Script(fence["body"])
        elif not fence["label"].startswith("{"):  # those are of the site
            yield Data(fence["label"], fence["body"])
    yield from _indented(text[at:])


def _indented(text: str) -> Iterator[Command | Shown]:
    for block in _INDENTED.finditer(text):
        lines = [line[4:] for line in block["lines"].rstrip("\n").splitlines()]
        if _TYPED.match(lines[0]):
            yield from _commands(lines)
        else:
            yield Shown("\n".join(lines))


def _commands(lines: list[str]) -> Iterator[Command]:
    """Return the commands of a block; where a prompt is shown, the other lines were printed."""
    prompted = any(line.startswith("$ ") for line in lines)
    typed = [i for i, line in enumerate(lines) if line.startswith("$ ") or not prompted]
    for first, after in zip(typed, [*typed[1:], len(lines)], strict=True):
        line = re.split(r"\s+#\s", lines[first].removeprefix("$ "))[0].strip()
        if line:
            yield Command(line, "\n".join(lines[first + 1 : after]))
