"""Programs as engineers write them run in every tier, and leave what they should."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
import pytest_asyncio

from mechagents.sandbox.base import SANDBOXES, Job, Limits, Sandbox, open_sandbox
from mechagents.sandbox.selftest import fault

if sys.platform == "win32":
    pytest.skip("the programs are for POSIX", allow_module_level=True)

PROGRAMS = {
    path.stem: path.read_text() for path in sorted(Path(__file__).parent.glob("programs/*.py"))
}
LEAVES = {
    "meshing": {"plate.vol", "plate.vtu", "plate.msh", "plate.vtk"},
    "solving": {"fields.vtu", "results.json"},
    "plotting": {"stress.png", "stress.pdf", "stress.svg"},
    "temporary": {
        "copied.txt", "copied-with-times.txt", "mapped.bin", "deep/moved.txt", "deep/er/file.txt",
        "packed.zip",
    },
    "inputs": {"settings.json", "data.sqlite", "run.log"},
    "signals": {"dump.txt"},
}  # fmt: skip
"""The artifacts of each program; of one that is not named here, none."""
INPUTS: dict[str, bytes | str] = {
    "settings.json": '{"refinement": 3}',
    "helper.py": "def double(x):\n    return 2 * x\n",
}
LIMITS = Limits(wall_seconds=90, threads=2)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=list(SANDBOXES))
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    if request.param in ("bubblewrap", "container", "seatbelt") and (why := fault(request.param)):
        pytest.skip(f"{request.param}: {why}")
    async with open_sandbox(request.param) as sandbox:
        yield sandbox


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_program_runs(name: str, sandbox: Sandbox, tmp_path: Path):
    inputs = INPUTS if name == "inputs" else {}
    folder = tmp_path / "folder"
    job = Job(source=PROGRAMS[name], workdir=folder, inputs=inputs, limits=LIMITS)
    outcome = await sandbox.run(job)
    assert (outcome.status, outcome.exit_code) == ("ok", 0), outcome.stderr[-2000:]
    assert outcome.stdout.splitlines()[-1] == "fine"
    assert set(outcome.artifacts) == LEAVES.get(name, set())
    assert all((folder / file).is_file() for file in outcome.artifacts)


@pytest.mark.asyncio(loop_scope="module")
async def test_programs_run_side_by_side(sandbox: Sandbox, tmp_path: Path):
    ended: list[str] = []

    async def run(name: str) -> None:
        job = Job(source=PROGRAMS["solving"], workdir=tmp_path / name, limits=LIMITS)
        outcome = await sandbox.run(job)
        ended.append(outcome.status + outcome.stderr)

    async with anyio.create_task_group() as group:
        for name in "abc":
            group.start_soon(run, name)
    assert ended == ["ok"] * 3


def test_every_program_says_at_its_end_that_all_was_well():
    for source in PROGRAMS.values():
        assert source.rstrip().endswith('print("fine")')
