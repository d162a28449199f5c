"""Conversations made by hand, each as a team would have logged it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import (
    AlternativeReading,
    Answer,
    AnsweredAssumption,
    Check,
    Critique,
    Envelope,
    Evidence,
    Execution,
    Failure,
    Finding,
    Formulated,
    Message,
    ModelCall,
    Plan,
    Problem,
    Program,
    Quantity,
    Question,
    Reply,
    Settings,
    TotalUsage,
    Usage,
)

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FORCE = 1.8421e9


class Estimate(Message):
    """A message of a user's own kind."""

    kind: Literal["report_test_estimate"] = "report_test_estimate"
    force: float
    by: str = "hand"


def plate(**changes: object) -> Formulation:
    """Return a copper plate with a hole in tension."""
    data: dict[str, object] = {
        "title": "Copper plate with a hole in tension",
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {
                "plate": {
                    "kind": "difference",
                    "base": {"kind": "rectangle", "size": [1.0, 1.0]},
                    "remove": [{"kind": "disk", "center": [0.5, 0.5], "radius": 0.2}],
                }
            },
            "boundaries": {
                "left": {"kind": "line", "axis": "x", "at": 0.0},
                "right": {"kind": "line", "axis": "x", "at": 1.0},
                "top": {"kind": "line", "axis": "y", "at": 1.0},
            },
        },
        "materials": {
            "plate": {
                "name": "copper",
                "youngs_modulus": 129.8e9,
                "poisson_ratio": 0.343,
                "source": "Kaye and Laby, 16th ed. (1995), 2.2.2",
            }
        },
        "supports": [{"boundary": "left", "x": 0.0, "y": 0.0}, {"boundary": "right", "x": 0.02}],
        "wanted": [
            {"name": "reaction_right", "kind": "reaction", "boundary": "right", "component": "x"},
            {"name": "sigma_at", "kind": "stress", "component": "xy", "at": [0.5, 0.85]},
        ],
        "pictures": [{"file": "displacement.png", "field": "displacement"}],
        "assumptions": [
            {
                "about": "idealisation",
                "value": "plane_stress",
                "source": "inferred",
                "why": "The words say a plate and give no thickness.",
                "alternatives": [
                    {"value": "plane_strain", "amend": {"idealisation": "plane_strain"}}
                ],
            }
        ],
    }
    return Formulation.model_validate(data | changes)


def said_in_order(
    said: Iterable[tuple[str, tuple[str, ...], int | None, Message]],
) -> list[Envelope]:
    """Return messages as envelopes of one run, 0.8 s apart."""
    return [
        Envelope("copper-1", seq, sender, to, cause, START + timedelta(seconds=0.8 * seq), message)
        for seq, (sender, to, cause, message) in enumerate(said, start=1)
    ]


def quantities(force: float, bound: float | None = None) -> tuple[Quantity, ...]:
    """Return the wanted quantities at one mesh."""
    level = "computed" if bound is None else "converged"
    return (
        Quantity(
            name="reaction_right", value=force, unit="N/m", error_bound=bound, claim_level=level
        ),
        Quantity(name="sigma_at", value=-3.1e3, unit="Pa", error_bound=2.2e2, claim_level=level),
    )


GOOD = (
    Check(name="contract", passed=True, message="All files are there and all numbers finite."),
    Check(name="geometry:plate", passed=True, value=3.1e-5, tolerance=1e-3,
          message="The mesh has an area of 0.87431 m^2; the formulation says 0.87434 m^2."),
    Check(name="supports:left", passed=True, value=0.0, tolerance=1e-8, message="u = 0 there."),
    Check(name="equilibrium", passed=True, value=2.3e-13, tolerance=1e-6,
          message="The largest residual inside the body, relative to the reactions."),
)  # fmt: skip
ROUGH = Check(
    name="convergence:reaction_right",
    passed=False,
    value=0.031,
    tolerance=0.02,
    message="The error bound of 3.1 % from meshes of 100, 150 and 225 mm exceeds 2 %.",
)
FINE = ROUGH.model_copy(
    update={
        "passed": True,
        "value": 0.0046,
        "message": "Order 1.9; the error bound of 0.46 % is within 2 %.",
    }
)


def run_of(
    attempt: int, size: float, *, status: str = "ok", stderr: str = "", folder: str = ""
) -> Execution:
    """Return an execution at a mesh size."""
    return Execution.model_validate(
        {
            "attempt": attempt,
            "folder": folder or f"attempts/{attempt}",
            "settings": {"mesh_size": size, "element_order": 1},
            "status": status,
            "exit_code": 0 if status == "ok" else 1,
            "stderr": stderr,
            "message": "" if status == "ok" else "The program ended with exit code 1.",
            "artifacts": ("results.json", "fields.vtu", "displacement.png"),
            "usage": Usage(wall_seconds=1.3, cpu_seconds=1.2, peak_memory_mib=182.0),
            "isolation": "process",
        }
    )


def evidence_of(
    attempt: int, checks: tuple[Check, ...], force: float, run_next: float | None = None
) -> Evidence:
    """Return evidence with two quantities."""
    level = "consistent" if run_next or not all(c.passed for c in checks) else "converged"
    return Evidence(
        attempt=attempt,
        checks=checks,
        quantities=quantities(force),
        claim_level=level,
        run_next=None if run_next is None else Settings(mesh_size=run_next, element_order=1),
    )


def answer(**changes: object) -> Answer:
    """Return the answer to the plate."""
    data: dict[str, object] = {
        "run": "copper-1",
        "problem": "copper-plate",
        "model": "handbook",
        "claim_level": "converged",
        "quantities": quantities(FORCE, 8.5e6),
        "assumptions": (
            AnsweredAssumption(
                about="idealisation",
                value="plane_stress",
                source="inferred",
                why="The words say a plate and give no thickness.",
                alternatives=(
                    AlternativeReading(
                        value="plane_strain",
                        changes={"reaction_right": 2.01e9},
                        relative={"reaction_right": 0.091},
                    ),
                ),
            ),
        ),
        "checks": (*GOOD, FINE),
        "artifacts": ("attempts/2/displacement.png", "attempts/2/results.json"),
        "isolation": "process",
        "attempts": 2,
        "usage": TotalUsage(model_calls=4, executions=6, seconds=14.2),
    }
    return Answer.model_validate(data | changes)


def opening(statement: str = "A copper plate with a hole is stretched by 20 mm: what force?"):
    """Return how a conversation begins: problem, plan, formulation."""
    problem = Problem(
        statement=statement, name="copper-plate", formulation=plate(), level="converged"
    )
    plan = Plan(
        steps=("Mesh the plate.", "Solve plane elasticity.", "Sum the nodal forces."),
        method="Displacement method with linear triangles.",
        checks=("equilibrium", "convergence"),
    )
    call = ModelCall(role="planner", model="handbook", text="{}", seconds=0.01)
    return [
        ("user", ("planner",), None, problem),
        ("planner", (), 1, call),
        ("planner", ("formulator",), 1, plan),
        ("formulator", ("coder",), 3, Formulated(formulation=plate())),
    ]


def attempt(number: int, size: float, last: Check, forces: tuple[float, float, float]):
    """Return one program, run on three meshes, and the evidence on each."""
    first = 4 + 7 * (number - 1) + 1 + (number - 1)
    program = Program(
        source=SOURCE,
        attempt=number,
        settings=Settings(mesh_size=size, element_order=1),
        changed="" if number == 1 else "mesh size 100 mm to 40 mm",
        why="" if number == 1 else "The error bound of reaction_right was above 2 %.",
    )
    said = [("coder", ("executor",), first - 1, program)]
    sizes = (size, 1.5 * size, 2.25 * size)
    for index, (mesh, force) in enumerate(zip(sizes, forces, strict=True)):
        cause = first + 2 * index
        after = sizes[index + 1] if index < 2 else None
        checks = GOOD if after else (*GOOD, last)
        folder = f"attempts/{number}" + ("" if index == 0 else f"/coarser-{index}")
        said.append(("executor", ("verification",), cause, run_of(number, mesh, folder=folder)))
        said.append(
            (
                "verification",
                ("executor",) if after else ("critic",),
                cause + 1,
                evidence_of(number, checks, force, after),
            )
        )
    return said


def success() -> list[Envelope]:
    """Return a run whose first program is rejected by convergence and the second accepted."""
    revise = Critique(
        verdict="revise",
        findings=(Finding(to="coder", text="Refine the mesh.", check=ROUGH.name),),
        summary="Consistent, but the mesh is too coarse.",
    )
    return said_in_order(
        [
            *opening(),
            *attempt(1, 0.1, ROUGH, (1.861e9, 1.880e9, 1.913e9)),
            ("critic", ("coder",), 11, revise),
            *attempt(2, 0.04, FINE, (FORCE, 1.8470e9, 1.8556e9)),
            ("critic", ("team",), 19, Critique(verdict="accept", summary="All checks passed.")),
            ("team", (), 20, answer()),
        ]
    )


SOURCE = """import json

with open('formulation.json') as file:
    problem = json.load(file)
"""
TRACEBACK = """Traceback (most recent call last):
  File "program.py", line 3, in <module>
    solve(K, f)
ValueError: matrix is singular
"""


def failure() -> list[Envelope]:
    """Return a run that asks a person, crashes, and gives up."""
    return said_in_order(
        [
            *opening(),
            ("coder", ("admin",), 4, Question(text="May I use quadratic elements?",
                                              options=("yes", "no"))),
            ("admin", ("coder",), 5, Reply(text="yes")),
            ("coder", ("executor",), 6, Program(source="solve()", attempt=1)),
            ("executor", ("verification",), 7, run_of(1, 0.1, status="error", stderr=TRACEBACK)),
            ("team", (), 8, Failure(
                reason="budget", message="the budget of 1 executions is spent",
                tried=("attempt 1: ValueError: matrix is singular",), model="handbook",
                usage=TotalUsage(model_calls=2, executions=1, seconds=3.0))),
        ]
    )  # fmt: skip


def png(width: int = 2, height: int = 2) -> bytes:
    """Return a small grey PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\x00" + b"\x99" * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def with_picture(folder: Path) -> Path:
    """Return a run's folder that holds the answer's picture."""
    place = folder / "attempts" / "2"
    place.mkdir(parents=True)
    (place / "displacement.png").write_bytes(png())
    return folder
