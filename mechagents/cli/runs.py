"""Finds a run's folder from what the user typed."""

from __future__ import annotations

from pathlib import Path

from mechagents.errors import UsageError
from mechagents.log import FILE_NAME

RUNS = Path("runs")


def find_run(name: str | None) -> Path:
    """Return a run's folder.

    Args:
        name: A path, the name of a folder under ``./runs``, or None for the newest there.

    Raises:
        UsageError: If there is no such run.
    """
    if name is None:
        found = sorted(RUNS.glob(f"*/{FILE_NAME}"), key=lambda path: path.stat().st_mtime)
        if not found:
            raise UsageError("there is no run here; give its folder", where="RUN")
        return found[-1].parent
    for folder in (Path(name), RUNS / name):
        if (folder / FILE_NAME).is_file():
            return folder
    raise UsageError(f"no run {name!r}: no {FILE_NAME} there or in {RUNS / name}", where="RUN")
