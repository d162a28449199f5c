"""Solids whose solutions are known exactly, and what is wanted of them with its exact value."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mechagents.mechanics.formulation import Formulation

Known = tuple[Formulation, dict[str, float]]
E, NU = 210e9, 0.3
MU = E / (2 * (1 + NU))


def solid(**parts: Any) -> Formulation:
    """Return a formulation of a solid."""
    return Formulation.model_validate({"idealisation": "solid", **parts})


def steel(**more: float) -> dict[str, Any]:
    """Return an isotropic material."""
    return {"kind": "isotropic", "youngs_modulus": E, "poisson_ratio": NU, **more}


def box(
    size: tuple[float, float, float], origin: tuple[float, float, float] = (0, 0, 0)
) -> dict[str, Any]:
    """Return a block."""
    return {"kind": "box", "origin": origin, "size": size}


def plane(axis: str, at: float, **within: tuple[float, float]) -> dict[str, Any]:
    """Return a surface on a plane."""
    return {"kind": "plane", "axis": axis, "at": at, "within": within}


def point(*at: float) -> dict[str, Any]:
    """Return a boundary that is a point."""
    return {"kind": "space_point", "at": at}


def displacement(name: str, component: str, *at: float) -> dict[str, Any]:
    """Return a wanted displacement at a point."""
    return {"name": name, "kind": "displacement", "component": component, "at": at}


def stress(name: str, component: str, *at: float) -> dict[str, Any]:
    """Return a wanted stress at a point, or its largest value anywhere."""
    place = {"at": at} if at else {"extreme": "max"}
    return {"name": name, "kind": "stress", "component": component, **place}


def reaction(name: str, boundary: str, component: str) -> dict[str, Any]:
    """Return a wanted reaction."""
    return {"name": name, "kind": "reaction", "boundary": boundary, "component": component}


def patch() -> Known:
    """A block whose whole surface moves by a linear function of the place."""
    ends = {"x": 0.1, "y": 0.2, "z": 0.3}
    faces = {f"{axis}{k}": plane(axis, k * end) for axis, end in ends.items() for k in (0, 1)}
    motion = {
        "x": {"formula": "1e-3*x + 2e-3*y + 3e-4*z"},
        "y": {"formula": "-1e-3*y + 5e-4*z"},
        "z": {"formula": "1e-3*x + 2e-3*z"},
    }
    formulation = solid(
        geometry={"regions": {"block": box((0.1, 0.2, 0.3))}, "boundaries": faces},
        materials={"block": steel()},
        supports=[{"boundary": name, **motion} for name in faces],
        wanted=[
            stress("xx", "xx", 0.05, 0.1, 0.15),
            stress("yz", "yz", 0.1, 0.2, 0.3),
            stress("xz", "xz", 0.0, 0.1, 0.1),
            stress("xy", "xy"),
            displacement("inside", "x", 0.05, 0.1, 0.15),
        ],
    )
    lam = E * NU / (1 + NU) / (1 - 2 * NU)
    return formulation, {
        "xx": lam * 2e-3 + 2 * MU * 1e-3,
        "yz": MU * 5e-4,
        "xz": MU * 1.3e-3,
        "xy": MU * 2e-3,
        "inside": 0.05e-3 + 0.2e-3 + 0.045e-3,
    }


def hanging_bar() -> Known:
    """A bar under its own weight, held at its top and along two planes of symmetry."""
    weight, length, area = 77e3, 2.0, 0.01
    formulation = solid(
        geometry={
            "regions": {"bar": box((0.1, 0.1, length))},
            "boundaries": {"top": plane("z", length), "x": plane("x", 0), "y": plane("y", 0)},
        },
        materials={"bar": steel()},
        # As it thins less towards its lower end, the plane of its top is curved a little.
        supports=[
            {"boundary": "top", "z": {"formula": f"{NU * weight / (2 * E)}*(x**2 + y**2)"}},
            {"boundary": "x", "symmetry": True},
            {"boundary": "y", "symmetry": True},
        ],
        loads=[{"kind": "body_force", "z": -weight}],
        wanted=[
            reaction("held", "top", "z"),
            stress("zz", "zz", 0.05, 0.1, 0.5),
            displacement("tip", "z", 0.0, 0.0, 0.0),
            {"name": "energy", "kind": "strain_energy"},
        ],
    )
    return formulation, {
        "held": weight * length * area,
        "zz": weight * 0.5,
        "tip": -weight * length**2 / (2 * E),
        "energy": weight**2 * area * length**3 / (6 * E),
    }


def bent_beam() -> Known:
    """A beam in pure bending, free but for six components at three points, one off any corner.

    References:
        Timoshenko, Goodier, Theory of Elasticity (3rd ed.), article 102.
    """
    k, length, width, height = 0.01, 1.0, 0.1, 0.2
    low = -height / 2
    formulation = solid(
        geometry={
            "regions": {"beam": box((length, width, height), (0, -width / 2, low))},
            "boundaries": {
                "left": plane("x", 0), "right": plane("x", length),
                "o": point(0, 0, low), "p": point(length, 0, low), "q": point(0, width / 2, low),
            },
        },
        materials={"beam": steel()},
        supports=[
            {"boundary": "o", "x": 0, "y": 0, "z": 0},
            {"boundary": "p", "y": 0, "z": 0},
            {"boundary": "q", "z": 0},
        ],
        loads=[
            {"kind": "traction", "boundary": "right", "x": {"formula": f"{-k * E}*z"}},
            {"kind": "traction", "boundary": "left", "x": {"formula": f"{k * E}*z"}},
        ],
        wanted=[
            stress("xx", "xx", length / 2, 0, height / 2),
            stress("xx_max", "xx"),
            displacement("middle", "z", length / 2, 0, low),
            displacement("corner", "y", length, width / 2, height / 2),
            {"name": "energy", "kind": "strain_energy"},
            reaction("held", "o", "z"),
        ],
    )  # fmt: skip
    at = [((0, 0, low), "xyz"), ((length, 0, low), "yz"), ((0, width / 2, low), "z")]
    held = [(np.array(place), "xyz".index(axis)) for place, axes in at for axis in axes]

    def bent(x: np.ndarray) -> np.ndarray:
        z2_y2 = x[2] ** 2 - x[1] ** 2
        return k * np.array([-x[0] * x[2], NU * x[1] * x[2], (x[0] ** 2 + NU * z2_y2) / 2])

    def rigid(x: np.ndarray) -> np.ndarray:
        return np.hstack([np.eye(3), -np.cross(x, np.eye(3)).T])

    motion = np.linalg.solve(
        np.array([rigid(x)[axis] for x, axis in held]), [-bent(x)[axis] for x, axis in held]
    )

    def moved(*x: float) -> np.ndarray:
        return bent(np.array(x)) + rigid(np.array(x)) @ motion

    return formulation, {
        "xx": -k * E * height / 2,
        "xx_max": k * E * height / 2,
        "middle": float(moved(length / 2, 0, low)[2]),
        "corner": float(moved(length, width / 2, height / 2)[1]),
        "energy": E * width * height**3 / 12 * k**2 * length / 2,
        "held": 0.0,
    }


def hollow_sphere() -> Known:
    """An eighth of a hollow sphere under pressure inside.

    References:
        Timoshenko, Goodier, Theory of Elasticity (3rd ed.), article 136.
    """
    a, b, p = 0.05, 0.1, 50e6
    balls = [{"kind": "sphere", "center": (0, 0, 0), "radius": radius} for radius in (b, a)]
    shell = {"kind": "difference", "base": balls[0], "remove": [balls[1]]}
    inner = {"kind": "sphere_surface", "center": (0, 0, 0), "radius": a}
    cuts = {axis: plane(axis, 0) for axis in "xyz"}
    formulation = solid(
        geometry={
            "regions": {"shell": {"kind": "intersection", "shapes": [shell, box((0.2, 0.2, 0.2))]}},
            "boundaries": {"inner": inner, **cuts},
        },
        materials={"shell": steel()},
        supports=[{"boundary": name, "symmetry": True} for name in cuts],
        loads=[{"kind": "pressure", "boundary": "inner", "value": p}],
        wanted=[
            displacement("bore", "x", a, 0, 0),
            stress("hoop", "yy", a, 0, 0),
            stress("radial", "xx", 0.07, 0, 0),
            stress("shear", "xy", a / math.sqrt(2), a / math.sqrt(2), 0),
            stress("von_mises", "von_mises"),
            reaction("held", "x", "x"),
            {"name": "energy", "kind": "strain_energy"},
        ],
    )
    k = p * a**3 / (b**3 - a**3)
    u = k / E * ((1 - 2 * NU) * a + (1 + NU) * b**3 / (2 * a**2))
    hoop = k * (1 + b**3 / (2 * a**3))
    return formulation, {
        "bore": u,
        "hoop": hoop,
        "radial": k * (1 - b**3 / 0.07**3),
        "shear": (-p - hoop) / 2,
        "von_mises": hoop + p,
        "held": -p * math.pi * a**2 / 4,
        "energy": p * math.pi * a**2 * u / 4,
    }


def tube() -> Known:
    """A long tube under pressure inside, kept from growing longer, free to move sideways.

    References:
        Timoshenko, Goodier, Theory of Elasticity (3rd ed.), article 28.
    """
    a, b, length, p = 0.05, 0.1, 0.05, 100e6
    rods = [
        {"kind": "cylinder", "base": (0, 0, 0), "axis": "z", "radius": radius, "height": length}
        for radius in (b, a)
    ]
    formulation = solid(
        geometry={
            "regions": {"tube": {"kind": "difference", "base": rods[0], "remove": [rods[1]]}},
            "boundaries": {
                "bore": {"kind": "cylinder_surface", "axis": "z", "center": (0, 0), "radius": a},
                "low": plane("z", 0), "high": plane("z", length),
                "p": point(a, 0, 0), "q": point(-a, 0, 0), "r": point(0, a, 0),
            },
        },
        materials={"tube": steel()},
        supports=[
            {"boundary": "low", "z": 0}, {"boundary": "high", "z": 0},
            {"boundary": "p", "y": 0}, {"boundary": "q", "y": 0}, {"boundary": "r", "x": 0},
        ],
        loads=[{"kind": "pressure", "boundary": "bore", "value": p}],
        wanted=[
            displacement("bore", "x", a, 0, length / 2),
            displacement("outside", "y", 0, -b, 0),
            stress("hoop", "yy", a, 0, length / 2),
            stress("von_mises", "von_mises"),
            reaction("held", "high", "z"),
        ],
    )  # fmt: skip
    k = p * a**2 / (b**2 - a**2)

    def u(r: float) -> float:
        return (1 + NU) / E * k * ((1 - 2 * NU) * r + b**2 / r)

    return formulation, {
        "bore": u(a),
        "outside": -u(b),
        "hoop": k * (1 + b**2 / a**2),
        "von_mises": math.sqrt(3) * k * math.sqrt((b / a) ** 4 + (1 - 2 * NU) ** 2 / 3),
        "held": 2 * NU * k * math.pi * (b**2 - a**2),
    }


def twisted_shaft() -> Known:
    """A round shaft twisted by a traction on its end.

    References:
        Timoshenko, Goodier, Theory of Elasticity (3rd ed.), article 101.
    """
    twist, radius, length = 0.01, 0.05, 0.2
    shaft = {"kind": "cylinder", "base": (0, 0, 0), "axis": "z", "radius": radius, "height": length}
    tau = MU * twist
    formulation = solid(
        geometry={
            "regions": {"shaft": shaft},
            "boundaries": {"low": plane("z", 0), "high": plane("z", length)},
        },
        materials={"shaft": steel()},
        supports=[{"boundary": "low", "x": 0, "y": 0, "z": 0}],
        loads=[
            {
                "kind": "traction",
                "boundary": "high",
                "x": {"formula": f"{-tau}*y"},
                "y": {"formula": f"{tau}*x"},
            }
        ],
        wanted=[
            stress("yz", "yz", radius, 0, length / 2),
            stress("xz", "xz", 0, radius, length),
            displacement("end", "y", radius, 0, length),
            {"name": "energy", "kind": "strain_energy"},
        ],
    )
    return formulation, {
        "yz": tau * radius,
        "xz": -tau * radius,
        "end": twist * length * radius,
        "energy": MU * twist**2 * math.pi * radius**4 / 4 * length,
    }


def pushed_bar() -> Known:
    """A bar between two smooth walls, pushed at points of its side and its edge, off any corner.

    By Betti's theorem with the bar that is stretched evenly, each wall bears what the lever tells,
    however the bar is bent.
    """
    length, push, other = 0.4, 8e4, -3e4
    formulation = solid(
        geometry={
            "regions": {"bar": box((length, 0.1, 0.06), (0, -0.05, 0))},
            "boundaries": {
                "left": plane("x", 0), "right": plane("x", length),
                "side": point(0.15, 0.01, 0.06), "edge": point(0.32, 0.05, 0.06),
                "foot": point(0, -0.05, 0), "other_foot": point(0, 0.05, 0),
            },
        },
        materials={"bar": steel()},
        supports=[
            {"boundary": "left", "x": 0},
            {"boundary": "right", "x": 0},
            {"boundary": "foot", "y": 0, "z": 0},
            {"boundary": "other_foot", "z": 0},
        ],
        loads=[
            {"kind": "point_force", "boundary": "side", "x": push},
            {"kind": "point_force", "boundary": "edge", "x": other},
        ],
        wanted=[reaction("left", "left", "x"), reaction("right", "right", "x")],
    )  # fmt: skip
    right = -(push * 0.15 + other * 0.32) / length
    return formulation, {"left": -push - other - right, "right": right}


def sprung_bar() -> Known:
    """A bar that slides on two planes and is pushed against a spring at a point of its end."""
    push = 1e6
    formulation = solid(
        geometry={
            "regions": {"bar": box((0.2, 0.1, 0.06))},
            "boundaries": {
                "near": plane("x", 0), "y": plane("y", 0), "z": plane("z", 0),
                "stop": point(0.2, 0.04, 0.03),
            },
        },
        materials={"bar": steel()},
        supports=[{"boundary": "y", "symmetry": True}, {"boundary": "z", "symmetry": True}],
        springs=[{"kind": "point_spring", "boundary": "stop", "x": 1e7}],
        loads=[{"kind": "traction", "boundary": "near", "x": push}],
        wanted=[reaction("stop", "stop", "x")],
    )  # fmt: skip
    return formulation, {"stop": -push * 0.006}


def cantilever() -> Formulation:
    """A beam clamped at one end and bent by a traction at the other: singular where it is held."""
    return solid(
        geometry={
            "regions": {"beam": box((1.0, 0.1, 0.1))},
            "boundaries": {"left": plane("x", 0), "right": plane("x", 1.0)},
        },
        materials={"beam": steel()},
        supports=[{"boundary": "left", "x": 0, "y": 0, "z": 0}],
        loads=[{"kind": "traction", "boundary": "right", "z": -1e6}],
        wanted=[
            displacement("tip", "z", 1.0, 0.05, 0.05),
            stress("middle", "xx", 0.5, 0.05, 0.1),
            reaction("held", "left", "z"),
            stress("clamp", "xx", 0, 0.05, 0.1),
            stress("von_mises", "von_mises"),
        ],
    )
