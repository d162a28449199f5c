"""The reference solution by NGSolve: curved elements of high order, graded towards corners.

It shares with the libraries that programs use only the geometry in OpenCascade.

References:
    Schwab, p- and hp-Finite Element Methods (1998): on a mesh that is graded geometrically to
    the corners the error falls exponentially with the order, whether or not they are singular.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np
from ngsolve import (
    CF,
    BilinearForm,
    BitArray,
    CoefficientFunction,
    Det,
    Grad,
    GridFunction,
    Id,
    IfPos,
    InnerProduct,
    Integrate,
    LinearForm,
    Trace,
    VectorH1,
    acos,
    atan2,
    cos,
    ds,
    dx,
    exp,
    log,
    sin,
    specialcf,
    sqrt,
    tan,
    x,
    y,
    z,
)

from mechagents.mechanics.formulas import Formula
from mechagents.mechanics.formulation import (
    BodyForce,
    Formulation,
    Load,
    Pressure,
    Support,
    TemperatureChange,
    Traction,
    WantedDisplacement,
    WantedEnergy,
    WantedOfField,
    WantedReaction,
    WantedStrain,
    WantedStress,
)
from mechagents.mechanics.materials import Isotropic
from mechagents.verification.reference import springs
from mechagents.verification.reference.body import Body, Resolution, make_body
from mechagents.verification.reference.laws import Laws
from mechagents.verification.reference.probe import (
    BoolArray,
    FloatArray,
    IntArray,
    at_point,
    extreme,
)
from mechagents.verification.reference.values import ReferenceSolution, ReferenceValue

FINE, COARSE = Resolution(order=7, layers=7, edge=0.12), Resolution(order=6, layers=5, edge=0.12)
"""The reference, and what it is compared with to estimate its error."""
SAFETY = 2.0
"""The error is taken as this times the difference between the two."""
ROUNDING = 1e-9
"""Of the size of a value, and of what is large for one of its kind."""
_COLUMNS = "xyz"
_MORE = 6
"""Orders of integration besides those of the elements, for loads that vary."""


def solve(formulation: Formulation) -> ReferenceSolution:
    """Return the wanted quantities of a formulation, with error estimates.

    Raises:
        Exception: Whatever netgen or NGSolve raise.
    """
    fine, coarse = (
        Solved(formulation, resolution, make_body(formulation, resolution))
        for resolution in (FINE, COARSE)
    )
    means = f"NGSolve {version('ngsolve')}, curved elements of order {FINE.order}"
    means += f" graded to the corners, {fine.space.ndof} unknowns; error by order {COARSE.order}"
    return compared(formulation, fine, coarse, means)


def compared(
    formulation: Formulation, fine: Solved, coarse: Solved, means: str
) -> ReferenceSolution:
    """Return the wanted quantities of the finer of two solutions; errors by the coarser one."""
    quantities = {
        w.name: value_of(w, fine, coarse)
        for w in formulation.wanted
        if isinstance(w, WantedOfField)
    }
    return ReferenceSolution(
        means=means, quantities={name: v for name, v in quantities.items() if v is not None}
    )


def value_of(wanted: WantedOfField, fine: Solved, coarse: Solved) -> ReferenceValue | None:
    """Return a quantity by the finer of two solutions, with an error by the coarser."""
    best, rough = fine.quantity(wanted, 12), coarse.quantity(wanted, 10)
    if not len(best) or len(best) != len(rough):
        return None
    scale = fine.scale(wanted)
    error = SAFETY * float(np.abs(best - rough).max())
    error += ROUNDING * max(float(np.abs(best).max()), scale)
    return ReferenceValue(values=tuple(map(float, best)), error=error, scale=scale)


@dataclass(frozen=True)
class Solved:
    """A formulation solved at one resolution, in coordinates scaled by ``frame.scale``.

    Strain and stress do not change with the scale s; a displacement is s times as large, a force
    on a line s, on a ring s^2, and an energy once more.
    """

    formulation: Formulation
    resolution: Resolution
    body: Body

    @cached_property
    def space(self) -> VectorH1:
        """Displacements, without regard to supports."""
        return VectorH1(self.body.mesh, order=self.resolution.order)

    @property
    def axisymmetric(self) -> bool:
        """Whether x is a radius."""
        return self.formulation.idealisation == "axisymmetric"

    @cached_property
    def weight(self) -> CoefficientFunction:
        """What an area counts for: 2 pi r scaled, or the thickness [m]."""
        return 2 * np.pi * self.radius if self.axisymmetric else CF(self.formulation.thickness or 1)

    @cached_property
    def radius(self) -> CoefficientFunction:
        """The distance from the axis, scaled."""
        return x + self.body.frame.origin[0] * self.body.frame.scale

    @property
    def force_scale(self) -> float:
        """Forces here over forces [N or N/m]."""
        return float(self.body.frame.scale ** (2 if self.axisymmetric else 1))

    def strain(self, u: CoefficientFunction) -> CoefficientFunction:
        """Return the strain, a 3 x 3 matrix; that of plane stress lacks its zz component."""
        H = Grad(u)
        hoop = u[0] / self.radius if self.axisymmetric else CF(0.0)
        shear = 0.5 * (H[0, 1] + H[1, 0])
        return CF((H[0, 0], shear, 0, shear, H[1, 1], 0, 0, 0, hoop), dims=(3, 3))

    @cached_property
    def laws(self) -> Laws | None:
        """The laws where not all are isotropic."""
        laws = self.formulation.materials
        if all(isinstance(law, Isotropic) for law in laws.values()):
            return None
        plane_stress = self.formulation.idealisation == "plane_stress"
        return Laws(self.body.mesh, laws, plane_stress=plane_stress)

    def stress(self, strain: CoefficientFunction) -> CoefficientFunction:
        """Return the stress [Pa], a 3 x 3 matrix."""
        laws = self.formulation.materials
        mesh = self.body.mesh
        if self.laws is not None:
            return self.laws.stress(strain)
        known = {n: law for n, law in laws.items() if isinstance(law, Isotropic)}
        lam = mesh.MaterialCF({name: law.lame_constants[0] for name, law in known.items()})
        mu = mesh.MaterialCF({name: law.lame_constants[1] for name, law in known.items()})
        if self.formulation.idealisation == "plane_stress":
            plane = CF((1, 0, 0, 0, 1, 0, 0, 0, 0), dims=(3, 3))
            return 2 * mu * strain + 2 * lam * mu / (lam + 2 * mu) * Trace(strain) * plane
        return 2 * mu * strain + lam * Trace(strain) * Id(3)

    @property
    def pair(self) -> tuple[CoefficientFunction, CoefficientFunction]:
        """The displacement that does work and the one it is done on."""
        return self.space.TnT()

    @cached_property
    def stiffness(self) -> BilinearForm:
        """K on all degrees of freedom, that of springs too."""
        u, v = self.pair
        form = InnerProduct(self.stress(self.strain(u)), self.strain(v)) * self.weight
        work = springs.with_beds(form * dx(bonus_intorder=2), self)
        return springs.with_point_springs(BilinearForm(work, symmetric=True).Assemble(), self)

    @property
    def system(self) -> tuple[BilinearForm, LinearForm]:
        """K and the loads, on all degrees of freedom."""
        return self.stiffness, self.force

    @property
    def dead(self) -> Sequence[Load]:
        """The loads that do not change with the displacement."""
        return self.formulation.loads

    @cached_property
    def force(self) -> LinearForm:
        """The dead loads on each degree of freedom, scaled."""
        v = self.space.TestFunction()
        force = LinearForm(self.space)
        if any(isinstance(load, TemperatureChange) for load in self.formulation.loads):
            free = InnerProduct(self.stress(self.expansion), self.strain(v))
            force += free * self.weight * dx(bonus_intorder=_MORE)
        for load in self.dead:
            if isinstance(load, Traction | Pressure):
                # On a plain ds the normals of cut-out curves may point into the body.
                where = ds(
                    skeleton=True,
                    definedon=self.body.boundary(load.boundary),
                    bonus_intorder=_MORE,
                )
                force += InnerProduct(self.on_edge(load), v) * self.weight * where
            elif isinstance(load, BodyForce):
                inside = dx(
                    definedon=self.body.mesh.Materials(load.region or ".*"), bonus_intorder=_MORE
                )
                value = self.vector(load)
                force += InnerProduct(value, v) / self.body.frame.scale * self.weight * inside
        return springs.with_point_forces(force.Assemble(), self)

    def on_edge(self, load: Traction | Pressure) -> CoefficientFunction:
        """Return the force on an edge [Pa], a vector."""
        if isinstance(load, Traction):
            return self.vector(load)
        normal = specialcf.normal(self.formulation.dimension)
        return self.varying(load.value) * -1.0 * normal

    def vector(self, load: Traction | BodyForce) -> CoefficientFunction:
        """Return a load in the directions of the axes."""
        return CF(tuple(self.varying(getattr(load, axis)) for axis in self.formulation.axes))

    def varying(self, value: float | Formula) -> CoefficientFunction:
        """Return a number, or a formula of the coordinates in metres."""
        if not isinstance(value, Formula):
            return CF(value)
        origin, scale = self.body.frame.origin, self.body.frame.scale
        here = zip(self.formulation.axes, (x, y, z), origin, strict=False)
        coordinates = {str(axis): value / scale + start for axis, value, start in here}
        functions: dict[str, Callable[..., CoefficientFunction]] = {
            "sin": sin, "cos": cos, "tan": tan, "exp": exp, "log": log, "sqrt": sqrt,
            "atan2": atan2, "abs": _size,
        }  # fmt: skip
        found: CoefficientFunction = CF(1.0) * value.given(coordinates, functions)
        return found

    @cached_property
    def expansion(self) -> CoefficientFunction:
        """The strain that changes of temperature make where nothing holds the body, 3 x 3."""
        if self.laws is not None:
            return self._expansion_by(self.laws)
        total = CF(0.0)
        for load in self.formulation.loads:
            if isinstance(load, TemperatureChange):
                alpha = {
                    name: law.thermal_expansion or 0.0
                    for name, law in self.formulation.materials.items()
                    if load.region in (None, name) and isinstance(law, Isotropic)
                }
                here = self.body.mesh.MaterialCF(alpha, default=0.0)
                total = total + here * self.varying(load.change)
        # In plane stress the expansion out of the plane is free.
        across = CF(0.0) if self.formulation.idealisation == "plane_stress" else total
        return CF((total, 0, 0, 0, total, 0, 0, 0, across), dims=(3, 3))

    def _expansion_by(self, laws: Laws) -> CoefficientFunction:
        total = CF((0.0,) * 9, dims=(3, 3))
        for load in self.formulation.loads:
            if isinstance(load, TemperatureChange):
                total = total + self.varying(load.change) * laws.expansion(load.region)
        return total

    @property
    def true_stress(self) -> CoefficientFunction:
        """The stress of the solution [Pa], 3 x 3."""
        return self.stress(self.elastic)

    @property
    def elastic(self) -> CoefficientFunction:
        """The strain of the solution less that of changes of temperature, 3 x 3."""
        return self.strain(self.displacement) - self.expansion

    def dofs(self, name: str, column: int) -> IntArray:
        """Return the degrees of freedom of one displacement component on a named boundary."""
        component = self.space.components[column]
        first = self.space.Range(column).start
        if name in self.body.points:
            vertex = list(component.GetDofNrs(self.body.points[name]))
            return first + np.array(vertex, dtype=np.int64)
        return first + _set(component.GetDofs(self.body.boundary(name)))

    def on(self, name: str, column: int, value: CoefficientFunction) -> FloatArray:
        """Return the vector that has a value on a named boundary in one component, and else 0."""
        found = np.zeros(self.space.ndof)
        if name in self.body.points:
            found[self.dofs(name, column)] = value(self.body.vertex(name))
            return found
        field = GridFunction(self.space.components[column])
        field.Set(value, definedon=self.body.boundary(name))
        part = self.space.Range(column)
        found[part.start : part.stop] = field.vec.FV().NumPy()
        return found

    @cached_property
    def held(self) -> BoolArray:
        """Which degrees of freedom a support or the axis holds, shape (ndof,)."""
        held = np.zeros(self.space.ndof, dtype=np.bool_)
        for support in self.formulation.supports:
            for axis in support.components:
                held[self.dofs(support.boundary, _COLUMNS.index(axis))] = True
        if self.body.axis:
            on_axis = self.space.components[0].GetDofs(self.body.mesh.Boundaries(self.body.axis))
            held[_set(on_axis)] = True
        return held

    @cached_property
    def displacement(self) -> GridFunction:
        """The displacement, scaled."""
        stiffness, force = self.system
        u = GridFunction(self.space)
        values = u.vec.FV().NumPy()
        values[:] = self.prescribed
        free = BitArray(list(map(bool, ~self.held)))
        rest = (force.vec - stiffness.mat * u.vec).Evaluate()
        u.vec.data += stiffness.mat.Inverse(free, inverse="sparsecholesky") * rest
        return u

    @cached_property
    def prescribed(self) -> FloatArray:
        """What supports prescribe on each degree of freedom, and else 0, scaled."""
        values = np.zeros(self.space.ndof)
        for support in self.formulation.supports:
            self.prescribe(support, values)
        return values

    def prescribe(self, support: Support, values: FloatArray) -> None:
        """Write what a support prescribes on its degrees of freedom, scaled, into some values."""
        for axis, value in support.components.items():
            column = _COLUMNS.index(axis)
            dofs = self.dofs(support.boundary, column)
            scaled = self.varying(value) * self.body.frame.scale
            values[dofs] = self.on(support.boundary, column, scaled)[dofs]

    @cached_property
    def residual(self) -> FloatArray:
        """What the surroundings exert on each degree of freedom, scaled."""
        stiffness, force = self.system
        left = (stiffness.mat * self.displacement.vec - force.vec).Evaluate()
        return np.array(left.FV().NumPy())

    def quantity(self, wanted: WantedOfField, pieces: int) -> FloatArray:
        """Return a wanted quantity in SI units: usually one value, none where it has no place."""
        match wanted:
            case WantedReaction():
                return np.array([self.reaction(wanted)])
            case WantedEnergy():
                return np.array([self.energy(wanted.region)])
            case _:
                field = self.field(wanted)
        if wanted.at is not None:
            jumps = wanted.kind == "stress" or wanted.kind == "strain"
            return at_point(self.body, field, wanted.at, jumps=jumps)
        assert wanted.extreme is not None
        return np.array([extreme(self.body, field, wanted.extreme, wanted.region, pieces)])

    def reaction(self, wanted: WantedReaction) -> float:
        """Return the work of the residual on a unit motion of a boundary [N or N/m]."""
        unit = self.on(wanted.boundary, _COLUMNS.index(wanted.component), CF(1.0))
        held = float(unit @ self.residual) / self.force_scale
        return held + springs.total(self, wanted.boundary, wanted.component)

    def largest_force(self) -> float:
        """Return the largest resultant on a support, or what little is left of a balance of all."""
        supports = {support.boundary for support in self.formulation.supports}
        columns = range(self.formulation.dimension)
        units = [self.on(name, column, CF(1.0)) for name in supports for column in columns]
        resultants = [abs(float(unit @ self.residual)) for unit in units]
        spread = [1e-3 * float(np.abs(unit * self.residual).sum()) for unit in units]
        held = max([*resultants, *spread], default=0.0) / self.force_scale
        return max([held, *springs.totals(self)])

    def energy(self, region: str | None) -> float:
        """Return the strain energy [J or J/m]."""
        density = InnerProduct(self.stress(self.elastic), self.elastic) / 2 * self.weight
        where = self.body.mesh.Materials(region or ".*")
        total = Integrate(density, self.body.mesh, definedon=where, order=2 * self.resolution.order)
        return float(total) / self.force_scale / self.body.frame.scale

    def field(
        self, wanted: WantedDisplacement | WantedStress | WantedStrain
    ) -> CoefficientFunction:
        """Return the field that a quantity is read from, in SI units."""
        if isinstance(wanted, WantedDisplacement):
            u = self.displacement / self.body.frame.scale
            if wanted.component == "magnitude":
                return sqrt(InnerProduct(u, u))
            return u[_COLUMNS.index(wanted.component)]
        is_stress = isinstance(wanted, WantedStress)
        tensor = self.true_stress if is_stress else self.strain(self.displacement)
        if wanted.component == "von_mises":
            deviator = tensor - Trace(tensor) / 3 * Id(3)
            return sqrt(1.5 * InnerProduct(deviator, deviator))
        if wanted.component == "max_principal":
            return _principal(tensor)
        if wanted.component == "min_principal":
            return -1.0 * _principal(-1.0 * tensor)
        row, column = (_COLUMNS.index(axis) for axis in wanted.component)
        return tensor[row, column]

    def scale(self, wanted: WantedOfField) -> float:
        """Return what is large for a quantity of this kind, in SI units."""
        match wanted:
            case WantedReaction():
                return self.largest_force()
            case WantedEnergy():
                return self.energy(None)
            case WantedDisplacement():
                return self.size_of_displacement()
            case WantedStress() | WantedStrain():
                # A norm, since an extreme may have no bound.
                is_stress = isinstance(wanted, WantedStress)
                tensor = self.true_stress if is_stress else self.strain(self.displacement)
                area = Integrate(CF(1.0), self.body.mesh)
                total = Integrate(InnerProduct(tensor, tensor), self.body.mesh)
                return float(np.sqrt(total / area))

    def size_of_displacement(self) -> float:
        """Return how large the largest displacement is [m]."""
        whole = WantedDisplacement(name="u", component="magnitude", extreme="max")
        return float(self.quantity(whole, 2)[0])


def _principal(tensor: CoefficientFunction) -> CoefficientFunction:
    """Return the largest principal value of a symmetric 3 x 3 tensor, by its invariants.

    References:
        O. K. Smith, Communications of the ACM 4 (1961) 168.
    """
    mean = Trace(tensor) / 3
    deviator = tensor - mean * Id(3)
    square = InnerProduct(deviator, deviator) / 6
    root = sqrt(square + 1e-300)
    cosine = Det(deviator) / 2 / (square * root + 1e-300)
    cosine = IfPos(cosine - 1, CF(1.0), IfPos(-1 - cosine, CF(-1.0), cosine))
    found: CoefficientFunction = mean + 2 * root * cos(acos(cosine) / 3)
    return found


def _size(value: CoefficientFunction) -> CoefficientFunction:
    return IfPos(value, value, -1.0 * value)


def _set(dofs: BitArray) -> IntArray:
    return np.flatnonzero(np.array(list(dofs), dtype=np.bool_))
