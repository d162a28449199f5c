"""A run as one row of the list: read from the two ends of its log, however long that is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mechagents.log import FILE_NAME
from mechagents.view.respond import as_object
from mechagents.view.status import status_of

MOST_HEAD = 8 << 20
"""Bytes at the start of a log in which its problem is looked for."""
FIRST_TAIL = 1 << 16
"""Bytes at the end of a log that are read first; more, where the last line is longer."""
LONGEST = 300
"""Characters of a statement that are shown [-]."""


def row_of(name: str, folder: Path, at_work: bool | None) -> dict[str, Any]:
    """Return what the list tells of a run.

    Args:
        name: How the run is named in addresses.
        folder: Its folder.
        at_work: Whether a process works on it; None where that cannot be told.

    Raises:
        OSError: If its log cannot be read.
    """
    first, last = _first(folder / FILE_NAME), _last(folder / FILE_NAME)
    setup, problem = first.get("setup", {}), first.get("problem", {})
    end: dict[str, Any] = last["message"] if last is not None else {}
    usage = as_object(end.get("usage"))
    return {
        "name": name,
        "status": status_of(last, at_work),
        "claim_level": end.get("claim_level", ""),
        "problem": problem.get("name", ""),
        "statement": str(problem.get("statement", ""))[:LONGEST],
        "follows": problem.get("follows"),
        "model": setup.get("model", ""),
        "team": setup.get("team", ""),
        "started": first.get("time", ""),
        "updated": last["time"] if last is not None else "",
        "messages": last["seq"] if last is not None else 0,
        "attempts": end.get("attempts"),
        "seconds": usage.get("seconds"),
        "cost": usage.get("cost"),
    }


def _first(path: Path) -> dict[str, Any]:
    """Return the setup and the problem of a log by their kinds, and the time it began."""
    found: dict[str, Any] = {}
    read = 0
    with path.open("rb") as file:
        while "problem" not in found and read < MOST_HEAD:
            line = file.readline(MOST_HEAD)
            read += len(line)
            if not line.endswith(b"\n"):
                break
            envelope = _envelope(line)
            if envelope is not None:
                found.setdefault("time", envelope["time"])
                found[str(envelope["message"].get("kind"))] = envelope["message"]
    return found


def _last(path: Path) -> dict[str, Any] | None:
    """Return the last envelope of a log that is whole."""
    reach = FIRST_TAIL
    with path.open("rb") as file:
        size = file.seek(0, 2)
        while True:
            start = max(size - reach, 0)
            file.seek(start)
            lines = file.read(size - start).split(b"\n")[:-1]
            whole = lines if start == 0 else lines[1:]
            if whole or start == 0:
                return _envelope(whole[-1]) if whole else None
            reach *= 8


def _envelope(line: bytes) -> dict[str, Any] | None:
    try:
        told = as_object(json.loads(line))
    except ValueError:
        return None
    there = bool(as_object(told.get("message")))
    return told if there and {"seq", "time"} <= told.keys() else None
