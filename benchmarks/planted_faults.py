"""Plants faults in finite-element programs, and tells which check finds each.

    uv run python benchmarks/planted_faults.py [--json] [PROBLEM ...]
    uv run python benchmarks/planted_faults.py --merge PART.json ...

Every wrong solution is made by a program that really runs: the handbook's, with a fault in its
text, in what it reads, or in the files after its run. It goes the usual way, through the sandbox,
the checks on three meshes, and the independent reference. A problem's right program runs first.

A wrong solution is *falsely accepted* if no check failed, the claim level is ``converged`` or
``verified``, and

- a reported number is further off the reference than its error bound and the tolerance together
  (of the number, or of what is large for its kind where it is small), or
- the fault is of a kind that must be refused whatever its numbers are: made-up files, the field
  of another problem, a number that is not in the field (for a stress, which a field gives to
  some percent only: by 10 %), meshes that do not follow the mesh size, no number at all.

A fault that leaves the fields and numbers of the finest mesh as they were, to 1e-9, changed
nothing that was asked, and does not count. Nor does one that verification accepts with numbers
that lie within bound and tolerance: it is counted apart, as harmless.

Right solutions are the same program on other meshes, elements and forms of files. One is *falsely
refused* if any of the checks 1 to 5 fails, on any of its three meshes, or if the meshes are taken
to be alike or a point to be singular. A bound that is honestly too large for the tolerance is no
false refusal: a finer mesh is due. How often the true error, by the reference, lies inside the
bound of the three meshes is measured over all of them, whatever the tolerance.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import anyio
from planting.bodies import Body, bodies
from planting.faults import FAULTS
from planting.measuring import Outcome, RightOutcome, outcomes, right_outcomes
from planting.running import references

PACKAGES = ("mechagents", "numpy", "scipy", "scikit-fem", "ngsolve", "netgen-mesher", "meshio")


async def measure(
    chosen: Sequence[Body], *, faults: Sequence[str] = (), right: bool = True
) -> tuple[list[Outcome], list[RightOutcome]]:
    """Return what became of each wrong and each right solution of some problems.

    Args:
        chosen: The problems.
        faults: Names of faults; all for none.
        right: Whether right solutions are measured too.
    """
    with tempfile.TemporaryDirectory() as folder:
        known = await references(chosen)
        wrong = await outcomes(chosen, known, Path(folder) / "wrong", faults)
        rights = await right_outcomes(chosen, known, Path(folder) / "right") if right else []
        return wrong, rights


def matrix(wrong: Sequence[Outcome]) -> str:
    """Return a table of faults: in how many problems each was planted, and what found it."""
    lines = ["| fault | problems | found | by |", "|---|---|---|---|"]
    for name in dict.fromkeys(outcome.fault for outcome in wrong):
        rows = [o for o in wrong if o.fault == name and o.kind != "nothing changed"]
        if not rows:
            continue
        kinds = Counter(o.kind for o in rows)
        checks = Counter(family(o.first) for o in rows if o.first)
        by = ", ".join(
            f"`{c}` {n}" if len(checks) > 1 else f"`{c}`" for c, n in checks.most_common()
        )
        other = [f"{kinds[k]} {k}" for k in ("harmless", "not seen", "accepted") if kinds[k]]
        lines.append(
            f"| {name} | {len(rows)} | {kinds['found']} | {'; '.join(filter(None, [by, *other]))} |"
        )
    return "\n".join(lines)


def family(check: str) -> str:
    """Return a check's name without what it was applied to."""
    parts = check.split(":")
    if parts[0] == "convergence" and parts[1].startswith("coarser"):
        return "convergence:coarser"
    if parts[0] in ("quantities", "supports", "reference"):
        return parts[0]
    if parts[0] == "convergence" and parts[1] != "meshes":
        return "convergence:NAME"
    return ":".join(parts[:2])


def summary(wrong: Sequence[Outcome], right: Sequence[RightOutcome]) -> str:
    """Return the counts in words, with every false verdict by name."""
    kinds = Counter(o.kind for o in wrong)
    planted = sum(kinds.values()) - kinds["nothing changed"]
    problems = len({o.problem for o in wrong})
    lines = [
        f"{planted} wrong solutions of {problems} problems: {kinds['found']} found, "
        f"{kinds['harmless']} accepted with numbers within bound and tolerance, "
        f"{kinds['not seen']} of kinds known not to be seen, {kinds['accepted']} falsely accepted "
        f"({kinds['nothing changed']} more changed nothing)",
        f"by the reference alone: {sum(o.by_reference for o in wrong)}",
    ]
    lines += [f"  falsely accepted: {o.fault} in {o.problem}: {o.told}" for o in wrong
              if o.kind == "accepted"]  # fmt: skip
    if right:
        refused = [o for o in right if o.refused]
        coarse = sum(o.too_coarse for o in right)
        bounds = sum(o.bounds for o in right)
        inside = sum(o.inside for o in right)
        lines.append(
            f"{len(right)} right solutions: {len(refused)} falsely refused, {coarse} too coarse "
            f"for their tolerance; the true error lies inside {inside} of {bounds} bounds "
            f"({inside / max(bounds, 1):.1%})"
        )
        lines += [f"  falsely refused: {o.variant} of {o.problem}: {o.refused}" for o in refused]
        lines += [f"  outside its bound: {text}" for o in right for text in o.outside]
    return "\n".join(lines)


def machine() -> str:
    """Return processor, system and versions in a line."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, {versions}"
    )


def main() -> int:
    """Print the matrix; return 1 if there was any false verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("problem", nargs="*", help="only these problems")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--merge", nargs="+", type=Path, help="print what such JSON files hold")
    given = parser.parse_args()
    if given.merge:
        return _tell(*_merged(given.merge))
    known = {body.name: body for body in bodies()}
    unknown = [name for name in given.problem if name not in known]
    if unknown:
        parser.error(f"no problem {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in given.problem or known]
    begun = time.perf_counter()
    wrong, right = anyio.run(measure, chosen)
    if given.json:
        content = {
            "machine": machine(),
            "wrong": [asdict(o) for o in wrong],
            "right": [asdict(o) for o in right],
        }
        print(json.dumps(content, indent=1))
    else:
        _tell(wrong, right)
        print(f"{time.perf_counter() - begun:.0f} s")
    return _false(wrong, right)


def _tell(wrong: Sequence[Outcome], right: Sequence[RightOutcome]) -> int:
    print(matrix(wrong), summary(wrong, right), machine(), sep="\n\n")
    return _false(wrong, right)


def _false(wrong: Sequence[Outcome], right: Sequence[RightOutcome]) -> int:
    return int(any(o.kind == "accepted" for o in wrong) or any(o.refused for o in right))


def _merged(paths: Sequence[Path]) -> tuple[list[Outcome], list[RightOutcome]]:
    """Return what files of parts hold, by the order of faults."""
    parts = [json.loads(path.read_text()) for path in paths]
    order = {fault.name: number for number, fault in enumerate(FAULTS)}
    wrong = [Outcome(**one) for part in parts for one in part["wrong"]]
    right = [RightOutcome(**one) for part in parts for one in part["right"]]
    return sorted(wrong, key=lambda o: order[o.fault]), right


if __name__ == "__main__":
    sys.exit(main())
