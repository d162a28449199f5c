"""Solids to plant faults in, each with its mesh size [m] and tolerance [-]."""

from __future__ import annotations

from typing import Any

STEEL = {"youngs_modulus": 210e9, "poisson_ratio": 0.3}


def _plane(axis: str, at: float) -> dict[str, Any]:
    return {"kind": "plane", "axis": axis, "at": at}


def _drilled_block() -> dict[str, Any]:
    """A block with a round hole, sheared and pressed, under its weight."""
    block = {"kind": "box", "size": [0.4, 0.2, 0.1]}
    hole = {"kind": "cylinder", "base": [0.2, 0.1, -0.1], "axis": "z", "radius": 0.05,
            "height": 0.3}  # fmt: skip
    bore = {"kind": "cylinder_surface", "axis": "z", "center": [0.2, 0.1], "radius": 0.05}
    return {
        "idealisation": "solid",
        "geometry": {
            "regions": {"block": {"kind": "difference", "base": block, "remove": [hole]}},
            "boundaries": {"wall": _plane("x", 0.0), "tip": _plane("x", 0.4),
                           "above": _plane("z", 0.1), "bore": bore},
        },
        "materials": {"block": STEEL},
        "supports": [{"boundary": "wall", "x": 0.0, "y": 0.0, "z": 0.0}],
        "loads": [
            {"kind": "traction", "boundary": "tip", "x": 4e6, "y": 1e6, "z": -2e6},
            {"kind": "pressure", "boundary": "above", "value": 3e6},
            {"kind": "body_force", "x": 2e5, "z": -8e5},
        ],
        "wanted": [
            {"name": "tip_z", "kind": "displacement", "component": "z", "at": [0.4, 0.1, 0.05]},
            {"name": "wall_z", "kind": "reaction", "boundary": "wall", "component": "z"},
            {"name": "along", "kind": "stress", "component": "xx", "at": [0.3, 0.1, 0.05]},
            {"name": "energy", "kind": "strain_energy"},
        ],
    }  # fmt: skip


def _joined_block() -> dict[str, Any]:
    """Steel on aluminium, pulled apart by a given displacement, held against rigid motion."""
    low = {"kind": "box", "size": [0.1, 0.1, 0.1]}
    return {
        "idealisation": "solid",
        "geometry": {
            "regions": {"steel": low, "aluminium": {**low, "origin": [0.0, 0.0, 0.1]}},
            "boundaries": {"below": _plane("z", 0.0), "above": _plane("z", 0.2),
                           "side": _plane("x", 0.0), "front": _plane("y", 0.0)},
        },
        "materials": {"steel": STEEL,
                      "aluminium": {"youngs_modulus": 70e9, "poisson_ratio": 0.33}},
        "supports": [
            {"boundary": "below", "z": 0.0},
            {"boundary": "side", "x": 0.0},
            {"boundary": "front", "y": 0.0},
            {"boundary": "above", "z": 1e-4},
        ],
        "wanted": [
            {"name": "pull", "kind": "reaction", "boundary": "above", "component": "z"},
            {"name": "joint", "kind": "displacement", "component": "z", "at": [0.0, 0.0, 0.1]},
            {"name": "energy", "kind": "strain_energy"},
        ],
    }  # fmt: skip


def _warm_block() -> dict[str, Any]:
    """A block between two rigid walls, heated and pressed from above."""
    return {
        "idealisation": "solid",
        "geometry": {
            "regions": {"block": {"kind": "box", "size": [0.2, 0.1, 0.1]}},
            "boundaries": {"left": _plane("x", 0.0), "right": _plane("x", 0.2),
                           "front": _plane("y", 0.0), "below": _plane("z", 0.0),
                           "above": _plane("z", 0.1)},
        },
        "materials": {"block": {**STEEL, "thermal_expansion": 1.2e-5}},
        "supports": [
            {"boundary": "left", "x": 0.0},
            {"boundary": "right", "x": 0.0},
            {"boundary": "front", "y": 0.0},
            {"boundary": "below", "z": 0.0},
        ],
        "loads": [
            {"kind": "temperature", "change": 40.0},
            {"kind": "pressure", "boundary": "above",
             "value": {"formula": "2e7 * (1 + sin(10 * x))"}},
        ],
        "wanted": [
            {"name": "push", "kind": "reaction", "boundary": "right", "component": "x"},
            {"name": "rise", "kind": "displacement", "component": "z", "at": [0.1, 0.05, 0.1]},
            {"name": "energy", "kind": "strain_energy"},
            {"name": "along", "kind": "stress", "component": "xx", "at": [0.1, 0.05, 0.05]},
        ],
    }  # fmt: skip


def _point(*at: float) -> dict[str, Any]:
    return {"kind": "space_point", "at": list(at)}


def _block_on_points() -> dict[str, Any]:
    """A clamped block with a spring at a corner, pressed and pulled at points of its surface."""
    return {
        "idealisation": "solid",
        "geometry": {
            "regions": {"block": {"kind": "box", "size": [0.4, 0.1, 0.08]}},
            "boundaries": {"wall": _plane("x", 0.0), "pressed": _point(0.3, 0.04, 0.08),
                           "pulled": _point(0.4, 0.05, 0.08), "corner": _point(0.4, 0.0, 0.0)},
        },
        "materials": {"block": STEEL},
        "supports": [{"boundary": "wall", "x": 0.0, "y": 0.0, "z": 0.0}],
        "springs": [{"kind": "point_spring", "boundary": "corner", "y": 1e5, "z": 4e5}],
        "loads": [
            {"kind": "point_force", "boundary": "pressed", "x": 2e3, "z": -2e4},
            {"kind": "point_force", "boundary": "pulled", "y": 1.5e4, "z": 3e3},
        ],
        "wanted": [
            {"name": "middle", "kind": "displacement", "component": "z", "at": [0.2, 0.05, 0.04]},
            {"name": "aside", "kind": "displacement", "component": "y", "at": [0.2, 0.05, 0.04]},
            {"name": "wall_z", "kind": "reaction", "boundary": "wall", "component": "z"},
            {"name": "wall_y", "kind": "reaction", "boundary": "wall", "component": "y"},
            {"name": "along", "kind": "stress", "component": "xx", "at": [0.15, 0.05, 0.08]},
        ],
    }  # fmt: skip


def _struck_block() -> dict[str, Any]:
    """A clamped block whose end is pushed down and forward within a tenth of a millisecond."""
    return {
        "analysis": "transient",
        "idealisation": "solid",
        "geometry": {
            "regions": {"block": {"kind": "box", "size": [0.4, 0.1, 0.1]}},
            "boundaries": {"wall": _plane("x", 0.0), "tip": _plane("x", 0.4)},
        },
        "materials": {"block": {**STEEL, "density": 7850.0}},
        "supports": [{"boundary": "wall", "x": 0.0, "y": 0.0, "z": 0.0}],
        "loads": [{"kind": "traction", "boundary": "tip", "x": 5e6, "z": -1e6}],
        "time_course": [[0.0, 0.0], [1e-3, 1.0]],
        "end_time": 2.5e-3,
        "wanted": [
            {"name": "furthest", "kind": "displacement", "component": "z",
             "at": [0.4, 0.05, 0.05], "over_time": "min"},
            {"name": "speed", "kind": "velocity", "component": "z", "at": [0.4, 0.05, 0.05],
             "time": 5e-4},
            {"name": "energy", "kind": "strain_energy", "time": 1.5e-3},
        ],
    }  # fmt: skip


def _moved_block() -> dict[str, Any]:
    """A block whose clamped end goes to and fro sideways, and stays where it was."""
    there_and_back = {"kind": "smooth", "table": [[0.0, 0.0], [1e-3, 1.0], [2.5e-3, 0.0]]}
    wall = {"boundary": "wall", "x": 0.0, "y": 0.0, "z": 1e-3, "course": there_and_back}
    tip = {"kind": "displacement", "component": "z", "at": [0.4, 0.05, 0.05]}
    push = {"name": "push", "kind": "reaction", "boundary": "wall", "component": "z"}
    return {
        **_struck_block(),
        "supports": [wall],
        "loads": [],
        "time_course": [[0.0, 1.0]],
        "wanted": [{**tip, "name": "furthest", "over_time": "max_abs"},
                   {**tip, "name": "later", "time": 1.2e-3}, {**push, "over_time": "max_abs"}],
    }  # fmt: skip


BODIES: dict[str, tuple[dict[str, Any], float, float]] = {
    "block-on-points": (_block_on_points(), 0.02, 0.05),
    "drilled-block": (_drilled_block(), 0.026, 0.06),
    "joined-block": (_joined_block(), 0.03, 0.02),
    "moved-block": (_moved_block(), 0.034, 0.05),
    "struck-block": (_struck_block(), 0.034, 0.05),
    "warm-block": (_warm_block(), 0.025, 0.02),
}
