"""``export``: conversations of verified runs as training data."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mechagents.cli.exits import ANSWERED, NO_ANSWER
from mechagents.errors import UsageError


@click.command("export")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="[FOLDER]...")
@click.option("--verified", is_flag=True, required=True,
              help="Only runs whose answer was verified; there is no other export.")  # fmt: skip
@click.option("--role", "roles", multiple=True, help="Only what this role said; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="The file, new.  [default: standard output]")  # fmt: skip
def export_command(
    folders: tuple[Path, ...], verified: bool, roles: tuple[str, ...], out: Path | None
) -> None:
    """Write what language models were shown and said, as chats in JSON Lines.

    From every run in or below the FOLDERs (default: ./runs) whose answer was verified. Each line
    has the ``messages`` of one call and, in ``metadata``, the role, the model, and as ``reward``
    what the checks made of it. What forks of a run took over from it is written once. Exit codes:
    0 something was written, 2 bad input, 4 nothing was.
    """
    from mechagents.export import exchanges_of, find_runs

    assert verified
    places = list(folders) or [Path("runs")]
    for place in places:
        if not place.is_dir():
            raise UsageError("there is no such folder", where=str(place))
    if out is not None and out.exists():
        raise UsageError("is there already; name a new file", where=f"--out {out}")
    runs = find_runs(places)
    lines = [json.dumps(one, ensure_ascii=False) for one in exchanges_of(runs, roles)]
    text = "".join(f"{line}\n" for line in lines)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"{len(lines)} exchanges of {len(runs)} runs that were looked at", err=True)
    sys.exit(ANSWERED if lines else NO_ANSWER)
