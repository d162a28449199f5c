"""A team's program in its run's folder: put there with its inputs, run, and reported on."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread

from mechagents.errors import SandboxError, UsageError
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Execution, Program, Settings
from mechagents.sandbox import folder as folders
from mechagents.sandbox.base import Job, Limits, Sandbox, WarmsUp

FORMULATION_FILE = "formulation.json"
SETTINGS_FILE = "settings.json"


async def run_program(
    sandbox: Sandbox,
    program: Program,
    formulation: Formulation | None,
    run_folder: Path,
    folder: str,
    settings: Settings | None = None,
    limits: Limits | None = None,
    cold: bool = True,
) -> Execution:
    """Run a program in a fresh folder of its run, and return what happened.

    Args:
        sandbox: Where to run it.
        program: What to run.
        formulation: Written to ``formulation.json`` where there is one.
        run_folder: The run's folder.
        folder: Where to run, below the run's folder. What is there, perhaps from a run that was
            killed half-way, is removed first.
        settings: What to use instead of the program's own settings, as far as it is given.
        limits: What the program may use.
        cold: Whether it starts in a new interpreter, as the run has to whose result is answered.
            The same program may then be run again warm; the sandbox gets ready for that.

    Raises:
        UsageError: If the folder does not lie below the run's.
        SandboxError: If the folder cannot be cleared or the sandbox cannot work.
    """
    used = merged(program.settings, settings)
    workdir = _below(run_folder, folder)
    await anyio.to_thread.run_sync(_clear, workdir)
    inputs: dict[str, bytes | str] = {SETTINGS_FILE: used.model_dump_json()}
    if formulation is not None:
        inputs[FORMULATION_FILE] = formulation.model_dump_json()
    job = Job(
        source=program.source,
        workdir=workdir,
        inputs=inputs,
        limits=limits or Limits(),
        cold=cold,
    )
    if isinstance(sandbox, WarmsUp):
        sandbox.warm_up()
    outcome = await sandbox.run(job)
    return Execution(attempt=program.attempt, folder=folder, settings=used, **dict(outcome))


def merged(settings: Settings, instead: Settings | None) -> Settings:
    """Return settings with those of another that are given put in their place.

    Args:
        settings: A program's own.
        instead: What to use instead; None leaves all as it is.
    """
    if instead is None:
        return settings
    given = {k: v for k, v in instead if v is not None}
    return settings.model_copy(update={**given, "options": {**settings.options, **instead.options}})


def _below(run_folder: Path, folder: str) -> Path:
    parts = Path(folder).parts
    if not parts or Path(folder).is_absolute() or ".." in parts:
        raise UsageError(f"{folder!r} is no folder below the run's", where="folder")
    return run_folder / folder


def _clear(workdir: Path) -> None:
    try:
        folders.remove(workdir)
        workdir.mkdir(parents=True)
    except OSError as error:
        raise SandboxError(f"the folder {workdir} cannot be cleared: {error}") from error
