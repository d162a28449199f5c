"""Where a program's files are while it runs: its folder itself, or a file system in memory."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Protocol

from mechagents.sandbox import folder as folders
from mechagents.sandbox import shared_memory
from mechagents.sandbox.base import Limits
from mechagents.sandbox.folder import MIB, Found, Size
from mechagents.sandbox.orders import Start

_OWN_FILES = 4
"""The folders that a file system in memory has from the start."""


class Workspace(Protocol):
    """A program's folder and temporary files."""

    def size(self, limits: Limits) -> Size:
        """Return how much they hold, no further than just past the limits."""
        ...

    def largest_file(self) -> float:
        """Return the size of the largest file [MiB]."""
        ...

    def collect(self, limits: Limits) -> Found:
        """Put what the program made into its folder, and say what that is."""
        ...

    def receive(self, descriptor: int) -> None:
        """Take a descriptor of a file system of the program's own."""
        ...

    def close(self) -> None:
        """Let go of all that is held."""
        ...


class Direct:
    """The program works in its folder itself.

    Args:
        start: The program, in its place. If it becomes another user, its folders are given to
            that user until they are let go of.
    """

    def __init__(self, start: Start) -> None:
        self._folder = start.job.workdir
        self._places = (self._folder, start.temp)
        self._user = start.user
        self._shared = shared_memory.names() if start.tier == "landlock" else None
        if self._user:
            for place in self._places:
                folders.give(place, os.getuid(), self._user)
        self._before = folders.stamps(self._folder)

    def size(self, limits: Limits) -> Size:
        """Return how much they hold, no further than just past the limits."""
        most = (limits.folder_mib, limits.folder_files)
        held = sum((folders.measure(place, *most) for place in self._places), Size())
        if self._shared is None:
            return held
        return held + shared_memory.size(self._shared, self._user or os.getuid())

    def largest_file(self) -> float:
        """Return the size of the largest file [MiB]."""
        return max(folders.largest_file(place) for place in self._places)

    def collect(self, limits: Limits) -> Found:
        """Say what the program made or changed, and make it a plain file to read and write."""
        found = folders.collect(self._folder, self._before, limits.artifacts)
        for path in found.artifacts:
            (self._folder / path).chmod(0o644)
        return found

    def receive(self, descriptor: int) -> None:
        """Close it: there should be none."""
        os.close(descriptor)

    def close(self) -> None:
        """Take the folders back, and remove shared memory that was left."""
        if self._user:
            for place in self._places:
                folders.give(place, self._user, os.getuid())
        if self._shared is not None:
            shared_memory.remove_left(self._shared, self._user or os.getuid())


class InMemory:
    """The program works in file systems in memory, which only descriptors lead to.

    Args:
        start: The program, in its place. In namespaces it has one file system, which holds its
            folder and all else; in bubblewrap several, which are empty when they are received,
            and the first is its folder.
    """

    def __init__(self, start: Start) -> None:
        self._folder = start.job.workdir
        self._before = folders.stamps(self._folder)
        self._several = start.tier == "bubblewrap"
        self._descriptors: list[int] = []
        self._own_files = 0 if self._several else _OWN_FILES

    def receive(self, descriptor: int) -> None:
        """Take the descriptor of a file system."""
        self._descriptors.append(descriptor)
        if self._several:
            self._own_files += _held(descriptor).files

    def size(self, limits: Limits) -> Size:
        """Return how much they hold."""
        held = sum(map(_held, self._descriptors), Size())
        return Size(held.mib, max(held.files - self._own_files, 0))

    def largest_file(self) -> float:
        """Return the size of the largest file [MiB]."""
        return max(map(folders.largest_file, map(_root, self._descriptors)), default=0.0)

    def collect(self, limits: Limits) -> Found:
        """Copy what the program made or changed into its folder, and say what that is."""
        if not self._descriptors:
            return Found((), ())
        root = _root(self._descriptors[0])
        made = root if self._several else root / "work"
        found = folders.collect(made, self._before, limits.artifacts, copied=True)
        taken: list[str] = []
        lost: list[str] = []
        for path in found.artifacts:
            try:
                copy_out(made / path, self._folder, path)
                taken.append(path)
            except OSError as error:
                lost.append(f"{path} ({error.strerror})")
        return Found(tuple(taken), (*found.skipped, *lost))

    def close(self) -> None:
        """Let go of the file systems, which is the end of them."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()


def _root(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}")


def _held(descriptor: int) -> Size:
    """Return how much a file system holds."""
    told = os.fstatvfs(descriptor)
    used = (told.f_blocks - told.f_bfree) * told.f_frsize
    return Size(used / MIB, told.f_files - told.f_ffree)


def copy_out(source: Path, folder: Path, path: str) -> None:
    """Copy a regular file to a place below a folder, in place of what has its name there.

    No link is followed, neither at the source nor below the folder.

    Args:
        source: The file, of a program that is dead.
        folder: Where it goes.
        path: The place below the folder.

    Raises:
        OSError: If the source is no regular file, or a link or a file is in the way.
    """
    given = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not stat.S_ISREG(os.fstat(given).st_mode):
            raise OSError(0, "no regular file")
        *parents, name = path.split("/")
        for parent in parents:
            place = _enter(place, parent)
        if _is_file_or_link(name, place):
            os.unlink(name, dir_fd=place)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with open(os.open(name, flags, 0o644, dir_fd=place), "wb") as copy:  # noqa: PTH123
            while part := os.read(given, MIB):
                copy.write(part)
    finally:
        os.close(given)
        os.close(place)


def _enter(place: int, name: str) -> int:
    """Return a descriptor of a folder within another, made if absent; close the other's."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=place)
    below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
    os.close(place)
    return below


def _is_file_or_link(name: str, place: int) -> bool:
    try:
        return not stat.S_ISDIR(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False
