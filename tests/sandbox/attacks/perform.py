"""Runs one attack in a sandbox and judges it."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

import anyio

from attacks.attack import PRELUDE, Attack, Evidence, is_unsafe, misfired, proven
from attacks.reader import Reader
from attacks.stage import Stage
from mechagents.errors import MechagentsError
from mechagents.sandbox import folder as folders
from mechagents.sandbox.base import Job, Limits, Outcome, Sandbox

_SHOWN_BYTES = 1 << 20


@dataclass(frozen=True)
class Verdict:
    """Whether an attack was held."""

    attack: str
    group: str
    cause: str
    """Why it was not held; nothing if it was."""
    seconds: float
    isolation: str

    @property
    def held(self) -> bool:
        """Whether it was tried, and came to nothing."""
        return not self.cause


async def perform(attack: Attack, group: str, sandbox: Sandbox, reader: Reader) -> Verdict:
    """Run an attack in a sandbox, and judge from outside what came of it.

    Args:
        attack: What to run.
        group: Where it belongs.
        sandbox: What has to hold it.
        reader: Reads results as a checker would, within bounds of its own.
    """
    started = time.monotonic()
    isolation, cause = "", ""
    with Stage(attack.limits) as stage:
        stage.read = reader.read
        attack.bait(stage)
        stage.remember()
        try:
            evidence = await _gather(attack, sandbox, stage)
        except (MechagentsError, OSError, ExceptionGroup) as error:
            cause = f"the sandbox failed: {error!r}"[:400]
        else:
            isolation = evidence.outcome.isolation
            cause = judge(attack, evidence)
    return Verdict(attack.name, group, cause, time.monotonic() - started, isolation)


async def _gather(attack: Attack, sandbox: Sandbox, stage: Stage) -> Evidence:
    outcomes: dict[str, Outcome] = {}
    seconds: dict[str, float] = {}

    async def run(name: str, program: str, workdir: Path, limits: Limits) -> None:
        inputs: dict[str, bytes | str] = {**stage.inputs()}
        if name == "beside":
            inputs = {"secret.txt": stage.secret}
        job = Job(source=program, workdir=workdir, inputs=inputs, limits=limits)
        started = time.monotonic()
        outcomes[name] = await sandbox.run(job)
        seconds[name] = time.monotonic() - started

    async with anyio.create_task_group() as group:
        if attack.beside:
            beside = attack.beside.replace("SECRET", stage.secret)
            group.start_soon(run, "beside", beside, stage.root / "attempts" / "3", attack.limits)
        await run("attack", PRELUDE + attack.program, stage.workdir, attack.limits)
    files = _files(stage.workdir)
    if attack.then:
        await run("later", attack.then, stage.workdir, attack.limits)
    told = outcomes["attack"]
    text = b"\n".join((told.stdout.encode(), files.get("tried.txt", b"")))
    return Evidence(
        stage=stage,
        outcome=told,
        later=outcomes.get("later"),
        beside=outcomes.get("beside"),
        tries=proven(text, stage.token),
        files=files,
        seconds=seconds["attack"],
    )


def _files(folder: Path) -> dict[str, bytes]:
    """Return the regular files in a folder, as one who copies them would find them."""
    found: dict[str, bytes] = {}
    for path, status in folders.walk(folder, folders.DEPTH):
        if not stat.S_ISREG(status.st_mode) or path in ("targets.json", "program.py"):
            found[path] = b""
            continue
        try:
            with (folder / path).open("rb") as file:
                found[path] = file.read(_SHOWN_BYTES)
        except OSError:
            found[path] = b""
    return found


def judge(attack: Attack, evidence: Evidence) -> str:
    """Return why an attack was not held, or nothing if it was tried and was held."""
    outcome, tries = evidence.outcome, evidence.tries
    if len(tries) < attack.tries:
        ending = f"{outcome.status}, {outcome.message:.100}, {outcome.stderr[-300:]}"
        return f"it proves {len(tries)} of {attack.tries} tries ({ending})"
    return (
        _misfire(tries)
        or _survivors(evidence.stage)
        or _odd_artifacts(evidence)
        or _odd_text(outcome)
        or attack.held(evidence)
    )


def _misfire(tries: dict[str, str]) -> str:
    found = misfired(tries)
    return f"the attack itself is broken: {found}" if found else ""


def _survivors(stage: Stage) -> str:
    alive = stage.survivors()
    return f"processes are alive: {alive}" if alive else ""


def _odd_artifacts(evidence: Evidence) -> str:
    """No artifact may be anything but a plain file of its own, in the folder."""
    workdir = evidence.stage.workdir
    for name in evidence.outcome.artifacts:
        path = workdir / name
        if not os.path.lexists(path):
            return f"artifact {name!r} is not there"
        status = path.lstat()
        within = Path(os.path.realpath(path)).is_relative_to(os.path.realpath(workdir))
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1 or not within:
            return f"artifact {name!r} is no regular file of the folder"
        if is_unsafe(name) or name.startswith("-") or "\n" in name:
            return f"artifact {name!r} has an unsafe name"
    return ""


def _odd_text(outcome: Outcome) -> str:
    told = outcome.stdout + outcome.stderr + outcome.message
    return "its output could fool a terminal" if is_unsafe(told) else ""
