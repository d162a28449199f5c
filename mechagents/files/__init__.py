"""A result in the files of other programs: post-processors, meshers, solvers, spreadsheets."""

from mechagents.files.abaqus import check_written, write_inp
from mechagents.files.along import Line, write_csv
from mechagents.files.meshes import write_msh, write_vtu, write_xdmf
from mechagents.files.solved import Solved, read_solved
from mechagents.files.views import print_pictures

__all__ = [
    "Line",
    "Solved",
    "check_written",
    "print_pictures",
    "read_solved",
    "write_csv",
    "write_inp",
    "write_msh",
    "write_vtu",
    "write_xdmf",
]
