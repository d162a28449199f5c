"""The parts of a report: plain values, which each renderer puts on its kind of page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Literal, TypeAlias, cast

from mechagents.report.text import visible

Tone = Literal["plain", "soft", "good", "note", "bad"]
Style = Literal["words", "number", "value", "name", "verdict"]
"""What a column holds: sentences, numbers, the number that was asked for, an identifier, or
whether a check passed."""
Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain]"


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; its line feeds stay."""

    text: str
    tone: Tone = "plain"
    kind: Literal["words"] = "words"


@dataclass(frozen=True, slots=True)
class Quote:
    """What the person asked, in her words."""

    text: str
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below that of the section."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Panel:
    """A verdict that must not be overlooked, and what it means."""

    head: str
    lines: tuple[str, ...]
    tone: Tone
    kind: Literal["panel"] = "panel"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; one that is wide takes what room the others leave."""

    title: str
    style: Style = "words"
    wide: bool = False


Cell = tuple[str, ...]
"""What a cell says; the lines after the first explain it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Rows are never parted between pages."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    items: tuple[str, ...]
    numbered: bool = False
    kind: Literal["points"] = "points"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names, each with what belongs to it."""

    rows: tuple[tuple[str, str], ...]
    kind: Literal["pairs"] = "pairs"


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines of a program, of what it wrote, or of how two programs differ."""

    lines: tuple[str, ...]
    of: Literal["program", "output", "difference"]
    kind: Literal["listing"] = "listing"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by the name of its file, or why it is not there."""

    file: str
    caption: str
    alt: str
    width: float = 1.0
    """Share of the text's width [-]."""
    problem: str = ""
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True)
class Signatures:
    """Where those sign who answer for the report, and which run they sign for."""

    roles: tuple[str, ...]
    columns: tuple[str, ...]
    identity: tuple[tuple[str, str], ...]
    kind: Literal["signatures"] = "signatures"


Part: TypeAlias = (
    Words | Quote | Heading | Panel | Table | Points | Pairs | Listing | Picture | Signatures
)


@dataclass(frozen=True, slots=True)
class Section:
    """A section. The first ones make the front page and have no numbers."""

    title: str
    parts: tuple[Part, ...]
    front: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a report says, from its title to its last line."""

    title: str
    subtitle: str
    identity: str
    """Names exactly one run; it stands on every page."""
    sections: tuple[Section, ...]
    chain: str = ""
    """The last hash of the log that it is made of."""
    whole: bool = False
    """Whether the fields are in it, or the reason why not."""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Pictures by the names that the parts give; PNG, or SVG without styles."""

    def plain(self) -> dict[str, Plain]:
        """Return all but the files as lists and texts, with every hidden character visible."""
        told = {one.name: _plain(getattr(self, one.name)) for one in fields(self)[:-1]}
        numbers = iter(range(1, len(self.sections) + 1))
        shown = told["sections"]
        assert isinstance(shown, list)
        for section in shown:
            assert isinstance(section, dict)
            section["number"] = 0 if section["front"] else next(numbers)
        return told


def table(columns: tuple[Column, ...], rows: tuple[tuple[str | Cell, ...], ...]) -> Table:
    """Return a table whose cells may be given as single texts."""
    cells = tuple(tuple((c,) if isinstance(c, str) else c for c in row) for row in rows)
    return Table(columns, cells)


def _plain(value: object) -> Plain:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("tuple[object, ...]", value)]
    assert is_dataclass(value)
    return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
