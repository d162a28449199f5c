"""Kills the command line at random moments and resumes it, until it has been done often enough.

    python benchmarks/kill_and_resume.py [PROBLEM] [TIMES]

Each time ``mechagents solve PROBLEM`` is started, killed with SIGKILL at a random moment of the
time that an undisturbed run takes, and finished by ``mechagents resume``. The answer must be the
undisturbed one, and no model call or execution may be in the log twice. Prints a line a kill,
and exits with 1 at the first difference. POSIX only.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

from mechagents.log import FILE_NAME, read_log
from mechagents.messages import Problem

COMMAND = [sys.executable, "-m", "mechagents"]


def solve(problem: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start to solve a problem in a folder."""
    words = ["solve", problem, "--folder", str(folder), "--quiet"]
    return subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def answer_in(folder: Path) -> dict[str, Any]:
    """Return the answer, without what two runs cannot share."""
    answer = json.loads((folder / "answer.json").read_text())
    del answer["run"], answer["usage"]["seconds"]
    return dict(answer)


def done_twice(folder: Path) -> list[tuple[Any, int]]:
    """Return the model calls and executions that are in the log more than once."""
    done = Counter(
        (e.sender, e.cause, e.message.kind)
        for e in read_log(folder)
        if e.message.kind in ("model_call", "execution")
    )
    return [(what, times) for what, times in done.items() if times > 1]


def main(problem: str = "copper-plate", times: str = "50") -> int:
    """Kill and resume; return 0 if nothing was lost, changed or repeated."""
    with tempfile.TemporaryDirectory() as scratch:
        whole, start = Path(scratch) / "whole", time.monotonic()
        solve(problem, whole).wait()
        lasts, answer = time.monotonic() - start, answer_in(whole)
        print(f"{problem}: undisturbed in {lasts:.1f} s")
        kills = 0
        for kill in count():
            if kills == int(times):
                break
            folder = Path(scratch) / str(kill)
            moment = random.Random(kill).uniform(0, lasts)
            process, start = solve(problem, folder), time.monotonic()
            while process.poll() is None and time.monotonic() - start < moment:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait()
            log = folder / FILE_NAME
            if not log.is_file() or read_log(folder).last(Problem) is None:
                continue  # there was nothing yet to resume
            kills += 1
            before = log.read_bytes().count(b"\n")
            subprocess.run([*COMMAND, "resume", str(folder), "--quiet"], check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
            same, twice = answer_in(folder) == answer, done_twice(folder)
            after = log.read_bytes().count(b"\n")
            print(
                f"{kills:3d}  killed at {moment:5.2f} s, line {before} of {after}; "
                f"{'same answer' if same else 'ANOTHER ANSWER'}, repeated {twice or 'nothing'}"
            )
            if twice or not same:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
