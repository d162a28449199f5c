"""Whether a tier holds on this machine: a small program in it tries to get out.

What a system call returned is no evidence, so nothing else is asked. The answer holds for this
process; it takes about as long as one start of an interpreter.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import socket
import sys
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path
from typing import get_args

from mechagents.errors import SandboxError
from mechagents.sandbox import bwrap, engine
from mechagents.sandbox.base import Job, Limits, Outcome
from mechagents.sandbox.container import folder_there
from mechagents.sandbox.orders import Tier

ISOLATING: tuple[Tier, ...] = tuple(t for t in get_args(Tier) if t != "none")
"""The tiers that are tried, the strongest first."""
PROBE = """
import contextlib, ctypes, os, socket

def tries(name, attempt):
    try:
        attempt()
    except (OSError, ValueError):
        print("held", name)
    else:
        print("escaped", name)

def reads(path):
    with open(path, "rb") as file:
        file.read(1)

def connects():
    with socket.socket() as stranger:
        stranger.settimeout(1)
        stranger.connect(("127.0.0.1", PORT))

def becomes_root():
    # A user namespace is where an attack on the kernel begins.
    if ctypes.CDLL(None, use_errno=True).unshare(0x10000000):
        raise OSError

print("ran", os.getcwd() == WORKDIR)
tries("read a file outside", lambda: reads(CANARY))
tries("read the environment of the process that started it", lambda: reads(f"/proc/{HOST}/environ"))
with contextlib.suppress(OSError):
    # A file of that name in a folder of its own is no escape: the host looks whether it is there.
    os.close(os.open(CANARY + "2", os.O_CREAT | os.O_WRONLY))
tries("connect to this machine", connects)
tries("make a user namespace", becomes_root)
tries("signal the process that started it", lambda: os.kill(HOST, 0))
with open("proof", "w") as file:
    file.write("written")
print("done")
"""
_REMEDIES = {
    "namespaces": "Linux 5.12 or later with unprivileged user namespaces (sysctl "
    "user.max_user_namespaces above 0, on Debian kernel.unprivileged_userns_clone=1, on Ubuntu "
    "kernel.apparmor_restrict_unprivileged_userns=0; in a container a profile that allows them)",
    "bubblewrap": "bubblewrap 0.7 or later (apt install bubblewrap, dnf install bubblewrap), with "
    "leave to make user namespaces",
    "landlock": "Linux 5.13 or later with Landlock among its security modules (boot option lsm=)",
    "seatbelt": "macOS",
    "container": "podman or docker, and an image with Python and this package's libraries, named "
    f"{engine.IMAGE} or by {engine.IMAGE_VARIABLE} (docs/sandbox.md has a Containerfile)",
}
_SYSTEMS: dict[Tier, str] = {"seatbelt": "darwin"}


@contextlib.contextmanager
def _listener() -> Generator[int]:
    """Listen on this machine, and yield the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@functools.cache
def fault(tier: Tier) -> str:
    """Return why a tier does not hold on this machine, or nothing if it does. Blocks."""
    if tier == "container":
        why = engine.fault()
    else:
        system = _SYSTEMS.get(tier, "linux")
        why = f"this is {platform.system()}" if sys.platform != system else ""
    if tier == "bubblewrap":
        why = why or bwrap.fault(bwrap.find())
    if why:
        return why
    with tempfile.TemporaryDirectory(prefix="mechagents-probe-") as folder, _listener() as port:
        canary = Path(folder) / "canary"
        canary.write_text("seen")
        Path(folder).chmod(0o755)
        workdir = Path(folder) / "work"
        there = str(folder_there(workdir) if tier == "container" else workdir)
        settings = {"CANARY": str(canary), "PORT": port, "HOST": os.getpid(), "WORKDIR": there}
        told = [f"{name} = {value!r}" for name, value in settings.items()]
        source = "\n".join([*told, PROBE])
        limits = Limits(wall_seconds=30)
        outcome = _run(tier, Job(source=source, workdir=workdir, limits=limits))
        if Path(f"{canary}2").exists():
            return "a program in it could write a file outside"
        escaped = [x for x in outcome.stdout.splitlines() if x.startswith("escaped ")]
        if escaped:
            return f"a program in it could {escaped[0].removeprefix('escaped ')}"
        if (workdir / "proof").is_file() and outcome.stdout.endswith("done\n"):
            return "" if "ran True" in outcome.stdout else "a program in it has another folder"
        return outcome.message or outcome.stderr.strip()[-300:] or "a program in it did not run"


def remedy(tier: Tier) -> str:
    """Return what a tier needs, in words."""
    return f"it needs {_REMEDIES[tier]}"


def _run(tier: Tier, job: Job) -> Outcome:
    from mechagents.sandbox.local import LocalSandbox

    return LocalSandbox(tier).run_blocking(job, threading.Event())


def require(tier: Tier) -> None:
    """Make sure that a tier holds on this machine.

    Raises:
        SandboxError: If it does not, with what failed and what mends it.
    """
    why = fault(tier) if tier in ISOLATING else ""
    if why:
        raise SandboxError(f"the sandbox {tier!r} does not hold here: {why}; {remedy(tier)}")


def strongest() -> Tier:
    """Return the strongest tier that holds on this machine.

    Raises:
        SandboxError: If none does, with what failed and what mends it.
    """
    faults: list[str] = []
    for tier in ISOLATING:
        why = fault(tier)
        if not why:
            return tier
        faults.append(f"{tier}: {why}; {remedy(tier)}.")
    raise SandboxError(
        "no sandbox isolates on this machine, so no program is run. "
        + " ".join(faults)
        + " To run programs with your own rights all the same, ask for the sandbox none."
    )
