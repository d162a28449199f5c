"""How long verification takes, beside the program's own solving.

    uv run python benchmarks/verification_cost.py [PROBLEM ...]

For each problem, as packaged and refined to about 50,000 unknowns: the seconds from the mesh to
the solution in the handbook's program (assembly, solving, stresses, files, no pictures), those of
checks 1 to 5 on its files, and those of the reference. The aims are at most 0.3 and 3 times the
program's own at the larger size; at the packaged size both are fractions of a second. The program
runs in a process of its own, which has its libraries imported before the clock starts.
"""

from __future__ import annotations

import contextlib
import io
import os
import platform
import runpy
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import anyio
import meshio
from planting.bodies import SINGULAR, Body, bodies
from planting.running import program_for

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Settings
from mechagents.verification import verify_folder
from mechagents.verification.reference.process import find_references

UNKNOWNS = 50_000
AIMS = (0.3, 3.0)
"""Checks 1 to 5, and the reference, over the program."""


def solve(folder: Path) -> float:
    """Return how long the handbook's program takes in a folder, without its imports [s]."""
    os.chdir(folder)
    formulation = Formulation.model_validate_json(Path("formulation.json").read_bytes())
    Path("program.py").write_text(program_for(formulation))
    begun = time.perf_counter()
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        runpy.run_path("program.py")
    return time.perf_counter() - begun


def warm(folder: Path) -> float:
    """Import the libraries by solving once, then return the time of solving again [s]."""
    solve(folder)
    return min(solve(folder) for _ in range(2))


def measure(body: Body, mesh_size: float, folder: Path) -> tuple[int, float, float]:
    """Return unknowns, and the seconds of the program and of checks 1 to 5."""
    settings = body.settings.model_copy(update={"mesh_size": mesh_size})
    folder.mkdir()
    (folder / "formulation.json").write_text(body.formulation.model_dump_json())
    (folder / "settings.json").write_text(settings.model_dump_json())
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        solving = pool.submit(warm, folder).result()
    times: list[float] = []
    for _ in range(2):
        begun = time.perf_counter()
        evidence = verify_folder(folder)
        times.append(time.perf_counter() - begun)
        assert evidence.claim_level == "consistent", evidence.failed
    return (
        body.formulation.dimension * len(meshio.read(folder / "fields.vtu").points),
        solving,
        min(times),
    )


def reference_seconds(body: Body) -> float:
    """Return how long the reference takes, with the start of its process [s]."""
    begun = time.perf_counter()
    anyio.run(find_references, [body.formulation])
    return time.perf_counter() - begun


def main() -> None:
    """Print a table."""
    linear = [body for body in bodies() if body.formulation.analysis == "static_linear"]
    known = [body for body in linear if body.name not in SINGULAR]
    asked = [body for body in known if not sys.argv[1:] or body.name in sys.argv[1:]]
    print(f"{'problem':24}{'unknowns':>9}{'program':>9}{'checks':>8}{'ratio':>7}"
          f"{'reference':>11}{'ratio':>7}")  # fmt: skip
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        for body in asked:
            reference = reference_seconds(body)
            size = body.settings.mesh_size or 0.1
            count, solving, checks = measure(body, size, Path(place) / body.name)
            _row(body.name, count, solving, checks, reference)
            finer = Settings(
                mesh_size=size * (count / UNKNOWNS) ** (1 / body.formulation.dimension)
            ).mesh_size
            assert finer is not None
            count, solving, checks = measure(body, finer, Path(place) / f"{body.name}-fine")
            _row("", count, solving, checks, reference)
            ratios = (checks / solving, reference / solving)
            missed += [body.name for ratio, aim in zip(ratios, AIMS, strict=True) if ratio > aim]
    print(f"aims at {UNKNOWNS:,} unknowns: {AIMS[0]} and {AIMS[1]}; "
          f"missed by {', '.join(dict.fromkeys(missed)) or 'none'}")  # fmt: skip
    packages = ("mechagents", "numpy", "scipy", "scikit-fem", "ngsolve", "shapely", "pyamg")
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    print(
        f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, {versions}"
    )


def _row(name: str, count: int, solving: float, checks: float, reference: float) -> None:
    print(f"{name:24}{count:9,}{solving:8.2f}s{checks:7.2f}s{checks / solving:7.2f}"
          f"{reference:10.2f}s{reference / solving:7.2f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
