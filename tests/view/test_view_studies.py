"""A study's API: its dataset by columns, at work or done, and one sample of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from viewed_studies import FAILED, begun, ended, record
from viewing import make_client


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "studies"
    folder.mkdir()
    return folder


def columns(client: TestClient) -> dict[str, dict[str, Any]]:
    told = client.get("/api/studies/plates/dataset").json()["columns"]
    return {column["name"]: column for column in told}


def test_the_dataset_is_the_same_at_work_and_when_it_is_done(place: Path) -> None:
    state = begun(place / "plates")
    live = columns(make_client(place))
    assert (live["modulus"]["kind"], live["modulus"]["unit"]) == ("parameter", "Pa")
    assert live["modulus"]["cells"] == [float(value) for value in state.samples[:, 0]]
    assert live["reaction_right"]["cells"][FAILED] is None
    assert live["status"]["cells"][FAILED] == "failed"
    assert "do not balance" in live["reason"]["cells"][FAILED]
    from mechagents.study.outcome import write_outcome

    write_outcome(state)
    written = columns(make_client(place))
    blank = {name: [cell or None for cell in column["cells"]] for name, column in live.items()}
    assert {n: [cell or None for cell in c["cells"]] for n, c in written.items()} == blank
    assert [(c["kind"], c["unit"]) for c in written.values()] == [
        (c["kind"], c["unit"]) for c in live.values()
    ]


def test_a_study_at_work_shows_what_is_done_by_now(place: Path) -> None:
    state = begun(place / "plates", done=4)
    client = make_client(place)
    with state.folder.held():
        told = client.get("/api/studies/plates").json()
        assert (told["status"], told["done"], told["total"]) == ("running", 4, 12)
        assert len(columns(client)["sample"]["cells"]) == 4
        record(state, 4)
        assert client.get("/api/studies/plates").json()["done"] == 5
        assert len(columns(client)["sample"]["cells"]) == 5
    assert client.get("/api/studies/plates").json()["status"] == "stopped"


def test_a_study_whose_problem_is_not_solved_yet_has_no_dataset(place: Path) -> None:
    begun(place / "plates", done=0)
    (place / "plates" / "base.json").unlink()
    client = make_client(place)
    assert client.get("/api/studies/plates").json()["claim_level"] is None
    assert client.get("/api/studies/plates/dataset").json() == {"columns": []}


def test_a_sample_tells_its_values_checks_and_files(place: Path) -> None:
    state = ended(place / "plates")
    client = make_client(place)
    full = min(state.full)
    told = client.get(f"/api/studies/plates/samples/{full}").json()
    assert told["full"]
    assert [p["name"] for p in told["parameters"]] == ["modulus", "stretch"]
    (force,) = told["quantities"]
    assert force["error_bound"] == pytest.approx(0.01 * force["value"])
    stiffness = force["value"] / told["parameters"][1]["value"]
    assert told["outputs"]["stiffness"] == pytest.approx(stiffness)
    fields = client.get(f"/api/studies/plates/files/{told['fields']}")
    assert fields.content == b"<VTKFile/>"
    assert fields.headers["content-disposition"].startswith("attachment")
    failed = client.get(f"/api/studies/plates/samples/{FAILED}").json()
    assert [check["name"] for check in failed["failed"]] == ["equilibrium:residual"]
    assert failed["quantities"] == []
    assert client.get("/api/studies/plates/samples/999").status_code == 404
    assert client.get("/api/studies/plates/samples/-1").status_code == 404


def test_the_files_of_the_dataset_are_offered_and_no_others(place: Path) -> None:
    ended(place / "plates")
    client = make_client(place)
    told = client.get("/api/studies/plates").json()
    assert {"dataset.csv", "card.md"} <= set(told["files"])
    for name in told["files"]:
        assert client.get(f"/api/studies/plates/files/{name}").status_code == 200
    for path in ("study.json", "base.json", "program.py", "fields/../study.json",
                 "fields/%2e%2e/study.json", "../outside.vtu", "fields/000/none.vtu"):  # fmt: skip
        assert client.get(f"/api/studies/plates/files/{path}").status_code == 404


def test_links_in_a_study_are_not_followed(place: Path, tmp_path: Path) -> None:
    state = ended(place / "plates")
    journal = state.folder.path / "journal.jsonl"
    journal.rename(tmp_path / "journal.jsonl")
    journal.symlink_to(tmp_path / "journal.jsonl")
    (tmp_path / "secret.csv").write_text("sample\nsecret\n")
    (state.folder.path / "dataset.csv").unlink()
    (state.folder.path / "dataset.csv").symlink_to(tmp_path / "secret.csv")
    client = make_client(place)
    assert client.get("/api/studies/plates/dataset").json() == {"columns": []}
    assert client.get("/api/studies/plates/files/dataset.csv").status_code == 404
    assert client.get("/api/studies/plates/samples/0").status_code == 404


@pytest.mark.parametrize("name", ["nowhere", "..", "plates:..:plates", "%2Ftmp"])
def test_a_study_that_is_not_here_is_not_found(name: str, place: Path) -> None:
    begun(place / "plates")
    assert make_client(place).get(f"/api/studies/{name}/dataset").status_code == 404
