"""What the launcher is told: one program to run, as ``name=value`` words."""

from __future__ import annotations

WALLED = ("namespaces", "bubblewrap")
"""The tiers in which a program has files, processes and a network of its own."""


class Order:
    """A program to run, and how.

    Args:
        words: ``name=value`` each; a name that comes again adds to a list.
    """

    def __init__(self, words: list[str]) -> None:
        said: dict[str, list[str]] = {}
        for word in words:
            name, _, value = word.partition("=")
            said.setdefault(name, []).append(value)
        self.words = words
        """What it was made from."""
        self.script = said["script"][0]
        """The program's file."""
        self.temp = said["temp"][0]
        """Its temporary folder, outside; removed if the supervisor dies."""
        self.workdir = said["workdir"][0]
        """The folder it runs in."""
        self.tier = said["tier"][0]
        """The tier, by its name."""
        self.walled = self.tier in WALLED
        """Whether it has files, processes and a network of its own."""
        self.bwrap = said.get("bwrap", [""])[0]
        """Where ``bwrap`` is, in the tier that uses it."""
        self.bwrap_version = said.get("bwrap_version", [""])[0]
        """Its version."""
        self.limits = {n: int(v) for n, _, v in (x.partition(":") for x in said.get("limit", []))}
        """Values of ``resource`` limits, by name without ``RLIMIT_``."""
        self.search_path = said.get("search", [])
        """Folders to look for modules in after everything that is installed."""
        self.readable = said.get("read", [])
        """What it may read besides the system and its interpreter."""
        self.folder_bytes = int(said.get("bytes", ["0"])[0])
        """Size of its folder and temporary files together."""
        self.folder_files = int(said.get("files", ["0"])[0])
        """How many files these may be."""
        self.user = int(said.get("user", ["0"])[0])
        """The throw-away user it becomes, when it is started by root; else 0."""
        self.doors = [int(word) for word in said.get("door", [])]
        """Descriptors; who writes ``0`` to each is in the run's control group."""
        self.folders = [self.workdir, self.temp, "/dev/shm"]
        """Where it writes, if it is in a container."""
        self.wall_seconds = float(said.get("wall", ["0"])[0])
        """Time that it has, if it is in a container, whose keeper then ends by itself."""
        self.memory_mib = float(said.get("memory", ["0"])[0])
        """Resident memory that it has; past that it is counted with care."""
        self.processes = int(said.get("processes", ["0"])[0])
        """Processes that it may have; with more its keeper in a container holds them all."""
        self.artifacts = int(said.get("artifacts", ["0"])[0])
        """How many files are handed back from a container."""
        self.environment = {n: v for n, _, v in (x.partition("=") for x in said.get("env", []))}
        """Its environment, where it does not come with the process."""
