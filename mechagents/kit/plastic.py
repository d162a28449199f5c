"""J2 plasticity at small strain by radial return, with its consistent tangent.

References:
    Simo & Hughes, Computational Inelasticity (1998), boxes 3.1 and 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from mechagents.kit.finite import NonlinearBody
from mechagents.kit.hyperelastic import Response, without_stress_across
from mechagents.mechanics.orthotropic import Orthotropic

if TYPE_CHECKING:
    from mechagents.mechanics.materials import Law
    from mechagents.mechanics.meshing import FloatArray, IntArray

_I = np.eye(3)
_SAME = np.einsum("ik,jl->ijkl", _I, _I)
_SYMMETRIC = (_SAME + np.einsum("ijkl->ijlk", _SAME)) / 2
_VOLUME = np.einsum("ij,kl->ijkl", _I, _I)
STRAINS = 100
"""The most steps for the strain across a body in plane stress."""


class SmallStrain(Response):
    """What a law of small strain answers: its stress is the true one."""

    @property
    def cauchy(self) -> FloatArray:
        """The stress [Pa], shape (..., 3, 3)."""
        return self.stress


@dataclass(frozen=True, eq=False)
class Flow:
    """The plastic state of material points."""

    strain: FloatArray
    """Plastic strain, shape (..., 3, 3)."""
    alpha: FloatArray
    """Accumulated plastic strain, shape (...)."""


def radial_return(law: Law, H: FloatArray, before: Flow) -> tuple[SmallStrain, Flow]:
    """Return what elasticity, plastic or not, answers to a step, and the state after it.

    Args:
        law: Isotropic, with a yield stress if ``j2_plastic``.
        H: The whole displacement gradient, shape (..., 3, 3).
        before: The state before the step.

    Returns:
        The energy is that which unloading gives back, sigma : (eps - eps_p) / 2.
    """
    if isinstance(law, Orthotropic):
        raise TypeError("an orthotropic material does not flow")
    lam, mu = law.lame_constants
    kappa = lam + 2 * mu / 3
    eps = (H + np.swapaxes(H, -1, -2)) / 2
    elastic = eps - before.strain
    trace = np.trace(elastic, axis1=-2, axis2=-1)
    s = 2 * mu * (elastic - trace[..., None, None] / 3 * _I)
    size = np.sqrt((s * s).sum(axis=(-1, -2)))
    yields = law.yield_stress if law.kind == "j2_plastic" else np.inf
    hardens = law.hardening_modulus if law.kind == "j2_plastic" else 0.0
    beyond = size - np.sqrt(2 / 3) * (yields + hardens * before.alpha)
    slip = np.maximum(beyond, 0.0) / (2 * mu + 2 / 3 * hardens)
    safe = np.where(size > 0, size, 1.0)
    n = s / safe[..., None, None]
    after = Flow(before.strain + slip[..., None, None] * n, before.alpha + np.sqrt(2 / 3) * slip)
    sigma = kappa * trace[..., None, None] * _I + s - 2 * mu * slip[..., None, None] * n
    theta = (1 - 2 * mu * slip / safe)[..., None, None, None, None]
    flows = (beyond > 0)[..., None, None, None, None]
    back = np.where(flows, 1 / (1 + hardens / (3 * mu)) - (1 - theta), 0.0)
    A = (
        kappa * _VOLUME
        + 2 * mu * theta * (_SYMMETRIC - _VOLUME / 3)
        - 2 * mu * back * np.einsum("...ij,...kl->...ijkl", n, n)
    )
    energy = (sigma * (eps - after.strain)).sum(axis=(-1, -2)) / 2
    return SmallStrain(energy, sigma, A, H), after


def plane_stress_return(law: Law, H: FloatArray, before: Flow) -> tuple[SmallStrain, Flow]:
    """Return the same in plane stress: the strain across is what leaves no stress there.

    Args:
        law: Isotropic, with a yield stress if ``j2_plastic``.
        H: The whole displacement gradient, shape (..., 3, 3), whose H_33 is not read.
        before: The state before the step.

    Raises:
        FloatingPointError: If there is no such strain.
    """
    if isinstance(law, Orthotropic):
        raise TypeError("an orthotropic material does not flow")
    lam, mu = law.lame_constants
    along = H[..., 0, 0] + H[..., 1, 1] - before.strain[..., 0, 0] - before.strain[..., 1, 1]
    stretched = H.copy()
    stretched[..., 2, 2] = before.strain[..., 2, 2] - lam / (lam + 2 * mu) * along
    scale = (lam + 2 * mu) * max(float(np.abs(stretched).max(initial=0.0)), 1e-12)
    for step in range(STRAINS):
        found, after = radial_return(law, stretched, before)
        left = found.stress[..., 2, 2]
        if float(np.abs(left).max(initial=0.0)) <= 1e-13 * scale:
            return replace(found, tangent=without_stress_across(found.tangent)), after
        # The stress across grows with the strain, at most as in elasticity: where Newton's method
        # swings between elastic and plastic, that slope leads there from one side.
        slope = found.tangent[..., 2, 2, 2, 2] if step < STRAINS // 4 else lam + 2 * mu
        stretched[..., 2, 2] -= left / slope
    raise FloatingPointError("no strain across the body leaves it without stress there")


@dataclass(frozen=True, eq=False)
class PlasticBody(NonlinearBody):
    """A body at small strain, some of whose materials flow; it remembers its plastic state."""

    flow: dict[str, FloatArray] = field(default_factory=dict[str, "FloatArray"])
    """The state in equilibrium last: ``strain`` and ``alpha`` at each point."""

    def __post_init__(self) -> None:
        shape = self.points.volume.shape
        self.flow.update(strain=np.zeros((*shape, 3, 3)), alpha=np.zeros(shape))

    def _before(self, elements: IntArray) -> Flow:
        return Flow(self.flow["strain"][elements], self.flow["alpha"][elements])

    def answer(self, name: str, H: FloatArray, elements: IntArray) -> Response:
        """Return what the law answers to a step from the state in equilibrium last."""
        goes = plane_stress_return if self.problem.idealisation == "plane_stress" else radial_return
        return goes(self.problem.materials[name], H, self._before(elements))[0]

    def accept(self, u: FloatArray) -> None:
        """Take a displacement in equilibrium as the end of a step."""
        strain, alpha = self.flow["strain"].copy(), self.flow["alpha"].copy()
        for rows in self.points.parts():
            for here, found in self.responses(u, rows):
                some = here + rows.start
                name = self.mesh.regions[int(self.mesh.region[some[0]])]
                law = self.problem.materials[name]
                _, after = radial_return(law, found.gradient, self._before(some))
                strain[some], alpha[some] = after.strain, after.alpha
        self.flow.update(strain=strain, alpha=alpha)
