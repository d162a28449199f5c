"""bwrap is found, judged and told the right things; what it makes is sized and closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("bubblewrap is for Linux", allow_module_level=True)

from mechagents.sandbox import bwrap
from mechagents.sandbox.base import Job, Limits, Outcome
from mechagents.sandbox.inside.bubblewrap import arguments
from mechagents.sandbox.inside.order import Order
from mechagents.sandbox.inside.processes import descendants
from mechagents.sandbox.local import LocalSandbox
from mechagents.sandbox.selftest import fault

HERE = Path(__file__).parent
WHY = fault("bubblewrap")
NEEDS_BWRAP = pytest.mark.skipif(bool(WHY), reason=f"bubblewrap: {WHY}")
MOUNTS = "print(open('/proc/self/mountinfo').read())\n"


async def _run(folder: Path, source: str, **more: object) -> Outcome:
    job = Job.model_validate({"source": source, "workdir": folder, **more})
    return await LocalSandbox("bubblewrap").run(job)


def _loose(mountinfo: str) -> set[str]:
    """Return where something may be written that is no device and of no fixed size."""
    found: set[str] = set()
    for line in filter(None, mountinfo.splitlines()):
        words = line.split()
        place, flags, options = words[4], words[5].split(","), words[-1].split(",")
        writable = "rw" in flags and "rw" in options
        device = place.startswith("/dev/") and Path(place).is_char_device()
        if writable and not device and not any(x.startswith("size=") for x in options):
            found.add(place)
    return found


@NEEDS_BWRAP
async def test_all_that_may_be_written_has_a_size(tmp_path: Path):
    outcome = await _run(tmp_path / "run", MOUNTS)
    assert outcome.status == "ok", outcome.stderr
    assert _loose(outcome.stdout) == set()


@NEEDS_BWRAP
def test_in_plain_bubblewrap_not_all_that_may_be_written_has_a_size():
    plain = ["--unshare-user", "--ro-bind", "/", "/", "--dev", "/dev", "--tmpfs", "/tmp"]
    told = subprocess.run(
        [str(bwrap.find()), *plain, "cat", "/proc/self/mountinfo"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert {"/tmp", "/dev"} <= _loose(told.stdout), told.stderr


@NEEDS_BWRAP
async def test_each_file_system_is_bounded_by_the_kernel(tmp_path: Path):
    source = (
        "import os\n"
        "for place in ('.', '/tmp', '/dev/shm'):\n"
        "    told = os.statvfs(place)\n"
        "    print(told.f_blocks * told.f_frsize >> 20)\n"
    )
    outcome = await _run(tmp_path / "run", source, limits=Limits(folder_mib=8))
    assert outcome.stdout.split() == ["10"] * 3


@NEEDS_BWRAP
async def test_a_link_in_a_granted_folder_leads_nobody_outside(tmp_path: Path):
    given, outside = tmp_path / "given", tmp_path / "outside"
    given.mkdir()
    outside.mkdir(mode=0o777)
    # What an earlier program may have left: seen by bwrap while it builds a root.
    (given / "sub").symlink_to(f"/oldroot{outside}")
    (tmp_path / "beside").mkdir()
    (given / "good").symlink_to(tmp_path / "beside")
    outcome = await _run(given / "good" / "run", "print(1)\n", readable=(given,))
    assert (outcome.status, outcome.stdout) == ("setup_error", "")
    assert "a link leads to" in outcome.message
    assert list(outside.iterdir()) == []


@NEEDS_BWRAP
async def test_what_is_granted_inside_the_folder_is_read_only(tmp_path: Path):
    folder = tmp_path / "run"
    (folder / "given" / "deep").mkdir(parents=True)
    (folder / "given" / "deep" / "data.txt").write_text("data")
    (folder / "own.txt").write_text("own")
    source = (
        "open('own.txt', 'a').write('!')\n"
        "print(open('given/deep/data.txt').read())\n"
        "open('given/deep/data.txt', 'w')\n"
    )
    outcome = await _run(folder, source, readable=(folder / "given",))
    assert outcome.stdout == "data\n"
    assert "Read-only file system" in outcome.stderr or "Permission denied" in outcome.stderr
    assert outcome.artifacts == ("own.txt",)
    assert (folder / "own.txt").read_text() == "own!"


@NEEDS_BWRAP
async def test_a_program_starts_cold_whatever_is_asked(tmp_path: Path):
    outcome = await _run(tmp_path / "run", "print(1)\n", cold=False)
    assert "warm" not in outcome.isolation
    assert f"bwrap {bwrap.version(bwrap.find())}; user, mount" in outcome.isolation


@NEEDS_BWRAP
async def test_what_bwrap_says_when_it_fails_is_told(tmp_path: Path):
    cannot_be_shown = Path(f"/proc/{os.getpid()}/task")
    outcome = await _run(tmp_path / "run", "print(1)\n", readable=(cannot_be_shown,))
    assert outcome.status == "setup_error"
    assert "bwrap: " in outcome.message


HOST = """
import sys, threading
from pathlib import Path
from mechagents.sandbox.base import Job
from mechagents.sandbox.local import LocalSandbox

source = "import os, time\\nif os.fork() == 0: os.setsid()\\nprint(1)\\ntime.sleep(60)\\n"
job = Job(source=source, workdir=Path(sys.argv[1]))
LocalSandbox("bubblewrap").run_blocking(job, threading.Event())
"""


@NEEDS_BWRAP
def test_nothing_outlives_a_killed_host(tmp_path: Path):
    def below() -> list[int]:
        return descendants(host.pid)

    with subprocess.Popen([sys.executable, "-c", HOST, str(tmp_path / "run")]) as host:
        # The keeper, bwrap, the first of the tree, the program and its fork.
        while len(below()) < 5:
            assert host.poll() is None
        watched = [os.pidfd_open(pid) for pid in below()]
        host.send_signal(signal.SIGKILL)
    for process in watched:
        _wait(process)


def _wait(process: int) -> None:
    """Wait for the end of a process, who is nobody's child here."""
    import select

    ended = select.select([process], [], [], 30)[0]
    os.close(process)
    assert ended, "a process is still alive"


@NEEDS_BWRAP
def test_it_is_taken_where_user_namespaces_are_given_to_bwrap_alone():
    source = (
        "from mechagents.sandbox import open_sandbox\n"
        "from mechagents.sandbox.selftest import fault\n"
        "print(fault('namespaces'))\n"
        "print(open_sandbox().name)\n"
    )
    command = [sys.executable, str(HERE / "only_bwrap.py"), sys.executable, "-c", source]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if bwrap.find() != bwrap.USUAL or "seccomp: " in told.stderr:
        pytest.skip(f"calls cannot be answered here: {told.stderr[-300:]}")
    why, taken = told.stdout.splitlines()
    assert "Permission denied" in why
    assert taken == "bubblewrap"


def _fake(folder: Path, says: str) -> Path:
    place = folder / "bwrap"
    place.write_text(f"#!/bin/sh\necho '{says}'\n")
    place.chmod(0o755)
    return place


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("bubblewrap 0.6.2", "limits the size of no memory file system"),
        ("bwrap 0.0.0", "does not say which version of bubblewrap it is"),
        ("bubblewrap 0.7.0", ""),
        ("bubblewrap 1.0", ""),
    ],
)
def test_a_bwrap_that_cannot_be_used_is_told(tmp_path: Path, says: str, why: str):
    told = bwrap.fault(_fake(tmp_path, says))
    assert told.endswith(why)
    assert bool(told) == bool(why)


def test_a_bwrap_with_the_right_of_root_is_not_used(tmp_path: Path):
    place = _fake(tmp_path, "bubblewrap 0.11.0")
    place.chmod(0o4755)
    assert "setuid" in bwrap.fault(place)


def test_no_bwrap_is_told_with_its_remedy():
    assert bwrap.fault(None) == "there is no bwrap"


@pytest.mark.parametrize(
    ("found", "warned"), [("0.8.0", True), ("0.11.2", True), ("0.12.0", False), ("", False)]
)
def test_a_version_with_a_known_fault_is_named(found: str, warned: bool):
    assert ("CVE-2026-87766" in bwrap.remark(found)) == warned


def _order(version: str) -> Order:
    words = ["script=/w/program.py", "temp=/t", "workdir=/w", "tier=bubblewrap", "bytes=4096"]
    return Order([*words, "bwrap=/usr/bin/bwrap", f"bwrap_version={version}"])


@pytest.mark.parametrize(("version", "can"), [("0.7.0", False), ("0.8.0", True), ("1.0", True)])
def test_it_is_told_to_keep_namespaces_from_being_made_where_it_can(version: str, can: bool):
    assert ("--disable-userns" in arguments(_order(version), [], {})) == can


def test_only_devices_are_bound_to_be_written():
    told = arguments(_order("0.8.0"), ["/given"], {"/given": "/elsewhere"})
    assert "--bind" not in told
    assert told.count("--tmpfs") == told.count("--size") == 3
    assert told[told.index("--remount-ro", told.index("/given")) + 1] == "/"
    at = told.index("/elsewhere")
    assert told[at - 1 : at + 2] == ["--ro-bind", "/elsewhere", "/given"]
