"""A study from its beginning to its dataset: what is checked, kept, sent back and done again."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from studies import PROGRAM, HerePool, base, begun, study

from mechagents.errors import ProblemError
from mechagents.log import read_log
from mechagents.messages import Setup
from mechagents.study import LocalPool, Progress, StudyFolder, StudyState, begin, run_study
from mechagents.study.folder import Base
from mechagents.team import two_agent

Finished = tuple[StudyState, list[Progress]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Return a study that was run once for all tests that only look at it, and its progress."""
    heard: list[Progress] = []
    folder = begun(tmp_path_factory.mktemp("study") / "s")
    return run_study(folder, pool=HerePool(), told=heard.append), heard


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "dataset.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def without_seconds(folder: Path) -> list[dict[str, str]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows(folder)]


def program_with(wrong: str, right: str) -> Base:
    assert wrong in PROGRAM
    return base(sandbox="none", program=PROGRAM.replace(wrong, right))


def test_every_row_is_checked_and_a_share_verified(finished: Finished) -> None:
    state, _ = finished
    path = state.folder.path

    found = rows(path)
    assert [row["sample"] for row in found] == [str(i) for i in range(6)]
    assert {row["status"] for row in found} == {"passed"}
    levels = [row["claim_level"] for row in found]
    assert sorted(levels) == ["consistent"] * 5 + ["converged"]
    assert state.full == {levels.index("converged")}
    bounded = [row for row in found if row["reaction_right_error_bound"]]
    assert [row["claim_level"] for row in bounded] == ["converged"]
    for row in found:
        force, stretch = float(row["reaction_right"]), float(row["stretch"])
        assert float(row["stiffness"]) == force / stretch
        # The plate is clamped left: between free and held contraction.
        assert 1 < force / stretch / float(row["modulus"]) < 1 / 0.91
        assert (path / row["fields"]).is_file()


def test_parquet_and_csv_hold_the_same_with_units(finished: Finished) -> None:
    path = finished[0].folder.path

    table = pq.read_table(path / "dataset.parquet")
    found = rows(path)
    assert table.column_names == list(found[0])
    assert table["modulus"].to_pylist() == [float(row["modulus"]) for row in found]
    units = {f.name: f.metadata[b"unit"].decode() for f in table.schema if f.metadata}
    assert (units["modulus"], units["stretch"], units["reaction_right"]) == ("Pa", "m", "N/m")
    described = json.loads((path / "columns.json").read_text())
    assert {one["name"]: one["unit"] for one in described} == units


def test_the_same_seed_gives_the_same_bytes_but_for_durations(
    finished: Finished, tmp_path: Path
) -> None:
    first, second = finished[0].folder.path, tmp_path / "again"
    run_study(begun(second), pool=HerePool())

    assert without_seconds(first) == without_seconds(second)
    tables = [pq.read_table(path / "dataset.parquet") for path in (first, second)]
    assert tables[0].drop(["seconds"]).equals(tables[1].drop(["seconds"]), check_metadata=True)
    for name in ("study-summary.json", "card.md", "plots/pairs.png", "plots/response.png"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_what_was_done_is_not_done_again(finished: Finished, tmp_path: Path) -> None:
    folder = StudyFolder(shutil.copytree(finished[0].folder.path, tmp_path / "s"))
    journal = folder.path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    before = without_seconds(folder.path)
    # As if killed while the fifth line was written.
    journal.write_bytes(b"".join(lines[:4]) + lines[4][:30])
    again = HerePool()
    run_study(StudyFolder(folder.path), pool=again)

    assert len(again.ran) == 2
    assert without_seconds(folder.path) == before
    assert len(journal.read_bytes().splitlines()) == 6


def test_a_sample_that_makes_no_valid_formulation_says_why(tmp_path: Path) -> None:
    ratio = {"path": "materials.plate.poisson_ratio", "values": [0.3, 0.6]}
    asked = study(parameters={"ratio": ratio}, sampling={"method": "grid"}, outputs={})
    state = run_study(begun(tmp_path / "s", asked), pool=HerePool())

    good, bad = rows(tmp_path / "s")
    assert (good["status"], bad["status"]) == ("passed", "invalid")
    assert "poisson_ratio" in bad["reason"]
    assert bad["reaction_right"] == ""
    assert [ran.sample for ran in state.failed] == [1]
    assert "| 1 | invalid |" in (tmp_path / "s" / "card.md").read_text()


@pytest.mark.parametrize(
    ("wrong", "right", "check"),
    [
        ('E, nu = material["youngs_modulus"]', "E, nu = 1e9", "quantities"),
        ("u[fixed] = list(value.values())", "u[fixed] = np.clip(list(value.values()), 0, 0.05)",
         "supports"),
    ],
)  # fmt: skip
def test_a_program_with_a_number_of_its_own_is_found_out(
    tmp_path: Path, wrong: str, right: str, check: str
) -> None:
    # Each answers the first problem rightly or nearly so, and not those with other values.
    asked = study(returns=0, full=0)
    run_study(begun(tmp_path / "s", asked, program_with(wrong, right)), pool=HerePool())

    found = rows(tmp_path / "s")
    failed = [row for row in found if row["status"] == "failed"]
    assert failed
    assert all(check in row["reason"] for row in failed)
    assert all(row["reaction_right"] == "" for row in failed)


def test_a_failed_sample_goes_back_to_the_team_once(tmp_path: Path) -> None:
    # Its numbers are wrong only where the plate is stiff.
    wrong = ("D = E /", "D = (E if E < 1.8e9 else 0.9 * E) /")
    asked = study(sampling={"method": "latin_hypercube", "samples": 5, "seed": 1}, full=0)
    folder = begun(tmp_path / "s", asked, program_with(*wrong))
    state = run_study(folder, pool=HerePool())

    mended = [row for row in rows(folder.path) if row["status"] == "mended"]
    assert len(mended) == 1
    assert float(mended[0]["modulus"]) >= 1.8e9
    assert mended[0]["claim_level"] == "converged"
    assert mended[0]["program"] != state.base.program_hash
    assert (folder.returned(int(mended[0]["sample"])) / "answer.json").is_file()
    assert (folder.path / mended[0]["fields"]).is_file()
    journal = (folder.path / "journal.jsonl").read_bytes()
    run_study(folder, pool=HerePool())
    assert (folder.path / "journal.jsonl").read_bytes() == journal


def test_a_failed_sample_goes_back_to_the_team_that_is_given(tmp_path: Path) -> None:
    wrong = ("D = E /", "D = 0.9 * E /")
    asked = study(sampling={"method": "latin_hypercube", "samples": 1, "seed": 1}, full=0)
    folder = begun(tmp_path / "s", asked, program_with(*wrong))
    run_study(folder, team=two_agent(sandbox="none"), pool=HerePool())

    (row,) = rows(folder.path)
    setup = read_log(folder.returned(0)).last(Setup)
    assert row["status"] == "mended"
    assert setup is not None
    assert setup.team == "two_agent"


def test_a_worker_that_dies_costs_its_sample_a_second_try(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The program kills the worker that runs it, the first time that it does.
    mark = tmp_path / "killed"
    kill = (
        "import os, pathlib, signal\n"
        f"mark = pathlib.Path({str(mark)!r})\n"
        "if not mark.exists():\n"
        "    mark.touch()\n"
        "    up = os.getppid()\n"
        "    for line in open(f'/proc/{up}/status'):\n"
        "        if line.startswith('PPid:'):\n"
        "            os.kill(int(line.split()[1]), signal.SIGKILL)\n"
    )
    killed = begun(tmp_path / "b")
    changed = Base.model_validate({**dict(base(sandbox="none")), "program": kill + PROGRAM})
    killed.write("base.json", changed.model_dump_json())
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with LocalPool(2) as pool:
        run_study(killed, pool=pool)

    assert not list(tmp_path.glob("mechagents-study-*"))
    assert mark.exists()
    assert without_seconds(finished[0].folder.path) == without_seconds(killed.path)


def test_workers_get_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    from mechagents.study.pool import clean_environment

    monkeypatch.setenv("SOME_API_KEY", "abc")
    assert "SOME_API_KEY" not in clean_environment()
    assert clean_environment()["PATH"] == os.environ["PATH"]


def test_a_used_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(ProblemError, match="is not empty"):
        begin(study(), tmp_path)


def test_a_folder_without_a_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="holds no study"):
        run_study(StudyFolder(tmp_path), pool=HerePool())


def test_two_processes_cannot_work_on_one_study(tmp_path: Path) -> None:
    folder = begun(tmp_path / "s")
    with (
        folder.held(),
        pytest.raises(ProblemError, match="another process is working on this study"),
    ):
        run_study(StudyFolder(folder.path), pool=HerePool())


def test_progress_tells_rate_and_time_left(finished: Finished) -> None:
    _, heard = finished
    samples = [one for one in heard if one.stage == "samples"]
    assert [one.done for one in samples] == list(range(7))
    assert samples[3].rate > 0
    assert samples[3].seconds_left > 0
    assert heard[-1].stage == "dataset"
