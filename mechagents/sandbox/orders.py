"""What the launcher is told about a job: environment, search path, limits, tier."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Literal

from mechagents.sandbox import bwrap
from mechagents.sandbox.base import Job
from mechagents.sandbox.inside.order import WALLED
from mechagents.sandbox.watchdog import resource_limits

Tier = Literal["namespaces", "bubblewrap", "landlock", "seatbelt", "container", "none"]
"""How a program is kept from the machine, in the order that they are tried."""
MARKER = "MECHAGENTS_RUN"
"""The environment variable that marks every process of one run."""
PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of this package, which a program may import."""
SPARE_MIB, SPARE_FILES = 2, 64
"""What a program's folder in memory has past its limit, so that going past it is seen."""
_THREAD_VARIABLES = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
_FIRST_THROWAWAY, _THROWAWAYS = 2_000_000_000, 100_000


@dataclass(frozen=True, slots=True)
class Start:
    """A program in its place, ready to be started."""

    job: Job
    script: Path
    """The program's file."""
    temp: Path
    """A folder for temporary files, which holds the settings of libraries."""
    tier: Tier = "none"
    user: int = 0
    """The throw-away user it becomes; 0 stays who we are."""
    image: str | None = None
    """The image of a container; None takes the one that is set."""

    libraries: tuple[str, ...] = ()
    """What is imported beforehand, if it starts warm."""

    doors: tuple[int, ...] = ()
    """Descriptors; who writes ``0`` to each is in the run's control group."""
    marker: str = field(default_factory=lambda: secrets.token_hex(16))
    """What its processes can be told by."""

    @property
    def walled(self) -> bool:
        """Whether it has files, processes and a network of its own."""
        return self.tier in WALLED

    @property
    def environment(self) -> dict[str, str]:
        """All that the program sees of the environment."""
        temp = Path("/tmp") if self.walled else self.temp
        return {**environment(self.job, temp), MARKER: self.marker}


def environment(job: Job, temp: PurePath) -> dict[str, str]:
    """Return all that a program sees of the environment: an allow-list, and nothing of a user.

    Args:
        job: The job; what it names under ``environment`` is handed on.
        temp: The folder it has for temporary files, caches and settings of libraries.
    """
    interpreter = str(Path(job.python or sys.executable).parent)
    system = [p for p in ("/usr/local/bin", "/usr/bin", "/bin") if hasattr(os, "fork")]
    fixed = {
        "PATH": os.pathsep.join([interpreter, *system]),
        "HOME": str(job.workdir.absolute()),
        "LC_ALL": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(temp / "matplotlib"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    folders = ("TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    threads = {f"{name}_NUM_THREADS": str(job.limits.threads) for name in _THREAD_VARIABLES}
    handed_on = {n: os.environ[n] for n in (*job.environment, "SYSTEMROOT") if n in os.environ}
    return {**threads, **handed_on, **dict.fromkeys(folders, str(temp)), **fixed}


def search_path(job: Job) -> list[str]:
    """Return where a program finds modules when they are not installed.

    That is the folder this package was imported from, in case only the present process knows
    of it (not for another interpreter if that folder holds more than this package), and the
    program's own. They come last, so that no file a program writes stands in for a library.
    """
    own = [job.workdir.absolute(), *([job.script.absolute().parent] if job.script else [])]
    root = PACKAGE.parent
    shared = root.name in ("site-packages", "dist-packages") and job.python is not None
    return [str(folder) for folder in ([] if shared else [root]) + own]


def words(start: Start) -> list[str]:
    """Return what the launcher is told."""
    job = start.job
    limits = job.limits
    return [
        f"script={start.script}",
        f"temp={start.temp}",
        f"workdir={job.workdir.absolute()}",
        f"tier={start.tier}",
        f"user={start.user}",
        f"bytes={int((limits.folder_mib + SPARE_MIB) * (1 << 20))}",
        f"files={limits.folder_files + SPARE_FILES}",
        *(f"limit={n}:{v}" for n, v in resource_limits(limits, alone(start)).items()),
        *(f"door={descriptor}" for descriptor in start.doors),
        *(wrapper() if start.tier == "bubblewrap" else ()),
        *(f"search={path}" for path in search_path(job)),
        *(f"read={path}" for path in (PACKAGE, *(p.absolute() for p in job.readable))),
    ]


def wrapper() -> list[str]:
    """Return what the launcher is told of ``bwrap``."""
    place = bwrap.find()
    return [f"bwrap={place}", f"bwrap_version={bwrap.version(place)}"]


def alone(start: Start) -> bool:
    """Return whether the kernel counts a program's processes apart from the user's others."""
    return start.walled or start.user != 0


def throwaway_user() -> int:
    """Return an id that no user has, for a program that root runs; 0 if we are not root.

    Several runs at a time have several, as far as this process's own namespace has ids enough.
    """
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return 0
    pick = secrets.randbelow(_THROWAWAYS)
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = map(int, line.split())
        if first <= _FIRST_THROWAWAY and first + count > _FIRST_THROWAWAY + _THROWAWAYS:
            return _FIRST_THROWAWAY + pick
        if count > _THROWAWAYS // 2:
            return first + count - 1 - pick % (count // 2)
    return 65533
