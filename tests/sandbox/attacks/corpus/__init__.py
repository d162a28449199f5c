"""All attacks, by group."""

from __future__ import annotations

from attacks.attack import Attack
from attacks.corpus import (
    artifacts,
    disk,
    files,
    kernel,
    memory,
    network,
    output,
    persistence,
    privileges,
    processes,
    results,
    secrets,
    sockets,
    status,
)

CORPUS: dict[str, tuple[Attack, ...]] = {
    "secrets": secrets.ATTACKS,
    "files": files.ATTACKS,
    "artifacts": artifacts.ATTACKS,
    "persistence": persistence.ATTACKS,
    "network": network.ATTACKS,
    "sockets": sockets.ATTACKS,
    "processes": processes.ATTACKS,
    "memory": memory.ATTACKS,
    "disk": disk.ATTACKS,
    "output": output.ATTACKS,
    "kernel": kernel.ATTACKS,
    "privileges": privileges.ATTACKS,
    "results": results.ATTACKS,
    "status": status.ATTACKS,
}
"""The attacks of each group. Names are unique within a group."""
