"""Parameter studies: one verified program, run and checked for many values.

folder = begin(Study(problem="hole-in-tension", …), Path("studies/plate"))
run_study(folder, team=full_team())
"""

from mechagents.study.folder import StudyFolder
from mechagents.study.load import load_study
from mechagents.study.pool import LocalPool, Pool
from mechagents.study.run import Progress, StudyState, begin, new_study_folder, run_study
from mechagents.study.spec import Parameter, Study

__all__ = [
    "LocalPool",
    "Parameter",
    "Pool",
    "Progress",
    "Study",
    "StudyFolder",
    "StudyState",
    "begin",
    "load_study",
    "new_study_folder",
    "run_study",
]
