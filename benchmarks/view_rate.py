"""How soon the viewer shows a large run, and how often it draws a large field again.

    uv run python benchmarks/view_rate.py [--events N] [--triangles N] [--samples N] [--keep FOLDER]

The run is made up: a log of 100,000 events, among them 1,000 attempts with their checks, and a
field of 500,000 triangles, the surface of a plate of hexahedra; so is a study of 5,000 samples.
All are opened in headless chromium from an empty cache, each in a new page. Told are the seconds
until there is something to read or to see, the server's reading of the files included; then how
long each tab of the run takes to come, how often a second the field is drawn while it is turned by
a key that is held, and how long it takes until what is brushed in a plot of the study is selected.

Chromium draws by SwiftShader here, in software: a graphics card is many times as fast.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import meshio
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from mechagents.log import ConversationLog
from mechagents.messages import (
    Check,
    Critique,
    Evidence,
    Execution,
    Message,
    Problem,
    Program,
    Settings,
    Usage,
)

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
PATIENCE = 180_000
"""How long something is waited for [ms]."""
ROUND = 100
"""Messages of an attempt in the log that is made up [-]."""
TURNING = 6.0
"""How long the field is turned [s]."""


def write_field(folder: Path, triangles: int) -> int:
    """Write a bent plate of hexahedra and return how many triangles its surface has."""
    n, layers = math.isqrt(triangles // 4) + 1, 2
    x, y, z = np.meshgrid(
        np.linspace(0, 1, n + 1), np.linspace(0, 1, n + 1), np.linspace(0, 0.05, layers + 1),
        indexing="ij",
    )  # fmt: skip
    points = np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1)
    number = np.arange(len(points)).reshape(x.shape)
    low, high = slice(None, -1), slice(1, None)
    ring = ((low, low), (high, low), (high, high), (low, high))
    corners = [number[a, b, c].ravel() for c in (low, high) for a, b in ring]
    sag = -1e-3 * np.sin(np.pi * points[:, 0]) * np.sin(np.pi * points[:, 1])
    u = np.stack([0 * sag, 0 * sag, sag], axis=1)
    stress = np.stack([1e11 * sag * k for k in (1.0, 0.5, 0.0, 0.1, 0.0, 0.0)], axis=1)
    folder.mkdir(parents=True)
    cells = [("hexahedron", np.stack(corners, axis=1))]
    data = {"displacement": u, "stress": stress}
    meshio.Mesh(points, cells, point_data=data).write(folder / "fields.vtu")
    return 4 * n * n + 8 * n * layers


def about_attempt(attempt: int) -> tuple[tuple[str, Message], ...]:
    """Return a program of 200 lines, its execution, and 20 checks, with who sends them."""
    source = "".join(f"x_{attempt % 7}_{line} = {line}\n" for line in range(200))
    checks = tuple(
        Check(name=f"equilibrium:part_{i}", passed=i > 0, value=1e-9, tolerance=1e-6, message="")
        for i in range(20)
    )
    usage = Usage(wall_seconds=1.0)
    return (
        ("coder", Program(attempt=attempt, source=source, changed="The mesh.")),
        (
            "executor",
            Execution(
                attempt=attempt, status="ok", folder="attempts/1", usage=usage, settings=Settings()
            ),
        ),
        ("verification", Evidence(attempt=attempt, checks=checks, claim_level="none")),
    )


def write_log(run: Path, events: int) -> None:
    """Write a log of so many events."""
    import anyio

    async def write() -> None:
        with ConversationLog(run, "many", sync=False) as log:
            problem = Problem(statement="A log with many events.")
            first = await log.append(problem, sender="user", to=("planner",))
            said = Critique(verdict="accept", summary="The evidence is complete.")
            for number in range(1, events):
                attempt = number // ROUND + 1
                about = about_attempt(attempt)
                if number % ROUND < len(about):
                    sender, message = about[number % ROUND]
                    await log.append(message, sender=sender, to=("critic",), cause=first.seq)
                else:
                    await log.append(said, sender="critic", to=("coder",), cause=first.seq)

    anyio.run(write)


def write_study(folder: Path, samples: int) -> None:
    """Write a study of so many samples that is done: five parameters, three results."""
    rng = np.random.default_rng(1)
    inputs = rng.random((samples, 5))
    stress = inputs @ [3.0, -2.0, 1.0, 0.5, 0.0] + 0.3 * rng.standard_normal(samples)
    results = np.stack([stress, np.exp(inputs[:, 0]), inputs[:, 1] * inputs[:, 2]], axis=1)
    names = [*(f"parameter_{i}" for i in range(5)), *(f"result_{i}" for i in range(3))]
    kinds = ["parameter"] * 5 + ["quantity"] * 3
    rows = [
        f"{number},{','.join(map(repr, row.tolist()))},consistent,passed"
        for number, row in enumerate(np.hstack([inputs, results]))
    ]
    folder.mkdir(parents=True)
    heads = ",".join(["sample", *names, "claim_level", "status"])
    (folder / "dataset.csv").write_text("\n".join([heads, *rows]) + "\n")
    told = [{"name": n, "kind": k, "unit": ""} for n, k in zip(names, kinds, strict=True)]
    (folder / "columns.json").write_text(json.dumps(told))
    (folder / "study.json").write_text(json.dumps({"study": {"name": "many"}}))


def serve(folder: Path) -> tuple[subprocess.Popen[str], str, str]:
    """Return a viewer of a folder, the address of its server, and the query with its token."""
    words = [sys.executable, "-m", "mechagents", "view", str(folder), "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = json.loads(process.stdout.readline())["address"]
    origin, query = address.split("/?")
    return process, origin, query


def open_page(browser: Browser, address: str, shown: str) -> tuple[Page, float]:
    """Return a new page and the seconds until something was shown in it."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(shown)
    return page, time.perf_counter() - begun


TABS = {
    "Overview": "#tab .card",
    "Programs": ".attempts h2",
    "Checks": "table.checks",
    "Conversation": ".list [role=option]",
}
"""What shows that a tab of a run has come, by its title."""


def tabs(page: Page) -> dict[str, float]:
    """Return the seconds from a click on each tab of a run until it is shown."""
    found: dict[str, float] = {}
    for title, shown in TABS.items():
        begun = time.perf_counter()
        page.get_by_role("tab", name=title).click()
        page.wait_for_selector(shown)
        found[title] = time.perf_counter() - begun
        if title == "Conversation":
            page.wait_for_selector(".graph svg")
            found["Who spoke to whom"] = time.perf_counter() - begun
    return found


def brushed(page: Page) -> float:
    """Return the seconds from the end of a brush until every plot and the table have it."""
    canvas = page.locator("canvas.matrix")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    wide, high = box["width"] / 8, box["height"] / 8
    x, y = box["x"] + 0.2 * wide, box["y"] + 3.2 * high
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.4 * wide, y + 0.4 * high, steps=4)
    page.evaluate(
        """() => {
          const canvas = document.querySelector("canvas.matrix");
          let begun = 0;
          canvas.addEventListener("pointerup", () => { begun = performance.now(); }, true);
          window.brushed = new Promise((done) => new MutationObserver(() => {
            if (begun) requestAnimationFrame(() => done(performance.now() - begun));
          }).observe(canvas, { attributeFilter: ["data-drawn"] }));
        }"""
    )
    page.mouse.up()
    return float(page.evaluate("window.brushed")) / 1000


def scrolled(page: Page) -> float:
    """Return how many pictures a second there are while the list of messages is scrolled."""
    found = page.evaluate(
        """async (seconds) => {
          const list = document.querySelector(".list");
          const begun = performance.now();
          let frames = 0;
          while (performance.now() - begun < 1000 * seconds) {
            list.scrollTop += 4000;
            await new Promise(requestAnimationFrame);
            frames += 1;
          }
          return frames / (performance.now() - begun) * 1000;
        }""",
        TURNING,
    )
    return float(found)


def turned(page: Page) -> float:
    """Return how often a second the field is drawn while the arrow key is held down."""
    found = page.evaluate(
        """async (seconds) => {
          const canvas = document.querySelector(".field-canvas");
          const drawn = () => Number(canvas.dataset.drawn);
          const [begun, before] = [performance.now(), drawn()];
          while (performance.now() - begun < 1000 * seconds) {
            canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
            await new Promise(requestAnimationFrame);
          }
          return (drawn() - before) / (performance.now() - begun) * 1000;
        }""",
        TURNING,
    )
    return float(found)


def read_at(page: Page) -> float:
    """Return the seconds from a click on the field until its value is told."""
    box = page.locator(".field-canvas").bounding_box()
    assert box is not None
    begun = time.perf_counter()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".field-value")
    return time.perf_counter() - begun


def main() -> None:
    """Print how soon there is something to see, and the frame rates."""
    parser = argparse.ArgumentParser(description="Measure the viewer on a large run.")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--triangles", type=int, default=500_000)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("there is no chromium here; install it: apt install chromium")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        write_log(folder / "many", given.events)
        triangles = write_field(folder / "many" / "attempts" / "1", given.triangles)
        write_study(folder / "study", given.samples)
        process, origin, query = serve(folder)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            at = f"{origin}/runs/many?{query}"
            page, said = open_page(browser, f"{at}#conversation", ".list [role=option]")
            scrolling, shown = scrolled(page), tabs(page)
            page.close()
            page, drawn = open_page(
                browser, f"{origin}/studies/study?{query}", "canvas.matrix[data-drawn]"
            )
            brushing = brushed(page)
            page.close()
            page, seen = open_page(browser, f"{at}#fields", ".field[data-state=ready]")
            turning, reading = turned(page), read_at(page)
            page.close()
            again = open_page(browser, f"{at}#fields", ".field[data-state=ready]")[1]
            told = browser.version
            browser.close()
        process.terminate()
        process.wait()
    versions = ", ".join(f"{n} {version(n)}" for n in ("mechagents", "numpy", "starlette"))
    print(f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(f"{versions}, chromium {told}, drawing by SwiftShader: in software, without a card")
    print(f"{given.events:,} events: {said:.1f} s to the first message, {scrolling:.0f} frames/s "
          "while scrolling")  # fmt: skip
    times = ", ".join(f"{title} {seconds:.2f} s" for title, seconds in shown.items())
    print(f"tabs of that run: {times}")
    print(f"{given.samples:,} samples: {drawn:.1f} s to every plot, {brushing:.2f} s to brush")
    print(f"{triangles:,} triangles: {seen:.1f} s to the first picture, {again:.1f} s when the "
          f"server has read the file, {turning:.1f} frames/s while turning, {reading:.2f} s to "
          "read a value")  # fmt: skip


if __name__ == "__main__":
    main()
