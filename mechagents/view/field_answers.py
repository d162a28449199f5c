"""What is answered to the page about a result; ``fields`` says at which address."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from mechagents.verification.elements import FloatArray
from mechagents.view.components import (
    VECTOR,
    Extremes,
    Where,
    array_of,
    axes,
    components,
    extremes,
    values_of,
)
from mechagents.view.probe import Probed, probe
from mechagents.view.returned import Returned, Step
from mechagents.view.section import cut
from mechagents.view.shelf import Shown
from mechagents.view.wire import packed

Asked = Mapping[str, str]


def description(shown: Shown, _: Asked) -> dict[str, Any]:
    """Return what fields, components, units and steps a result has."""
    returned = shown.returned
    formulation, steps = returned.formulation, returned.steps
    listed = {c: None for step in _samples(steps) for c in components(returned, step)}
    kinds: Counter[str] = Counter()
    for block in returned.blocks:
        kinds[block.kind] += len(block)
    return {
        "dimension": returned.dimension,
        "flat": bool(np.ptp(returned.x[:, 2]) <= 1e-9 * returned.size),
        "axes": axes(formulation),
        "unit": "m" if formulation else "",
        "analysis": formulation.analysis if formulation else None,
        "idealisation": formulation.idealisation if formulation else None,
        "regions": list(formulation.geometry.regions) if formulation else [],
        "box": [returned.x.min(axis=0).tolist(), returned.x.max(axis=0).tolist()],
        "points": len(returned.x),
        "elements": dict(kinds),
        "steps": [
            {"label": s.label, "kind": s.kind, "at": s.at, "moves": s.moves,
             "points": list(s.points), "cells": list(s.cells)}
            for s in steps
        ],
        "first": len(steps) - 1 if steps[0].kind in ("time", "load") else 0,
        "components": [asdict(c) for c in listed],
        "notes": list(returned.notes),
    }  # fmt: skip


def _samples(steps: tuple[Step, ...]) -> list[Step]:
    """Return a step of each set of fields, that with the most first."""
    by_fields = {(*s.points, "", *s.cells): s for s in steps}
    return sorted(by_fields.values(), key=lambda s: -len(s.points) - len(s.cells))


def surface(shown: Shown, _: Asked) -> bytes:
    """Return the surface: vertices about an origin [m], triangles, lines, and what they are of."""
    returned, found = shown.returned, shown.surface
    origin = _origin(returned)
    return packed(
        {"origin": origin.tolist(), "size": returned.size},
        {
            "x": returned.x[found.points] - origin,
            "triangles": found.triangles,
            "element": found.element,
            "edges": found.edges,
            "outline": found.outline,
        },
    )


def _origin(returned: Returned) -> FloatArray:
    """Return the middle of the body [m]: about it, four bytes a coordinate are exact enough."""
    return np.asarray((returned.x.min(axis=0) + returned.x.max(axis=0)) / 2, dtype=np.float64)


def values(shown: Shown, asked: Asked) -> bytes:
    """Return a component at the vertices of the surface, or one of elements at its triangles."""
    step, where, field, component = _chosen(shown, asked)
    place = shown.surface.points if where == "points" else shown.surface.element
    if component == VECTOR:
        found = _in_space(array_of(step, field, where)[place])
        every_step = array_of(step, field, where).shape[1] in (2, 3)
        reach = shown.range_of_all(step.kind, where, field, "magnitude") if every_step else (0, 0)
        return packed({"all": _number(reach[1]) or 0.0}, {"values": found})
    every = values_of(array_of(step, field, where), field, component)
    low, high = shown.range_of_all(step.kind, where, field, component)
    told = {
        **_told(shown.returned, where, extremes(every)),
        "all": [_number(low), _number(high)],
        "inner": _inner(every),
    }
    return packed(told, {"values": every[place]})


def section(shown: Shown, asked: Asked) -> bytes:
    """Return a plane through a solid: triangles of three vertices, what moves them, and values."""
    step, where, field, component = _chosen(shown, asked)
    normal = _numbers(asked, "normal")
    length = float(np.linalg.norm(normal))
    if not length:
        raise ValueError("the normal of a plane is not zero")
    found = cut(shown.returned, normal / length, _numbers(asked, "offset", 1)[0])
    array = array_of(step, field, where)
    here = found.interpolated(array) if where == "points" else array[found.element].repeat(3, 0)
    moved = np.zeros_like(found.x)
    if step.moves:
        moved = _in_space(found.interpolated(step.points[step.moves]))
    return packed(
        {"triangles": len(found.element)},
        {
            "x": found.x - _origin(shown.returned),
            "element": found.element,
            "edges": found.edges,
            "moved": moved,
            "values": values_of(here, field, component),
        },
    )


def every_range(shown: Shown, asked: Asked) -> dict[str, Any]:
    """Return the smallest and the largest of each component of a step, and where they are."""
    step = _step(shown, asked)
    found: list[dict[str, Any]] = []
    for c in components(shown.returned, step):
        ends = extremes(values_of(array_of(step, c.field, c.where), c.field, c.name))
        found.append({**asdict(c), **_told(shown.returned, c.where, ends)})
    return {"step": step.label, "extremes": found}


def at_place(shown: Shown, asked: Asked) -> dict[str, Any]:
    """Return every component at a place of an element, or at a node."""
    returned, step = shown.returned, _step(shown, asked)
    if "node" in asked:
        node = _whole(asked, "node")
        element = _element_at(returned, node)
        x = returned.x[node]
    else:
        element, x = _whole(asked, "element"), _numbers(asked, "x")
    return _as_told(returned, step, probe(returned, step, element, x))


def _as_told(returned: Returned, step: Step, found: Probed) -> dict[str, Any]:
    block, _ = returned.element(found.element)
    region = None if returned.region is None else int(returned.region[found.element])
    names = list(returned.formulation.geometry.regions) if returned.formulation else []
    return {
        "step": step.label,
        "x": found.x,
        "element": int(returned.cell[found.element]),
        "kind": block.kind,
        "region": names[region] if region is not None and 0 <= region < len(names) else region,
        "node": {
            "number": int(returned.number[found.node]),
            "x": returned.x[found.node].tolist(),
            "distance": found.distance,
        },
        "readings": [
            {**asdict(r.component), "value": r.value, "at_node": r.at_node} for r in found.readings
        ],
    }


def _element_at(returned: Returned, node: int) -> int:
    """Return an element that has a node."""
    for start, block in zip(returned.starts, returned.blocks, strict=False):
        rows = np.flatnonzero((block.nodes == node).any(axis=1))
        if rows.size:
            return int(start + rows[0])
    raise IndexError(f"there is no node {node}")


def _told(returned: Returned, where: Where, ends: Extremes) -> dict[str, Any]:
    """Return a range with the number of each end's place, as ``probe`` takes it, and where it is.

    A place of elements is the element, and where it is, its middle.
    """
    places = [ends.low_at, ends.high_at]
    return {
        "low": _number(ends.low),
        "high": _number(ends.high),
        "at": places,
        "x": [None if place < 0 else _middle(returned, where, place) for place in places],
    }


def _middle(returned: Returned, where: Where, place: int) -> list[float]:
    if where == "points":
        point: list[float] = returned.x[place].tolist()
        return point
    block, row = returned.element(place)
    middle: list[float] = returned.x[block.nodes[row]].mean(axis=0).tolist()
    return middle


def _chosen(shown: Shown, asked: Asked) -> tuple[Step, Where, str, str]:
    """Return the step, place, field and component that are asked for."""
    where: Where = "cells" if asked.get("where") == "cells" else "points"
    missing = [name for name in ("field", "component") if name not in asked]
    if missing:
        raise ValueError(f"{' and '.join(missing)} must be said")
    return _step(shown, asked), where, asked["field"], asked["component"]


def _step(shown: Shown, asked: Asked) -> Step:
    return shown.step(_whole(asked, "step"))


def _whole(asked: Asked, name: str) -> int:
    text = asked.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{name} is a whole number from 0, not {text!r:.40}")
    return int(text)


def _numbers(asked: Asked, name: str, count: int = 3) -> FloatArray:
    """Return numbers that are written with commas between them."""
    parts = asked.get(name, "").split(",")
    try:
        found = [float(part) for part in parts]
    except ValueError:
        found = []
    if len(found) != count or not all(map(math.isfinite, found)):
        raise ValueError(f"{name} is {count} numbers with commas between them")
    return np.array(found)


def _inner(values: FloatArray) -> list[float | None]:
    """Return between which values all are but half a percent on each side."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return [None, None]
    return [float(part) for part in np.quantile(finite, [0.005, 0.995])]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _in_space(vectors: FloatArray) -> FloatArray:
    """Return vectors with three components, 0 for those that the plane has not."""
    found = np.zeros((len(vectors), 3))
    columns = min(vectors.shape[1], 3)
    found[:, :columns] = vectors[:, :columns]
    return found
