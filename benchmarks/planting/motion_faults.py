"""Faults in the handbook's program for motion in time."""

from __future__ import annotations

from planting.making import Fault, Known, Tree, Wrong, every, told, where, write_numbers

IN_THE_PLANE = frozenset({"transient"})
MOTION = IN_THE_PLANE | {"solid_transient"}
LAW = "D = stiffness(problem, mesh)"
STEPS = "time = np.linspace(0.0, problem.end_time, settings.time_steps + 1)"
SOLVE = "motion = newmark((M, C, K), f, fixed, v0, time, load_factors(problem, time)"
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
         where(every, (SOLVE, SOLVE + " * time / time[-1]")),
         False, False),
        ("time_steps ignored",
         where(every, (STEPS, STEPS.replace("settings.time_steps + 1", "61"))), True, False),
        ("the finest run's numbers on every mesh", _same_numbers, False, True),
    )
)  # fmt: skip
"""All of them, each planted where it makes sense for a problem."""
