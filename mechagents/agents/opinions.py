"""Two readings of one question, made apart and compared: what differs is said.

Names are the author's own, so parts are matched by what they are: a support by where its boundary
lies, a material by the shape of its region. A difference that an amendment can express becomes an
inferred assumption with the other reading as its alternative; any other is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import AXES
from mechagents.messages import Formulated, Question

WHY = "Two independent readings of the question differ here."
_WHOLE = (
    "analysis",
    "idealisation",
    "thickness",
    "end_time",
    "time_course",
    "load_path",
    "damping",
)
"""Fields that are compared as they are."""
_SAME = 1e-9
"""Numbers that differ by a smaller share are the same [-]."""
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two readings of a question do not agree on."""

    about: str
    first: str
    second: str
    amend: Data
    """What makes the first follow the second; empty where no amendment can."""


def reconciled(one: Formulated, other: Formulated) -> Formulated | Question:
    """Return the first of two readings, with what the second one has otherwise as assumptions.

    A difference that no amendment expresses becomes a question, which names all of those.
    """
    found = list(differences(one.formulation, other.formulation))
    asked = [d for d in found if not d.amend]
    if asked:
        told = "; ".join(f"{d.about}: {d.first}, or {d.second}" for d in asked)
        return Question(text=f"Two readings of the question differ. Which is meant? {told}")
    data = one.formulation.model_dump(mode="json")
    for difference in found:
        _record(data["assumptions"], difference)
    formulation = Formulation.model_validate(data)
    note = f"{one.note} Two readings differ in {len(found)} things.".strip() if found else one.note
    return one.model_copy(update={"formulation": formulation, "note": note})


def differences(one: Formulation, other: Formulation) -> Iterator[Difference]:
    """Yield what differs in meaning: not titles, names, wanted numbers or pictures."""
    first, second = (f.model_dump(mode="json", exclude_none=True) for f in (one, other))
    for found in (*_fields(first, second), *_bodies(first, second), *_parts(first, second)):
        if found.amend and not _valid(one, found.amend):
            yield Difference(found.about, found.first, found.second, {})
        else:
            yield found


def _fields(first: Data, second: Data) -> Iterator[Difference]:
    for name in _WHOLE:
        a, b = first.get(name), second.get(name)
        if not _same(a, b):
            yield Difference(name, _words(a), _words(b), {name: b})


def _bodies(first: Data, second: Data) -> Iterator[Difference]:
    """Compare the shapes of the regions and, where these are the same, their materials."""
    shapes = [
        {_key(shape): name for name, shape in data["geometry"]["regions"].items()}
        for data in (first, second)
    ]
    if set(shapes[0]) != set(shapes[1]):
        told, otherwise = (", ".join(sorted(each)) for each in shapes)
        yield Difference("geometry", told, otherwise, {})
        return
    for shape, region in shapes[0].items():
        one, other = (
            {
                k: v
                for k, v in data["materials"][names[shape]].items()
                if k not in ("name", "source")
            }
            for data, names in zip((first, second), shapes, strict=True)
        )
        if not _same(one, other):
            amend = {f"materials.{region}": second["materials"][shapes[1][shape]]}
            yield Difference(f"material_of_{region}", _words(one), _words(other), amend)


def _parts(first: Data, second: Data) -> Iterator[Difference]:
    """Compare supports, loads and springs, each by where it acts."""
    for kind in ("supports", "loads", "springs"):
        mine, theirs = _acting(first, kind), _acting(second, kind)
        for place, (index, item) in mine.items():
            there = theirs.get(place)
            if there is None:
                yield Difference(f"{kind[:-1]}_{_place(item)}", _words(item), "none", {})
                continue
            yield from _components(kind, index, item, there[1])
        for place in theirs.keys() - mine.keys():
            item = theirs[place][1]
            yield Difference(f"{kind[:-1]}_{_place(item)}", "none", _words(item), {})


def _components(kind: str, index: int, item: Data, other: Data) -> Iterator[Difference]:
    for name in sorted((item.keys() | other.keys()) - {"boundary", "region", "kind", "symmetry"}):
        a, b = item.get(name), other.get(name)
        if not _same(a, b) and not (kind != "supports" and not a and not b):
            about = f"{kind[:-1]}_{_place(item)}_{name}"
            free = "free" if name in AXES else "none"
            free = free if kind == "supports" else "0"
            told = (_words(a) if a is not None else free, _words(b) if b is not None else free)
            yield Difference(about, *told, {f"{kind}.{index}.{name}": b})


def _acting(data: Data, kind: str) -> dict[str, tuple[int, Data]]:
    """Return parts by what they are and where they act, each with its place in the list."""
    boundaries, regions = data["geometry"].get("boundaries", {}), data["geometry"]["regions"]
    found: dict[str, tuple[int, Data]] = {}
    for index, item in enumerate(data.get(kind, ())):
        where = boundaries.get(item.get("boundary")) or regions.get(item.get("region"))
        key = f"{item.get('kind', kind)} {_key(where)}"
        known = f"{key} {len(found)}" if where is None or key in found else key
        found[known] = index, item
    return found


def _valid(formulation: Formulation, amend: Data) -> bool:
    try:
        formulation.amended(amend)
    except ValueError:
        return False
    return True


def _record(assumptions: list[Data], difference: Difference) -> None:
    """Add a difference to the assumptions, or to that which is about the same thing already."""
    other = {"value": difference.second, "amend": difference.amend}
    for assumption in assumptions:
        amends = [alternative["amend"] for alternative in assumption["alternatives"]]
        if difference.amend in amends:
            return
        if assumption["about"] == difference.about:
            assumption["alternatives"] = [*assumption["alternatives"], other]
            return
    assumptions.append(
        {
            "about": difference.about,
            "value": difference.first,
            "source": "inferred",
            "why": WHY,
            "alternatives": [other],
        }
    )


def _same(a: object, b: object) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        one, other = cast(Data, a), cast(Data, b)
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(a, list) and isinstance(b, list):
        ones, others = cast("list[object]", a), cast("list[object]", b)
        return len(ones) == len(others) and all(map(_same, ones, others))
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) <= _SAME * max(abs(a), abs(b))
    return a == b


def _key(part: object) -> str:
    """Return what a part is, the same for the same part however its numbers are written."""
    return json.dumps(_plain(part), sort_keys=True)


def _plain(part: object) -> object:
    if isinstance(part, dict):
        return {key: _plain(value) for key, value in cast(Data, part).items()}
    if isinstance(part, list):
        return [_plain(item) for item in cast("list[object]", part)]
    return float(f"{part:.9g}") if isinstance(part, int | float) and part is not True else part


def _place(item: Data) -> str:
    return str(item.get("boundary") or item.get("region") or "body")


def _words(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
