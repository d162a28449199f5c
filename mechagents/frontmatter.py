"""Markdown with YAML front matter: the form of roles, with faults told by file and line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

LARGEST = 1 << 20


class FrontMatterError(Exception):
    """What is wrong with a file, and the line."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message, line)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The two parts of a file."""

    fields: dict[str, object]
    lines: dict[str, int]
    """The line, from 1, on which each top-level field stands."""
    body: str


def read_front_matter(path: Path) -> FrontMatter:
    """Return a file's front matter and body.

    YAML is version 1.2, so ``210e9`` is a number and ``no`` is a word.

    Raises:
        FrontMatterError: If the file cannot be read or has no valid front matter.
    """
    text = _text(path)
    lines = text.split("\n")
    if lines[0].strip() != "---":
        raise FrontMatterError("must start with a line of --- and YAML fields", 1)
    try:
        end = next(i for i, line in enumerate(lines[1:], 1) if line.strip() == "---")
    except StopIteration:
        raise FrontMatterError("the front matter is not closed by a line of ---", 1) from None
    fields, marks = _parse("\n".join(lines[1:end]))
    return FrontMatter(fields, marks, "\n".join(lines[end + 1 :]).strip())


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise FrontMatterError(f"is larger than {LARGEST} bytes", 1)
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise FrontMatterError("is not UTF-8 text", 1) from error
    except OSError as error:
        raise FrontMatterError(f"cannot be read ({error.strerror})", 1) from error


def _parse(text: str) -> tuple[dict[str, object], dict[str, int]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        # The pure loader follows YAML 1.2; the other one is 1.1.
        data: object = YAML(typ="safe", pure=True).load(text)  # pyright: ignore[reportUnknownMemberType]
    except YAMLError as error:
        problem = str(getattr(error, "problem", error)).splitlines()[0]
        mark: object = getattr(error, "problem_mark", None)
        line = int(getattr(mark, "line", -1)) + 2
        raise FrontMatterError(f"is not valid YAML: {problem}", line) from error
    if not isinstance(data, dict):
        raise FrontMatterError("the front matter must be fields, one `name: value` a line", 2)
    fields = {str(key): value for key, value in cast(dict[object, object], data).items()}
    starts = {line.split(":")[0]: i for i, line in enumerate(text.split("\n"), 2) if ":" in line}
    return fields, {key: starts.get(key, 2) for key in fields}
