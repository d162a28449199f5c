"""A result in the files of other programs: post-processors, meshers, solvers, spreadsheets."""

from mechagents.files.along import Line, write_csv
from mechagents.files.meshes import write_msh, write_vtu
from mechagents.files.solved import Solved, read_solved

__all__ = ["Line", "Solved", "read_solved", "write_csv", "write_msh", "write_vtu"]
