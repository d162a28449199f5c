"""The table of engineering materials."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from mechagents.mechanics.materials import Isotropic, Material, material_table

NAMES = sorted(material_table())
SHEAR_MODULI = {
    # Kaye and Laby, Tables of Physical and Chemical Constants, 16th ed. (1995), 2.2.2, in GPa:
    # the shear modulus, which the table of this package does not hold.
    "aluminium": 26.1,
    "copper": 48.3,
    "gold": 27.0,
    "iron": 81.6,
    "lead": 5.59,
    "magnesium": 17.3,
    "nickel": 76.0,
    "platinum": 61.0,
    "silver": 30.3,
    "tin": 18.4,
    "titanium": 43.8,
    "tungsten": 160.6,
    "brass": 37.3,
    "invar": 57.2,
    "structural_steel": 82.2,
    "fused_silica": 31.2,
    "soda_lime_glass": 29.2,
}
BULK_MODULI = {
    # From the same table, in GPa.
    "aluminium": 75.5,
    "copper": 137.8,
    "gold": 217.0,
    "iron": 169.8,
    "lead": 45.8,
    "magnesium": 35.6,
    "nickel": 177.3,
    "platinum": 228.0,
    "silver": 103.6,
    "tin": 58.2,
    "titanium": 107.7,
    "tungsten": 311.0,
    "brass": 111.8,
    "invar": 99.4,
}


def test_the_table_holds_at_least_twenty_materials() -> None:
    assert len(NAMES) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_every_material_has_a_lower_case_name_a_title_a_density_and_a_dated_source(
    name: str,
) -> None:
    material = material_table()[name]
    assert name == name.lower()
    assert name.replace("_", "").isalnum()
    assert material.name
    assert material.density is not None
    assert material.thermal_expansion is not None
    assert len(material.source) > 40


@pytest.mark.parametrize("name", NAMES)
def test_every_constant_lies_within_what_solids_have(name: str) -> None:
    material = material_table()[name]
    assert 1e9 < material.youngs_modulus < 600e9
    assert 0.1 < material.poisson_ratio < 0.46
    assert 1000 < (material.density or 0) < 22000
    assert 0 < (material.thermal_expansion or 0) < 2e-4
    if material.yield_stress is not None:
        assert 1e-4 < material.yield_stress / material.youngs_modulus < 0.05


@pytest.mark.parametrize("name", sorted(SHEAR_MODULI))
def test_the_shear_modulus_that_follows_is_the_one_measured(name: str) -> None:
    material = material_table()[name]
    shear = material.youngs_modulus / (2 * (1 + material.poisson_ratio))
    assert shear == pytest.approx(SHEAR_MODULI[name] * 1e9, rel=0.02)


@pytest.mark.parametrize("name", sorted(BULK_MODULI))
def test_the_bulk_modulus_that_follows_is_the_one_measured(name: str) -> None:
    # Far more sensitive to Poisson's ratio than the shear modulus is.
    material = material_table()[name]
    bulk = material.youngs_modulus / (3 * (1 - 2 * material.poisson_ratio))
    assert bulk == pytest.approx(BULK_MODULI[name] * 1e9, rel=0.03)


def test_a_material_is_found_however_its_name_is_spaced() -> None:
    adapter: TypeAdapter[Isotropic] = TypeAdapter(Material)
    expected = material_table()["aluminium_6061_t6"]
    for name in ("aluminium_6061_t6", "Aluminium 6061-T6", " aluminium-6061-t6 "):
        assert adapter.validate_python(name) == expected


def test_an_unknown_material_names_the_known_ones() -> None:
    adapter: TypeAdapter[Isotropic] = TypeAdapter(Material)
    with pytest.raises(ValidationError, match=r"no material 'unobtainium'.*copper.*tungsten"):
        adapter.validate_python("unobtainium")


@pytest.mark.parametrize("ratio", [0.5, 0.6, -1.0, float("nan")])
def test_an_inadmissible_poisson_ratio_is_refused(ratio: float) -> None:
    with pytest.raises(ValidationError, match="poisson_ratio"):
        Isotropic(youngs_modulus=1e9, poisson_ratio=ratio)


@pytest.mark.parametrize("modulus", [0.0, -1.0, float("inf")])
def test_an_inadmissible_youngs_modulus_is_refused(modulus: float) -> None:
    with pytest.raises(ValidationError, match="youngs_modulus"):
        Isotropic(youngs_modulus=modulus, poisson_ratio=0.3)
