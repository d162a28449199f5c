"""The tiers isolate; what does not is found out, refused, and told with its remedy."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("isolation is for Linux", allow_module_level=True)

from mechagents.errors import SandboxError
from mechagents.sandbox import selftest
from mechagents.sandbox.base import Job, Limits, open_sandbox
from mechagents.sandbox.conformance import ConformanceCheck
from mechagents.sandbox.conformance_isolation import ISOLATION_CHECKS
from mechagents.sandbox.inside.order import WALLED
from mechagents.sandbox.local import LocalSandbox
from mechagents.sandbox.orders import Tier
from mechagents.sandbox.selftest import ISOLATING, fault, require, strongest


def _name(check: ConformanceCheck) -> str:
    return getattr(check, "__name__", "check")


@pytest.fixture(params=ISOLATING)
def tier(request: pytest.FixtureRequest) -> Tier:
    if why := fault(request.param):
        pytest.skip(f"{request.param}: {why}")
    return request.param


@pytest.mark.parametrize("check", ISOLATION_CHECKS, ids=_name)
async def test_a_tier_isolates(check: ConformanceCheck, tier: Tier, tmp_path: Path):

    await check(LocalSandbox(tier), tmp_path)


@pytest.mark.parametrize("check", ISOLATION_CHECKS, ids=_name)
async def test_no_isolation_is_found_out(check: ConformanceCheck, tmp_path: Path):
    with pytest.raises(AssertionError):
        await check(LocalSandbox("none"), tmp_path)


def test_the_probe_finds_out_a_sandbox_that_does_not_isolate():
    assert fault("none") == "a program in it could write a file outside"


def test_the_strongest_tier_that_holds_is_taken(tier: Tier):
    assert ISOLATING.index(strongest()) <= ISOLATING.index(tier)
    assert open_sandbox().name == strongest()


def test_without_a_tier_that_holds_nothing_is_opened(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(selftest, "fault", lambda tier: f"{tier} has a hole")
    with pytest.raises(SandboxError, match=r"namespaces has a hole; it needs .*ask for .* none"):
        open_sandbox()
    with pytest.raises(SandboxError, match=r"'landlock' does not hold .*; it needs Linux 5\.13"):
        require("landlock")


async def test_an_execution_names_what_held(tier: Tier, tmp_path: Path):
    outcome = await LocalSandbox(tier).run(Job(source="print(1)", workdir=tmp_path / "run"))
    promised = LocalSandbox(tier).isolation
    if tier == "container":  # what its kernel adds is known once a program has run
        promised = f"{promised.removesuffix(')')}; {outcome.isolation.rpartition('group; ')[2]}"
    # A control group is used where there can be one, and promised nowhere.
    assert outcome.isolation.replace("; cgroup)", ")") == promised
    assert outcome.isolation.startswith(f"{tier} (")
    assert "rlimits" in outcome.isolation
    assert "seccomp" in outcome.isolation or tier in ("container", "seatbelt")


async def test_a_link_in_the_folder_leads_no_artifact_outside(tier: Tier, tmp_path: Path):
    outside, folder = tmp_path / "outside", tmp_path / "run"
    outside.mkdir()
    folder.mkdir()
    (folder / "sub").symlink_to(outside)
    source = (
        "import os\n"
        "if os.path.islink('sub'): os.remove('sub')\n"
        "os.makedirs('sub', exist_ok=True)\n"
        "open('sub/file.txt', 'w').write('x')\n"
    )
    await LocalSandbox(tier).run(Job(source=source, workdir=folder))
    assert list(outside.iterdir()) == []


async def test_a_script_elsewhere_is_run_and_its_neighbours_are_not_seen(
    tier: Tier, tmp_path: Path
):
    script = tmp_path / "own" / "script.py"
    script.parent.mkdir()
    script.write_text("import os\nprint(os.path.exists(__file__.replace('script', 'beside')))\n")
    (script.parent / "beside.py").write_text("secret = 1\n")
    job = Job(script=script, workdir=tmp_path / "run")
    outcome = await LocalSandbox(tier).run(job)
    if tier in WALLED:
        assert outcome.stdout == "False\n", outcome.stderr
    assert outcome.status == "ok"


@pytest.mark.parametrize(("text", "status"), [("raise SystemExit(1)", "error"), ("", "ok")])
async def test_what_is_printed_is_no_evidence_of_a_limit(
    tier: Tier, tmp_path: Path, text: str, status: str
):
    source = f"import sys\nprint('MemoryError', file=sys.stderr)\n{text}\n"
    outcome = await LocalSandbox(tier).run(Job(source=source, workdir=tmp_path / "run"))
    assert outcome.status == status


async def test_memory_that_was_refused_is_told(tier: Tier, tmp_path: Path):
    job = Job(source="b'x' * (1 << 40)\n", workdir=tmp_path / "run")
    outcome = await LocalSandbox(tier).run(job)
    assert (outcome.status, outcome.exit_code) == ("memory_limit", 1)


SYSTEM_PYTHON = Path("/usr/bin/python3")


@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="the system has no Python")
async def test_another_interpreter_runs_in_the_same_isolation(tier: Tier, tmp_path: Path):
    source = "import sys\nprint(sys.prefix)\n"
    job = Job(
        source=source,
        workdir=tmp_path / "run",
        python=SYSTEM_PYTHON,
        cold=False,
        limits=Limits(wall_seconds=20),
    )
    outcome = await LocalSandbox(tier).run(job)
    assert outcome.stdout == "/usr\n", outcome.stderr
    assert "seccomp" in outcome.isolation
    assert "warm" not in outcome.isolation
