"""``files``: a result in the files of other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from mechagents.errors import UsageError

if TYPE_CHECKING:
    from mechagents.files import Line, Solved

KINDS = ("vtu", "xdmf", "msh", "inp", "csv", "png")
_OWN = {"line": "csv", "points": "csv", "width": "png", "dpi": "png"}
"""Options that only one kind has a use for."""


@click.command("files")
@click.argument("run", required=False, metavar="[RUN | FOLDER]")
@click.option("--to", "kinds", type=click.Choice(KINDS), multiple=True, required=True,
              help="What to write; may be repeated.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="The folder to write to.  [default: files, in the run's own]")  # fmt: skip
@click.option("--line", "line", metavar="X,Y:X,Y",
              help="For csv: the ends of a line in metres; in space X,Y,Z:X,Y,Z.")  # fmt: skip
@click.option("--points", type=click.IntRange(2, 100_000), default=101, show_default=True,
              help="For csv: how many points of the line.")  # fmt: skip
@click.option("--width", type=click.FloatRange(30, 1000), default=160, show_default=True,
              metavar="MM", help="For png: how wide the pictures are printed.")  # fmt: skip
@click.option("--dpi", type=click.IntRange(50, 1200), default=300, show_default=True,
              help="For png: points per inch.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.pass_context
def files_command(
    ctx: click.Context,
    run: str | None,
    kinds: tuple[str, ...],
    out: Path | None,
    line: str | None,
    points: int,
    width: float,
    dpi: int,
    as_json: bool,
) -> None:
    """Write the result of RUN (default: the newest) in the files of other programs.

    That of its best attempt, which passed its checks; or of any FOLDER with formulation.json and
    fields.vtu, as it is: ``mechagents verify FOLDER`` checks it. Exit codes: 0 written, 2 bad
    input.
    """
    from mechagents.files import Line, check_written, print_pictures

    if line is None and "csv" in kinds:
        raise UsageError("csv needs a line; give --line 0,0:1,0", where="--to csv")
    for name, kind in _OWN.items():
        if kind not in kinds and ctx.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise UsageError(f"has no meaning without --to {kind}", where=f"--{name}")
    along = None if line is None else Line.of(line, points)
    home, solved, told = _result(run)
    folder = out or home / "files"
    if "inp" in kinds:  # before anything is written
        check_written(solved.formulation)
    drawn = dict(print_pictures(solved, width, dpi)) if "png" in kinds else {}
    pictures = {folder / f"{name}.png": data for name, data in drawn.items()}
    others = [kind for kind in dict.fromkeys(kinds) if kind != "png"]
    paths = [folder / f"{_NAMES.get(kind, 'result')}.{kind}" for kind in others]
    for path in (*paths, *pictures):
        if path.exists():
            raise UsageError("is there already; remove it, or give another --out", where=str(path))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            told += _write(solved, path, along)
        for path, data in pictures.items():
            path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(folder)) from error
    for words in told:
        click.echo(words, err=True)
    listed = [str(path) for path in (*paths, *pictures)]
    click.echo(json.dumps({"files": listed}) if as_json else "\n".join(listed))


_THICK = "the sheet is written 1 m thick, as none is stated; CalculiX needs a thin one"
_NAMES = {"csv": "line"}
"""What a file is called; others are called result."""


def _result(name: str | None) -> tuple[Path, Solved, list[str]]:
    """Return the folder that was named, the result in it, and what is to be said of it.

    Raises:
        UsageError: If there is none.
    """
    from mechagents.answer import best_attempt
    from mechagents.cli.runs import read_run
    from mechagents.files import read_solved
    from mechagents.messages import Execution, Formulated
    from mechagents.verification import read_formulation

    given = None if name is None else Path(name) / "formulation.json"
    if name is not None and given is not None and given.is_file():
        told = f"{name} as it is; `mechagents verify {name}` checks it"
        return Path(name), read_solved(read_formulation(given), Path(name)), [told]
    folder, log = read_run(name)
    best, formulated = best_attempt(log), log.last(Formulated)
    if best is None or best.evidence is None or formulated is None:
        told = "no attempt of this run passed its checks, so there is no result to hand on"
        raise UsageError(told, where=str(folder))
    number = best.program.attempt
    # The first execution of a program is the one that is answered with; then come coarser ones.
    first = next(e for e in log.of(Execution) if e.attempt == number)
    solved = read_solved(formulated.formulation, folder / first.folder)
    return folder, solved, [f"attempt {number}, {best.evidence.claim_level}"]


def _write(solved: Solved, path: Path, line: Line | None) -> list[str]:
    """Write one file and return what is to be said of it."""
    from mechagents.files import write_csv, write_inp, write_msh, write_vtu, write_xdmf

    if path.suffix == ".csv":
        assert line is not None
        inside = write_csv(solved, line, path)
        outside = line.points - inside
        return [f"{outside} of {line.points} points lie outside the body"] if outside else []
    writers = {".vtu": write_vtu, ".xdmf": write_xdmf, ".msh": write_msh, ".inp": write_inp}
    writers[path.suffix](solved, path)
    thick = solved.formulation.idealisation == "plane_stress" and not solved.formulation.thickness
    return [_THICK] if thick and path.suffix == ".inp" else []
