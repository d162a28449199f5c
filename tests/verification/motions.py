"""Motions in time as the handbook's program returns them, with room for mistakes."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Evidence, Settings
from mechagents.models.handbook.coder import program_text
from mechagents.verification import verify_folder

LENGTH, HEIGHT, E, RHO, PUSH = 1.0, 0.1, 200e9, 8000.0, 1e6
SPEED = 5000.0
"""Of a wave in the bar [m/s]."""
BAR: dict[str, Any] = {
    "analysis": "transient",
    "idealisation": "plane_stress",
    "thickness": 0.01,
    "geometry": {
        "regions": {"bar": {"kind": "rectangle", "size": [LENGTH, HEIGHT]}},
        "boundaries": {
            "left": {"kind": "line", "axis": "x", "at": 0.0},
            "right": {"kind": "line", "axis": "x", "at": LENGTH},
            "bottom": {"kind": "line", "axis": "y", "at": 0.0},
        },
    },
    "materials": {"bar": {"youngs_modulus": E, "poisson_ratio": 0.0, "density": RHO}},
    "supports": [{"boundary": "left", "x": 0.0}, {"boundary": "bottom", "y": 0.0}],
    "loads": [{"kind": "traction", "boundary": "right", "x": PUSH}],
    "time_course": [[0.0, 0.0], [1e-4, 1.0]],
    "end_time": 8e-4,
    "wanted": [
        {"name": "tip", "kind": "displacement", "component": "x", "at": [LENGTH, 0.0],
         "time": 3e-4},
        {"name": "peak", "kind": "displacement", "component": "x", "at": [LENGTH, 0.0],
         "over_time": "max"},
        {"name": "speed", "kind": "velocity", "component": "x", "at": [LENGTH, 0.0],
         "time": 2e-4},
        {"name": "force", "kind": "reaction", "boundary": "left", "component": "x",
         "time": 2.5e-4},
        {"name": "pull", "kind": "reaction", "boundary": "left", "component": "x",
         "over_time": "min"},
        {"name": "middle", "kind": "stress", "component": "xx", "at": [0.5, 0.05],
         "time": 3e-4},
        {"name": "stretch", "kind": "strain", "component": "xx", "at": [0.5, 0.05],
         "time": 3e-4},
        {"name": "energy", "kind": "strain_energy", "time": 3.01e-4},
    ],
}  # fmt: skip
"""A bar that a wave runs along: the end is pulled, and the other is held in its direction."""
SOLID_BAR: dict[str, Any] = {
    **{name: value for name, value in BAR.items() if name != "thickness"},
    "idealisation": "solid",
    "geometry": {
        "regions": {"bar": {"kind": "box", "size": [LENGTH, HEIGHT, HEIGHT]}},
        "boundaries": {
            "left": {"kind": "plane", "axis": "x", "at": 0.0},
            "right": {"kind": "plane", "axis": "x", "at": LENGTH},
            "back": {"kind": "plane", "axis": "y", "at": 0.0},
            "bottom": {"kind": "plane", "axis": "z", "at": 0.0},
        },
    },
    "supports": [{"boundary": "left", "x": 0.0}, {"boundary": "back", "y": 0.0},
                 {"boundary": "bottom", "z": 0.0}],
    "wanted": [
        {**wanted, "at": [*wanted["at"], 0.05]} if "at" in wanted else wanted
        for wanted in BAR["wanted"]
    ],
}  # fmt: skip
"""The same bar, square in section, as a solid."""
EULER = """

def newmark(matrices, f, fixed, v0, time, factor, base):
    from scipy.sparse.linalg import splu
    from mechagents.kit import Motion
    M, C, K = matrices
    free = np.setdiff1d(np.arange(len(f)), fixed)
    M, C, K, load = M[free][:, free], C[free][:, free], K[free][:, free], f[free]
    dt, solve = time[1], splu((M + time[1] * C + time[1] ** 2 * K).tocsc()).solve
    u, v, a = (np.zeros((len(time), len(f))) for _ in range(3))
    v[0, free] = v0[free]
    a[0, free] = splu(M.tocsc()).solve(factor[0] * load - C @ v[0, free])
    for n in range(len(time) - 1):
        un, vn = u[n, free], v[n, free]
        a[n + 1, free] = solve(factor[n + 1] * load - C @ vn - K @ (un + dt * vn))
        v[n + 1, free] = vn + dt * a[n + 1, free]
        u[n + 1, free] = un + dt * v[n + 1, free]
    M, C, K = matrices
    held = (M @ a.T + C @ v.T + K @ u.T).T - np.outer(factor, f)
    return Motion(time, u, v, a, held)

"""
"""Implicit Euler in place of Newmark's method."""


def newmark_of(beta: float, gamma: float) -> str:
    """Return Newmark's method with other parameters, to stand in the program."""
    step = "splu((M + time[1] ** 2 * BETA * K + time[1] * GAMMA * C).tocsc()).solve"
    text = EULER.replace("splu((M + time[1] * C + time[1] ** 2 * K).tocsc()).solve", step)
    text = text.replace(
        "        a[n + 1, free] = solve(factor[n + 1] * load - C @ vn - K @ (un + dt * vn))\n"
        "        v[n + 1, free] = vn + dt * a[n + 1, free]\n"
        "        u[n + 1, free] = un + dt * v[n + 1, free]\n",
        "        an = a[n, free]\n"
        "        moved = un + dt * vn + dt**2 * (0.5 - BETA) * an\n"
        "        fast = vn + dt * (1 - GAMMA) * an\n"
        "        new = solve(factor[n + 1] * load - C @ fast - K @ moved)\n"
        "        a[n + 1, free], v[n + 1, free] = new, fast + dt * GAMMA * new\n"
        "        u[n + 1, free] = moved + dt**2 * BETA * new\n",
    )
    return text.replace("BETA", str(beta)).replace("GAMMA", str(gamma))


def instead(method: str) -> dict[str, str]:
    """Return the change that puts another method into the program."""
    return {"problem, settings = read_problem()": method + "problem, settings = read_problem()"}


def run(
    problem: dict[str, Any], folder: Path, changes: dict[str, str] | None = None, **settings: Any
) -> Evidence:
    """Run the handbook's program, changed or not, and return what verification says of it."""
    formulation = Formulation.model_validate(problem)
    source = program_text(formulation.analysis, formulation.dimension)
    for old, new in (changes or {}).items():
        assert old in source, old
        source = source.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "formulation.json").write_text(formulation.model_dump_json())
    (folder / "settings.json").write_text(Settings(**settings).model_dump_json())
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, "program.py", "exec"), {"__name__": "__main__"})
    finally:
        os.chdir(before)
    return verify_folder(folder)


def rewritten(folder: Path, **arrays: Any) -> Evidence:
    """Change arrays of a history, and return what verification says then."""
    with np.load(folder / "history.npz") as found:
        kept = dict(found)
    kept.update({name: change(kept[name]) for name, change in arrays.items()})
    np.savez(folder / "history.npz", **kept)
    return verify_folder(folder)
