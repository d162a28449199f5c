"""A run has a control group where the system lets it, is held by it, and leaves none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio.to_thread
import pytest

if sys.platform != "linux":
    pytest.skip("control groups are for Linux", allow_module_level=True)

from mechagents.sandbox import cgroup
from mechagents.sandbox.base import Job, Limits, Outcome
from mechagents.sandbox.cgroup import Group, make, make_below, parents
from mechagents.sandbox.local import LocalSandbox
from mechagents.sandbox.orders import Tier
from mechagents.sandbox.selftest import ISOLATING, fault
from mechagents.sandbox.warm import LIBRARIES, shared

SMALL = Limits(memory_mib=600, folder_mib=16, wall_seconds=20)
UNMAPPED = (
    "import mmap\n"
    "held = mmap.mmap(-1, 900 << 20)\n"
    "for at in range(0, len(held), 1 << 20):\n"
    "    held[at : at + (1 << 20)] = b'x' * (1 << 20)\n"
    "    held.madvise(mmap.MADV_DONTNEED, at, 1 << 20)\n"
    "print('held')\n"
)
"""Uses more shared memory than allowed, of which no process has much mapped at a time."""
V1_GROUPS = "8:pids:/a\n4:memory:/a/b\n0::/\n"
V1_MOUNTS = (
    "30 20 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "31 20 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
)


def _group() -> Group | None:
    group = make(Limits())
    if group is not None:
        group.remove()
    return group


REAL = pytest.mark.skipif(_group() is None, reason="no control group can be made here")


def _left() -> list[str]:
    """Return the groups of this process that are there."""
    told = Path("/proc/self/cgroup").read_text(), Path("/proc/self/mountinfo").read_text()
    found = parents(*told)
    name = f"mechagents-{os.getpid()}-*"
    return [str(path) for above in (found[0] if found else []) for path in above.glob(name)]


# A container has the group that its engine makes.
@pytest.fixture(params=[tier for tier in ISOLATING if tier != "container"])
def tier(request: pytest.FixtureRequest) -> Tier:
    if why := fault(request.param):
        pytest.skip(f"{request.param}: {why}")
    return request.param


async def _run(tier: Tier, folder: Path, source: str, cold: bool = True) -> Outcome:
    job = Job(source=source, workdir=folder, limits=SMALL, cold=cold)
    return await LocalSandbox(tier).run(job)


@REAL
async def test_memory_that_no_process_maps_is_limited(tier: Tier, tmp_path: Path):
    outcome = await _run(tier, tmp_path / "run", UNMAPPED)
    assert (outcome.status, outcome.stdout) == ("memory_limit", ""), outcome
    assert outcome.isolation.endswith("; cgroup)")
    assert "kernel" in outcome.message
    assert _left() == []


@REAL
@pytest.mark.parametrize("tier", ["namespaces", "landlock"], indirect=True)
async def test_a_warm_start_is_limited_too(tier: Tier, tmp_path: Path):
    await anyio.to_thread.run_sync(shared(LIBRARIES).wait_until_ready, 60)
    outcome = await _run(tier, tmp_path / "run", UNMAPPED, cold=False)
    assert (outcome.status, outcome.stdout) == ("memory_limit", ""), outcome
    assert outcome.isolation.endswith("; cgroup; warm start)")
    assert _left() == []


async def test_without_a_group_that_memory_is_seen_by_nobody(
    tier: Tier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cgroup, "make", lambda *_: None)
    outcome = await _run(tier, tmp_path / "run", UNMAPPED)
    assert outcome.status == "ok", outcome
    assert "cgroup" not in outcome.isolation


@REAL
def test_a_group_of_a_dead_process_is_removed():
    source = (
        "import os\nfrom mechagents.sandbox.cgroup import make\n"
        "from mechagents.sandbox.base import Limits\n"
        "print(*make(Limits()).folders, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    dead = subprocess.run([sys.executable, "-c", source], capture_output=True, check=False)
    folders = [Path(word) for word in dead.stdout.decode().split()]
    assert folders
    assert all(folder.exists() for folder in folders)
    _group()
    assert not any(folder.exists() for folder in folders)


def test_in_version_1_it_is_made_below_our_own():
    found = [Path("/sys/fs/cgroup/memory/a/b"), Path("/sys/fs/cgroup/pids/a")]
    assert parents(V1_GROUPS, V1_MOUNTS) == (found, False)


def test_a_hierarchy_that_is_not_mounted_is_none():
    assert parents(V1_GROUPS, "") is None
    assert parents("0::/user\n", "") is None


def _unified(point: Path, beside: str, own: str) -> tuple[list[Path], bool] | None:
    """Return where a group can be made in a tree that hands down these controllers."""
    (point / "app.slice" / "run.scope").mkdir(parents=True)
    (point / "app.slice" / "cgroup.subtree_control").write_text(beside)
    (point / "app.slice" / "run.scope" / "cgroup.subtree_control").write_text(own)
    mounts = f"30 20 0:26 / {point} rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
    return parents("0::/app.slice/run.scope\n", mounts)


def test_in_version_2_it_is_made_beside_or_below_where_controllers_are_handed_down(tmp_path: Path):
    slice_ = tmp_path / "a" / "app.slice"
    assert _unified(tmp_path / "a", "cpu memory pids", "") == ([slice_], True)
    own = tmp_path / "b" / "app.slice" / "run.scope"
    assert _unified(tmp_path / "b", "cpu", "memory pids") == ([own], True)
    assert _unified(tmp_path / "c", "memory", "pids") is None


def test_a_place_that_only_looks_like_a_hierarchy_gives_no_group(tmp_path: Path):
    assert make_below([tmp_path], True, Limits()) is None
    assert list(tmp_path.iterdir()) == []


def test_version_2_is_told_its_limits_and_read(tmp_path: Path):
    names = "memory.max memory.swap.max memory.oom.group pids.max cgroup.kill cgroup.procs"
    for name in names.split():
        (tmp_path / name).touch()
    events = tmp_path / "memory.events"
    events.write_text("low 0\nmax 9\noom 2\noom_kill 0\n")
    group = Group([tmp_path], True)
    group.limit(Limits(memory_mib=100, processes=10), 20)
    group.kill()
    said = [(tmp_path / name).read_text() for name in names.split()[:5]]
    assert said == [str(120 << 20), "0", "1", "104", "1"]
    assert not group.out_of_memory
    events.write_text("low 0\nmax 9\noom 2\noom_kill 1\n")
    assert group.out_of_memory
