"""Reading a user's own problem file: what it may hold, and how every fault is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechagents.errors import ProblemError
from mechagents.problems import load_problem, looks_like_words, packaged_problems
from mechagents.problems.loading import problem_from_yaml

PLATE = next(item.text for item in packaged_problems() if item.name == "plate-tension")
LINES = PLATE.split("\n")


def line_of(text: str) -> int:
    """Return the line, from 1, of the packaged plate that holds a text."""
    (found,) = [index for index, line in enumerate(LINES, 1) if text in line]
    return found


def refusal(text: str) -> str:
    with pytest.raises(ProblemError) as caught:
        problem_from_yaml(text, "mine.yaml")
    return str(caught.value)


def altered(old: str, new: str) -> str:
    """Return the refusal of the packaged plate with one text replaced."""
    assert PLATE.count(old) == 1
    return refusal(PLATE.replace(old, new))


def test_a_file_is_read_by_its_path_and_named_by_its_stem(tmp_path: Path) -> None:
    path = tmp_path / "my plate.yaml"
    path.write_text(PLATE, encoding="utf-8")
    problem = load_problem(str(path))
    assert problem.name == "my plate"
    assert problem.model_copy(update={"name": "plate-tension"}) == load_problem("plate-tension")


def test_a_file_may_name_its_problem_and_say_how_to_solve_it() -> None:
    problem = problem_from_yaml(
        "statement: s\nname: n\nlevel: verified\ntolerance: 1e-3\nsettings: {element_order: 2}\n",
        "file.yml",
    )
    assert (problem.name, problem.level, problem.tolerance) == ("n", "verified", 1e-3)
    assert problem.settings.element_order == 2
    assert problem.formulation is None


def test_a_power_of_ten_is_a_number_and_yes_is_a_word() -> None:
    problem = problem_from_yaml("statement: yes\nsettings: {mesh_size: 2e-2}\n", "f.yaml")
    assert problem.statement == "yes"
    assert problem.settings.mesh_size == 0.02


def test_a_mark_at_the_start_of_the_file_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfstatement: s\r\n")
    assert load_problem(str(path)).statement == "s"


def test_an_unknown_name_is_answered_with_the_close_and_the_known_ones() -> None:
    with pytest.raises(ProblemError) as caught:
        load_problem("coper-plate")
    assert caught.value.where == "coper-plate"
    assert "did you mean copper-plate?" in caught.value.message
    for problem in packaged_problems():
        assert problem.name in caught.value.message


@pytest.mark.parametrize("name", ["nothing/here", "none.yaml", "plate.yml"])
def test_a_path_that_is_not_there_is_called_a_file(name: str) -> None:
    with pytest.raises(ProblemError, match=f"{name}: there is no such file"):
        load_problem(name)


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b", ""])
def test_a_name_that_no_file_system_takes_is_unknown(name: str) -> None:
    with pytest.raises(ProblemError) as caught:
        load_problem(name)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a copper plate is stretched", True),
        ("now in shear", True),
        ("copper-plate", False),
        ("plate", False),
        ("", False),
        ("my plate.yaml", False),
        ("folder with spaces/my plate.yml", False),
        ("word " * 2000, True),
    ],
)
def test_words_are_told_from_names_and_paths(text: str, words: bool) -> None:
    assert looks_like_words(text) == words


def test_an_existing_file_with_a_space_in_its_name_is_no_words(tmp_path: Path) -> None:
    path = tmp_path / "my plate"
    path.write_text(PLATE, encoding="utf-8")
    assert not looks_like_words(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"# only a comment\n", "is empty"),
        (b"- a\n- b\n", "holds a list"),
        (b"just words\n", "holds a single value"),
        (b"statement: \xff\n", "f.yaml:1: is not UTF-8"),
        (b"statement: s\nname: \xff\n", "f.yaml:2: is not UTF-8"),
        (b"statement: \x01\n", "f.yaml:1: special characters"),
        (b"a: [1\nb: 2\n", "f.yaml:2:2: is not YAML"),
        (b"statement: a: b\n", "f.yaml:1:13: is not YAML"),
        (b"statement: s\n\tname: n\n", "f.yaml:2:1: is not YAML"),
        (b"statement: a\nname: n\nstatement: b\n", "f.yaml:3:1: the same key stands here twice"),
        (b"statement: a\n---\nstatement: b\n", "f.yaml:2:1: is not YAML"),
        (b"statement: !!python/name:os.system x\n", "f.yaml:1:12: is not YAML"),
        (b"statement: *a\n", "f.yaml:1:12: is not YAML"),
        (b"a: &a [*a]\n", "f.yaml:1: an alias stands inside"),
        (b"a: " + b"[" * 3000, "is nested too deeply"),
        (b"a: " + b"9" * 5000, "is not YAML"),
        (b"#" * 1_000_001, "is larger than 1,000,000 bytes"),
        (
            b"a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
            b"c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
            b"e: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
            "holds more than 50,000 values",
        ),
    ],
)
def test_a_file_that_holds_no_problem_is_refused_with_its_place(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(content)
    with pytest.raises(ProblemError) as caught:
        load_problem(str(path))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 500


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="is a folder"):
        load_problem(str(tmp_path))


def test_a_device_is_refused() -> None:
    with pytest.raises(ProblemError, match="is not a regular file"):
        load_problem("/dev/zero")


@given(st.text(max_size=60))
def test_any_text_is_a_problem_or_refused_in_one_way(text: str) -> None:
    try:
        problem_from_yaml(text, "f.yaml")
    except ProblemError as refused:
        place = refused.where
    else:
        return
    assert place is not None
    assert place.startswith("f.yaml")


@given(st.integers(0, len(PLATE) - 1), st.text(max_size=3))
def test_any_slip_in_a_problem_is_harmless_or_refused_in_one_way(at: int, slip: str) -> None:
    try:
        problem_from_yaml(PLATE[:at] + slip + PLATE[at + 1 :], "f.yaml")
    except ProblemError as refused:
        place = refused.where
    else:
        return
    assert place is not None
    assert place.startswith("f.yaml")


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        (
            "poisson_ratio: 0.3",
            "poisson_ratio: 0.6",
            "materials.plate.poisson_ratio",
            "should be less than 0.5, not 0.6",
        ),
        (
            "youngs_modulus: 1e9",
            "youngs_modulus: 1 kg",
            "materials.plate.youngs_modulus",
            "'1 kg' has the wrong dimension; a quantity in Pa is needed",
        ),
        (
            "boundary: right, x: 0.1",
            "boundary: rigth, x: 0.1",
            "supports.1.boundary",
            "no boundary 'rigth'; boundaries: bottom, left, right, top",
        ),
        (
            "boundary: right, component: x",
            "boundary: top, component: x",
            "wanted.0.boundary",
            "nothing holds 'top' in x, so there is no reaction there",
        ),
        (
            "plate: {kind: rectangle, size: [1.0, 1.0]}",
            "plate: {kind: rectangle, size: [1.0, -1.0]}",
            "geometry.regions.plate.size.1",
            "should be greater than 0, not -1.0",
        ),
        (
            "plate: {kind: rectangle,",
            "plate: {kind: rectangel,",
            "geometry.regions.plate",
            "kind is 'rectangel'; it must be one of 'rectangle', 'disk'",
        ),
        (
            "plate: {kind: rectangle,",
            "plate: {",
            "geometry.regions.plate",
            "needs a kind, which says what it is",
        ),
        (
            "left: {kind: line, axis: x, at: 0.0}",
            "left: {kind: line, axis: x}",
            "geometry.boundaries.left.at",
            "is missing",
        ),
        (
            "{file: displacement.png, field: displacement}",
            "{file: displacement.png, field: displacment}",
            "pictures.0.field",
            "should be 'displacement', 'displacement_x'",
        ),
        (
            "boundary: left, x: 0.0, y: 0.0",
            "boundary: left",
            "supports.0.x",
            "a support prescribes at least one component",
        ),
        (
            "{kind: isotropic, youngs_modulus: 1e9, poisson_ratio: 0.3}",
            "coper",
            "materials.plate",
            "no material 'coper' in the table; known: alumina",
        ),
    ],
)
def test_a_fault_is_named_with_file_line_and_field(
    old: str, new: str, field: str, reason: str
) -> None:
    said = altered(old, new)
    assert said.startswith(f"mine.yaml:{line_of(old)}: formulation.{field}: {reason}")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("component: x}", "component: w}", "wanted.0.component: should be 'x', 'y' or 'z'"),
        ("boundary: left, x: 0.0, y: 0.0", "boundary: left, w: 0.0", "formulation.supports.0.w:"),
    ],
)
def test_a_list_is_not_called_short_for_the_faults_of_its_items(
    old: str, new: str, expected: str
) -> None:
    said = refusal(PLATE.replace("    - {boundary: right, x: 0.1}\n", "").replace(old, new))
    assert expected in said
    assert "at least one is" not in said
    assert "validation" not in said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{PLATE[: PLATE.index('  wanted:')]}  wanted: []\n", "at least one is needed"),
        (
            PLATE.replace(
                "{kind: rectangle, size: [1.0, 1.0]}", "{kind: polygon, points: [[0, 0]]}"
            ),
            "at least three are needed, not 1",
        ),
    ],
)
def test_a_list_that_is_too_short_is_told_in_plain_words(text: str, expected: str) -> None:
    said = refusal(text)
    assert f": {expected}" in said
    assert "validation" not in said


def test_a_floating_body_is_named_at_its_supports() -> None:
    said = altered("    - {boundary: left, x: 0.0, y: 0.0}\n", "")
    place = f"mine.yaml:{line_of('  supports:')}: formulation.supports"
    assert said == f"{place}: the body floats: nothing prevents translation in y"


def test_a_misspelt_field_is_answered_with_the_right_one() -> None:
    said = altered("  idealisation: plane_stress", "  idealization: plane_stress")
    line = line_of("  idealisation: plane_stress")
    assert f"mine.yaml:{line}: formulation.idealization: there is no such field" in said
    assert "did you mean idealisation?" in said
    assert f"mine.yaml:{line_of('formulation:')}: formulation.idealisation: is missing" in said


def test_all_faults_are_named_at_once_in_the_order_of_the_file() -> None:
    text = PLATE.replace("poisson_ratio: 0.3", "poisson_ratio: 0.6").replace(
        "boundary: right, x: 0.1", "boundary: right, w: 0.1"
    )
    lines = refusal(text + "speed: 1\n").split("\n")
    assert lines[0] == "mine.yaml: 3 faults"
    assert [line.split(": ")[1] for line in lines[1:]] == [
        "formulation.materials.plate.poisson_ratio",
        "formulation.supports.1.w",
        "speed",
    ]


def test_several_faults_of_the_whole_formulation_each_get_their_line() -> None:
    said = altered("    plate: {kind: isotropic,", "    plat: {kind: isotropic,")
    line = line_of("    plate: {kind: isotropic,")
    assert f"mine.yaml:{line}: formulation.materials.plat: no region 'plat'" in said
    assert f"mine.yaml:{line - 1}: formulation.materials.plate: region 'plate' has no" in said


def test_a_fault_of_a_name_with_a_dot_finds_its_line() -> None:
    text = PLATE.replace("      top: {kind", "      top.edge: {kind").replace(
        "axis: y, at: 1.0", "axis: y, at: 9.0"
    )
    place = f"mine.yaml:{line_of('      top: {kind')}: formulation.geometry.boundaries.top.edge"
    assert refusal(text).startswith(f"{place}: no edge of the body lies there")


def test_a_problem_without_a_statement_is_refused() -> None:
    assert refusal("name: n\n") == "mine.yaml:1: statement: is missing"


def test_a_long_value_is_not_repeated() -> None:
    assert len(altered("{boundary: left, x: 0.0, y: 0.0}", "a" * 10_000)) < 300


@pytest.mark.parametrize(
    ("acting", "where"),
    [
        ("loads:\n    - {kind: point_force, boundary: tip, y: 100 N/m}", "loads.0.y"),
        ("springs:\n    - {kind: point_spring, boundary: tip, y: 1e5 N/m^2}", "springs.0.y"),
    ],
)
def test_what_acts_at_a_point_of_a_body_with_a_thickness_is_not_per_metre(
    acting: str, where: str
) -> None:
    tip = "      tip: {kind: point, at: [1.0, 1.0]}\n  materials:"
    text = PLATE.replace("  materials:", tip, 1).replace("  wanted:", f"  {acting}\n  wanted:", 1)
    problem_from_yaml(text, "mine.yaml")
    thick = text.replace("  geometry:", "  thickness: 5 mm\n  geometry:", 1)

    assert f"{where}: " in refusal(thick)
    assert "is per metre of thickness, and this body has its own; give it in N" in refusal(thick)
