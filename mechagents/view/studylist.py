"""A study as one row of the list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mechagents.view.place import STUDY_FILE
from mechagents.view.status import writing


def study_row(name: str, folder: Path) -> dict[str, Any]:
    """Return what the list tells of a study.

    Args:
        name: How the study is named in addresses.
        folder: Its folder.
    """
    asked, samples = _read(folder / STUDY_FILE), _read(folder / "samples.json")
    study: dict[str, Any] = asked.get("study") or {} if isinstance(asked, dict) else {}
    done, total = _lines(folder / "journal.jsonl"), len(samples) if samples else None
    searched: dict[str, Any] = study.get("optimize") or {}
    if searched:  # it lays out its samples as it goes on
        total = searched.get("evaluations")
    return {
        "name": name,
        "status": _status(folder, done, total, searched=bool(searched)),
        "problem": study.get("problem", ""),
        "samples": total,
        "done": done,
        "updated": folder.stat().st_mtime,
    }


def _status(folder: Path, done: int, total: int | None, *, searched: bool) -> str:
    at_work = writing(folder)
    if at_work:
        return "running"
    all_done = total is not None and done >= total
    over = (folder / "dataset.csv").is_file() if searched else all_done
    return "answered" if over else "unknown" if at_work is None else "stopped"


def _read(path: Path) -> dict[str, Any] | list[Any]:
    try:
        found: dict[str, Any] | list[Any] = json.loads(path.read_bytes())
        return found
    except (OSError, ValueError):
        return {}


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    except OSError:
        return 0
