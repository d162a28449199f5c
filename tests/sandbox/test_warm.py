"""Warm starts are new every time, leave nothing, and give way to a cold start."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

if sys.platform != "linux":
    pytest.skip("warm starts are for Linux", allow_module_level=True)

from mechagents.sandbox.base import Job, Limits, Outcome
from mechagents.sandbox.inside.processes import descendants
from mechagents.sandbox.local import LocalSandbox
from mechagents.sandbox.selftest import strongest
from mechagents.sandbox.warm import WarmStarts, shared


@pytest.fixture(autouse=True)
def ready() -> None:
    assert shared().wait_until_ready(60)


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


def _held() -> tuple[int, int]:
    return len(list(Path("/proc/self/fd").iterdir())), len(descendants(os.getpid()))


async def test_a_hundred_runs_two_at_a_time_leave_nothing(tmp_path: Path):
    turn = anyio.CapacityLimiter(2)

    async def run(name: str) -> None:
        async with turn:
            outcome = await _run(tmp_path / name, "open('out.txt', 'w').write('x')\n")
        assert outcome.artifacts == ("out.txt",)

    async def several(count: int, kind: str) -> None:
        async with anyio.create_task_group() as group:
            for number in range(count):
                group.start_soon(run, f"{kind}-{number}")

    await several(4, "first")
    before = _held()
    await several(100, "then")
    after = _held()
    # How many stand by at a moment varies by a few, each with three processes.
    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 12


def test_an_interpreter_that_cannot_start_leaves_programs_to_start_cold(tmp_path: Path):
    broken = WarmStarts(("threading_starter_that_is_absent",))
    assert broken.wait_until_ready(30)
    broken.close()
    assert not broken.wait_until_ready(0.1)


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
