"""The typed boundary value problem: all that a problem's meaning rests on, in SI units.

How to solve it (mesh, element, solver) is not part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, ValidationInfo, field_validator, model_validator

from mechagents.mechanics.analyses import Analysis
from mechagents.mechanics.courses import SUDDEN, Course
from mechagents.mechanics.eigen import MOST_MODES, WantedBucklingFactor, WantedFrequency
from mechagents.mechanics.extras import normal_axis
from mechagents.mechanics.formulas import Formula, varying
from mechagents.mechanics.geometry import AXES, Axis, Dimension, Geometry, Name, Part
from mechagents.mechanics.materials import Material
from mechagents.mechanics.springs import Spring
from mechagents.mechanics.transient import InitialVelocity, RayleighDamping
from mechagents.mechanics.units import (
    Length,
    Point,
    PointForceValue,
    SpacePoint,
    Time,
    conversion_of,
)
from mechagents.mechanics.wellposed import faults

Idealisation = Literal["plane_stress", "plane_strain", "axisymmetric", "solid"]
"""How the plane stands for the body, or that none does: ``solid`` is three-dimensional.

Axisymmetric: x is the radius, y the axis."""
WHOLE = ("axisymmetric", "solid")
"""Idealisations of a body that has all of its extent; others have a thickness or are a metre."""
POINT_UNITS = {"point_force": ("N", "N/m"), "point_spring": ("N/m", "N/m^2")}
"""What acts at a point: its unit, and that per metre of thickness."""
StressComponent = Literal[
    "xx", "yy", "zz", "xy", "yz", "xz", "von_mises", "max_principal", "min_principal"
]
"""A stress component. In the plane zz is out of it, or the hoop direction; yz and xz are 0."""
StrainComponent = Literal["xx", "yy", "zz", "xy", "yz", "xz", "max_principal", "min_principal"]
"""A component of the strain tensor: xy is eps_xy, half of gamma_xy."""
FieldName = Literal[
    "displacement", "displacement_x", "displacement_y", "displacement_z",
    "stress_xx", "stress_yy", "stress_zz", "stress_xy", "stress_yz", "stress_xz", "von_mises",
]  # fmt: skip
"""A field that can be drawn; ``displacement`` is its magnitude."""
Source = Literal["stated", "inferred", "default"]
"""Where an assumption comes from: the user's words, a reading of them, or a convention."""
"""Small displacements under loads, free vibration, or linear buckling."""

VaryingLength = Annotated[float | Formula, varying("m")]
VaryingStress = Annotated[float | Formula, varying("Pa")]
VaryingForceDensity = Annotated[float | Formula, varying("N/m^3")]
VaryingTemperature = Annotated[float | Formula, varying("K")]
"""A number in SI, a quantity with a unit, or a formula of the coordinates."""


class Support(Part):
    """Displacement prescribed on a boundary, by component [m]; a component not named is free.

    With ``symmetry`` in place of components it holds what is square to a straight boundary along
    an axis, and a formulation has that component in its stead.
    """

    boundary: Name
    x: VaryingLength | None = None
    y: VaryingLength | None = None
    z: VaryingLength | None = None
    symmetry: bool = False
    course: Course | None = None
    """What the components are multiplied by in time where a support of a transient problem
    moves."""

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if self.symmetry:
            if self.components:
                raise ValueError("symmetry: holds one component by itself; leave x, y and z out")
            if self.course is not None:
                raise ValueError("course: a symmetry holds still; leave it out")
            return self
        if self.x is None and self.y is None and self.z is None:
            raise ValueError("x: a support prescribes at least one component, x, y or z")
        return self

    @property
    def components(self) -> dict[Axis, float | Formula]:
        """The prescribed components and their values [m]."""
        every = zip(AXES, (self.x, self.y, self.z), strict=True)
        return {axis: value for axis, value in every if value is not None}

    @property
    def moving(self) -> dict[Axis, float | Formula]:
        """The components that are not held at 0, and their values [m]."""
        return {axis: value for axis, value in self.components.items() if value != 0.0}


class Traction(Part):
    """Force per area on a boundary [Pa], in the directions of the axes."""

    kind: Literal["traction"] = "traction"
    boundary: Name
    x: VaryingStress = 0.0
    y: VaryingStress = 0.0
    z: VaryingStress = 0.0


class Pressure(Part):
    """Force per area on a boundary [Pa], square to it and into the body; suction is negative.

    In finite deformation it follows the surface: area and direction are those after deformation,
    and a formula is read where the point was before.
    """

    kind: Literal["pressure"] = "pressure"
    boundary: Name
    value: VaryingStress


class PointForce(Part):
    """A force at a boundary that is a point [N], in the directions of the axes.

    Per metre of thickness [N/m] where the body has none that is stated; of an axisymmetric body
    the total on the ring. Stress and displacement have no bound at the point itself.
    """

    kind: Literal["point_force"] = "point_force"
    boundary: Name
    x: PointForceValue = 0.0
    y: PointForceValue = 0.0
    z: PointForceValue = 0.0


class BodyForce(Part):
    """Force per volume [N/m^3], in one region or, with none named, in all."""

    kind: Literal["body_force"] = "body_force"
    region: Name | None = None
    x: VaryingForceDensity = 0.0
    y: VaryingForceDensity = 0.0
    z: VaryingForceDensity = 0.0


class TemperatureChange(Part):
    """A change of temperature from that without stress [K], in one region or in all.

    The material there needs ``thermal_expansion``. It is a difference: 80 degrees are 80 K.
    """

    kind: Literal["temperature"] = "temperature"
    region: Name | None = None
    change: VaryingTemperature


Load = Annotated[
    Traction | Pressure | PointForce | BodyForce | TemperatureChange, Field(discriminator="kind")
]
"""What drives the body apart from prescribed displacement."""


Extreme = Literal["max", "min", "max_abs"]


class _InTime(Part):
    """A quantity that has a time, or an extreme over time, where the analysis is transient."""

    time: Time | None = None
    """When [s]."""
    over_time: Extreme | None = None
    """Which extreme from the time 0 to the end."""


class _Located(_InTime):
    """A quantity read at one point or as an extreme over a region."""

    name: Name
    at: Point | SpacePoint | None = None
    extreme: Extreme | None = None
    region: Name | None = None

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.at is None) == (self.extreme is None):
            raise ValueError("at: give either a point (at) or an extreme (max, min, max_abs)")
        if self.region is not None and self.extreme is None:
            raise ValueError("region: only an extreme is taken over a region")
        return self


class WantedDisplacement(_Located):
    """A displacement component, or its magnitude [m]."""

    kind: Literal["displacement"] = "displacement"
    component: Literal["x", "y", "z", "magnitude"]


class WantedVelocity(_Located):
    """A velocity component, or its magnitude [m/s]; of a transient problem."""

    kind: Literal["velocity"] = "velocity"
    component: Literal["x", "y", "z", "magnitude"]

    @property
    def as_displacement(self) -> WantedDisplacement:
        """What is read in the same way where velocity stands for displacement."""
        return WantedDisplacement(
            name=self.name,
            at=self.at,
            extreme=self.extreme,
            region=self.region,
            component=self.component,
        )


class WantedStress(_Located):
    """A stress component, the von Mises stress or a principal stress [Pa]."""

    kind: Literal["stress"] = "stress"
    component: StressComponent


class WantedStrain(_Located):
    """A component of the small strain, or a principal strain [-].

    The whole strain: what changes of temperature and plastic flow make is part of it.
    """

    kind: Literal["strain"] = "strain"
    component: StrainComponent


class WantedReaction(_InTime):
    """The force that the surroundings exert on a boundary, in the direction of an axis.

    In N for a solid, an axisymmetric body or a stated thickness, else in N/m, per metre of
    thickness.
    """

    name: Name
    kind: Literal["reaction"] = "reaction"
    boundary: Name
    component: Axis


class WantedEnergy(_InTime):
    """Strain energy of a region or, with none named, of the body (J, or J/m as for a reaction)."""

    name: Name
    kind: Literal["strain_energy"] = "strain_energy"
    region: Name | None = None


WantedOfField = WantedDisplacement | WantedStress | WantedStrain | WantedReaction | WantedEnergy
"""What a displacement under loads has."""
WantedOfMode = WantedFrequency | WantedBucklingFactor
"""What a mode of vibration or buckling has."""
Wanted = Annotated[WantedOfField | WantedVelocity | WantedOfMode, Field(discriminator="kind")]
"""A quantity that the user asks for."""


class Picture(Part):
    """A picture that the user asks for: one field, drawn over the body, in a PNG file."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.png$")]
    field: FieldName
    mode: Annotated[int, Field(ge=1, le=MOST_MODES)] | None = None
    """Which mode of vibration or buckling is drawn; None for the displacement under the loads."""


class Alternative(Part):
    """Another reasonable reading, and the change that makes the formulation follow it."""

    value: str
    amend: dict[str, Any] = Field(default_factory=dict)
    """Changed fields by path, indices from 0, for instance ``{"supports.1.y": 0.0}``. Empty where
    a formulation cannot express the reading."""


class Assumption(Part):
    """A choice that the problem's words leave open or that a reader should know of."""

    about: Name
    value: str
    source: Source
    why: str
    alternatives: tuple[Alternative, ...] = ()

    def value_as(self, value: str) -> dict[str, Any]:
        """Return the changes that make a formulation follow a reading.

        Raises:
            ValueError: If it is none of the readings, or one whose changes nobody gave.
        """
        readings = {self.value: dict[str, Any]()} | {a.value: a.amend for a in self.alternatives}
        if value not in readings:
            raise ValueError(f"{self.about} is one of {', '.join(readings)}, not {value!r}")
        if value != self.value and not readings[value]:
            told = f"{self.about} as {value!r} is named, but not what it changes (amend)"
            raise ValueError(f"{told}; state the formulation for it yourself")
        return readings[value]

    def stated(self, value: str) -> dict[str, Any]:
        """Return this assumption as the user's own choice of a reading, as plain data."""
        return Assumption(
            about=self.about, value=value, source="stated", why="Chosen by the user."
        ).model_dump(mode="json")


class Formulation(Part):
    """A problem of solid mechanics, in the plane or in space: statics, modes or motion in time.

    It checks itself: every name it uses exists, constants are admissible, regions do not
    overlap, and, where it has to be held, no part of the body can move freely. Each fault names
    its field.
    """

    title: str = ""
    analysis: Analysis = "static_linear"
    idealisation: Idealisation
    thickness: Annotated[Length, Field(gt=0)] | None = None
    """Out of plane [m]; None means that forces and energies are per metre."""
    geometry: Geometry
    materials: dict[Name, Material]
    supports: tuple[Support, ...] = ()
    springs: tuple[Spring, ...] = ()
    loads: tuple[Load, ...] = ()
    load_path: Annotated[tuple[float, ...], Field(min_length=1)] = (1.0,)
    """Factors that loads and prescribed displacements go through in turn, from 0; only plasticity
    depends on it. What is wanted is read at the last."""
    end_time: Annotated[Time, Field(gt=0)] | None = None
    """When the motion of a transient problem ends [s]; it begins at 0, without displacement."""
    time_course: Course = SUDDEN
    """How all loads of a transient problem vary: times from 0 [s] and factors, linear between, or
    a sine or a smooth table."""
    initial_velocity: Annotated[InitialVelocity, Field(validate_default=True)] = (0.0, 0.0)
    """Of the whole body of a transient problem where nothing holds it, x and y, of a solid z too
    [m/s]."""
    damping: RayleighDamping | None = None
    """Of a transient problem; None for a body without."""
    wanted: Annotated[tuple[Wanted, ...], Field(min_length=1)]
    pictures: tuple[Picture, ...] = ()
    assumptions: tuple[Assumption, ...] = ()

    @field_validator("supports")
    @classmethod
    def _symmetry_holds_a_component(
        cls, supports: tuple[Support, ...], info: ValidationInfo
    ) -> tuple[Support, ...]:
        geometry = info.data.get("geometry")
        if not isinstance(geometry, Geometry):
            return supports
        return tuple(_mirrored(index, s, geometry) for index, s in enumerate(supports))

    @field_validator("loads", "springs", mode="before")
    @classmethod
    def _points_of_a_body_are_not_per_metre(cls, given: object, info: ValidationInfo) -> object:
        has_all = info.data.get("thickness") is not None or info.data.get("idealisation") in WHOLE
        for fault in _given_per_metre(given) if has_all else ():
            raise ValueError(fault)
        return given

    @field_validator("initial_velocity")
    @classmethod
    def _rest_has_as_many_components_as_the_body(
        cls, velocity: InitialVelocity, info: ValidationInfo
    ) -> InitialVelocity:
        if any(velocity):
            return velocity
        return (0.0, 0.0, 0.0) if info.data.get("idealisation") == "solid" else (0.0, 0.0)

    @field_validator("wanted")
    @classmethod
    def _names_are_unique(cls, wanted: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
        seen: set[str] = set()
        for item in wanted:
            if item.name in seen:
                raise ValueError(f"two wanted quantities are named {item.name!r}")
            seen.add(item.name)
        return wanted

    @model_validator(mode="after")
    def _is_well_posed(self) -> Self:
        found = faults(self)
        if found:
            raise ValueError("\n".join(found))
        return self

    @property
    def dimension(self) -> Dimension:
        """Of the body: 2 where the plane stands for it, 3 for a solid."""
        return 3 if self.idealisation == "solid" else 2

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The directions in which it can move."""
        return AXES[: self.dimension]

    @property
    def force_unit(self) -> str:
        """The unit of a reaction: N, or N/m per metre of thickness."""
        per_metre = self.thickness is None and self.idealisation not in WHOLE
        return "N/m" if per_metre else "N"

    def unit(self, wanted: Wanted) -> str:
        """Return the SI unit of a wanted quantity."""
        if wanted.kind == "reaction":
            return self.force_unit
        if wanted.kind == "strain_energy":
            return "J/m" if self.force_unit == "N/m" else "J"
        units = {
            "displacement": "m", "velocity": "m/s", "stress": "Pa", "strain": "1",
            "frequency": "Hz", "buckling_factor": "1",
        }  # fmt: skip
        return units[wanted.kind]

    @property
    def modes(self) -> int:
        """How many modes a program hands back: up to the highest wanted or drawn, else 0."""
        numbers = [wanted.number for wanted in self.wanted if isinstance(wanted, WantedOfMode)]
        return max([*numbers, *(picture.mode or 0 for picture in self.pictures)], default=0)

    def amended(self, changes: dict[str, Any]) -> Formulation:
        """Return a copy with fields replaced.

        Args:
            changes: New values by dotted path, list items by index, for instance
                ``{"idealisation": "plane_strain", "supports.1.y": 0.0}``. The index after the
                last one adds to a list.

        Raises:
            ValueError: If a path leads nowhere or the result is not a valid formulation
                (``pydantic.ValidationError`` is a ``ValueError``).
        """
        data: dict[str, Any] = self.model_dump(mode="json")
        for path, value in changes.items():
            _set(data, path.split("."), value, path)
        return Formulation.model_validate(data)

    def read_as(self, about: str, value: str) -> Formulation:
        """Return a copy that follows another reading of the question, now a stated one.

        Args:
            about: What the assumption is about, such as ``idealisation``.
            value: One of its alternatives.

        Raises:
            ValueError: If there is no such assumption or alternative.
        """
        for index, assumption in enumerate(self.assumptions):
            if assumption.about == about:
                chosen = assumption.value_as(value)
                return self.amended({**chosen, f"assumptions.{index}": assumption.stated(value)})
        known = ", ".join(assumption.about for assumption in self.assumptions) or "none"
        raise ValueError(f"no assumption about {about!r}; there are: {known}")


def _given_per_metre(items: object) -> Iterator[str]:
    """Find forces and springs at points whose unit is per metre of thickness."""
    for index, item in enumerate(cast("list[object]", items) if isinstance(items, list) else ()):
        given = cast("dict[str, object]", item) if isinstance(item, dict) else {}
        unit, per_metre = POINT_UNITS.get(str(given.get("kind")), ("", ""))
        for axis in AXES if unit else ():
            value = given.get(axis)
            if isinstance(value, str) and conversion_of(value, per_metre):
                told = f"{value} is per metre of thickness, and this body has its own"
                yield f"{index}.{axis}: {told}; give it in {unit}"


def _mirrored(index: int, support: Support, geometry: Geometry) -> Support:
    """Return a support with the component in place of a symmetry, if its boundary is known."""
    boundary = geometry.outline_parts.get(support.boundary) or geometry.boundaries.get(
        support.boundary
    )
    if not support.symmetry or boundary is None:
        return support
    axis = normal_axis(boundary)
    if axis is None:
        raise ValueError(
            f"{index}.symmetry: needs a straight boundary along an axis, and {support.boundary!r} "
            f"is a {boundary.kind}"
        )
    return Support.model_validate({"boundary": support.boundary, axis: 0.0})


def _set(data: object, keys: list[str], value: object, path: str) -> None:
    """Set the value at the end of a path through nested dictionaries and lists."""
    *way, last = keys
    try:
        for key in way:
            data = _index(data)[int(key) if isinstance(data, list) else key]
        _put(data, last, value)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise ValueError(f"{path}: there is no such field") from error


def _put(data: object, last: str, value: object) -> None:
    if isinstance(data, list):
        items = cast("list[object]", data)
        if int(last) == len(items):
            items.append(value)
        else:
            items[int(last)] = value
    else:
        _index(data)[last] = value


def _index(data: object) -> dict[str | int, object]:
    # A list is read and written by index as a dictionary is by key.
    if not isinstance(data, dict | list):
        raise TypeError("neither a dictionary nor a list")
    return cast("dict[str | int, object]", data)
