"""Every tier does what every sandbox must; sandboxes that do not are found out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import anyio
import anyio.to_thread
import pytest

from mechagents.sandbox import conformance
from mechagents.sandbox.base import PROGRAM_FILE, Job, Outcome, Sandbox
from mechagents.sandbox.conformance import CHECKS, ConformanceCheck
from mechagents.sandbox.folder import put
from mechagents.sandbox.local import LocalSandbox
from mechagents.sandbox.orders import Tier
from mechagents.sandbox.selftest import fault
from mechagents.sandbox.warm import WARM_TIERS, chosen_libraries, shared

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the checks are for POSIX")


class BareSandbox(LocalSandbox):
    """What one would write first: a subprocess, and whatever it says."""

    async def run(self, job: Job) -> Outcome:
        """Run a program with no limit at all."""
        process = await anyio.to_thread.run_sync(_start, job)
        try:
            out, err = await anyio.to_thread.run_sync(process.communicate, abandon_on_cancel=True)
        finally:
            process.kill()
        return Outcome(
            status="error" if process.returncode else "ok",
            exit_code=process.returncode,
            stdout=out.decode(errors="replace"),
            stderr=err.decode(errors="replace"),
            stdout_bytes=len(out),
            artifacts=tuple(sorted(p.name for p in job.workdir.iterdir())),
            isolation=self.isolation,
            message="it ended",
        )


def _start(job: Job) -> subprocess.Popen[bytes]:
    job.workdir.mkdir(parents=True, exist_ok=True)
    for name, content in {**job.inputs, PROGRAM_FILE: job.source or ""}.items():
        put(job.workdir, name, content)
    return subprocess.Popen(
        [sys.executable, PROGRAM_FILE],
        cwd=job.workdir,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        close_fds=False,
    )


class WarmSandbox(LocalSandbox):
    """Starts every program warm."""

    async def run(self, job: Job) -> Outcome:
        """Run a job without a cold start; if it does not say so, find that out."""
        await anyio.to_thread.run_sync(shared(chosen_libraries()).wait_until_ready, 60)
        outcome = await super().run(job.model_copy(update={"cold": False}))
        assert "warm start" in outcome.isolation or outcome.status != "ok"
        return outcome


class IdleSandbox(LocalSandbox):
    """Runs nothing and says that all is well."""

    async def run(self, job: Job) -> Outcome:
        """Say that all is well."""
        return Outcome(status="ok", exit_code=0, isolation=self.isolation, message="done")


class MuteSandbox(LocalSandbox):
    """Loses what is printed on standard error."""

    async def run(self, job: Job) -> Outcome:
        """Run a job properly, and lose its standard error."""
        outcome = await super().run(job)
        return outcome.model_copy(update={"stderr": ""})


class BlockingSandbox(LocalSandbox):
    """Holds the event loop while a program runs."""

    async def run(self, job: Job) -> Outcome:
        """Run a job on the loop's own thread."""
        process = _start(job)
        out, _ = process.communicate()
        return Outcome(status="ok", stdout=out.decode(), isolation=self.isolation)


SHORTCOMINGS = {
    conformance.runs_a_program: "it did not end well",
    conformance.shows_no_secret: "it can read the environment",
    conformance.passes_on_no_descriptor: "it holds other descriptors",
    conformance.prefers_installed_modules: "modules are looked for in another order",
    conformance.tells_how_a_program_ended: "is not told as",
    conformance.ends_at_the_wall_limit: "the status is not wall_timeout",
    conformance.ends_at_the_cpu_limit: "the status is not cpu_limit",
    conformance.ends_at_the_memory_limit: "the status is not memory_limit",
    conformance.adds_up_memory: "the status is not memory_limit",
    conformance.ends_at_the_process_limit: "the status is not process_limit",
    conformance.ends_at_the_file_limit: "the status is not disk_limit",
    conformance.ends_at_the_folder_limit: "the status is not disk_limit",
    conformance.ends_a_flood: "the status is not output_flood",
    conformance.makes_output_harmless: "output is not made harmless",
    conformance.leaves_nothing_running: "a process is still alive",
    conformance.leaves_nothing_when_cancelled: "a process is still alive",
    conformance.takes_regular_files_only: "other things were handed back",
}
"""Where a bare subprocess falls short. The checks left out are those it may well pass."""


OF_SMALL_MEMORY = (conformance.ends_at_the_memory_limit, conformance.adds_up_memory)
"""Checks with less memory than libraries take, which start cold in any case."""


def skip_unless_it_holds(tier: Tier) -> None:
    if tier != "none" and fault(tier):
        pytest.skip(f"{tier}: {fault(tier)}")


def _name(check: ConformanceCheck) -> str:
    return getattr(check, "__name__", "check")


@pytest.mark.parametrize("tier", get_args(Tier))
@pytest.mark.parametrize("check", CHECKS, ids=_name)
async def test_a_tier_passes(check: ConformanceCheck, tier: Tier, tmp_path: Path):
    skip_unless_it_holds(tier)
    async with LocalSandbox(tier) as sandbox:
        assert isinstance(sandbox, Sandbox)
        await check(sandbox, tmp_path)


@pytest.mark.parametrize("tier", WARM_TIERS)
@pytest.mark.parametrize("check", [c for c in CHECKS if c not in OF_SMALL_MEMORY], ids=_name)
async def test_a_warm_start_passes(check: ConformanceCheck, tier: Tier, tmp_path: Path):
    skip_unless_it_holds(tier)
    async with WarmSandbox(tier) as sandbox:
        await check(sandbox, tmp_path)


@pytest.mark.parametrize("check", SHORTCOMINGS, ids=_name)
async def test_a_bare_subprocess_is_found_out(check: ConformanceCheck, tmp_path: Path):
    with pytest.raises(AssertionError, match=SHORTCOMINGS[check]):
        await check(BareSandbox(), tmp_path)


async def test_a_sandbox_that_loses_a_stream_is_found_out(tmp_path: Path):
    with pytest.raises(AssertionError, match="the error was lost"):
        await conformance.keeps_both_streams_of_a_failure(MuteSandbox(), tmp_path)


async def test_a_sandbox_that_blocks_the_loop_is_found_out(tmp_path: Path):
    with pytest.raises(AssertionError, match="the event loop was blocked"):
        await conformance.runs_side_by_side(BlockingSandbox(), tmp_path)


WAITS_FOR_ITS_PROGRAM = conformance.leaves_nothing_when_cancelled


SEEN_TO_FAIL_AT_ONCE = [check for check in CHECKS if check is not WAITS_FOR_ITS_PROGRAM]


@pytest.mark.parametrize("check", SEEN_TO_FAIL_AT_ONCE, ids=_name)
async def test_a_sandbox_that_runs_nothing_passes_no_check(check: ConformanceCheck, tmp_path: Path):
    with pytest.raises((AssertionError, OSError, ValueError)):
        await check(IdleSandbox(), tmp_path)


def test_every_check_says_what_it_asks_for():
    assert all(check.__doc__ for check in CHECKS)
