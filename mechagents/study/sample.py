"""One sample: the program run with its values, and checked. Plain data in, plain data out."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from mechagents.errors import MechagentsError
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Part
from mechagents.messages import Check, ClaimLevel, Evidence, Execution, Program, Quantity, Settings
from mechagents.sandbox import Limits, Sandbox, open_sandbox, run_program

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Status = Literal["passed", "failed", "invalid", "error"]
"""Every check passed; one failed; the values make no valid formulation; it could not be run."""
FIELDS = "fields.vtu"


class Order(Part):
    """What a worker needs to run and check one sample; plain data, without any credential."""

    kind: Literal["sample"] = "sample"
    sample: int
    formulation: dict[str, Any]
    """What all samples have in common, as JSON."""
    changes: dict[str, float]
    """The sample's values, by path."""
    program: str
    """Its source."""
    settings: Settings
    limits: dict[str, float | None] = Field(default_factory=dict[str, float | None])
    sandbox: str | None = None
    tolerance: float
    level: ClaimLevel
    """How far it is verified: ``consistent`` for checks 1 to 5, else further."""
    keep_fields: bool = False


class Ran(Part):
    """What became of a sample."""

    sample: int
    status: Status
    reason: str = ""
    """What stood against it, in words."""
    quantities: tuple[Quantity, ...] = ()
    claim_level: ClaimLevel = "none"
    checks: int = 0
    """How many checks were made."""
    failed: tuple[Check, ...] = ()
    seconds: float = 0.0
    returned: bool = False
    """Whether it is the team's answer to a sample that had failed before."""
    program: str = ""
    """The hash of the program, where it is another than the study's."""


def run_sample(order: dict[str, Any], under: Path | None = None) -> dict[str, Any]:
    """Return a ``Ran`` as plain data, with the fields in base64 under ``fields`` where asked.

    Args:
        order: An ``Order`` as plain data.
        under: Where it may run, in a folder that is removed; None: where temporary files are.
    """
    import anyio

    started = perf_counter()
    asked = Order.model_validate(order)
    with TemporaryDirectory(prefix="mechagents-sample-", dir=under) as folder:
        ran = anyio.run(_run, asked, Path(folder))
        told = ran.model_copy(update={"seconds": round(perf_counter() - started, 4)})
        data: dict[str, Any] = told.model_dump(mode="json")
        fields = Path(folder) / "1" / FIELDS
        if asked.keep_fields and ran.status in ("passed", "failed") and fields.is_file():
            data["fields"] = base64.b64encode(fields.read_bytes()).decode()
    return data


def meant(order: Order) -> Formulation:
    """Return the formulation of a sample.

    Raises:
        ValueError: If the values make no valid one.
    """
    return Formulation.model_validate(order.formulation).amended(dict(order.changes))


async def _run(order: Order, folder: Path) -> Ran:
    try:
        formulation = meant(order)
    except ValidationError as error:
        told = "; ".join(map(_fault, error.errors()))
        return Ran(sample=order.sample, status="invalid", reason=told)
    except ValueError as error:
        return Ran(sample=order.sample, status="invalid", reason=str(error))
    try:
        return await _judged(order, formulation, folder)
    except MechagentsError as error:
        return Ran(sample=order.sample, status="error", reason=str(error))


def _fault(details: ErrorDetails) -> str:
    field = ".".join(str(step) for step in details["loc"])
    told = details["msg"].removeprefix("Value error, ")
    return f"{field}: {told}" if field else told


async def _judged(order: Order, formulation: Formulation, folder: Path) -> Ran:
    from mechagents.verification import RunChecks, judge, refer

    checks = RunChecks()
    runs = [(await _executed(order, formulation, order.settings, folder, 1), folder / "1")]

    def evidence_now() -> Evidence:
        return judge(formulation, runs, level=order.level, tolerance=order.tolerance, checks=checks)

    evidence = evidence_now()
    while evidence.run_next is not None:
        number = len(runs) + 1
        again = await _executed(order, formulation, evidence.run_next, folder, number)
        runs.append((again, folder / str(number)))
        evidence = evidence_now()
    if order.level == "verified" and evidence.claim_level == "converged":
        evidence = await refer(formulation, evidence, order.tolerance)
    return _told(order, evidence)


def _told(order: Order, evidence: Evidence) -> Ran:
    failed = evidence.failed
    return Ran(
        sample=order.sample,
        status="failed" if failed else "passed",
        reason="; ".join(f"{check.name}: {check.message}" for check in failed[:3]),
        quantities=evidence.quantities,
        claim_level=evidence.claim_level,
        checks=len(evidence.checks),
        failed=failed,
    )


async def _executed(
    order: Order, formulation: Formulation, settings: Settings, folder: Path, number: int
) -> Execution:
    program = Program(source=order.program, settings=order.settings)
    return await run_program(
        _sandbox(order.sandbox), program, formulation, folder, str(number),
        settings=settings, limits=Limits.model_validate(order.limits), cold=False,
    )  # fmt: skip


@cache
def _sandbox(name: str | None) -> Sandbox:
    return open_sandbox(name)
