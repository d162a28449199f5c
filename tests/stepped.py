"""A quarter of a stepped flat bar with a fillet, for tests of outlines."""

from __future__ import annotations

from math import sqrt
from typing import Any

from mechagents.mechanics.formulation import Formulation

STEEL = {"youngs_modulus": 210e9, "poisson_ratio": 0.3}


def profile(radius: float = 0.01, step: float = 0.01) -> dict[str, Any]:
    """Return a bar 0.12 m long and 0.02 m high, higher by the step up to x = 0.06 m."""
    low, high = 0.02, 0.02 + step
    turn = {"kind": "arc", "to": [0.06, low + radius], "name": "fillet"}
    off = radius * (1 - sqrt(0.5))
    straight = [
        [0.12, 0.0], [0.12, low], [0.06 + radius, low], turn, [0.06, high], [0.0, high],
        [0.0, 0.0],
    ]  # fmt: skip
    sides: list[dict[str, Any]] = []
    for side in straight:
        if isinstance(side, list):
            sides.append({"kind": "straight", "to": side})
        else:
            sides.append({**side, "through": [0.06 + off, low + off]})
    if radius == step:
        del sides[4]
    sides[-1]["name"] = "left"
    return {"kind": "profile", "start": [0.0, 0.0], "sides": sides}


def sharp() -> dict[str, Any]:
    """Return the same bar without its fillet."""
    corners = [(0, 0), (0.12, 0), (0.12, 0.02), (0.06, 0.02), (0.06, 0.03), (0, 0.03)]
    return {"kind": "polygon", "points": corners}


def stepped(shape: dict[str, Any] | None = None, **others: Any) -> Formulation:
    """Return the bar in tension, held by symmetry; its sides are boundaries."""
    shape = profile() if shape is None else shape
    return Formulation.model_validate(
        {
            "idealisation": "plane_stress",
            "geometry": {
                "regions": {"bar": shape},
                "boundaries": {
                    "axis": {"kind": "sides", "region": "bar", "sides": [0]},
                    "pulled": {"kind": "sides", "region": "bar", "sides": [1]},
                    "left": {"kind": "line", "axis": "x", "at": 0.0},
                },
            },
            "materials": {"bar": STEEL},
            "supports": [
                {"boundary": "left", "x": 0.0},
                {"boundary": "axis", "symmetry": True},
            ],
            "loads": [{"kind": "traction", "boundary": "pulled", "x": 100e6}],
            "wanted": [
                {"name": "peak", "kind": "stress", "component": "von_mises", "extreme": "max"},
                {"name": "held", "kind": "reaction", "boundary": "left", "component": "x"},
            ],
            **others,
        }
    )
