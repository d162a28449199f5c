"""Whether a process works on a run: told in a container and on foreign file systems too."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from mechagents.log import FILE_NAME, PATIENCE
from mechagents.view.status import LOCK, RECENT, status_of, writing

NOWHERE = Path("/nowhere/locks")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / FILE_NAME).write_text("")
    return tmp_path


@pytest.fixture
def held(run: Path) -> Iterator[Path]:
    """Return a run whose log another process writes."""
    code = (
        "import sys; from filelock import FileLock\n"
        f"with FileLock({str(run / LOCK)!r}): print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    yield run
    holder.communicate(timeout=20)


@pytest.mark.parametrize("list_of_locks", ["missing", "of another container", "there"])
def test_a_run_at_work_is_seen_with_and_without_a_list_of_locks(
    held: Path, tmp_path: Path, list_of_locks: str
) -> None:
    empty = tmp_path / "locks"
    empty.write_text("")
    locks = {"missing": NOWHERE, "of another container": empty}.get(list_of_locks)
    assert writing(held) if locks is None else writing(held, locks=locks)


def test_a_run_that_was_left_is_not_at_work(run: Path) -> None:
    assert writing(run) is False
    with FileLock(run / LOCK):
        assert writing(run, locks=NOWHERE) is True
    assert writing(run, locks=NOWHERE) is False


def test_a_process_in_a_container_of_its_own_sees_the_run(held: Path) -> None:
    apart = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
    try:
        can = subprocess.run([*apart, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        can = False
    if not can:
        pytest.skip("no namespace of processes can be made here")
    code = (
        "from pathlib import Path; from mechagents.view.status import LOCKS, _is_listed, writing\n"
        f"run = Path({str(held)!r})\n"
        f"print(_is_listed((run / {LOCK!r}).stat(), LOCKS), writing(run))"
    )
    told = subprocess.run([*apart, sys.executable, "-c", code], capture_output=True, text=True,
                          check=True).stdout  # fmt: skip
    assert told.split() == ["False", "True"]  # not in its list of locks, and seen all the same


def test_looking_keeps_no_process_from_beginning(run: Path) -> None:
    (run / LOCK).touch()
    code = (
        "from pathlib import Path; from mechagents.view.status import writing\n"
        f"print('looks', flush=True)\nwhile True: writing(Path({str(run)!r}), locks=Path('/none'))"
    )
    looks = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert looks.stdout is not None
    looks.stdout.readline()
    try:
        for _ in range(100):
            with FileLock(run / LOCK, timeout=PATIENCE, poll_interval=PATIENCE / 10):
                pass
    except Timeout:
        pytest.fail("a process that looked kept a writer away")
    finally:
        looks.kill()
        looks.communicate()


@pytest.mark.parametrize("kind", ["virtiofs", "fuse.sshfs", "9p", "cifs"])
def test_where_locks_may_not_reach_a_recent_run_is_unknown(
    run: Path, tmp_path: Path, kind: str
) -> None:
    (run / LOCK).touch()
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"21 1 0:20 / / rw - ext4 /dev/vda rw\n"
        f"35 21 0:31 / {run} rw,relatime shared:1 - {kind} share rw\n"
    )
    assert writing(run, mounts=mounts) is None
    assert status_of(None, None) == "unknown"
    before = time.time() - RECENT - 60
    os.utime(run / FILE_NAME, (before, before))
    assert writing(run, mounts=mounts) is False
    mounts.write_text("21 1 0:20 / / rw - ext4 /dev/vda rw\n")
    assert writing(run, mounts=mounts) is False


def test_a_lock_that_cannot_be_opened_is_unknown_and_no_link_is_followed(
    run: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").touch()
    (run / LOCK).symlink_to(tmp_path / "elsewhere")
    with FileLock(tmp_path / "elsewhere"):
        assert writing(run) is False
    if os.geteuid() == 0:
        return  # who may read everything
    (run / LOCK).unlink()
    (run / LOCK).touch(mode=0)
    assert writing(run) is None


def test_an_answer_is_an_answer_wherever_it_is() -> None:
    last = {"message": {"kind": "answer", "accepted": True}}
    assert status_of(last, None) == "answered"
    assert status_of({"message": {"kind": "question"}}, None) == "waiting"
