"""``doctor``: what this machine has, and what is missing."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from mechagents.cli.exits import ANSWERED, NO_ANSWER
from mechagents.cli.runs import RUNS

PACKAGES = (
    "mechagents", "numpy", "scipy", "scikit-fem", "pyamg", "netgen-mesher", "meshio", "shapely",
    "matplotlib", "litellm", "pydantic", "anyio",
)  # fmt: skip
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY", "GROQ_API_KEY")
TRY_IMPORT = "import numpy, scipy.sparse.linalg, skfem, pyamg, meshio, netgen.occ, matplotlib"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    good: bool
    told: str
    needed: bool = True
    """Whether something does not work without it."""

    @property
    def missing(self) -> bool:
        """Whether something does not work for it."""
        return self.needed and not self.good


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def doctor_command(as_json: bool) -> None:
    """Look at this machine: Python, packages, sandbox, models. Exit code 4 if one is missing."""
    findings = [*_packages(), _programs(), _reference(), *_sandboxes(), _models(), _writing()]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            word = "MISSING" if finding.missing else "ok" if finding.good else "-"
            click.echo(f"{word:7} {finding.what}: {finding.told}")
    sys.exit(NO_ANSWER if any(finding.missing for finding in findings) else ANSWERED)


def _packages() -> list[Finding]:
    found = [Finding("python", True, f"{platform.python_version()} on {platform.platform()}")]
    for name in PACKAGES:
        try:
            found.append(Finding(name, True, version(name)))
        except PackageNotFoundError:
            found.append(
                Finding(name, False, f"not installed; install it with: pip install {name}")
            )
    return found


def _programs() -> Finding:
    """Import what programs import, in a process of its own, as they do."""
    done = subprocess.run(
        [sys.executable, "-c", TRY_IMPORT], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return Finding("libraries of programs", True, "numpy, scipy, scikit-fem, netgen import")
    last = done.stderr.strip().splitlines()[-1:] or ["no message"]
    return Finding("libraries of programs", False, last[0])


def _reference() -> Finding:
    """Import what solves references, in a process of its own; there is another way without."""
    done = subprocess.run(
        [sys.executable, "-c", "import ngsolve; print(ngsolve.__version__)"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return Finding("reference", True, f"NGSolve {done.stdout.split()[-1]}")
    last = done.stderr.strip().splitlines()[-1:] or ["no message"]
    told = f"numpy, less exact; NGSolve cannot be imported ({last[0]}): pip install ngsolve, and "
    told += "where libgfortran is missing, apt install libgfortran5 or dnf install libgfortran"
    return Finding("reference", False, told, needed=False)


def _sandboxes() -> list[Finding]:
    """Try every tier that isolates; one that holds is enough."""
    from mechagents.sandbox import bwrap
    from mechagents.sandbox.local import LocalSandbox
    from mechagents.sandbox.orders import Tier
    from mechagents.sandbox.selftest import ISOLATING, fault, remedy

    faults: dict[Tier, str] = {tier: fault(tier) for tier in ISOLATING}
    first = next((tier for tier in ISOLATING if not faults[tier]), None)
    none = "no tier holds, so no program is run unless --sandbox none is asked for"
    found = [Finding("sandbox", first is not None, none if first is None else first)]
    for tier, why in faults.items():
        lost = f"does not hold: {why}; {remedy(tier)}"
        told = lost if why else LocalSandbox(tier).isolation
        said = bwrap.remark(bwrap.version(bwrap.find())) if tier == "bubblewrap" and not why else ""
        words = "; ".join(filter(None, [told.removeprefix(f"{tier} "), said]))
        found.append(Finding(f"sandbox {tier}", not why, words, needed=False))
    return found


def _models() -> Finding:
    keys = [key for key in KEYS if os.environ.get(key)]
    named = os.environ.get("MECHAGENTS_MODEL", "handbook, a rule-based engineer")
    told = f"{named}; keys in the environment: {', '.join(keys) or 'none'}"
    return Finding("model", True, told)


def _writing() -> Finding:
    """Make a folder where runs go, and remove it."""
    try:
        runs = Path.cwd() / RUNS
        Path(
            tempfile.mkdtemp(prefix="mechagents-", dir=runs if runs.exists() else runs.parent)
        ).rmdir()
    except OSError as error:
        told = f"none can be made here ({error.strerror}); go to another folder, or use --folder"
        return Finding("run folders", False, told)
    return Finding("run folders", True, str(runs))
