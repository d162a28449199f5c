"""Kills a study at random moments and resumes it, until it has been done often enough.

    uv run python benchmarks/kill_study.py [TIMES] [SAMPLES]

A study of ``plate-tension`` is run undisturbed. A second one is killed with SIGKILL TIMES times,
each time at a random moment of what is left of it, and resumed by ``mechagents study --resume``;
then it is run to its end. No sample may be lost or be in the journal twice, and both datasets must
be the same, but for the durations. Prints a line a kill, and exits with 1 at a difference. POSIX
only.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = [sys.executable, "-m", "mechagents", "study"]
STUDY = """
problem: plate-tension
parameters:
  modulus: {{path: materials.plate.youngs_modulus, low: 1 GPa, high: 2 GPa}}
  stretch: {{path: supports.1.x, low: 10 mm, high: 100 mm}}
sampling: {{method: sobol, samples: {samples}, seed: 1}}
"""


def start(*words: str) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own."""
    return subprocess.Popen([*COMMAND, *words, "--quiet"], stdout=subprocess.DEVNULL,
                            start_new_session=True)  # fmt: skip


def rows(folder: Path) -> list[dict[str, str]]:
    """Return a dataset without its durations."""
    with (folder / "dataset.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def samples_in(folder: Path) -> list[int]:
    """Return the samples in a journal, as often as they are there; a torn last line is none."""
    path = folder / "journal.jsonl"
    text = path.read_text() if path.exists() else ""
    return [json.loads(line)["sample"] for line in text.split("\n")[:-1]]


def kill_once(folder: Path, within: float) -> None:
    """Go on with a study and kill it at a random moment."""
    work = start("--resume", str(folder))
    try:
        work.wait(random.uniform(0.2, within))
    except subprocess.TimeoutExpired:
        os.killpg(work.pid, signal.SIGKILL)
        work.wait()


def main(times: str = "20", samples: str = "200") -> int:
    """Kill and resume; return 0 if nothing was lost, changed or repeated."""
    with tempfile.TemporaryDirectory() as scratch:
        study, whole, killed = (Path(scratch) / n for n in ("study.yaml", "whole", "killed"))
        study.write_text(STUDY.format(samples=samples))
        begun = time.monotonic()
        if start(str(study), "--folder", str(whole)).wait():
            return 1
        takes = time.monotonic() - begun
        print(f"{platform.platform()}, {os.cpu_count()} processors; undisturbed {takes:.1f} s")
        first = start(str(study), "--folder", str(killed))
        while not (killed / "base.json").exists() and first.poll() is None:
            time.sleep(0.05)
        first.kill()
        first.wait()
        for number in range(1, int(times) + 1):
            # Later kills fall on what is left.
            left = takes * (1 - len(samples_in(killed)) / int(samples))
            kill_once(killed, max(2.0, 2 * left / (int(times) + 1 - number)))
            print(f"kill {number}: {len(samples_in(killed))} samples done", flush=True)
        if start("--resume", str(killed)).wait():
            return 1
        done = samples_in(killed)
        same = rows(killed) == rows(whole)
    lost, doubled = int(samples) - len(set(done)), len(done) - len(set(done))
    print(f"{lost} lost, {doubled} doubled, datasets {'the same' if same else 'DIFFER'}")
    return 0 if same and not lost and not doubled else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
