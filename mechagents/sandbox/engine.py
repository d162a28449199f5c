"""A container engine, podman or docker: whether it is there, and how it is told to run a program.

It is used by its command, which is the same for both but for a few options. Nothing is ever
pulled: a user builds the image or has none.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mechagents.errors import SandboxError, UsageError
from mechagents.sandbox.base import Limits

IMAGE_VARIABLE, ENGINE_VARIABLE = "MECHAGENTS_CONTAINER_IMAGE", "MECHAGENTS_CONTAINER_ENGINE"
IMAGE = "mechagents-sandbox"
"""The image's name, if none is given."""
ENGINES = ("podman", "docker")
LABEL = "mechagents.until"
"""Labels a container with the time [s since 1970] after which it is a left one."""
ANSWER_SECONDS = 10.0
"""How long an engine may take to say who it is."""
WORK, PACKAGE = "/programs", "/mechagents"
"""Where a program's folder and this package are in a container."""
SPARE_MIB = 128
"""Memory of a container past its program's: its keeper's, and the package's."""
_PACKAGE_MIB = 64
_LEFT = re.compile(rf"([0-9a-f]{{12,64}}) .*\b{re.escape(LABEL)}[=:](\d+)")


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that answers."""

    command: str
    """The path of its command."""
    name: str
    """``podman`` or ``docker``, whatever its command is called."""
    version: str = ""
    rootless: bool = False
    controls: frozenset[str] = frozenset()
    """What it can limit for a whole container: ``memory``, ``pids``."""

    @property
    def promise(self) -> str:
        """What it puts up around a program, in words."""
        groups = [f"{name} by control group" for name in sorted(self.controls)]
        who = f"{'rootless ' if self.rootless else ''}{self.name} {self.version}".strip()
        walls = "no network, read-only root, no capability, own user"
        return "; ".join([f"{who}: {walls}", *groups])


def image_name(image: str | None) -> str:
    """Return the name of the image to run: what is given, else what is set, else the usual."""
    return image or os.environ.get(IMAGE_VARIABLE) or IMAGE


def find() -> Engine:
    """Return the engine to use: the one that is set, else podman, else docker.

    Raises:
        SandboxError: If none is installed, or none answers.
    """
    return _find(os.environ.get(ENGINE_VARIABLE, ""))


@functools.lru_cache(maxsize=4)
def _find(asked: str) -> Engine:
    faults: list[str] = []
    for name in [asked] if asked else ENGINES:
        command = shutil.which(name)
        if command is None:
            continue
        try:
            return _ask(command)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            faults.append(f"{name} does not answer: {_said(error)}")
    missing = f"{asked or 'neither podman nor docker'} is installed"
    if asked:
        missing = f"there is no command {asked}, which {ENGINE_VARIABLE} names"
    raise SandboxError("; ".join(faults) or missing)


def _said(error: Exception) -> str:
    told = getattr(error, "stderr", None) or str(error)
    return str(told).strip().splitlines()[-1][:300] if str(told).strip() else repr(error)


def _ask(command: str) -> Engine:
    """Return who answers to a command.

    Raises:
        subprocess.SubprocessError: If it fails, or takes too long.
        ValueError: If what it says is no description of an engine for Linux containers.
    """
    told: dict[str, Any] = json.loads(_ran([command, "info", "--format", "{{json .}}"]))
    if "host" in told:
        host = told["host"]
        there = set(host.get("cgroupControllers") or ())
        rootless = bool(host.get("security", {}).get("rootless"))
        if rootless and host.get("cgroupVersion") == "v1":
            there = set[str]()
        version = str(told.get("version", {}).get("Version", ""))
        return Engine(command, "podman", version, rootless, frozenset(there & {"memory", "pids"}))
    if told.get("OSType") != "linux":
        fault = "; ".join(told.get("ServerErrors") or ["it runs no Linux containers"])
        raise ValueError(fault)
    named = {"memory": "MemoryLimit", "pids": "PidsLimit"}
    controls = frozenset(name for name, key in named.items() if told.get(key))
    rootless = "name=rootless" in str(told.get("SecurityOptions"))
    return Engine(command, "docker", str(told.get("ServerVersion", "")), rootless, controls)


def _ran(words: list[str]) -> str:
    return subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
        timeout=ANSWER_SECONDS,
    ).stdout  # fmt: skip


def fault(image: str | None = None) -> str:
    """Return what is missing to run a container, with what mends it, or nothing. Quick."""
    name = image_name(image)
    try:
        engine = find()
    except SandboxError as error:
        return str(error)
    try:
        _ran([engine.command, "image", "inspect", "--format", "{{.Id}}", name])
    except subprocess.CalledProcessError:
        build = f"{engine.name} build -t {name} -f Containerfile"
        return f"{engine.name} has no image {name}; build it with: {build} (see docs/sandbox.md)"
    except (OSError, subprocess.SubprocessError) as error:
        return f"{engine.name} does not answer: {_said(error)}"
    return ""


@dataclass(frozen=True, slots=True)
class Container:
    """One container for one program."""

    name: str
    image: str
    user: int
    limits: Limits
    python: str = "python3"
    """The interpreter in the image."""
    readable: tuple[Path, ...] = ()
    """Files and folders that it shows read-only, where they are."""

    def words(self, engine: Engine) -> list[str]:
        """Return the command that runs it.

        Raises:
            UsageError: If something to be shown has a path that no option can hold.
        """
        until = int(time.time() + self.limits.wall_seconds + 600)
        podman = ["--read-only-tmpfs=false", "--http-proxy=false", "--systemd=false"]
        return [
            engine.command, "run", "--rm", "--interactive", "--pull=never",
            f"--name={self.name}", f"--label={LABEL}={until}", "--log-driver=none",
            "--network=none", "--hostname=sandbox", "--ipc=private", "--read-only",
            "--cap-drop=ALL", "--security-opt=no-new-privileges",
            f"--user={self.user}:{self.user}", "--workdir=/",
            *(podman if engine.name == "podman" else []),
            *self._sizes(engine),
            *(word for path in self.readable for word in ("--mount", _shown(path))),
            f"--entrypoint={self.python}", self.image,
        ]  # fmt: skip

    def _sizes(self, engine: Engine) -> list[str]:
        limits = self.limits
        room = int((limits.folder_mib + 2) * (1 << 20))
        each = {WORK: room, "/tmp": room, "/dev/shm": room, PACKAGE: _PACKAGE_MIB << 20}
        plain = "rw,nosuid,nodev,mode=1777"
        words = [f"--tmpfs={place}:{plain},size={size}" for place, size in each.items()]
        tasks = limits.tasks + 64
        words += [
            "--ulimit=core=0:0",
            "--ulimit=nofile=1024:1024",
            f"--ulimit=nproc={tasks}:{tasks}",
        ]
        if "memory" in engine.controls:
            most = int((limits.memory_mib + limits.folder_mib + SPARE_MIB) * (1 << 20))
            words += [f"--memory={most}", f"--memory-swap={most}"]
        if "pids" in engine.controls:
            words.append(f"--pids-limit={tasks}")
        return words


def _shown(path: Path) -> str:
    """Return the option that shows a file or folder read-only at its own path."""
    text = str(path)
    if os.name == "nt" or any(c in text for c in ',"\n'):
        raise UsageError(f"{text!r} cannot be shown in a container", where="readable")
    return f"type=bind,source={text},target={text},readonly"


def remove(engine: Engine, names: list[str]) -> None:
    """Remove containers, running or not. Blocks for at most some seconds."""
    words = [engine.command, "rm", "--force", "--volumes", *names]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=30.0
        )


def left(engine: Engine, now: float) -> list[str]:
    """Return the containers of this package that should have ended long ago."""
    words = [engine.command, "ps", "--all", "--filter", f"label={LABEL}"]
    try:
        told = _ran([*words, "--no-trunc", "--format", "{{.ID}} {{.Labels}}"])
    except (OSError, subprocess.SubprocessError):
        return []
    found = (_LEFT.match(line) for line in told.splitlines())
    return [match[1] for match in found if match and int(match[2]) < now]


@functools.cache
def sweep(engine: Engine) -> None:
    """Remove, once a process and in the background, containers that were left behind."""

    def clear() -> None:
        if names := left(engine, time.time()):
            remove(engine, names)

    threading.Thread(target=clear, name="sandbox sweep", daemon=True).start()
