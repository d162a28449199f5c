"""Samples a second of a study, beside a bare loop of the same program without framework.

    uv run python benchmarks/study_rate.py [SAMPLES] [--workers N] [--keep FOLDER]

The study is ``examples/studies/plate-with-hole.yaml``: a plate with a hole, its radius, Young's
modulus, Poisson's ratio and load varied. Every sample runs in the sandbox and passes checks 1 to
5; a random tenth is verified in full, on three meshes and against a reference.

The bare loop takes the same program and the same input files, and does what a person would write:
for each sample a folder and ``python program.py`` in it, as many at a time as the study has
workers; no sandbox and no check. Both take the same samples in turn, a tenth of them at a time, so
that what else the machine does falls on both. The team's solving of the problem, which a study
does once, is left out and told apart.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from mechagents.messages import Settings
from mechagents.study import LocalPool, begin, load_study
from mechagents.study.pool import clean_environment
from mechagents.study.run import StudyState, finish, open_study, processors, run_samples
from mechagents.study.sample import Order, meant
from mechagents.study.spec import SobolSequence
from mechagents.team import full_team

EXAMPLE = Path(__file__).parent.parent / "examples" / "studies" / "plate-with-hole.yaml"
TURNS = 10
AIM = 0.8


def bare(state: StudyState, samples: Sequence[int], folder: Path, workers: int) -> float:
    """Return the seconds that a loop over samples takes without framework."""
    orders = [Order.model_validate(state.order(sample)) for sample in samples]
    inputs = [(meant(order).model_dump_json(), order.settings) for order in orders]

    def one(sample: int, formulation: str, settings: Settings) -> None:
        where = folder / str(sample)
        where.mkdir()
        (where / "program.py").write_text(state.base.program)
        (where / "formulation.json").write_text(formulation)
        (where / "settings.json").write_text(settings.model_dump_json())
        subprocess.run([sys.executable, "program.py"], cwd=where, check=True,
                       env=clean_environment(), stdout=subprocess.DEVNULL)  # fmt: skip
        json.loads((where / "results.json").read_text())

    begun = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(one, s, *given) for s, given in zip(samples, inputs, strict=True)]
        for job in jobs:
            job.result()
    return time.perf_counter() - begun


def compare(samples: int, workers: int, folder: Path) -> tuple[StudyState, float, float, float]:
    """Return the study, and the seconds of its base, its samples and the bare loop."""
    study = load_study(EXAMPLE)
    study = study.model_copy(update={"sampling": SobolSequence(samples=samples, seed=1)})
    begun = time.perf_counter()
    kept = begin(study, folder / "study", near=EXAMPLE.parent)
    state = open_study(kept, near=EXAMPLE.parent, team=full_team())
    base = time.perf_counter() - begun
    checked = loop = 0.0
    with LocalPool(workers) as pool, kept.held():
        for turn in range(TURNS):
            some = range(turn, samples, TURNS)
            loop += bare(state, some, folder / "bare", workers)
            begun = time.perf_counter()
            run_samples(state, pool, some)
            checked += time.perf_counter() - begun
            print(f"  {len(state.done)} of {samples}: {loop:.0f} s bare, {checked:.0f} s checked",
                  file=sys.stderr, flush=True)  # fmt: skip
        begun = time.perf_counter()
        finish(state)
        checked += time.perf_counter() - begun
    return state, base, checked, loop


def main() -> None:
    """Print the two rates, and whether the aim is met."""
    parser = argparse.ArgumentParser(description="Compare the rates of a study and of a bare loop.")
    parser.add_argument("samples", nargs="?", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=processors())
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        (folder / "bare").mkdir(parents=True)
        state, base, checked, loop = compare(given.samples, given.workers, folder)
        told = json.loads((state.folder.path / "study-summary.json").read_text())
    count, full = given.samples, told["verified_in_full"]
    versions = ", ".join(
        f"{n} {version(n)}" for n in ("mechagents", "numpy", "scipy", "scikit-fem")
    )
    print(f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(versions)
    print(f"the team's answer, once: {base:.1f} s")
    print(f"{count} samples, {given.workers} at a time: {told['statuses']}, {told['checks']:,} "
          f"checks, {full['drawn']} verified in full of which {full['passed_at_first']} passed at "
          "first")  # fmt: skip
    print(f"bare loop  {count / loop:.3f} samples a second")
    print(
        f"study      {count / checked:.3f} samples a second, back to the team and dataset included"
    )
    print(f"ratio      {loop / checked:.2f}, aim at least {AIM}")


if __name__ == "__main__":
    main()
