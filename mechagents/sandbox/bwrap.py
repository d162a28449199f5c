"""The program ``bwrap`` of this machine, which makes namespaces for the tier ``bubblewrap``.

It is bubblewrap's own, from the system's packages; what the Python package index has under such
names is something else.
"""

from __future__ import annotations

import functools
import re
import shutil
import stat
import subprocess
from pathlib import Path

USUAL = Path("/usr/bin/bwrap")
"""Where distributions put it. A profile that lets it make namespaces names this place."""
LEAST = (0, 7)
"""The first version that limits the size of a file system in memory."""
MENDED = (0, 12)
"""The first version without the fault of CVE-2026-87766."""


@functools.cache
def find() -> Path | None:
    """Return where it is, or None if there is none."""
    if USUAL.is_file():
        return USUAL
    found = shutil.which("bwrap")
    return Path(found) if found and Path(found).is_absolute() else None


@functools.cache
def version(place: Path | None) -> str:
    """Return the version of the one at a place, such as ``0.8.0``; nothing if it says none."""
    if place is None:
        return ""
    try:
        told = subprocess.run(
            [place, "--version"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    numbers = re.fullmatch(r"bubblewrap (\d+(?:\.\d+)+)\s*", told.stdout)
    return numbers[1] if numbers else ""


def parts(numbers: str) -> tuple[int, ...]:
    """Return the numbers of a version."""
    return tuple(int(number) for number in numbers.split(".") if number)


def fault(place: Path | None) -> str:
    """Return why the one at a place cannot be used, by what is known before it is tried."""
    if place is None:
        return "there is no bwrap"
    found = version(place)
    if not found:
        return f"{place} does not say which version of bubblewrap it is"
    if parts(found) < LEAST:
        return f"{place} is bubblewrap {found}, which limits the size of no memory file system"
    if place.stat().st_mode & stat.S_ISUID:
        return f"{place} has the right of root (setuid), and then limits no size either"
    return ""


def remark(found: str) -> str:
    """Return what one should know of a version, or nothing."""
    if not found or parts(found) >= MENDED:
        return ""
    return (
        f"bubblewrap {found} may have the fault of CVE-2026-87766 (mended in 0.12.0, and by "
        "some distributions under an older number); nothing is done here that it needs"
    )
