"""What a report's page says, section by section, in plain values for its template."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import (
    CLAIM_LEVELS,
    Answer,
    AnsweredAssumption,
    ClaimLevel,
    Envelope,
    Execution,
    Failure,
    Quantity,
)
from mechagents.report.digest import Digest, Tried
from mechagents.report.laws import ANALYSES, motion_words, path_words
from mechagents.report.numbers import show_quantity
from mechagents.report.summary import usage_line
from mechagents.report.text import duration, tail
from mechagents.report.words import (
    boundary_words,
    load_place,
    load_words,
    material_words,
    picture_words,
    reading_words,
    settings_words,
    shape_words,
    spaced,
    spring_words,
    support_words,
    usage_words,
    wanted_words,
)

Cells = tuple[str, ...]
PACKAGES = (
    "mechagents", "numpy", "scipy", "scikit-fem", "pyamg", "netgen-mesher", "meshio", "shapely",
)  # fmt: skip
"""Packages whose versions a report names: those that made or checked the numbers."""
LONGEST_LISTING = 200_000
"""Characters of a program that a page shows."""


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


def quantities(state: Digest) -> tuple[Named, ...]:
    """Return the quantities of the answer, each with what it is and its bound in percent."""
    if not isinstance(state.end, Answer):
        return ()
    return named(state.end.quantities, state.formulation)


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


def falls_short(state: Digest) -> bool:
    """Return whether the answer is below the claim level that was asked for."""
    if state.problem is None or not isinstance(state.end, Answer):
        return False
    reached = CLAIM_LEVELS.index(state.end.claim_level)
    return reached < CLAIM_LEVELS.index(state.problem.level)


def assumptions(state: Digest) -> tuple[AnsweredAssumption, ...]:
    """Return the assumptions of the answer or, without one, of the formulation."""
    if isinstance(state.end, Answer):
        return state.end.assumptions
    known = state.formulation.assumptions if state.formulation is not None else ()
    return tuple(AnsweredAssumption.of(one) for one in known)


def other_readings(state: Digest, one: AnsweredAssumption) -> list[str]:
    """Return the other readings of an assumption, with what they would change."""
    found = state.end.quantities if isinstance(state.end, Answer) else ()
    return [reading_words(other, found) for other in one.alternatives]


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
    wanted = tuple((w.name, wanted_words(w), f.unit(w)) for w in f.wanted)
    every = (
        Section("Regions", ("region", "shape"), regions),
        Section("Materials", ("region", "material", "constants", "source"), materials),
        Section("Supports", ("boundary", "where", "displacement"), supports),
        Section("Springs", ("boundary", "where", "stiffness"), springs),
        Section("Loads", ("kind", "on", "value"), loads),
        Section("Wanted", ("name", "quantity", "unit"), wanted),
    )
    return tuple(section for section in every if section.rows)


def idealisation(f: Formulation) -> str:
    """Return analysis, idealisation and thickness in one sentence."""
    depth = "per metre of thickness" if f.thickness is None else f"{f.thickness:.6g} m thick"
    if f.idealisation == "axisymmetric":
        depth = "x is the radius and y the axis; forces are totals over the full circle"
    told = [ANALYSES[f.analysis], spaced(f.idealisation), depth]
    path, motion = path_words(f), motion_words(f)
    told += [f"load path {path}"] if path else []
    return f"{', '.join([*told, motion] if motion else told)}."


def verdict(state: Digest, tried: Tried) -> str:
    """Return what came of an attempt, in a few words."""
    if tried.candidate is not None and tried.candidate.ended == "cancelled":
        return "was cancelled, for another passed first"
    if tried.trials and all(trial.execution.status != "ok" for trial in tried.trials):
        return "did not run to its end"
    if tried.evidence is None:
        return "was not judged"
    if not tried.evidence.passed:
        return "rejected by the checks"
    if isinstance(state.end, Answer) and tried is state.answered_by:
        return "gave the answer"
    return "revised" if tried.findings else "passed the checks made"


def execution_words(execution: Execution) -> str:
    """Return how an execution went."""
    used = execution.usage
    status = "ran" if execution.status == "ok" else spaced(execution.status)
    return (
        f"{status} at {settings_words(execution.settings)}, in "
        f"{duration(used.wall_seconds)}, {used.peak_memory_mib:.0f} MiB"
    )


def last_words(execution: Execution) -> str:
    """Return the end of what a failed program wrote."""
    if execution.status == "ok":
        return ""
    return tail(execution.stderr or execution.stdout, lines=30, limit=6000)


def effort(state: Digest, envelopes: Sequence[Envelope]) -> tuple[tuple[str, str], ...]:
    """Return what the run took, and where and with what it was made."""
    rows: list[tuple[str, str]] = []
    if envelopes:
        rows.append(("Began", f"{envelopes[0].time:%Y-%m-%d %H:%M:%S %Z}".strip()))
    if state.end is not None:
        rows.append(("Took", usage_line(state.end.usage)))
        rows.append(("Model", state.end.model or "none"))
    for use in state.models.values():
        words = f"{usage_words(use.calls, use.tokens, use.cost)}, {duration(use.seconds)}"
        rows.append((f"Calls of {use.model}", words))
    tiers = {trial.execution.isolation for tried in state.tried for trial in tried.trials}
    if isinstance(state.end, Answer):
        tiers.add(state.end.isolation)
    rows.append(("Isolation of programs", ", ".join(sorted(tiers)) or "no program ran"))
    return (*rows, *machine())


def machine() -> tuple[tuple[str, str], ...]:
    """Return the machine and the versions with which the report is written."""
    return (
        ("Report written on", f"{platform.platform()}, {os.cpu_count()} processors"),
        ("Python", platform.python_version()),
        ("Packages", ", ".join(_versions())),
    )


def _versions() -> list[str]:
    found: list[str] = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return found


def asked(state: Digest) -> str:
    """Return the claim level and the error bound that were asked for."""
    if state.problem is None:
        return ""
    percent = f"{100 * state.problem.tolerance:.3g} %"
    return f"Asked for: {state.problem.level}, with an error bound of at most {percent}."


def failed(state: Digest) -> Failure | None:
    """Return why the run ended without an answer, if it did."""
    return state.end if isinstance(state.end, Failure) else None


def picture_title(f: Formulation | None, file: str) -> str:
    """Return what a picture shows, as far as the formulation asked for it."""
    name = file.rsplit("/", maxsplit=1)[-1]
    known = {picture.file: picture_words(picture) for picture in f.pictures} if f else {}
    return known.get(name, name)
