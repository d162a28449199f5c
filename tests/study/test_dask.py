"""Samples and benchmarks on Dask workers: the same results, and no secret goes with them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from studies import PROGRAM, HerePool, base, begun, study

from mechagents.errors import MechagentsError, ProblemError, RunError, UsageError
from mechagents.sandbox import open_sandbox
from mechagents.study import run_study
from mechagents.study.dask_place import credentials, open_dask
from mechagents.study.dask_pool import AHEAD, DaskPool, run_apart
from mechagents.study.dask_slurm import read_slurm, slurm_cluster
from mechagents.study.spec import LatinHypercube
from mechagents.study.vary import kept_formulation

SECRET = "do-not-tell-4711"
SLURM = """
workers: 2
slurm:
  cores: 2
  memory: 4 GB
  queue: short
  account: mechanics
  walltime: 00:20:00
  job_extra_directives: [--constraint=fast]
"""
KILL = """
import os, pathlib, signal
mark = pathlib.Path({mark!r})
if not mark.exists():
    {touch}
    up = os.getppid()
    for _ in range(2):  # the sandbox's keeper, the worker process, the Dask worker
        for line in open(f"/proc/{{up}}/status"):
            if line.startswith("PPid:"):
                up = int(line.split()[1])
    os.kill(up, signal.SIGKILL)
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def pool() -> Iterator[DaskPool]:
    """Two Dask workers of this machine, started where a secret is in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOME_API_KEY", SECRET)
        with open_dask("local:2") as pool:
            yield pool


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "dataset.csv").open(newline="") as file:
        return [{k: v for k, v in r.items() if k != "seconds"} for r in csv.DictReader(file)]


def environments() -> dict[str, bytes]:
    """Return the environments of all processes below this one, by command line."""
    below = psutil.Process().children(recursive=True)
    return {
        " ".join(child.cmdline()): Path(f"/proc/{child.pid}/environ").read_bytes()
        for child in below
        if child.status() != psutil.STATUS_ZOMBIE
    }


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """What the study gives without Dask."""
    folder = begun(tmp_path_factory.mktemp("here") / "s")
    run_study(folder, pool=HerePool())
    return rows(folder.path)


@on_linux
def test_dask_workers_give_the_same_rows_and_are_told_no_secret(
    pool: DaskPool, expected: list[dict[str, str]], tmp_path: Path
) -> None:
    # In the strongest tier that there is here.
    folder = begun(tmp_path / "s", answered=base(sandbox=open_sandbox().name))
    run_study(folder, pool=pool)

    assert rows(folder.path) == expected
    told = environments()
    assert sum("mechagents.study.worker" in words for words in told) >= 1
    assert sum("distributed.cli.dask_worker" in words for words in told) == 1
    for words, environment in told.items():
        assert SECRET.encode() not in environment, words
    workers = [e for words, e in told.items() if "mechagents.study.worker" in words]
    assert all(b"OMP_NUM_THREADS=1\0" in environment for environment in workers)


@on_linux
def test_a_dask_worker_that_is_killed_changes_nothing(
    pool: DaskPool, expected: list[dict[str, str]], tmp_path: Path
) -> None:
    mark = tmp_path / "killed"
    kill = KILL.format(mark=str(mark), touch="mark.touch()")
    folder = begun(tmp_path / "s", answered=base(sandbox="none", program=kill + PROGRAM))
    run_study(folder, pool=pool)

    assert mark.exists()
    assert rows(folder.path) == expected


@on_linux
def test_a_sample_that_kills_every_worker_says_so(pool: DaskPool, tmp_path: Path) -> None:
    kill = KILL.format(mark=str(tmp_path / "never"), touch="pass")
    asked = study(sampling=LatinHypercube(samples=1, seed=3))
    folder = begun(tmp_path / "s", asked, base(sandbox="none", program=kill + PROGRAM))
    state = run_study(folder, pool=pool)

    (ran,) = state.failed
    assert (ran.status, ran.reason) == (
        "error", "2 workers died with this sample in hand; is memory short?"
    )  # fmt: skip


def orders(count: int, taken: list[int]) -> Iterator[dict[str, Any]]:
    """Yield orders that are done in no time: their values make no formulation."""
    answered = base()
    formulation = kept_formulation(study(), answered.formulation)
    for number in range(count):
        taken.append(number)
        yield {
            "kind": "sample", "sample": number, "formulation": formulation,
            "changes": {"materials.plate.youngs_modulus": -1.0}, "program": "",
            "settings": {}, "tolerance": 0.1, "level": "consistent",
        }  # fmt: skip


def test_orders_are_taken_as_workers_are_free(pool: DaskPool) -> None:
    taken: list[int] = []
    seen: list[int] = []
    for result in pool.run(orders(40, taken)):
        assert result["status"] == "invalid"
        seen.append(result["sample"])
        assert len(taken) - len(seen) <= AHEAD * pool.width
    assert sorted(seen) == list(range(40))


def test_a_study_that_stops_early_leaves_the_workers_to_the_next(pool: DaskPool) -> None:
    running = pool.run(orders(20, []))
    next(running)
    running.close()
    assert len(list(pool.run(orders(3, [])))) == 3


def test_workers_of_another_version_refuse() -> None:
    with pytest.raises(RuntimeError, match=r"not 0\.0"):
        run_apart("{}", "0.0")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("tcp://192.0.2.7:8786", "is reached by TLS alone"),
        ("tcp://cluster.example:8786", "--protocol tls, and give tls://"),
        ("tls://cluster.example:8786", "no credentials are set; name the files under distributed"),
        ("tcp://127.0.0.1", "give local:4"),
        ("http://127.0.0.1:8786", "give local:4"),
        ("tcp://127.0.0.1:what", "is no address"),
        ("local:0", "give 1 to 1,024 processes"),
        ("here", "give local:4"),
        ("nothing.yaml", "there is no such file"),
    ],
)
def test_a_place_that_cannot_be_is_refused(place: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        open_dask(place)


def test_a_scheduler_that_is_not_there_is_missed_within_seconds() -> None:
    with pytest.raises(RunError, match="there is no Dask scheduler within 5 s"):
        open_dask("tcp://127.0.0.1:1")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r'needs distributed; install "mechagents\[dask\]"'):
        open_dask("local:2")


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("  memory: 4 GB\n", "", "slurm.memory: is missing"),
        ("queue", "partition", "slurm.partition"),
        ("workers: 2", "workers: 0", "workers: "),
    ],
)
def test_a_wrong_slurm_file_is_named_with_line_and_field(
    tmp_path: Path, wrong: str, right: str, told: str
) -> None:
    path = tmp_path / "slurm.yaml"
    path.write_text(SLURM.replace(wrong, right))
    with pytest.raises(ProblemError, match=told):
        read_slurm(path)


def test_a_slurm_job_gets_the_settings_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", SECRET)
    (tmp_path / "slurm.yaml").write_text(SLURM)
    security = credentials(tmp_path)
    with slurm_cluster(read_slurm(tmp_path / "slurm.yaml"), security, []) as cluster:
        script = cluster.job_script()

    for line in ("-p short", "-A mechanics", "--cpus-per-task=2", "--mem=4G", "-t 00:20:00",
                 "--constraint=fast"):  # fmt: skip
        assert f"#SBATCH {line}\n" in script
    assert "--nthreads 1 " in script
    assert "--nworkers 2 " in script
    assert "--no-dashboard" in script
    assert f"--protocol tls:// --tls-ca-file {tmp_path}/ca_file" in script
    assert SECRET not in script
    assert "PRIVATE" not in script
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sbatch: str) -> str:
    """Put commands in SLURM's place, and return a file that asks for its jobs."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, does in {"sbatch": sbatch, "scancel": 'kill -9 -- -"$1"'}.items():
        (commands / name).write_text(f"#!/bin/sh\n{does}\n")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    monkeypatch.setenv("SOME_API_KEY", SECRET)
    path = tmp_path / "slurm.yaml"
    path.write_text(SLURM + f"shared_temp_directory: {tmp_path}\n")
    return str(path)


@on_linux
def test_orders_run_in_the_jobs_that_sbatch_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = (
        f'env > {tmp_path}/environment; cp "$1" {tmp_path}/job; '
        f"setsid bash {tmp_path}/job > {tmp_path}/out 2>&1 & echo Submitted batch job $!"
    )
    with open_dask(stand_in(tmp_path, monkeypatch, start)) as pool:
        results = list(pool.run(orders(4, [])))

    assert sorted(result["sample"] for result in results) == [0, 1, 2, 3]
    environment = (tmp_path / "environment").read_text()
    assert "PATH=" in environment
    assert SECRET not in environment
    assert not list(tmp_path.glob(".mechagents-dask*"))


def test_what_slurm_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse = "echo invalid partition: short >&2; exit 1"
    with (
        open_dask(stand_in(tmp_path, monkeypatch, refuse)) as pool,
        pytest.raises(RunError, match="SLURM takes no job: sbatch ended with 1: invalid partition"),
    ):
        list(pool.run(orders(4, [])))


@on_linux
def test_jobs_that_end_at_once_are_not_asked_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = tmp_path / "begun"
    place = stand_in(tmp_path, monkeypatch, f"echo . >> {begun}; echo Submitted batch job 7")
    (tmp_path / "bin" / "scancel").write_text("#!/bin/sh\n")
    squeue = tmp_path / "bin" / "squeue"
    squeue.write_text(
        "#!/bin/sh\necho 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1\n"
    )
    squeue.chmod(0o755)
    with Path(place).open("a") as file:
        file.write("resubmit_seconds: 0.5\n")
    with (
        open_dask(place) as pool,
        pytest.raises(RunError, match="the jobs end before a worker has started, 3 times in a row"),
    ):
        list(pool.run(orders(4, [])))
    assert 3 <= begun.read_text().count(".") <= 9


def test_a_slurm_file_where_there_is_no_slurm_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slurm.yaml").write_text(SLURM)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="there is no sbatch on this machine"):
        open_dask(str(tmp_path / "slurm.yaml"))


@pytest.mark.parametrize(
    "words",
    [
        ["study", "s.yaml", "--dask", "local:2", "--workers", "3"],
        ["verify", "--suite", "--dask", "local:2", "--jobs", "3"],
    ],
)
def test_the_number_of_workers_is_said_once(words: list[str]) -> None:
    from click.testing import CliRunner

    from mechagents.cli import cli

    with pytest.raises(MechagentsError, match="has no meaning with --dask"):
        CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=False)


def test_a_benchmark_runs_on_a_dask_worker(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mechagents", "verify", "--suite", "heated-bar-clamped",
         "--dask", "local:1", "--runs", "kept", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["passed"]
    assert told["totals"]["quantities_passed"] == told["totals"]["quantities"] == 4
    assert "1/1 ok     heated-bar-clamped" in done.stderr
    kept = tmp_path / "kept" / "heated-bar-clamped"
    assert json.loads((kept / "answer.json").read_text())["claim_level"] == "verified"
