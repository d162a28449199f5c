"""Modes of vibration and buckling: the eigenvalue solvers, the files and the pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mechagents.kit.evaluate import Result, Solution, component
from mechagents.kit.solver import factors
from mechagents.mechanics.formulation import Formulation, Picture, WantedOfMode
from mechagents.mechanics.meshing import Mesh

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from mechagents.mechanics.meshing import FloatArray, IntArray

SHIFT = 1e-3
"""The shift below 0 of a vibration problem, over the square of the body's first own frequency or
less: with a shift of its own size a free body's matrix can be factorised."""
RIGID = 1e-12
"""A mode whose strain energy is less than this share of its terms has none but rounding."""
SEED = 1
RESTARTS = 300
"""Of the iteration; ten are many where there is something to find."""


@dataclass(frozen=True, eq=False)
class Modes:
    """Modes in numbers that belong to the mesh, in ascending order from the first."""

    mesh: Mesh
    values: FloatArray
    """Frequencies [Hz], or buckling factors [-], shape (modes,)."""
    shapes: FloatArray
    """Of any size, at the nodes, shape (modes, nodes, 2 | 3)."""

    def __post_init__(self) -> None:
        meant = (len(self.values), *self.mesh.points.shape)
        if self.shapes.shape != meant:
            raise ValueError(f"shapes: the shape is {self.shapes.shape}; this needs {meant}")


def vibration_modes(
    K: csr_matrix,  # noqa: N803
    M: csr_matrix,  # noqa: N803
    fixed: IntArray,
    count: int,
) -> tuple[FloatArray, FloatArray]:
    """Return the lowest modes of K phi = omega^2 M phi, by Lanczos iteration on an inverse.

    Args:
        K: Stiffness, symmetric, at least positive semidefinite, shape (n, n).
        M: Mass, symmetric, positive definite on the free unknowns, shape (n, n).
        fixed: Unknowns that are held at 0; none for a free body.
        count: How many modes.

    Returns:
        omega^2 [1/s^2] in ascending order, exactly 0 for motions without strain, shape (count,),
        and phi with phi^T M phi = 1, shape (n, count).

    Raises:
        RuntimeError: If the mesh has too few unknowns, or the iteration does not converge.
    """
    import numpy as np

    free = np.setdiff1d(np.arange(K.shape[0]), fixed)
    stiff, heavy = (A.tocsr()[free][:, free].tocsc() for A in (K, M))
    sigma = -SHIFT * own_square(stiff, heavy)
    inverse = factors(stiff - sigma * heavy).solve
    _, shapes = _largest(heavy, stiff - sigma * heavy, inverse, count)
    omega2, shapes = in_order(stiff, heavy, shapes)
    phi = np.zeros((K.shape[0], count))
    phi[free] = shapes
    return omega2, phi


def own_square(K: csr_matrix, M: csr_matrix) -> float:  # noqa: N803
    """Return about the square of the body's first own frequency, or less [1/s^2]."""
    # The mean of K's diagonal over M's is the square of a frequency of one element alone; times
    # the square of an element's size over the body's, which is about 1 / n, of the body's.
    return float(K.diagonal().sum() / M.diagonal().sum()) / K.shape[0]


def in_order(
    K: csr_matrix,  # noqa: N803
    M: csr_matrix,  # noqa: N803
    shapes: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return omega^2 of modes in ascending order, and them with phi^T M phi = 1, (n, modes).

    It is the quotient of a mode's energies, and 0 where there is no strain but rounding: shifts
    that are added and taken off again would leave more.
    """
    import numpy as np

    energy = np.einsum("ik,ik->k", shapes, K @ shapes)
    terms = np.einsum("ik,ik->k", np.abs(shapes), abs(K) @ np.abs(shapes))
    mass = np.einsum("ik,ik->k", shapes, M @ shapes)
    omega2 = np.where(energy <= RIGID * terms, 0.0, energy / mass)
    order = np.argsort(omega2, kind="stable")
    return omega2[order], (shapes / np.sqrt(mass))[:, order]


def buckling_modes(
    K: csr_matrix,  # noqa: N803
    K_sigma: csr_matrix,  # noqa: N803
    fixed: IntArray,
    count: int,
) -> tuple[FloatArray, FloatArray]:
    """Return the lowest positive lambda with (K + lambda K_sigma) phi = 0, and their modes.

    Args:
        K: Stiffness, symmetric, positive definite on the free unknowns, shape (n, n).
        K_sigma: integral of sigma_ij du_k/dx_i dv_k/dx_j with the stress sigma under the loads as
            they are given, tension positive, shape (n, n).
        fixed: Unknowns that are held; their value in a mode is 0.
        count: How many modes.

    Returns:
        lambda [-] in ascending order, shape (count,), and phi with phi^T K phi = 1, shape
        (n, count).

    Raises:
        RuntimeError: If there are fewer positive factors, or the iteration does not converge.
    """
    import numpy as np

    free = np.setdiff1d(np.arange(K.shape[0]), fixed)
    stiff, initial = (A.tocsr()[free][:, free].tocsc() for A in (K, K_sigma))
    # K phi = lambda (-K_sigma) phi: the lowest positive lambda is the inverse of the largest mu.
    # Where nothing is in compression all mu crowd below 0.
    hint = "did not converge; is nothing in compression?"
    mu, shapes = _largest(-initial, stiff, factors(stiff).solve, count, hint)
    check_positive(mu)
    phi = np.zeros((K.shape[0], count))
    energy = np.einsum("ik,ik->k", shapes, stiff @ shapes)
    phi[free] = shapes / np.sqrt(energy)
    return 1 / mu, phi


def check_positive(mu: FloatArray) -> None:
    """Refuse inverse buckling factors, in descending order, that are not all positive.

    Raises:
        RuntimeError: If one is not.
    """
    if mu[-1] <= 1e-12 * abs(mu[0]) or mu[0] <= 0:
        found = int((mu > 0).sum())
        raise RuntimeError(
            f"only {found} of {len(mu)} positive buckling factors were found: are the loads the "
            "other way round, or is nothing in compression?"
        )


def _largest(
    A: csr_matrix,  # noqa: N803
    B: csr_matrix,  # noqa: N803
    inverse: Callable[[FloatArray], FloatArray],
    count: int,
    hint: str = "did not converge",
) -> tuple[FloatArray, FloatArray]:
    """Return the largest mu of A x = mu B x in descending order, given x -> B^-1 x."""
    import numpy as np
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

    size = A.shape[0]
    if size < count + 2:
        raise RuntimeError(f"the mesh has {size} free unknowns, too few for {count} modes")
    # A few more than are asked for, and the same start each time: no member of a pair is missed.
    wanted = min(count + 4, size - 1)
    try:
        mu, x = eigsh(
            A,
            k=wanted,
            M=B,
            Minv=LinearOperator((size, size), matvec=inverse, dtype=np.float64),
            which="LA",
            ncv=min(size, 3 * wanted + 20),
            v0=np.random.default_rng(SEED).standard_normal(size),
            maxiter=RESTARTS,
        )
    except ArpackError as error:
        raise RuntimeError(f"the iteration for {count} modes {hint}: {error}") from error
    order = np.argsort(-mu)[:count]
    return mu[order], x[:, order]


def mode_quantities(formulation: Formulation, modes: Modes) -> list[Result]:
    """Return the wanted frequencies or buckling factors."""
    return [
        Result(w.name, float(modes.values[w.number - 1]), formulation.unit(w), f"mode {w.number}")
        for w in formulation.wanted
        if isinstance(w, WantedOfMode)
    ]


def write_modes(modes: Modes, solution: Solution | None = None, folder: Path | str = ".") -> None:
    """Write mesh, modes and, where there is one, the solution under the loads to ``fields.vtu``.

    Point data ``mode_1``, ``mode_2`` and so on are the modes.
    """
    from mechagents.kit.files import write_mesh_data

    found = {f"mode_{i}": shape for i, shape in enumerate(modes.shapes, start=1)}
    write_mesh_data(modes.mesh, solution, found, folder)


def draw_mode(
    formulation: Formulation, modes: Modes, picture: Picture, folder: Path | str = "."
) -> None:
    """Draw a mode, its largest displacement taken as 1, and write it under its file name.

    Raises:
        ValueError: If the picture names no mode.
    """
    import numpy as np

    from mechagents.kit.pictures import FRACTION, TITLES, draw

    if picture.mode is None:
        raise ValueError(f"{picture.file}: no mode is named")
    shape = modes.shapes[picture.mode - 1]
    shape = shape / np.linalg.norm(shape, axis=1).max()
    value = modes.values[picture.mode - 1]
    vibrates = formulation.analysis == "modal"
    told = f"{value:.4g} Hz" if vibrates else f"factor {value:.4g}"
    size = float(np.linalg.norm(np.ptp(modes.mesh.points, axis=0)))
    draw(
        modes.mesh,
        component(shape, picture.field.removeprefix("displacement").lstrip("_") or "magnitude"),
        Path(folder) / picture.file,
        title=f"Mode {picture.mode}, {told}: {TITLES[picture.field].lower()}",
        unit="",
        displacement=FRACTION * size * shape,
        axes="rz" if formulation.idealisation == "axisymmetric" else "xy",
    )
