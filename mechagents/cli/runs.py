"""Finds a run's folder from what the user typed."""

from __future__ import annotations

from pathlib import Path

from mechagents.errors import UsageError
from mechagents.log import FILE_NAME, LogReader, read_log

RUNS = Path("runs")


def find_run(name: str | None, where: str = "RUN") -> Path:
    """Return a run's folder.

    Args:
        name: A path, the name of a folder under ``./runs``, or None for the newest there.
        where: The argument that named it.

    Raises:
        UsageError: If there is no such run.
    """
    if name is None:
        found = sorted(RUNS.glob(f"*/{FILE_NAME}"), key=lambda path: path.stat().st_mtime)
        if not found:
            raise UsageError("there is no run here; give its folder", where="RUN")
        return found[-1].parent
    for folder in (Path(name), RUNS / name):
        if _holds_log(folder):
            return folder
    raise UsageError(f"no run {name!r}: no {FILE_NAME} there or in {RUNS / name}", where=where)


def _holds_log(folder: Path) -> bool:
    try:
        return (folder / FILE_NAME).is_file()
    except OSError:  # a name too long for the file system
        return False


def read_run(name: str | None) -> tuple[Path, LogReader]:
    """Return a run's folder and its conversation.

    Args:
        name: As for ``find_run``.

    Raises:
        UsageError: If there is no such run, or its log holds nothing yet.
        LogError: If its log cannot be read.
    """
    folder = find_run(name)
    log = read_log(folder)
    if not len(log):
        raise UsageError("this log holds nothing yet; solve a problem", where=str(folder))
    return folder, log
