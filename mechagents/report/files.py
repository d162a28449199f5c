"""Files of a run's folder, read without trust in their names or sizes."""

from __future__ import annotations

from pathlib import Path


def read_inside(folder: Path, name: str, most: int) -> bytes:
    """Return the bytes of a regular file that lies inside a folder.

    Args:
        folder: The folder.
        name: The file's path relative to it, as a program may have written it.
        most: Bytes that it may have.

    Raises:
        ValueError: If the path leads out of the folder (through a link, too), names no regular
            file, or the file is larger than ``most``.
        OSError: If it cannot be read.
    """
    if "\0" in name:
        raise ValueError("its name is not a file name")
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise ValueError("it lies outside the run's folder")
    if not path.is_file():
        raise ValueError("there is no such file")
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError("it is too large; see the run's folder")
    return data
