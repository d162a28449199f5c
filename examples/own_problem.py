"""A problem of one's own: a steel bracket, stated in Python.

python examples/own_problem.py
"""

from __future__ import annotations

from pathlib import Path

from mechagents import Answer, Failure, Formulation, Problem, full_team, solve_sync

BRACKET = Formulation.model_validate(
    {
        "title": "Bracket with a hole",
        "idealisation": "plane_stress",
        "thickness": "8 mm",
        "geometry": {
            "regions": {
                "bracket": {
                    "kind": "difference",
                    "base": {"kind": "rectangle", "size": ["200 mm", "60 mm"]},
                    "remove": [{"kind": "disk", "center": ["100 mm", "30 mm"], "radius": "10 mm"}],
                }
            },
            "boundaries": {
                "wall": {"kind": "line", "axis": "x", "at": 0},
                "tip": {"kind": "line", "axis": "x", "at": "200 mm"},
            },
        },
        "materials": {"bracket": "structural_steel"},
        "supports": [{"boundary": "wall", "x": 0, "y": 0}],
        "loads": [{"kind": "traction", "boundary": "tip", "y": "-2 MPa"}],
        "wanted": [
            {"name": "tip_drop", "kind": "displacement", "component": "y", "at": [0.2, 0.03]},
            {"name": "wall_force", "kind": "reaction", "boundary": "wall", "component": "y"},
        ],
        "pictures": [{"file": "von_mises.png", "field": "von_mises"}],
    }
)


def main(folder: Path | None = None) -> Answer | Failure:
    """Solve the problem to an error bound of one per cent."""
    statement = "How far does the tip of the bracket drop, and what must the wall hold?"
    problem = Problem(name="bracket", statement=statement, formulation=BRACKET, tolerance=0.01)
    return solve_sync(problem, full_team(), folder=folder)


if __name__ == "__main__":
    print(main().model_dump_json(indent=2))
