"""What was solved: the drawing of the body, the formulation in tables, and the assumptions."""

from __future__ import annotations

from mechagents.mechanics.formulation import Formulation
from mechagents.report.digest import Digest
from mechagents.report.page import formulation_sections, idealisation
from mechagents.report.sheet.front import assumptions, plainly
from mechagents.report.sheet.parts import Column, Heading, Part, Picture, Section, Words, table

DRAWING = "drawing.svg"
_LEGEND = (
    "To scale, apart from symbols. Hatching: fixed. Rollers: held across the wall. Open arrows: "
    "prescribed displacement. Filled arrows: load. Crosses: points where a quantity is wanted."
)


def formulation(f: Formulation, *, drawn: bool) -> Section:
    """Return a formulation as a drawing and tables.

    Args:
        f: The formulation.
        drawn: Whether there is a drawing of it.
    """
    parts: list[Part] = [Words(idealisation(f))]
    if drawn:
        alt = "The body with its supports, loads and dimensions"
        parts.append(Picture(DRAWING, _LEGEND, alt, 0.86))
    for one in formulation_sections(f):
        columns = (*(Column(title) for title in one.head[:-1]), Column(one.head[-1], wide=True))
        parts += [Heading(one.title), table(columns, one.rows)]
    return Section("Formulation", tuple(parts))


def choices(state: Digest) -> Section | None:
    """Return each assumption with where it comes from and why it was made."""
    known = assumptions(state)
    if not known:
        return None
    columns = (Column("choice"), Column("chosen"), Column("from"), Column("why", wide=True))
    rows = tuple((plainly(one.about), plainly(one.value), one.source, one.why) for one in known)
    return Section("Assumptions", (table(columns, rows),))
