"""A rough, small solver for mapped quadrilaterals, to hold the packaged problems against.

It reads a formulation's numbers and nothing of the package's meshing or verification.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import skfem
from skfem.helpers import ddot, sym_grad, trace

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import OnLine


class Solution:
    """The biquadratic displacement of a formulation on a given mesh of quadrilaterals."""

    def __init__(
        self,
        formulation: Formulation,
        mesh: skfem.MeshQuad,
        region: Callable[[np.ndarray], str] = lambda _: "",
    ) -> None:
        self.formulation, self.mesh = formulation, mesh
        self.basis = skfem.Basis(mesh, skfem.ElementVector(skfem.ElementQuad2()), intorder=6)
        self.round = formulation.idealisation == "axisymmetric"
        named = formulation.materials
        only = next(iter(named))
        middles = mesh.p[:, mesh.t].mean(axis=1).T
        laws = [named[region(middle) or only] for middle in middles]
        E = np.array([law.youngs_modulus for law in laws])[:, None]
        nu = np.array([law.poisson_ratio for law in laws])[:, None]
        plane_stress = formulation.idealisation == "plane_stress"
        self.lam = E * nu / ((1 + nu) * ((1 - nu) if plane_stress else (1 - 2 * nu)))
        self.mu = E / (2 * (1 + nu))
        self.K = skfem.BilinearForm(self._work).assemble(self.basis)
        self.f = self._forces()
        self.u = self._solved()

    def reaction(self, boundary: str, component: str) -> float:
        """Return the force [N or N/m] of the surroundings on a boundary."""
        held = self.basis.get_dofs(self._where(boundary)).all(f"u^{'xy'.index(component) + 1}")
        return float((self.K @ self.u - self.f)[held].sum())

    def energy(self) -> float:
        """Return the strain energy [J or J/m]."""
        return float(0.5 * self.u @ self.K @ self.u)

    def at(self, x: float, y: float) -> np.ndarray:
        """Return the displacement [m] at a point."""
        return (self.basis.probes(np.array([[x], [y]])) @ self.u).reshape(2)

    def stress(self, x: float, y: float) -> tuple[np.ndarray, float]:
        """Return the stress in the plane [Pa] and the hoop stress, nearest to a point."""
        points = np.asarray(self.basis.global_coordinates())
        distance = np.hypot(points[0] - x, points[1] - y)
        e, q = np.unravel_index(np.argmin(distance), distance.shape)
        u = self.basis.interpolate(self.u)
        strain = sym_grad(u)[:, :, e, q]
        hoop = np.asarray(u)[0, e, q] / points[0, e, q] if self.round else 0.0
        lam, mu = self.lam[e, 0], self.mu[e, 0]
        volume = np.trace(strain) + hoop
        return lam * volume * np.eye(2) + 2 * mu * strain, lam * volume + 2 * mu * hoop

    def _weight(self, w: skfem.FormExtraParams) -> np.ndarray | float:
        return 2 * np.pi * w.x[0] if self.round else self.formulation.thickness or 1.0

    def _work(self, u: object, v: object, w: skfem.FormExtraParams) -> np.ndarray:
        eps, test = sym_grad(u), sym_grad(v)
        hoop = (u[0] / w.x[0], v[0] / w.x[0]) if self.round else (0.0, 0.0)
        volume, test_volume = trace(eps) + hoop[0], trace(test) + hoop[1]
        shear = ddot(eps, test) + hoop[0] * hoop[1]
        return (self.lam * volume * test_volume + 2 * self.mu * shear) * self._weight(w)

    def _forces(self) -> np.ndarray:
        total = self.basis.zeros()
        for load in self.formulation.loads:
            if load.kind == "traction":
                facets = self.mesh.facets_satisfying(self._where(load.boundary), True)
                on = skfem.FacetBasis(self.mesh, self.basis.elem, facets=facets, intorder=6)
            else:
                on = self.basis
            form = skfem.LinearForm(
                lambda v, w, load=load: (load.x * v[0] + load.y * v[1]) * self._weight(w)
            )
            total += form.assemble(on)
        return total

    def _solved(self) -> np.ndarray:
        u, fixed = self.basis.zeros(), []
        for support in self.formulation.supports:
            for axis, value in support.components.items():
                dofs = self.basis.get_dofs(self._where(support.boundary))
                held = dofs.all(f"u^{'xy'.index(axis) + 1}")
                u[held] = value
                fixed.append(held)
        return skfem.solve(*skfem.condense(self.K, self.f, x=u, D=np.unique(np.concatenate(fixed))))

    def _where(self, boundary: str) -> Callable[[np.ndarray], np.ndarray]:
        line = self.formulation.geometry.boundaries[boundary]
        assert isinstance(line, OnLine)
        row = "xy".index(line.axis)
        return lambda x: np.isclose(x[row], line.at, atol=1e-9)


def grid(xs: np.ndarray, ys: np.ndarray) -> skfem.MeshQuad:
    """Return a mesh of rectangles between two sets of coordinates [m]."""
    return skfem.MeshQuad.init_tensor(xs, ys)


def graded(length: float, count: int) -> np.ndarray:
    """Return coordinates from 0 to a length that lie closer together at both ends."""
    return length * 0.5 * (1 - np.cos(np.pi * np.linspace(0, 1, count + 1)))
