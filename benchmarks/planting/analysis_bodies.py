"""Problems of finite deformation, plasticity, vibration, buckling, springs and layers."""

from __future__ import annotations

import math
from typing import Any

STEEL = {"youngs_modulus": 210e9, "poisson_ratio": 0.3}
FLOWING = {"kind": "j2_plastic", **STEEL, "yield_stress": 240e6}
PLY = {
    "kind": "orthotropic",
    "youngs_moduli": [140e9, 10e9, 10e9],
    "poisson_ratios": [0.3, 0.3, 0.4],
    "shear_moduli": [5e9, 5e9, 3.5e9],
    "angle": math.radians(30),
}
CLAMPED = {"boundary": "left", "x": 0.0, "y": 0.0}


def _line(axis: str, at: float, **more: object) -> dict[str, object]:
    return {"kind": "line", "axis": axis, "at": at, **more}


def _point(*at: float) -> dict[str, object]:
    return {"kind": "point", "at": list(at)}


def _at(name: str, kind: str, component: str, *at: float) -> dict[str, object]:
    return {"name": name, "kind": kind, "component": component, "at": list(at)}


def _reaction(name: str, boundary: str, component: str) -> dict[str, object]:
    return {"name": name, "kind": "reaction", "boundary": boundary, "component": component}


def _numbered(kind: str, *numbers: int) -> list[dict[str, object]]:
    return [{"name": f"value_{n}", "kind": kind, "number": n} for n in numbers]


ENERGY = {"name": "energy", "kind": "strain_energy"}


def _rectangle(width: float, height: float, **materials: object) -> dict[str, Any]:
    """Return a rectangle with its four sides named."""
    return {
        "geometry": {
            "regions": {"body": {"kind": "rectangle", "size": [width, height]}},
            "boundaries": {
                "left": _line("x", 0.0),
                "right": _line("x", width),
                "bottom": _line("y", 0.0),
                "top": _line("y", height),
            },
        },
        "materials": {"body": materials},
    }


def _quarter_ring(inner: float, outer: float) -> dict[str, Any]:
    disks = [{"kind": "disk", "center": [0.0, 0.0], "radius": r} for r in (outer, inner)]
    ring = {"kind": "difference", "base": disks[0], "remove": disks[1:]}
    corner = {"kind": "rectangle", "size": [outer, outer]}
    return {
        "regions": {"ring": {"kind": "intersection", "shapes": [ring, corner]}},
        "boundaries": {
            "bottom": _line("y", 0.0),
            "left": _line("x", 0.0),
            "bore": {"kind": "circle", "center": [0.0, 0.0], "radius": inner},
        },
    }


# Finite deformation.


def _rubber_cantilever() -> dict[str, Any]:
    """A block that dead loads pull and shear by half its length."""
    rubber = {"kind": "neo_hookean", "volumetric": "logarithmic", "mu": 1e6, "lam": 3e6}
    return {
        **_rectangle(1.0, 0.5, **rubber),
        "analysis": "static_finite",
        "idealisation": "plane_strain",
        "supports": [CLAMPED],
        "loads": [
            {"kind": "traction", "boundary": "right", "x": 1e6, "y": 2e5},
            {"kind": "body_force", "y": -1e5},
        ],
        "wanted": [
            _reaction("pull", "left", "x"),
            _at("tip_x", "displacement", "x", 1.0, 0.25),
            _at("tip_y", "displacement", "y", 1.0, 0.25),
            _at("middle_xx", "stress", "xx", 0.5, 0.25),
            ENERGY,
        ],
    }


def _stretched_sheet() -> dict[str, Any]:
    """A sheet with a hole, drawn out by 50 %."""
    geometry = _rectangle(1.0, 1.0)["geometry"]
    hole = {"kind": "disk", "center": [0.0, 0.0], "radius": 0.3}
    geometry["regions"] = {
        "body": {"kind": "difference", "base": geometry["regions"]["body"], "remove": [hole]}
    }
    law = {"kind": "neo_hookean", "volumetric": "isochoric", "mu": 4e5, "kappa": 4e6}
    return {
        "analysis": "static_finite",
        "idealisation": "plane_stress",
        "thickness": 0.002,
        "geometry": geometry,
        "materials": {"body": law},
        "supports": [
            {"boundary": "left", "x": 0.0},
            {"boundary": "bottom", "y": 0.0},
            {"boundary": "right", "x": 0.5},
        ],
        "wanted": [
            _reaction("pull", "right", "x"),
            _at("narrowing", "displacement", "y", 0.7, 1.0),
            _at("crown_xx", "stress", "xx", 0.3, 0.8),
            ENERGY,
        ],
    }


def _rubber_bush() -> dict[str, Any]:
    """A ring of rubber, bonded to a rod, pushed along it by a sleeve."""
    law = {"kind": "mooney_rivlin", "c10": 3e5, "c01": 1e5, "kappa": 4e6}
    found = _rectangle(0.02, 0.03, **law)
    found["geometry"]["regions"]["body"] |= {"origin": [0.01, 0.0]}
    found["geometry"]["boundaries"] |= {"left": _line("x", 0.01), "right": _line("x", 0.03)}
    return {
        **found,
        "analysis": "static_finite",
        "idealisation": "axisymmetric",
        "supports": [CLAMPED, {"boundary": "right", "x": 0.0, "y": 0.002}],
        "wanted": [
            _reaction("push", "right", "y"),
            _at("bulge", "displacement", "y", 0.02, 0.03),
            _at("middle_xy", "stress", "xy", 0.02, 0.015),
            ENERGY,
        ],
    }


def _bent_strip() -> dict[str, Any]:
    """A slender cantilever that bends far, with little strain."""
    law = {"kind": "saint_venant_kirchhoff", "youngs_modulus": 12e6, "poisson_ratio": 0.3}
    return {
        **_rectangle(1.0, 0.05, **law),
        "analysis": "static_finite",
        "idealisation": "plane_stress",
        "thickness": 0.1,
        "supports": [CLAMPED],
        "loads": [{"kind": "traction", "boundary": "right", "y": -6e3}],
        "wanted": [
            _at("down", "displacement", "y", 1.0, 0.025),
            _at("back", "displacement", "x", 1.0, 0.025),
            _at("bending", "stress", "xx", 0.3, 0.05),
            ENERGY,
        ],
    }


def _inflated_tube() -> dict[str, Any]:
    """A quarter of a long tube of rubber that a pressure widens."""
    geometry = _quarter_ring(0.1, 0.2)
    return {
        "analysis": "static_finite",
        "idealisation": "plane_strain",
        "geometry": geometry,
        "materials": {"ring": {"kind": "mooney_rivlin", "c10": 3e5, "c01": 1e5, "kappa": 8e6}},
        "supports": [{"boundary": "bottom", "y": 0.0}, {"boundary": "left", "x": 0.0}],
        "loads": [{"kind": "pressure", "boundary": "bore", "value": 2e5}],
        "wanted": [
            _at("bore_x", "displacement", "x", 0.1, 0.0),
            _at("hoop", "stress", "yy", 0.17, 0.0),
            _reaction("bottom_y", "bottom", "y"),
            ENERGY,
        ],
    }


# Plasticity.


def _yielding_pipe() -> dict[str, Any]:
    return {
        "analysis": "static_plastic",
        "idealisation": "plane_strain",
        "geometry": _quarter_ring(0.1, 0.2),
        "materials": {"ring": {**FLOWING, "hardening_modulus": 5e9}},
        "supports": [{"boundary": "bottom", "y": 0.0}, {"boundary": "left", "x": 0.0}],
        "loads": [{"kind": "pressure", "boundary": "bore", "value": 150e6}],
        "wanted": [
            _at("outside", "displacement", "x", 0.2, 0.0),
            _at("hoop", "stress", "yy", 0.17, 0.0),
            _reaction("bottom_y", "bottom", "y"),
        ],
    }


def _relieved_pipe() -> dict[str, Any]:
    """What stays in a pipe that was pressed beyond yield."""
    pipe = _yielding_pipe()
    pipe["load_path"] = [1.0, 0.1]
    pipe["wanted"] = [
        _at("outside", "displacement", "x", 0.2, 0.0),
        _reaction("bottom_y", "bottom", "y"),
        ENERGY,
    ]
    return pipe


def _drawn_strip() -> dict[str, Any]:
    """A clamped block drawn beyond yield, and half the way back."""
    law = {**FLOWING, "hardening_modulus": 10e9}
    return {
        **_rectangle(1.0, 0.5, **law),
        "analysis": "static_plastic",
        "idealisation": "plane_strain",
        "supports": [CLAMPED, {"boundary": "right", "x": 0.004}],
        "load_path": [1.0, 0.5],
        "wanted": [
            _reaction("pull", "right", "x"),
            _at("narrowing", "displacement", "y", 0.5, 0.5),
            _at("middle_xx", "stress", "xx", 0.5, 0.25),
            ENERGY,
        ],
    }


def _upset_disc() -> dict[str, Any]:
    """A disc pressed between rough plates."""
    law = {**FLOWING, "hardening_modulus": 20e9}
    return {
        **_rectangle(0.05, 0.05, **law),
        "analysis": "static_plastic",
        "idealisation": "axisymmetric",
        "supports": [{"boundary": "bottom", "y": 0.0}, {"boundary": "top", "x": 0.0, "y": -2e-4}],
        "wanted": [
            _reaction("push", "top", "y"),
            _at("bulge", "displacement", "x", 0.05, 0.0),
            _at("middle_yy", "stress", "yy", 0.0, 0.0),
        ],
    }


def _pressed_joint() -> dict[str, Any]:
    """Soft metal that flows between elastic steel."""
    found = _rectangle(0.2, 0.05)
    soft = {**FLOWING, "youngs_modulus": 70e9, "yield_stress": 100e6, "hardening_modulus": 20e9}
    found["geometry"]["regions"] = {
        "steel": {"kind": "rectangle", "size": [0.1, 0.05]},
        "soft": {"kind": "rectangle", "origin": [0.1, 0.0], "size": [0.1, 0.05]},
    }
    found["materials"] = {"steel": {"kind": "isotropic", **STEEL}, "soft": soft}
    return {
        **found,
        "analysis": "static_plastic",
        "idealisation": "plane_strain",
        "supports": [{"boundary": "left", "x": 0.0}, {"boundary": "bottom", "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "right", "x": -150e6}],
        "wanted": [
            _at("shortening", "displacement", "x", 0.2, 0.0),
            _at("bulge", "displacement", "y", 0.2, 0.05),
            _reaction("held", "left", "x"),
        ],
    }


# Modes.


def _vibrating_cantilever() -> dict[str, Any]:
    return {
        **_rectangle(1.0, 0.1, **STEEL, density=7850.0),
        "analysis": "modal",
        "idealisation": "plane_stress",
        "thickness": 0.02,
        "supports": [CLAMPED],
        "wanted": _numbered("frequency", 1, 2, 3),
    }


def _free_ring() -> dict[str, Any]:
    """A free ring in plane strain: three rigid motions and pairs of modes."""
    disks = [{"kind": "disk", "center": [0.0, 0.0], "radius": r} for r in (0.2, 0.12)]
    return {
        "analysis": "modal",
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {"ring": {"kind": "difference", "base": disks[0], "remove": disks[1:]}},
            "boundaries": {},
        },
        "materials": {"ring": {**STEEL, "density": 7850.0}},
        "wanted": _numbered("frequency", 4, 5, 6),
    }


def _breathing_cylinder() -> dict[str, Any]:
    found = _rectangle(0.1, 0.4, youngs_modulus=70e9, poisson_ratio=0.33, density=2700.0)
    found["geometry"]["regions"]["body"] |= {"origin": [0.2, 0.0]}
    found["geometry"]["boundaries"] |= {"left": _line("x", 0.2), "right": _line("x", 0.3)}
    return {
        **found,
        "analysis": "modal",
        "idealisation": "axisymmetric",
        "supports": [{"boundary": "bottom", "y": 0.0}],
        "wanted": _numbered("frequency", 1, 2),
    }


def _layered_bracket() -> dict[str, Any]:
    """Two metals in an L."""
    return {
        "analysis": "modal",
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {
                "foot": {"kind": "rectangle", "size": [0.1, 0.4]},
                "arm": {"kind": "rectangle", "origin": [0.1, 0.3], "size": [0.3, 0.1]},
            },
            "boundaries": {"base": _line("y", 0.0), "tip": _line("x", 0.4)},
        },
        "materials": {
            "foot": {**STEEL, "density": 7850.0},
            "arm": {"youngs_modulus": 70e9, "poisson_ratio": 0.33, "density": 2700.0},
        },
        "supports": [{"boundary": "base", "x": 0.0, "y": 0.0}],
        "wanted": _numbered("frequency", 1, 2),
    }


def _column() -> dict[str, Any]:
    return {
        **_rectangle(1.0, 0.05, **STEEL),
        "analysis": "buckling",
        "idealisation": "plane_stress",
        "thickness": 0.02,
        "supports": [CLAMPED],
        "loads": [{"kind": "traction", "boundary": "right", "x": -1e6}],
        "wanted": _numbered("buckling_factor", 1, 2),
    }


def _layered_column() -> dict[str, Any]:
    """A strut of two metals, pressed, and bent by its weight."""
    found = _rectangle(1.0, 0.06)
    found["geometry"]["regions"] = {
        "lower": {"kind": "rectangle", "size": [1.0, 0.03]},
        "upper": {"kind": "rectangle", "origin": [0.0, 0.03], "size": [1.0, 0.03]},
    }
    found["materials"] = {
        "lower": STEEL,
        "upper": {"youngs_modulus": 70e9, "poisson_ratio": 0.33},
    }
    return {
        **found,
        "analysis": "buckling",
        "idealisation": "plane_strain",
        "supports": [CLAMPED],
        "loads": [
            {"kind": "traction", "boundary": "right", "x": -2e6},
            {"kind": "body_force", "y": -5e5},
        ],
        "wanted": [
            *_numbered("buckling_factor", 1),
            _at("end_y", "displacement", "y", 1.0, 0.03),
        ],
    }


def _hot_strut() -> dict[str, Any]:
    """A strut between walls that is heated."""
    return {
        **_rectangle(1.0, 0.04, **STEEL, thermal_expansion=12e-6),
        "analysis": "buckling",
        "idealisation": "plane_stress",
        "thickness": 0.02,
        "supports": [CLAMPED, {"boundary": "right", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "temperature", "change": 50.0}],
        "wanted": [*_numbered("buckling_factor", 1, 2), _reaction("thrust", "right", "x")],
    }


# Springs, points, layers.


def _beam_on_bed() -> dict[str, Any]:
    found = _rectangle(2.0, 0.2, **STEEL)
    found["geometry"]["boundaries"] |= {"loaded": _line("y", 0.2, between=[0.0, 0.2])}
    return {
        **found,
        "idealisation": "plane_stress",
        "thickness": 0.05,
        "supports": [{"boundary": "left", "x": 0.0}],
        "springs": [{"kind": "foundation", "boundary": "bottom", "x": 2e8, "y": 5e8}],
        "loads": [{"kind": "traction", "boundary": "loaded", "y": -4e6}],
        "wanted": [
            _at("sinking", "displacement", "y", 0.0, 0.1),
            _reaction("bed_y", "bottom", "y"),
            _at("bending", "stress", "xx", 0.5, 0.2),
            ENERGY,
        ],
    }


def _beam_on_points() -> dict[str, Any]:
    """A cantilever with a spring at its end, pressed by a point force in its middle."""
    found = _rectangle(1.0, 0.1, **STEEL)
    found["geometry"]["boundaries"] |= {"pressed": _point(0.5, 0.1), "tip": _point(1.0, 0.0)}
    return {
        **found,
        "idealisation": "plane_stress",
        "thickness": 0.02,
        "supports": [CLAMPED],
        "springs": [{"kind": "point_spring", "boundary": "tip", "x": 1e6, "y": 4e6}],
        "loads": [{"kind": "point_force", "boundary": "pressed", "x": 2e3, "y": -1e4}],
        "wanted": [
            _at("end_y", "displacement", "y", 1.0, 0.1),
            _reaction("wall_y", "left", "y"),
            _reaction("tip_y", "tip", "y"),
        ],
    }


def _ply() -> dict[str, Any]:
    """A layer with its fibres at 30 degrees, with a hole, pulled."""
    found = _rectangle(0.4, 0.2)
    hole = {"kind": "disk", "center": [0.2, 0.1], "radius": 0.04}
    base = found["geometry"]["regions"]["body"]
    found["geometry"]["regions"]["body"] = {"kind": "difference", "base": base, "remove": [hole]}
    return {
        **found,
        "materials": {"body": PLY},
        "idealisation": "plane_stress",
        "thickness": 0.001,
        "supports": [CLAMPED],
        "loads": [{"kind": "traction", "boundary": "right", "x": 1e8}],
        "wanted": [
            _at("stretch", "displacement", "x", 0.4, 0.1),
            _at("shear", "displacement", "y", 0.4, 0.1),
            ENERGY,
        ],
    }


def _wooden_wall() -> dict[str, Any]:
    law = {**PLY, "youngs_moduli": [11e9, 0.8e9, 0.5e9], "shear_moduli": [0.7e9, 0.6e9, 0.1e9]}
    law |= {"poisson_ratios": [0.35, 0.4, 0.4], "angle": math.radians(-20)}
    return {
        **_rectangle(1.0, 0.5, **law),
        "idealisation": "plane_strain",
        "supports": [{"boundary": "bottom", "x": 0.0, "y": 0.0}],
        "loads": [
            {"kind": "pressure", "boundary": "top", "value": 1e6},
            {"kind": "body_force", "x": 1e5},
        ],
        "wanted": [
            _at("top_x", "displacement", "x", 0.5, 0.5),
            _at("top_y", "displacement", "y", 0.5, 0.5),
            _at("middle", "stress", "yy", 0.5, 0.25),
            _reaction("base_x", "bottom", "x"),
            ENERGY,
        ],
    }


def _elliptic_wall() -> dict[str, Any]:
    """A quarter of a pipe between two ellipses under inner pressure."""
    ellipses = [
        {"kind": "ellipse", "center": [0.0, 0.0], "radii": radii}
        for radii in ([0.3, 0.25], [0.2, 0.15])
    ]
    ring = {"kind": "difference", "base": ellipses[0], "remove": ellipses[1:]}
    corner = {"kind": "rectangle", "size": [0.3, 0.3]}
    return {
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {"wall": {"kind": "intersection", "shapes": [ring, corner]}},
            "boundaries": {
                "below": _line("y", 0.0),
                "left": _line("x", 0.0),
                "bore": ellipses[1],
                "outside": ellipses[0],
            },
        },
        "materials": {"wall": STEEL},
        "supports": [
            {"boundary": "below", "symmetry": True},
            {"boundary": "left", "symmetry": True},
        ],
        "loads": [{"kind": "pressure", "boundary": "bore", "value": 20e6}],
        "wanted": [
            _at("bore_x", "displacement", "x", 0.2, 0.0),
            _at("hoop", "stress", "yy", 0.25, 0.0),
            _reaction("below_y", "below", "y"),
        ],
    }


BODIES: dict[str, tuple[dict[str, Any], float, int | None, float]] = {
    "rubber-cantilever": (_rubber_cantilever(), 0.07, 5, 0.02),
    "stretched-sheet": (_stretched_sheet(), 0.1, 4, 0.02),
    "rubber-bush": (_rubber_bush(), 0.0025, 3, 0.02),
    "bent-strip": (_bent_strip(), 0.02, 5, 0.03),
    "inflated-tube": (_inflated_tube(), 0.01, 4, 0.02),
    "yielding-pipe": (_yielding_pipe(), 0.015, 8, 0.02),
    "relieved-pipe": (_relieved_pipe(), 0.015, 8, 0.02),
    "drawn-strip": (_drawn_strip(), 0.05, 8, 0.06),
    "upset-disc": (_upset_disc(), 0.006, 8, 0.02),
    "pressed-joint": (_pressed_joint(), 0.01, 10, 0.03),
    "vibrating-cantilever": (_vibrating_cantilever(), 0.025, None, 0.02),
    "free-ring": (_free_ring(), 0.02, None, 0.02),
    "breathing-cylinder": (_breathing_cylinder(), 0.05, None, 0.02),
    "layered-bracket": (_layered_bracket(), 0.03, None, 0.02),
    "column": (_column(), 0.025, None, 0.02),
    "layered-column": (_layered_column(), 0.02, None, 0.02),
    "hot-strut": (_hot_strut(), 0.02, None, 0.02),
    "beam-on-bed": (_beam_on_bed(), 0.05, None, 0.02),
    "beam-on-points": (_beam_on_points(), 0.025, None, 0.02),
    "ply": (_ply(), 0.015, None, 0.03),
    "wooden-wall": (_wooden_wall(), 0.03, None, 0.02),
    "elliptic-wall": (_elliptic_wall(), 0.012, None, 0.02),
}
"""Formulation, mesh size [m], load steps and tolerance of each; elements are quadratic."""
