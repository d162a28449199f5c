"""The problems: all packaged ones, and further ones with other bodies, supports and loads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Settings
from mechagents.problems import load_problem, packaged_problems
from planting import analysis_bodies, solid_bodies

STEEL = {"youngs_modulus": 210e9, "poisson_ratio": 0.3}
ALUMINIUM = {"youngs_modulus": 70e9, "poisson_ratio": 0.33}


@dataclass(frozen=True)
class Body:
    """A problem, and settings with which a right program answers it."""

    name: str
    formulation: Formulation
    settings: Settings
    tolerance: float = 0.02

    @property
    def family(self) -> str:
        """Whose program answers it: its analysis, ``solid`` or ``solid_transient``."""
        analysis = self.formulation.analysis
        if self.formulation.dimension == 2:
            return analysis
        return "solid_transient" if analysis == "transient" else "solid"


def _line(axis: str, at: float, **more: object) -> dict[str, object]:
    return {"kind": "line", "axis": axis, "at": at, **more}


def _wanted(name: str, kind: str, **more: object) -> dict[str, object]:
    return {"name": name, "kind": kind, **more}


def _l_shape() -> dict[str, Any]:
    points = [[0, 0], [1, 0], [1, 0.4], [0.4, 0.4], [0.4, 1], [0, 1]]
    return {
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {"bracket": {"kind": "polygon", "points": points}},
            "boundaries": {
                "top": _line("y", 1.0),
                "tip": _line("x", 1.0),
                "left": _line("x", 0.0),
            },
        },
        "materials": {"bracket": STEEL},
        "supports": [{"boundary": "top", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "tip", "y": -1e6}],
        "wanted": [
            _wanted("tip_y", "displacement", component="y", at=[1.0, 0.2]),
            _wanted("held_y", "reaction", boundary="top", component="y"),
            _wanted("energy", "strain_energy"),
        ],
    }


def _curved_beam() -> dict[str, Any]:
    ring = {
        "kind": "difference",
        "base": {"kind": "disk", "center": [0, 0], "radius": 0.2},
        "remove": [{"kind": "disk", "center": [0, 0], "radius": 0.1}],
    }
    quarter = {"kind": "intersection", "shapes": [ring, {"kind": "rectangle", "size": [0.2, 0.2]}]}
    return {
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {"beam": quarter},
            "boundaries": {"end": _line("y", 0.0), "wall": _line("x", 0.0)},
        },
        "materials": {"beam": ALUMINIUM},
        "supports": [{"boundary": "wall", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "end", "x": 5e6}],
        "wanted": [
            _wanted("end_x", "displacement", component="x", at=[0.15, 0.0]),
            _wanted("hoop", "stress", component="von_mises", at=[0.0707106781, 0.0707106781]),
            _wanted("energy", "strain_energy"),
        ],
    }


def _column_of_revolution() -> dict[str, Any]:
    return {
        "idealisation": "axisymmetric",
        "geometry": {
            "regions": {"column": {"kind": "rectangle", "size": [0.5, 2.0]}},
            "boundaries": {
                "base": _line("y", 0.0),
                "top": _line("y", 2.0),
                "side": _line("x", 0.5),
            },
        },
        "materials": {"column": {"youngs_modulus": 30e9, "poisson_ratio": 0.2}},
        "supports": [{"boundary": "base", "x": 0.0, "y": 0.0}],
        "loads": [
            {"kind": "body_force", "y": -24e3},
            {"kind": "traction", "boundary": "top", "y": -1e5},
        ],
        "wanted": [
            _wanted("base_y", "reaction", boundary="base", component="y"),
            _wanted("top_y", "displacement", component="y", at=[0.0, 2.0]),
            _wanted("hoop", "stress", component="zz", at=[0.25, 0.5]),
            _wanted("energy", "strain_energy"),
        ],
    }


def _round_plate() -> dict[str, Any]:
    return {
        "idealisation": "axisymmetric",
        "geometry": {
            "regions": {"plate": {"kind": "rectangle", "size": [1.0, 0.1]}},
            "boundaries": {"rim": _line("x", 1.0), "face": _line("y", 0.1)},
        },
        "materials": {"plate": STEEL},
        "supports": [{"boundary": "rim", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "face", "y": -2e5}],
        "wanted": [
            _wanted("middle_y", "displacement", component="y", at=[0.0, 0.05]),
            _wanted("rim_y", "reaction", boundary="rim", component="y"),
            _wanted("hoop", "stress", component="zz", at=[0.3, 0.0]),
        ],
    }


def _rubber_block() -> dict[str, Any]:
    return {
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {"block": {"kind": "rectangle", "size": [1.0, 0.5]}},
            "boundaries": {
                "middle_x": _line("x", 0.0),
                "middle_y": _line("y", 0.0),
                "plate": _line("y", 0.5),
                "side": _line("x", 1.0),
            },
        },
        "materials": {"block": {"youngs_modulus": 3e6, "poisson_ratio": 0.49}},
        "supports": [
            {"boundary": "middle_x", "x": 0.0},
            {"boundary": "middle_y", "y": 0.0},
            {"boundary": "plate", "x": 0.0, "y": -0.01},
        ],
        "wanted": [
            _wanted("force", "reaction", boundary="plate", component="y"),
            _wanted("bulge", "displacement", component="x", at=[1.0, 0.0]),
            _wanted("pressure", "stress", component="yy", at=[0.0, 0.0]),
            _wanted("energy", "strain_energy"),
        ],
    }


def _plate_on_points() -> dict[str, Any]:
    hole = {"kind": "disk", "center": [0.6, 0.5], "radius": 0.15}
    base = {"kind": "rectangle", "size": [1.2, 1.0]}
    return {
        "idealisation": "plane_stress",
        "thickness": 0.01,
        "geometry": {
            "regions": {"plate": {"kind": "difference", "base": base, "remove": [hole]}},
            "boundaries": {
                "left": _line("x", 0.0),
                "right": _line("x", 1.2),
                "corner": {"kind": "point", "at": [0.0, 0.0]},
                "other": {"kind": "point", "at": [1.2, 0.0]},
                "hole": {"kind": "circle", "center": [0.6, 0.5], "radius": 0.15},
            },
        },
        "materials": {"plate": ALUMINIUM},
        "supports": [{"boundary": "corner", "x": 0.0, "y": 0.0}, {"boundary": "other", "y": 0.0}],
        "loads": [
            {"kind": "traction", "boundary": "left", "x": -4e6},
            {"kind": "traction", "boundary": "right", "x": 4e6},
        ],
        "wanted": [
            _wanted("stretch", "displacement", component="x", at=[1.2, 0.0]),
            _wanted("peak", "stress", component="xx", at=[0.6, 0.65]),
            _wanted("energy", "strain_energy"),
        ],
    }


def _layered_cantilever() -> dict[str, Any]:
    return {
        "idealisation": "plane_stress",
        "thickness": 0.02,
        "geometry": {
            "regions": {
                "lower": {"kind": "rectangle", "size": [0.5, 0.05]},
                "upper": {"kind": "rectangle", "origin": [0.0, 0.05], "size": [0.5, 0.05]},
            },
            "boundaries": {
                "wall": _line("x", 0.0),
                "tip": _line("x", 0.5),
                "top": _line("y", 0.1),
            },
        },
        "materials": {"lower": STEEL, "upper": ALUMINIUM},
        "supports": [{"boundary": "wall", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "tip", "y": -1e6}],
        "wanted": [
            _wanted("tip_y", "displacement", component="y", at=[0.5, 0.05]),
            _wanted("bending", "stress", component="xx", at=[0.25, 0.1]),
            _wanted("upper_energy", "strain_energy", region="upper"),
            _wanted("wall_y", "reaction", boundary="wall", component="y"),
        ],
    }


def _dam() -> dict[str, Any]:
    return {
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {"dam": {"kind": "polygon", "points": [[0, 0], [8, 0], [2, 10], [0, 10]]}},
            "boundaries": {
                "base": _line("y", 0.0),
                "back": _line("x", 0.0),
                "crest": _line("y", 10.0),
            },
        },
        "materials": {"dam": {"youngs_modulus": 30e9, "poisson_ratio": 0.2}},
        "supports": [{"boundary": "base", "x": 0.0, "y": 0.0}],
        "loads": [
            {"kind": "traction", "boundary": "back", "x": 5e4},
            {"kind": "body_force", "y": -24e3},
        ],
        "wanted": [
            _wanted("base_x", "reaction", boundary="base", component="x"),
            _wanted("base_y", "reaction", boundary="base", component="y"),
            _wanted("crest_x", "displacement", component="x", at=[0.0, 10.0]),
        ],
    }


def _column_between_walls() -> dict[str, Any]:
    """A column between smooth walls under its weight: uniaxial strain, linear in y."""
    return {
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {"bar": {"kind": "rectangle", "size": [0.3, 1.0]}},
            "boundaries": {
                "bottom": _line("y", 0.0),
                "top": _line("y", 1.0),
                "left": _line("x", 0.0),
                "right": _line("x", 0.3),
            },
        },
        "materials": {"bar": {"youngs_modulus": 1e7, "poisson_ratio": 0.4}},
        "supports": [
            {"boundary": "bottom", "y": 0.0},
            {"boundary": "left", "x": 0.0},
            {"boundary": "right", "x": 0.0},
        ],
        "loads": [{"kind": "body_force", "y": -2e4}],
        "wanted": [
            _wanted("top_y", "displacement", component="y", at=[0.15, 1.0]),
            _wanted("wall", "reaction", boundary="right", component="x"),
            _wanted("base", "reaction", boundary="bottom", component="y"),
            _wanted("energy", "strain_energy"),
        ],
    }


def _quarter_pipe() -> dict[str, Any]:
    ring = {
        "kind": "difference",
        "base": {"kind": "disk", "center": [0.0, 0.0], "radius": 0.2},
        "remove": [{"kind": "disk", "center": [0.0, 0.0], "radius": 0.1}],
    }
    corner = {"kind": "rectangle", "size": [0.2, 0.2]}
    return {
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {"pipe": {"kind": "intersection", "shapes": [ring, corner]}},
            "boundaries": {
                "below": _line("y", 0.0),
                "left": _line("x", 0.0),
                "bore": {"kind": "circle", "center": [0.0, 0.0], "radius": 0.1},
                "outside": {"kind": "circle", "center": [0.0, 0.0], "radius": 0.2},
            },
        },
        "materials": {"pipe": STEEL},
        "supports": [{"boundary": "below", "y": 0.0}, {"boundary": "left", "x": 0.0}],
        "loads": [{"kind": "pressure", "boundary": "bore", "value": 50e6}],
        "wanted": [
            _wanted("bore_x", "displacement", component="x", at=[0.1, 0.0]),
            _wanted("hoop", "stress", component="yy", at=[0.15, 0.0]),
            _wanted("below_y", "reaction", boundary="below", component="y"),
        ],
    }


def _heated_strip() -> dict[str, Any]:
    """Two metals bonded, one of which expands more: it bends."""
    return {
        "idealisation": "plane_stress",
        "thickness": 0.01,
        "geometry": {
            "regions": {
                "lower": {"kind": "rectangle", "size": [0.1, 0.01]},
                "upper": {"kind": "rectangle", "origin": [0.0, 0.01], "size": [0.1, 0.01]},
            },
            "boundaries": {"wall": _line("x", 0.0), "top": _line("y", 0.02)},
        },
        "materials": {
            "lower": {**STEEL, "thermal_expansion": 12e-6},
            "upper": {**ALUMINIUM, "thermal_expansion": 23e-6},
        },
        "supports": [{"boundary": "wall", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "temperature", "change": 80.0}],
        "wanted": [
            _wanted("tip_y", "displacement", component="y", at=[0.1, 0.01]),
            _wanted("tip_x", "displacement", component="x", at=[0.1, 0.01]),
            _wanted("middle_xx", "stress", component="xx", at=[0.05, 0.0]),
            _wanted("energy", "strain_energy"),
        ],
    }


def _singular_plate() -> dict[str, Any]:
    """The plate in shear, asked for the stress at a clamped corner too, which has no bound."""
    return {
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {"plate": {"kind": "rectangle", "size": [1.0, 1.0]}},
            "boundaries": {"left": _line("x", 0.0), "right": _line("x", 1.0)},
        },
        "materials": {"plate": {"youngs_modulus": 1e9, "poisson_ratio": 0.3}},
        "supports": [{"boundary": "left", "x": 0.0, "y": 0.0}, {"boundary": "right", "y": 0.1}],
        "wanted": [
            _wanted("force", "reaction", boundary="right", component="y"),
            _wanted("peak", "stress", component="von_mises", extreme="max"),
        ],
    }


SINGULAR = ("singular-plate", "singular-l-shape")
"""Problems that ask for what has no value; no program has a right answer."""


def _singular_l_shape() -> dict[str, Any]:
    data = _l_shape()
    data["wanted"].append(_wanted("corner", "stress", component="yy", at=[0.4, 0.4]))
    return data


_OWN: dict[str, tuple[dict[str, Any], float, int]] = {
    "l-shape": (_l_shape(), 0.05, 2),
    "curved-beam": (_curved_beam(), 0.012, 2),
    "column-of-revolution": (_column_of_revolution(), 0.05, 2),
    "round-plate": (_round_plate(), 0.025, 2),
    "rubber-block": (_rubber_block(), 0.03, 2),
    "plate-on-points": (_plate_on_points(), 0.018, 2),
    "layered-cantilever": (_layered_cantilever(), 0.015, 2),
    "dam": (_dam(), 0.6, 2),
    "quarter-pipe": (_quarter_pipe(), 0.01, 2),
    "heated-strip": (_heated_strip(), 0.00125, 2),
    "singular-plate": (_singular_plate(), 0.05, 1),
    "singular-l-shape": (_singular_l_shape(), 0.05, 2),
    "column-between-walls": (_column_between_walls(), 0.05, 2),
}
"""Formulation, mesh size [m] and element order."""
_PACKAGED = {
    "bimaterial-bar": (0.05, 1),
    "cantilever": (0.02, 2),
    "copper-plate": (0.07, 2),
    "gravity-wall": (0.4, 2),
    "hole-in-tension": (0.01, 2),
    "plate-hole-shear": (0.02, 2),
    "plate-inclusion-shear": (0.05, 2),
    "plate-shear": (0.07, 2),
    "plate-stretch": (0.05, 1),
    "stepped-bar": (0.75e-3, 2),
    "plate-tension": (0.05, 1),
    "thick-cylinder": (0.0025, 2),
    "cantilever-3d": (0.05, 2),
}


LEFT_OUT = ("hollow-sphere",)
"""Its stress at the bore settles only on meshes that take minutes each."""
TIME_STEPS = {"moved-block": 400, "struck-block": 200, "struck-cantilever": 200}
"""With which each motion in time is followed."""
PICTURED = "cantilever"
"""The one problem that asks for its pictures, which take most of a program's time."""


def bodies() -> list[Body]:
    """Return all problems."""
    found: list[Body] = []
    for packaged in packaged_problems():
        if packaged.name in LEFT_OUT:
            continue
        formulation = load_problem(packaged.name).formulation
        assert formulation is not None
        if packaged.name != PICTURED:
            formulation = formulation.model_copy(update={"pictures": ()})
        size, order = _PACKAGED.get(packaged.name, (0.05, 2))
        used = Settings(
            mesh_size=size, element_order=order, time_steps=TIME_STEPS.get(packaged.name)
        )
        found.append(Body(packaged.name, formulation, used))
    for name, (data, size, order) in _OWN.items():
        used = Settings(mesh_size=size, element_order=order)
        found.append(Body(name, Formulation.model_validate(data), used))
    for name, (data, size, tolerance) in solid_bodies.BODIES.items():
        formulation = Formulation.model_validate(data)
        used = Settings(mesh_size=size, element_order=2, time_steps=TIME_STEPS.get(name))
        found.append(Body(name, formulation, used, tolerance))
    for name, (data, size, steps, tolerance) in analysis_bodies.BODIES.items():
        used = Settings(mesh_size=size, element_order=2, load_steps=steps)
        found.append(Body(name, Formulation.model_validate(data), used, tolerance))
    return found
