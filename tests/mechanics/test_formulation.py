"""The typed boundary value problem: JSON, amendments, units."""

from __future__ import annotations

import subprocess
import sys

import pytest
from bodies import formulation, plate
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mechagents.mechanics.formulation import Formulation

positive = st.floats(1e-3, 1e3)
values = st.floats(-1e9, 1e9)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,8}", fullmatch=True)
places = st.fixed_dictionaries({"at": st.just([0.1, 0.1])}) | st.fixed_dictionaries(
    {"extreme": st.sampled_from(["max", "min", "max_abs"])},
    optional={"region": st.sampled_from(["plate", None])},
)


def wanted(name: str) -> st.SearchStrategy[dict[str, object]]:
    displacement = st.fixed_dictionaries(
        {"kind": st.just("displacement"), "component": st.sampled_from(["x", "y", "magnitude"])}
    )
    stress = st.fixed_dictionaries(
        {"kind": st.just("stress"), "component": st.sampled_from(["xx", "zz", "xy", "von_mises"])}
    )
    located = st.builds(lambda what, place: {**what, **place}, displacement | stress, places)
    energy = st.just({"kind": "strain_energy", "region": "plate"})
    reaction = st.just({"kind": "reaction", "boundary": "left", "component": "y"})
    return (located | energy | reaction).map(lambda item: {**item, "name": name})


loads = st.fixed_dictionaries(
    {"kind": st.just("traction"), "boundary": st.sampled_from(["right", "top"]), "x": values}
) | st.fixed_dictionaries({"kind": st.just("body_force"), "y": values})
assumptions = st.fixed_dictionaries(
    {
        "about": names,
        "value": st.text(max_size=9),
        "source": st.sampled_from(["stated", "inferred", "default"]),
        "why": st.text(max_size=20),
        "alternatives": st.lists(
            st.fixed_dictionaries(
                {"value": st.text(max_size=9), "amend": st.dictionaries(names, values, max_size=2)}
            ),
            max_size=2,
        ),
    }
)


@st.composite
def formulations(draw: st.DrawFn) -> Formulation:
    """Draw a plate with or without a hole, under any loads, with anything wanted."""
    outer: dict[str, object] = {"kind": "rectangle", "size": [1.0, 1.0]}
    hole = {"kind": "disk", "center": [0.5, 0.5], "radius": draw(st.floats(0.05, 0.35))}
    idealisation = draw(st.sampled_from(["plane_stress", "plane_strain", "axisymmetric"]))
    data = plate(
        title=draw(st.text(max_size=20)),
        idealisation=idealisation,
        thickness=None if idealisation == "axisymmetric" else draw(st.none() | positive),
        materials={
            "plate": {
                "youngs_modulus": draw(positive),
                "poisson_ratio": draw(st.floats(-0.99, 0.499)),
                "density": draw(st.none() | positive),
            }
        },
        loads=draw(st.lists(loads, max_size=3)),
        wanted=[draw(wanted(name)) for name in draw(st.lists(names, min_size=1, unique=True))],
        pictures=draw(st.lists(st.just({"file": "1.png", "field": "stress_xy"}), max_size=1)),
        assumptions=draw(st.lists(assumptions, max_size=2)),
    )
    data["geometry"]["regions"]["plate"] = draw(
        st.sampled_from([outer, {"kind": "difference", "base": outer, "remove": [hole]}])
    )
    return Formulation.model_validate(data)


@given(formulations())
def test_a_formulation_comes_back_from_json_as_it_was(made: Formulation) -> None:
    assert Formulation.model_validate_json(made.model_dump_json()) == made


@given(formulations())
def test_amending_nothing_changes_nothing(made: Formulation) -> None:
    assert made.amended({}) == made


@given(formulations(), st.sampled_from(["plane_stress", "plane_strain"]))
def test_an_amendment_changes_its_field_and_no_other(made: Formulation, value: str) -> None:
    amended = made.amended({"idealisation": value})
    assert amended.idealisation == value
    assert amended.amended({"idealisation": made.idealisation}) == made


def test_an_amendment_reaches_into_lists_and_dictionaries() -> None:
    amended = formulation().amended(
        {"supports.1.y": 0.0, "materials.plate.youngs_modulus": "2 GPa"}
    )
    assert amended.supports[1].components == {"x": 0.1, "y": 0.0}
    assert amended.materials["plate"].youngs_modulus == 2e9


@pytest.mark.parametrize(
    "path",
    ["supports.9.y", "supports.left.y", "nothing.here", "materials.plate.name.first", "loads.1"],
)
def test_an_amendment_that_leads_nowhere_is_refused_with_its_path(path: str) -> None:
    with pytest.raises(ValueError, match=path):
        formulation().amended({path: 1.0})


def test_an_amendment_adds_keys_and_adds_to_lists_by_the_index_after_the_last() -> None:
    whole = formulation()
    force = {"name": "added", "kind": "reaction", "boundary": "left", "component": "y"}
    top = {"kind": "line", "axis": "y", "at": 1}
    amended = whole.amended(
        {f"wanted.{len(whole.wanted)}": force, "geometry.boundaries.added": top}
    )
    assert [w.name for w in amended.wanted] == [*(w.name for w in whole.wanted), "added"]
    assert "added" in amended.geometry.boundaries


def test_names_of_regions_are_names() -> None:
    with pytest.raises(ValidationError, match=r"geometry\.regions\.my plate"):
        formulation().amended({"geometry.regions": {"my plate": {"kind": "disk", "radius": 1}}})


def test_an_amendment_is_checked_like_any_formulation() -> None:
    with pytest.raises(ValidationError, match="no boundary 'nowhere'"):
        formulation().amended({"supports.1.boundary": "nowhere"})


def test_the_same_body_in_other_units_is_the_same_formulation() -> None:
    other = plate(
        materials={"plate": {"youngs_modulus": "1 GPa", "poisson_ratio": 0.3}},
        supports=[
            {"boundary": "left", "x": "0 mm", "y": 0.0},
            {"boundary": "right", "x": "100 mm"},
        ],
    )
    other["geometry"]["regions"]["plate"]["size"] = ["1000 mm", "100 cm"]
    assert Formulation.model_validate(other) == formulation()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["N/m", "J/m", "m", "Pa"]),
        ({"thickness": "2 mm"}, ["N", "J", "m", "Pa"]),
        ({"idealisation": "axisymmetric"}, ["N", "J", "m", "Pa"]),
    ],
)
def test_forces_are_per_metre_unless_the_body_has_a_thickness(
    changes: dict[str, object], expected: list[str]
) -> None:
    made = formulation(
        wanted=[
            {"name": "a", "kind": "reaction", "boundary": "left", "component": "y"},
            {"name": "b", "kind": "strain_energy"},
            {"name": "c", "kind": "displacement", "component": "x", "at": [1, 1]},
            {"name": "d", "kind": "stress", "component": "xy", "extreme": "max"},
        ],
        **changes,
    )
    assert [made.unit(item) for item in made.wanted] == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"idealisation": "3d"}, "idealisation"),
        ({"thickness": 0.0}, "thickness"),
        ({"thickness": "1 kg"}, "wrong dimension"),
        ({"supports": []}, "supports"),
        ({"supports": [{"boundary": "left"}]}, "at least one component"),
        ({"wanted": []}, "wanted"),
        ({"pictures": [{"file": "../a.png", "field": "von_mises"}]}, "file"),
        ({"temperature": 20}, "temperature"),
        ({"loads": [{"kind": "gravity"}]}, "gravity"),
    ],
)
def test_what_a_formulation_cannot_mean_is_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        formulation(**changes)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({}, "either a point"),
        ({"at": [0, 0], "extreme": "max"}, "either a point"),
        ({"at": [0, 0], "region": "plate"}, "only an extreme"),
    ],
)
def test_a_stress_is_wanted_at_one_place(place: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        formulation(wanted=[{"name": "s", "kind": "stress", "component": "xx", **place}])


def test_two_wanted_quantities_cannot_share_a_name() -> None:
    twice = {"name": "e", "kind": "strain_energy"}
    with pytest.raises(ValidationError, match="two wanted quantities are named 'e'"):
        formulation(wanted=[twice, twice])


def test_importing_messages_loads_no_numerical_library() -> None:
    code = (
        "import sys, mechagents.messages, mechagents.brief;"
        "heavy = {'numpy', 'scipy', 'shapely', 'pint', 'skfem', 'netgen', 'ruamel', 'matplotlib'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "\n"


def test_a_reading_that_says_no_change_is_not_followed_in_silence() -> None:
    large_strain = {
        "about": "strains", "value": "small", "source": "default", "why": "Usual.",
        "alternatives": [{"value": "large"}],
    }  # fmt: skip
    problem = formulation(assumptions=[large_strain])
    assert problem.read_as("strains", "small").assumptions[0].source == "stated"
    with pytest.raises(ValueError, match="strains as 'large' is named, but not what it changes"):
        problem.read_as("strains", "large")
