"""Quantities and formulations as they are shown on a page, in plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import ClaimLevel, Quantity
from mechagents.report.laws import ANALYSES, motion_words, path_words
from mechagents.report.numbers import show_quantity
from mechagents.report.words import (
    boundary_words,
    load_place,
    load_words,
    material_words,
    shape_words,
    spaced,
    spring_words,
    support_words,
    wanted_words,
)

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A quantity of the answer."""

    name: str
    what: str
    value: str
    bound: str
    level: ClaimLevel
    note: str


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the formulation."""

    title: str
    head: Cells
    rows: tuple[Cells, ...]


def named(found: Sequence[Quantity], f: Formulation | None) -> tuple[Named, ...]:
    """Return quantities as they are shown, each with what the formulation says it is."""
    what = {item.name: wanted_words(item) for item in f.wanted} if f is not None else {}
    return tuple(_named(q, what.get(q.name, "")) for q in found)


def _named(q: Quantity, what: str) -> Named:
    value, bound, unit = show_quantity(q.value, q.unit, q.error_bound)
    words = "not known" if bound is None else f"± {bound} {unit}".rstrip()
    if q.error_bound is not None and q.value:
        words += f" ({100 * q.error_bound / abs(q.value):.2g} %)"
    return Named(q.name, what, f"{value} {unit}".rstrip(), words, q.claim_level, q.note)


def formulation_sections(f: Formulation) -> tuple[Section, ...]:
    """Return a formulation as tables: regions, materials, supports, loads, wanted."""
    edges = f.geometry.boundaries
    regions = tuple((name, shape_words(shape)) for name, shape in f.geometry.regions.items())
    materials = tuple(
        (name, m.name or m.kind, material_words(m), m.source or "stated with the problem")
        for name, m in f.materials.items()
    )
    supports = tuple(
        (s.boundary, boundary_words(edges[s.boundary]), support_words(s, f.axes))
        for s in f.supports
    )
    springs = tuple(
        (s.boundary, boundary_words(edges[s.boundary]), spring_words(s)) for s in f.springs
    )
    loads = tuple((spaced(load.kind), load_place(load), load_words(load)) for load in f.loads)
    wanted = tuple((w.name, f.unit(w), wanted_words(w)) for w in f.wanted)
    every = (
        Section("Regions", ("region", "shape"), regions),
        Section("Materials", ("region", "material", "constants", "source"), materials),
        Section("Supports", ("boundary", "where", "displacement"), supports),
        Section("Springs", ("boundary", "where", "stiffness"), springs),
        Section("Loads", ("kind", "on", "value"), loads),
        Section("Wanted", ("name", "unit", "quantity"), wanted),
    )
    return tuple(section for section in every if section.rows)


def idealisation(f: Formulation) -> str:
    """Return analysis, idealisation and thickness in one sentence."""
    told = [ANALYSES[f.analysis], _body_words(f)]
    path, motion = path_words(f), motion_words(f)
    told += [f"load path {path}"] if path else []
    return f"{', '.join([*told, motion] if motion else told)}."


def _body_words(f: Formulation) -> str:
    if f.dimension == 3:
        return "three-dimensional"
    if f.idealisation == "axisymmetric":
        return "axisymmetric, x is the radius, y the axis, forces are totals over the full circle"
    depth = "per metre of thickness" if f.thickness is None else f"{f.thickness:.6g} m thick"
    return f"{spaced(f.idealisation)}, {depth}"
