"""What became of wrong and right solutions."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import anyio
import numpy as np

from mechagents.messages import Evidence, Settings
from mechagents.sandbox import Sandbox
from mechagents.verification import Fields, read_fields, read_results
from mechagents.verification.convergence import relative_bound
from mechagents.verification.elements import FloatArray
from mechagents.verification.reference.values import ReferenceSolution
from planting.bodies import SINGULAR, Body
from planting.faults import FAULTS
from planting.making import Fault, Known
from planting.right import VARIANTS, Variant
from planting.running import Verdict, open_sandbox, program_for, run_and_judge

Kind = Literal["found", "harmless", "not seen", "accepted", "nothing changed"]
SAME = 1e-9
"""Fields and numbers that differ by less, relative to their largest, are the same."""
AT_ONCE = 2


@dataclass(frozen=True)
class Outcome:
    """What became of one wrong solution."""

    fault: str
    problem: str
    kind: Kind
    first: str = ""
    """The first check that failed."""
    checks: tuple[str, ...] = ()
    """All checks that failed."""
    by_reference: bool = False
    """Whether nothing but the reference found it."""
    told: str = ""


@dataclass(frozen=True)
class RightOutcome:
    """What became of one right solution."""

    variant: str
    problem: str
    refused: str = ""
    """The check that refused it falsely."""
    too_coarse: bool = False
    bounds: int = 0
    inside: int = 0
    outside: tuple[str, ...] = ()


async def outcomes(
    chosen: Sequence[Body],
    known: Mapping[str, ReferenceSolution],
    folder: Path,
    faults: Sequence[str],
) -> list[Outcome]:
    """Return what became of each fault in each problem where it makes sense."""
    found: dict[tuple[str, str], Outcome] = {}
    wanted = [fault for fault in FAULTS if not faults or fault.name in faults]
    async with open_sandbox() as sandbox:
        limit = anyio.CapacityLimiter(AT_ONCE)
        for body in chosen:
            about = await _known(sandbox, body, folder / body.name / "right", known[body.name])

            async def one(fault: Fault, about: Known) -> None:
                where = folder / about.body.name / fault.name.replace(" ", "_")
                async with limit:
                    outcome = await _planted(sandbox, fault, about, where)
                if outcome is not None:
                    found[fault.name, about.body.name] = outcome
                shutil.rmtree(where, ignore_errors=True)

            async with anyio.create_task_group() as group:
                for fault in wanted:
                    group.start_soon(one, fault, about)
    names = [body.name for body in chosen]
    order = {fault.name: number for number, fault in enumerate(FAULTS)}
    return sorted(found.values(), key=lambda o: (order[o.fault], names.index(o.problem)))


async def _known(sandbox: Sandbox, body: Body, folder: Path, reference: ReferenceSolution) -> Known:
    source = program_for(body.formulation)
    verdict = await run_and_judge(sandbox, body, source, folder, reference)
    if not verdict.accepted and body.name not in SINGULAR:
        raise RuntimeError(f"{body.name}: the right program is refused: {_reasons(verdict)}")
    values = {q.name: q.value for q in verdict.evidence.quantities}
    return Known(body, reference, values, verdict.folders)


def _reasons(verdict: Verdict) -> str:
    return "; ".join(f"{check.name}: {check.message}" for check in verdict.evidence.failed)


async def _planted(sandbox: Sandbox, fault: Fault, known: Known, folder: Path) -> Outcome | None:
    # What has no value is asked for by itself.
    fits = (known.body.name in SINGULAR) == ("singular" in fault.name)
    fits &= known.body.family in fault.analyses
    wrong = fault.make(known) if fits else None
    if wrong is None:
        return None
    verdict = await run_and_judge(
        sandbox, known.body, wrong.source, folder, known.reference,
        told=wrong.told, edit=wrong.edit,
    )  # fmt: skip
    name, problem = fault.name, known.body.name
    failed = tuple(check.name for check in verdict.evidence.failed)
    if verdict.accepted:
        nothing = not (fault.unseen or fault.later) and _same(
            known.body, known.folders, verdict.folders
        )
        off = _off(verdict.evidence, known)
        kind: Kind = "accepted" if off or fault.refuse else "harmless"
        if fault.unseen:
            kind = "not seen"
        return Outcome(name, problem, "nothing changed" if nothing else kind, told=off)
    compared = not fault.later and not fault.refuse
    if compared and _same(known.body, known.folders[:1], verdict.folders[:1]):
        return Outcome(name, problem, "nothing changed", told="; ".join(failed))
    alone = bool(failed) and all(check.startswith("reference:") for check in failed)
    first = failed[0] if failed else "level"
    return Outcome(name, problem, "found", first, failed, alone, _reasons(verdict)[:300])


def _off(evidence: Evidence, known: Known) -> str:
    """Return the number that is further off than its bound and the tolerance, or nothing."""
    for quantity in evidence.quantities:
        found = known.reference.quantities.get(quantity.name)
        if found is None:
            return f"{quantity.name}: there is no reference"
        apart = found.apart(quantity.value)
        size = max(abs(quantity.value), 0.05 * found.scale)
        allowed = (quantity.error_bound or 0.0) + known.body.tolerance * size + found.error
        if apart > allowed:
            return f"{quantity.name} = {quantity.value:.6g}, not {found.values[0]:.6g}"
    return ""


def _same(body: Body, right: Sequence[Path], wrong: Sequence[Path]) -> bool:
    """Return whether the finest mesh has the same fields and numbers."""
    one, other, f = right[0], wrong[0], body.formulation
    modal = f.analysis == "modal"
    try:
        a, b = (
            read_fields(at / "fields.vtu", modes=f.modes, moved=not modal) for at in (one, other)
        )
        x, y = (read_results(where / "results.json") for where in (one, other))
    except ValueError:
        return False
    pairs = [
        (a.points, b.points),
        (a.displacement, b.displacement),
        *((np.array(p.value), np.array(q.value)) for p, q in zip(x, y, strict=True)),
        *zip(_stress(a), _stress(b), strict=True),
        *((_scaled(p), _scaled(q)) for p, q in zip(a.modes, b.modes, strict=True)),
    ]
    return all(_close(p, q) for p, q in pairs)


def _scaled(mode: FloatArray) -> FloatArray:
    """Return a mode with 1 for its largest component, since its size and sign mean nothing."""
    flat = mode.ravel()
    scaled: FloatArray = mode / (flat[np.abs(flat).argmax()] or 1.0)
    return scaled


def _stress(fields: Fields) -> tuple[FloatArray, ...]:
    return fields.cell_stress or (() if fields.point_stress is None else (fields.point_stress,))


def _close(a: FloatArray, b: FloatArray) -> bool:
    if a.shape != b.shape:
        return False
    size = float(np.abs(a).max(initial=0.0))
    return bool((np.abs(a - b) <= SAME * size).all())


async def right_outcomes(
    chosen: Sequence[Body], known: Mapping[str, ReferenceSolution], folder: Path
) -> list[RightOutcome]:
    """Return what became of each right solution."""
    asked = [body for body in chosen if body.name not in SINGULAR]
    found: list[tuple[int, RightOutcome]] = []
    async with open_sandbox() as sandbox:
        limit = anyio.CapacityLimiter(AT_ONCE)

        async def one(number: int, body: Body, variant: Variant) -> None:
            where = folder / body.name / str(number)
            async with limit:
                found.append(
                    (number, await _right(sandbox, body, variant, where, known[body.name]))
                )
            shutil.rmtree(where, ignore_errors=True)

        async with anyio.create_task_group() as group:
            jobs = [(body, v) for body in asked for v in VARIANTS if v.fits(body.formulation)]
            for number, (body, variant) in enumerate(jobs):
                group.start_soon(one, number, body, variant)
    return [outcome for _, outcome in sorted(found, key=lambda pair: pair[0])]


async def _right(
    sandbox: Sandbox, body: Body, variant: Variant, folder: Path, reference: ReferenceSolution
) -> RightOutcome:
    size = variant.size * (body.settings.mesh_size or 0.1)
    steps = body.settings.load_steps
    used = Settings(
        mesh_size=size,
        element_order=variant.order,
        load_steps=None if steps is None else max(1, round(steps * variant.steps)),
        time_steps=body.settings.time_steps,
    )
    loose = replace(body, settings=used, tolerance=0.999)
    source = variant.source(body.formulation)
    verdict = await run_and_judge(sandbox, loose, source, folder, reference)
    evidence = verdict.before
    failed = [c for c in evidence.failed if not (c.name.startswith("convergence:") and c.mendable
              and c.name.count(":") == 1 and c.name != "convergence:meshes")]  # fmt: skip
    inside, outside, coarse = 0, list[str](), False
    for quantity in evidence.quantities:
        known, bound = reference.quantities[quantity.name], quantity.error_bound
        if bound is None:
            coarse = True
            continue
        share, _ = relative_bound(bound, quantity.value, known.scale)
        coarse |= share > body.tolerance
        apart = known.apart(quantity.value)
        if apart <= bound + known.error:
            inside += 1
        else:
            outside.append(
                f"{body.name}, {variant.name}: {quantity.name} = {quantity.value:.6g} +- "
                f"{bound:.2g}, true {known.values[0]:.6g} ({apart / bound:.2f} bounds)"
            )
    return RightOutcome(
        variant.name,
        body.name,
        "; ".join(f"{check.name}: {check.message}" for check in failed),
        coarse,
        inside + len(outside),
        inside,
        tuple(outside),
    )
