"""A run that is killed at any instant resumes to the same answer and repeats nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mechagents.log import FILE_NAME, read_log
from mechagents.messages import Selection

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
DRIVER = Path(__file__).parent / "kill_driver.py"
KILLS = 50
KILLS_OF_CANDIDATES = 6


def _start(do: str, folder: Path, candidates: int = 1) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(DRIVER), do, str(folder), str(candidates)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _wait(process: subprocess.Popen[bytes]) -> None:
    _, told = process.communicate()
    assert process.returncode == 0, told.decode()


def _answer(folder: Path) -> dict[str, Any]:
    answer = json.loads((folder / "answer.json").read_text())
    for changing in ("run",):
        answer.pop(changing)
    answer["usage"].pop("seconds")
    return answer


def _kill(process: subprocess.Popen[bytes], folder: Path, limit: int) -> bytes:
    """Kill a run once its log has grown past a size, and return the log."""
    path = folder / FILE_NAME
    while process.poll() is None:
        if _begun(folder) and path.stat().st_size >= limit:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    return path.read_bytes()


def _begun(folder: Path) -> bool:
    path = folder / FILE_NAME
    return path.is_file() and path.read_bytes().count(b"\n") >= 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int]:
    """The answer of a run that nobody killed, and the bytes of its log."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    _wait(_start("solve", folder))
    return _answer(folder), (folder / FILE_NAME).stat().st_size


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_run_resumes_to_the_same_answer_and_repeats_nothing(
    seed: int, whole: tuple[dict[str, Any], int], tmp_path: Path
) -> None:
    answer, size = whole
    folder = tmp_path / "run"
    # Kill once the log has grown past a random size: anywhere in the run, however fast it is.
    limit = random.Random(seed).randrange(1, size)
    before = _kill(_start("solve", folder), folder, limit)
    _wait(_start("resume", folder))

    assert _answer(folder) == answer
    kept = before[: before.rfind(b"\n") + 1]
    assert (folder / FILE_NAME).read_bytes().startswith(kept), "what was logged was rewritten"
    done = Counter(
        (e.sender, e.cause, e.message.kind)
        for e in read_log(folder)
        if e.message.kind in ("model_call", "execution")
    )
    assert max(done.values()) == 1, f"done twice: {done.most_common(3)}"
    left = {path.name for path in folder.iterdir()}
    assert "answer.json.part" not in left


@pytest.fixture(scope="module")
def whole_race(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int, int]:
    """The answer of a run with candidates, and where in its log they begin and end [bytes]."""
    folder = tmp_path_factory.mktemp("race") / "run"
    _wait(_start("solve", folder, 3))
    lines = (folder / FILE_NAME).read_bytes().splitlines(keepends=True)
    log = read_log(folder)
    first, last = (log.envelopes_of(kind)[0].seq for kind in ("candidates", "selection"))
    return _answer(folder), *(sum(map(len, lines[:n])) for n in (first - 1, last))


@pytest.mark.parametrize("seed", range(KILLS_OF_CANDIDATES))
def test_a_run_that_is_killed_amid_candidates_answers_the_same_and_repeats_nothing(
    seed: int, whole_race: tuple[dict[str, Any], int, int], tmp_path: Path
) -> None:
    answer, first, last = whole_race
    folder = tmp_path / "run"
    limit = random.Random(seed).randrange(first, last)
    before = _kill(_start("solve", folder, 3), folder, limit)
    _wait(_start("resume", folder, 3))
    # How far the others had come when one passed depends on when that was.
    same = ("quantities", "checks", "claim_level", "accepted", "assumptions")
    found = _answer(folder)
    assert {key: found[key] for key in same} == {key: answer[key] for key in same}
    assert (folder / FILE_NAME).read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    log = read_log(folder)
    done = Counter(
        (e.sender, e.cause, getattr(e.message, "lane", 0), e.message.kind)
        for e in log
        if e.message.kind in ("model_call", "execution", "candidates", "selection")
    )
    assert max(done.values()) == 1, f"done twice: {done.most_common(3)}"
    ends = {one.lane: one.ended for one in log.of(Selection)[0].candidates}
    assert (ends[2], ends[3]) == ("passed", "cancelled")
