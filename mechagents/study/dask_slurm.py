"""Dask workers as jobs of SLURM, by dask-jobqueue."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from mechagents.errors import ProblemError, RunError, UsageError
from mechagents.mechanics.geometry import Part
from mechagents.problems.loading import invalid_file, read_text
from mechagents.problems.source import parse
from mechagents.study.dask_place import OWN, SCHEDULER, Cluster, credentials
from mechagents.study.pool import clean_environment

if TYPE_CHECKING:
    from dask_jobqueue import SLURMCluster
    from distributed import Security

MOST_IN_VAIN = 3
"""How often in a row jobs may end before any worker of theirs has come."""


class Job(Part):
    """What each job gets; the names are those of dask-jobqueue, whose own defaults stand."""

    cores: int = Field(ge=1)
    """Processors of a job; it runs as many samples at a time."""
    memory: str
    """Of a job: ``32 GB``."""
    queue: str | None = None
    """The partition."""
    account: str | None = None
    walltime: str | None = None
    interface: str | None = None
    """Network of scheduler and workers, such as ``ib0``."""
    python: str | None = None
    """The interpreter there, where it is another than here."""
    local_directory: str | None = None
    log_directory: str | None = None
    death_timeout: float | None = None
    """How long a worker waits for the scheduler [s]."""
    job_extra_directives: tuple[str, ...] = ()
    job_script_prologue: tuple[str, ...] = ()
    worker_extra_args: tuple[str, ...] = ()


class SlurmFile(Part):
    """A cluster that is had from SLURM."""

    workers: int = Field(ge=1)
    """How many samples run at a time, in as many jobs as that takes."""
    slurm: Job
    resubmit_seconds: float = Field(default=60.0, gt=0)
    """How often jobs that ended, at their walltime for instance, are asked for again [s]."""
    shared_temp_directory: str = "~"
    """Where temporary credentials are kept while it runs: a folder that the jobs see too."""


def read_slurm(path: Path) -> SlurmFile:
    """Return the cluster that a YAML file describes.

    Raises:
        ProblemError: If the file cannot be read or a field is wrong; names line and field.
    """
    if not path.exists():
        raise ProblemError("there is no such file", where=str(path))
    source = parse(read_text(path), str(path))
    try:
        return SlurmFile.model_validate(source.data)
    except ValidationError as error:
        raise invalid_file(source, error) from error


def slurm_cluster(asked: SlurmFile, security: Security, refused: list[str]) -> SLURMCluster:
    """Return a cluster whose scheduler runs here and which has asked for no job yet.

    Args:
        asked: The settings.
        security: The credentials, in files that the jobs see.
        refused: Is told why SLURM took no job.

    Raises:
        UsageError: If dask-jobqueue refuses a setting.
    """
    import dask
    from dask_jobqueue import SLURMCluster
    from dask_jobqueue.slurm import SLURMJob
    from distributed import Status

    class CleanJob(SLURMJob):
        """A job that is submitted without the secrets of this environment, which SLURM copies."""

        @staticmethod
        async def _call(cmd: list[str]) -> str:
            return await _call(cmd)

        async def start(self) -> None:
            try:
                await super().start()
            except (RuntimeError, ValueError) as error:
                self.status = Status.failed  # else the cluster cannot be closed
                refused.append(str(error))
                raise

    # As JSON has it: dask-jobqueue adds lists to its own.
    settings: dict[str, object] = asked.slurm.model_dump(exclude_defaults=True, mode="json")
    settings["worker_extra_args"] = [*asked.slurm.worker_extra_args, "--no-dashboard"]
    try:
        with dask.config.set(OWN):
            return SLURMCluster(
                **settings,
                processes=asked.slurm.cores,
                job_cls=CleanJob,
                security=security,
                protocol="tls://",
                scheduler_options=SCHEDULER,
            )
    except (ValueError, RuntimeError) as error:
        raise UsageError(f"dask-jobqueue refuses it: {error}", where="slurm") from error


async def _call(words: list[str]) -> str:
    """Return what a command of SLURM prints, run without secrets in its environment."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment(),
    )
    out, errors = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}: {errors.decode().strip()}")
    return out.decode()


def open_slurm(asked: SlurmFile, where: str, kept: ExitStack) -> Cluster:
    """Start a scheduler here and ask SLURM for the workers.

    Raises:
        UsageError: If there is no SLURM here, or the shared folder cannot be used.
        RunError: If the scheduler cannot be started.
    """
    from distributed import Client

    if shutil.which("sbatch") is None:
        told = "there is no sbatch on this machine; run the study where jobs are submitted"
        raise UsageError(told, where=where)
    try:
        shared = Path(asked.shared_temp_directory).expanduser().absolute()
        folder = Path(tempfile.mkdtemp(prefix=".mechagents-dask-", dir=shared))
    except OSError as error:
        told = f"cannot be used ({error.strerror}); name a folder that the jobs see too"
        raise UsageError(told, where="shared_temp_directory") from error
    kept.callback(shutil.rmtree, folder, ignore_errors=True)
    refused: list[str] = []
    try:
        cluster = kept.enter_context(slurm_cluster(asked, credentials(folder), refused))
        client = kept.enter_context(Client(cluster, set_as_default=False))
    except (OSError, TimeoutError) as error:
        raise RunError(f"{where}: the scheduler cannot be started: {error}") from error
    watch = _Watch(cluster, asked, where, refused)
    watch.look()
    return Cluster(client, asked.workers, watch.look)


@dataclass(slots=True)
class _Watch:
    """Asks for jobs, and again for those that have ended."""

    cluster: SLURMCluster
    asked: SlurmFile
    where: str
    refused: list[str]
    at: float = -inf
    in_vain: int = 0
    """How often in a row jobs have ended before any worker of theirs came."""
    emptied: bool = False
    """Whether the cluster forgets jobs that are gone, to be asked for anew at the next look."""

    def look(self) -> None:
        """Ask for the jobs that are missing, from time to time.

        Raises:
            RunError: If SLURM takes no job, or jobs end again and again before a worker comes.
        """
        if self.refused:
            raise RunError(f"{self.where}: SLURM takes no job: {self.refused[0]}")
        if self.emptied:
            self.emptied = False
            self.cluster.scale(self.asked.workers)
        if monotonic() - self.at <= self.asked.resubmit_seconds:
            return
        self.at = monotonic()
        came = bool(self.cluster.scheduler_info["workers"])
        ended = not came and self._have_ended()
        self.in_vain = 0 if came else self.in_vain + ended
        if self.in_vain >= MOST_IN_VAIN:
            kept = self.asked.slurm.log_directory
            see = f"what they wrote is in {kept}" if kept else "slurm.log_directory keeps it"
            told = f"the jobs end before a worker has started, {self.in_vain} times in a row; {see}"
            raise RunError(f"{self.where}: {told}")
        self.emptied = ended
        self.cluster.scale(0 if self.emptied else self.asked.workers)

    def _have_ended(self) -> bool:
        """Return whether SLURM knows none of the jobs any more."""
        jobs = [str(job) for job in map(_number, self.cluster.workers.values()) if job]
        if not jobs or shutil.which("squeue") is None:
            return False
        words = ["squeue", "--noheader", "--format=%i", f"--jobs={','.join(jobs)}"]
        done = subprocess.run(
            words, env=clean_environment(), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:  # it is an error to ask for jobs that all were forgotten
            return "invalid job id" in done.stderr.lower()
        return not done.stdout.split()


def _number(job: object) -> object:
    """Return the number that SLURM gave a job, None before it did."""
    return getattr(job, "job_id", None)
