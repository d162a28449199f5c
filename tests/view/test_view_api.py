"""What the viewer answers: runs, messages as pages and as a stream, attempts, files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx2 as httpx
import pytest
from starlette.testclient import TestClient
from viewing import HOST, TOKEN, make_client

from mechagents.log import FILE_NAME, ConversationLog, read_log
from mechagents.messages import Message
from mechagents.view.app import make_app


def get(client: TestClient, path: str) -> Any:
    told = client.get(path)
    assert told.status_code == 200, told.text
    return told.json()


def events(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the content of each event of a stream."""
    for part in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in part.splitlines() if ": " in line)
        if "id" in lines:
            yield int(lines["id"]), json.loads(lines["data"])


def test_the_list_tells_of_each_run_from_the_ends_of_its_log(client: TestClient) -> None:
    (row,) = get(client, "/api/runs")["runs"]
    assert (row["name"], row["problem"], row["model"]) == ("plate", "copper-plate", "handbook")
    assert (row["status"], row["claim_level"], row["attempts"]) == ("answered", "verified", 2)


def test_runs_and_studies_are_found_two_levels_down_and_not_inside_runs(runs: Path) -> None:
    place = runs.parent
    inner = runs / "plate" / "attempts" / "inner"
    inner.mkdir()
    shutil.copy(runs / "plate" / FILE_NAME, inner)
    study = place / "studies" / "holes"
    study.mkdir(parents=True)
    (study / "study.json").write_text('{"study": {"problem": "copper-plate"}}')
    shutil.copytree(runs / "plate", study / "base", ignore=shutil.ignore_patterns("attempts"))
    told = get(make_client(place), "/api/runs")
    assert {row["name"] for row in told["runs"]} == {"runs:plate", "studies:holes:base"}
    assert [row["name"] for row in told["studies"]] == ["studies:holes"]
    assert get(make_client(place), "/api/runs/studies:holes:base")["status"] == "answered"
    alone = make_client(runs / "plate")
    assert [row["name"] for row in get(alone, "/api/runs")["runs"]] == ["~"]
    assert get(alone, "/api/runs/~/files")["files"]


def test_an_empty_folder_an_empty_log_and_a_torn_line_are_shown(runs: Path) -> None:
    (runs / "begun").mkdir()
    (runs / "begun" / FILE_NAME).touch()
    shutil.copytree(runs / "plate", runs / "torn")
    log = runs / "torn" / FILE_NAME
    log.write_bytes(log.read_bytes() + b'{"id":"torn#27","run"')
    client = make_client(runs)
    rows = {row["name"]: row for row in get(client, "/api/runs")["runs"]}
    assert rows["begun"]["status"] == "stopped"
    assert rows["torn"]["status"] == "answered"
    assert get(client, "/api/runs/begun")["messages"] == 0
    assert get(client, "/api/runs/torn")["messages"] == 26


def test_one_run_at_a_glance_has_the_numbers_of_its_answer(client: TestClient, runs: Path) -> None:
    told = get(client, "/api/runs/plate")
    kept = json.loads((runs / "plate" / "answer.json").read_text())
    (quantity,) = told["answer"]["quantities"]
    assert quantity["value"] == f"{kept['quantities'][0]['value'] / 1e9:.3f} GN/m"
    assert told["answer"]["claim_level"] == kept["claim_level"]
    assert told["spent"]["executions"] == kept["usage"]["executions"]
    assert told["spent"]["model_calls"] == kept["usage"]["model_calls"]
    assert any("plane_strain" in other for other in told["answer"]["assumptions"][0]["others"])
    assert told["pictures"] == [{"path": "attempts/2/displacement.png", "name": "displacement.png"}]


def test_messages_come_as_they_were_logged_page_by_page(client: TestClient, runs: Path) -> None:
    lines = (runs / "plate" / FILE_NAME).read_text().splitlines()
    logged = [{k: v for k, v in json.loads(line).items() if k != "chain"} for line in lines]
    found: list[Any] = []
    while len(found) < len(logged):
        told = get(client, f"/api/runs/plate/messages?after={len(found)}&limit=7")
        assert told["total"] == len(logged)
        found += told["messages"]
    assert found == logged
    assert get(client, "/api/runs/plate/messages/7") == logged[6]
    assert client.get("/api/runs/plate/messages/27").status_code == 404
    assert client.get("/api/runs/plate/messages/0").status_code == 404
    assert client.get("/api/runs/plate/messages?after=x").status_code == 400


def test_heads_name_who_spoke_to_whom(client: TestClient, runs: Path) -> None:
    told = get(client, "/api/runs/plate/heads?after=3")
    names, kinds = told["names"], told["kinds"]
    heads = [
        (names[sender], tuple(names[n] for n in to), kinds[kind])
        for sender, to, kind in zip(told["sender"], told["to"], told["kind"], strict=True)
    ]
    log = list(read_log(runs / "plate"))[3:]
    assert heads == [(e.sender, e.to, e.message.kind) for e in log]


@pytest.mark.parametrize("after", [0, 20, 26])
def test_the_stream_of_an_ended_run_has_all_after_a_number_and_ends(
    client: TestClient, after: int
) -> None:
    for told in (
        client.get(f"/api/runs/plate/events?after={after}"),
        client.get("/api/runs/plate/events?after=3", headers={"last-event-id": str(after)}),
    ):
        assert told.headers["content-type"].startswith("text/event-stream")
        found = list(events(told.text))
        assert [seq for seq, _ in found] == list(range(after + 1, 27))
        assert all(envelope["seq"] == seq for seq, envelope in found)
        assert "event: end" in told.text


class Word(Message):
    """A message of no meaning, of a kind that the viewer does not know."""

    kind: str = "word_of_view_tests"
    text: str


async def test_a_stream_follows_a_run_and_nothing_comes_twice_after_a_break(
    tmp_path: Path,
) -> None:
    app = make_app(tmp_path, TOKEN)
    cookies = {"mechagents-view-None": TOKEN, "mechagents-view-8000": TOKEN}
    found: list[int] = []
    with ConversationLog(tmp_path / "live", "live", sync=False) as log:
        for number in range(5):
            await log.append(Word(text=str(number)), sender="a")

        async def follow(after: int, until: int) -> None:
            scope = _scope(f"/api/runs/live/events?after={after}", cookies)
            enough = anyio.Event()

            async def receive() -> dict[str, Any]:
                await enough.wait()
                return {"type": "http.disconnect"}

            async def send(message: Any) -> None:
                for seq, _ in events(message.get("body", b"").decode()):
                    found.append(seq)
                if found and found[-1] >= until:
                    enough.set()

            with anyio.fail_after(20):
                await app(scope, receive, send)

        await follow(0, 5)
        async with anyio.create_task_group() as group:
            group.start_soon(follow, 5, 9)
            for number in range(5, 9):
                await log.append(Word(text=str(number)), sender="a")
    assert found == list(range(1, 10))


def _scope(path: str, cookies: dict[str, str]) -> dict[str, Any]:
    url = httpx.URL(HOST + path)
    jar = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {
        "type": "http",
        "method": "GET",
        "path": url.path,
        "raw_path": url.raw_path,
        "query_string": url.query,
        "headers": [(b"host", b"127.0.0.1:8000"), (b"cookie", jar.encode())],
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 1),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
    }


def test_attempts_have_their_programs_streams_and_checks(client: TestClient, runs: Path) -> None:
    first, second = get(client, "/api/runs/plate/attempts")["attempts"]
    assert first["failed"] == ["convergence:reaction_right"]
    assert (second["failed"], second["claim_level"], second["runs"]) == ([], "verified", 3)
    whole = get(client, "/api/runs/plate/attempts/2")
    kept = json.loads((runs / "plate" / "answer.json").read_text())
    assert [check["name"] for check in whole["checks"]] == [c["name"] for c in kept["checks"]]
    assert "skfem" in whole["source"]
    assert [one["status"] for one in whole["executions"]] == ["ok"] * 3
    assert client.get("/api/runs/plate/attempts/3").status_code == 404


def test_differences_are_those_between_two_programs(runs: Path) -> None:
    log = runs / "plate" / FILE_NAME
    lines = log.read_bytes().splitlines(keepends=True)
    last = [i for i, line in enumerate(lines) if b'"kind":"program"' in line][-1]
    lines[last] = lines[last].replace(b"import numpy as np\\n", b"import numpy\\nimport os\\n")
    log.write_bytes(b"".join(lines))
    told = get(make_client(runs), "/api/runs/plate/attempts/2/difference")
    assert told["since"] == 1
    changed = [(mark, text) for mark, _, text in told["lines"] if mark != " "]
    assert changed == [("-", "import numpy as np"), ("+", "import numpy"), ("+", "import os")]


def test_files_are_those_of_the_run(client: TestClient, runs: Path) -> None:
    listed = {file["path"]: file["size"] for file in get(client, "/api/runs/plate/files")["files"]}
    assert {"answer.json", "attempts/2/fields.vtu"} <= listed.keys()
    told = client.get("/api/runs/plate/files/attempts/2/fields.vtu")
    assert told.content == (runs / "plate/attempts/2/fields.vtu").read_bytes()
    assert len(told.content) == listed["attempts/2/fields.vtu"]
    assert told.headers["content-disposition"].startswith("attachment")
    picture = client.get("/api/runs/plate/files/attempts/2/displacement.png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"].startswith("inline")


def test_the_report_and_the_drawing_are_sandboxed(client: TestClient) -> None:
    report, drawing = (client.get(f"/api/runs/plate/{name}") for name in ("report", "drawing"))
    assert "Copper plate with a hole" in report.text
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    for told in (report, drawing):
        assert told.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
