"""``exec``: one program in the sandbox, as the executor would run it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from mechagents.cli.exits import ANSWERED, NO_ANSWER
from mechagents.cli.limits import chosen_limits, limit_option
from mechagents.cli.numbers import MEBIBYTES, SECONDS
from mechagents.errors import UsageError

if TYPE_CHECKING:
    from mechagents.sandbox.base import Outcome


@click.command("exec")
@click.argument("script", type=click.Path(path_type=Path))
@click.option("--workdir", type=click.Path(path_type=Path), help="Where it runs and leaves files.")
@click.option("--timeout", type=SECONDS, help="Wall time allowed [s].")
@click.option("--memory", type=MEBIBYTES, help="Memory allowed [MiB].")
@limit_option
@click.option(
    "--sandbox",
    help="namespaces, bubblewrap, landlock, seatbelt, container or none; by default the strongest.",
)
@click.option("--python", type=click.Path(path_type=Path), help="Another interpreter.")
@click.option("--read", "readable", multiple=True, type=click.Path(path_type=Path, exists=True),
              help="A further file or folder it may read.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what happened as JSON.")
def exec_command(
    script: Path,
    workdir: Path | None,
    timeout: float | None,
    memory: int | None,
    limits: tuple[str, ...],
    sandbox: str | None,
    python: Path | None,
    readable: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Run SCRIPT in the sandbox. Exit codes: 0 it ended well, 4 it did not, 2 bad input."""
    import anyio

    from mechagents.cli.warnings import warn_if_open
    from mechagents.sandbox.base import Job, Limits, open_sandbox

    try:
        source = script.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read ({error})", where=str(script)) from error
    shorthand = {"wall_seconds": timeout, "memory_mib": memory}
    given = Limits.model_validate({k: v for k, v in shorthand.items() if v is not None})
    allowed = given.with_those_of(chosen_limits(limits))
    folder = _folder(workdir)
    box = open_sandbox(sandbox)
    warn_if_open(box)
    job = Job(source=source, workdir=folder, limits=allowed, python=python, readable=readable)
    outcome = anyio.run(box.run, job)
    sys.exit(_show(outcome, folder, as_json))


def _folder(workdir: Path | None) -> Path:
    try:
        folder = workdir or Path(tempfile.mkdtemp(prefix="mechagents-"))
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = f"cannot be used ({error.strerror}); name a folder that can be written in"
        where = f"--workdir {workdir}" if workdir else "--workdir"
        raise UsageError(told, where=where) from error
    return folder


def _show(outcome: Outcome, folder: Path, as_json: bool) -> int:
    from mechagents.report.text import visible

    if as_json:
        click.echo(json.dumps(outcome.model_dump(mode="json") | {"folder": str(folder)}, indent=2))
    else:
        click.echo(_fit(outcome.stdout, sys.stdout), nl=False)
        click.echo(_fit(outcome.stderr, sys.stderr), nl=False, err=True)
        used, told = outcome.usage, visible(outcome.message) or "ended well"
        click.echo(
            f"{outcome.status}: {told} ({used.wall_seconds:.2f} s, "
            f"{used.peak_memory_mib:.0f} MiB, {outcome.isolation}; files in {folder})",
            err=True,
        )
    return ANSWERED if outcome.status == "ok" else NO_ANSWER


def _fit(text: str, stream: TextIO) -> str:
    """Return what a program printed, as it is for a file, unable to steer for a terminal."""
    from mechagents.report.text import visible

    return visible(text) if stream.isatty() else text
