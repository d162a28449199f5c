"""``mechagents study``: what it prints, how it ends, and that killing it loses nothing."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from studies import begun, study

from mechagents.study import Study

COMMAND = [sys.executable, "-m", "mechagents", "study"]
FILE = """
problem: plate-tension
parameters:
  modulus: {path: materials.plate.youngs_modulus, low: 1 GPa, high: 2 GPa}
sampling: {method: latin_hypercube, samples: 3}
"""


def told(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=cwd, capture_output=True, text=True)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "dataset.csv").open(newline="") as file:
        return [{k: v for k, v in r.items() if k != "seconds"} for r in csv.DictReader(file)]


def test_a_study_file_becomes_a_dataset(tmp_path: Path) -> None:
    (tmp_path / "stiffness.yaml").write_text(FILE)
    done = told("stiffness.yaml", "--json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["statuses"] == {"passed": 3}
    assert found["verified_in_full"]["passed_at_first"] == 1
    assert found["folder"].startswith("studies/")
    made = rows(tmp_path / found["folder"])
    assert sorted(row["claim_level"] for row in made) == ["consistent", "consistent", "verified"]
    for row in made:  # linear in the modulus
        assert float(row["reaction_right"]) / float(row["modulus"]) == pytest.approx(
            float(made[0]["reaction_right"]) / float(made[0]["modulus"]), rel=1e-9
        )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing.yaml"], "nothing.yaml: there is no such file"),
        ([], "give a study file, or --resume FOLDER"),
        (["--resume", "nowhere"], "nowhere: holds no study"),
        (["wrong.yaml"], "wrong.yaml:4: parameters.modulus.path: "),
        (["missing.yaml"], "problem: plate-tensio: there is no such problem; did you mean"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "wrong.yaml").write_text(FILE.replace("path: materials.plate.youngs_modulus, ", ""))
    (tmp_path / "missing.yaml").write_text(FILE.replace("plate-tension", "plate-tensio"))
    done = told(*words, cwd=tmp_path)

    assert done.returncode == 2
    assert message in done.stderr


def test_a_path_that_leads_nowhere_is_named_before_the_team_begins(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(FILE.replace("youngs_modulus", "young"))
    done = told("s.yaml", "--folder", "s", cwd=tmp_path)

    assert done.returncode == 2
    assert "parameters.modulus.path: the formulation has no" in done.stderr
    assert not (tmp_path / "s" / "base").exists()


def long_study() -> Study:
    return study(sampling={"method": "sobol", "samples": 12}, outputs={})


def run_to_the_end(folder: Path) -> None:
    done = told("--resume", str(folder), cwd=folder.parent)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_killed_at_random_moments_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    calm, killed = (begun(tmp_path / name, long_study()).path for name in ("calm", "killed"))
    run_to_the_end(calm)
    dice = random.Random(7)
    kills = 0
    while kills < 2:
        work = subprocess.Popen(
            [*COMMAND, "--resume", str(killed), "--quiet"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            work.wait(timeout=dice.uniform(1.0, 3.5))
            break
        except subprocess.TimeoutExpired:
            work.kill()
            work.wait()
            kills += 1
    run_to_the_end(killed)

    assert rows(killed) == rows(calm)
    lines = (killed / "journal.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["sample"] for line in lines) == list(range(12))


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    folder = begun(tmp_path / "s", long_study()).path
    work = subprocess.Popen(
        [*COMMAND, "--resume", str(folder), "--quiet"], stderr=subprocess.PIPE, text=True
    )
    journal = folder / "journal.jsonl"
    while not journal.exists() and work.poll() is None:
        time.sleep(0.05)
    work.send_signal(signal.SIGINT)
    _, errors = work.communicate(timeout=60)

    assert work.returncode == 130
    assert f"mechagents study --resume {folder}" in errors
    run_to_the_end(folder)
