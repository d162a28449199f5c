"""The tiers do the same for a user without rights as for root."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform != "linux" or os.getuid() != 0:
    pytest.skip("the other tests run as a user without rights", allow_module_level=True)

from mechagents.sandbox.selftest import ISOLATING, fault

HERE = Path(__file__).parent


def _as_user(*command: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    starter = [sys.executable, str(HERE / "as_user.py"), sys.executable, *command]
    return subprocess.run(starter, capture_output=True, text=True, check=False, timeout=seconds)


def test_a_user_without_rights_passes_every_check_in_every_tier():
    if not (done := _as_user("-c", "print('became a user')")).stdout:
        pytest.skip(f"no user without rights can be made here: {done.stderr[-300:]}")
    tiers = [tier for tier in ISOLATING if not fault(tier)]
    done = _as_user(str(HERE / "all_checks.py"), *tiers)
    if done.returncode:  # on a busy machine a limit on time may come first; twice is no accident
        done = _as_user(str(HERE / "all_checks.py"), *tiers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == [word for tier in tiers for word in (tier, "held")]


def test_a_user_without_rights_runs_programs_as_engineers_write_them():
    if not (done := _as_user("-c", "print('became a user')")).stdout:
        pytest.skip(f"no user without rights can be made here: {done.stderr[-300:]}")
    tests = ("-p", "no:cacheprovider", "-q", "-k", "not none", str(HERE / "benign"))
    done = _as_user("-B", "-m", "pytest", *tests, seconds=400)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
