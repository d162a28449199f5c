"""A program's folder: prepared, measured, searched for what it left, and removed."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mechagents.sandbox.output import escaped

MIB = 1 << 20
DEEPEST = 64
"""Levels of folders that are looked into at all."""
DEPTH = 6
"""Levels of folders that are searched for artifacts."""
ARTIFACTS_MIB = 256.0
"""Size of all artifacts together."""
_PUNCTUATION = frozenset("._-+=,@() ")
Stamp = tuple[int, int, int, int]
"""What changes when a file does: inode, size, time of content, time of state."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much a folder holds."""

    mib: float = 0.0
    files: int = 0

    def __add__(self, other: Size) -> Size:
        return Size(self.mib + other.mib, self.files + other.files)


@dataclass(frozen=True, slots=True)
class Found:
    """The artifacts of a run, and in words what was not taken."""

    artifacts: tuple[str, ...]
    skipped: tuple[str, ...]


def walk(folder: Path, depth: int = DEEPEST) -> Iterator[tuple[str, os.stat_result]]:
    """Yield everything below a folder as its relative path and status; follow no link.

    What vanishes or cannot be read meanwhile is left out.

    Args:
        folder: Where to begin.
        depth: Levels to go down [-].
    """
    todo = [("", 1)]
    while todo:
        below, level = todo.pop()
        for entry in _entries(os.path.join(folder, below)):  # noqa: PTH118
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            path = f"{below}/{entry.name}" if below else entry.name
            yield path, status
            if stat.S_ISDIR(status.st_mode) and level < depth:
                todo.append((path, level + 1))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def measure(folder: Path, most_mib: float, most_files: int) -> Size:
    """Return how much a folder holds, counted no further than just past a limit.

    Folders nested deeper than ``DEEPEST`` count as too many files.
    """
    size, files = 0, 0
    for path, status in walk(folder):
        files += 1 if path.count("/") < DEEPEST - 1 else most_files
        size += status.st_size if stat.S_ISREG(status.st_mode) else 0
        if files > most_files or size > most_mib * MIB:
            break
    return Size(size / MIB, files)


def is_regular(status: os.stat_result) -> bool:
    """Return whether this is the status of a regular file."""
    return stat.S_ISREG(status.st_mode)


def stamps(folder: Path) -> dict[str, Stamp]:
    """Return what each file below a folder looked like, to tell later which were changed."""
    return {path: _stamp(status) for path, status in walk(folder)}


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def collect(folder: Path, before: dict[str, Stamp], most: int, copied: bool = False) -> Found:
    """Return the regular files below a folder that are new or were changed.

    Names that begin with a dot, or with characters a terminal or shell could stumble over, are
    not taken; nor are links, pipes, sockets and devices, or a file with a second name, which may
    lie outside.

    Args:
        folder: The program's folder, when nothing is running in it any more.
        before: ``stamps`` of the folder from before the run.
        most: How many to take at most [-].
        copied: Whether what was there before are copies, which are as large and as old.
    """
    taken: list[str] = []
    skipped: list[str] = []
    room = ARTIFACTS_MIB * MIB
    for path, status in sorted(walk(folder, DEPTH)):
        known = slice(1, 3) if copied else slice(None)
        old = path in before and before[path][known] == _stamp(status)[known]
        if stat.S_ISDIR(status.st_mode) or old:
            continue
        if any(part.startswith(".") for part in path.split("/")):
            continue
        reason = _fault(path, status)
        if reason is None and (len(taken) >= most or status.st_size > room):
            reason = "too many" if len(taken) >= most else "too large"
        if reason is not None:
            skipped.append(f"{escaped(path.encode(errors='replace').decode())} ({reason})")
            continue
        room -= status.st_size
        taken.append(path)
    return Found(tuple(taken), tuple(skipped))


def _fault(path: str, status: os.stat_result) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "a link" if stat.S_ISLNK(status.st_mode) else "not a regular file"
    if status.st_nlink > 1:
        return "has a second name"
    return None if all(is_plain(part) for part in path.split("/")) else "unsafe name"


def is_plain(name: str) -> bool:
    """Return whether a terminal or shell cannot stumble over the name of a file."""
    return name[0] != "-" and all(c.isalnum() or c in _PUNCTUATION for c in name)


def largest_file(folder: Path) -> float:
    """Return the size of the largest regular file below a folder [MiB]."""
    sizes = (s.st_size for _, s in walk(folder) if stat.S_ISREG(s.st_mode))
    return max(sizes, default=0) / MIB


def put(folder: Path, name: str, content: bytes | str) -> None:
    """Write a file into a folder, in place of a link or anything else of that name."""
    target = folder / name
    if target.is_dir() and not target.is_symlink():
        remove(target)
    target.unlink(missing_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)


def give(folder: Path, owner: int, user: int) -> None:
    """Give a folder and all below it that is one user's to another, as root; follow no link.

    Files with a second name are left: it may lie elsewhere.

    Args:
        folder: The folder.
        owner: Whose things are given.
        user: Who gets them; and the group of the same number.
    """
    os.chown(folder, user, user, follow_symlinks=False)
    for path, status in walk(folder):
        if status.st_uid == owner and (status.st_nlink == 1 or stat.S_ISDIR(status.st_mode)):
            os.chown(folder / path, user, user, follow_symlinks=False)


def remove(folder: Path) -> None:
    """Remove a folder and all below it; follow no link, and mind no depth or permission.

    A program can nest folders deeper than a path or a stack is long. So a deep folder is moved
    up to the top before it is emptied.

    Raises:
        OSError: If something in it cannot be removed.
    """
    if folder.is_symlink() or not folder.exists():
        folder.unlink(missing_ok=True)
        return
    while children := _empty(folder):
        for child in children:
            for grandchild in _empty(child):
                grandchild.chmod(0o700)
                grandchild.rename(folder / f".{secrets.token_hex(12)}")
            child.rmdir()
    folder.rmdir()


def _empty(folder: Path) -> list[Path]:
    """Remove the files in a folder; return the folders in it."""
    folder.chmod(0o700)
    children: list[Path] = []
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                children.append(Path(entry.path))
            else:
                Path(entry.path).unlink()
    return children


def seed_font_lists(folder: Path) -> None:
    """Copy the user's matplotlib font lists, so that a program need not search for fonts."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    places = (os.environ.get("MPLCONFIGDIR"), f"{cache}/matplotlib", "~/.matplotlib")
    place = next((p for p in places if p and Path(os.path.expanduser(p)).is_dir()), None)  # noqa: PTH111
    if place is not None:
        for found in Path(os.path.expanduser(place)).glob("fontlist-*.json"):  # noqa: PTH111
            shutil.copyfile(found, folder / found.name)
