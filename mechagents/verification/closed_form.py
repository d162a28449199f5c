"""Check 8, closed form: an exact solution of the formulation, where one can be superposed.

Rational functions and logarithms in Kolosov's potentials, and polynomials that carry a body
force, are fitted to every condition on the outline. If a sum of them fulfils all to rounding, it
is the solution: that of linear elasticity is unique. So uniform states, beams under polynomial
loads, Lame's cylinder, Kirsch's hole under its own tractions and the like are found without
being known by name. Nothing here is a finite element.

Where the outline's conditions cannot be met exactly there is no closed form of this kind, and
nothing is said.

References:
    Muskhelishvili (1953), section 40, on uniqueness; Trefftz, Ein Gegenstueck zum Ritzschen
    Verfahren (1926), on fitting exact solutions to the boundary.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechagents.mechanics.formulas import Formula, value_at
from mechagents.mechanics.formulation import (
    BodyForce,
    Formulation,
    Pressure,
    TemperatureChange,
    Traction,
    WantedDisplacement,
    WantedEnergy,
    WantedOfField,
    WantedReaction,
    WantedStrain,
    WantedStress,
)
from mechagents.mechanics.geometry import (
    AtPoint,
    Difference,
    Disk,
    Intersection,
    Polygon,
    Rectangle,
    Shape,
    Union,
    members,
)
from mechagents.mechanics.materials import Isotropic
from mechagents.mechanics.shapes import ON_BOUNDARY, body
from mechagents.verification.constitutive import tensor_component
from mechagents.verification.elements import FloatArray
from mechagents.verification.outline_samples import (
    OutlineSamples,
    circles,
    interior,
    outline_samples,
    widest_gap,
)
from mechagents.verification.outlines import Outline
from mechagents.verification.polynomials import balancing
from mechagents.verification.potentials import Term, superposable
from mechagents.verification.reference.values import ReferenceSolution, ReferenceValue

HIGHEST, LOWEST = 6, -6
"""The powers that potentials may have."""
EXACT = 1e-8
"""Of the largest prescribed value: conditions met to this are met."""
_ERROR, _EXTREME_ERROR = 1e-6, 1e-3
"""Of a value, and of an extreme, which is sought among points; and a millionth of the scale."""
_GAP = 0.2
"""A body that leaves less open goes all around a point, where a logarithm jumps [rad]."""
_MOST_POINTS = 10_000
_LOADS = ("traction", "pressure", "body_force", "temperature")


def closed_form(formulation: Formulation) -> ReferenceSolution | None:
    """Return the exact solution of a plane problem, or None where none of this kind is found."""
    if not _of_this_kind(formulation):
        return None
    with np.errstate(all="ignore"):
        fit = _Fit.of(formulation)
        if fit is None:
            return None
        wanted = [w for w in formulation.wanted if isinstance(w, WantedOfField)]
        found = {w.name: fit.quantity(w) for w in wanted}
    return ReferenceSolution(
        means=f"closed form, which meets every condition to {fit.residual:.0e}",
        quantities={name: value for name, value in found.items() if value is not None},
    )


def _of_this_kind(f: Formulation) -> bool:
    """Return whether it is of one isotropic material in the plane, heated alike if at all."""
    (shape, *more) = f.geometry.regions.values()
    heated = [load for load in f.loads if load.kind == "temperature"]
    return (
        f.analysis == "static_linear"
        and f.idealisation in ("plane_stress", "plane_strain")
        and not more
        and not f.springs
        and all(isinstance(law, Isotropic) for law in f.materials.values())
        and _is_known(shape)
        and not any(isinstance(load.change, Formula) for load in heated)
        and all(load.kind in _LOADS for load in f.loads)
    )


def _is_known(shape: Shape) -> bool:
    plain = isinstance(shape, Rectangle | Disk | Polygon | Difference | Union | Intersection)
    return plain and all(_is_known(part) for _, part in members(shape))


@dataclass(frozen=True, eq=False)
class _Basis:
    """Fields that can be superposed, about the middle of a body."""

    formulation: Formulation
    middle: FloatArray
    """[m], shape (2,)."""
    size: float
    """Of the body [m]."""
    terms: tuple[Term, ...]
    forced: bool
    """Whether polynomials that need a body force are among them."""

    @classmethod
    def of(cls, formulation: Formulation, outline: OutlineSamples) -> _Basis:
        points = outline.points
        low, high = points.min(axis=0), points.max(axis=0)
        middle, size = (low + high) / 2, float(np.linalg.norm(high - low))
        terms = [Term(power, size=size / 2) for power in range(HIGHEST + 1)]
        whole = Outline.of(body(formulation.geometry))
        for circle in circles(formulation.geometry):
            centre = np.array(circle.center)
            if whole.contains(centre[None])[0]:
                continue
            about = complex(*(centre - middle))
            terms += [Term(power, about, circle.radius) for power in range(LOWEST, 0)]
            cut, gap = widest_gap(points, centre)
            if gap > _GAP and not _meets(whole, centre, cut, size):
                terms += [Term(power, about, circle.radius, cut) for power in (0, 1)]
        forced = any(isinstance(load, BodyForce) for load in formulation.loads)
        return cls(formulation, middle, size, tuple(terms), forced)

    @property
    def law(self) -> Isotropic:
        """The body's material."""
        (law,) = self.formulation.materials.values()
        assert isinstance(law, Isotropic)
        return law

    @property
    def constants(self) -> tuple[float, float, float]:
        """Young's modulus [Pa], Poisson's ratio and Kolosov's constant."""
        law = self.law
        E, nu = law.youngs_modulus, law.poisson_ratio
        strained = self.formulation.idealisation == "plane_strain"
        return E, nu, 3 - 4 * nu if strained else (3 - nu) / (1 + nu)

    def fields(self, points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return displacement, stress and the body force that is needed, for each field.

        Args:
            points: [m], shape (points, 2).

        Returns:
            Shapes (points, 2, fields) [m], (points, 3, fields) [Pa], (points, 2, fields) [N/m^3].
        """
        E, nu, kappa = self.constants
        x = points - self.middle
        u, sigma = list[FloatArray](), list[FloatArray]()
        for turned, stress in superposable(self.terms, x[:, 0] + 1j * x[:, 1], kappa):
            u.append(np.stack([turned.real, turned.imag], axis=1) * (1 + nu) / E)
            sigma.append(stress)
        force = [np.zeros_like(x)] * len(u)
        if self.forced:
            for moved, stress, needed in balancing(x / self.size, E, nu, kappa):
                u.append(moved * self.size)
                sigma.append(stress)
                force.append(needed / self.size)
        return np.stack(u, axis=2), np.stack(sigma, axis=2), np.stack(force, axis=2)

    @property
    def stiffness(self) -> float:
        """What makes a stress of a displacement [Pa/m], so that conditions can be compared."""
        return self.constants[0] / self.size

    @property
    def heating(self) -> float:
        """The strain alpha T of all changes of temperature, which are uniform."""
        law = self.law
        loads = self.formulation.loads
        heated = [load.change for load in loads if isinstance(load, TemperatureChange)]
        return sum(float(T) for T in heated if not isinstance(T, Formula)) * (
            law.thermal_expansion or 0.0
        )

    def expansion(self, points: FloatArray) -> FloatArray:
        """Return the displacement of the heated body where nothing holds it [m], (points, 2)."""
        strained = self.formulation.idealisation == "plane_strain"
        share = (1 + self.constants[1]) if strained else 1.0
        return np.asarray(share * self.heating * (points - self.middle), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Fit:
    """The sum of fields that meets every condition."""

    basis: _Basis
    outline: OutlineSamples
    factors: FloatArray
    residual: float
    """The largest condition left unmet, over the largest value prescribed [-]."""

    @classmethod
    def of(cls, formulation: Formulation) -> _Fit | None:
        outline = outline_samples(formulation.geometry)
        if len(outline.points) > _MOST_POINTS:
            return None
        basis = _Basis.of(formulation, outline)
        A, b = _conditions(basis, outline)
        size = np.abs(A).max(axis=0)
        kept = size > 0
        factors = np.zeros(len(size))
        factors[kept] = np.linalg.pinv(A[:, kept] / size[kept], rcond=1e-13) @ b / size[kept]
        scale = float(np.abs(b).max())
        residual = float(np.abs(A @ factors - b).max()) / (scale or 1.0)
        return cls(basis, outline, factors, residual) if scale and residual <= EXACT else None

    @property
    def formulation(self) -> Formulation:
        return self.basis.formulation

    def displacement(self, points: FloatArray) -> FloatArray:
        """Return the displacement [m], shape (points, 2)."""
        return self.basis.fields(points)[0] @ self.factors + self.basis.expansion(points)

    def stress(self, points: FloatArray) -> FloatArray:
        """Return xx, yy, zz, xy [Pa], shape (points, 4)."""
        xx, yy, xy = (self.basis.fields(points)[1] @ self.factors).T
        E, nu, _ = self.basis.constants
        strained = self.formulation.idealisation == "plane_strain"
        zz = nu * (xx + yy) - E * self.basis.heating if strained else np.zeros_like(xx)
        return np.stack([xx, yy, zz, xy], axis=1)

    @cached_property
    def everywhere(self) -> FloatArray:
        """Points all over the body and along its outline [m], shape (points, 2)."""
        along = [self.outline.points, self.outline.ends.reshape(-1, 2)]
        return np.concatenate([interior(self.formulation.geometry, 60), *along])

    def quantity(self, wanted: WantedOfField) -> ReferenceValue | None:
        """Return a wanted quantity in SI units; None where this has no value for it."""
        match wanted:
            case WantedReaction():
                value, scale = self.reaction(wanted)
            case WantedEnergy():
                if self.basis.forced or self.basis.heating:
                    return None
                value = scale = self.energy
            case WantedStrain():
                return None
            case _:
                value, scale = self.read(wanted)
        extreme = getattr(wanted, "extreme", None) is not None
        error = (_EXTREME_ERROR if extreme else _ERROR) * abs(value) + 1e-6 * scale
        return ReferenceValue(values=(value,), error=error, scale=scale)

    def read(self, wanted: WantedDisplacement | WantedStress) -> tuple[float, float]:
        """Return a value at a point or an extreme, and what is large for one of its kind."""
        at = self.everywhere if wanted.at is None else np.array([wanted.at], dtype=np.float64)
        field, size = self._field(wanted, at), self._field(wanted, self.everywhere, whole=True)
        scale = float(np.sqrt((size**2).mean()))
        if wanted.extreme == "max_abs":
            return float(np.abs(field).max()), scale
        return float(field.min() if wanted.extreme == "min" else field.max()), scale

    def _field(
        self, wanted: WantedDisplacement | WantedStress, at: FloatArray, *, whole: bool = False
    ) -> FloatArray:
        if isinstance(wanted, WantedStress):
            sigma = self.stress(at)
            return _lengths(sigma) if whole else tensor_component(sigma, wanted.component)
        u = self.displacement(at)
        if whole or wanted.component == "magnitude":
            return _lengths(u)
        return u[:, "xy".index(wanted.component)]

    def reaction(self, wanted: WantedReaction) -> tuple[float, float]:
        """Return the force on a boundary besides its loads, and the sum of its size on all."""
        boundary = self.formulation.geometry.outline_parts[wanted.boundary]
        near = ON_BOUNDARY * self.basis.size
        column, thickness = "xy".index(wanted.component), self.formulation.thickness or 1.0
        force = (self.traction - _applied(self.basis, self.outline))[:, column]
        share = thickness * force * self.outline.lengths
        here = self.outline.lies_on(boundary, near)
        return float(share[here].sum()), float(np.abs(share).sum())

    @cached_property
    def traction(self) -> FloatArray:
        """The force that acts on the outline [Pa], shape (points, 2)."""
        xx, yy, _, xy = self.stress(self.outline.points).T
        n = self.outline.normals.T
        return np.stack([xx * n[0] + xy * n[1], xy * n[0] + yy * n[1]], axis=1)

    @property
    def energy(self) -> float:
        """Half the work of what acts on the outline [J, or J/m]."""
        thickness = self.formulation.thickness or 1.0
        work = (self.traction * self.displacement(self.outline.points)).sum(axis=1)
        return float(thickness * work @ self.outline.lengths) / 2


def _meets(whole: Outline, centre: FloatArray, direction: float, size: float) -> bool:
    """Return whether a ray from a point runs through the body: a logarithm must not jump there.

    Samples of a long side that is close leave gaps too.
    """
    away = np.array([np.cos(direction), np.sin(direction)])
    reach = size + float(np.linalg.norm(centre - whole.rings[0][0]))
    return bool(whole.contains(centre + np.linspace(0, reach, 2000)[:, None] * away).any())


def _lengths(rows: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(rows, axis=1), dtype=np.float64)


def _conditions(basis: _Basis, outline: OutlineSamples) -> tuple[FloatArray, FloatArray]:
    """Return the conditions on the outline and inside, as A factors = b, all as stresses [Pa]."""
    parts = [_on_outline(basis, outline), *_at_points(basis)]
    if basis.forced:
        inside = interior(basis.formulation.geometry, 12)
        needed, acting = basis.fields(inside)[2], _body_force(basis.formulation, inside)
        parts += [(basis.size * needed[:, c], basis.size * acting[:, c]) for c in (0, 1)]
    A, b = zip(*parts, strict=True)
    return np.concatenate(A), np.concatenate(b)


def _on_outline(basis: _Basis, outline: OutlineSamples) -> tuple[FloatArray, FloatArray]:
    """Return a condition for each component at each point: a displacement, or a traction."""
    u, sigma, _ = basis.fields(outline.points)
    nx, ny = outline.normals.T[..., None]
    A = np.stack([sigma[:, 0] * nx + sigma[:, 2] * ny, sigma[:, 2] * nx + sigma[:, 1] * ny])
    b = _applied(basis, outline).T.copy()
    for support in basis.formulation.supports:
        place = basis.formulation.geometry.outline_parts[support.boundary]
        here = outline.lies_on(place, ON_BOUNDARY * basis.size)
        for axis, value in support.components.items():
            column = "xy".index(axis)
            given = value_at(value, outline.points) - basis.expansion(outline.points)[:, column]
            A[column, here] = basis.stiffness * u[here, column]
            b[column, here] = basis.stiffness * given[here]
    return A.reshape(-1, A.shape[2]), b.ravel()


def _at_points(basis: _Basis) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield a condition for each component that is held at a single point."""
    for support in basis.formulation.supports:
        place = basis.formulation.geometry.outline_parts[support.boundary]
        if isinstance(place, AtPoint):
            at = np.array([place.at], dtype=np.float64)
            u, free = basis.fields(at)[0], basis.expansion(at)
            for axis, value in support.components.items():
                column = "xy".index(axis)
                given = value_at(value, at) - free[:, column]
                yield basis.stiffness * u[:, column], basis.stiffness * given


def _applied(basis: _Basis, outline: OutlineSamples) -> FloatArray:
    """Return the loads on the outline [Pa], shape (points, 2)."""
    f = basis.formulation
    total = np.zeros_like(outline.points)
    for load in f.loads:
        if not isinstance(load, Traction | Pressure):
            continue
        place = f.geometry.outline_parts[load.boundary]
        here = outline.lies_on(place, ON_BOUNDARY * basis.size)
        points = outline.points[here]
        if isinstance(load, Pressure):
            total[here] -= value_at(load.value, points)[:, None] * outline.normals[here]
        else:
            parts = [value_at(value, points) for value in (load.x, load.y)]
            total[here] += np.stack(parts, axis=1)
    return total


def _body_force(f: Formulation, points: FloatArray) -> FloatArray:
    total = np.zeros_like(points)
    for load in f.loads:
        if isinstance(load, BodyForce):
            total += np.stack([value_at(value, points) for value in (load.x, load.y)], axis=1)
    return total
