"""How fields look in a real browser: each colour and each length is held against the file's."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import meshio
import numpy as np
import pytest
from fields_seen import background, drawn, extent, middle, picture_now, read_at
from matplotlib import colormaps
from meshes import block_of
from playwright.sync_api import Page, expect
from viewing import Serve

from mechagents.log import FILE_NAME, ConversationLog
from mechagents.messages import Problem
from mechagents.verification.elements import ElementKind
from mechagents.view.returned import FILE, HISTORY

expect.set_options(timeout=20_000)  # a machine that is busy draws slowly in software
CLOSE = 0.03
"""By how much two colours that are the same may differ, of 1."""
PLACES = ((0.3, 0.4), (0.45, 0.62), (0.63, 0.27), (0.7, 0.67))
"""Where colours are looked at, as shares of the picture: in the body, inside of elements."""
Field = Callable[[np.ndarray], float]

STRESSES: dict[str, Field] = {
    "stress xx": lambda x: 1e6 * (1 + 3 * x[0]),
    "stress yy": lambda x: 1e6 * (2 - x[1]),
    "stress xy": lambda x: 1e6 * x[0] * x[1],
    "displacement x": lambda x: 0.3 * x[0],
    "displacement y": lambda x: 0.1 * x[1],
}


def stretched(x: np.ndarray) -> np.ndarray:
    return np.stack([0.3 * x[:, 0], 0.1 * x[:, 1], 0 * x[:, 0]], axis=1)


def stressed(x: np.ndarray) -> np.ndarray:
    names = ("stress xx", "stress yy", "stress xy")
    xx, yy, xy = (np.array([STRESSES[name](one) for one in x]) for name in names)
    return np.stack([xx, yy, 0 * xx, xy], axis=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of the only attempt of a run of which nothing else is known."""
    import anyio

    async def begin() -> None:
        with ConversationLog(tmp_path / "runs" / "plate", "plate", sync=False) as log:
            await log.append(Problem(statement="How does it look?"), sender="user", to=("planner",))

    anyio.run(begin)
    assert (tmp_path / "runs" / "plate" / FILE_NAME).is_file()
    folder = tmp_path / "runs" / "plate" / "attempts" / "1"
    folder.mkdir(parents=True)
    return folder


def write(folder: Path, kind: ElementKind, n: int, **data: object) -> None:
    points, cells = block_of(kind, n)
    meshio.Mesh(points, [(kind, cells)], **data).write(folder / FILE)  # type: ignore[arg-type]


@pytest.fixture
def flat(folder: Path) -> Path:
    """Return the folder of a square of 4 by 4 quadratic elements, stretched."""
    points, _ = block_of("quad9", 4)
    data = {"displacement": stretched(points), "stress": stressed(points)}
    write(folder, "quad9", 4, point_data=data)
    return folder


@pytest.fixture
def open_at(serve: Serve, browser_page: Page) -> Callable[[Path], Page]:
    def show(folder: Path) -> Page:
        served = serve(folder.parents[2])
        browser_page.goto(served.at("/runs/plate") + "#fields")
        expect(browser_page.locator(".field[data-state=ready]")).to_be_visible()
        return browser_page

    return show


def choose(page: Page, label: str) -> None:
    with page.expect_response(lambda answer: "/values" in answer.url):
        page.get_by_label("Field", exact=True).select_option(label=label)


def colour_by(page: Page) -> None:
    """Colour all of the field by Viridis, without lines, on the body as it was."""
    page.locator("summary", has_text="Colours").click()
    page.get_by_label("Colours", exact=True).select_option(label="Viridis")
    page.get_by_label("Range").select_option(label="All of the field")
    page.get_by_label("Mesh edges").uncheck()
    if page.get_by_role("button", name="None").is_visible():
        page.get_by_role("button", name="None").click()


def assert_colours(page: Page, field: Field, low: float, high: float) -> None:
    """Hold the colours at some places against those of a field's values there."""
    picture = drawn(page)
    for right, down in PLACES:
        x, y = right * picture.shape[1], down * picture.shape[0]
        value, at = read_at(page, x, y)
        assert value == pytest.approx(field(at), rel=1e-3, abs=1e-6 * high)
        expected = colormaps["viridis"]((field(at) - low) / (high - low))[:3]
        assert picture[int(y), int(x)] == pytest.approx(np.array(expected), abs=CLOSE), at


@pytest.mark.parametrize(
    ("label", "low", "high"),
    [("stress yy", 1e6, 2e6), ("stress xy", 0, 1e6), ("displacement x", 0, 0.3)],
)
def test_each_place_has_the_colour_of_the_component_that_is_chosen(
    flat: Path, open_at: Callable[[Path], Page], label: str, low: float, high: float
) -> None:
    page = open_at(flat)
    choose(page, "stress xx")
    colour_by(page)
    assert_colours(page, STRESSES["stress xx"], 1e6, 4e6)
    choose(page, label)
    assert_colours(page, STRESSES[label], low, high)


def test_a_field_of_elements_has_one_colour_in_each(
    folder: Path, open_at: Callable[[Path], Page]
) -> None:
    values = np.random.default_rng(3).permutation(16).astype(float)
    write(folder, "quad", 4, cell_data={"damage": [values]})
    page = open_at(folder)
    colour_by(page)
    points, cells = block_of("quad", 4)
    corners = points[cells][:, :, :2]

    def of_element(x: np.ndarray) -> float:
        inside = (corners.min(axis=1) <= x[:2]) & (x[:2] <= corners.max(axis=1))
        return float(values[inside.all(axis=1)][0])

    assert_colours(page, of_element, 0.0, 15.0)


def test_the_body_is_drawn_as_much_deformed_as_is_said(
    flat: Path, open_at: Callable[[Path], Page]
) -> None:
    page = open_at(flat)
    page.locator(".field-canvas").press("-")  # room for what is stretched
    page.get_by_role("button", name="None").click()
    wide, high = extent(drawn(page))
    page.get_by_role("button", name="True scale").click()
    assert extent(drawn(page)) == pytest.approx((1.3 * wide, 1.1 * high), abs=3)
    slider = page.get_by_label("Deformation")
    slider.focus()
    slider.fill("100")  # of 1000, whose end is five times the automatic scale of 1
    expect(page.locator(".field-told").first).to_have_text("× 0.500")
    assert extent(drawn(page)) == pytest.approx((1.15 * wide, 1.05 * high), abs=3)


def test_mesh_edges_are_drawn_between_elements_and_nowhere_else(
    flat: Path, open_at: Callable[[Path], Page]
) -> None:
    page = open_at(flat)
    colour_by(page)
    without = drawn(page)
    page.get_by_label("Mesh edges").check()
    darker = (without - drawn(page)).sum(axis=2) > 0.1
    wide, high = extent(without)
    rows, columns = np.nonzero(darker)
    left, top = (without.shape[1] - wide) / 2, (without.shape[0] - high) / 2
    across, down = 4 * (columns - left) / wide, 4 * (rows - top) / high
    off = np.minimum(abs(across - across.round()), abs(down - down.round()))
    assert off.max() < 4 * 3 / wide  # all within three pixels of a side of an element
    assert len(rows) > 0.9 * 6 * wide  # and three lines each way, from end to end


def solid_block(folder: Path) -> None:
    x, _ = block_of("hexahedron", 4)
    stress = np.zeros((len(x), 6))
    stress[:, 0] = 1e6 * (1 + x[:, 0] + 2 * x[:, 1] + 4 * x[:, 2])
    write(folder, "hexahedron", 4, point_data={"stress": stress})


def test_a_cut_has_the_colours_of_the_inside_where_it_is(
    folder: Path, open_at: Callable[[Path], Page]
) -> None:
    solid_block(folder)
    page = open_at(folder)
    choose(page, "stress xx")
    page.locator("summary", has_text="Colours").click()
    page.get_by_label("Colours", exact=True).select_option(label="Viridis")
    page.get_by_label("Range").select_option(label="All of the field")
    page.get_by_label("Mesh edges").uncheck()
    page.locator("summary", has_text="View").click()
    page.get_by_role("button", name="Front (x, z)").click()
    page.locator("summary", has_text="Cut").click()
    page.get_by_label("Cut", exact=True).select_option(label="Across y")
    for share, y in (("0.25", 0.25), ("0.6", 0.6)):
        with page.expect_response(lambda answer: "/section" in answer.url):
            page.get_by_role("slider", name="Where").fill(str(int(1000 * float(share))))
        picture = drawn(page)
        for right, down in ((0.42, 0.4), (0.6, 0.55)):
            at = right * picture.shape[1], down * picture.shape[0]
            value, x = read_at(page, *at)
            assert x[1] == pytest.approx(y, abs=1e-3)
            meant = 1e6 * (1 + x[0] + 2 * x[1] + 4 * x[2])
            assert value == pytest.approx(meant, rel=1e-3)
            expected = colormaps["viridis"]((meant - 1e6) / 7e6)[:3]
            assert picture[int(at[1]), int(at[0])] == pytest.approx(np.array(expected), abs=CLOSE)
    # The other side: what is near to us is the skin again.
    page.get_by_label("Keep the other side").check()
    drawn(page)
    _, x = read_at(page, *at)
    assert x[1] == pytest.approx(0.0, abs=1e-6)


def test_two_fingers_come_closer_about_their_middle(
    flat: Path, open_at: Callable[[Path], Page]
) -> None:
    page = open_at(flat)
    page.get_by_role("button", name="None").click()
    wide, high = extent(drawn(page))
    x, y = middle(page)
    touch = page.context.new_cdp_session(page)

    def send(kind: str, apart: float, shift: float = 0.0) -> None:
        places = [{"x": x + shift + side * apart / 2, "y": y, "id": i}
                  for i, side in enumerate((-1, 1))]  # fmt: skip
        shown = places if kind != "touchEnd" else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": shown})

    send("touchStart", 200)
    for apart in range(190, 90, -10):
        send("touchMove", apart)
    send("touchEnd", 0)
    assert extent(drawn(page)) == pytest.approx((wide / 2, high / 2), rel=0.03)
    before = drawn(page)
    send("touchStart", 100)
    for shift in range(10, 110, 10):
        send("touchMove", 100, shift)
    send("touchEnd", 0)
    body = (np.abs(drawn(page) - background(before)) > 0.05).any(axis=2)[4:-4, 4:-4]
    across = np.flatnonzero(body.any(axis=0))
    assert across.mean() + 4 - before.shape[1] / 2 == pytest.approx(100, abs=5)
    assert page.locator(".field-value").count() == 0  # two fingers read nothing


def test_a_mode_swings_to_both_sides_and_rests_when_it_is_stopped(
    folder: Path, open_at: Callable[[Path], Page]
) -> None:
    points, _ = block_of("quad9", 4)
    shapes = {f"mode_{n}": n * stretched(points)[:, :2] for n in (1, 2)}
    write(folder, "quad9", 4, point_data=shapes)
    page = open_at(folder)
    page.get_by_label("Step").select_option(label="Mode 2")
    page.get_by_role("button", name="None").click()
    rest = extent(drawn(page))[0]
    page.get_by_role("button", name="Automatic").click()
    out = extent(drawn(page))[0]
    assert out > rest + 20
    page.get_by_role("button", name="Play").click()
    seen: list[float] = []
    for _ in range(40):
        seen.append(extent(picture_now(page))[0])
        if min(seen) < rest - 0.5 * (out - rest) and max(seen) > rest + 0.5 * (out - rest):
            break
    assert min(seen) < rest - 0.5 * (out - rest)
    assert max(seen) > rest + 0.5 * (out - rest)
    assert max(seen) <= out + 3
    page.get_by_role("button", name="Stop").click()
    assert extent(drawn(page))[0] == pytest.approx(out, abs=3)


def test_steps_are_played_in_turn_and_each_is_drawn_as_it_was(
    folder: Path, open_at: Callable[[Path], Page]
) -> None:
    points, _ = block_of("quad9", 4)
    shares = np.array([0.25, 0.5, 0.75, 1.0])
    u = stretched(points)
    np.savez(folder / HISTORY, factor=shares, displacement=shares[:, None, None] * u)
    write(folder, "quad9", 4, point_data={"displacement": u})
    page = open_at(folder)
    page.locator(".field-canvas").press("-")  # room for what is stretched
    page.get_by_role("button", name="None").click()
    wide, high = extent(drawn(page))
    page.get_by_role("button", name="True scale").click()
    for share in shares:
        page.get_by_label("Step").select_option(label=f"Load × {share:g}")
        expected = ((1 + 0.3 * share) * wide, (1 + 0.1 * share) * high)
        assert extent(drawn(page)) == pytest.approx(expected, abs=3)
    page.get_by_role("button", name="Play").click()
    seen = page.evaluate(
        """async () => {
          const seen = [];
          const step = [...document.querySelectorAll(".field-first select")][0];
          const begun = performance.now();
          while (seen.length < 5 && performance.now() - begun < 20000) {
            if (step.value !== seen.at(-1)) seen.push(step.value);
            await new Promise(requestAnimationFrame);
          }
          return seen.map(Number);
        }"""
    )
    assert [(b - a) % 4 for a, b in pairwise(seen)] == [1, 1, 1, 1]
    page.get_by_role("button", name="Stop").click()
    share = shares[int(page.get_by_label("Step").input_value())]
    assert extent(drawn(page))[0] == pytest.approx((1 + 0.3 * share) * wide, abs=3)


def test_on_a_dark_screen_the_paper_is_dark_and_the_values_keep_their_colours(
    flat: Path, open_at: Callable[[Path], Page]
) -> None:
    page = open_at(flat)
    choose(page, "stress xx")
    colour_by(page)
    light = drawn(page)
    page.emulate_media(color_scheme="dark")
    dark = drawn(page)
    assert background(light).mean() > 0.9
    assert background(dark).mean() < 0.2
    assert_colours(page, STRESSES["stress xx"], 1e6, 4e6)
    # The outline is light, so that it is seen on the dark.
    wide, _ = extent(light)
    left, row = int((light.shape[1] - wide) / 2), light.shape[0] // 2
    assert dark[row, left - 2 : left + 3].mean(axis=1).max() > 0.6
    assert light[row, left - 2 : left + 3].mean(axis=1).min() < 0.4


def test_the_keys_turn_by_so_many_degrees(folder: Path, open_at: Callable[[Path], Page]) -> None:
    solid_block(folder)
    page = open_at(folder)
    canvas = page.locator(".field-canvas")
    canvas.focus()
    azimuth, elevation = -60.0, 24.0
    turns = {"ArrowRight": (-7.5, 0), "ArrowLeft": (7.5, 0), "ArrowUp": (0, -7.5),
             "ArrowDown": (0, 7.5)}  # fmt: skip
    for keys in (["ArrowRight"] * 5, ["ArrowDown"] * 2, ["ArrowLeft"] * 12, ["ArrowUp"] * 5):
        for key in keys:
            page.keyboard.press(key)
            azimuth, elevation = azimuth + turns[key][0], elevation + turns[key][1]
        page.keyboard.press("Enter")
        value = page.locator(".field-value")
        expect(value).to_be_visible()
        at = np.array(json.loads(value.get_attribute("data-x") or "[]"))
        a, e = np.radians([azimuth, elevation])
        towards = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
        # From the middle of the cube towards us, to where the line of sight leaves it.
        assert at == pytest.approx(0.5 + 0.5 * towards / abs(towards).max(), abs=1e-5)
        page.keyboard.press("Escape")
        expect(value).to_have_count(0)
