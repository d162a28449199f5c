"""Faults in the handbook's program for motion in time."""

from __future__ import annotations

from mechagents.mechanics.formulation import Formulation
from planting.making import Fault, Known, Tree, Wrong, every, told, where, write_numbers

IN_THE_PLANE = frozenset({"transient"})
MOTION = IN_THE_PLANE | {"solid_transient"}
LAW = "D = stiffness(problem, mesh)"
STEPS = "time = np.linspace(0.0, problem.end_time, settings.time_steps + 1)"
SOLVE = "motion = newmark((M, C, K), f, fixed, v0, time, "
READ = "results = motion_quantities(problem, motion"
BASE = "fixed, time)"
DAMPED = "if problem.damping is not None:"


def _denser(data: Tree) -> bool:
    for material in data["materials"].values():
        material["density"] *= 1.1
    return True


def _without_inertia(known: Known) -> Wrong | None:
    """What the body would do under each load if it had all the time in the world."""
    light = SOLVE.replace("(M, C, K)", "(1e-9 * M, C, K)")
    return where(every, (SOLVE, light))(known)


def _same_numbers(known: Known) -> Wrong | None:
    """The finest run's numbers with the motion of each coarser one."""
    return Wrong(known.program, edit=lambda folder, settings: write_numbers(folder, known.values))


RELATIVE = """from dataclasses import replace
whole, nodes, away = motion, globals().get("dofs", V.dofs), np.zeros_like(motion.u)
for column in nodes.T:
    held = np.intersect1d(column, fixed)
    if len(held):
        away[:, column] = motion.u[:, held].mean(axis=1)[:, None]
motion = replace(motion, u=motion.u - away)
"""


def _moves(f: Formulation) -> bool:
    return any(support.course is not None for support in f.supports)


def _turned(data: Tree) -> bool:
    """Let each support that moves move in another direction."""
    moving = [support for support in data["supports"] if support["course"] is not None]
    for support in moving:
        axes = [axis for axis in "xyz" if support[axis] is not None]
        values = [support[axis] for axis in axes]
        support.update(zip(axes, values[1:] + values[:1], strict=True))
    return bool(moving)


FAULTS: tuple[Fault, ...] = tuple(
    Fault(f"motion: {name}", make, refuse=refuse, later=later, analyses=MOTION)
    for name, make, refuse, later in (
        ("density off by 10 %", told(_denser), False, False),
        ("mass twice", where(every, (SOLVE, SOLVE.replace("(M,", "(2 * M,"))), False, False),
        ("inertia left out", _without_inertia, False, False),
        ("half of the shear", where(every, (LAW, LAW + "\nD[3, 3] /= 2")), False, False),
        ("damping where there is none",
         where(every, (DAMPED, "C = 20.0 * M\n" + DAMPED)), False, False),
        ("begins at full speed", where(every, (SOLVE, "v0[1::2] = -1.0\n" + SOLVE)), False, False),
        ("half of the time", where(every, (STEPS, STEPS.replace("end_time,", "end_time / 2,"))),
         False, False),
        ("load grows slowly",
         where(every, (SOLVE, SOLVE + "time / time[-1] * ")),
         False, False),
        ("time_steps ignored",
         where(every, (STEPS, STEPS.replace("settings.time_steps + 1", "61"))), True, False),
        ("the finest run's numbers on every mesh", _same_numbers, False, True),
        ("base at rest", where(_moves, (SOLVE, "base = None\n" + SOLVE)), False, False),
        ("base half as far",
         where(_moves, (SOLVE, "base = type(base)(*(x / 2 for x in base))\n" + SOLVE)),
         False, False),
        ("base in another direction", told(_turned), False, False),
        ("base by another period", where(_moves, (BASE, "fixed, 1.1 * time)")), False, False),
        ("base a step late",
         where(_moves, (BASE, "fixed, np.maximum(time - time[1], 0.0))")), False, False),
        ("numbers relative to the base",
         where(_moves, (READ, RELATIVE + READ), ("write_motion(motion", "write_motion(whole")),
         False, False),
        ("base without acceleration",
         where(_moves, (SOLVE, "base.a[:] = 0.0\n" + SOLVE)), False, False),
        ("reaction without inertia",
         where(_moves, (READ, "motion.held[:] -= (M @ motion.a.T).T\n" + READ)), False, False),
    )
)  # fmt: skip
"""All of them, each planted where it makes sense for a problem."""
