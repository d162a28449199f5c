"""Formulations that the tests of verification solve."""

from __future__ import annotations

from mechagents.mechanics.formulation import Formulation

STEEL = {"youngs_modulus": 210e9, "poisson_ratio": 0.3}
SOFT = {"youngs_modulus": 1e9, "poisson_ratio": 0.3}
LINES = {
    "left": {"kind": "line", "axis": "x", "at": 0.0},
    "right": {"kind": "line", "axis": "x", "at": 1.0},
    "bottom": {"kind": "line", "axis": "y", "at": 0.0},
    "top": {"kind": "line", "axis": "y", "at": 1.0},
}
SQUARE = {"kind": "rectangle", "size": [1.0, 1.0]}
HOLE = {"kind": "disk", "center": [0.5, 0.5], "radius": 0.2}


def plate(**changes: object) -> Formulation:
    """A square sheared and stretched by its right edge: no stress component is small."""
    data: dict[str, object] = {
        "idealisation": "plane_stress",
        "geometry": {"regions": {"plate": SQUARE}, "boundaries": LINES},
        "materials": {"plate": SOFT},
        "supports": [
            {"boundary": "left", "x": 0.0, "y": 0.0},
            {"boundary": "right", "x": 0.03, "y": 0.1},
        ],
        "wanted": [
            {"name": "force", "kind": "reaction", "boundary": "right", "component": "y"},
            {"name": "sigma_xy", "kind": "stress", "component": "xy", "at": [0.5, 0.5]},
            {"name": "middle_y", "kind": "displacement", "component": "y", "at": [0.5, 0.5]},
            {"name": "energy", "kind": "strain_energy"},
            {
                "name": "largest", "kind": "displacement",
                "component": "magnitude", "extreme": "max",
            },
        ],
        "pictures": [{"file": "shear.png", "field": "stress_xy"}],
    }  # fmt: skip
    return Formulation.model_validate(data | changes)


def holed(**changes: object) -> Formulation:
    """The same square with a hole in it."""
    holed_square = {"kind": "difference", "base": SQUARE, "remove": [HOLE]}
    lines = LINES | {"hole": {"kind": "circle", "center": [0.5, 0.5], "radius": 0.2}}
    wanted = [
        {"name": "force", "kind": "reaction", "boundary": "right", "component": "y"},
        {"name": "peak", "kind": "stress", "component": "von_mises", "extreme": "max"},
    ]
    geometry = {"regions": {"plate": holed_square}, "boundaries": lines}
    return plate(**({"geometry": geometry, "wanted": wanted} | changes))


def inclusion(**changes: object) -> Formulation:
    """The square with a stiff disk in it."""
    ring = {"kind": "difference", "base": SQUARE, "remove": [HOLE]}
    data = {
        "geometry": {"regions": {"plate": ring, "disk": HOLE}, "boundaries": LINES},
        "materials": {"plate": SOFT, "disk": {"youngs_modulus": 10e9, "poisson_ratio": 0.2}},
        "wanted": [
            {"name": "force", "kind": "reaction", "boundary": "right", "component": "y"},
            {"name": "inside", "kind": "strain_energy", "region": "disk"},
            {
                "name": "peak", "kind": "stress",
                "component": "xx", "extreme": "max_abs", "region": "disk",
            },
        ],
    }  # fmt: skip
    return plate(**(data | changes))


def cantilever(**changes: object) -> Formulation:
    """A square held at the left, pulled and pushed down at the right, under its weight."""
    data = {
        "idealisation": "plane_strain",
        "thickness": 0.25,
        "materials": {"plate": STEEL},
        "supports": [{"boundary": "left", "x": 0.0, "y": 0.0}],
        "loads": [
            {"kind": "traction", "boundary": "right", "x": 2e6, "y": -1e6},
            {"kind": "body_force", "y": -3e6},
        ],
        "wanted": [
            {"name": "wall_y", "kind": "reaction", "boundary": "left", "component": "y"},
            {"name": "tip", "kind": "displacement", "component": "y", "at": [1.0, 0.5]},
            {"name": "energy", "kind": "strain_energy"},
            {"name": "bending", "kind": "stress", "component": "xx", "at": [0.5, 1.0]},
        ],
    }
    return plate(**(data | changes))


def cylinder(**changes: object) -> Formulation:
    """A thick cylinder of inner radius 1 m under inner pressure, between two plates."""
    tube = {"kind": "rectangle", "origin": [1.0, 0.0], "size": [1.0, 1.0]}
    lines = {
        "bore": {"kind": "line", "axis": "x", "at": 1.0},
        "outside": {"kind": "line", "axis": "x", "at": 2.0},
        "bottom": {"kind": "line", "axis": "y", "at": 0.0},
        "top": {"kind": "line", "axis": "y", "at": 1.0},
    }
    data = {
        "idealisation": "axisymmetric",
        "geometry": {"regions": {"tube": tube}, "boundaries": lines},
        "materials": {"tube": STEEL},
        "supports": [{"boundary": "bottom", "y": 0.0}, {"boundary": "top", "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "bore", "x": 100e6}],
        "wanted": [
            {"name": "top_force", "kind": "reaction", "boundary": "top", "component": "y"},
            {"name": "hoop", "kind": "stress", "component": "zz", "at": [1.0, 0.5]},
            {"name": "bore_x", "kind": "displacement", "component": "x", "at": [1.0, 0.5]},
            {"name": "energy", "kind": "strain_energy"},
        ],
        "pictures": [],
    }
    return plate(**(data | changes))


def solid_disk(**changes: object) -> Formulation:
    """A body of revolution that reaches its axis, pressed from above."""
    block = {"kind": "rectangle", "origin": [0.0, 0.0], "size": [1.0, 1.0]}
    data = {
        "geometry": {"regions": {"tube": block}, "boundaries": LINES},
        "supports": [{"boundary": "bottom", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "top", "y": -1e8}],
        "wanted": [
            {"name": "base", "kind": "reaction", "boundary": "bottom", "component": "y"},
            {"name": "hoop", "kind": "stress", "component": "zz", "at": [0.0, 0.5]},
            {"name": "energy", "kind": "strain_energy"},
        ],
    }
    return cylinder(**(data | changes))
