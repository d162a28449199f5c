"""The report of a run as a PDF, typeset from the same plain data as the page."""

from __future__ import annotations

import json
import re
import tempfile
from datetime import datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from mechagents.errors import UsageError
from mechagents.report.svg import styled

if TYPE_CHECKING:
    from mechagents.report.sheet.parts import Plain, Sheet

FILE = "report.pdf"
LONGEST_LINE = 104
"""Letters of a line of a listing; a longer one goes on in the next."""
LONGEST_WORD = 22
"""Letters of a word; a longer one may be broken."""
LONGEST_HASH = 70
"""Letters of a word that stands where the run is named."""
_BREAK = "\u200b"
"""A place where a line may end, which shows nothing."""
MISSING = (
    "a PDF is typeset by typst, which is not installed; install the extra mechagents[pdf] "
    "(pip install 'mechagents[pdf]')"
)


def write_pdf(folder: Path, sheet: Sheet, made: datetime) -> Path:
    """Write ``report.pdf`` into a run's folder and return its path.

    Args:
        folder: The run's folder; it must exist.
        sheet: What the report says.
        made: When the run ended; the file has it as the time of its making, so that the same
            run always gives the same file.

    Raises:
        UsageError: If typst is not installed.
        OSError: If the file cannot be written.
    """
    data = typeset(sheet, made)
    path = folder / FILE
    partial = folder / f".{FILE}.partial"
    partial.write_bytes(data)
    return partial.replace(path)


def typeset(sheet: Sheet, made: datetime) -> bytes:
    """Return a report as a PDF.

    The compiler sees a folder of its own with the template, the pictures, and what is said as
    JSON, which it never reads as markup.

    Raises:
        UsageError: If typst is not installed.
    """
    require_typst()
    import typst

    with tempfile.TemporaryDirectory(prefix="mechagents-report-") as name:
        root = Path(name)
        _lay_out(root, sheet)
        compiler = typst.Compiler(root=root, package_path=root, package_cache_path=root)
        found = compiler.compile(
            root / "report.typ", format="pdf", timestamp=made.replace(microsecond=0)
        )
    assert isinstance(found, bytes)
    return found


def require_typst() -> None:
    """Do nothing where typst is installed.

    Raises:
        UsageError: If it is not; it names the extra.
    """
    from importlib.util import find_spec

    if find_spec("typst") is None:
        raise UsageError(MISSING, where="--pdf")


def _lay_out(root: Path, sheet: Sheet) -> None:
    template = files("mechagents.report").joinpath("report.typ").read_text(encoding="utf-8")
    (root / "report.typ").write_text(template, encoding="utf-8")
    told = json.dumps(breakable(dict(sheet.plain())), ensure_ascii=False)
    (root / "sheet.json").write_text(told, encoding="utf-8")
    for file, data in sheet.files.items():
        (root / file).write_bytes(styled(data) if file.endswith(".svg") else data)


def breakable(value: Plain, longest: int = LONGEST_WORD) -> Plain:
    """Return plain data in which a long word may be broken and a listing has no long line.

    Each line of a listing becomes a list of the lines that it is set in.

    Args:
        value: Plain data.
        longest: Letters of a word that is left whole.
    """
    match value:
        case str():
            word = re.compile(rf"\S{{{longest + 1},}}")
            return word.sub(partial(_broken, longest), value.translate(_PICTURES))
        case list():
            return [breakable(one, longest) for one in value]
        case dict():
            listed = value.get("kind") == "listing"
            return {name: _breakable(name, one, listed) for name, one in value.items()}
        case _:
            return value


def _breakable(name: str, value: Plain, listed: bool) -> Plain:
    if listed and name == "lines" and isinstance(value, list):
        return [_wrapped(str(line).translate(_PICTURES)) for line in value]
    if name in _OURS:
        return value
    # A hash is left whole, so that it can be copied.
    return breakable(value, LONGEST_HASH if name == "identity" else LONGEST_WORD)


_OURS = ("kind", "file", "style", "tone", "of")
"""What the report itself makes up, and the template compares."""
_PICTURES = {0x2400 + code: f"⟨U+{code:04X}⟩" for code in range(32)} | {0x2421: "⟨U+007F⟩"}
"""Few fonts have the pictures of control characters."""


def _broken(longest: int, match: re.Match[str]) -> str:
    word = re.sub(r"(?<=[_:/,;=.\-])(?=\w)", _BREAK, match.group())
    pieces = word.split(_BREAK)
    return _BREAK.join(
        piece if len(piece) <= longest else _BREAK.join(_chunks(piece, 8)) for piece in pieces
    )


def _chunks(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _wrapped(line: str) -> list[Plain]:
    if len(line) <= LONGEST_LINE:
        return [line]
    first, rest = line[:LONGEST_LINE], line[LONGEST_LINE:]
    return [first, *(f"↪ {part}" for part in _chunks(rest, LONGEST_LINE - 2))]
