"""What models and programs leave is shown, and never run."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page
from starlette.testclient import TestClient
from viewing import Serve, make_client

from mechagents.log import FILE_NAME, ConversationLog
from mechagents.messages import Answer, Execution, Problem, Program, Quantity, Question, Settings
from mechagents.messages import Message as AnyMessage

SCRIPT = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>"
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload='window.hurt=1'><script>hurt=1</script></svg>"
NAMES = ("<img src=x onerror=hurt=1>.png", "javascript:hurt=1.svg", "a'\"><b>.html")


async def hostile_run(folder: Path) -> Path:
    """Write a run whose every word and file name is an attack on the page, and return it."""
    messages: list[tuple[str, AnyMessage]] = [
        ("user", Problem(statement=SCRIPT, name=SCRIPT)),
        (SCRIPT, Program(source=SCRIPT, changed=SCRIPT, why=SCRIPT)),
        (SCRIPT, Execution(attempt=1, folder="attempts/1", settings=Settings(), status="error",
                           stdout=SCRIPT, stderr=SCRIPT, message=SCRIPT, artifacts=NAMES)),
        (SCRIPT, Question(text=SCRIPT, options=(SCRIPT,))),
        ("run", Answer(run=SCRIPT, problem=SCRIPT, model=SCRIPT, claim_level="computed",
                       note=SCRIPT,
                       quantities=(Quantity(name="force", value=1.0, unit=SCRIPT, note=SCRIPT),))),
    ]  # fmt: skip
    with ConversationLog(folder, SCRIPT, sync=False) as log:
        for sender, message in messages:
            await log.append(message, sender=sender, to=(SCRIPT, "javascript:hurt=1"))
    left = folder / "attempts" / "1"
    left.mkdir(parents=True)
    for name in (*NAMES, "page.html", "page.svg", "page.xhtml", "page.pdf", "run.js", "x.txt"):
        (left / name).write_text(SVG if name.endswith("svg") else SCRIPT)
    return folder


@pytest.mark.parametrize("name", ["page.html", "page.svg", "page.xhtml", "run.js", "page.pdf",
                                  NAMES[2]])  # fmt: skip
async def test_what_a_browser_could_run_is_offered_for_download(tmp_path: Path, name: str) -> None:
    await hostile_run(tmp_path / "bad")
    client = make_client(tmp_path)
    told = client.get(f"/api/runs/bad/files/attempts/1/{name.replace('#', '%23')}")
    assert told.status_code == 200
    assert told.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert told.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "html" not in told.headers["content-type"]
    assert "script" not in told.headers["content-type"]
    assert "\n" not in told.headers["content-disposition"]


async def test_text_is_plain_whatever_is_in_it(tmp_path: Path) -> None:
    await hostile_run(tmp_path / "bad")
    told = make_client(tmp_path).get("/api/runs/bad/files/attempts/1/x.txt")
    assert told.headers["content-type"] == "text/plain; charset=utf-8"
    assert told.headers["x-content-type-options"] == "nosniff"


def test_lines_that_are_no_envelopes_are_shown(client: TestClient, runs: Path) -> None:
    log = runs / "plate" / FILE_NAME
    log.write_bytes(log.read_bytes() + b'not JSON\n[1]\n{"message": 3}\n{"message":{"kind":NaN}}\n')
    told = client.get("/api/runs/plate/messages?told&after=26").json()
    assert told["total"] == 30
    assert len(told["messages"]) == 4
    assert client.get("/api/runs/plate").status_code == 200
    assert client.get("/api/runs").status_code == 200
    assert client.get("/api/runs/plate/heads").status_code == 200


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return a folder with the hostile run, under a hostile name too."""
    import anyio

    for name in ("bad", "<img src=x onerror=hurt=1>"):
        anyio.run(hostile_run, tmp_path / "runs" / name)
    return tmp_path / "runs"


def test_hostile_words_and_files_run_no_script(
    hostile: Path, serve: Serve, browser_page: Page
) -> None:
    served, page = serve(hostile), browser_page
    page.goto(served.at("/"))
    page.get_by_role("link").filter(has_text="<script>").first.wait_for()
    for tab in ("overview", "conversation", "programs", "checks", "files"):
        page.goto(f"{served.origin}/runs/bad#{tab}")
        page.reload()
        page.get_by_role("tab", selected=True).wait_for()
        page.get_by_text("window.hurt").first.wait_for()
    page.goto(f"{served.origin}/runs/bad#conversation/3")
    page.reload()
    page.locator(".open h2").wait_for()
    for path in ("files/attempts/1/page.svg", "report"):
        page.goto("about:blank")
        page.goto(f"{served.origin}/runs/bad")
        page.evaluate(
            "async (at) => { const i = new Image(); i.src = at; document.body.append(i); "
            "await i.decode().catch(() => 0); }",
            f"/api/runs/bad/{path}",
        )
        assert page.evaluate("window.hurt") is None
    page.goto(f"{served.origin}/api/runs/bad/report")
    assert "window.hurt" in (page.locator("body").inner_text())
    assert page.evaluate("document.scripts.length") == 0
