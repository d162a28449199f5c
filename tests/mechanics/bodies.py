"""Formulations as plain data, for the tests of this folder to alter."""

from __future__ import annotations

from typing import Any

from mechagents.mechanics.formulation import Formulation


def plate(**changes: object) -> dict[str, Any]:
    """Return a unit plate, clamped at the left and pulled at the right, with fields replaced."""
    data: dict[str, Any] = {
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {"plate": {"kind": "rectangle", "size": [1.0, 1.0]}},
            "boundaries": {
                "left": {"kind": "line", "axis": "x", "at": 0.0},
                "right": {"kind": "line", "axis": "x", "at": 1.0},
                "bottom": {"kind": "line", "axis": "y", "at": 0.0},
                "top": {"kind": "line", "axis": "y", "at": 1.0},
                "corner": {"kind": "point", "at": [0.0, 0.0]},
                "other_corner": {"kind": "point", "at": [1.0, 0.0]},
            },
        },
        "materials": {"plate": {"youngs_modulus": 1e9, "poisson_ratio": 0.3}},
        "supports": [
            {"boundary": "left", "x": 0.0, "y": 0.0},
            {"boundary": "right", "x": 0.1},
        ],
        "wanted": [{"name": "force", "kind": "reaction", "boundary": "right", "component": "x"}],
    }
    return {**data, **changes}


def formulation(**changes: object) -> Formulation:
    """Return the formulation of ``plate``."""
    return Formulation.model_validate(plate(**changes))
