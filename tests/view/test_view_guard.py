"""Nobody but who has the token is answered, and nothing outside the folder is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from viewing import HOST, TOKEN, make_client

EVERYTHING = ("/", "/runs/plate", "/static/main.js", "/api/runs", "/api/runs/plate/files")


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("token", [None, "", "another", TOKEN + "x"])
def test_a_request_without_the_token_is_refused(runs: Path, path: str, token: str | None) -> None:
    client = make_client(runs, token=token)
    assert client.get(path).status_code == 401
    assert TOKEN not in client.get(path).text


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_request_with_the_token_is_answered(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_the_token_in_the_address_is_kept_where_no_script_reads_it(runs: Path) -> None:
    client = make_client(runs, token=None)
    told = client.get(f"/runs/plate?token={TOKEN}")
    assert told.status_code == 200
    cookie = told.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get("/api/runs").status_code == 200


def test_a_wrong_token_in_the_address_sets_nothing(runs: Path) -> None:
    told = make_client(runs, token=None).get("/?token=wrong")
    assert told.status_code == 401
    assert "set-cookie" not in told.headers


@pytest.mark.parametrize("path", ["/api/runs", "/static/main.js"])
def test_only_a_page_takes_the_token_in_its_address(runs: Path, path: str) -> None:
    assert make_client(runs, token=None).get(f"{path}?token={TOKEN}").status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example",
                                  "10.0.0.1", "", "[::1", "evil@127.0.0.2"])  # fmt: skip
def test_a_request_to_a_foreign_name_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/api/runs", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "LOCALHOST"])
def test_a_request_to_this_machine_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/runs", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:8001", "null",
                                    "https://127.0.0.1:8000", "http://localhost:8000"])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_from_another_page_is_refused(
    client: TestClient, origin: str, method: str
) -> None:
    told = client.request(method, "/api/runs", headers={"origin": origin})
    assert told.status_code == 403
    assert "access-control-allow-origin" not in told.headers


def test_a_change_without_an_origin_is_refused(client: TestClient) -> None:
    assert client.post("/api/runs").status_code == 403
    assert client.post("/api/runs", headers={"origin": HOST}).status_code == 405


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_foreign_page_embeds_is_refused(client: TestClient, site: str) -> None:
    headers = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
    assert client.get("/api/runs", headers=headers).status_code == 403
    headers["sec-fetch-mode"] = "navigate"  # a link that the person followed
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("path", [*EVERYTHING, "/nowhere", "/api/runs/none"])
def test_every_response_forbids_what_is_not_ours(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..:runs:plate", "plate:..:plate", ":", "plate:",
                                  "nowhere", "%00", ".:plate", "plate%5c..%5cplate",
                                  "%2Ftmp"])  # fmt: skip
def test_a_run_outside_the_folder_is_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/api/runs/{name}/files").status_code in (404, 405)


@pytest.mark.parametrize("path", ["../../secret.txt", "..%2f..%2fsecret.txt", "%2e%2e/secret.txt",
                                  "/etc/passwd", "attempts/../../../secret.txt", "attempts",
                                  "attempts//1", "", "nowhere", "attempts%5C..%5Canswer.json",
                                  "a%00b", ".writer.lock"])  # fmt: skip
def test_a_file_outside_the_run_is_not_found(runs: Path, client: TestClient, path: str) -> None:
    (runs.parent / "secret.txt").write_text("secret")
    told = client.get(f"/api/runs/plate/files/{path}")
    assert told.status_code == 404
    assert "secret" not in told.text.replace(path, "").replace("secret.txt", "")


@pytest.mark.skipif(os.name != "posix", reason="links need a right there that few have")
def test_links_are_not_followed(runs: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    (secret / "deep").mkdir(parents=True)
    (secret / "deep" / "file.txt").write_text("secret")
    (secret / "conversation.jsonl").write_bytes((runs / "plate/conversation.jsonl").read_bytes())
    (runs / "linked").symlink_to(secret)
    (runs / "plate" / "attempts" / "deep").symlink_to(secret / "deep")
    (runs / "plate" / "attempts" / "file.txt").symlink_to(secret / "deep" / "file.txt")
    (runs / "half").mkdir()
    (runs / "half" / "conversation.jsonl").symlink_to(secret / "conversation.jsonl")
    os.mkfifo(runs / "plate" / "attempts" / "pipe.txt")
    client = make_client(runs)
    assert [run["name"] for run in client.get("/api/runs").json()["runs"]] == ["plate"]
    for run in ("linked", "half"):
        assert client.get(f"/api/runs/{run}").status_code == 404
    for path in ("deep/file.txt", "file.txt", "pipe.txt"):
        assert client.get(f"/api/runs/plate/files/attempts/{path}").status_code == 404
    listed = {file["path"] for file in client.get("/api/runs/plate/files").json()["files"]}
    assert not {path for path in listed if path.endswith((".txt", "deep"))}
