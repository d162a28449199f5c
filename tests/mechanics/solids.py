"""Solids as plain data, for the tests of this folder to alter."""

from __future__ import annotations

from typing import Any

from mechagents.mechanics.geometry import Geometry

OCTANT = {"kind": "box", "origin": [0.0, 0.0, 0.0], "size": [2.0, 2.0, 2.0]}


def ball(radius: float) -> dict[str, Any]:
    """Return a ball about the origin."""
    return {"kind": "sphere", "center": [0.0, 0.0, 0.0], "radius": radius}


def hollow_sphere() -> Geometry:
    """Return an eighth of a ball of radius 2 with a hole of radius 1."""
    shape = {
        "kind": "difference",
        "base": {"kind": "intersection", "shapes": [OCTANT, ball(2.0)]},
        "remove": [ball(1.0)],
    }
    planes = {f"cut_{axis}": {"kind": "plane", "axis": axis, "at": 0.0} for axis in "xyz"}
    origin = [0.0, 0.0, 0.0]
    return Geometry.model_validate(
        {
            "regions": {"shell": shape},
            "boundaries": {
                **planes,
                "inside": {"kind": "sphere_surface", "center": origin, "radius": 1.0},
                "outside": {"kind": "sphere_surface", "center": origin, "radius": 2.0},
            },
        }
    )


def block(**boundaries: object) -> Geometry:
    """Return a box of 1 by 2 by 3 m with named boundaries."""
    box = {"kind": "box", "size": [1.0, 2.0, 3.0]}
    return Geometry.model_validate({"regions": {"block": box}, "boundaries": boundaries})


def beam(**changes: object) -> dict[str, Any]:
    """Return a beam along x, clamped at one end and loaded on top, with fields replaced."""
    planes = {
        "root": {"kind": "plane", "axis": "x", "at": 0.0},
        "tip": {"kind": "plane", "axis": "x", "at": 4.0},
        "top": {"kind": "plane", "axis": "z", "at": 1.0},
        "patch": {"kind": "plane", "axis": "z", "at": 1.0, "within": {"x": [1.0, 2.0]}},
    }
    data: dict[str, Any] = {
        "idealisation": "solid",
        "geometry": {
            "regions": {"beam": {"kind": "box", "size": [4.0, 1.0, 1.0]}},
            "boundaries": {
                **planes,
                "top_edge": {"kind": "curve", "of": [planes["top"], planes["tip"]]},
                "corner": {"kind": "space_point", "at": [4.0, 0.0, 0.0]},
            },
        },
        "materials": {"beam": {"youngs_modulus": 1e9, "poisson_ratio": 0.3}},
        "supports": [{"boundary": "root", "x": 0.0, "y": 0.0, "z": 0.0}],
        "loads": [{"kind": "pressure", "boundary": "patch", "value": 1e5}],
        "wanted": [{"name": "energy", "kind": "strain_energy"}],
    }
    return {**data, **changes}


def elliptic_plate() -> dict[str, Any]:
    """Return a quarter of a thick plate between two ellipses (NAFEMS LE10), pressed on its top."""
    outer = {"kind": "ellipse", "center": [0.0, 0.0], "radii": [3.25, 2.75]}
    inner = {"kind": "ellipse", "center": [0.0, 0.0], "radii": [2.0, 1.0]}
    quadrant = {"kind": "rectangle", "size": [4.0, 4.0]}
    ring = {"kind": "difference", "base": outer, "remove": [inner]}
    profile = {"kind": "intersection", "shapes": [ring, quadrant]}
    rim = {
        "kind": "elliptic_cylinder_surface",
        "axis": "z",
        "center": [0.0, 0.0],
        "radii": [3.25, 2.75],
    }
    hole = {**rim, "radii": [2.0, 1.0]}
    middle = {"kind": "plane", "axis": "z", "at": 0.0}
    return {
        "idealisation": "solid",
        "geometry": {
            "regions": {"plate": {"kind": "extrusion", "profile": profile, "between": [-0.3, 0.3]}},
            "boundaries": {
                "rim": rim,
                "hole": hole,
                "mid_rim": {"kind": "curve", "of": [rim, middle]},
                "cut_x": {"kind": "plane", "axis": "x", "at": 0.0},
                "cut_y": {"kind": "plane", "axis": "y", "at": 0.0},
                "top": {"kind": "plane", "axis": "z", "at": 0.3},
            },
        },
        "materials": {"plate": {"youngs_modulus": 210e9, "poisson_ratio": 0.3}},
        "supports": [
            {"boundary": "cut_x", "symmetry": True},
            {"boundary": "cut_y", "symmetry": True},
            {"boundary": "rim", "x": 0.0, "y": 0.0},
            {"boundary": "mid_rim", "z": 0.0},
        ],
        "loads": [{"kind": "pressure", "boundary": "top", "value": 1e6}],
        "wanted": [
            {"name": "stress", "kind": "stress", "component": "yy", "at": [2.0, 0.0, 0.3]},
        ],
    }
