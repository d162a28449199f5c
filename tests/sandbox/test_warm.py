"""Warm starts are new every time, leave nothing, and give way to a cold start."""

# ruff: noqa: PTH208

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

if sys.platform != "linux":
    pytest.skip("warm starts are for Linux", allow_module_level=True)

from mechagents.errors import UsageError
from mechagents.sandbox.base import Job, Limits, Outcome
from mechagents.sandbox.inside.processes import descendants
from mechagents.sandbox.local import LocalSandbox
from mechagents.sandbox.selftest import strongest
from mechagents.sandbox.warm import LIBRARIES, SETTING, WarmStarts, chosen_libraries, shared


@pytest.fixture(autouse=True)
def ready() -> None:
    assert shared(LIBRARIES).wait_until_ready(60)


@pytest.fixture
def starts() -> Iterator[WarmStarts]:
    made = WarmStarts(("json",))
    yield made
    made.close()


async def _run(folder: Path, source: str, cold: bool = False, **limits: float) -> Outcome:
    job = Job(source=source, workdir=folder, cold=cold, limits=Limits.model_validate(limits))
    return await LocalSandbox(strongest()).run(job)


async def test_each_has_seeds_of_its_own(tmp_path: Path):
    source = "import random, numpy\nprint(random.random(), numpy.random.random())\n"
    told = [(await _run(tmp_path / name, source)).stdout for name in "ab"]
    assert told[0] != told[1]


async def test_each_has_the_environment_of_a_cold_start(tmp_path: Path):
    source = (
        "import os, sys, tempfile\n"
        "names = sorted(os.environ)\n"
        "print(names, os.getcwd(), os.environ['HOME'], tempfile.gettempdir(), sys.argv, sys.path)\n"
    )
    cold, warm = [await _run(tmp_path / "run", source, cold) for cold in (True, False)]
    assert cold.stdout == warm.stdout
    assert "warm start" in warm.isolation
    assert "warm start" not in cold.isolation


async def test_what_is_left_open_is_written_and_what_runs_at_exit_runs(tmp_path: Path):
    source = (
        "import atexit, threading\n"
        "file = open('left-open.txt', 'w')\n"
        "file.write('written')\n"
        "atexit.register(print, 'bye')\n"
        "threading.Timer(0.1, print, ['thread']).start()\n"
    )
    outcome = await _run(tmp_path / "run", source)
    assert outcome.stdout == "thread\nbye\n"
    assert (tmp_path / "run" / "left-open.txt").read_text() == "written"


@pytest.mark.parametrize("limits", [{"threads": 2}, {"memory_mib": 256}])
async def test_some_jobs_start_cold_whatever_is_asked(tmp_path: Path, limits: dict[str, float]):
    assert "warm" not in (await _run(tmp_path / "run", "1", **limits)).isolation


def _held() -> tuple[int, int, int]:
    """Return how many descriptors, processes below and pages of memory this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return len(os.listdir("/proc/self/fd")), len(descendants(os.getpid())), pages


def _files(folder: Path) -> set[str]:
    """Return what programs could leave behind: in the shared memory and among temporary files."""
    return {*os.listdir("/dev/shm"), *os.listdir(folder)}


@pytest.mark.parametrize("cold", [False, True])
async def test_a_hundred_runs_two_at_a_time_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cold: bool
):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    temporary.chmod(0o755)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    turn = anyio.CapacityLimiter(2)

    async def run(name: str) -> None:
        async with turn:
            outcome = await _run(tmp_path / name, "open('out.txt', 'w').write('x')\n", cold)
        assert outcome.artifacts == ("out.txt",)

    async def several(count: int, kind: str) -> None:
        async with anyio.create_task_group() as group:
            for number in range(count):
                group.start_soon(run, f"{kind}-{number}")

    await several(20, "first")
    before, files = _held(), _files(temporary)
    await several(100, "then")
    after = _held()
    # An interpreter that stands by may be a new one, with a folder of its own.
    new = _files(temporary) ^ files
    assert len(new) <= 2
    assert all(name.startswith("mechagents-warm-") for name in new)
    # How many stand by at a moment varies by a few, each with three processes.
    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 12
    assert after[2] <= before[2] + 1024


def test_an_interpreter_that_cannot_start_leaves_programs_to_start_cold(tmp_path: Path):
    broken = WarmStarts(("threading_starter_that_is_absent",))
    assert broken.wait_until_ready(30)
    broken.close()
    assert not broken.wait_until_ready(0.1)


def test_an_interpreter_removes_its_files_when_its_process_is_killed(tmp_path: Path):
    source = (
        "import os, sys, tempfile\n"
        "from mechagents.sandbox.warm import WarmStarts\n"
        "tempfile.tempdir = sys.argv[1]\n"
        "assert WarmStarts(('json',)).wait_until_ready(30)\n"
        "assert len(os.listdir(sys.argv[1])) == 1\n"
        "os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", source, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    until = time.monotonic() + 10
    while os.listdir(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    assert os.listdir(tmp_path) == []


def test_other_libraries_can_be_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(SETTING, "json, scipy.sparse ,")
    assert chosen_libraries() == ("json", "scipy.sparse")
    monkeypatch.setenv(SETTING, "")
    assert chosen_libraries() == ()
    monkeypatch.setenv(SETTING, "json; numpy")
    with pytest.raises(UsageError, match="'json; numpy' is no module"):
        LocalSandbox()


async def test_only_the_libraries_asked_for_are_there(tmp_path: Path):
    sandbox = LocalSandbox(strongest(), libraries=("fractions",))
    job = Job(source="import sys\nprint('fractions' in sys.modules, 'numpy' in sys.modules)\n",
              workdir=tmp_path / "run", cold=False)  # fmt: skip
    assert shared(("fractions",)).wait_until_ready(60)
    outcome = await sandbox.run(job)
    assert outcome.stdout == "True False\n"
    assert "warm start" in outcome.isolation


def test_a_library_that_is_missing_is_told(caplog: pytest.LogCaptureFixture):
    made = WarmStarts(("no_such_library", "json"))
    assert made.wait_until_ready(30)
    made.close()
    assert "no_such_library (ModuleNotFoundError" in caplog.text


def test_a_retired_interpreter_is_replaced(starts: WarmStarts):
    assert starts.wait_until_ready(30)
    starts.retire()
    assert starts.wait_until_ready(30)


async def test_where_no_fork_answers_a_program_starts_cold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(WarmStarts, "fork", lambda *_: True)
    outcome = await _run(tmp_path / "run", "print('ran')\n")
    assert outcome.stdout == "ran\n"
    assert "warm start" not in outcome.isolation
