"""What all parts of the viewer share: the folder, and the runs and studies in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from starlette.exceptions import HTTPException

from mechagents.log import FILE_NAME
from mechagents.view.children import Children
from mechagents.view.runlog import RunLog
from mechagents.view.status import writing

STUDY_FILE = "study.json"
SEPARATOR = ":"
"""Stands in a name for the ``/`` of a path, so that a name is one part of an address."""
HERE = "~"
"""The name of the folder itself, where that is a run or a study; addresses lose a ``.``."""
LEVELS = 2
"""How deep runs and studies are looked for below the folder."""


@dataclass(slots=True)
class Place:
    """The folder that is looked at.

    Runs and studies in it are named by their paths from it, with ``:`` for ``/``. Neither a name
    nor what it leads to can be outside: links are not followed.

    Args:
        folder: Holds runs and studies, down to two levels, or is one itself.
    """

    folder: Path
    closing: bool = False
    """Whether the server is about to end, and with it every stream."""
    children: Children = field(default_factory=Children)
    """The processes of runs that go on from the page."""
    _logs: dict[Path, RunLog] = field(default_factory=dict[Path, RunLog])
    _turn: Lock = field(default_factory=Lock)

    def runs(self) -> Iterator[tuple[str, Path]]:
        """Yield the name and the folder of each run, in no order."""
        for folder in self._folders():
            if _is_file(folder / FILE_NAME):
                yield self.name(folder), folder
            elif _is_file(folder / STUDY_FILE) and _is_file(folder / "base" / FILE_NAME):
                yield self.name(folder / "base"), folder / "base"

    def studies(self) -> Iterator[tuple[str, Path]]:
        """Yield the name and the folder of each study, in no order."""
        for folder in self._folders():
            if _is_file(folder / STUDY_FILE):
                yield self.name(folder), folder

    def name(self, folder: Path) -> str:
        """Return the name of a run or study by its folder, which must be in this place."""
        return SEPARATOR.join(folder.relative_to(self.folder).parts) or HERE

    def run(self, name: str) -> Path:
        """Return a run's folder.

        Raises:
            HTTPException: 404 if there is no such run here.
        """
        return self._found(name, FILE_NAME, "run")

    def study(self, name: str) -> Path:
        """Return a study's folder.

        Raises:
            HTTPException: 404 if there is no such study here.
        """
        return self._found(name, STUDY_FILE, "study")

    def log(self, name: str) -> RunLog:
        """Return a run's log, as far as it was read; ``read_new`` reads on.

        Raises:
            HTTPException: 404 if there is no such run here.
        """
        folder = self.run(name)
        with self._turn:
            return self._logs.setdefault(folder, RunLog(folder))

    def envelope(self, name: str, seq: int) -> dict[str, Any]:
        """Return a message of a run with its envelope.

        Raises:
            HTTPException: 404 if there is no such run here, or no such message.
        """
        log = self.log(name)
        log.read_new()
        found = log.envelope(seq)
        if found is None:
            raise HTTPException(404, "the run has no such message")
        return found

    def is_at_work(self, folder: Path) -> bool | None:
        """Return whether a process works on a run, or was just started to; None: who knows."""
        return self.children.is_alive(folder) or writing(folder)

    def _found(self, name: str, file: str, kind: str) -> Path:
        for parts in ((name,), tuple(name.split(SEPARATOR))):
            folder = self.folder if name == HERE else self.folder.joinpath(*parts)
            plain = all(map(_is_plain, parts))
            if plain and _is_file(folder / file) and not _has_link(self.folder, folder):
                return folder
        raise HTTPException(404, f"there is no {kind} {name!r} in this folder")

    def _folders(self) -> Iterator[Path]:
        """Yield every folder that may be a run or a study; what is below one is not looked at."""
        level = [self.folder]
        for _ in range(LEVELS + 1):
            below: list[Path] = []
            for folder in level:
                yield folder
                if not _is_file(folder / FILE_NAME) and not _is_file(folder / STUDY_FILE):
                    below += _below(folder)
            level = below


def _is_plain(part: str) -> bool:
    """Return whether a part of a path is a name: not empty, no way up, no separator in it."""
    return part not in ("", ".", "..") and not set(part) & {"/", "\\", "\0"}


def _is_file(path: Path) -> bool:
    try:
        return path.is_file() and not path.is_symlink()
    except OSError:
        return False


def _has_link(root: Path, folder: Path) -> bool:
    """Return whether the way from a folder down to another leads through a link."""
    on_the_way = [folder, *folder.parents]
    return any(step.is_symlink() for step in on_the_way[: on_the_way.index(root)])


def _below(folder: Path) -> list[Path]:
    """Return the folders in a folder, without hidden ones, links, and names that are no text."""
    try:
        with os.scandir(folder) as found:
            names = [entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    shown = (name for name in names if not name.startswith(".") and name.isprintable())
    return [folder / name for name in sorted(shown)]
