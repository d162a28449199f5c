"""What a finite-element program may lean on: input, mesh, solver, evaluation, files, pictures.

A program may just as well do without: what it hands back is three kinds of files, and nothing
that checks them uses this package. A program reads like this:

    problem, settings = read_problem()
    mesh = make_mesh(problem.geometry, settings.mesh_size or 0.05, settings.element_order or 2)
    V = basis(mesh)                          # scikit-fem takes it from here
    ...
    fixed, values = prescribed(problem, mesh, node_dofs(V, mesh))
    u = solve(K, f, fixed, values)           # K u = f with some of u prescribed
    solution = Solution(mesh, displacement, stress, forces, energy)
    write_results(quantities(problem, solution))
    write_fields(solution)
    for picture in problem.pictures:
        draw_field(problem, solution, picture)

For solids ``SolidSpace(mesh)`` and ``solve_solid`` stand in place of ``basis`` and ``solve``.
Libraries are imported when a function needs them.
"""

from mechagents.kit.evaluate import Result, Solution, quantities, von_mises
from mechagents.kit.files import read_problem, write_fields, write_history, write_results
from mechagents.kit.finite import FiniteBody
from mechagents.kit.follower import FollowerPressure
from mechagents.kit.laws import expansion, free_expansion, stiffness, stiffness_matrix
from mechagents.kit.modes import (
    Modes,
    buckling_modes,
    draw_mode,
    mode_quantities,
    vibration_modes,
    write_modes,
)
from mechagents.kit.newton import NotConvergedError, load_steps, newton
from mechagents.kit.pictures import draw, draw_field
from mechagents.kit.plastic import PlasticBody
from mechagents.kit.solid_modes import solid_buckling_modes, solid_vibration_modes
from mechagents.kit.solid_solver import solid_steps, solve_solid
from mechagents.kit.solid_space import SolidSpace
from mechagents.kit.solver import solve
from mechagents.kit.spaces import (
    at_points,
    basis,
    by_element,
    inside,
    node_dofs,
    node_means,
    prescribed,
)
from mechagents.kit.transient import (
    BaseMotion,
    Moment,
    Motion,
    base_motion,
    load_factors,
    motion_quantities,
    newmark,
    write_motion,
)
from mechagents.mechanics.meshing import Mesh, make_mesh

__all__ = [
    "BaseMotion",
    "FiniteBody",
    "FollowerPressure",
    "Mesh",
    "Modes",
    "Moment",
    "Motion",
    "NotConvergedError",
    "PlasticBody",
    "Result",
    "SolidSpace",
    "Solution",
    "at_points",
    "base_motion",
    "basis",
    "buckling_modes",
    "by_element",
    "draw",
    "draw_field",
    "draw_mode",
    "expansion",
    "free_expansion",
    "inside",
    "load_factors",
    "load_steps",
    "make_mesh",
    "mode_quantities",
    "motion_quantities",
    "newmark",
    "newton",
    "node_dofs",
    "node_means",
    "prescribed",
    "quantities",
    "read_problem",
    "solid_buckling_modes",
    "solid_steps",
    "solid_vibration_modes",
    "solve",
    "solve_solid",
    "stiffness",
    "stiffness_matrix",
    "vibration_modes",
    "von_mises",
    "write_fields",
    "write_history",
    "write_modes",
    "write_motion",
    "write_results",
]
