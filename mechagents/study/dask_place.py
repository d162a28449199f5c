"""Where a Dask cluster is, or how one is had: what ``--dask`` takes."""

from __future__ import annotations

import ipaddress
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mechagents.errors import RunError, UsageError
from mechagents.study.pool import TRIES, clean_environment

if TYPE_CHECKING:
    from distributed import Client, Security

    from mechagents.study.dask_pool import DaskPool

NEEDED = ("distributed", "dask_jobqueue", "cryptography")
PARTS = ("ca_file", "cert", "key")
"""What TLS needs."""
CONNECT_SECONDS = 5
START_SECONDS = 60
MOST_LOCAL = 1024
CHOICES = (
    "give local:4 for 4 processes of this machine, tcp://127.0.0.1:8786 or tls://host:8786 for a "
    "scheduler that runs, or a YAML file with the settings of a SLURM cluster"
)
OWN: dict[str, object] = {
    # A Dask worker has one order in hand: those that wait are not blamed for its death.
    "distributed.scheduler.worker-saturation": 1.0,
    # No page tells others what runs.
    "distributed.scheduler.http.routes": [],
}
"""Dask's settings where the scheduler is our own."""
SCHEDULER: dict[str, object] = {
    "dashboard": False,
    "dashboard_address": "127.0.0.1:0",
    "allowed_failures": TRIES - 1,
}
"""What our own scheduler is started with: an order may lose as many workers as elsewhere."""


def nothing() -> None:
    """Look after nothing."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that a client is connected to."""

    client: Client
    workers: int = 0
    """How many were asked for; 0 where it is somebody else's."""
    look: Callable[[], None] = nothing
    """Sees after it every few seconds."""


def open_dask(place: str) -> DaskPool:
    """Return a pool of the Dask workers at a place.

    Args:
        place: ``local:N``, ``tcp://127.0.0.1:PORT``, ``tls://HOST:PORT`` or a YAML file.

    Raises:
        UsageError: If the extra is missing, or there is no such place.
        RunError: If the cluster cannot be reached or started.
    """
    where = f"--dask {place[:80]}"
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        told = f'needs {" and ".join(missing)}; install "mechagents[dask]"'
        raise UsageError(told, where=where)
    from mechagents.study.dask_pool import DaskPool

    with ExitStack() as kept:
        cluster = _open(place, where, kept)
        return DaskPool(cluster.client, cluster.workers, cluster.look, kept.pop_all().close)


def _open(place: str, where: str, kept: ExitStack) -> Cluster:
    local = re.fullmatch(r"local:(\d+)", place)
    if local is not None:
        workers = int(local[1])
        if not 1 <= workers <= MOST_LOCAL:
            told = f"give 1 to {MOST_LOCAL:,} processes, best one a processor"
            raise UsageError(told, where=where)
        return _local(workers, kept)
    if "://" in place:
        return _there(place, where, kept)
    if place.endswith((".yaml", ".yml")):
        from mechagents.study.dask_slurm import open_slurm, read_slurm

        return open_slurm(read_slurm(Path(place)), where, kept)
    raise UsageError(CHOICES, where=where)


def _local(workers: int, kept: ExitStack) -> Cluster:
    """Start a scheduler here and workers beside it.

    They talk by TLS with credentials made for this, so that other users of the machine can
    neither see nor give orders.
    """
    import dask
    from distributed import Client, LocalCluster

    folder = Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="mechagents-dask-")))
    security = credentials(folder)
    with dask.config.set(OWN):
        cluster = kept.enter_context(
            LocalCluster(
                n_workers=0,
                threads_per_worker=1,
                protocol="tls://",
                security=security,
                dashboard_address=None,
                scheduler_kwargs=SCHEDULER,
            )
        )
    words = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address]
    words += ["--nworkers", str(workers), "--nthreads", "1", "--memory-limit", "0"]
    words += ["--protocol", "tls", "--host", "127.0.0.1", "--local-directory", str(folder)]
    words += ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    for name, path in security.get_tls_config_for_role("worker").items():
        if name in PARTS:
            words += [f"--tls-{name.replace('_', '-')}", path]
    # The cluster's own workers would inherit this process's environment with its keys.
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
        start_new_session=True,
    )
    kept.callback(_end, process)
    client = kept.enter_context(Client(cluster, set_as_default=False))

    def look() -> None:
        if process.poll() is not None:
            raise RunError(f"the Dask workers of this machine ended with {process.returncode}")

    _wait(client, workers, look)
    return Cluster(client, workers, look)


def credentials(folder: Path) -> Security:
    """Return credentials made for one cluster, in files of a folder that only the user reads."""
    from distributed import Security

    made = Security.temporary().get_tls_config_for_role("worker")
    for name in PARTS:
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(made[name], encoding="utf-8")
    files = {
        f"tls_{role}_{part}": str(folder / part)
        for role in ("client", "scheduler", "worker")
        for part in ("cert", "key")
    }
    return Security(require_encryption=True, tls_ca_file=str(folder / "ca_file"), **files)


def _wait(client: Client, workers: int, look: Callable[[], None]) -> None:
    for _ in range(START_SECONDS):
        try:
            client.wait_for_workers(workers, timeout=1)
        except TimeoutError:
            look()
        else:
            return
    raise RunError(f"the Dask workers of this machine did not start in {START_SECONDS} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the workers of this machine with all that they run."""
    import psutil

    try:
        below = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        below = []
    process.kill()
    for child in below:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()


def _there(place: str, where: str, kept: ExitStack) -> Cluster:
    """Connect to a scheduler that runs."""
    from distributed import Client, Security

    security = Security()
    _check_address(place, where, bool(security.tls_ca_file and security.tls_client_key))
    try:
        client = Client(place, timeout=CONNECT_SECONDS, security=security, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        told = f"{where}: there is no Dask scheduler within {CONNECT_SECONDS} s: {error}"
        raise RunError(told) from error
    kept.enter_context(client)
    if not client.nthreads():
        raise RunError(f"{where}: the Dask scheduler has no workers; start some")
    return Cluster(client)


def _check_address(place: str, where: str, has_credentials: bool) -> None:
    try:
        parts = urlsplit(place)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"is no address: {error}", where=where) from error
    if parts.scheme not in ("tcp", "tls") or not host or port is None:
        raise UsageError(CHOICES, where=where)
    if parts.scheme == "tcp" and not _is_loopback(host):
        told = (
            "a scheduler on another machine is reached by TLS alone, since whoever reads or "
            "changes what travels could run programs: start it and its workers with --protocol "
            "tls, and give tls://"
        )
        raise UsageError(told, where=where)
    if parts.scheme == "tls" and not has_credentials:
        told = (
            "no credentials are set; name the files under distributed.comm.tls (ca-file, "
            "client.key, client.cert) in Dask's configuration"
        )
        raise UsageError(told, where=where)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
