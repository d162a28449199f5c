"""What was found: the fields, the numbers as they were recorded, and how the mesh moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Answer
from mechagents.report.convergence import Grid
from mechagents.report.digest import Digest
from mechagents.report.pictures import Embedded, png_size
from mechagents.report.sheet.parts import Column, Part, Picture, Section, Table, Words, table
from mechagents.report.words import picture_words, settings_words

PLOT = "convergence.svg"
TALLEST = 0.62
"""How high a picture may be, as a share of the text's width."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A field as it was drawn for the report."""

    name: str
    """A file name of our own."""
    caption: str
    data: bytes
    """A PNG."""


@dataclass(frozen=True, slots=True)
class Undrawn:
    """That the fields were not drawn."""

    reason: str = ""
    """In words; empty where there are no fields yet."""


Figures: TypeAlias = "Sequence[Figure] | Undrawn"
"""The fields, drawn from what the checks were made on, or why they are not there."""


def fields(figures: Sequence[Figure], state: Digest) -> Section:
    """Return the fields that were drawn from what the checks were made on."""
    by = state.answered_by
    parts: list[Part] = []
    if by is not None and not isinstance(state.end, Answer):
        told = f"Of attempt {by.program.attempt}, which was not answered with."
        parts.append(Words(told, "bad"))
    parts += [Picture(one.name, one.caption, one.caption, _fitting(one.data)) for one in figures]
    return Section("Mesh and fields", tuple(parts))


def _fitting(data: bytes) -> float:
    """Return the share of the text's width at which two pictures come on a page."""
    width, height = png_size(data)
    return min(1.0, TALLEST * width / height)


def pictures(
    f: Formulation | None, shown: Sequence[tuple[str, Embedded]], why: Undrawn
) -> Section | None:
    """Return the pictures that the program left, where nobody drew its fields.

    Args:
        f: The formulation.
        shown: Each picture with the name of its file in the report.
        why: Why its fields are not drawn.
    """
    parts: list[Part] = []
    if why.reason:
        parts.append(Words(f"The fields are not drawn: {why.reason}.", "note"))
    if shown:
        told = "Drawn by the program; the checks are of its numbers and not of its pictures."
        parts.append(Words(told, "soft"))
    if not parts:
        return None
    for name, one in shown:
        title = _title(f, one.name)
        problem = f"The picture {one.name} is not shown: {one.problem}." if one.problem else ""
        parts.append(Picture(name, title, title, problem=problem))
    return Section("Pictures", tuple(parts))


def _title(f: Formulation | None, file: str) -> str:
    """Return what a picture shows, as far as the formulation asked for it."""
    name = file.rsplit("/", maxsplit=1)[-1]
    known = {picture.file: picture_words(picture) for picture in f.pictures} if f else {}
    return known.get(name, name)


def results(answer: Answer | None, grid: Grid | None, *, plotted: bool) -> Section | None:
    """Return the numbers as the answer records them, and their values on each mesh.

    Args:
        answer: The answer, if there is one.
        grid: Values by mesh, where there is more than one.
        plotted: Whether there is a plot of them.
    """
    parts: list[Part] = []
    if answer is not None and answer.quantities:
        parts += [Words("As they stand in answer.json, without rounding:"), _recorded(answer)]
    if plotted:
        told = (
            "Values on each mesh; the bar is the error bound about the answer. The same program "
            "ran on every mesh."
        )
        parts.append(Picture(PLOT, told, "Values by mesh size", _share(grid)))
    if grid is not None:
        parts += [Words("By mesh, in brackets the distance from the finest:"), _by_mesh(grid)]
    return Section("Results and convergence", tuple(parts)) if parts else None


def _recorded(answer: Answer) -> Table:
    columns = (
        Column("quantity", "name", wide=True),
        Column("recorded value", "number"),
        Column("error bound", "number"),
        Column("unit"),
        Column("claim level"),
    )
    rows = [
        (q.name, repr(q.value), "" if q.error_bound is None else repr(q.error_bound), q.unit)
        for q in answer.quantities
    ]
    levels = [q.claim_level for q in answer.quantities]
    return table(columns, tuple((*row, level) for row, level in zip(rows, levels, strict=True)))


def _by_mesh(grid: Grid) -> Table:
    heads = [settings_words(trial.execution.settings) for trial in grid.trials]
    first = Column("quantity", "name", wide=True)
    return table((first, *(Column(head, "number") for head in heads)), grid.rows())


def _share(grid: Grid | None) -> float:
    return 1.0 if grid is not None and len(grid.names) > 1 else 0.52
